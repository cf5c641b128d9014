// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

/// @title An ERC-20 token that anyone makes as many of as they like
/// @notice For `seam traffic`: people hold it, send it and trade it, and its price means nothing. It has no owner and no
/// limits, so the same code at the same address serves everybody on a chain.
interface IPlayToken {
    /// @notice Tokens moved; from address zero where they were made.
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// @notice `spender` may take so many tokens of `owner` from now on.
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// @notice An account has fewer tokens than are to be taken.
    error InsufficientBalance(address account, uint256 has, uint256 needs);
    /// @notice A spender may take fewer tokens than it wants to.
    error InsufficientAllowance(address owner, address spender, uint256 has, uint256 needs);

    /// @notice Makes `value` of the smallest unit for `to`. Reverts only where the supply would exceed a word.
    function mint(address to, uint256 value) external;

    /// @notice ERC-20.
    function transfer(address to, uint256 value) external returns (bool);
    /// @notice ERC-20. An allowance of all that fits into a word is not used up.
    function transferFrom(address from, address to, uint256 value) external returns (bool);
    /// @notice ERC-20.
    function approve(address spender, uint256 value) external returns (bool);

    /// @notice What there is, in the smallest unit.
    function totalSupply() external view returns (uint256);
    /// @notice What an account has, in the smallest unit.
    function balanceOf(address account) external view returns (uint256);
    /// @notice What `spender` may take of `owner`, in the smallest unit.
    function allowance(address owner, address spender) external view returns (uint256);
    /// @notice `Play`.
    function name() external view returns (string memory);
    /// @notice `PLAY`.
    function symbol() external view returns (string memory);
    /// @notice 18: a token is 10^18 of the smallest unit.
    function decimals() external view returns (uint8);
}
