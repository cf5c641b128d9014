//! The rollup's token for a token of L1: an `OptimismMintableERC20`, which only the bridge mints.

use super::{
    BridgeError,
    abi::{Erc20, OptimismMintableERC20Factory as Factory, view},
    deposit::{no_token, succeeded},
    with_gas,
};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, address};
use alloy_sol_types::{SolCall, SolEvent};
use seam_l1::{L1Client, LogQuery, Sender, TxRequest};

/// The predeploy that makes them.
pub const FACTORY: Address = address!("0x4200000000000000000000000000000000000012");

/// The rollup's token of the name, symbol and decimals that `l1_token` has on L1. Made by `l2_sender`
/// if there is none.
///
/// # Errors
/// [`BridgeError`].
pub async fn create(
    l1: &L1Client,
    l2: &L1Client,
    l2_sender: &Sender,
    l1_token: Address,
) -> Result<Address, BridgeError> {
    let broken = no_token(l1_token);
    let call = Factory::createOptimismMintableERC20WithDecimalsCall {
        remoteToken: l1_token,
        name: view(l1, l1_token, Erc20::nameCall {}).await?.map_err(&broken)?,
        symbol: view(l1, l1_token, Erc20::symbolCall {}).await?.map_err(&broken)?,
        decimals: view(l1, l1_token, Erc20::decimalsCall {}).await?.map_err(&broken)?,
    };
    // The address follows from these values: to make it twice reverts.
    let Ok(address) = view(l2, FACTORY, call.clone()).await? else {
        return existing(l2, l1_token).await;
    };
    let input = call.abi_encode().into();
    let request = TxRequest { to: Some(FACTORY), input, ..TxRequest::default() };
    let request = with_gas(l2, l2_sender.account(), request).await?;
    let receipt = l2_sender.send(&format!("token/{l1_token}"), &request).await?;
    succeeded("making the rollup's token", &receipt)?;
    Ok(address)
}

/// The newest one that was made for the token.
async fn existing(l2: &L1Client, l1_token: Address) -> Result<Address, BridgeError> {
    let head = l2.block(BlockNumberOrTag::Latest).await?.map_or(0, |header| header.number);
    let logs = l2.logs(LogQuery::Range(0, head), &[FACTORY]).await?;
    let made = logs
        .iter()
        .filter_map(|log| Factory::OptimismMintableERC20Created::decode_log(&log.inner).ok());
    let made = made.filter(|made| made.remoteToken == l1_token).last();
    let missing =
        || no_token(l1_token)("the rollup's factory refuses to make its token".to_owned());
    made.map(|made| made.localToken).ok_or_else(missing)
}

/// Refuses a token of the rollup that is not that of the token of L1: what is bridged to it would be
/// stuck.
///
/// # Errors
/// [`BridgeError::NoToken`].
pub async fn check_pair(
    l2: &L1Client,
    l1_token: Address,
    l2_token: Address,
) -> Result<(), BridgeError> {
    let broken = no_token(l2_token);
    let remote = view(l2, l2_token, Erc20::remoteTokenCall {}).await?.map_err(&broken)?;
    if remote != l1_token {
        return Err(broken(format!("it stands for {remote} of L1, not for {l1_token}")));
    }
    Ok(())
}

/// In how many decimals a token counts.
///
/// # Errors
/// [`BridgeError::NoToken`] if it does not say.
pub async fn decimals(client: &L1Client, token: Address) -> Result<u8, BridgeError> {
    view(client, token, Erc20::decimalsCall {}).await?.map_err(no_token(token))
}
