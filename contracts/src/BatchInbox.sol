// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "./interfaces/IBatchInbox.sol";
import {ISystemConfig} from "./interfaces/ISystemConfig.sol";

/// @title `IBatchInbox`, where everything is documented
contract BatchInbox is IBatchInbox {
    /// @inheritdoc IBatchInbox
    uint8 public constant KIND_CALLDATA = 0;
    /// @inheritdoc IBatchInbox
    uint8 public constant KIND_BLOBS = 1;
    /// @inheritdoc IBatchInbox
    uint256 public constant MAX_CALLDATA_BYTES = 120_000;

    uint64 private immutable L2_CHAIN_ID;
    uint64 private immutable GENESIS_TIME;
    uint64 private immutable BLOCK_TIME;
    uint64 private immutable MAX_LAG;
    uint64 private immutable SEQUENCER_TIMEOUT;
    uint64 private immutable MAX_BLOBS;
    uint64 private immutable GENESIS_L1_NUMBER;
    address private immutable SYSTEM_CONFIG;

    State private _state;
    /// @inheritdoc IBatchInbox
    address public batcher;
    mapping(uint64 index => bytes32) private _accumulators;

    constructor(Parameters memory p) {
        if (p.genesisTime > block.timestamp) revert InvalidParameter("genesisTime");
        if (p.blockTime == 0) revert InvalidParameter("blockTime");
        if (p.sequencerTimeout == 0) revert InvalidParameter("sequencerTimeout");
        // An L1 block takes a second at least.
        if (p.maxLag <= p.sequencerTimeout) revert InvalidParameter("maxLag");
        if (p.maxBlobs == 0) revert InvalidParameter("maxBlobs");
        if (p.genesisL1Number > block.number) revert InvalidParameter("genesisL1Number");
        if (p.systemConfig == address(0)) revert InvalidParameter("systemConfig");
        L2_CHAIN_ID = p.l2ChainId;
        GENESIS_TIME = p.genesisTime;
        BLOCK_TIME = p.blockTime;
        MAX_LAG = p.maxLag;
        SEQUENCER_TIMEOUT = p.sequencerTimeout;
        MAX_BLOBS = p.maxBlobs;
        GENESIS_L1_NUMBER = p.genesisL1Number;
        SYSTEM_CONFIG = p.systemConfig;
        _state = State({count: 0, lastBlock: 0, l1Number: p.genesisL1Number, lastPostBlock: uint64(block.number)});
        _accumulators[0] = keccak256(abi.encode("seam/inbox/1", block.chainid, address(this), p.l2ChainId));
    }

    /// @inheritdoc IBatchInbox
    function post(BatchHeader memory header) external {
        (bytes32[] memory hashes, bytes32 dataHash) = _blobHashes();
        _append(header, KIND_BLOBS, dataHash, hashes);
    }

    /// @inheritdoc IBatchInbox
    function postCalldata(BatchHeader memory header, bytes calldata data) external {
        // A contract that is being constructed has no code yet but is no transaction's sender either.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotPlainAccount(msg.sender);
        if (data.length > MAX_CALLDATA_BYTES) revert CalldataTooLong(data.length, MAX_CALLDATA_BYTES);
        _append(header, KIND_CALLDATA, keccak256(data), new bytes32[](0));
    }

    /// @inheritdoc IBatchInbox
    function updateBatcher() external {
        bytes32 named = ISystemConfig(SYSTEM_CONFIG).batcherHash();
        if (uint256(named) > type(uint160).max) revert InvalidBatcherHash(named);
        address current = address(uint160(uint256(named)));
        address previous = batcher;
        if (current == previous) return;
        batcher = current;
        emit BatcherUpdated(previous, current);
    }

    /// @inheritdoc IBatchInbox
    function accumulator(uint64 index) external view returns (bytes32) {
        if (index > _state.count) revert UnknownBatch(index);
        return _accumulators[index];
    }

    /// @inheritdoc IBatchInbox
    function count() external view returns (uint64) {
        return _state.count;
    }

    /// @inheritdoc IBatchInbox
    function lastBlock() external view returns (uint64) {
        return _state.lastBlock;
    }

    /// @inheritdoc IBatchInbox
    function state() external view returns (State memory) {
        return _state;
    }

    /// @inheritdoc IBatchInbox
    function parameters() external view returns (Parameters memory) {
        return Parameters({
            l2ChainId: L2_CHAIN_ID,
            genesisTime: GENESIS_TIME,
            blockTime: BLOCK_TIME,
            maxLag: MAX_LAG,
            sequencerTimeout: SEQUENCER_TIMEOUT,
            maxBlobs: MAX_BLOBS,
            genesisL1Number: GENESIS_L1_NUMBER,
            systemConfig: SYSTEM_CONFIG
        });
    }

    /// @inheritdoc IBatchInbox
    function timestampOf(uint64 number) public view returns (uint256) {
        return uint256(GENESIS_TIME) + uint256(number) * BLOCK_TIME;
    }

    function _append(BatchHeader memory header, uint8 kind, bytes32 dataHash, bytes32[] memory hashes) private {
        State memory last = _state;
        bytes32 previous = _accumulators[last.count];
        _checkCaller(last);
        _checkPlace(header, last, previous);
        _checkTime(header);
        _checkAnchor(header, last);

        uint64 index = last.count + 1;
        bytes32 current = keccak256(abi.encode(previous, keccak256(abi.encode(header)), kind, dataHash));
        _accumulators[index] = current;
        _state = State({
            count: index, lastBlock: header.lastBlock, l1Number: header.l1Number, lastPostBlock: uint64(block.number)
        });
        emit BatchPosted(index, msg.sender, kind, header, current, dataHash, hashes);
    }

    /// Rule D10. An outsider's batch restarts the timeout too: one batch a timeout.
    function _checkCaller(State memory last) private view {
        uint256 until = uint256(last.lastPostBlock) + SEQUENCER_TIMEOUT;
        if (msg.sender != batcher && block.number <= until) revert NotBatcher(msg.sender, until);
    }

    /// Rule D6: after a reorg of the L1 a batch cannot take another one's place.
    function _checkPlace(BatchHeader memory header, State memory last, bytes32 previous) private pure {
        uint256 expected = uint256(last.lastBlock) + 1;
        if (header.firstBlock != expected) revert WrongFirstBlock(expected, header.firstBlock);
        if (header.lastBlock < header.firstBlock) revert EmptyRange(header.firstBlock, header.lastBlock);
        if (header.prevAccumulator != previous) revert WrongPrevAccumulator(previous, header.prevAccumulator);
    }

    /// Rule D2. Sums of 64-bit values in 256 bits: none overflows, whatever the header says.
    function _checkTime(BatchHeader memory header) private view {
        uint256 time = timestampOf(header.lastBlock);
        if (time > block.timestamp) revert BatchInFuture(time, block.timestamp);
        if (time + MAX_LAG < block.timestamp) revert BatchTooOld(time, block.timestamp);
    }

    /// Rule D9: `blockhash` answers zero for what it does not know.
    function _checkAnchor(BatchHeader memory header, State memory last) private view {
        uint64 number = header.l1Number;
        if (header.l1Hash == 0) revert AnchorWithoutHash();
        if (number >= block.number) revert AnchorNotPast(number, block.number);
        if (number < last.l1Number) revert AnchorWentBack(last.l1Number, number);
        bytes32 expected = blockhash(number);
        if (header.l1Hash != expected) revert WrongAnchorHash(expected, header.l1Hash);
    }

    /// All blobs of the transaction, and the hash of their versioned hashes one after the other. In assembly, since a
    /// loop in Solidity and `abi.encodePacked` cost 300 gas more for each blob.
    function _blobHashes() private view returns (bytes32[] memory hashes, bytes32 dataHash) {
        uint256 blobs = 0;
        assembly ("memory-safe") {
            hashes := mload(0x40)
            let first := add(hashes, 0x20)
            let end := first
            // A versioned hash is never zero, so zero is past the last one.
            for { let hash := blobhash(0) } hash { hash := blobhash(blobs) } {
                mstore(end, hash)
                end := add(end, 0x20)
                blobs := add(blobs, 1)
            }
            mstore(hashes, blobs)
            mstore(0x40, end)
            dataHash := keccak256(first, sub(end, first))
        }
        if (blobs == 0) revert NoBlobs();
        if (blobs > MAX_BLOBS) revert TooManyBlobs(MAX_BLOBS);
    }
}
