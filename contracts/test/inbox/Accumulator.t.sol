// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {Reference} from "../support/Reference.sol";
import {vm} from "../support/Vm.sol";

/// Random histories of batches; each accumulator is compared with one that is computed another way.
contract AccumulatorTest is InboxTest {
    /// What decides one batch of a history.
    struct Choice {
        uint16 version;
        uint8 blobs;
        uint16 blocks;
        uint8 anchorAge;
        uint8 wait;
        bytes data;
    }

    function testFuzz_every_history_has_the_accumulators_that_the_rules_say(Choice[6] memory choices) public {
        bytes32 expected = Reference.genesis(900, address(inbox), L2_CHAIN_ID);
        for (uint64 i = 0; i < choices.length; ++i) {
            vm.assertEq(inbox.accumulator(i), expected, "the one before");
            expected = postOne(choices[i], expected);
            vm.assertEq(inbox.accumulator(i + 1), expected, "the new one");
            vm.assertEq(inbox.count(), i + 1, "one batch more");
        }
    }

    /// Posts what was chosen, made fit, and returns the accumulator that it should give.
    function postOne(Choice memory choice, bytes32 previous) private returns (bytes32) {
        skipL1Blocks(1 + uint256(choice.wait));
        uint256 last = bound(choice.blocks, inbox.lastBlock() + 1, due());
        IBatchInbox.BatchHeader memory header = headerUpTo(uint64(last));
        uint256 newest = vm.getBlockNumber() - 1;
        uint256 age = bound(choice.anchorAge, 0, newest - inbox.state().l1Number);
        age = age > 200 ? 200 : age;
        header.l1Number = uint64(newest - age);
        header.l1Hash = blockhash(newest - age);
        header.version = choice.version;
        vm.assertEq(header.prevAccumulator, previous, "the newest");
        if (choice.blobs % 2 == 0) {
            postCalldataAs(BATCHER, header, choice.data);
            return Reference.next(header, 0, keccak256(choice.data));
        }
        uint256 blobs = 1 + choice.blobs % MAX_BLOBS;
        setBlobs(blobs);
        vm.prank(BATCHER);
        inbox.post(header);
        return Reference.next(header, 1, Reference.blobsHash(blobHashes(blobs)));
    }

    function testFuzz_no_two_headers_share_a_hash(
        IBatchInbox.BatchHeader memory one,
        IBatchInbox.BatchHeader memory other
    ) public pure {
        bool same = keccak256(abi.encode(one)) == keccak256(abi.encode(other));
        vm.assertTrue(same == (Reference.headerHash(one) == Reference.headerHash(other)), "one hash each");
        vm.assertEq(Reference.encoded(one), abi.encode(one), "the reference is the ABI's encoding");
    }
}
