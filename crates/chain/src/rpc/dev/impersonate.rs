//! `anvil_impersonateAccount(address)`, `anvil_stopImpersonatingAccount(address)`,
//! `anvil_autoImpersonateAccount(on)`: `eth_sendTransaction` takes transactions of these accounts, or
//! of all, though nobody has their keys; of contracts too. In place of a signature they have the
//! sender as `r` and zero as `s`.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};

/// `anvil_impersonateAccount`: `true`.
pub(crate) fn start(context: &Context, args: &Args) -> Answer {
    let dev = &context.chain.0.dev;
    dev.impersonate(args.required(0)?);
    dev.warn_of_edits();
    json(&true)
}

/// `anvil_stopImpersonatingAccount`: whether it was.
pub(crate) fn stop(context: &Context, args: &Args) -> Answer {
    json(&context.chain.0.dev.stop_impersonating(args.required(0)?))
}

/// `anvil_autoImpersonateAccount`: `null`.
pub(crate) fn everyone(context: &Context, args: &Args) -> Answer {
    let dev = &context.chain.0.dev;
    let all = args.required(0)?;
    dev.impersonate_all(all);
    if all {
        dev.warn_of_edits();
    }
    json(&())
}
