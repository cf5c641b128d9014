//! `eth_config()`: the forks with a time that hold now, come next and come last (EIP-7910).

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, quantity},
};
use alloy_eips::{
    eip2124::ForkHash, eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
};
use alloy_primitives::{Address, Bytes, U256};
use seam_primitives::{Activation, BlobRules, ChainRules, Fork, Header, OpFork};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Serialize)]
struct Config {
    current: Option<ForkConfig>,
    next: Option<ForkConfig>,
    last: Option<ForkConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ForkConfig {
    /// Seconds; 0 for a fork that holds since the first block.
    activation_time: u64,
    blob_schedule: Option<BlobSchedule>,
    chain_id: U256,
    fork_id: Bytes,
    precompiles: BTreeMap<&'static str, Address>,
    system_contracts: BTreeMap<&'static str, Address>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BlobSchedule {
    target: u64,
    max: u64,
    base_fee_update_fraction: u64,
}

impl From<&BlobRules> for BlobSchedule {
    fn from(rules: &BlobRules) -> Self {
        let (target, max, base_fee_update_fraction) =
            (rules.target, rules.max, rules.update_fraction);
        Self { target, max, base_fee_update_fraction }
    }
}

pub(crate) fn run(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    let genesis = head.reader.header(0)?;
    let (_, genesis) = genesis.ok_or_else(|| Failure::server("header not found"))?;
    let forks = Forks {
        rules: context.chain.rules(),
        genesis: &genesis,
        bombs: &context.settings.bomb_forks,
    };
    json(&forks.config(head.header().timestamp))
}

/// All that a chain's forks follow from.
struct Forks<'a> {
    rules: &'a ChainRules,
    genesis: &'a Header,
    bombs: &'a [u64],
}

impl Forks<'_> {
    fn config(&self, now: u64) -> Config {
        let times = self.times();
        let current = times.range(..=now).next_back().copied().unwrap_or_default();
        let next = times.range(now.saturating_add(1)..).next().copied();
        let last = next.and_then(|_| times.last().copied());
        Config {
            current: Some(self.at(current)),
            next: next.map(|time| self.at(time)),
            last: last.map(|time| self.at(time)),
        }
    }

    /// When every fork starts that the chain has.
    fn activations(&self) -> impl Iterator<Item = Activation> {
        let ethereum = Fork::ALL.iter().map(|fork| self.rules.activation(*fork));
        let op = self.rules.op.iter();
        let op = op.flat_map(|op| OpFork::ALL.iter().map(|fork| op.activation(*fork)));
        let blobs = self.rules.blobs.iter();
        let blobs = blobs.map(|blobs| Activation::Timestamp(blobs.from_timestamp));
        ethereum.chain(op).chain(blobs)
    }

    /// Seconds at which a fork starts, each once.
    fn times(&self) -> BTreeSet<u64> {
        let time = |activation| match activation {
            Activation::Timestamp(time) => Some(time),
            Activation::Never | Activation::Block(_) => None,
        };
        self.activations().filter_map(time).collect()
    }

    /// Block numbers at which a fork starts, each once.
    fn blocks(&self) -> BTreeSet<u64> {
        let block = |activation| match activation {
            Activation::Block(number) => Some(number),
            Activation::Never | Activation::Timestamp(_) => None,
        };
        self.activations().filter_map(block).chain(self.bombs.iter().copied()).collect()
    }

    /// EIP-2124: the genesis and every fork since it, those by number before those by time.
    fn fork_id(&self, time: u64) -> Bytes {
        let genesis = self.genesis;
        let mut hash = ForkHash::from(genesis.hash_slow());
        for number in self.blocks().range(genesis.number.saturating_add(1)..) {
            hash += *number;
        }
        let since = genesis.timestamp.saturating_add(1);
        for time in self.times().into_iter().filter(|at| (since..=time).contains(at)) {
            hash += time;
        }
        hash.0.into()
    }

    fn at(&self, time: u64) -> ForkConfig {
        let activation_time = if time <= self.genesis.timestamp { 0 } else { time };
        // Forks by number are long past where there are forks by time.
        let fork = self.rules.fork_at(u64::MAX, time);
        let blobs = self.rules.blobs_at(time).filter(|_| !self.rules.is_op_stack());
        ForkConfig {
            activation_time,
            blob_schedule: blobs.map(BlobSchedule::from),
            chain_id: quantity(self.rules.chain_id),
            fork_id: self.fork_id(time),
            precompiles: self.precompiles(fork, time),
            system_contracts: self.system_contracts(fork),
        }
    }

    fn precompiles(&self, fork: Fork, time: u64) -> BTreeMap<&'static str, Address> {
        let fjord = self.rules.is_op_active(OpFork::Fjord, u64::MAX, time);
        let is_there = |since: Fork| fork >= since || (since == Fork::Osaka && fjord);
        let there = PRECOMPILES.iter().filter(|(_, _, since)| is_there(*since));
        there.map(|(name, number, _)| (*name, address(*number))).collect()
    }

    /// Those that take requests are for the beacon chain, which a rollup does not have.
    fn system_contracts(&self, fork: Fork) -> BTreeMap<&'static str, Address> {
        let mut contracts = BTreeMap::new();
        if fork >= Fork::Cancun {
            contracts.insert("BEACON_ROOTS_ADDRESS", BEACON_ROOTS_ADDRESS);
        }
        if fork >= Fork::Prague {
            contracts.insert("HISTORY_STORAGE_ADDRESS", HISTORY_STORAGE_ADDRESS);
        }
        if fork >= Fork::Prague && !self.rules.is_op_stack() {
            contracts.extend([
                (
                    "CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS",
                    CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
                ),
                ("DEPOSIT_CONTRACT_ADDRESS", self.rules.deposit_contract),
                ("WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS),
            ]);
        }
        contracts
    }
}

/// EIP-7910's names of the precompiled contracts, their addresses, and the fork that brought each.
const PRECOMPILES: [(&str, u64, Fork); 18] = [
    ("ECREC", 0x01, Fork::Frontier),
    ("SHA256", 0x02, Fork::Frontier),
    ("RIPEMD160", 0x03, Fork::Frontier),
    ("ID", 0x04, Fork::Frontier),
    ("MODEXP", 0x05, Fork::Byzantium),
    ("BN254_ADD", 0x06, Fork::Byzantium),
    ("BN254_MUL", 0x07, Fork::Byzantium),
    ("BN254_PAIRING", 0x08, Fork::Byzantium),
    ("BLAKE2F", 0x09, Fork::Istanbul),
    ("KZG_POINT_EVALUATION", 0x0a, Fork::Cancun),
    ("BLS12_G1ADD", 0x0b, Fork::Prague),
    ("BLS12_G1MSM", 0x0c, Fork::Prague),
    ("BLS12_G2ADD", 0x0d, Fork::Prague),
    ("BLS12_G2MSM", 0x0e, Fork::Prague),
    ("BLS12_PAIRING_CHECK", 0x0f, Fork::Prague),
    ("BLS12_MAP_FP_TO_G1", 0x10, Fork::Prague),
    ("BLS12_MAP_FP2_TO_G2", 0x11, Fork::Prague),
    // An OP Stack chain has it since Fjord (RIP-7212).
    ("P256VERIFY", 0x100, Fork::Osaka),
];

fn address(number: u64) -> Address {
    Address::left_padding_from(&number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain whose forks by time are Shanghai at 100 and Cancun at 200.
    fn rules() -> ChainRules {
        ChainRules::ethereum(5, |fork| match fork {
            Fork::Shanghai => Activation::Timestamp(100),
            Fork::Cancun => Activation::Timestamp(200),
            Fork::Dao => Activation::Never,
            fork if fork <= Fork::Paris => Activation::GENESIS,
            _ => Activation::Never,
        })
    }

    #[test]
    fn forks_to_come_are_told_and_those_that_hold() {
        let (rules, genesis) = (rules(), Header::default());
        let forks = Forks { rules: &rules, genesis: &genesis, bombs: &[] };
        let times = |now| {
            let Config { current, next, last } = forks.config(now);
            let time = |config: ForkConfig| config.activation_time;
            (current.map(time), next.map(time), last.map(time))
        };
        assert_eq!(times(50), (Some(0), Some(100), Some(200)));
        assert_eq!(times(100), (Some(100), Some(200), Some(200)));
        assert_eq!(times(200), (Some(200), None, None));
        let cancun = forks.at(200);
        assert!(cancun.precompiles.contains_key("KZG_POINT_EVALUATION"));
        assert!(!cancun.precompiles.contains_key("BLS12_G1ADD"));
        assert_ne!(cancun.fork_id, forks.at(100).fork_id);
    }

    #[test]
    fn a_bomb_changes_the_fork_id_alone() {
        let (rules, genesis) = (rules(), Header::default());
        let forks = |bombs| Forks { rules: &rules, genesis: &genesis, bombs };
        let (plain, bombed) = (forks(&[]).at(100), forks(&[9]).at(100));
        assert_ne!(plain.fork_id, bombed.fork_id);
        assert_eq!(ForkConfig { fork_id: plain.fork_id.clone(), ..bombed }, plain);
        assert_eq!(forks(&[0]).at(100), plain);
    }
}
