// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {vm} from "../support/Vm.sol";

/// Who may post: the batcher, and after `sequencerTimeout` anyone, once (rules D5 and D10).
contract CallerTest is InboxTest {
    function notBatcher(address caller) private view returns (bytes memory) {
        uint256 until = uint256(inbox.state().lastPostBlock) + SEQUENCER_TIMEOUT;
        return abi.encodeWithSelector(IBatchInbox.NotBatcher.selector, caller, until);
    }

    /// The first L1 block in which anyone may post.
    function rollToFallback() private {
        setL1Block(uint256(inbox.state().lastPostBlock) + SEQUENCER_TIMEOUT + 1);
    }

    function test_the_batcher_posts() public {
        accepted(BATCHER, goodHeader());
    }

    function test_an_outsider_cannot_post_while_the_sequencer_does() public {
        refused(OUTSIDER, goodHeader(), notBatcher(OUTSIDER));
    }

    function test_an_outsider_cannot_post_in_the_last_block_of_the_timeout() public {
        setL1Block(uint256(inbox.state().lastPostBlock) + SEQUENCER_TIMEOUT);
        refused(OUTSIDER, goodHeader(), notBatcher(OUTSIDER));
    }

    function test_a_sequencer_that_stops_cannot_keep_deposits_out_for_ever() public {
        rollToFallback();
        accepted(OUTSIDER, goodHeader());
    }

    function test_before_the_first_batch_the_timeout_runs_from_the_deployment() public {
        vm.assertEq(inbox.state().lastPostBlock, GENESIS_L1_NUMBER + 50, "the block of setUp's deployment");
        setL1Block(GENESIS_L1_NUMBER + 50 + SEQUENCER_TIMEOUT);
        refused(OUTSIDER, goodHeader(), notBatcher(OUTSIDER));
        nextL1Block();
        accepted(OUTSIDER, goodHeader());
    }

    function test_the_batcher_posts_after_the_timeout_too() public {
        rollToFallback();
        accepted(BATCHER, goodHeader());
    }

    /// D10: otherwise an outsider posts empty batches in every block from then on.
    function test_an_outsider_cannot_spam_after_the_timeout_but_gets_one_batch() public {
        rollToFallback();
        postCalldataAs(OUTSIDER, goodHeader(), "");
        vm.assertEq(inbox.state().lastPostBlock, vm.getBlockNumber(), "the timeout begins again");
        nextL1Block();
        refused(OUTSIDER, goodHeader(), notBatcher(OUTSIDER));
        refused(address(0xA110), goodHeader(), notBatcher(address(0xA110)));
        skipL1Blocks(SEQUENCER_TIMEOUT);
        accepted(OUTSIDER, goodHeader());
    }

    function test_an_outsider_cannot_post_twice_in_one_block() public {
        rollToFallback();
        // Up to a block before the newest that is due, so that there is room for another.
        postCalldataAs(OUTSIDER, headerUpTo(due() - 1), "");
        refused(OUTSIDER, goodHeader(), notBatcher(OUTSIDER));
    }

    function test_the_sequencer_takes_over_again_right_after_an_outsider() public {
        rollToFallback();
        postCalldataAs(OUTSIDER, goodHeader(), "");
        nextL1Block();
        accepted(BATCHER, goodHeader());
    }

    /// A batch posted right in time keeps outsiders away for a whole timeout.
    function test_every_batch_of_the_batcher_restarts_the_timeout() public {
        setL1Block(uint256(inbox.state().lastPostBlock) + SEQUENCER_TIMEOUT);
        postAs(BATCHER, goodHeader());
        skipL1Blocks(SEQUENCER_TIMEOUT);
        refused(OUTSIDER, goodHeader(), notBatcher(OUTSIDER));
        nextL1Block();
        accepted(OUTSIDER, goodHeader());
    }

    /// D5: after a silence of the whole timeout, blocks that do not fit one batch go out in several.
    function test_a_backlog_as_long_as_the_timeout_can_be_posted_in_pieces() public {
        postAs(BATCHER, goodHeader());
        skipL1Blocks(SEQUENCER_TIMEOUT);
        uint64 first = inbox.lastBlock() + 1;
        uint64 piece = (due() - first + 1) / 4;
        for (uint64 i = 1; i <= 4; ++i) {
            postAs(BATCHER, headerUpTo(i == 4 ? due() : first + i * piece));
            nextL1Block();
        }
        vm.assertEq(inbox.count(), 5, "one batch and four pieces");
        accepted(BATCHER, goodHeader());
    }

    /// D5: no number of blocks is too many for one batch; what the data do not cover derives default blocks.
    function test_a_silence_of_a_year_ends_with_one_batch() public {
        skipL1Blocks(365 days / L1_BLOCK_TIME);
        accepted(OUTSIDER, goodHeader());
    }

    function test_before_the_batcher_is_known_nobody_posts_without_waiting() public {
        inbox = new BatchInbox(parameters());
        refused(BATCHER, goodHeader(), notBatcher(BATCHER));
        rollToFallback();
        accepted(OUTSIDER, goodHeader());
    }

    /// A timeout of 2^64-1 blocks is a choice; it must not wrap round to none.
    function test_a_timeout_near_the_largest_number_does_not_overflow() public {
        IBatchInbox.Parameters memory p = parameters();
        p.sequencerTimeout = type(uint64).max - 1;
        p.maxLag = type(uint64).max;
        inbox = new BatchInbox(p);
        inbox.updateBatcher();
        uint256 until = vm.getBlockNumber() + p.sequencerTimeout;
        nextL1Block();
        refused(OUTSIDER, goodHeader(), abi.encodeWithSelector(IBatchInbox.NotBatcher.selector, OUTSIDER, until));
        accepted(BATCHER, goodHeader());
    }

    function testFuzz_outsiders_post_after_the_timeout_and_never_before(uint256 blocks, address poster) public {
        vm.assume(poster != BATCHER);
        // A plain account; precompiles and the cheat codes' address would not be one.
        vm.assume(uint160(poster) > 0xffff && poster.code.length == 0);
        blocks = bound(blocks, 1, 2 * uint256(SEQUENCER_TIMEOUT));
        setL1Block(uint256(inbox.state().lastPostBlock) + blocks);
        if (blocks > SEQUENCER_TIMEOUT) {
            accepted(poster, goodHeader());
        } else {
            refused(poster, goodHeader(), notBatcher(poster));
        }
    }
}
