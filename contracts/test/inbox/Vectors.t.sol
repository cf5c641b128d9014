// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {SystemConfigDouble} from "../support/SystemConfigDouble.sol";
import {vm} from "../support/Vm.sol";

/// `testdata/inbox-vectors.json`, which Rust checks too: an inbox takes each of its batches in the block that the file
/// says and comes to the accumulators of the file.
contract VectorsTest {
    /// Whose first contract has the address that the file names.
    address private constant DEPLOYER = address(0xDE9);
    address private constant BATCHER = address(0xBA7C);

    string private _json;
    BatchInbox private _inbox;

    function setUp() public {
        _json = vm.readFile("../testdata/inbox-vectors.json");
        IBatchInbox.Parameters memory p = IBatchInbox.Parameters({
            l2ChainId: number(".parameters.l2ChainId"),
            genesisTime: number(".parameters.genesisTime"),
            blockTime: number(".parameters.blockTime"),
            maxLag: number(".parameters.maxLag"),
            sequencerTimeout: number(".parameters.sequencerTimeout"),
            maxBlobs: number(".parameters.maxBlobs"),
            genesisL1Number: number(".parameters.genesisL1Number"),
            systemConfig: vm.parseJsonAddress(_json, ".parameters.systemConfig")
        });
        vm.chainId(number(".l1ChainId"));
        vm.roll(p.genesisL1Number);
        vm.warp(p.genesisTime);
        SystemConfigDouble double = new SystemConfigDouble(bytes32(uint256(uint160(BATCHER))));
        vm.etch(p.systemConfig, address(double).code);
        SystemConfigDouble(p.systemConfig).set(double.batcherHash());
        vm.prank(DEPLOYER);
        _inbox = new BatchInbox(p);
        _inbox.updateBatcher();
    }

    function test_the_inbox_comes_to_the_accumulators_of_the_file() public {
        vm.assertEq(address(_inbox), vm.parseJsonAddress(_json, ".inbox"), "the file's address");
        vm.assertEq(_inbox.accumulator(0), word(".genesisAccumulator"), "the beginning");
        uint64 i = 0;
        for (; vm.keyExistsJson(_json, batch(i, "")); ++i) {
            vm.roll(number(batch(i, ".l1Block")));
            vm.warp(number(batch(i, ".l1Time")));
            IBatchInbox.BatchHeader memory header = headerAt(batch(i, ".header"));
            vm.setBlockhash(header.l1Number, header.l1Hash);
            bytes32 dataHash = post(i, header);
            vm.assertEq(dataHash, word(batch(i, ".dataHash")), "data hash");
            vm.assertEq(_inbox.accumulator(i + 1), word(batch(i, ".accumulator")), "accumulator");
            checkEncoding(header, batch(i, ""));
        }
        vm.assertEq(i, 6, "all batches of the file");
    }

    function test_headers_at_the_ends_of_their_fields_have_the_hashes_of_the_file() public view {
        uint256 i = 0;
        for (; vm.keyExistsJson(_json, string.concat(".encodings[", vm.toString(i), "]")); ++i) {
            string memory path = string.concat(".encodings[", vm.toString(i), "]");
            checkEncoding(headerAt(string.concat(path, ".header")), path);
        }
        vm.assertEq(i, 3, "all headers of the file");
    }

    function post(uint64 i, IBatchInbox.BatchHeader memory header) private returns (bytes32 dataHash) {
        if (number(batch(i, ".kind")) == 1) {
            bytes32[] memory hashes = vm.parseJsonBytes32Array(_json, batch(i, ".versionedHashes"));
            vm.blobhashes(hashes);
            vm.prank(BATCHER, BATCHER);
            _inbox.post(header);
            return keccak256(abi.encodePacked(hashes));
        }
        bytes memory data = vm.parseJsonBytes(_json, batch(i, ".data"));
        vm.prank(BATCHER, BATCHER);
        _inbox.postCalldata(header, data);
        return keccak256(data);
    }

    function checkEncoding(IBatchInbox.BatchHeader memory header, string memory path) private view {
        bytes memory expected = vm.parseJsonBytes(_json, string.concat(path, ".encodedHeader"));
        vm.assertEq(abi.encode(header), expected, "encoding");
        vm.assertEq(keccak256(abi.encode(header)), word(string.concat(path, ".headerHash")), "hash");
    }

    function headerAt(string memory path) private view returns (IBatchInbox.BatchHeader memory) {
        return IBatchInbox.BatchHeader({
            version: uint16(number(string.concat(path, ".version"))),
            firstBlock: number(string.concat(path, ".firstBlock")),
            lastBlock: number(string.concat(path, ".lastBlock")),
            l1Number: number(string.concat(path, ".l1Number")),
            l1Hash: word(string.concat(path, ".l1Hash")),
            prevAccumulator: word(string.concat(path, ".prevAccumulator"))
        });
    }

    function batch(uint64 i, string memory field) private pure returns (string memory) {
        return string.concat(".batches[", vm.toString(i), "]", field);
    }

    function number(string memory path) private view returns (uint64) {
        return uint64(vm.parseJsonUint(_json, path));
    }

    function word(string memory path) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, path);
    }
}
