//! `eth_accounts`: those that this node signs for; none but on a development chain.

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::Args,
};
use crate::wallet::DevAccounts;
use alloy_primitives::Address;

pub(crate) fn run(context: &Context, _: &Args) -> Answer {
    let accounts = context.settings.accounts.as_ref();
    let addresses = accounts.map(|accounts| accounts.addresses().collect::<Vec<Address>>());
    json(&addresses.unwrap_or_default())
}

/// The accounts, if that of `address` is among them.
pub(crate) fn unlocked(context: &Context, address: Address) -> Result<&DevAccounts, Failure> {
    let accounts = context.settings.accounts.as_deref();
    let known = accounts.filter(|accounts| accounts.contains(address));
    known.ok_or_else(|| Failure::server("unknown account"))
}
