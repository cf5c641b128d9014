// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

/// @title The ordered record of a rollup's batches on L1
/// @notice One call posts one batch: a header that the contract checks, and data that it only hashes. What the data
/// mean is decided off chain, the same for everyone (derivation). The contract keeps one accumulator a batch, so that
/// a proof can open every header and every byte of data from 32 bytes.
///
/// It is immutable: no owner, no proxy, no pause. The batcher is whoever `SystemConfig` names.
///
/// Times are in seconds, L1 ages in L1 blocks. The rollup's genesis is block 0, so block n has the timestamp
/// `T(n) = genesisTime + n * blockTime`.
interface IBatchInbox {
    /// @notice What a batch says about itself.
    struct BatchHeader {
        /// Rules of encoding and derivation. The contract takes any: an unknown one derives default blocks.
        uint16 version;
        /// The block after the last batch's last one.
        uint64 firstBlock;
        /// At least `firstBlock`; its time is not in the future and at most `maxLag` old.
        uint64 lastBlock;
        /// The anchor: the newest L1 block that blocks of the batch may have as origin.
        uint64 l1Number;
        /// The anchor's hash.
        bytes32 l1Hash;
        /// The accumulator of the batch before, which this batch's data follow on.
        bytes32 prevAccumulator;
    }

    /// @notice What is fixed when the inbox is deployed.
    struct Parameters {
        uint64 l2ChainId;
        /// T(0), in seconds; not in the future.
        uint64 genesisTime;
        /// Seconds between two blocks of the rollup; at least 1.
        uint64 blockTime;
        /// Seconds that the last block of a batch may be old. More than `sequencerTimeout` in seconds: a longer
        /// backlog could not be posted in pieces. The constructor, which does not know the L1's block time, asks
        /// for more seconds than `sequencerTimeout` has blocks.
        uint64 maxLag;
        /// L1 blocks without a batch after which anyone may post one; at least 1. That is also how deep an outsider
        /// may rewrite blocks that the sequencer announced and nobody posted.
        uint64 sequencerTimeout;
        /// Blobs that one batch may have; at least 1.
        uint64 maxBlobs;
        /// The first block's L1 origin, which no anchor may lie before; not in the future.
        uint64 genesisL1Number;
        /// The `SystemConfig` that names the batcher; not zero.
        address systemConfig;
    }

    /// @notice Where the inbox stands.
    struct State {
        /// Batches so far, and the index of the newest accumulator.
        uint64 count;
        /// The newest batch's last block; 0, the genesis, before the first.
        uint64 lastBlock;
        /// The newest batch's anchor; the genesis origin before the first.
        uint64 l1Number;
        /// The L1 block of the newest batch; the one of the deployment before the first.
        uint64 lastPostBlock;
    }

    /// @notice A batch was accepted: all there is to know of it besides its data.
    /// @param index its place, from 1
    /// @param poster who called: the batcher, or anyone after `sequencerTimeout`
    /// @param kind 0 for calldata, 1 for blobs
    /// @param header as it was given
    /// @param accumulator `accumulator(index)`
    /// @param dataHash the hash of the calldata, or of the versioned hashes one after the other
    /// @param versionedHashes the blobs in their order; none for calldata
    event BatchPosted(
        uint64 indexed index,
        address indexed poster,
        uint8 kind,
        BatchHeader header,
        bytes32 accumulator,
        bytes32 dataHash,
        bytes32[] versionedHashes
    );

    /// @notice The batcher is another one now; zero: there is none, and only the fallback posts.
    event BatcherUpdated(address indexed previous, address indexed current);

    /// @notice The constructor refuses this parameter: see `Parameters` for what it may be.
    error InvalidParameter(string name);
    /// @notice Only the batcher posts at or before this L1 block; anyone does after it.
    error NotBatcher(address caller, uint256 until);
    /// @notice The batch does not begin right after the last one.
    error WrongFirstBlock(uint256 expected, uint64 given);
    /// @notice The batch ends before it begins.
    error EmptyRange(uint64 firstBlock, uint64 lastBlock);
    /// @notice The last block's time is later than this L1 block's.
    error BatchInFuture(uint256 time, uint256 now_);
    /// @notice The last block's time is more than `maxLag` before this L1 block's.
    error BatchTooOld(uint256 time, uint256 now_);
    /// @notice The batch follows on another one than the last one here: a reorg of the L1 replaced it.
    error WrongPrevAccumulator(bytes32 expected, bytes32 given);
    /// @notice Zero stands for "no such block" and is the hash of none.
    error AnchorWithoutHash();
    /// @notice The anchor is this L1 block or a later one.
    error AnchorNotPast(uint64 given, uint256 l1Block);
    /// @notice The anchor is older than the last batch's.
    error AnchorWentBack(uint64 previous, uint64 given);
    /// @notice The L1 block of that number has another hash, or is more than 256 blocks old (`expected` is zero).
    error WrongAnchorHash(bytes32 expected, bytes32 given);
    /// @notice `post` was called without a blob.
    error NoBlobs();
    /// @notice The transaction carries more blobs than a batch may have.
    error TooManyBlobs(uint64 most);
    /// @notice `postCalldata` was called by a contract, through one, or by an account with delegated code (EIP-7702).
    error NotPlainAccount(address caller);
    /// @notice The data are longer than `MAX_CALLDATA_BYTES`.
    error CalldataTooLong(uint256 length, uint256 most);
    /// @notice There is no batch of this index yet.
    error UnknownBatch(uint64 index);
    /// @notice `SystemConfig.batcherHash()` is not an address: its upper 12 bytes are not zero.
    error InvalidBatcherHash(bytes32 batcherHash);

    /// @notice Posts a batch whose data are all blobs of this transaction, in their order.
    /// @dev Reverts unless the caller is the batcher or `sequencerTimeout` has passed since the last batch, the header
    /// holds (see `BatchHeader`), and there are 1 to `maxBlobs` blobs. May be called through a contract: what a
    /// follower needs is in the event.
    function post(BatchHeader calldata header) external;

    /// @notice Posts a batch whose data are in the call, for an L1 without blobs or with dear ones.
    /// @dev As `post`, but for the blobs: at most `MAX_CALLDATA_BYTES`, none at all is allowed, and the caller is the
    /// transaction's sender and has no code. So the data are always a transaction's input, which every RPC serves.
    function postCalldata(BatchHeader calldata header, bytes calldata data) external;

    /// @notice Copies the batcher from `SystemConfig.batcherHash()`. Anyone may call it: there is one authority, and
    /// it is not here. Until then the batcher is nobody, or the one before.
    /// @dev Reverts on a hash that is not an address and leaves the batcher as it is.
    function updateBatcher() external;

    /// @notice The accumulator after batch `index`:
    /// `accumulator(i) = keccak256(abi.encode(accumulator(i - 1), keccak256(abi.encode(header)), kind, dataHash))` and
    /// `accumulator(0) = keccak256(abi.encode("seam/inbox/1", block.chainid, address(this), l2ChainId))`.
    /// Number and time of the L1 block that holds the batch are not in it: the same batches posted again after a reorg
    /// give the same values, and proofs about them stay good.
    /// @dev Reverts for a batch that does not exist, so that no claim rests on a zero.
    function accumulator(uint64 index) external view returns (bytes32);

    /// @notice `state().count`.
    function count() external view returns (uint64);

    /// @notice `state().lastBlock`.
    function lastBlock() external view returns (uint64);

    /// @notice Where the inbox stands, from one storage slot.
    function state() external view returns (State memory);

    /// @notice Who posts without waiting; zero for nobody.
    function batcher() external view returns (address);

    /// @notice What was fixed at deployment.
    function parameters() external view returns (Parameters memory);

    /// @notice T(n): the time of L2 block n, in seconds.
    function timestampOf(uint64 number) external view returns (uint256);

    /// @notice `kind` of a batch in calldata: 0.
    function KIND_CALLDATA() external view returns (uint8);

    /// @notice `kind` of a batch in blobs: 1.
    function KIND_BLOBS() external view returns (uint8);

    /// @notice Bytes that `postCalldata` takes: 120,000, below the 128 KiB that nodes let into their mempools.
    function MAX_CALLDATA_BYTES() external view returns (uint256);
}
