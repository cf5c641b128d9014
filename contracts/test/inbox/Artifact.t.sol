// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {BatchInbox} from "../../src/BatchInbox.sol";
import {vm} from "../support/Vm.sol";

/// What Rust deploys is what these tests test.
contract ArtifactTest {
    function test_the_committed_artifact_is_the_code_that_is_tested_here() public view {
        bytes memory artifact = vm.parseJsonBytes(vm.readFile("artifacts/seam/BatchInbox.json"), ".bytecode");
        bytes memory tested = type(BatchInbox).creationCode;
        vm.assertEq(artifact, tested, "run: cargo xtask contracts --build");
    }
}
