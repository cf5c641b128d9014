// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";

/// The accumulator scheme a second time, word by word as `protocol-rules` writes it, without `abi.encode`: what the
/// inbox does is compared with it.
library Reference {
    function genesis(uint256 l1ChainId, address inbox, uint256 l2ChainId) internal pure returns (bytes32) {
        bytes memory words = bytes.concat(
            bytes32(uint256(0x80)), // where the string is
            bytes32(l1ChainId),
            bytes32(uint256(uint160(inbox))),
            bytes32(l2ChainId),
            bytes32(uint256(12)), // its length
            bytes32("seam/inbox/1")
        );
        return keccak256(words);
    }

    function encoded(IBatchInbox.BatchHeader memory header) internal pure returns (bytes memory) {
        return bytes.concat(
            bytes32(uint256(header.version)),
            bytes32(uint256(header.firstBlock)),
            bytes32(uint256(header.lastBlock)),
            bytes32(uint256(header.l1Number)),
            header.l1Hash,
            header.prevAccumulator
        );
    }

    function headerHash(IBatchInbox.BatchHeader memory header) internal pure returns (bytes32) {
        return keccak256(encoded(header));
    }

    function next(IBatchInbox.BatchHeader memory header, uint8 kind, bytes32 dataHash) internal pure returns (bytes32) {
        return keccak256(bytes.concat(header.prevAccumulator, headerHash(header), bytes32(uint256(kind)), dataHash));
    }

    function blobsHash(bytes32[] memory versionedHashes) internal pure returns (bytes32) {
        bytes memory joined;
        for (uint256 i = 0; i < versionedHashes.length; ++i) {
            joined = bytes.concat(joined, versionedHashes[i]);
        }
        return keccak256(joined);
    }
}
