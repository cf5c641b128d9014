// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {vm} from "../support/Vm.sol";

/// The L1 block that a batch names (rule D9): a past one of this very chain, and never older than the one before.
contract AnchorTest is InboxTest {
    function anchoredAt(uint256 number, bytes32 hash) private view returns (IBatchInbox.BatchHeader memory header) {
        header = goodHeader();
        header.l1Number = uint64(number);
        header.l1Hash = hash;
    }

    function withoutHash() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.AnchorWithoutHash.selector);
    }

    function notPast(uint256 number) private view returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.AnchorNotPast.selector, number, vm.getBlockNumber());
    }

    function wentBack(uint256 previous, uint256 given) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.AnchorWentBack.selector, previous, given);
    }

    function wrongHash(bytes32 expected, bytes32 given) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.WrongAnchorHash.selector, expected, given);
    }

    function test_the_block_before_this_one_may_be_the_anchor() public {
        accepted(BATCHER, goodHeader());
    }

    /// D9: `blockhash` gives zero for a block that it does not know; no header has that hash, so nothing after such a
    /// batch could be derived or proven.
    function test_a_zero_hash_does_not_pass_for_a_block_that_is_too_old_to_know() public {
        skipL1Blocks(300);
        uint256 unknown = vm.getBlockNumber() - 257;
        vm.assertEq(blockhash(unknown), 0, "the EVM knows 256 blocks");
        refused(BATCHER, anchoredAt(unknown, 0), withoutHash());
    }

    function test_a_zero_hash_does_not_pass_for_this_block_or_a_later_one() public {
        uint256 now_ = vm.getBlockNumber();
        refused(BATCHER, anchoredAt(now_, 0), withoutHash());
        refused(BATCHER, anchoredAt(now_ + 1, 0), withoutHash());
        refused(BATCHER, anchoredAt(type(uint64).max, 0), withoutHash());
    }

    function test_a_zero_hash_does_not_pass_for_a_block_that_is_known() public {
        refused(BATCHER, anchoredAt(vm.getBlockNumber() - 1, 0), withoutHash());
    }

    function test_a_future_anchor_is_refused_whatever_its_hash() public {
        uint256 now_ = vm.getBlockNumber();
        refused(BATCHER, anchoredAt(now_, bytes32(uint256(1))), notPast(now_));
        refused(BATCHER, anchoredAt(type(uint64).max, bytes32(uint256(1))), notPast(type(uint64).max));
    }

    function test_the_oldest_block_that_the_evm_knows_may_be_the_anchor() public {
        skipL1Blocks(300);
        uint256 oldest = vm.getBlockNumber() - 256;
        accepted(BATCHER, anchoredAt(oldest, blockhash(oldest)));
    }

    function test_an_anchor_that_the_evm_has_forgotten_is_refused_even_with_its_true_hash() public {
        uint256 number = vm.getBlockNumber() - 1;
        bytes32 hash = blockhash(number);
        skipL1Blocks(256);
        refused(BATCHER, anchoredAt(number, hash), wrongHash(0, hash));
    }

    /// A batch made on another branch of the L1 dies with it.
    function test_an_anchor_of_another_branch_is_refused() public {
        uint256 number = vm.getBlockNumber() - 1;
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.setBlockhash(number, keccak256("the branch that won"));
        refused(BATCHER, header, wrongHash(keccak256("the branch that won"), header.l1Hash));
    }

    function test_the_right_hash_of_another_block_is_refused() public {
        uint256 number = vm.getBlockNumber() - 1;
        bytes32 before = blockhash(number - 1);
        refused(BATCHER, anchoredAt(number, before), wrongHash(blockhash(number), before));
    }

    /// Origins never go back, so an anchor that does would cut off blocks that have newer origins already.
    function test_an_anchor_cannot_go_back() public {
        uint256 previous = vm.getBlockNumber() - 1;
        postAs(BATCHER, anchoredAt(previous, blockhash(previous)));
        nextL1Block();
        refused(BATCHER, anchoredAt(previous - 1, blockhash(previous - 1)), wentBack(previous, previous - 1));
        accepted(BATCHER, anchoredAt(previous, blockhash(previous)));
    }

    function test_an_anchor_cannot_lie_before_the_genesis_origin() public {
        uint256 before = GENESIS_L1_NUMBER - 1;
        refused(BATCHER, anchoredAt(before, blockhash(before)), wentBack(GENESIS_L1_NUMBER, before));
        accepted(BATCHER, anchoredAt(GENESIS_L1_NUMBER, blockhash(GENESIS_L1_NUMBER)));
    }

    /// D5: however long the silence was, the next anchor is a recent block; origins between are linked to it.
    function test_after_thousands_of_silent_l1_blocks_the_anchor_is_a_recent_one() public {
        postAs(BATCHER, goodHeader());
        skipL1Blocks(10_000);
        accepted(OUTSIDER, goodHeader());
    }

    function testFuzz_an_anchor_is_taken_if_and_only_if_it_is_known_past_and_not_before_the_last(
        uint64 number,
        bytes32 hash
    ) public {
        uint256 previous = vm.getBlockNumber() - 1;
        postAs(BATCHER, anchoredAt(previous, blockhash(previous)));
        skipL1Blocks(300);
        uint256 now_ = vm.getBlockNumber();
        // Half of the cases about the limits, half anywhere; half with the true hash.
        uint256 given = number % 2 == 0 ? bound(number, previous - 5, now_ + 5) : number;
        bytes32 known = given < now_ && now_ - given <= 256 ? blockhash(given) : bytes32(0);
        if (uint256(hash) % 2 == 0) hash = known;
        IBatchInbox.BatchHeader memory header = anchoredAt(given, hash);
        if (hash == 0) {
            refused(BATCHER, header, withoutHash());
        } else if (given >= now_) {
            refused(BATCHER, header, notPast(given));
        } else if (given < previous) {
            refused(BATCHER, header, wentBack(previous, given));
        } else if (hash != known) {
            refused(BATCHER, header, wrongHash(known, hash));
        } else {
            accepted(BATCHER, header);
        }
    }
}
