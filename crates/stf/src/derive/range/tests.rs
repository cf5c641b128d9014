use super::super::{
    L1Contracts, SystemConfig,
    blocks::{BlockStart, Mempool},
};
use super::*;
use alloc::{vec, vec::Vec};
use alloy_consensus::{Signed, TxLegacy};
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{Address, B256, Signature, U256};
use op_alloy_consensus::TxDeposit;
use seam_primitives::{Activation, BatchHeader, BatchKind, ChainRules, Eip1559Rules, L1Attributes};

const DRIFT: u64 = 10;

fn rules() -> RollupRules {
    RollupRules {
        block_seconds: 2,
        max_drift: DRIFT,
        sequencer_timeout: 5,
        genesis_l1: BlockNumHash::new(50, B256::repeat_byte(50)),
        system_config: SystemConfig {
            batcher_hash: B256::ZERO,
            base_fee_scalar: 0,
            blob_base_fee_scalar: 0,
            gas_limit: 30_000_000,
            eip1559: Eip1559Rules { denominator: 250, elasticity: 6 },
            operator_fee_scalar: 0,
            operator_fee_constant: 0,
        },
        contracts: L1Contracts {
            portal: Address::ZERO,
            system_config: Address::ZERO,
            batch_inbox: Address::ZERO,
        },
        l1: ChainRules::ethereum(1, |_| Activation::GENESIS),
    }
}

/// With one deposit, of its number in wei.
fn l1_block(number: u8, timestamp: u64) -> L1Block {
    let header = Header { number: number.into(), timestamp, ..Header::default() };
    let deposit = TxDeposit { mint: number.into(), ..TxDeposit::default() };
    let hash = B256::repeat_byte(number);
    L1Block { hash, header, deposits: vec![deposit], ..L1Block::default() }
}

fn transaction(nonce: u64) -> Transaction {
    let transaction = TxLegacy { nonce, ..TxLegacy::default() };
    let signature = Signature::new(U256::ONE, U256::ONE, false);
    Transaction::Legacy(Signed::new_unhashed(transaction, signature))
}

fn gives(step: OriginStep, transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { step, transactions }
}

/// Blocks from 1 on, on L1 blocks 50 (at 1,000 s) and 51 (at 1,004 s); the genesis block is at 1,000 s.
fn range(given: Vec<BatchBlock>) -> DerivedRange {
    DerivedRange {
        first_block: 1,
        last_block: 3,
        anchor: 51,
        given,
        origins: vec![l1_block(50, 1_000), l1_block(51, 1_004)],
    }
}

fn genesis() -> Header {
    Header { timestamp: 1_000, ..Header::default() }
}

/// A block of this number as a parent, on L1 block 50.
fn parent(number: u64) -> (Header, L1Attributes) {
    let header = Header {
        number,
        timestamp: 1_000 + 2 * number,
        extra_data: crate::header::holocene_extra_data(rules().system_config.eip1559),
        ..Header::default()
    };
    let (at, hash) = (50, B256::repeat_byte(50));
    (header, L1Attributes { number: at, hash, ..L1Attributes::default() })
}

/// Number of the L1 block, and the deposits.
fn stands(start: &BlockStart) -> (u64, usize) {
    let input = &start.first[0].as_deposit().unwrap().input;
    (L1Attributes::decode(input).unwrap().number, start.first.len() - 1)
}

#[test]
fn a_block_is_as_the_batch_gives_it() {
    let range = range(vec![gives(OriginStep::Same, vec![transaction(0), transaction(1)])]);
    let candidates = range.candidates(&rules(), &genesis(), None).unwrap().unwrap();
    let given = candidates.given.unwrap();
    assert_eq!(given.transactions, [transaction(0), transaction(1)]);
    assert_eq!((stands(&given.start), given.start.attributes.timestamp), ((50, 0), 1_002));
    assert_eq!(stands(&candidates.default), (50, 0));
}

#[test]
fn what_the_batch_does_not_give_is_the_default_block_on_the_next_l1_block_if_it_can_be() {
    let range = range(Vec::new());
    let first = range.candidates(&rules(), &genesis(), None).unwrap().unwrap();
    assert_eq!((first.given, stands(&first.default)), (None, (50, 0)));
    let (header, attributes) = parent(1);
    // At 1,004 s it may stand on L1 block 51, which is of that second.
    let second = range.candidates(&rules(), &header, Some(&attributes)).unwrap().unwrap();
    assert_eq!((second.given, stands(&second.default)), (None, (51, 1)));
    assert_eq!(second.default.mempool, Mempool::LeftOut);
}

#[test]
fn a_step_to_an_l1_block_that_is_younger_or_beyond_the_anchor_is_not_taken() {
    let ahead = vec![gives(OriginStep::Next, vec![transaction(0)]); 3];
    let candidates = |range: &DerivedRange, number| {
        let (header, attributes) = parent(number);
        range.candidates(&rules(), &header, Some(&attributes)).unwrap().unwrap()
    };
    let range = range(ahead);
    assert_eq!(candidates(&range, 0).given, None, "1,002 s is before 1,004 s");
    assert!(candidates(&range, 1).given.is_some());
    let anchored = DerivedRange { anchor: 50, ..range };
    let beyond = candidates(&anchored, 1);
    assert_eq!((beyond.given, stands(&beyond.default)), (None, (50, 0)));
}

#[test]
fn too_far_ahead_of_its_l1_block_only_the_default_block_is_valid() {
    let stay = vec![gives(OriginStep::Same, Vec::new()), gives(OriginStep::Next, Vec::new())];
    let first_block = DRIFT / 2 + 1;
    let range = DerivedRange { first_block, last_block: first_block + 1, ..range(stay) };
    let (header, attributes) = parent(first_block - 1);
    let late = range.candidates(&rules(), &header, Some(&attributes)).unwrap().unwrap();
    assert_eq!((late.given, stands(&late.default)), (None, (51, 1)));
    // One that goes on to the next L1 block is not late.
    let (header, attributes) = parent(first_block);
    let next = range.candidates(&rules(), &header, Some(&attributes)).unwrap().unwrap();
    assert_eq!(stands(&next.given.unwrap().start), (51, 1));
}

#[test]
fn a_range_says_nothing_of_other_blocks_and_needs_their_l1_block() {
    let range = range(Vec::new());
    let (header, attributes) = parent(3);
    assert_eq!(range.candidates(&rules(), &header, Some(&attributes)), Ok(None));
    let (header, attributes) = parent(1);
    let elsewhere = L1Attributes { hash: B256::ZERO, ..attributes };
    let missing = range.candidates(&rules(), &header, Some(&elsewhere));
    assert_eq!(missing, Err(OriginMissing(50)));
}

fn batch(version: u16, blocks: u64) -> PostedBatch {
    let header =
        BatchHeader { version, first_block: 5, last_block: 4 + blocks, ..BatchHeader::default() };
    PostedBatch {
        index: 1,
        poster: Address::ZERO,
        kind: BatchKind::Calldata,
        header,
        accumulator: B256::ZERO,
        data_hash: B256::ZERO,
        versioned_hashes: Vec::new(),
    }
}

#[test]
fn a_batch_of_another_version_or_with_more_blocks_than_it_says_gives_nothing() {
    let blocks = vec![gives(OriginStep::Same, Vec::new()); 2];
    let of = |version, most| given(&batch(version, most), || Ok(blocks.clone()));
    assert_eq!(of(batch::VERSION, 2), Ok(blocks.clone()));
    assert_eq!(of(batch::VERSION, 3), Ok(blocks.clone()));
    assert_eq!(of(batch::VERSION, 1), Err(Ungiven::TooManyBlocks { given: 2, most: 1 }));
    assert_eq!(of(2, 2), Err(Ungiven::Version(2)));
}
