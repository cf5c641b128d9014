//! What was sent, and what became of it.

use crate::action::Kind;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Display, time::Duration};

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is in a block and did what it was to do.
    Succeeded,
    /// It is in a block and changed nothing, but paid.
    Reverted,
    /// The node did not take it; it paid nothing.
    Refused,
    /// It was sent, and another took its place, or nobody knows it any more.
    Lost,
}

/// Counts of one kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Taken by the node.
    pub sent: u64,
    /// In a block, with success.
    pub succeeded: u64,
    /// In a block, without.
    pub reverted: u64,
    /// Not taken by the node.
    pub refused: u64,
    /// Sent and never seen in a block.
    pub lost: u64,
}

/// What there was of traffic so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// The seed that it followed.
    pub seed: u64,
    /// Counts of each kind that there was; those of the preparations too.
    pub actions: BTreeMap<Kind, Counts>,
    /// Transactions that wait to be in a block.
    pub in_flight: u64,
    /// How often the node was away, or began anew.
    pub interruptions: u64,
    /// How often a transaction was sent again.
    pub resent: u64,
    /// How often the node had no room.
    pub slowed_down: u64,
    /// Milliseconds since it began.
    pub milliseconds: u64,
}

impl Report {
    /// The node took one.
    pub fn sent(&mut self, kind: Kind) {
        let counts = self.of(kind);
        counts.sent = counts.sent.saturating_add(1);
    }

    /// One has ended.
    pub fn ended(&mut self, kind: Kind, outcome: Outcome) {
        let counts = self.of(kind);
        let count = match outcome {
            Outcome::Succeeded => &mut counts.succeeded,
            Outcome::Reverted => &mut counts.reverted,
            Outcome::Refused => &mut counts.refused,
            Outcome::Lost => &mut counts.lost,
        };
        *count = count.saturating_add(1);
    }

    /// So much time has passed.
    pub fn lasted(&mut self, time: Duration) {
        self.milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    }

    /// Of all kinds: without the preparations, or those alone.
    pub fn total(&self, setup: bool) -> Counts {
        let mut total = Counts::default();
        for (_, counts) in self.actions.iter().filter(|(kind, _)| kind.is_setup() == setup) {
            total.sent = total.sent.saturating_add(counts.sent);
            total.succeeded = total.succeeded.saturating_add(counts.succeeded);
            total.reverted = total.reverted.saturating_add(counts.reverted);
            total.refused = total.refused.saturating_add(counts.refused);
            total.lost = total.lost.saturating_add(counts.lost);
        }
        total
    }

    fn of(&mut self, kind: Kind) -> &mut Counts {
        self.actions.entry(kind).or_default()
    }
}

impl Display for Report {
    /// One line.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { sent, succeeded, reverted, refused, lost } = self.total(false);
        let seconds = self.milliseconds / 1_000;
        write!(
            out,
            "{sent} transactions in {seconds} s with seed {}: {succeeded} succeeded, {reverted} reverted, \
             {lost} lost, {} on their way; {refused} refused; {} to prepare",
            self.seed,
            self.in_flight,
            self.total(true).sent,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_by_kind_and_outcome_and_preparations_are_apart() {
        let mut report = Report { seed: 7, ..Report::default() };
        for (kind, outcome) in [
            (Kind::Send, Outcome::Succeeded),
            (Kind::Fail, Outcome::Reverted),
            (Kind::Buy, Outcome::Lost),
            (Kind::Fund, Outcome::Succeeded),
        ] {
            report.sent(kind);
            report.ended(kind, outcome);
        }
        report.ended(Kind::Send, Outcome::Refused);
        report.lasted(Duration::from_millis(2_500));
        let line = "3 transactions in 2 s with seed 7: 1 succeeded, 1 reverted, 1 lost, 0 on their way; \
                    1 refused; 1 to prepare";
        assert_eq!(report.to_string(), line);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["actions"]["send"]["refused"], 1);
        assert_eq!(json["actions"]["fund"]["succeeded"], 1);
        assert_eq!(json["milliseconds"], 2_500);
    }
}
