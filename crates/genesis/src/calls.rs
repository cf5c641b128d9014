//! The functions that making a genesis calls.

use alloy_sol_types::sol;

sol! {
    /// The proxy in front of a predeploy (contracts-bedrock `Proxy`).
    interface Proxy {
        function upgradeTo(address implementation) external;
    }

    /// Contracts with one counterpart: messenger, bridges and token factory.
    interface Initializable {
        function initialize(address counterpart) external;
    }

    /// Fork flags of the Isthmus `GasPriceOracle`, in the order they must be set.
    interface ForkFlags {
        function setEcotone() external;
        function setFjord() external;
        function setIsthmus() external;
    }
}
