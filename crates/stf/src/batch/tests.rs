//! Batches written by hand, from the pages of the specification.

use super::{columns::Each, *};
use alloc::vec;
use alloy_consensus::{Transaction as _, Typed2718};
use alloy_primitives::{Address, U256, hex};

/// Columns in a frame, in one uncompressed meta-block; signatures are all `0x81`.
fn frame(signatures: u8, columns: &Each<Vec<u8>>) -> Vec<u8> {
    let small = |size: usize| u8::try_from(size).unwrap();
    let mut bytes: Vec<u8> = columns.all().map(|column| small(column.len())).to_vec();
    columns.all().iter().for_each(|column| bytes.extend_from_slice(column));
    assert!(bytes.len() < 0x80);
    // RFC 7932, section 9: WBITS 22, not the last, four nibbles, the size less one, uncompressed.
    let header = 0b1011 | (u32::from(small(bytes.len() - 1)) << 3 | 1 << 19) << 4;
    let compressed = [&header.to_le_bytes()[..3], &bytes, &[3]].concat();
    let mut data = vec![1, signatures, small(bytes.len()), small(compressed.len())];
    data.extend(vec![0x81; usize::from(signatures) * 64]);
    data.extend(compressed);
    data
}

/// Two blocks: a transfer; then nothing, on the next L1 block.
fn transfer() -> Each<Vec<u8>> {
    Each {
        blocks: vec![2, 1],
        shape_ids: vec![0],
        // EIP-1559, with a value, without calldata.
        shapes: vec![3, 255],
        // One account: the well-known third.
        dictionaries: vec![1, 3, 0, 0],
        recipients: vec![1],
        senders: vec![0],
        nonces: vec![0x80, 1],
        chain_ids: vec![0x85, 7],
        gas_codes: vec![0],
        gas_sizes: vec![2],
        gas_bytes: vec![0x52, 0x08],
        price_codes: vec![0],
        base_codes: vec![0],
        base_sizes: vec![1],
        base_bytes: vec![9],
        tip_codes: vec![0],
        tip_sizes: vec![0],
        value_codes: vec![0],
        value_sizes: vec![1],
        value_bytes: vec![7],
        ..Each::default()
    }
}

#[test]
fn a_transfer_is_what_the_columns_say() {
    let blocks = decode(&frame(1, &transfer())).unwrap();
    assert_eq!(
        blocks.iter().map(|block| block.step).collect::<Vec<_>>(),
        [OriginStep::Same, OriginStep::Next]
    );
    let transaction = &blocks[0].transactions[0];
    assert_eq!(transaction.ty(), 2);
    assert_eq!(transaction.chain_id(), Some(901));
    assert_eq!(transaction.nonce(), 128);
    assert_eq!(transaction.gas_limit(), 21_000);
    assert_eq!(
        (transaction.max_fee_per_gas(), transaction.max_priority_fee_per_gas()),
        (9, Some(0))
    );
    assert_eq!(transaction.to(), Some(Address::new(well_known::ACCOUNTS[2])));
    assert_eq!(transaction.value(), U256::from(7));
    let Transaction::Eip1559(signed) = transaction else { panic!("{transaction:?}") };
    let byte = U256::from_be_bytes([0x81; 32]);
    assert!(signed.signature().v());
    assert_eq!((signed.signature().r(), signed.signature().s()), (byte, byte - (U256::ONE << 255)));
}

#[test]
fn arguments_stand_by_place_and_not_by_call() {
    // transfer(account, number) twice, from one account after the other.
    let columns = Each {
        blocks: vec![4],
        shape_ids: vec![0, 1],
        shapes: vec![0b1_0011, 67, 0, 63, 3, 255],
        dictionaries: vec![2, 1, 2, 0, 1, 1],
        recipients: vec![1, 1],
        senders: vec![0, 1],
        nonces: vec![6],
        gas_codes: vec![0, 255],
        price_codes: vec![0, 255],
        account_ids: vec![0, 1],
        numbers_3: vec![1, 2, 3, 4, 5, 6],
        value_codes: vec![],
        value_sizes: vec![],
        value_bytes: vec![],
        ..transfer()
    };
    let blocks = decode(&frame(2, &columns)).unwrap();
    let [first, second] = &blocks[0].transactions[..] else { panic!("{blocks:?}") };
    assert_eq!((first.nonce(), second.nonce()), (6, 7));
    assert_eq!(second.gas_limit(), 21_000);
    let call = |account: [u8; 20], number: [u8; 3]| {
        [&hex!("a9059cbb")[..], &[0; 12], &account, &[0; 29], &number].concat()
    };
    let [weth, messenger, ..] = well_known::ACCOUNTS;
    assert_eq!(first.input()[..], call(weth, [1, 2, 3]));
    assert_eq!(second.input()[..], call(messenger, [4, 5, 6]));
}

/// What decoding says when one thing of [`transfer`] is changed.
fn changed(change: impl FnOnce(&mut Each<Vec<u8>>)) -> Result<Vec<BatchBlock>, BatchError> {
    let mut columns = transfer();
    change(&mut columns);
    decode(&frame(1, &columns))
}

#[test]
fn values_that_the_format_does_not_have_are_refused() {
    let value = |name| Err(BatchError::Value(name));
    assert_eq!(changed(|columns| columns.blocks = vec![1]), value("blocks"));
    assert_eq!(changed(|columns| columns.shape_ids = vec![1]), value("shape_ids"));
    assert_eq!(changed(|columns| columns.shapes[0] = 5), value("shapes"));
    assert_eq!(changed(|columns| columns.recipients = vec![2]), value("recipients"));
    assert_eq!(changed(|columns| columns.senders = vec![1]), value("senders"));
    assert_eq!(changed(|columns| columns.gas_codes = vec![255]), value("gas_codes"));
    assert_eq!(changed(|columns| columns.gas_codes = vec![1]), value("gas_codes"));
    assert_eq!(changed(|columns| columns.gas_sizes = vec![9]), value("gas_sizes"));
    assert_eq!(changed(|columns| columns.gas_bytes[0] = 0), value("gas_bytes"));
    assert_eq!(changed(|columns| columns.price_codes = vec![255]), value("price_codes"));
    let zero = |columns: &mut Each<Vec<u8>>| {
        (columns.value_sizes, columns.value_bytes) = (vec![0], vec![]);
    };
    assert_eq!(changed(zero), value("value_codes"));
    let unknown = u8::try_from(well_known::ACCOUNTS.len() + 1).unwrap();
    assert_eq!(changed(|columns| columns.dictionaries[1] = unknown), value("dictionaries"));
}

#[test]
fn what_is_not_there_or_left_over_is_refused() {
    assert_eq!(changed(|columns| columns.nonces.clear()), Err(BatchError::Short("nonces")));
    assert_eq!(changed(|columns| columns.heads.push(0)), Err(BatchError::Trailing("heads")));
    let tip = |columns: &mut Each<Vec<u8>>| {
        // A legacy transaction with a tip.
        (columns.shapes[0], columns.tip_sizes, columns.tip_bytes) = (1, vec![1], vec![1]);
    };
    assert_eq!(changed(tip), Err(BatchError::Value("price_codes")));
}

#[test]
fn the_next_nonce_after_the_last_is_none() {
    let columns = Each {
        blocks: vec![4],
        shape_ids: vec![0, 1],
        recipients: vec![1, 1],
        senders: vec![0, 1],
        nonces: vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ..transfer()
    };
    assert_eq!(decode(&frame(2, &columns)), Err(BatchError::Value("senders")));
}

#[test]
fn well_known_selectors_are_those_of_their_functions() {
    let functions = [
        (0, "transfer(address,uint256)"),
        (1, "transferFrom(address,address,uint256)"),
        (2, "approve(address,uint256)"),
        (3, "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
        (6, "mint(address,uint256)"),
        (10, "deposit()"),
        (11, "withdraw(uint256)"),
        (15, "setApprovalForAll(address,bool)"),
        (16, "multicall(bytes[])"),
        (19, "aggregate3((address,bool,bytes)[])"),
        (22, "execute(address,uint256,bytes)"),
        (29, "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"),
        (43, "execute(bytes,bytes[],uint256)"),
        (49, "claim()"),
        (50, "getReward()"),
    ];
    for (place, function) in functions {
        let hash = alloy_primitives::keccak256(function);
        assert_eq!(well_known::SELECTORS[place], hash[..4], "{function}");
    }
    let accounts: alloc::collections::BTreeSet<_> = well_known::ACCOUNTS.into_iter().collect();
    let selectors: alloc::collections::BTreeSet<_> = well_known::SELECTORS.into_iter().collect();
    assert_eq!(accounts.len(), well_known::ACCOUNTS.len());
    assert_eq!(selectors.len(), well_known::SELECTORS.len());
}
