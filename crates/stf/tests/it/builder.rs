//! What a block in the making tells about itself.

use crate::support::{CHAIN_ID, account, address, attributes, ethereum, key, sign, store};
use alloy_consensus::TxEip1559;
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rlp::Encodable;
use seam_primitives::{Fork, Recovered, Transaction};
use seam_stf::{BlockBuilder, header::MAX_BLOCK_RLP_BYTES};

const TO: Address = Address::repeat_byte(0x70);

fn transaction(nonce: u64, bytes: usize) -> Recovered<Transaction> {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 5_000_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(TO),
        value: U256::from(3),
        input: vec![0; bytes].into(),
        access_list: Default::default(),
    };
    let tx = Transaction::Eip1559(sign(tx, &key(0)));
    seam_primitives::transaction::recover(tx).unwrap()
}

#[test]
fn the_bytes_left_are_those_of_the_block_on_the_safe_side() {
    for (fork, limited) in [(Fork::Prague, false), (Fork::Osaka, true)] {
        let rules = ethereum(fork);
        let contracts = crate::support::system_contracts();
        let rich = [(address(&key(0)), account(1 << 80, &[], &[]))];
        let mut store = store(&rules, contracts.chain(rich));
        let parent = store.head().clone();
        let mut builder =
            BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
        let empty = builder.bytes_left();
        let mut used = 0;
        for nonce in 0..3 {
            let tx = transaction(nonce, 60_000);
            used += tx.inner().encode_2718_len() + 9;
            builder.push(tx).unwrap();
            let expected = if limited { empty - used } else { usize::MAX };
            assert_eq!(builder.bytes_left(), expected);
            assert_eq!(builder.bytes_left(), expected, "counted once");
        }
        let left = builder.bytes_left();
        let block = builder.finish().unwrap().block;
        if limited {
            let really = MAX_BLOCK_RLP_BYTES - block.length();
            assert!(left < really && left + 3_000 > really, "{left} of {really}");
        }
    }
}

#[test]
fn a_builder_shows_the_state_that_its_transactions_left() {
    let rules = ethereum(Fork::Osaka);
    let contracts = crate::support::system_contracts();
    let code = [0x34, 0x5f, 0x55]; // stores the value received at slot 0
    let accounts = [
        (address(&key(0)), account(1 << 80, &[], &[])),
        (TO, account(5, &code, &[(0, 9), (1, 8)])),
    ];
    let mut store = store(&rules, contracts.chain(accounts));
    let parent = store.head().clone();
    let mut builder = BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
    let slots = |builder: &mut BlockBuilder<'_, _>| {
        [0, 1].map(|slot| builder.storage(TO, U256::from(slot)).unwrap().to::<u64>())
    };
    assert_eq!(slots(&mut builder), [9, 8]);
    builder.push(transaction(0, 0)).unwrap();
    assert_eq!(slots(&mut builder), [3, 8]);
    let to = builder.account(TO).unwrap().unwrap();
    assert_eq!(to.balance, U256::from(8));
    assert_eq!(builder.account(Address::repeat_byte(0x99)).unwrap(), None);
    let header = builder.header();
    assert_eq!((header.number, header.timestamp), (1, parent.timestamp + 12));
    assert_eq!(header.base_fee_per_gas, Some(875_000_000));
    assert_eq!(header.gas_used, builder.receipts()[0].cumulative_gas_used);
    assert_eq!(builder.transactions().len(), 1);
    assert!(builder.receipts()[0].logs.is_empty());
    let unused: Bytes = Bytes::new();
    assert_eq!(builder.finish().unwrap().block.header.extra_data, unused);
}
