// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.26;

import {Counter} from "../src/Counter.sol";

/// What the script needs of forge's cheat codes.
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// Deploys a counter, and calls it.
contract Deploy {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    // forge asks for it.
    // forge-lint: disable-next-line(mixed-case-variable)
    bool public IS_SCRIPT = true;

    function run() external returns (Counter counter) {
        VM.startBroadcast();
        counter = new Counter{value: 3}(40);
        counter.increase(2);
        payable(address(0xbeef)).transfer(7);
        VM.stopBroadcast();
        require(counter.number() == 42, "the script sees what its calls do");
    }
}
