// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {ISystemConfig} from "../../src/interfaces/ISystemConfig.sol";

/// A `SystemConfig` that names whatever a test wants.
contract SystemConfigDouble is ISystemConfig {
    bytes32 public batcherHash;

    constructor(bytes32 named) {
        batcherHash = named;
    }

    function set(bytes32 named) external {
        batcherHash = named;
    }
}
