use super::*;
use alloc::{boxed::Box, collections::BTreeSet, vec};
use alloy_primitives::b256;

/// Every field another number, so that no two can be taken for each other.
fn example() -> ConfigPreimage {
    ConfigPreimage {
        l1_chain_id: 1,
        l2_chain_id: 2,
        l2_genesis_hash: B256::with_last_byte(3),
        l1_genesis_number: 4,
        l1_genesis_hash: B256::with_last_byte(5),
        genesis_time: 6,
        block_time: 7,
        portal: Address::with_last_byte(8),
        system_config: Address::with_last_byte(9),
        system: SystemPreimage {
            batcher: Address::with_last_byte(10),
            gas_limit: 11,
            base_fee_scalar: 12,
            blob_base_fee_scalar: 13,
            operator_fee_scalar: 14,
            operator_fee_constant: 15,
            eip1559_denominator: 16,
            eip1559_elasticity: 17,
        },
        forks: core::array::from_fn(|index| Activation::Timestamp(20 + index as u64)),
        l1_blobs: vec![blobs(40), blobs(50)],
        limits: LimitsPreimage {
            max_drift: 60,
            max_lag: 61,
            sequencer_timeout: 62,
            max_blobs: 63,
            max_resource_limit: 64,
            zk_gas_table: B256::with_last_byte(65),
            zk_gas_limit: 66,
        },
    }
}

fn blobs(first: u64) -> BlobRules {
    BlobRules {
        from_timestamp: first,
        target: first + 1,
        max: first + 2,
        max_per_transaction: first + 3,
        update_fraction: first + 4,
        reserve_price: true,
    }
}

#[test]
fn the_words_are_in_the_documented_order() {
    let words: Vec<u64> =
        example().words()[1..].iter().map(|word| word.try_into().unwrap()).collect();
    let forks = [8, 2, 20, 2, 21, 2, 22, 2, 23, 2, 24, 2, 25, 2, 26, 2, 27];
    let schedule = [2, 40, 41, 42, 43, 44, 1, 50, 51, 52, 53, 54, 1];
    let chain: Vec<u64> = (1..=17).collect();
    let limits: Vec<u64> = (60..=66).collect();
    assert_eq!(words, [&chain[..], &forks, &schedule, &limits].concat());
    assert_eq!(example().words()[0], U256::from_be_bytes(keccak256("seam/config/1").0));
}

type Change = Box<dyn Fn(&mut ConfigPreimage)>;

macro_rules! changes {
    ($($($field:ident).+ = $value:expr;)+) => {
        vec![$(Box::new(|config: &mut ConfigPreimage| config.$($field).+ = $value) as Change,)+]
    };
}

fn changes() -> Vec<Change> {
    let mut changes = changes! {
        l1_chain_id = 99;
        l2_chain_id = 99;
        l2_genesis_hash = B256::ZERO;
        l1_genesis_number = 99;
        l1_genesis_hash = B256::ZERO;
        genesis_time = 99;
        block_time = 99;
        portal = Address::ZERO;
        system_config = Address::ZERO;
        system.batcher = Address::ZERO;
        system.gas_limit = 99;
        system.base_fee_scalar = 99;
        system.blob_base_fee_scalar = 99;
        system.operator_fee_scalar = 99;
        system.operator_fee_constant = 99;
        system.eip1559_denominator = 99;
        system.eip1559_elasticity = 99;
        l1_blobs = vec![blobs(40)];
        l1_blobs = vec![blobs(50), blobs(40)];
        limits.max_drift = 99;
        limits.max_lag = 99;
        limits.sequencer_timeout = 99;
        limits.max_blobs = 99;
        limits.max_resource_limit = 99;
        limits.zk_gas_table = B256::ZERO;
        limits.zk_gas_limit = 99;
    };
    let set: [fn(&mut BlobRules); 6] = [
        |blobs| blobs.from_timestamp = 99,
        |blobs| blobs.target = 99,
        |blobs| blobs.max = 99,
        |blobs| blobs.max_per_transaction = 99,
        |blobs| blobs.update_fraction = 99,
        |blobs| blobs.reserve_price = false,
    ];
    changes.extend(set.map(|set| {
        Box::new(move |config: &mut ConfigPreimage| set(&mut config.l1_blobs[1])) as Change
    }));
    for index in 0..OpFork::COUNT {
        for activation in [Activation::Never, Activation::Block(20), Activation::Timestamp(99)] {
            changes.push(Box::new(move |config| config.forks[index] = activation));
        }
    }
    changes
}

#[test]
fn every_covered_field_changes_the_hash() {
    let mut hashes = BTreeSet::from([example().hash()]);
    let changes = changes();
    for change in &changes {
        let mut changed = example();
        change(&mut changed);
        hashes.insert(changed.hash());
    }
    assert_eq!(hashes.len(), changes.len() + 1);
}

/// By another implementation (pycryptodome), from the words above.
#[test]
fn golden() {
    let hash = b256!("0x622047ce1443f336bcc35a2a9a03aeca2220fc0d0caf87848fe961d28ef05b6c");
    assert_eq!(example().hash(), hash);
}
