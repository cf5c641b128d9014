use super::*;
use crate::blobs::{fuzz, testing};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, b256, hex};
use alloy_signer::SignerSync;
use proptest::prelude::*;
use seam_primitives::{Eip1559Rules, OpRules};
use std::{fs, path::Path};

/// One transaction of each type that needs no sidecar.
fn plain() -> Vec<Transaction> {
    let to = TxKind::Call(Address::repeat_byte(3));
    let input = Bytes::from_static(b"input");
    let authorization = Authorization { chain_id: U256::from(1), address: Address::ZERO, nonce: 0 };
    let signature = testing::sender().sign_hash_sync(&authorization.signature_hash()).unwrap();
    let authorization_list = vec![authorization.into_signed(signature)];
    let legacy = |chain_id| TxLegacy { chain_id, to, gas_limit: 30_000, ..TxLegacy::default() };
    vec![
        Transaction::Legacy(testing::signed(legacy(None))),
        Transaction::Legacy(testing::signed(legacy(Some(900)))),
        Transaction::Eip2930(testing::signed(TxEip2930 { to, ..TxEip2930::default() })),
        Transaction::Eip1559(testing::signed(TxEip1559 { to, input, ..TxEip1559::default() })),
        Transaction::Eip7702(testing::signed(TxEip7702 {
            authorization_list,
            ..TxEip7702::default()
        })),
    ]
}

fn error(bytes: &[u8]) -> String {
    decode_raw(bytes, Limits::default()).unwrap_err().to_string()
}

/// A string or list of RLP.
fn rlp(list: bool, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Header { list, payload_length: payload.len() }.encode(&mut out);
    [out.as_slice(), payload].concat()
}

#[test]
fn every_type_without_blobs_is_taken() {
    for transaction in plain() {
        let pooled = decode_raw(&transaction.encoded_2718(), Limits::default()).unwrap();
        assert_eq!(*pooled.transaction, transaction);
        assert_eq!(pooled.transaction.signer(), testing::sender().address());
        assert_eq!(pooled.sidecar, None);
    }
}

/// <https://github.com/Arachnid/deterministic-deployment-proxy>: signed by nobody, for any chain.
#[test]
fn the_deterministic_deployer_is_taken() {
    let raw = hex!(
        "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffff
         ffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b80
         82525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a0
         2222222222222222222222222222222222222222222222222222222222222222"
    );
    let pooled = decode_raw(&raw, Limits::default()).unwrap();
    assert_eq!(pooled.transaction.signer(), address!("3fab184622dc19b6109349b94811493bf2a45362"));
    assert_eq!(
        pooled.transaction.hash(),
        b256!("eddf9e61fb9d8f5111840daef55e5fde0041f5702856532cdbb5a02998033d26")
    );
}

#[test]
fn blob_transactions_are_taken_with_sidecars_of_both_kinds() {
    let sidecar = testing::sidecar(2);
    let transaction = testing::transaction(sidecar.versioned_hashes().collect());
    for given in [sidecar.clone().into(), AnySidecar::from(testing::eip4844(2))] {
        let pooled = decode_raw(&testing::wrapped_own(given), Limits::default()).unwrap();
        assert_eq!(*pooled.transaction, Transaction::Eip4844(transaction.clone()));
        assert_eq!(pooled.transaction.hash(), *transaction.hash());
        assert_eq!(pooled.transaction.signer(), testing::sender().address());
        assert_eq!(pooled.sidecar, Some(sidecar.clone()));
    }
}

#[test]
fn a_sidecar_of_another_transaction_is_refused() {
    let bytes = testing::wrapped(
        testing::transaction(vec![B256::repeat_byte(1)]),
        testing::sidecar(1).into(),
    );
    // The shape is right: that is found out when it is checked.
    let unchecked = decode(&bytes, Limits::default()).unwrap();
    let refused = unchecked.check().unwrap_err();
    assert!(matches!(refused, SidecarError::HashMismatch { blob: 0, .. }), "{refused}");
    assert!(error(&bytes).starts_with("blob 0: computed hash 0x01"), "{}", error(&bytes));
}

#[test]
fn a_blob_transaction_without_its_sidecar_is_refused() {
    let bytes = Transaction::Eip4844(testing::transaction(vec![B256::ZERO])).encoded_2718();
    assert_eq!(error(&bytes), "missing sidecar in blob transaction");
}

#[test]
fn unknown_types_and_deposits_are_refused() {
    for first in [0x00, 0x05, 0x7d, 0x7e, 0x7f] {
        assert_eq!(error(&[first, 0xc0]), "transaction type not supported", "{first:#x}");
    }
    let deposit = Transaction::Deposit(alloy_consensus::Sealed::new(Default::default()));
    assert_eq!(error(&deposit.encoded_2718()), "transaction type not supported");
}

#[test]
fn a_chain_without_blobs_takes_no_blob_transactions() {
    let limits = Limits { blobs: 0, ..Limits::default() };
    // With a blob it is larger than other transactions may be, but that is not what is wrong.
    for sidecar in [Sidecar::default(), testing::sidecar(1)] {
        let bytes = testing::wrapped_own(sidecar.into());
        let refused = decode_raw(&bytes, limits).unwrap_err();
        assert_eq!(refused.to_string(), "transaction type not supported");
    }
}

#[test]
fn nothing_and_garbage_are_refused() {
    assert_eq!(error(&[]), "typed transaction too short");
    assert!(error(&[0x02]).starts_with("rlp: "));
    assert!(error(&[0x80]).starts_with("rlp: "));
    assert!(error(&[0xc0]).starts_with("rlp: "));
    assert!(error(&[3, 0xc1, 0xc0]).starts_with("rlp: "));
    assert!(error(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff").starts_with("rlp: "));
}

#[test]
fn bytes_that_follow_are_refused() {
    let wrapped = testing::wrapped_own(testing::sidecar(1).into());
    let encoded = plain().into_iter().map(|transaction| transaction.encoded_2718());
    for bytes in encoded.chain([wrapped]) {
        let trailing = [bytes.as_slice(), &[0]].concat();
        assert_eq!(error(&trailing), "rlp: input contains more than one value");
        let cut = error(&bytes[..bytes.len() - 1]);
        assert!(cut.starts_with("rlp: "), "{cut}");
    }
}

#[test]
fn the_form_of_the_network_is_refused() {
    // A typed transaction inside of a string: that is how blocks and messages carry it.
    let bytes = rlp(false, &plain()[3].encoded_2718());
    assert!(error(&bytes).starts_with("rlp: "), "{}", error(&bytes));
}

#[test]
fn an_unknown_version_of_the_wrapper_is_refused() {
    let sidecar = testing::sidecar(1);
    let bytes = testing::wrapped_own(sidecar.clone().into());
    let mut fields = Vec::new();
    alloy_rlp::Encodable::encode(&sidecar.blobs, &mut fields);
    let version = bytes.windows(9).position(|at| at == [&[1], &fields[..8]].concat()).unwrap();
    for other in [0, 2, 0x80] {
        let mut changed = bytes.clone();
        changed[version] = other;
        assert!(error(&changed).starts_with("rlp: "), "{}", error(&changed));
    }
}

#[test]
fn signatures_that_nobody_made_are_refused() {
    let tx = TxEip1559 { chain_id: 1, ..TxEip1559::default() };
    let good = testing::signed(tx.clone());
    let order = U256::from_be_bytes(
        b256!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").0,
    );
    let (r, s, parity) = (good.signature().r(), good.signature().s(), good.signature().v());
    let bad = [
        // The other signature that the same key makes possible (EIP-2).
        Signature::new(r, order - s, !parity),
        Signature::new(U256::ZERO, s, parity),
        Signature::new(r, U256::ZERO, parity),
        Signature::new(order, s, parity),
    ];
    for signature in bad {
        let transaction = Transaction::Eip1559(tx.clone().into_signed(signature));
        assert_eq!(
            error(&transaction.encoded_2718()),
            "invalid sender: invalid transaction v, r, s values"
        );
    }
}

#[test]
fn size_is_limited_before_anything_is_read() {
    let garbage = |first: u8, size| [vec![first], vec![0xff; size - 1]].concat();
    for first in [0x00, 0x02, 0x7e, 0xf9] {
        let limit = MAX_TRANSACTION_BYTES;
        let expected = format!("oversized data: transaction size {}, limit {limit}", limit + 1);
        assert_eq!(error(&garbage(first, limit + 1)), expected);
        assert!(!error(&garbage(first, limit)).starts_with("oversized"));
    }
    let limit = Limits::default().bytes();
    assert!(error(&garbage(3, limit + 1)).starts_with("oversized"));
    assert!(!error(&garbage(3, limit)).starts_with("oversized"));
}

#[test]
fn the_largest_transaction_fits_and_a_larger_one_does_not() {
    let sidecar = testing::sidecar(1);
    let many = Sidecar::new(
        vec![sidecar.blobs[0]; MAX_BLOBS],
        vec![sidecar.commitments[0]; MAX_BLOBS],
        sidecar.cell_proofs.repeat(MAX_BLOBS),
    );
    let hashes: Vec<_> = many.versioned_hashes().collect();
    let sized = |input: usize| {
        let input = vec![1; input].into();
        let (tx, ..) = testing::transaction(hashes.clone()).into_parts();
        let signed = testing::signed(TxEip4844 { input, ..tx });
        let size = Transaction::Eip4844(signed.clone()).encode_2718_len();
        (size, testing::wrapped(signed, many.clone().into()))
    };
    let (empty, _) = sized(100_000);
    let (size, bytes) = sized(100_000 + MAX_TRANSACTION_BYTES - empty);
    assert_eq!(size, MAX_TRANSACTION_BYTES);
    assert!(bytes.len() <= Limits::default().bytes());
    // The limit is exact, but for the shortest headers of the lists.
    assert!(bytes.len() + WRAPPER_BYTES > Limits::default().bytes());
    decode(&bytes, Limits::default()).unwrap();
    let (_, larger) = sized(100_001 + MAX_TRANSACTION_BYTES - empty);
    assert!(error(&larger).starts_with("oversized"));
}

#[test]
fn limits_follow_the_rules_of_the_chain() {
    let mut rules = ChainRules::ethereum(1, |_| seam_primitives::Activation::GENESIS);
    assert_eq!(Limits::at(&rules, 5).blobs, 0);
    let blobs = |from_timestamp, max_per_transaction| BlobRules {
        from_timestamp,
        target: 6,
        max: 9,
        max_per_transaction,
        update_fraction: 1,
        reserve_price: true,
    };
    rules.blobs = vec![blobs(10, 9), blobs(20, 6)];
    let at = |timestamp| Limits::at(&rules, timestamp).blobs;
    assert_eq!([at(9), at(10), at(20)], [0, 9, 6]);
    assert_eq!(Limits::at(&rules, 20), Limits::default());
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    let op = OpRules::new(eip1559, |_| seam_primitives::Activation::GENESIS);
    let mut op = ChainRules::op_stack(901, op);
    op.blobs = rules.blobs;
    assert_eq!(Limits::at(&op, 20).blobs, 0);
}

/// Bytes that are almost a transaction: some of them changed, cut off, or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let blobs = [testing::sidecar(1).into(), AnySidecar::from(testing::eip4844(1))];
    let empty = [Sidecar::default().into(), AnySidecar::default()];
    let mut seeds: Vec<Vec<u8>> =
        plain().iter().map(|transaction| transaction.encoded_2718()).collect();
    seeds.extend(blobs.into_iter().chain(empty).map(testing::wrapped_own));
    seeds.push(crate::blobs::stored::encode(&[testing::sidecar(1)]));
    let seed = proptest::sample::select(seeds);
    // Headers and small fields stand at the start and at the end.
    let place = prop_oneof![0_usize..300, any::<usize>(), (0_usize..300).prop_map(|at| !at)];
    let changes = prop::collection::vec((place, any::<u8>()), 0..4);
    (seed, changes, prop::option::of(any::<prop::sample::Index>())).prop_map(
        |(mut bytes, changes, cut)| {
            for (place, byte) in changes {
                let length = bytes.len();
                let at = if place > usize::MAX / 2 { length - 1 - !place % length } else { place };
                bytes[at % length] = byte;
            }
            bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len()).max(1)));
            bytes
        },
    )
}

/// The fuzzer's committed corpus, replayed; and every file again with each of its bytes changed.
#[test]
fn the_corpus_of_the_fuzzer_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/raw_transaction");
    let mut taken = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        fuzz::raw_transaction(&bytes);
        taken += usize::from(decode(&bytes, Limits::default()).is_ok());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fuzz::raw_transaction(&changed);
        }
    }
    // A corpus of nothing but rubbish would hold as well.
    assert_eq!(taken, 9);
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(bytes in mutated()) {
        fuzz::raw_transaction(&bytes);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz::raw_transaction(&bytes);
        fuzz::raw_transaction(&[&[3], rlp(true, &bytes).as_slice()].concat());
    }
}
