// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "./InboxTest.sol";
import {Reference} from "./Reference.sol";
import {vm} from "./Vm.sol";

/// What forge's invariant tests do to an inbox, in any order: time passes, the batcher and outsiders post what may or
/// may not be accepted, the batcher changes. It keeps a record of what was accepted, made from the calls alone.
contract InboxHandler is InboxTest {
    /// A batch as its poster remembers it.
    struct Posted {
        IBatchInbox.BatchHeader header;
        uint8 kind;
        bytes32 dataHash;
        uint256 l1Block;
        uint256 time;
        bool byOutsider;
    }

    Posted[] private _posted;
    /// Calls that the inbox refused.
    uint256 public refusals;

    constructor() {
        super.setUp();
    }

    /// Batches that were accepted.
    function count() external view returns (uint256) {
        return _posted.length;
    }

    function at(uint256 i) external view returns (Posted memory) {
        return _posted[i];
    }

    /// Calls that it took or refused.
    function attempts() external view returns (uint256) {
        return _posted.length + refusals;
    }

    function target() external view returns (IBatchInbox) {
        return inbox;
    }

    function fixedParameters() external view returns (IBatchInbox.Parameters memory) {
        return parameters();
    }

    // --- what forge calls ---

    function passTime(uint256 blocks) external {
        skipL1Blocks(bound(blocks, 1, 200));
    }

    function sequencerIsSilent(uint256 blocks) external {
        skipL1Blocks(bound(blocks, SEQUENCER_TIMEOUT - 2, SEQUENCER_TIMEOUT + 2));
    }

    function changeBatcher(uint256 who) external {
        systemConfig.set(bytes32(uint256(uint160(who % 2 == 0 ? BATCHER : address(0xBEEF)))));
        inbox.updateBatcher();
    }

    /// What a batcher in its right mind posts.
    function postRight(uint256 blocks, uint256 kind) external {
        if (inbox.lastBlock() >= due()) return;
        uint256 last = bound(blocks, inbox.lastBlock() + 1, due());
        attempt(inbox.batcher(), headerUpTo(uint64(last)), kind);
    }

    /// As above, by whoever it is.
    function postByOutsider(uint256 blocks, uint256 kind) external {
        if (inbox.lastBlock() >= due()) return;
        uint256 last = bound(blocks, inbox.lastBlock() + 1, due());
        attempt(OUTSIDER, headerUpTo(uint64(last)), kind);
    }

    /// A right header with one field a little, or quite, wrong.
    function postWrong(uint256 field, uint64 by, uint256 kind) external {
        IBatchInbox.BatchHeader memory header = goodHeader();
        uint64 little = by % 4 == 0 ? by : by % 3;
        field = field % 5;
        unchecked {
            if (field == 0) header.firstBlock += little;
            if (field == 1) header.lastBlock += little;
            if (field == 2) (header.l1Number, header.l1Hash) = (header.l1Number - little, bytes32(0));
            if (field == 3) header.l1Hash = bytes32(uint256(header.l1Hash) + little);
            if (field == 4) header.prevAccumulator = bytes32(uint256(header.prevAccumulator) + little);
        }
        attempt(inbox.batcher(), header, kind);
    }

    /// An anchor that is right but old.
    function postOldAnchor(uint256 age, uint256 kind) external {
        IBatchInbox.BatchHeader memory header = goodHeader();
        header.l1Number -= uint64(bound(age, 0, 300));
        header.l1Hash = blockhash(header.l1Number);
        attempt(inbox.batcher(), header, kind);
    }

    // --- the record ---

    function attempt(address poster, IBatchInbox.BatchHeader memory header, uint256 kind) private {
        bytes memory input;
        uint256 blobs = kind % 4;
        setBlobs(blobs);
        bytes memory data = abi.encode(kind);
        if (blobs == 0) input = abi.encodeCall(IBatchInbox.postCalldata, (header, data));
        else input = abi.encodeCall(IBatchInbox.post, (header));
        vm.prank(poster, poster);
        (bool taken,) = address(inbox).call(input);
        if (!taken) {
            ++refusals;
            return;
        }
        bytes32 dataHash = blobs == 0 ? keccak256(data) : Reference.blobsHash(blobHashes(blobs));
        _posted.push(
            Posted({
                header: header,
                kind: blobs == 0 ? 0 : 1,
                dataHash: dataHash,
                l1Block: vm.getBlockNumber(),
                time: vm.getBlockTimestamp(),
                byOutsider: poster == OUTSIDER
            })
        );
    }
}
