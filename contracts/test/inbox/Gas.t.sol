// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";
import {InboxTest} from "../support/InboxTest.sol";
import {vm} from "../support/Vm.sol";

/// What posting costs, written to `snapshots/BatchInbox.json`, with which `cargo xtask test` compares it.
///
/// Measured is the second batch of an inbox, posted by its batcher: the gas of the call frame, which is the gas of the
/// transaction beyond its intrinsic gas (21,000 and that of the input), since the inbox is the transaction's target and
/// nothing is refunded. `setUp` is over and committed and a test touches the inbox once only, so every slot is cold and
/// holds its committed value, as in a transaction of its own. That this is so is tested for calldata, with a real
/// transaction; forge cannot put blobs into one. Gas for blobs has a price of its own and is no part of this.
contract GasTest is InboxTest {
    /// The promise for `post`, whatever the number of blobs.
    uint256 private constant BUDGET = 45_000;

    IBatchInbox.BatchHeader private _header;

    function setUp() public override {
        super.setUp();
        postAs(BATCHER, headerUpTo(100));
        nextL1Block();
        _header = goodHeader();
        setBlobs(0);
    }

    function test_post_with_1_blob_is_within_the_budget() public {
        uint256 gas = costOfBlobs(1);
        vm.assertLe(gas, BUDGET, "the promise");
        vm.snapshotValue("BatchInbox", "post, 1 blob", gas);
    }

    function test_post_with_6_blobs_is_within_the_budget() public {
        uint256 gas = costOfBlobs(6);
        vm.assertLe(gas, BUDGET, "the promise");
        vm.snapshotValue("BatchInbox", "post, 6 blobs", gas);
    }

    function test_post_calldata_of_1_byte_is_within_the_budget() public {
        uint256 gas = costOfCalldata(hex"01");
        vm.assertLe(gas, BUDGET, "the promise");
        vm.snapshotValue("BatchInbox", "postCalldata, 1 byte", gas);
    }

    /// No promise: hashing and the memory for it grow with the data.
    function test_post_calldata_of_the_largest_size_is_recorded() public {
        vm.snapshotValue("BatchInbox", "postCalldata, 120,000 bytes", costOfCalldata(new bytes(120_000)));
    }

    function test_update_batcher_is_recorded() public {
        systemConfig.set(bytes32(uint256(1)));
        vm.cool(address(systemConfig));
        inbox.updateBatcher();
        vm.snapshotValue("BatchInbox", "updateBatcher", vm.lastCallGas().gasTotalUsed);
    }

    /// forge-config: default.isolate = true
    function test_a_call_frame_costs_what_a_transaction_costs_beyond_its_intrinsic_gas() public {
        bytes memory data = hex"0001020304";
        bytes memory input = abi.encodeCall(inbox.postCalldata, (_header, data));
        uint256 intrinsic = 21_000;
        for (uint256 i = 0; i < input.length; ++i) {
            intrinsic += input[i] == 0 ? 4 : 16;
        }
        uint256 here = vm.snapshotState();
        uint256 transaction = costOfCalldata(data);
        vm.revertToState(here);
        // A call by the test is a transaction under `isolate`; what that one calls is a call frame.
        uint256 frame = this.costOfCalldata(data);
        vm.assertEq(transaction, intrinsic + frame, "what is measured is what a transaction pays");
    }

    function costOfBlobs(uint256 blobs) private returns (uint256) {
        IBatchInbox.BatchHeader memory header = _header;
        setBlobs(blobs);
        vm.prank(BATCHER, BATCHER);
        inbox.post(header);
        return vm.lastCallGas().gasTotalUsed;
    }

    function costOfCalldata(bytes memory data) public returns (uint256) {
        IBatchInbox.BatchHeader memory header = _header;
        vm.prank(BATCHER, BATCHER);
        inbox.postCalldata(header, data);
        return vm.lastCallGas().gasTotalUsed;
    }
}
