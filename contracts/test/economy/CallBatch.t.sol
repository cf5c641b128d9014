// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {CallBatch} from "../../src/CallBatch.sol";
import {PlayToken} from "../../src/PlayToken.sol";
import {ICallBatch} from "../../src/interfaces/ICallBatch.sol";
import {IPlayToken} from "../../src/interfaces/IPlayToken.sol";
import {vm} from "../support/Vm.sol";

/// The code that accounts of traffic delegate to, in an account that does.
contract CallBatchTest {
    uint256 private constant KEY = 0xA11CE;
    address private constant BOB = address(0xB0B);
    address private constant CAROL = address(0xCA401);

    address private _alice;
    PlayToken private _token;

    function setUp() public {
        _alice = vm.addr(KEY);
        _token = new PlayToken();
        _token.mint(_alice, 100);
        vm.signAndAttachDelegation(address(new CallBatch()), KEY);
        // Ether arrives as at any account.
        payable(_alice).transfer(1000);
    }

    function calls(uint256 wei_, uint256 tokens) private view returns (ICallBatch.Call[] memory list) {
        list = new ICallBatch.Call[](2);
        list[0] = ICallBatch.Call(BOB, wei_, "");
        list[1] = ICallBatch.Call(address(_token), 0, abi.encodeCall(IPlayToken.transfer, (CAROL, tokens)));
    }

    function test_the_account_has_its_calls_made() public {
        vm.prank(_alice);
        ICallBatch(_alice).execute(calls(400, 30));
        vm.assertEq(BOB.balance, 400, "ether");
        vm.assertEq(_token.balanceOf(CAROL), 30, "tokens");
        vm.assertEq(_alice.balance, 600, "the rest");
    }

    function test_a_call_that_fails_undoes_those_before() public {
        bytes memory reason = abi.encodeWithSelector(IPlayToken.InsufficientBalance.selector, _alice, 100, 101);
        vm.expectRevert(abi.encodeWithSelector(ICallBatch.CallFailed.selector, 1, reason));
        vm.prank(_alice);
        ICallBatch(_alice).execute(calls(400, 101));
        vm.assertEq(BOB.balance, 0, "nothing happened");
    }

    function test_nobody_else_has_calls_made(address somebody) public {
        vm.assume(somebody != _alice);
        vm.expectRevert(abi.encodeWithSelector(ICallBatch.NotTheAccount.selector, somebody));
        vm.prank(somebody);
        ICallBatch(_alice).execute(calls(1, 1));
    }

    function test_the_committed_artifact_is_the_code_that_is_tested_here() public view {
        bytes memory artifact = vm.parseJsonBytes(vm.readFile("artifacts/seam/CallBatch.json"), ".bytecode");
        vm.assertEq(artifact, type(CallBatch).creationCode, "run: cargo xtask contracts --build");
    }
}
