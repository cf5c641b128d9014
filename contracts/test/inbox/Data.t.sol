// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {Forwarder, PostsWhileConstructed} from "../support/Posters.sol";
import {Reference} from "../support/Reference.sol";
import {vm} from "../support/Vm.sol";

/// Where a batch's data are, and that everyone can find them and reads them in one way (rules D7, D8 and D15).
contract DataTest is InboxTest {
    uint256 private constant KEY = 0x7702;
    uint256 private constant MOST = 120_000;

    function notPlain(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IBatchInbox.NotPlainAccount.selector, caller);
    }

    function refusedCalldata(address poster, address origin, bytes memory error) private {
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.prank(poster, origin);
        vm.expectRevert(error);
        inbox.postCalldata(header, "data");
    }

    function refusedBlobs(uint256 blobs, bytes memory error) private {
        IBatchInbox.BatchHeader memory header = goodHeader();
        setBlobs(blobs);
        vm.prank(BATCHER);
        vm.expectRevert(error);
        inbox.post(header);
    }

    // --- blobs ---

    function test_a_post_without_a_blob_is_refused() public {
        refusedBlobs(0, abi.encodeWithSelector(IBatchInbox.NoBlobs.selector));
    }

    function test_every_number_of_blobs_up_to_the_limit_is_taken_whole_and_in_order() public {
        for (uint256 blobs = 1; blobs <= MAX_BLOBS; ++blobs) {
            IBatchInbox.BatchHeader memory header = headerUpTo(uint64(100 * blobs));
            setBlobs(blobs);
            vm.prank(BATCHER);
            inbox.post(header);
            bytes32 expected = Reference.next(header, 1, Reference.blobsHash(blobHashes(blobs)));
            vm.assertEq(inbox.accumulator(uint64(blobs)), expected, "all blobs, in order");
        }
    }

    /// D15: one batch must stay a small share of what a span's proof can decode.
    function test_a_batch_with_more_blobs_than_the_limit_is_refused() public {
        bytes memory error = abi.encodeWithSelector(IBatchInbox.TooManyBlobs.selector, MAX_BLOBS);
        refusedBlobs(MAX_BLOBS + 1, error);
        refusedBlobs(3 * MAX_BLOBS, error);
    }

    /// What a follower needs of a batch in blobs is in the event, so it may come through a contract.
    function test_blobs_may_be_posted_through_a_contract() public {
        Forwarder forwarder = new Forwarder(inbox);
        systemConfig.set(bytes32(uint256(uint160(address(forwarder)))));
        inbox.updateBatcher();
        IBatchInbox.BatchHeader memory header = goodHeader();
        setBlobs(2);
        vm.prank(OUTSIDER, OUTSIDER);
        forwarder.post(header);
        vm.assertEq(inbox.lastBlock(), header.lastBlock, "taken");
    }

    // --- calldata comes from a plain account ---

    /// D8: data of an inner call are in a trace only, which no ordinary RPC serves; the poster alone could prove.
    function test_calldata_through_a_contract_is_refused() public {
        Forwarder forwarder = new Forwarder(inbox);
        systemConfig.set(bytes32(uint256(uint160(address(forwarder)))));
        inbox.updateBatcher();
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.prank(BATCHER, BATCHER);
        vm.expectRevert(notPlain(address(forwarder)));
        forwarder.postCalldata(header, "data");
    }

    /// The batcher's account calls a contract that calls the inbox: the inbox does not see the batcher.
    function test_calldata_through_a_contract_that_the_batcher_calls_is_refused() public {
        Forwarder forwarder = new Forwarder(inbox);
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.prank(BATCHER, BATCHER);
        vm.expectRevert(notPlain(address(forwarder)));
        forwarder.postCalldata(header, "data");
    }

    /// A contract has no code while its constructor runs; after the timeout nothing else would stop it.
    function test_calldata_from_a_constructor_is_refused() public {
        setL1Block(vm.getBlockNumber() + SEQUENCER_TIMEOUT);
        IBatchInbox.BatchHeader memory header = goodHeader();
        address coming = vm.computeCreateAddress(OUTSIDER, vm.getNonce(OUTSIDER));
        vm.prank(OUTSIDER, OUTSIDER);
        vm.expectRevert(notPlain(coming));
        new PostsWhileConstructed(inbox, header);
        accepted(OUTSIDER, header);
    }

    /// A bundler's transaction: the sender of the call is an account, but not the transaction's sender.
    function test_calldata_in_an_inner_call_by_an_account_is_refused() public {
        refusedCalldata(BATCHER, OUTSIDER, notPlain(BATCHER));
    }

    /// EIP-7702: the account's key signed for code, so what calls the inbox may be that code, in an inner call that
    /// the account made to itself.
    function test_calldata_of_a_7702_account_is_refused() public {
        address account = vm.addr(KEY);
        systemConfig.set(bytes32(uint256(uint160(account))));
        inbox.updateBatcher();
        Forwarder implementation = new Forwarder(inbox);
        vm.etch(account, bytes.concat(hex"ef0100", bytes20(address(implementation))));
        vm.assertEq(account.code.length, 23, "a delegation");
        refusedCalldata(account, account, notPlain(account));
    }

    /// The same with a delegation that the account signed.
    function test_calldata_through_the_code_of_a_7702_account_is_refused() public {
        address account = vm.addr(KEY);
        systemConfig.set(bytes32(uint256(uint160(account))));
        inbox.updateBatcher();
        Forwarder implementation = new Forwarder(inbox);
        vm.signAndAttachDelegation(address(implementation), KEY);
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.prank(account, account);
        vm.expectRevert(notPlain(account));
        Forwarder(account).postCalldata(header, "data");
    }

    function test_a_7702_account_may_post_blobs() public {
        address account = vm.addr(KEY);
        systemConfig.set(bytes32(uint256(uint160(account))));
        inbox.updateBatcher();
        vm.etch(account, bytes.concat(hex"ef0100", bytes20(address(inbox))));
        postAs(account, goodHeader());
        vm.assertEq(inbox.count(), 1, "taken");
    }

    // --- size of calldata ---

    function test_calldata_may_be_empty_or_as_long_as_the_limit() public {
        vm.assertEq(inbox.MAX_CALLDATA_BYTES(), MOST, "the limit");
        postCalldataAs(BATCHER, headerUpTo(100), "");
        vm.assertEq(inbox.lastBlock(), 100, "nothing at all: default blocks");
        postCalldataAs(BATCHER, headerUpTo(200), new bytes(MOST));
        vm.assertEq(inbox.lastBlock(), 200, "120,000 bytes");
    }

    function test_calldata_beyond_the_limit_is_refused() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        vm.prank(BATCHER, BATCHER);
        vm.expectRevert(abi.encodeWithSelector(IBatchInbox.CalldataTooLong.selector, MOST + 1, MOST));
        inbox.postCalldata(header, new bytes(MOST + 1));
    }

    // --- one reading ---

    /// D7: without the kind, these two would share an accumulator, and a prover could pick which of them it proves.
    function test_calldata_that_equals_versioned_hashes_is_another_batch_than_the_blobs() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        bytes32[] memory hashes = blobHashes(2);
        uint256 here = vm.snapshotState();
        postCalldataAs(BATCHER, header, abi.encodePacked(hashes));
        bytes32 calldata_ = inbox.accumulator(1);
        vm.revertToState(here);
        setBlobs(2);
        vm.prank(BATCHER);
        inbox.post(header);
        bytes32 blobs = inbox.accumulator(1);
        bytes32 dataHash = Reference.blobsHash(hashes);
        vm.assertTrue(calldata_ != blobs, "two batches");
        vm.assertEq(calldata_, Reference.next(header, 0, dataHash), "kind 0");
        vm.assertEq(blobs, Reference.next(header, 1, dataHash), "kind 1, the same data hash");
    }

    /// The entry point sets the kind: blobs that a transaction carries besides are no part of a batch in calldata.
    function test_blobs_beside_calldata_change_nothing() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        setBlobs(3);
        vm.prank(BATCHER, BATCHER);
        inbox.postCalldata(header, "data");
        vm.assertEq(inbox.accumulator(1), Reference.next(header, 0, keccak256("data")), "kind 0");
    }

    // --- all in the open ---

    /// D8: a follower needs the logs of a block and nothing else to know each header and where its data are.
    function test_the_whole_header_and_the_versioned_hashes_are_in_the_log() public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.version = 7;
        bytes32[] memory hashes = blobHashes(3);
        bytes32 dataHash = Reference.blobsHash(hashes);
        bytes32 accumulator = Reference.next(header, 1, dataHash);
        setBlobs(3);
        vm.expectEmit(true, true, true, true, address(inbox));
        emit IBatchInbox.BatchPosted(1, BATCHER, 1, header, accumulator, dataHash, hashes);
        vm.prank(BATCHER);
        inbox.post(header);
    }

    function test_the_log_of_calldata_has_its_hash_and_no_versioned_hash() public {
        setL1Block(vm.getBlockNumber() + SEQUENCER_TIMEOUT);
        IBatchInbox.BatchHeader memory header = goodHeader();
        bytes32 dataHash = keccak256("data");
        bytes32 accumulator = Reference.next(header, 0, dataHash);
        vm.expectEmit(true, true, true, true, address(inbox));
        emit IBatchInbox.BatchPosted(1, OUTSIDER, 0, header, accumulator, dataHash, new bytes32[](0));
        postCalldataAs(OUTSIDER, header, "data");
    }

    /// A number with bits beyond its type would be one thing to the contract and another to whoever reads the input.
    function testFuzz_a_header_with_numbers_beyond_their_types_is_refused(uint256 field, uint256 beyond) public {
        IBatchInbox.BatchHeader memory header = goodHeader();
        bytes memory input = abi.encodeCall(inbox.postCalldata, (header, "data"));
        field = bound(field, 0, 3);
        uint256 bits = field == 0 ? 16 : 64;
        beyond = bound(beyond, 1, type(uint256).max >> bits) << bits;
        uint256 at = 4 + 32 + 32 * field; // selector, length of `input`
        assembly {
            let word := add(input, at)
            mstore(word, or(mload(word), beyond))
        }
        vm.prank(BATCHER, BATCHER);
        (bool taken,) = address(inbox).call(input);
        vm.assertTrue(!taken, "refused");
    }
}
