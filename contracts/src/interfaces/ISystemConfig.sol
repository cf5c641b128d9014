// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

/// @title What Seam's contracts ask of the OP Stack's `SystemConfig`
interface ISystemConfig {
    /// @notice The batcher's address, in the lower 20 bytes.
    function batcherHash() external view returns (bytes32);
}
