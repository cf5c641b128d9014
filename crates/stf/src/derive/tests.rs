use super::*;
use crate::header::holocene_extra_data;
use alloc::{vec, vec::Vec};
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{Bytes, LogData, TxKind, U256, keccak256, logs_bloom};
use alloy_sol_types::{SolEvent, SolValue, sol};
use proptest::prelude::*;
use seam_primitives::{Activation, ChainRules, Eip1559Rules, L1Attributes, Transaction};

sol! {
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);
    event ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data);
}

const CONTRACTS: L1Contracts = L1Contracts {
    portal: Address::repeat_byte(1),
    system_config: Address::repeat_byte(2),
    batch_inbox: Address::repeat_byte(3),
};

fn deposit_event(version: u64, opaque: Vec<u8>) -> Log {
    let event = TransactionDeposited {
        from: Address::repeat_byte(0xf),
        to: Address::repeat_byte(0x7),
        version: U256::from(version),
        opaqueData: opaque.into(),
    };
    Log { address: CONTRACTS.portal, data: event.encode_log_data() }
}

fn opaque(mint: U256, is_creation: bool, input: &[u8]) -> Vec<u8> {
    let value = U256::from(7);
    (mint, value, 100_000_u64, is_creation, Bytes::copy_from_slice(input)).abi_encode_packed()
}

fn update_event(kind: u8, data: Vec<u8>) -> Log {
    let event = ConfigUpdate { version: U256::ZERO, updateType: kind, data: data.into() };
    Log { address: CONTRACTS.system_config, data: event.encode_log_data() }
}

fn read(logs: &[Log]) -> L1Block {
    CONTRACTS.read(B256::repeat_byte(9), Header::default(), (0..).zip(logs))
}

#[test]
fn topics_are_hashes_of_the_events() {
    assert_eq!(deposits::TRANSACTION_DEPOSITED, TransactionDeposited::SIGNATURE_HASH);
    assert_eq!(system_config::CONFIG_UPDATE, ConfigUpdate::SIGNATURE_HASH);
    assert_eq!(inbox::BATCH_POSTED, BatchPosted::SIGNATURE_HASH);
}

#[test]
fn a_deposit_has_all_that_the_event_says() {
    let other = Log::new_unchecked(Address::repeat_byte(8), vec![], Bytes::new());
    let block = read(&[other, deposit_event(0, opaque(U256::from(5), false, &[1, 2, 3]))]);
    let [deposit] = &block.deposits[..] else { panic!("{block:?}") };
    assert_eq!((deposit.from, deposit.mint), (Address::repeat_byte(0xf), 5));
    assert_eq!(deposit.to, TxKind::Call(Address::repeat_byte(0x7)));
    assert_eq!((deposit.value, deposit.gas_limit), (U256::from(7), 100_000));
    assert_eq!((&deposit.input[..], deposit.is_system_transaction), (&[1, 2, 3][..], false));
    // keccak256(0 ‖ keccak256(l1 block hash ‖ log index)), in words.
    let id = keccak256((B256::repeat_byte(9), U256::from(1)).abi_encode());
    assert_eq!(deposit.source_hash, keccak256((U256::ZERO, id).abi_encode()));
}

#[test]
fn a_creation_has_no_receiver() {
    let block = read(&[deposit_event(0, opaque(U256::ZERO, true, &[]))]);
    assert_eq!(block.deposits[0].to, TxKind::Create);
}

#[test]
fn what_cannot_be_read_is_no_deposit() {
    let good = opaque(U256::ZERO, false, &[1]);
    let too_much = U256::from(1) << 128;
    let mut unoffset = deposit_event(0, good.clone());
    let mut data = unoffset.data.data.to_vec();
    data[31] = 64;
    unoffset.data.data = data.into();
    let mut short = deposit_event(0, good.clone());
    short.data.data = short.data.data.slice(..100);
    let mut three_topics = deposit_event(0, good.clone());
    three_topics.data.set_topics_truncating(three_topics.topics()[..3].to_vec());
    let logs = [
        deposit_event(1, good.clone()),
        deposit_event(0, opaque(too_much, false, &[])),
        deposit_event(0, good[..72].to_vec()),
        unoffset,
        short,
        three_topics,
    ];
    assert_eq!(read(&logs).deposits, []);
    assert_eq!(read(&[deposit_event(0, good)]).deposits.len(), 1);
}

#[test]
fn every_change_of_the_settings_is_read() {
    let batcher = B256::left_padding_from(&[5; 20]);
    let mut scalars = [0; 32];
    scalars[0] = 1;
    scalars[27] = 8;
    scalars[31] = 9;
    let mut operator = [0; 32];
    operator[23] = 3;
    operator[31] = 4;
    let signer = Address::repeat_byte(6);
    let logs = [
        update_event(0, batcher.to_vec()),
        update_event(1, [[0; 32], scalars].concat()),
        update_event(2, 40_000_000_u64.abi_encode()),
        update_event(3, signer.abi_encode()),
        update_event(4, ((250_u64 << 32) | 6).abi_encode()),
        update_event(5, operator.to_vec()),
    ];
    let expected = [
        super::ConfigUpdate::Batcher(batcher),
        super::ConfigUpdate::FeeScalars { base_fee_scalar: 9, blob_base_fee_scalar: 8 },
        super::ConfigUpdate::GasLimit(40_000_000),
        super::ConfigUpdate::UnsafeSigner(signer),
        super::ConfigUpdate::Eip1559(Eip1559Rules { denominator: 250, elasticity: 6 }),
        super::ConfigUpdate::OperatorFee { scalar: 3, constant: 4 },
    ];
    assert_eq!(read(&logs).updates, expected);
}

#[test]
fn unknown_changes_are_none() {
    let word = |at: usize, byte: u8| {
        let mut word = [0; 32];
        word[at] = byte;
        word
    };
    let mut other_version = update_event(0, word(31, 1).to_vec());
    let topics = [other_version.topics()[0], word(31, 1).into(), other_version.topics()[2]];
    other_version.data = LogData::new_unchecked(topics.to_vec(), other_version.data.data.clone());
    let logs = [
        other_version,
        update_event(6, word(31, 1).to_vec()),
        update_event(0, vec![0; 31]),
        // Version 2 of the scalars; a weight that version 0 does not have; padding that is none.
        update_event(1, [[0; 32], word(0, 2)].concat()),
        update_event(1, [[0; 32], word(27, 1)].concat()),
        update_event(1, [[0; 32], word(5, 1)].concat()),
        // Beyond 64 bits; no address; a denominator of zero; padding that is none.
        update_event(2, word(0, 1).to_vec()),
        update_event(3, word(11, 1).to_vec()),
        update_event(4, word(31, 1).to_vec()),
        update_event(5, word(19, 1).to_vec()),
    ];
    assert_eq!(read(&logs).updates, []);
    let old = read(&[update_event(1, [[0; 32], word(31, 7)].concat())]);
    let known = super::ConfigUpdate::FeeScalars { base_fee_scalar: 7, blob_base_fee_scalar: 0 };
    assert_eq!(old.updates, [known]);
}

#[test]
fn a_bloom_without_the_events_excludes_them() {
    let deposit = deposit_event(0, opaque(U256::ZERO, false, &[]));
    let update = update_event(2, 1_u64.abi_encode());
    // Another event of the portal, and the same event of another contract.
    let other_event =
        Log::new_unchecked(CONTRACTS.portal, vec![B256::repeat_byte(4)], Bytes::new());
    let other_contract = Log { address: Address::repeat_byte(4), ..deposit.clone() };
    assert!(CONTRACTS.excluded_by(&Bloom::ZERO));
    assert!(CONTRACTS.excluded_by(&logs_bloom([&other_event])));
    assert!(CONTRACTS.excluded_by(&logs_bloom([&other_contract])));
    assert!(!CONTRACTS.excluded_by(&logs_bloom([&deposit])));
    assert!(!CONTRACTS.excluded_by(&logs_bloom([&update])));
}

const START: SystemConfig = SystemConfig {
    batcher_hash: B256::repeat_byte(0xba),
    base_fee_scalar: 1,
    blob_base_fee_scalar: 2,
    gas_limit: 30_000_000,
    eip1559: Eip1559Rules { denominator: 250, elasticity: 6 },
    operator_fee_scalar: 3,
    operator_fee_constant: 4,
};

fn rules() -> RollupRules {
    RollupRules {
        block_seconds: 2,
        max_drift: 10,
        sequencer_timeout: 5,
        genesis_l1: BlockNumHash::new(50, B256::repeat_byte(50)),
        system_config: START,
        contracts: CONTRACTS,
        l1: ChainRules::ethereum(1, |_| Activation::GENESIS),
    }
}

fn l1_block(number: u8, logs: &[Log]) -> L1Block {
    let timestamp = 1_000 + u64::from(number);
    let header = Header { number: number.into(), timestamp, ..Header::default() };
    CONTRACTS.read(B256::repeat_byte(number), header, (0..).zip(logs))
}

/// The block as a parent: its header and what its first transaction says.
fn parent(number: u64, start: &BlockStart) -> (Header, L1Attributes) {
    let BlockStart { attributes, first, .. } = start;
    let header = Header {
        number,
        timestamp: attributes.timestamp,
        gas_limit: attributes.gas_limit,
        extra_data: attributes.extra_data.clone(),
        ..Header::default()
    };
    let deposit = first[0].as_deposit().unwrap();
    (header, L1Attributes::decode(&deposit.input).unwrap())
}

#[test]
fn deposits_and_settings_come_with_the_first_block_on_an_l1_block() {
    let rules = rules();
    let genesis = Header { timestamp: 1_050, ..Header::default() };
    // The genesis block's own L1 block: what was in it before the rollup began does not count.
    let first = rules.start(&genesis, None, &l1_block(50, &[]), 1_052);
    let (header, attributes) = parent(1, &first);
    assert_eq!((first.first.len(), attributes.sequence_number), (1, 1));
    assert_eq!(SystemConfig::of_block(&header, &attributes), Some(START));

    let logs = [
        deposit_event(0, opaque(U256::from(5), false, &[])),
        update_event(2, 40_000_000_u64.abi_encode()),
        deposit_event(0, opaque(U256::from(6), true, &[])),
    ];
    let next = l1_block(51, &logs);
    let second = rules.start(&header, Some(&attributes), &next, 1_054);
    let minted = |transaction: &Transaction| transaction.as_deposit().unwrap().mint;
    assert_eq!(second.first.iter().map(minted).collect::<Vec<_>>(), [0, 5, 6]);
    let (header, attributes) = parent(2, &second);
    assert_eq!((attributes.number, attributes.sequence_number), (51, 0));
    assert_eq!(header.gas_limit, 40_000_000);

    let third = rules.start(&header, Some(&attributes), &next, 1_056);
    let (header, attributes) = parent(3, &third);
    assert_eq!((third.first.len(), attributes.sequence_number), (1, 1));
    let changed = SystemConfig { gas_limit: 40_000_000, ..START };
    assert_eq!(SystemConfig::of_block(&header, &attributes), Some(changed));
    assert_eq!(third.attributes.extra_data, holocene_extra_data(START.eip1559));
    assert_eq!(third.attributes.beneficiary, blocks::SEQUENCER_FEE_VAULT);
}

#[test]
fn a_block_too_far_ahead_of_its_l1_block_has_deposits_only() {
    let parent = Header { timestamp: 1_058, ..Header::default() };
    let at = |timestamp| rules().start(&parent, None, &l1_block(50, &[]), timestamp).mempool;
    assert_eq!((at(1_060), at(1_061)), (Mempool::Taken, Mempool::LeftOut));
}

proptest! {
    /// Whatever L1 says there is an answer.
    #[test]
    fn no_event_stops_derivation(
        portal: bool,
        topics in prop::collection::vec(
            prop_oneof![
                Just(deposits::TRANSACTION_DEPOSITED),
                Just(system_config::CONFIG_UPDATE),
                (0_u64..8).prop_map(|number| U256::from(number).into()),
            ],
            0..5,
        ),
        start in prop_oneof![Just(32_u64), any::<u64>()],
        length in prop_oneof![0_u64..200, any::<u64>()],
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let address = if portal { CONTRACTS.portal } else { CONTRACTS.system_config };
        let data = [start.abi_encode(), length.abi_encode(), rest].concat();
        let log = Log::new_unchecked(address, topics, data.into());
        let block = read(&[log]);
        prop_assert!(block.deposits.len() + block.updates.len() <= 1);
    }

    /// What the portal packs is what is read.
    #[test]
    fn deposits_survive_the_event(
        mint: u128, value: [u8; 32], gas: u64, is_creation: bool,
        input in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let value = U256::from_be_bytes(value);
        let packed = (U256::from(mint), value, gas, is_creation, Bytes::from(input.clone()));
        let block = read(&[deposit_event(0, packed.abi_encode_packed())]);
        let deposit = &block.deposits[0];
        prop_assert_eq!((deposit.mint, deposit.value, deposit.gas_limit), (mint, value, gas));
        prop_assert_eq!((deposit.to.is_create(), &deposit.input[..]), (is_creation, &input[..]));
    }
}

sol! {
    struct PostedHeader {
        uint16 version;
        uint64 firstBlock;
        uint64 lastBlock;
        uint64 l1Number;
        bytes32 l1Hash;
        bytes32 prevAccumulator;
    }
    event BatchPosted(
        uint64 indexed index,
        address indexed poster,
        uint8 kind,
        PostedHeader header,
        bytes32 accumulator,
        bytes32 dataHash,
        bytes32[] versionedHashes
    );
}

fn batch_event(hashes: Vec<B256>) -> Log {
    let header = PostedHeader {
        version: 1,
        firstBlock: 2,
        lastBlock: 3,
        l1Number: 4,
        l1Hash: B256::repeat_byte(5),
        prevAccumulator: B256::repeat_byte(6),
    };
    let event = BatchPosted {
        index: 7,
        poster: Address::repeat_byte(8),
        kind: 1,
        header,
        accumulator: B256::repeat_byte(9),
        dataHash: B256::repeat_byte(10),
        versionedHashes: hashes,
    };
    Log { address: CONTRACTS.batch_inbox, data: event.encode_log_data() }
}

#[test]
fn a_batch_has_all_that_the_event_says() {
    assert_eq!(inbox::BATCH_POSTED, BatchPosted::SIGNATURE_HASH);
    let hashes = vec![B256::repeat_byte(11), B256::repeat_byte(12)];
    let block = read(&[batch_event(hashes.clone())]);
    let [batch] = &block.batches[..] else { panic!("{block:?}") };
    let header = seam_primitives::BatchHeader {
        version: 1,
        first_block: 2,
        last_block: 3,
        l1_number: 4,
        l1_hash: B256::repeat_byte(5),
        prev_accumulator: B256::repeat_byte(6),
    };
    assert_eq!((batch.index, batch.poster), (7, Address::repeat_byte(8)));
    assert_eq!((batch.kind, batch.header), (seam_primitives::BatchKind::Blobs, header));
    let words = (B256::repeat_byte(9), B256::repeat_byte(10));
    assert_eq!((batch.accumulator, batch.data_hash), words);
    assert_eq!(batch.versioned_hashes, hashes);
    assert!(!CONTRACTS.excluded_by(&logs_bloom([&batch_event(hashes)])));
}

#[test]
fn an_event_of_the_inbox_that_is_cut_or_another_is_no_batch() {
    let whole = batch_event(vec![B256::repeat_byte(11)]);
    let bytes = whole.data.data.clone();
    for length in 0..bytes.len() {
        let data = LogData::new_unchecked(whole.topics().to_vec(), bytes.slice(..length));
        assert_eq!(read(&[Log { data, ..whole.clone() }]).batches, []);
    }
    let elsewhere = Log { address: CONTRACTS.portal, ..whole };
    assert_eq!(read(&[elsewhere]).batches, []);
}
