//! Senders of a block's transactions, on all cores.

use alloy_consensus::transaction::SignerRecoverable as _;
use alloy_primitives::Address;
use seam_primitives::{Recovered, Transaction};
use seam_stf::BlockError;
use std::thread;

/// With fewer for each, a thread is not worth its start: a signature takes some 40 µs
/// (docs/benchmarks.md).
const LEAST_FOR_A_THREAD: usize = 32;

/// What [`seam_stf::block::recover_senders`] gives.
///
/// # Errors
/// [`BlockError::Signature`] for the first from which no sender follows.
pub(super) fn recover(
    transactions: Vec<Transaction>,
) -> Result<Vec<Recovered<Transaction>>, BlockError> {
    let senders = senders(&transactions);
    let recovered = transactions.into_iter().zip(senders).enumerate();
    recovered
        .map(|(index, (transaction, sender))| match sender {
            Some(sender) => Ok(Recovered::new_unchecked(transaction, sender)),
            None => Err(BlockError::Signature { index, hash: transaction.hash() }),
        })
        .collect()
}

fn senders(transactions: &[Transaction]) -> Vec<Option<Address>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(transactions.len() / LEAST_FOR_A_THREAD).max(1);
    let mut senders = vec![None; transactions.len()];
    let share = transactions.len().div_ceil(threads).max(1);
    let mut parts = transactions.chunks(share).zip(senders.chunks_mut(share));
    // This thread would only wait.
    let own = parts.next();
    thread::scope(|scope| {
        for (transactions, senders) in parts {
            scope.spawn(|| fill(transactions, senders));
        }
        if let Some((transactions, senders)) = own {
            fill(transactions, senders);
        }
    });
    senders
}

fn fill(transactions: &[Transaction], senders: &mut [Option<Address>]) {
    for (transaction, sender) in transactions.iter().zip(senders) {
        *sender = transaction.recover_signer().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{SignableTransaction as _, TxEip1559};
    use alloy_primitives::{Signature, U256};
    use proptest::{collection::vec, prelude::*};
    use seam_stf::block::recover_senders;

    /// One that anybody may have signed; without a sender if `valid` is not.
    fn transaction(nonce: u64, valid: bool) -> Transaction {
        let r = if valid { U256::from(7) } else { U256::MAX };
        let signature = Signature::new(r, U256::from(9), nonce.is_multiple_of(2));
        let unsigned = TxEip1559 { nonce, ..TxEip1559::default() };
        Transaction::Eip1559(unsigned.into_signed(signature))
    }

    proptest! {
        #[test]
        fn on_many_cores_as_on_one(valid in vec(prop::bool::weighted(0.995), 0..300)) {
            let transactions: Vec<_> =
                (0..).zip(valid).map(|(nonce, valid)| transaction(nonce, valid)).collect();
            let (one, many) = (recover_senders(transactions.clone()), recover(transactions));
            prop_assert_eq!(format!("{one:?}"), format!("{many:?}"));
        }
    }
}
