// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {ICallBatch} from "./interfaces/ICallBatch.sol";

/// @title `ICallBatch`, where everything is documented
contract CallBatch is ICallBatch {
    /// Whoever delegates takes ether as before.
    receive() external payable {}

    /// @inheritdoc ICallBatch
    function execute(Call[] calldata calls) external payable {
        if (msg.sender != address(this)) revert NotTheAccount(msg.sender);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory returned) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            if (!done) revert CallFailed(i, returned);
        }
    }
}
