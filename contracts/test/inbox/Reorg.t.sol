// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {vm} from "../support/Vm.sol";

/// What an L1 reorg does to batches that are on their way (rule D6). A snapshot is where the branches part.
contract ReorgTest is InboxTest {
    function wrongPrevious(bytes32 given) private view returns (bytes memory) {
        bytes32 expected = inbox.accumulator(inbox.count());
        return abi.encodeWithSelector(IBatchInbox.WrongPrevAccumulator.selector, expected, given);
    }

    /// Batch i-1 is gone with its branch; batch i, still in the mempool, must not take its slot: its data begin
    /// elsewhere, and the whole range would derive default blocks, without the users' transactions.
    function test_a_batch_cannot_take_its_predecessors_slot() public {
        uint256 fork = vm.snapshotState();
        postAs(BATCHER, headerUpTo(100));
        nextL1Block();
        IBatchInbox.BatchHeader memory second = headerUpTo(200);
        vm.revertToState(fork);
        nextL1Block();
        refused(BATCHER, second, abi.encodeWithSelector(IBatchInbox.WrongFirstBlock.selector, 1, 101));
    }

    /// As above, and on the winning branch another batch of the same blocks took the predecessor's place: block
    /// numbers alone fit.
    function test_a_batch_cannot_follow_another_batch_than_the_one_it_was_made_for() public {
        uint256 fork = vm.snapshotState();
        postCalldataAs(BATCHER, headerUpTo(100), "of the branch that loses");
        nextL1Block();
        IBatchInbox.BatchHeader memory second = headerUpTo(200);
        vm.revertToState(fork);
        postCalldataAs(BATCHER, headerUpTo(100), "of the branch that wins");
        nextL1Block();
        refused(BATCHER, second, wrongPrevious(second.prevAccumulator));
        second.prevAccumulator = inbox.accumulator(1);
        accepted(BATCHER, second);
    }

    /// An outsider's batch in the middle does the same.
    function test_an_outsiders_batch_does_not_shift_the_data_of_the_batchers_next_one() public {
        postAs(BATCHER, headerUpTo(100));
        setL1Block(vm.getBlockNumber() + SEQUENCER_TIMEOUT + 1);
        IBatchInbox.BatchHeader memory ours = goodHeader();
        uint64 sameEnd = ours.lastBlock - 1;
        postCalldataAs(OUTSIDER, headerUpTo(sameEnd), "");
        ours.firstBlock = inbox.lastBlock() + 1;
        refused(BATCHER, ours, wrongPrevious(ours.prevAccumulator));
    }

    function test_a_zero_instead_of_the_previous_accumulator_is_refused() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.prevAccumulator = 0;
        refused(BATCHER, header, wrongPrevious(0));
    }

    function testFuzz_only_the_newest_accumulator_is_taken(bytes32 given) public {
        postAs(BATCHER, headerUpTo(100));
        nextL1Block();
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.assume(given != header.prevAccumulator);
        header.prevAccumulator = given;
        refused(BATCHER, header, wrongPrevious(given));
        header.prevAccumulator = inbox.accumulator(0);
        refused(BATCHER, header, wrongPrevious(inbox.accumulator(0)));
    }

    /// Number and time of the L1 block are not in the accumulator: posted again in other blocks after a reorg, the
    /// same batches give the same values, and proofs about them survive.
    function test_the_same_batches_posted_again_after_a_reorg_give_the_same_accumulators() public {
        IBatchInbox.BatchHeader memory first = headerUpTo(100);
        uint256 fork = vm.snapshotState();
        postAs(BATCHER, first);
        bytes32 firstAccumulator = inbox.accumulator(1);
        IBatchInbox.BatchHeader memory second = headerUpTo(200);
        postAs(BATCHER, second);
        bytes32 secondAccumulator = inbox.accumulator(2);
        vm.revertToState(fork);
        // Later, both in blocks of their own, by an outsider's hand or the batcher's.
        skipL1Blocks(7);
        postAs(BATCHER, first);
        skipL1Blocks(3);
        postAs(BATCHER, second);
        vm.assertEq(inbox.accumulator(1), firstAccumulator, "first");
        vm.assertEq(inbox.accumulator(2), secondAccumulator, "second");
    }

    /// One transaction of an L1 replayed on another (same key, same nonce) has another beginning there.
    function test_a_batch_of_another_chain_or_inbox_does_not_fit_here() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        bytes32 here = inbox.accumulator(0);
        vm.chainId(1);
        address known = address(inbox);
        setUpInboxOfChain(1);
        vm.assertTrue(address(inbox) != known, "another inbox");
        vm.assertTrue(inbox.accumulator(0) != here, "another beginning");
        nextL1Block();
        refused(BATCHER, header, wrongPrevious(here));
    }

    function setUpInboxOfChain(uint256 id) private {
        setUp();
        vm.chainId(id);
    }
}
