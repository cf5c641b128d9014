// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {PlayToken} from "../../src/PlayToken.sol";
import {IPlayToken} from "../../src/interfaces/IPlayToken.sol";
import {vm} from "../support/Vm.sol";

/// The token that traffic holds and trades.
contract PlayTokenTest {
    address private constant ALICE = address(0xA);
    address private constant BOB = address(0xB);
    address private constant CAROL = address(0xC);

    PlayToken private _token;

    function setUp() public {
        _token = new PlayToken();
    }

    function check(uint256 alice, uint256 bob, string memory what) private view {
        vm.assertEq(_token.balanceOf(ALICE), alice, what);
        vm.assertEq(_token.balanceOf(BOB), bob, what);
        vm.assertEq(_token.totalSupply(), alice + bob, "the balances are the supply");
    }

    function test_anyone_makes_tokens_for_anyone(uint128 first, uint128 second) public {
        vm.expectEmit(true, true, true, true, address(_token));
        emit IPlayToken.Transfer(address(0), ALICE, first);
        _token.mint(ALICE, first);
        vm.prank(CAROL);
        _token.mint(BOB, second);
        check(first, second, "what was made");
    }

    function test_a_supply_that_fits_in_no_word_is_refused(uint256 first) public {
        vm.assume(first > 0);
        _token.mint(ALICE, first);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        _token.mint(BOB, type(uint256).max - first + 1);
        check(first, 0, "as before");
    }

    function test_a_transfer_moves_what_there_is_and_no_more(uint128 has, uint128 value) public {
        _token.mint(ALICE, has);
        bool enough = value <= has;
        if (!enough) {
            vm.expectRevert(abi.encodeWithSelector(IPlayToken.InsufficientBalance.selector, ALICE, has, value));
        }
        vm.prank(ALICE);
        _token.transfer(BOB, value);
        if (enough) check(has - value, value, "moved");
        else check(has, 0, "as before");
    }

    function test_a_transfer_to_oneself_makes_nothing(uint128 has) public {
        _token.mint(ALICE, has);
        vm.prank(ALICE);
        _token.transfer(ALICE, has);
        check(has, 0, "as before");
    }

    function test_a_spender_takes_what_it_may(uint128 allowed, uint128 value) public {
        _token.mint(ALICE, type(uint128).max);
        vm.prank(ALICE);
        _token.approve(CAROL, allowed);
        bool may = value <= allowed;
        if (!may) {
            bytes4 refusal = IPlayToken.InsufficientAllowance.selector;
            vm.expectRevert(abi.encodeWithSelector(refusal, ALICE, CAROL, allowed, value));
        }
        vm.prank(CAROL);
        _token.transferFrom(ALICE, BOB, value);
        if (!may) return check(type(uint128).max, 0, "as before");
        check(type(uint128).max - value, value, "moved");
        vm.assertEq(_token.allowance(ALICE, CAROL), allowed - value, "what it may still take");
    }

    function test_an_allowance_of_all_is_not_used_up() public {
        _token.mint(ALICE, 10);
        vm.prank(ALICE);
        _token.approve(CAROL, type(uint256).max);
        vm.prank(CAROL);
        _token.transferFrom(ALICE, BOB, 10);
        check(0, 10, "moved");
        vm.assertEq(_token.allowance(ALICE, CAROL), type(uint256).max, "all, still");
    }

    function test_the_committed_artifact_is_the_code_that_is_tested_here() public view {
        bytes memory artifact = vm.parseJsonBytes(vm.readFile("artifacts/seam/PlayToken.json"), ".bytecode");
        vm.assertEq(artifact, type(PlayToken).creationCode, "run: cargo xtask contracts --build");
    }
}
