//! Which endpoint is asked next: decided from what became of earlier questions.

use super::{
    Fault, L1Limits,
    wire::{Answer, Call, Expects, block_number},
};
use std::time::Duration;

/// What is known of the endpoints, in the order of the user's preference.
#[derive(Debug, Clone)]
pub(crate) struct Failover {
    endpoints: Vec<Standing>,
    limits: L1Limits,
    chain_id: Option<u64>,
    /// The highest block that any endpoint has shown.
    best: u64,
}

/// What is known of one endpoint.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// In a row.
    failures: u32,
    /// Why it failed last.
    fault: Option<Fault>,
    rests_until: Duration,
    chain: Chain,
}

/// Which chain an endpoint serves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Chain {
    /// Not known, or not any more: it failed since it was asked.
    #[default]
    Unknown,
    Ours,
    Other(u64),
}

/// What to do for a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Ask this endpoint.
    Ask(usize),
    /// Ask this endpoint, but first which chain it serves.
    Identify(usize),
    /// All rest: until then.
    Wait(Duration),
    /// All serve other chains, this one the chain given.
    OtherChain(usize, u64),
}

/// Whether an answer comes from an endpoint that has seen what others have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Current,
    Behind,
}

impl Failover {
    /// `chain_id`: the chain that is wanted; without it, the chain of the first that answers.
    pub(crate) fn new(count: usize, limits: L1Limits, chain_id: Option<u64>) -> Self {
        Self { endpoints: vec![Standing::default(); count], limits, chain_id, best: 0 }
    }

    pub(super) const fn chain_id(&self) -> Option<u64> {
        self.chain_id
    }

    /// How often a question is sent.
    pub(super) fn attempts(&self) -> u32 {
        let endpoints = u32::try_from(self.endpoints.len()).unwrap_or(u32::MAX);
        self.limits.attempts.max(endpoints)
    }

    /// Until when a question that comes now waits while all rest.
    pub(super) const fn patience(&self, now: Duration) -> Duration {
        now.saturating_add(self.limits.patience)
    }

    /// Why an endpoint rests.
    pub(super) fn fault(&self, place: usize) -> Fault {
        let endpoint = self.endpoints.get(place);
        endpoint.and_then(|endpoint| endpoint.fault.clone()).unwrap_or(Fault::Timeout)
    }

    /// The first endpoint that does not rest.
    pub(super) fn choose(&self, now: Duration) -> Choice {
        if let Some(place) = self.endpoints.iter().position(|e| e.rests_until <= now) {
            return match self.endpoints.get(place).map(|endpoint| endpoint.chain) {
                Some(Chain::Ours) => Choice::Ask(place),
                _ => Choice::Identify(place),
            };
        }
        let others = self.endpoints.iter().map(|endpoint| match endpoint.chain {
            Chain::Other(found) => Some(found),
            _ => None,
        });
        match others.collect::<Option<Vec<u64>>>().and_then(|all| all.first().copied()) {
            Some(found) => Choice::OtherChain(0, found),
            None => {
                let first = self.endpoints.iter().map(|endpoint| endpoint.rests_until).min();
                Choice::Wait(first.unwrap_or_default())
            }
        }
    }

    /// All endpoints: those that rest come last.
    pub(crate) fn order(&self, now: Duration) -> Vec<usize> {
        let rests = |place: &usize| self.endpoints.get(*place).is_none_or(|e| e.rests_until > now);
        let mut order: Vec<usize> = (0..self.endpoints.len()).collect();
        order.sort_by_key(rests);
        order
    }

    /// Whether it is known to serve the chain that is wanted, and has not failed since.
    pub(crate) fn is_identified(&self, place: usize) -> bool {
        self.endpoints.get(place).is_some_and(|endpoint| endpoint.chain == Chain::Ours)
    }

    /// It answered which chain it serves; an error names the wanted one.
    pub(crate) fn identified(
        &mut self,
        place: usize,
        found: u64,
        now: Duration,
    ) -> Result<(), u64> {
        let expected = *self.chain_id.get_or_insert(found);
        if expected != found {
            self.failed(place, now, &Fault::OtherChain { expected, found });
        }
        if let Some(endpoint) = self.endpoints.get_mut(place) {
            endpoint.chain = if expected == found { Chain::Ours } else { Chain::Other(found) };
        }
        if expected == found { Ok(()) } else { Err(expected) }
    }

    /// It was of use.
    pub(crate) fn answered(&mut self, place: usize) {
        if let Some(endpoint) = self.endpoints.get_mut(place) {
            endpoint.failures = 0;
            endpoint.rests_until = Duration::ZERO;
        }
    }

    /// It was not, and why.
    pub(crate) fn failed(&mut self, place: usize, now: Duration, fault: &Fault) {
        let (first, most) = (self.limits.back_off, self.limits.max_back_off);
        if let Some(endpoint) = self.endpoints.get_mut(place) {
            let rest = first.saturating_mul(2u32.saturating_pow(endpoint.failures));
            endpoint.failures = endpoint.failures.saturating_add(1);
            endpoint.fault = Some(fault.clone());
            endpoint.rests_until = now.saturating_add(rest.min(most));
            // Something else may listen there by then.
            endpoint.chain = Chain::Unknown;
        }
    }

    /// Whether the answers show that the endpoint is behind.
    pub(super) fn judge(&self, calls: &[Call], answers: &[Answer]) -> Freshness {
        let is_behind = |(call, answer): (&Call, &Answer)| {
            let number = answer.as_ref().ok().and_then(|answer| block_number(answer));
            match call.expects {
                Expects::Anything => false,
                Expects::Newest => {
                    number.is_some_and(|number| number + self.limits.max_behind < self.best)
                }
                Expects::Block(wanted) => answer.is_ok() && number.is_none() && wanted <= self.best,
            }
        };
        match calls.iter().zip(answers).any(is_behind) {
            true => Freshness::Behind,
            false => Freshness::Current,
        }
    }

    /// These answers go to the caller. Where they come from an endpoint that is behind, no other was
    /// of use: then it is the chain that went back.
    pub(super) fn accepted(&mut self, calls: &[Call], answers: &[Answer], freshness: Freshness) {
        for (call, answer) in calls.iter().zip(answers) {
            let number = answer.as_ref().ok().and_then(|answer| block_number(answer));
            match (call.expects, number, freshness) {
                (Expects::Newest, Some(number), Freshness::Behind) => self.best = number,
                (Expects::Newest, Some(number), _) => self.best = self.best.max(number),
                (Expects::Block(wanted), None, Freshness::Behind) if answer.is_ok() => {
                    self.best = self.best.min(wanted.saturating_sub(1));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
