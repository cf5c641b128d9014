//! Gas and wei of a batch, and how long the balance lasts.
//!
//! Gas is computed, not asked for: `eth_estimateGas` refuses a batch whose last block is younger than the
//! newest L1 block (rule D17). What posting uses beyond intrinsic gas is recorded in
//! `contracts/snapshots/BatchInbox.json`, with which the numbers here are tested.

use alloy_primitives::U256;
use seam_l1::Fees;
use seam_primitives::batch::BatchKind;
use std::collections::VecDeque;

/// Gas of any transaction (EIP-2).
const TRANSACTION: u64 = 21_000;
/// Gas of a byte that is not zero (EIP-2028), and of one at least (EIP-7623).
const BYTE: u64 = 16;
const BYTE_AT_LEAST: u64 = 40;
/// Bytes of selector and header, and of offset and length of the data.
const HEADER_BYTES: u64 = 4 + 6 * 32;
const DATA_BYTES: u64 = HEADER_BYTES + 2 * 32 + 31;
/// What a call of the inbox uses, rounded up: 40,161 with one blob, 417 for each one more, and for
/// calldata at most 0.61 a byte.
const CALL: u64 = 40_200;
const EACH_BLOB: u64 = 420;
const EACH_BYTE_PERCENT: u64 = 61;
/// What is allowed beyond that, in percent of the call's gas.
const ROOM_PERCENT: u64 = 40;
/// Blob gas of a blob (EIP-4844).
pub const BLOB_GAS: u64 = 131_072;
/// Calldata of one batch: `BatchInbox.MAX_CALLDATA_BYTES`.
pub const MAX_CALLDATA_BYTES: usize = 120_000;

/// What a batch is made of, as far as its price is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Where the data are.
    pub kind: BatchKind,
    /// Bytes of them.
    pub bytes: usize,
    /// Blobs; 0 for calldata.
    pub blobs: u64,
}

impl Load {
    /// Data of so many bytes, where a blob holds `per_blob`.
    pub fn new(kind: BatchKind, bytes: usize, per_blob: usize) -> Self {
        let blobs = match kind {
            BatchKind::Calldata => 0,
            BatchKind::Blobs => bytes.div_ceil(per_blob.max(1)).max(1) as u64,
        };
        Self { kind, bytes, blobs }
    }

    /// What the call uses, and the intrinsic gas; every byte counted as not zero.
    fn parts(&self) -> (u64, u64) {
        let bytes = self.bytes as u64;
        match self.kind {
            BatchKind::Blobs => (CALL + EACH_BLOB * self.blobs, TRANSACTION + BYTE * HEADER_BYTES),
            BatchKind::Calldata => (
                CALL + (bytes * EACH_BYTE_PERCENT).div_ceil(100),
                TRANSACTION + BYTE * (DATA_BYTES + bytes),
            ),
        }
    }

    /// What must be there whatever the call uses (EIP-7623).
    fn floor(&self) -> u64 {
        match self.kind {
            BatchKind::Blobs => TRANSACTION + BYTE_AT_LEAST * HEADER_BYTES,
            BatchKind::Calldata => TRANSACTION + BYTE_AT_LEAST * (DATA_BYTES + self.bytes as u64),
        }
    }

    /// Gas that it uses, about.
    pub fn gas(&self) -> u64 {
        let (call, intrinsic) = self.parts();
        (call + intrinsic).max(self.floor())
    }

    /// Gas that it is allowed.
    pub fn gas_limit(&self) -> u64 {
        let (call, intrinsic) = self.parts();
        (call * (100 + ROOM_PERCENT) / 100 + intrinsic).max(self.floor())
    }

    /// Wei that it costs at these prices, about.
    pub fn cost(&self, fees: &Fees) -> U256 {
        let gas = U256::from(fees.base_fee.saturating_add(fees.priority_fee));
        let blobs = U256::from(self.blobs * BLOB_GAS) * U256::from(fees.blob_base_fee);
        U256::from(self.gas()) * gas + blobs
    }

    /// Wei that the account must have for it.
    pub fn needs(&self, fees: &Fees) -> U256 {
        let blobs = U256::from(self.blobs * BLOB_GAS) * U256::from(fees.blob_base_fee);
        U256::from(self.gas_limit()) * U256::from(fees.max_fee()) + blobs * U256::from(2)
    }
}

/// Over what time spending is averaged, and how much of it must have passed; in seconds.
const WINDOW: u64 = 6 * 3_600;
const ENOUGH: u64 = 3_600;

/// What batches have cost of late, by the L1's time.
#[derive(Debug, Clone, Default)]
pub struct Spending {
    since: Option<u64>,
    recent: VecDeque<(u64, U256)>,
    total: U256,
}

impl Spending {
    /// A batch cost so much.
    pub fn add(&mut self, time: u64, wei: U256) {
        self.recent.push_back((time, wei));
        self.total += wei;
    }

    /// All that was spent.
    pub const fn total(&self) -> U256 {
        self.total
    }

    /// Hours that a balance lasts: by what was spent in the last six hours, or before an hour has
    /// passed by `projected` wei an hour. `None` if that is nothing.
    pub fn runway_hours(&mut self, now: u64, balance: U256, projected: U256) -> Option<f64> {
        let since = *self.since.get_or_insert(now);
        self.recent.retain(|(time, _)| time + WINDOW > now);
        let passed = now.saturating_sub(since).min(WINDOW);
        let hourly = match passed {
            0..ENOUGH => projected,
            _ => {
                let spent: U256 = self.recent.iter().map(|(_, wei)| *wei).sum();
                spent * U256::from(3_600) / U256::from(passed)
            }
        };
        // What is shown needs no more digits than a float has.
        (!hourly.is_zero()).then(|| f64::from(balance) / f64::from(hourly))
    }
}

/// How urgent it is to send ether to the batcher.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not.
    #[default]
    Fine,
    /// Below the hours at which it warns.
    Low,
    /// Below a quarter of them.
    Critical,
}

impl Level {
    /// Of a runway, where warnings begin at so many hours.
    pub fn of(hours: Option<f64>, warning: f64) -> Self {
        match hours {
            Some(hours) if hours < warning / 4.0 => Self::Critical,
            Some(hours) if hours < warning => Self::Low,
            _ => Self::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const SNAPSHOT: &str = include_str!("../../../../contracts/snapshots/BatchInbox.json");

    fn measured(name: &str) -> u64 {
        let snapshot: Value = serde_json::from_str(SNAPSHOT).unwrap();
        snapshot[name].as_str().unwrap().parse().unwrap()
    }

    /// With room for a fifth more at least, and not for twice as much.
    #[test]
    fn the_gas_is_what_the_contract_was_measured_to_use() {
        let blobs = |blobs| Load { kind: BatchKind::Blobs, bytes: 0, blobs };
        let calldata = |bytes| Load { kind: BatchKind::Calldata, bytes, blobs: 0 };
        for (load, name) in [
            (blobs(1), "post, 1 blob"),
            (blobs(6), "post, 6 blobs"),
            (calldata(1), "postCalldata, 1 byte"),
            (calldata(MAX_CALLDATA_BYTES), "postCalldata, 120,000 bytes"),
        ] {
            let (call, intrinsic) = load.parts();
            let used = measured(name);
            assert!(call >= used && call <= used + used / 20, "{name}: {call} for {used}");
            assert!(load.gas_limit() >= intrinsic + used + used / 5, "{name}");
            assert!(load.gas_limit() < 2 * (intrinsic + used) || load.gas_limit() == load.floor());
        }
        // EIP-7825.
        assert!(calldata(MAX_CALLDATA_BYTES).gas_limit() < 1 << 24);
    }

    #[test]
    fn data_are_cheaper_in_blobs_unless_those_are_dear_or_the_data_few() {
        let cost = |kind, bytes, blob_base_fee| {
            let fees = Fees { base_fee: 1_000_000_000, priority_fee: 0, blob_base_fee };
            Load::new(kind, bytes, 130_048).cost(&fees)
        };
        use BatchKind::{Blobs, Calldata};
        assert!(cost(Blobs, 50_000, 1) < cost(Calldata, 50_000, 1));
        assert!(cost(Blobs, 50_000, 100_000_000_000) > cost(Calldata, 50_000, 0));
        assert!(cost(Calldata, 100, 1_000_000_000) < cost(Blobs, 100, 1_000_000_000));
        assert_eq!(Load::new(Blobs, 130_049, 130_048).blobs, 2);
        assert_eq!(Load::new(Blobs, 0, 130_048).blobs, 1);
    }

    #[test]
    fn the_runway_is_projected_first_and_then_what_was_spent() {
        let mut spending = Spending::default();
        let balance = U256::from(1_000);
        let hours =
            |spending: &mut Spending, now| spending.runway_hours(now, balance, U256::from(10));
        assert_eq!(hours(&mut spending, 10_000), Some(100.0));
        spending.add(10_100, U256::from(40));
        assert_eq!(hours(&mut spending, 13_599), Some(100.0));
        assert_eq!(hours(&mut spending, 13_600), Some(25.0));
        assert_eq!(hours(&mut spending, 17_200), Some(50.0));
        assert_eq!(hours(&mut spending, 31_699), Some(1_000.0 / 6.0));
        assert_eq!(hours(&mut spending, 31_700), None);
        assert_eq!(spending.total(), U256::from(40));
    }

    #[test]
    fn there_are_two_levels_below_fine() {
        let level = |hours| Level::of(Some(hours), 24.0);
        assert_eq!([24.0, 23.9, 6.0, 5.9].map(level), {
            use Level::{Critical, Fine, Low};
            [Fine, Low, Low, Critical]
        });
        assert_eq!(Level::of(None, 24.0), Level::Fine);
    }
}
