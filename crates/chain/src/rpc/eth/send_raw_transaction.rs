//! `eth_sendRawTransaction(bytes)`: into the mempool; the hash, or why not. A blob transaction comes
//! with its sidecar.

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::Args,
};
use crate::{
    blobs::{Limits, Pooled, decode_raw},
    chain::SubmitError,
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Bytes, U256};
use seam_primitives::Transaction;

/// Wei in a hundredth of an ether.
const HUNDREDTH: u64 = 10_000_000_000_000_000;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let bytes: Bytes = args.required(0)?;
    json(&context.chain.submit(read(context, &bytes)?)?)
}

/// The transaction in these bytes, if it is one that may be sent from here.
pub(super) fn read(context: &Context, bytes: &[u8]) -> Result<Pooled, Failure> {
    let limits = Limits::at(context.chain.rules(), context.chain.next_timestamp());
    let pooled = decode_raw(bytes, limits).map_err(SubmitError::from)?;
    check_fee(pooled.transaction.inner(), context.settings.fee_cap)?;
    Ok(pooled)
}

/// Whether the most that the transaction's gas can cost is within the cap, in wei.
pub(super) fn check_fee(transaction: &Transaction, cap: Option<U256>) -> Result<(), Failure> {
    let price = U256::from(transaction.max_fee_per_gas());
    let fee = price.saturating_mul(U256::from(transaction.gas_limit()));
    match cap.filter(|cap| fee > *cap) {
        Some(cap) => {
            let (fee, cap) = (ether(fee), ether(cap));
            let words = format!("tx fee ({fee} ether) exceeds the configured cap ({cap} ether)");
            Err(Failure::server(words))
        }
        None => Ok(()),
    }
}

/// With two decimals, as geth writes it.
fn ether(wei: U256) -> String {
    let hundredths = wei.saturating_add(U256::from(HUNDREDTH / 2)) / U256::from(HUNDREDTH);
    let (whole, rest) = hundredths.div_rem(U256::from(100));
    format!("{whole}.{rest:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_has_two_decimals() {
        let written = |hundredths: u64| ether(U256::from(hundredths) * U256::from(HUNDREDTH));
        assert_eq!((written(100), written(5)), ("1.00".to_owned(), "0.05".to_owned()));
        assert_eq!(ether(U256::from(HUNDREDTH / 2)), "0.01");
        assert_eq!(ether(U256::from(1)), "0.00");
    }
}
