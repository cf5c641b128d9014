// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {vm} from "../support/Vm.sol";

/// Who the batcher is: whom `SystemConfig` names, and nobody else has a say.
contract BatcherTest is InboxTest {
    address private constant NEXT = address(0x9E27);

    function name(address batcher) private {
        systemConfig.set(bytes32(uint256(uint160(batcher))));
    }

    function test_a_new_inbox_has_no_batcher_until_somebody_calls_update() public {
        inbox = new BatchInbox(parameters());
        vm.assertEq(inbox.batcher(), address(0), "nobody");
        vm.expectEmit(true, true, true, true, address(inbox));
        emit IBatchInbox.BatcherUpdated(address(0), BATCHER);
        vm.prank(OUTSIDER);
        inbox.updateBatcher();
        vm.assertEq(inbox.batcher(), BATCHER, "whom SystemConfig names");
    }

    function test_a_replaced_batcher_cannot_post_and_the_new_one_can() public {
        name(NEXT);
        vm.expectEmit(true, true, true, true, address(inbox));
        emit IBatchInbox.BatcherUpdated(BATCHER, NEXT);
        vm.prank(OUTSIDER);
        inbox.updateBatcher();
        IBatchInbox.BatchHeader memory header = goodHeader();
        uint256 until = uint256(inbox.state().lastPostBlock) + SEQUENCER_TIMEOUT;
        refused(BATCHER, header, abi.encodeWithSelector(IBatchInbox.NotBatcher.selector, BATCHER, until));
        accepted(NEXT, header);
    }

    /// A posting batcher that reads `SystemConfig` in each post would cost over 9,000 gas more.
    function test_a_new_name_has_no_effect_before_update() public {
        name(NEXT);
        accepted(BATCHER, goodHeader());
    }

    function test_an_outsider_cannot_make_itself_the_batcher() public {
        vm.prank(OUTSIDER);
        inbox.updateBatcher();
        vm.assertEq(inbox.batcher(), BATCHER, "as before");
    }

    function test_an_update_to_the_same_batcher_leaves_no_log() public {
        vm.recordLogs();
        inbox.updateBatcher();
        vm.assertEq(vm.getRecordedLogs().length, 0, "nothing changed");
    }

    /// The batcher may be taken away, in an emergency; then the fallback is the only way.
    function test_without_a_batcher_only_the_fallback_posts() public {
        name(address(0));
        inbox.updateBatcher();
        IBatchInbox.BatchHeader memory header = goodHeader();
        uint256 until = uint256(inbox.state().lastPostBlock) + SEQUENCER_TIMEOUT;
        refused(BATCHER, header, abi.encodeWithSelector(IBatchInbox.NotBatcher.selector, BATCHER, until));
        setL1Block(until + 1);
        accepted(OUTSIDER, goodHeader());
    }

    /// Cut to 20 bytes, such a hash would name an account that nobody meant.
    function testFuzz_a_batcher_hash_with_a_bit_in_its_upper_12_bytes_is_refused(bytes12 upper, address lower) public {
        vm.assume(upper != 0);
        bytes32 named = bytes32(upper) | bytes32(uint256(uint160(lower)));
        systemConfig.set(named);
        vm.expectRevert(abi.encodeWithSelector(IBatchInbox.InvalidBatcherHash.selector, named));
        inbox.updateBatcher();
        vm.assertEq(inbox.batcher(), BATCHER, "as before");
    }

    function testFuzz_every_address_can_be_the_batcher(address named) public {
        name(named);
        inbox.updateBatcher();
        vm.assertEq(inbox.batcher(), named, "named");
    }

    /// `updateBatcher` is no post: it must not keep the fallback away.
    function test_an_update_does_not_restart_the_timeout() public {
        bytes32 before = keccak256(abi.encode(inbox.state()));
        skipL1Blocks(10);
        name(NEXT);
        inbox.updateBatcher();
        vm.assertEq(keccak256(abi.encode(inbox.state())), before, "state as before");
    }
}
