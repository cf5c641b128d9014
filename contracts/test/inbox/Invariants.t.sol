// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxHandler} from "../support/InboxHandler.sol";
import {Reference} from "../support/Reference.sol";
import {vm} from "../support/Vm.sol";

/// What holds after any history of calls. The record of the handler is judged, and the inbox must agree with it.
contract InvariantTest {
    InboxHandler private _handler;
    IBatchInbox private _inbox;

    function setUp() public {
        _handler = new InboxHandler();
        _inbox = _handler.target();
    }

    /// What forge asks for: calls go to the handler alone, to these functions.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// The same question for functions.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory calls = new bytes4[](7);
        calls[0] = InboxHandler.passTime.selector;
        calls[1] = InboxHandler.sequencerIsSilent.selector;
        calls[2] = InboxHandler.changeBatcher.selector;
        calls[3] = InboxHandler.postRight.selector;
        calls[4] = InboxHandler.postByOutsider.selector;
        calls[5] = InboxHandler.postWrong.selector;
        calls[6] = InboxHandler.postOldAnchor.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), calls);
    }

    function invariant_the_newest_accumulator_follows_from_the_newest_batch() public view {
        uint256 count = _handler.count();
        vm.assertEq(_inbox.count(), count, "every accepted batch is counted, and nothing else");
        vm.assertEq(_inbox.accumulator(uint64(count)), accumulatorAfter(count), "and is the newest");
    }

    function invariant_blocks_follow_on_one_another() public view {
        uint256 count = _handler.count();
        if (count == 0) return;
        IBatchInbox.BatchHeader memory header = _handler.at(count - 1).header;
        uint64 before = count == 1 ? 0 : _handler.at(count - 2).header.lastBlock;
        vm.assertEq(header.firstBlock, before + 1, "right after the last one");
        vm.assertGe(header.lastBlock, header.firstBlock, "one block at least");
        vm.assertEq(_inbox.lastBlock(), header.lastBlock, "the newest batch's last block");
    }

    function invariant_no_batch_is_ahead_of_its_time_or_long_behind_it() public view {
        uint256 count = _handler.count();
        uint256 time = _inbox.timestampOf(_inbox.lastBlock());
        vm.assertLe(time, vm.getBlockTimestamp(), "never in the future");
        if (count == 0) return;
        uint256 posted = _handler.at(count - 1).time;
        vm.assertLe(time, posted, "not in the future when it was posted");
        vm.assertGe(time + _handler.fixedParameters().maxLag, posted, "at most maxLag old then");
    }

    function invariant_anchors_are_past_have_a_hash_and_never_go_back() public view {
        uint256 count = _handler.count();
        if (count == 0) return;
        InboxHandler.Posted memory newest = _handler.at(count - 1);
        uint64 genesis = _handler.fixedParameters().genesisL1Number;
        uint64 before = count == 1 ? genesis : _handler.at(count - 2).header.l1Number;
        vm.assertGe(newest.header.l1Number, before, "never back");
        vm.assertTrue(newest.header.l1Number < newest.l1Block, "past");
        vm.assertLe(newest.l1Block - newest.header.l1Number, 256, "recent");
        vm.assertTrue(newest.header.l1Hash != 0, "with a hash");
        vm.assertEq(_inbox.state().l1Number, newest.header.l1Number, "the newest batch's anchor");
    }

    function invariant_outsiders_get_one_batch_a_timeout_at_most() public view {
        uint256 count = _handler.count();
        if (count == 0) return;
        InboxHandler.Posted memory newest = _handler.at(count - 1);
        vm.assertEq(_inbox.state().lastPostBlock, newest.l1Block, "the newest batch's L1 block");
        if (count == 1 || !newest.byOutsider) return;
        uint256 silence = newest.l1Block - _handler.at(count - 2).l1Block;
        vm.assertTrue(silence > _handler.fixedParameters().sequencerTimeout, "after a silence only");
    }

    /// At the end of each history: all of its accumulators are still what they were, and are one chain.
    function afterInvariant() public view {
        bytes32 expected = accumulatorAfter(0);
        for (uint64 i = 0; i < _handler.count(); ++i) {
            InboxHandler.Posted memory batch = _handler.at(i);
            vm.assertEq(batch.header.prevAccumulator, expected, "each names the one before");
            vm.assertEq(_inbox.accumulator(i), expected, "which is still there");
            expected = Reference.next(batch.header, batch.kind, batch.dataHash);
        }
        // A history in which nothing is accepted, or everything, would show little.
        bool mixed = _handler.count() > 0 && _handler.refusals() > 0;
        vm.assertTrue(mixed || _handler.attempts() < 20, "some batches are accepted and some are not");
    }

    /// From the record of the newest batch, or of the deployment.
    function accumulatorAfter(uint256 count) private view returns (bytes32) {
        if (count == 0) return Reference.genesis(900, address(_inbox), _handler.fixedParameters().l2ChainId);
        InboxHandler.Posted memory newest = _handler.at(count - 1);
        return Reference.next(newest.header, newest.kind, newest.dataHash);
    }
}
