//! UTC times as people write them, without a clock and without time zones.

use std::str::FromStr;

/// Seconds of a day; UTC has no other here, as Unix time leaves leap seconds out.
const DAY: u64 = 86_400;

/// The last second that is written: the end of the year 9999.
const LAST: u64 = 253_402_300_799;

/// A second since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utc(pub u64);

/// What was written is no UTC time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no UTC time: write 2026-01-31 or 2026-01-31T15:00:00Z, from 1970 to 9999")]
pub struct NoTime(pub String);

impl FromStr for Utc {
    type Err = NoTime;

    /// A day (its first second), or a day and a time that ends in `Z`.
    fn from_str(text: &str) -> Result<Self, NoTime> {
        parse(text).map(Self).ok_or_else(|| NoTime(text.to_owned()))
    }
}

impl std::fmt::Display for Utc {
    /// `2026-01-31T15:00:00Z`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.min(LAST);
        let in_day = seconds % DAY;
        let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}Z", day(seconds / DAY))
    }
}

/// The day with this number since 1970: `2026-01-31`.
pub fn day(number: u64) -> String {
    let (year, month, day) = civil(number.min(LAST / DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

fn parse(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time.strip_suffix('Z')?)),
        None => (text, None),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = time.map_or(Some([0; 3]), |time| numbers(time, ':', [2, 2, 2]))?;
    if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let number = days(year, month, day)?;
    Some(number * DAY + hour * 3600 + minute * 60 + second)
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut next = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    let [first, second, third] = digits;
    let found = [next(first)?, next(second)?, next(third)?];
    parts.next().is_none().then_some(found)
}

/// Days since 1970, of years that begin in March so that the leap day is their last (the well-known algorithm of
/// Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms").
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let number = (era * 146_097 + of_era).checked_sub(719_468)?;
    (civil(number) == (year, month, day)).then_some(number) // 31 February is none
}

/// Year, month and day of a day since 1970.
fn civil(number: u64) -> (u64, u64, u64) {
    let shifted = number + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_are_read_and_written() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:30:01Z", 951_827_401),
            ("2026-01-01T00:00:00Z", 1_767_225_600),
            ("9999-12-31T23:59:59Z", LAST),
        ] {
            assert_eq!(text.parse(), Ok(Utc(seconds)));
            assert_eq!(Utc(seconds).to_string(), text);
        }
        assert_eq!("2026-01-01".parse(), Ok(Utc(1_767_225_600)));
    }

    #[test]
    fn every_day_to_the_end_of_2400_comes_back() {
        for number in 0..157_400 {
            assert_eq!(day(number).parse(), Ok(Utc(number * DAY)));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "now",
            "2026-02-30",
            "2026-13-01",
            "1969-12-31",
            "2026-01-01T00:00:00",
            "2026-1-1",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00+01:00",
            "2026-01-01-01",
            "+026-01-01",
        ] {
            assert!(text.parse::<Utc>().is_err(), "{text}");
        }
    }
}
