//! `anvil_setBalance(address, wei)`, `anvil_setCode(address, code)`, `anvil_setNonce(address, nonce)`,
//! `anvil_setStorageAt(address, slot, value)`: `true`. Each makes a block that does nothing else; from
//! then on the chain cannot be executed again from its transactions.

use super::params::{Count, Word};
use crate::{
    engine::ByHand,
    rpc::{
        context::Context,
        method::{Answer, json},
        params::Args,
    },
};
use seam_stf::call::AccountOverride;

pub(crate) fn balance(context: &Context, args: &Args) -> Answer {
    let Word(wei) = args.required(1)?;
    edit(context, args, AccountOverride { balance: Some(wei), ..AccountOverride::default() })
}

pub(crate) fn code(context: &Context, args: &Args) -> Answer {
    let code = Some(args.required(1)?);
    edit(context, args, AccountOverride { code, ..AccountOverride::default() })
}

/// It cannot become lower: two transactions would have the same hash.
pub(crate) fn nonce(context: &Context, args: &Args) -> Answer {
    let Count(nonce) = args.required(1)?;
    edit(context, args, AccountOverride { nonce: Some(nonce), ..AccountOverride::default() })
}

pub(crate) fn storage(context: &Context, args: &Args) -> Answer {
    let (Word(slot), Word(value)) = (args.required(1)?, args.required(2)?);
    let slots = [(slot, value)].into();
    edit(context, args, AccountOverride { slots, ..AccountOverride::default() })
}

fn edit(context: &Context, args: &Args, change: AccountOverride) -> Answer {
    context.chain.by_hand(ByHand::Edit(args.required(0)?, change))?;
    json(&true)
}
