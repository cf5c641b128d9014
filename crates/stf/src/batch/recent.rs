//! Values that came up lately, named by how lately.

use alloc::collections::VecDeque;

/// How many values are remembered.
pub const REMEMBERED: usize = 250;
/// The code for a value that is not among the recent ones and stands elsewhere.
pub const NEW: u8 = 0;
/// The code for the value that the transaction's [`Sender`] had before.
pub const SAME: u8 = 255;

/// The [`REMEMBERED`] values that were used last, the newest first.
#[derive(Debug, Clone)]
pub struct Recent<T>(VecDeque<T>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Recent<T> {
    /// The code, 1 to [`REMEMBERED`], of the newest value that is as asked for.
    pub fn find(&self, is: impl FnMut(&T) -> bool) -> Option<u8> {
        let rank = self.0.iter().position(is)?;
        u8::try_from(rank.checked_add(1)?).ok()
    }

    /// Takes out the value with a code; the caller puts it back as the newest.
    pub fn take(&mut self, code: u8) -> Option<T> {
        self.0.remove(usize::from(code).checked_sub(1)?)
    }

    /// Adds the newest; the oldest beyond [`REMEMBERED`] is forgotten.
    pub fn push(&mut self, value: T) {
        self.0.push_front(value);
        self.0.truncate(REMEMBERED);
    }
}

/// Most likely an account, as seen by its nonces: what its last transaction had. The next one with
/// the next nonce is taken to be of the same account, which saves naming the account and what it
/// repeats. Nothing depends on whether it really is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The nonce.
    pub nonce: u64,
    /// The gas limit.
    pub gas: u64,
    /// The fees.
    pub price: Price,
}

/// What a transaction pays for gas, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// The fee cap less the tip, modulo 2^128; the gas price of a transaction without a tip.
    pub base: u128,
    /// The tip; zero for a transaction without one.
    pub tip: u128,
}

impl Price {
    /// Of a transaction with a fee cap and a tip.
    pub const fn new(cap: u128, tip: u128) -> Self {
        Self { base: cap.wrapping_sub(tip), tip }
    }

    /// The fee cap.
    pub const fn cap(&self) -> u128 {
        self.base.wrapping_add(self.tip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_has_code_one_and_the_oldest_is_forgotten() {
        let mut recent = Recent::default();
        for value in 0..=REMEMBERED {
            recent.push(value);
        }
        assert_eq!(recent.find(|value| *value == REMEMBERED), Some(1));
        assert_eq!(recent.find(|value| *value == 1), Some(250));
        assert_eq!(recent.find(|value| *value == 0), None);
        assert_eq!((recent.take(0), recent.take(251)), (None, None));
        assert_eq!(recent.take(250), Some(1));
        recent.push(1);
        assert_eq!(recent.find(|value| *value == 1), Some(1));
    }

    #[test]
    fn a_cap_below_the_tip_survives() {
        let price = Price::new(1, 2);
        assert_eq!((price.base, price.cap()), (u128::MAX, 1));
    }
}
