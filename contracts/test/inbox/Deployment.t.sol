// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {Reference} from "../support/Reference.sol";
import {vm} from "../support/Vm.sol";

/// What a deployment fixes, and which mistakes it refuses: an inbox cannot be mended later.
contract DeploymentTest is InboxTest {
    function refusedAs(string memory parameter, IBatchInbox.Parameters memory p) private {
        vm.expectRevert(abi.encodeWithSelector(IBatchInbox.InvalidParameter.selector, parameter));
        new BatchInbox(p);
    }

    function test_what_was_fixed_can_be_read() public view {
        vm.assertEq(abi.encode(inbox.parameters()), abi.encode(parameters()), "parameters");
        vm.assertEq(inbox.KIND_CALLDATA(), 0, "kind of calldata");
        vm.assertEq(inbox.KIND_BLOBS(), 1, "kind of blobs");
    }

    function test_a_new_inbox_stands_at_genesis() public {
        inbox = new BatchInbox(parameters());
        IBatchInbox.State memory state = inbox.state();
        vm.assertEq(state.count, 0, "no batch");
        vm.assertEq(inbox.count(), 0, "no batch");
        vm.assertEq(inbox.lastBlock(), 0, "genesis");
        vm.assertEq(state.l1Number, GENESIS_L1_NUMBER, "the genesis origin is the first anchor");
        vm.assertEq(state.lastPostBlock, vm.getBlockNumber(), "the timeout runs from here");
        vm.assertEq(inbox.accumulator(0), Reference.genesis(900, address(inbox), L2_CHAIN_ID), "the beginning");
    }

    function testFuzz_the_beginning_names_both_chains_and_the_inbox(uint64 l1ChainId, uint64 l2ChainId) public {
        vm.chainId(bound(l1ChainId, 1, type(uint64).max - 1));
        IBatchInbox.Parameters memory p = parameters();
        p.l2ChainId = l2ChainId;
        inbox = new BatchInbox(p);
        vm.assertEq(inbox.accumulator(0), Reference.genesis(block.chainid, address(inbox), l2ChainId), "the beginning");
    }

    /// A claim that rests on a batch which does not exist would rest on zero.
    function testFuzz_there_is_no_accumulator_of_a_batch_that_does_not_exist(uint64 index) public {
        postAs(BATCHER, goodHeader());
        index = uint64(bound(index, 2, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(IBatchInbox.UnknownBatch.selector, index));
        inbox.accumulator(index);
    }

    function test_a_rollup_without_time_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.blockTime = 0;
        refusedAs("blockTime", p);
    }

    function test_a_genesis_in_the_future_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.genesisTime = uint64(vm.getBlockTimestamp() + 1);
        refusedAs("genesisTime", p);
        p.genesisTime -= 1;
        new BatchInbox(p);
    }

    function test_a_genesis_origin_in_the_future_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.genesisL1Number = uint64(vm.getBlockNumber() + 1);
        refusedAs("genesisL1Number", p);
        p.genesisL1Number -= 1;
        new BatchInbox(p);
    }

    function test_an_inbox_that_is_always_open_to_everyone_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.sequencerTimeout = 0;
        refusedAs("sequencerTimeout", p);
    }

    /// D5: a backlog longer than `maxLag` could not be posted in pieces, and the timeout allows one as long as itself.
    function test_a_max_lag_shorter_than_the_timeout_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.maxLag = p.sequencerTimeout;
        refusedAs("maxLag", p);
        p.maxLag += 1;
        new BatchInbox(p);
    }

    function test_an_inbox_for_no_blob_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.maxBlobs = 0;
        refusedAs("maxBlobs", p);
    }

    function test_an_inbox_without_an_authority_is_refused() public {
        IBatchInbox.Parameters memory p = parameters();
        p.systemConfig = address(0);
        refusedAs("systemConfig", p);
    }

    /// Three slots are all that a post writes or reads of an inbox besides its new accumulator.
    function test_the_state_is_one_packed_slot() public {
        postAs(BATCHER, goodHeader());
        IBatchInbox.State memory state = inbox.state();
        uint256 packed = uint256(vm.load(address(inbox), 0));
        vm.assertEq(uint64(packed), state.count, "count");
        vm.assertEq(uint64(packed >> 64), state.lastBlock, "lastBlock");
        vm.assertEq(uint64(packed >> 128), state.l1Number, "l1Number");
        vm.assertEq(uint64(packed >> 192), state.lastPostBlock, "lastPostBlock");
        vm.assertEq(address(uint160(uint256(vm.load(address(inbox), bytes32(uint256(1)))))), BATCHER, "batcher");
    }

    /// Whoever sends ether by mistake keeps it.
    function test_the_inbox_takes_no_ether() public {
        (bool sent,) = address(inbox).call{value: 1}("");
        vm.assertTrue(!sent, "plain");
        (sent,) = address(inbox).call{value: 1}(abi.encodeCall(inbox.updateBatcher, ()));
        vm.assertTrue(!sent, "with a call");
    }
}
