//! Times as people type them: UTC, or so long ago.

use crate::clock;
use seam_ledger::{books::Span, utc::Utc};
use std::str::FromStr;

/// A time that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Seconds since 1970.
    At(u64),
    /// Seconds before now.
    Ago(u64),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(Utc(seconds)) = text.parse() {
            return Ok(Self::At(seconds));
        }
        let ago = text.strip_suffix('h').map(|hours| (hours, 3_600));
        let ago = ago.or_else(|| text.strip_suffix('d').map(|days| (days, 86_400)));
        let ago = ago.and_then(|(count, unit)| count.parse::<u64>().ok()?.checked_mul(unit));
        let wrong =
            || format!("{text} is no time: write 2026-01-31, 2026-01-31T15:00:00Z, 24h or 7d");
        ago.map(Self::Ago).ok_or_else(wrong)
    }
}

impl Moment {
    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> u64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(seconds) => clock::machine_time().as_secs().saturating_sub(seconds),
        }
    }
}

impl super::args::Period {
    /// Both ends, in seconds since 1970.
    pub(crate) fn ends(&self) -> (Option<u64>, Option<u64>) {
        (self.since.map(Moment::seconds), self.until.map(Moment::seconds))
    }

    /// The days.
    pub(crate) fn span(&self) -> Span {
        let (since, until) = self.ends();
        Span::of(since.unwrap_or(0), until.unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_or_so_long_ago() {
        assert_eq!("1970-01-02".parse(), Ok(Moment::At(86_400)));
        assert_eq!("24h".parse(), Ok(Moment::Ago(86_400)));
        assert_eq!("7d".parse(), Ok(Moment::Ago(7 * 86_400)));
        for wrong in ["", "d", "yesterday", "-1d", "99999999999999999999d"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }
}
