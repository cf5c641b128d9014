//! Why a node did not take a transaction, out of its words: nodes have no common codes for it.

use seam_l1::L1Error;

/// What a refusal means for whoever sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has it already: as good as taken.
    Known,
    /// The nonce is used.
    NonceLow,
    /// A nonce below it is missing.
    NonceHigh,
    /// Something else with this nonce waits there, and is to be paid no less.
    Taken,
    /// The account has too little.
    Funds,
    /// It has no room, or no time, now.
    Busy,
    /// It does not like what this is.
    Dislike,
}

/// The words, in the order in which they are looked for: of geth, Seam, anvil, reth, Nethermind and Erigon.
const WORDS: [(Refusal, &[&str]); 6] = [
    (Refusal::Known, &["already known", "already imported", "alreadyknown", "known transaction"]),
    (Refusal::NonceLow, &["nonce too low", "nonce is too low", "oldnonce", "nonce has already"]),
    (Refusal::NonceHigh, &["nonce too high", "nonce gap", "gapped"]),
    (Refusal::Taken, &["replacement", "could not replace"]),
    (Refusal::Funds, &["insufficient funds", "insufficientfunds", "insufficient balance"]),
    (
        Refusal::Busy,
        &[
            "full",
            "limit exceeded",
            "underpriced",
            "feetoolow",
            "max fee per gas less than block base fee",
            "too many",
            "busy",
            "timeout",
            "timed out",
            "temporarily",
            "try again",
            "syncing",
            "not ready",
            "stopping",
        ],
    ),
];

impl Refusal {
    /// Of a node's error.
    pub(super) fn of(error: &L1Error) -> Self {
        let L1Error::Refused { message, .. } = error else { return Self::Busy };
        let message = message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let found = WORDS.iter().find(|(_, words)| says(words));
        found.map_or(Self::Dislike, |(refusal, _)| *refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_nodes_are_understood() {
        for (message, expected) in [
            ("already known", Refusal::Known),
            ("transaction already imported", Refusal::Known),
            ("AlreadyKnown", Refusal::Known),
            ("nonce too low: next nonce 5, tx nonce 4", Refusal::NonceLow),
            ("OldNonce, Current nonce: 5, nonce of rejected tx: 4", Refusal::NonceLow),
            ("nonce too high: tx nonce 9, gapped nonce 4", Refusal::NonceHigh),
            ("replacement transaction underpriced: max fee 5, minimum needed 6", Refusal::Taken),
            ("Insufficient funds for gas * price + value", Refusal::Funds),
            ("txpool is full", Refusal::Busy),
            ("account limit exceeded: pooled 16 txs", Refusal::Busy),
            ("transaction underpriced: tip 1, minimum needed 2", Refusal::Busy),
            ("max fee per gas less than block base fee", Refusal::Busy),
            ("transaction type not supported: type 4 rejected", Refusal::Dislike),
            ("intrinsic gas too low", Refusal::Dislike),
        ] {
            let message = message.to_owned();
            let method = "eth_sendRawTransaction";
            let error = L1Error::Refused { method, code: -32_000, message, data: None };
            assert_eq!(Refusal::of(&error), expected, "{error}");
        }
        assert_eq!(Refusal::of(&L1Error::NoEndpoint), Refusal::Busy);
    }
}
