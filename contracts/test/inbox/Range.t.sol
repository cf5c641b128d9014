// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {vm} from "../support/Vm.sol";

/// Which blocks a batch covers, and when (rule D2): blocks follow on one another, and their time is neither in the
/// future nor long past.
contract RangeTest is InboxTest {
    function wrongFirst(uint64 given) private view returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.WrongFirstBlock.selector, uint256(inbox.lastBlock()) + 1, given);
    }

    function inFuture(uint64 last) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IBatchInbox.BatchInFuture.selector, inbox.timestampOf(last), vm.getBlockTimestamp());
    }

    function tooOld(uint64 last) private view returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.BatchTooOld.selector, inbox.timestampOf(last), vm.getBlockTimestamp());
    }

    /// The L1 goes on until a batch that ends with the first block just is not too old.
    function untilFirstBlockIsAlmostTooOld() private {
        vm.warp(inbox.timestampOf(1) + MAX_LAG);
    }

    function test_the_first_batch_begins_with_block_1() public {
        vm.assertEq(inbox.lastBlock(), 0, "genesis is block 0");
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.firstBlock = 0;
        refused(BATCHER, header, wrongFirst(0));
        header.firstBlock = 1;
        accepted(BATCHER, header);
    }

    function test_a_batch_cannot_skip_blocks() public {
        postAs(BATCHER, headerUpTo(100));
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.firstBlock = 102;
        refused(BATCHER, header, wrongFirst(102));
    }

    function test_a_batch_cannot_rewrite_blocks_that_are_posted() public {
        postAs(BATCHER, headerUpTo(100));
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.firstBlock = 100;
        refused(BATCHER, header, wrongFirst(100));
        header.firstBlock = 1;
        refused(BATCHER, header, wrongFirst(1));
    }

    function test_a_batch_cannot_be_posted_twice() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        postAs(BATCHER, header);
        refused(BATCHER, header, wrongFirst(header.firstBlock));
    }

    function test_a_batch_of_no_block_cannot_restart_the_timeout() public {
        postAs(BATCHER, headerUpTo(100));
        IBatchInbox.BatchHeader memory header = goodHeader();
        for (uint64 last = 99; last <= 100; ++last) {
            header.lastBlock = last;
            refused(BATCHER, header, abi.encodeWithSelector(IBatchInbox.EmptyRange.selector, 101, last));
        }
        header.lastBlock = 101;
        accepted(BATCHER, header);
    }

    function test_a_batch_may_end_with_the_block_that_is_due_in_this_very_second() public {
        vm.assertEq(inbox.timestampOf(due()), vm.getBlockTimestamp(), "L1 and L2 blocks fall on one second here");
        accepted(BATCHER, headerUpTo(due()));
    }

    function test_a_batch_cannot_end_with_a_block_that_is_not_due() public {
        refused(BATCHER, headerUpTo(due() + 1), inFuture(due() + 1));
    }

    /// D2: every follower would derive empty blocks for ever.
    function test_last_block_far_in_the_future_cannot_be_posted() public {
        refused(BATCHER, headerUpTo(2 ** 60), inFuture(2 ** 60));
    }

    function test_the_largest_last_block_is_refused_as_any_other_in_the_future() public {
        refused(BATCHER, headerUpTo(type(uint64).max), inFuture(type(uint64).max));
    }

    /// Times beyond 64 bits must not wrap round into the present.
    function test_times_do_not_wrap_round_however_long_blocks_are() public {
        IBatchInbox.Parameters memory p = parameters();
        p.blockTime = type(uint64).max;
        inbox = new BatchInbox(p);
        inbox.updateBatcher();
        nextL1Block();
        uint256 time = uint256(GENESIS_TIME) + uint256(type(uint64).max) * type(uint64).max;
        vm.assertEq(inbox.timestampOf(type(uint64).max), time, "the time of the last possible block");
        refused(BATCHER, headerUpTo(type(uint64).max), inFuture(type(uint64).max));
        refused(BATCHER, headerUpTo(1), inFuture(1));
    }

    /// What the last block of all leaves behind is a clean end, not an overflow.
    function test_after_the_largest_block_number_nothing_follows_and_nothing_panics() public {
        uint256 slot = uint256(vm.load(address(inbox), 0));
        uint256 full = slot | uint256(type(uint64).max) << 64;
        vm.store(address(inbox), 0, bytes32(full));
        vm.assertEq(inbox.lastBlock(), type(uint64).max, "the second quarter of the slot is the last block");
        IBatchInbox.BatchHeader memory header = goodHeaderAfterTheLast();
        refused(BATCHER, header, abi.encodeWithSelector(IBatchInbox.WrongFirstBlock.selector, 2 ** 64, 0));
    }

    function goodHeaderAfterTheLast() private view returns (IBatchInbox.BatchHeader memory) {
        uint64 anchor = uint64(vm.getBlockNumber() - 1);
        return IBatchInbox.BatchHeader(0, 0, type(uint64).max, anchor, blockhash(anchor), inbox.accumulator(0));
    }

    /// D2: one block a post, each post with a fresh anchor: L2 time falls behind while deposits never arrive.
    function test_one_block_batches_of_a_censoring_sequencer_end_when_they_are_max_lag_behind() public {
        setL1Block(vm.getBlockNumber() + 900);
        uint256 posted = 0;
        while (inbox.timestampOf(inbox.lastBlock() + 1) + MAX_LAG >= vm.getBlockTimestamp()) {
            postAs(BATCHER, headerUpTo(inbox.lastBlock() + 1));
            ++posted;
            nextL1Block();
        }
        vm.assertTrue(posted > 1000, "it went on for hours");
        uint64 last = inbox.lastBlock() + 1;
        refused(BATCHER, headerUpTo(last), tooOld(last));
        // The way out is to let the blocks exist, with the deposits that are due in them.
        accepted(BATCHER, goodHeader());
    }

    function test_a_batch_that_is_exactly_max_lag_old_is_taken() public {
        untilFirstBlockIsAlmostTooOld();
        accepted(BATCHER, headerUpTo(1));
    }

    function test_a_batch_that_is_a_second_older_is_refused() public {
        untilFirstBlockIsAlmostTooOld();
        vm.warp(vm.getBlockTimestamp() + 1);
        refused(BATCHER, headerUpTo(1), tooOld(1));
    }

    function test_an_outsiders_batch_must_catch_up_as_well() public {
        setL1Block(vm.getBlockNumber() + MAX_LAG);
        refused(OUTSIDER, headerUpTo(1), tooOld(1));
        accepted(OUTSIDER, goodHeader());
    }

    /// Rules of encoding are derivation's: an unknown version gives default blocks, it does not stop the chain.
    function test_any_version_is_taken() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.version = type(uint16).max;
        accepted(BATCHER, header);
    }

    function testFuzz_a_range_is_taken_if_and_only_if_it_follows_on_and_its_time_holds(
        uint64 first,
        uint64 last,
        uint256 now_
    ) public {
        postAs(BATCHER, headerUpTo(100));
        now_ = bound(now_, inbox.timestampOf(100), inbox.timestampOf(100) + 4 * uint256(MAX_LAG));
        vm.warp(now_);
        vm.roll(vm.getBlockNumber() + 1);
        IBatchInbox.BatchHeader memory header = goodHeader();
        // Half of the cases near the truth, half anywhere.
        header.firstBlock = first % 2 == 0 ? 99 + first % 4 : first;
        header.lastBlock = last % 2 == 0 ? uint64(99 + last % (4 * uint256(MAX_LAG) / BLOCK_TIME)) : last;
        uint256 time = uint256(GENESIS_TIME) + uint256(header.lastBlock) * BLOCK_TIME;
        if (header.firstBlock != 101) {
            refused(BATCHER, header, wrongFirst(header.firstBlock));
        } else if (header.lastBlock < 101) {
            refused(BATCHER, header, abi.encodeWithSelector(IBatchInbox.EmptyRange.selector, 101, header.lastBlock));
        } else if (time > now_) {
            refused(BATCHER, header, inFuture(header.lastBlock));
        } else if (time < now_ - MAX_LAG) {
            refused(BATCHER, header, tooOld(header.lastBlock));
        } else {
            accepted(BATCHER, header);
        }
    }

    function testFuzz_the_time_of_a_block_is_a_line_without_overflow(uint64 number, uint64 genesis, uint64 each)
        public
    {
        IBatchInbox.Parameters memory p = parameters();
        p.genesisTime = uint64(bound(genesis, 0, vm.getBlockTimestamp()));
        p.blockTime = uint64(bound(each, 1, type(uint64).max));
        inbox = new BatchInbox(p);
        vm.assertEq(inbox.timestampOf(0), p.genesisTime, "genesis");
        uint256 since = inbox.timestampOf(number) - p.genesisTime;
        vm.assertEq(since % p.blockTime, 0, "whole blocks");
        vm.assertEq(since / p.blockTime, number, "as many as its number says");
    }
}
