// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {SystemConfigDouble} from "./SystemConfigDouble.sol";
import {vm} from "./Vm.sol";

/// An inbox on an L1 with blocks of 12 s, some time after its deployment; what tests of it share.
abstract contract InboxTest {
    uint64 internal constant L2_CHAIN_ID = 901;
    uint64 internal constant GENESIS_TIME = 1_800_000_000;
    uint64 internal constant BLOCK_TIME = 2;
    uint64 internal constant L1_BLOCK_TIME = 12;
    uint64 internal constant SEQUENCER_TIMEOUT = 1800; // 6 h
    uint64 internal constant MAX_LAG = 23_400; // 6.5 h
    uint64 internal constant MAX_BLOBS = 6;
    uint64 internal constant GENESIS_L1_NUMBER = 1000;

    address internal constant BATCHER = address(0xBA7C);
    address internal constant OUTSIDER = address(0x0D7);

    SystemConfigDouble internal systemConfig;
    BatchInbox internal inbox;

    function setUp() public virtual {
        vm.chainId(900);
        setL1Block(GENESIS_L1_NUMBER + 50);
        systemConfig = new SystemConfigDouble(bytes32(uint256(uint160(BATCHER))));
        inbox = new BatchInbox(parameters());
        inbox.updateBatcher();
        setL1Block(GENESIS_L1_NUMBER + 100);
    }

    function parameters() internal view returns (IBatchInbox.Parameters memory) {
        return IBatchInbox.Parameters({
            l2ChainId: L2_CHAIN_ID,
            genesisTime: GENESIS_TIME,
            blockTime: BLOCK_TIME,
            maxLag: MAX_LAG,
            sequencerTimeout: SEQUENCER_TIMEOUT,
            maxBlobs: MAX_BLOBS,
            genesisL1Number: GENESIS_L1_NUMBER,
            systemConfig: address(systemConfig)
        });
    }

    /// The L1 is at this block, whose time is as it should be.
    function setL1Block(uint256 number) internal {
        vm.roll(number);
        vm.warp(GENESIS_TIME + (number - GENESIS_L1_NUMBER) * L1_BLOCK_TIME);
    }

    function nextL1Block() internal {
        skipL1Blocks(1);
    }

    function skipL1Blocks(uint256 blocks) internal {
        setL1Block(vm.getBlockNumber() + blocks);
    }

    /// The last L2 block that is due by now.
    function due() internal view returns (uint64) {
        return uint64((vm.getBlockTimestamp() - GENESIS_TIME) / BLOCK_TIME);
    }

    /// A header that the inbox takes: up to now, with the L1 block before as anchor.
    function goodHeader() internal view returns (IBatchInbox.BatchHeader memory) {
        return headerUpTo(due());
    }

    /// A header that the inbox takes if a batch may end with this block now.
    function headerUpTo(uint64 lastBlock) internal view returns (IBatchInbox.BatchHeader memory) {
        uint64 anchor = uint64(vm.getBlockNumber() - 1);
        return IBatchInbox.BatchHeader({
            version: 0,
            firstBlock: inbox.lastBlock() + 1,
            lastBlock: lastBlock,
            l1Number: anchor,
            l1Hash: blockhash(anchor),
            prevAccumulator: inbox.accumulator(inbox.count())
        });
    }

    /// A number from `low` to `high`, out of any number.
    function bound(uint256 any, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + any % (high - low + 1);
    }

    /// The transaction carries this many blobs.
    function setBlobs(uint256 blobs) internal {
        vm.blobhashes(blobHashes(blobs));
    }

    function blobHashes(uint256 blobs) internal pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](blobs);
        for (uint256 i = 0; i < blobs; ++i) {
            hashes[i] = blobHash(i);
        }
    }

    /// Some versioned hash: version 1 in its first byte.
    function blobHash(uint256 seed) internal pure returns (bytes32) {
        return bytes32(uint256(keccak256(abi.encode("blob", seed))) >> 8 | 1 << 248);
    }

    /// Posts with one blob.
    function postAs(address poster, IBatchInbox.BatchHeader memory header) internal {
        setBlobs(1);
        vm.prank(poster);
        inbox.post(header);
    }

    function postCalldataAs(address poster, IBatchInbox.BatchHeader memory header, bytes memory data) internal {
        setBlobs(0);
        vm.prank(poster, poster);
        inbox.postCalldata(header, data);
    }

    /// Both entry points refuse it with this error and nothing changes.
    function refused(address poster, IBatchInbox.BatchHeader memory header, bytes memory error) internal {
        bytes32 before = keccak256(abi.encode(inbox.state()));
        setBlobs(1);
        vm.prank(poster);
        vm.expectRevert(error);
        inbox.post(header);
        vm.prank(poster, poster);
        vm.expectRevert(error);
        inbox.postCalldata(header, "data");
        vm.assertEq(keccak256(abi.encode(inbox.state())), before, "a refused batch left a trace");
    }

    /// Both entry points take it, each from the present state.
    function accepted(address poster, IBatchInbox.BatchHeader memory header) internal {
        uint256 here = vm.snapshotState();
        postCalldataAs(poster, header, "data");
        vm.assertEq(inbox.lastBlock(), header.lastBlock, "calldata was not taken");
        vm.revertToState(here);
        postAs(poster, header);
        vm.assertEq(inbox.lastBlock(), header.lastBlock, "blobs were not taken");
    }
}
