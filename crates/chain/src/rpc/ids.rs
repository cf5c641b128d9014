//! Ids of filters and subscriptions: random, so that nobody can guess those of others.

use jsonrpsee::{core::traits::IdProvider, server::RandomIntegerIdProvider, types::SubscriptionId};

/// 106 random bits as a hexadecimal number: the form that geth gives.
pub(crate) fn random_id() -> String {
    let part = || match RandomIntegerIdProvider.next_id() {
        SubscriptionId::Num(number) => number,
        SubscriptionId::Str(_) => 0, // it gives numbers
    };
    format!("0x{:014x}{:014x}", part(), part())
}

/// Gives subscriptions their ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RandomIds;

impl IdProvider for RandomIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Str(random_id().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_hexadecimal_and_differ() {
        let ids: BTreeSet<String> = (0..1_000).map(|_| random_id()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.len() == 30 && id.starts_with("0x")));
    }
}
