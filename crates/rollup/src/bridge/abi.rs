//! The parts of the contracts that are called, as Solidity has them.

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes, TxKind};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_sol_types::{SolCall, sol};
use seam_l1::{L1Client, L1Error};

sol! {
    /// ERC-20, with what its authors may have left out.
    interface Erc20 {
        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 amount) external returns (bool);
        function remoteToken() external view returns (address);
    }

    interface L1StandardBridge {
        function depositETHTo(address to, uint32 minGasLimit, bytes extraData) external payable;
        function depositERC20To(address l1Token, address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes extraData) external;
    }

    interface OptimismMintableERC20Factory {
        event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer);
        function createOptimismMintableERC20WithDecimals(address remoteToken, string name, string symbol, uint8 decimals) external returns (address);
    }

    interface CrossDomainMessenger {
        event RelayedMessage(bytes32 indexed msgHash);
        event FailedRelayedMessage(bytes32 indexed msgHash);
    }

    interface L1Block {
        function number() external view returns (uint64);
    }
}

/// What a view function returns at the newest block.
pub(super) async fn view<C: SolCall>(
    client: &L1Client,
    to: Address,
    call: C,
) -> Result<Result<C::Return, String>, L1Error> {
    let request = TransactionRequest {
        to: Some(TxKind::Call(to)),
        input: TransactionInput::both(call.abi_encode().into()),
        ..TransactionRequest::default()
    };
    let output: Bytes = match client.call(&request, BlockId::latest()).await {
        Ok(output) => output,
        Err(L1Error::Refused { message, .. }) => return Ok(Err(message)),
        Err(error) => return Err(error),
    };
    if output.is_empty() {
        return Ok(Err("there is no contract".to_owned()));
    }
    Ok(C::abi_decode_returns(&output).map_err(|error| error.to_string()))
}
