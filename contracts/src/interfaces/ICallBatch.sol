// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

/// @title Several calls in one transaction, for an account that delegates to this code (EIP-7702)
/// @notice Only the account itself may have its calls made. It keeps nothing in storage.
interface ICallBatch {
    /// @notice One call.
    struct Call {
        /// Who is called.
        address to;
        /// Wei that go along.
        uint256 value;
        /// The input.
        bytes data;
    }

    /// @notice Whoever calls is not the account that delegates.
    error NotTheAccount(address caller);
    /// @notice The call at this place failed, with what it returned; none of the calls has happened.
    error CallFailed(uint256 index, bytes returned);

    /// @notice Makes the calls in their order, all or none.
    function execute(Call[] calldata calls) external payable;
}
