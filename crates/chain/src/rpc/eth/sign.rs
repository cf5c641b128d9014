//! `eth_sign(address, data)`, `personal_sign(data, address)` (EIP-191) and
//! `eth_signTypedData_v4(address, data)` (EIP-712), for the unlocked accounts of a development chain.

use super::accounts::unlocked;
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};
use alloy_primitives::{Address, Bytes, Signature};

/// `eth_sign`.
pub(crate) fn message(context: &Context, args: &Args) -> Answer {
    sign_message(context, args.required(0)?, &args.required(1)?)
}

/// `personal_sign`; a third parameter, the password, means nothing here.
pub(crate) fn personal(context: &Context, args: &Args) -> Answer {
    sign_message(context, args.required(1)?, &args.required(0)?)
}

fn sign_message(context: &Context, address: Address, data: &Bytes) -> Answer {
    written(&unlocked(context, address)?.sign_message(address, data)?)
}

/// `eth_signTypedData_v4`.
pub(crate) fn typed_data(context: &Context, args: &Args) -> Answer {
    let address = args.required(0)?;
    written(&unlocked(context, address)?.sign_typed_data_v4(address, args.required(1)?)?)
}

fn written(signature: &Signature) -> Answer {
    json(&Bytes::from(signature.as_bytes()))
}
