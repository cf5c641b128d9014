//! The blob parameters of an L1 over time: what its blob base fee follows from (rule D12).

use super::{ConfigError, L1Config};
use alloy_eips::eip7840::BlobParams;
use seam_primitives::BlobRules;
use serde::{Deserialize, Serialize};

/// Blob parameters that hold from a time on (EIP-7840, EIP-7892).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobStep {
    /// From the first block with this timestamp on, in seconds since the Unix epoch.
    pub time: u64,
    /// Blobs per block at which the price stays.
    pub target: u64,
    /// Blobs per block at most.
    pub max: u64,
    /// Blobs per transaction at most.
    pub max_per_transaction: u64,
    /// How slowly the price follows the excess.
    pub update_fraction: u64,
    /// Whether a blob costs at least what EIP-7918 says, as on Ethereum since Osaka. Default false.
    #[serde(default)]
    pub reserve_price: bool,
}

/// When each of these started: Cancun, Prague, Osaka, BPO1, BPO2 (EIP-7607, EIP-7892, and the
/// networks' own configurations).
const ETHEREUM: [(u64, [u64; 5]); 3] = [
    (1, [1_710_338_135, 1_746_612_311, 1_764_798_551, 1_765_290_071, 1_767_747_671]),
    (11_155_111, [1_706_655_072, 1_741_159_776, 1_760_427_360, 1_761_017_184, 1_761_607_008]),
    (560_048, [0, 1_742_999_832, 1_761_677_592, 1_762_365_720, 1_762_955_544]),
];

impl L1Config {
    /// The blob parameters by time, oldest first.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if the chain is not known and they are not given, or those given
    /// cannot be.
    pub fn blob_rules(&self) -> Result<Vec<BlobRules>, ConfigError> {
        if let Some(steps) = &self.blob_schedule {
            check(steps)?;
            return Ok(steps.iter().map(BlobStep::rules).collect());
        }
        if let Some((_, times)) = ETHEREUM.iter().find(|(id, _)| *id == self.chain_id) {
            return Ok(of_ethereum(times));
        }
        match self.chain_id {
            // The L1 of `seam up`: the parameters of today from the first block on.
            900 | 901 => return Ok(vec![rules(0, BlobParams::bpo2())]),
            // anvil 1.7, by its answer to `eth_config`.
            31_337 => return Ok(vec![before_osaka(0, BlobParams::prague())]),
            _ => {}
        }
        invalid(format!(
            "must be given: chain {} is not one that Seam knows; take it from the answer to \
             `eth_config` or the chain's genesis.json (an empty list for a chain without blobs)",
            self.chain_id
        ))
    }
}

impl BlobStep {
    const fn rules(&self) -> BlobRules {
        BlobRules {
            from_timestamp: self.time,
            target: self.target,
            max: self.max,
            max_per_transaction: self.max_per_transaction,
            update_fraction: self.update_fraction,
            reserve_price: self.reserve_price,
        }
    }
}

fn of_ethereum(times: &[u64; 5]) -> Vec<BlobRules> {
    let params = [
        BlobParams::cancun(),
        BlobParams::prague(),
        BlobParams::osaka(),
        BlobParams::bpo1(),
        BlobParams::bpo2(),
    ];
    let steps = times.iter().zip(params).enumerate();
    steps
        .map(|(index, (time, params))| match index {
            0 | 1 => before_osaka(*time, params),
            _ => rules(*time, params),
        })
        .collect()
}

/// Without EIP-7594's limit for a transaction and EIP-7918's least price.
fn before_osaka(from_timestamp: u64, params: BlobParams) -> BlobRules {
    let rules = rules(from_timestamp, params);
    BlobRules { reserve_price: false, max_per_transaction: rules.max, ..rules }
}

/// As since Osaka.
fn rules(from_timestamp: u64, params: BlobParams) -> BlobRules {
    BlobRules {
        from_timestamp,
        target: params.target_blob_count,
        max: params.max_blob_count,
        max_per_transaction: BlobParams::osaka().max_blobs_per_tx,
        update_fraction: u64::try_from(params.update_fraction).unwrap_or(u64::MAX),
        reserve_price: true,
    }
}

fn check(steps: &[BlobStep]) -> Result<(), ConfigError> {
    let sorted = steps.is_sorted_by(|before, after| before.time < after.time);
    if !sorted {
        return invalid("must have its times in order, oldest first".to_owned());
    }
    let bad = |step: &&BlobStep| {
        step.max == 0
            || step.update_fraction == 0
            || step.target > step.max
            || !(1..=step.max).contains(&step.max_per_transaction)
    };
    match steps.iter().find(bad) {
        Some(step) => invalid(format!(
            "at time {} cannot be: `target` and `max_per_transaction` are at most `max`, and only \
             `target` may be 0",
            step.time
        )),
        None => Ok(()),
    }
}

fn invalid<T>(problem: String) -> Result<T, ConfigError> {
    Err(ConfigError::Invalid { key: "l1.blob_schedule", problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChainGenesis, dev};

    fn l1(chain_id: u64) -> L1Config {
        L1Config { chain_id, block_time: 12, blob_schedule: None }
    }

    #[test]
    fn the_embedded_l1_has_the_schedule_that_is_assumed_of_it() {
        let genesis = dev::l1_genesis(1_763_700_000, &[]).unwrap();
        let chain = ChainGenesis::from_genesis(&genesis).unwrap();
        let assumed = l1(dev::L1_CHAIN_ID).blob_rules().unwrap();
        assert_eq!(chain.rules.blobs_at(genesis.timestamp), assumed.first());
        assert_eq!(assumed.len(), 1);
    }

    #[test]
    fn ethereum_and_its_test_networks_went_from_3_to_14_blobs() {
        for (chain_id, _) in ETHEREUM {
            let schedule = l1(chain_id).blob_rules().unwrap();
            let targets: Vec<u64> = schedule.iter().map(|step| step.target).collect();
            assert_eq!(targets, [3, 6, 6, 10, 14]);
            let most: Vec<u64> = schedule.iter().map(|step| step.max_per_transaction).collect();
            assert_eq!(most, [6, 9, 6, 6, 6]);
            let floors: Vec<bool> = schedule.iter().map(|step| step.reserve_price).collect();
            assert_eq!(floors, [false, false, true, true, true]);
            assert!(schedule.is_sorted_by_key(|step| step.from_timestamp));
        }
    }
}
