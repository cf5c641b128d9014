// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

/// What clients must be able to tell of a contract: a value, an event, and every way to fail.
contract Counter {
    uint256 public constant MOST = 100;

    uint256 public number;

    event Increased(address indexed by, uint256 indexed step, uint256 number);

    error TooMuch(uint256 step, uint256 most);

    constructor(uint256 start) payable {
        number = start;
    }

    function increase(uint256 step) external payable returns (uint256) {
        if (step > MOST) revert TooMuch(step, MOST);
        number += step;
        emit Increased(msg.sender, step, number);
        return number;
    }

    /// Error(string).
    function refuse(bool well) external pure returns (bool) {
        require(well, "it must be well");
        return well;
    }

    /// Panic(0x11).
    function overflow(uint256 value) external pure returns (uint256) {
        return value + type(uint256).max;
    }

    /// Reverts with nothing at all.
    function silent() external pure {
        revert();
    }
}
