// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IPlayToken} from "./interfaces/IPlayToken.sol";

/// @title `IPlayToken`, where everything is documented
contract PlayToken is IPlayToken {
    /// @inheritdoc IPlayToken
    string public constant name = "Play";
    /// @inheritdoc IPlayToken
    string public constant symbol = "PLAY";
    /// @inheritdoc IPlayToken
    uint8 public constant decimals = 18;
    /// @inheritdoc IPlayToken
    uint256 public totalSupply;
    /// @inheritdoc IPlayToken
    mapping(address account => uint256) public balanceOf;
    /// @inheritdoc IPlayToken
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @inheritdoc IPlayToken
    function mint(address to, uint256 value) external {
        totalSupply += value;
        // No balance is more than the supply.
        unchecked {
            balanceOf[to] += value;
        }
        emit Transfer(address(0), to, value);
    }

    /// @inheritdoc IPlayToken
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    /// @inheritdoc IPlayToken
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert InsufficientAllowance(from, msg.sender, allowed, value);
            allowance[from][msg.sender] = allowed - value;
        }
        _move(from, to, value);
        return true;
    }

    /// @inheritdoc IPlayToken
    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        uint256 has = balanceOf[from];
        if (has < value) revert InsufficientBalance(from, has, value);
        balanceOf[from] = has - value;
        // No balance is more than the supply.
        unchecked {
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}
