// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// OpenZeppelin's ERC-20 with permits, and with a part that only opens at a time.
contract Token is ERC20, ERC20Permit {
    uint256 public immutable opens;

    error Closed(uint256 opens);

    constructor(uint256 supply, uint256 wait) ERC20("Seam Token", "SEAM") ERC20Permit("Seam Token") {
        opens = block.timestamp + wait;
        _mint(msg.sender, supply);
    }

    /// A token for whoever comes when it is open.
    function claim() external {
        if (block.timestamp < opens) revert Closed(opens);
        _mint(msg.sender, 1);
    }
}
