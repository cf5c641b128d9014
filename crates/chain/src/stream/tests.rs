use super::*;
use alloy_consensus::{Header, SignableTransaction as _, TxLegacy};
use alloy_primitives::{TxKind, hex};
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use proptest::prelude::*;
use seam_primitives::Transaction;
use serde_json::Value;

const CHAIN_ID: u64 = 901;

fn key(byte: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap()
}

/// A block with one transaction; what it does does not matter here.
fn block() -> Block {
    let transaction = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        ..TxLegacy::default()
    };
    let signature = key(3).sign_hash_sync(&transaction.signature_hash()).unwrap();
    let transactions = vec![Transaction::Legacy(transaction.into_signed(signature))];
    let header = Header {
        number: 7,
        transactions_root: calculate_transaction_root(&transactions),
        withdrawals_root: Some(B256::repeat_byte(5)),
        base_fee_per_gas: Some(1),
        ..Header::default()
    };
    Block { header, transactions, ommers: Vec::new(), withdrawals: Some(Vec::new()) }
}

fn message(signer: &PrivateKeySigner, block: &Block) -> SignedBlock {
    BlockSigner::new(signer.clone(), CHAIN_ID).sign(block.header.hash_slow(), block).unwrap()
}

/// The vector of `testdata/unsafe-stream`; cast made its signature.
fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/unsafe-stream/block.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_golden_message_is_the_one_that_is_signed_here() {
    let golden = golden();
    let text = |field: &str| golden[field].as_str().unwrap().to_owned();
    let signer: PrivateKeySigner = text("privateKey").parse().unwrap();
    assert_eq!(signer.address().to_string(), text("signer"));
    let expected: SignedBlock = serde_json::from_value(golden["message"].clone()).unwrap();
    let hash = signing_hash(golden["chainId"].as_u64().unwrap(), 7, expected.hash);
    assert_eq!(hash.to_string(), text("signingHash"));
    assert_eq!(hex::encode_prefixed(DOMAIN), text("domain"));
    let ours = message(&signer, &block());
    assert_eq!(serde_json::to_value(&ours).unwrap(), golden["message"]);
    assert_eq!(expected.check(CHAIN_ID, signer.address()), Ok(block()));
}

#[test]
fn another_key_chain_number_or_hash_is_not_believed() {
    let (signer, block) = (key(1), block());
    let good = message(&signer, &block);
    let refused = |message: &SignedBlock, chain_id| {
        let error = message.check(chain_id, signer.address()).unwrap_err();
        assert!(matches!(error, SignedBlockError::OtherSigner { .. }), "{error}");
    };
    refused(&message(&key(2), &block), CHAIN_ID);
    refused(&good, CHAIN_ID + 1);
    refused(&SignedBlock { number: U64::from(8), ..good.clone() }, CHAIN_ID);
    refused(&SignedBlock { hash: B256::ZERO, ..good.clone() }, CHAIN_ID);
}

#[test]
fn a_signature_has_one_form() {
    let (signer, block) = (key(1), block());
    let good = message(&signer, &block);
    let refused = |signature: Vec<u8>| {
        let message = SignedBlock { signature: signature.into(), ..good.clone() };
        let error = message.check(CHAIN_ID, signer.address()).unwrap_err();
        assert_eq!(error, SignedBlockError::NoSignature(7));
    };
    let bytes = good.signature.to_vec();
    refused(bytes[..64].to_vec());
    refused([&bytes[..], &[0]].concat());
    refused([&bytes[..64], &[bytes[64] + 27]].concat());
    // The other s with the other parity is of the same key.
    let signature = Signature::from_raw(&bytes).unwrap();
    let order = U256::from_be_slice(&hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let high = Signature::new(signature.r(), order - signature.s(), !signature.v());
    refused(high.as_rsy().to_vec());
    refused(vec![0; 65]);
}

/// Whoever stands between has a signed message, and puts another body under its header.
#[test]
fn a_body_that_is_not_the_headers_is_not_believed() {
    let (signer, block) = (key(1), block());
    let good = message(&signer, &block);
    let refused = |change: &dyn Fn(&mut Block)| {
        let mut block = block.clone();
        change(&mut block);
        let message = SignedBlock { block: alloy_rlp::encode(&block).into(), ..good.clone() };
        let error = message.check(CHAIN_ID, signer.address()).unwrap_err();
        assert_eq!(error, SignedBlockError::OtherBlock(7));
    };
    refused(&|block| block.header.gas_limit = 1);
    refused(&|block| block.transactions.clear());
    refused(&|block| block.transactions.push(block.transactions[0].clone()));
    refused(&|block| block.ommers.push(Header::default()));
    refused(&|block| block.withdrawals = None);
    refused(&|block| block.withdrawals = Some(vec![Default::default()]));
    let cut = good.block[..good.block.len() - 1].to_vec();
    let error = SignedBlock { block: cut.into(), ..good }.check(CHAIN_ID, signer.address());
    assert!(matches!(error, Err(SignedBlockError::Unreadable { .. })), "{error:?}");
}

#[test]
fn a_block_over_the_limit_is_neither_signed_nor_read() {
    let (signer, mut block) = (key(1), block());
    let good = message(&signer, &block);
    let bytes = Bytes::from(vec![0; MAX_BLOCK_BYTES + 1]);
    let error = SignedBlock { block: bytes, ..good }.check(CHAIN_ID, signer.address());
    assert!(matches!(error, Err(SignedBlockError::TooLarge { number: 7, .. })), "{error:?}");
    block.header.extra_data = vec![0; MAX_BLOCK_BYTES].into();
    let signer = BlockSigner::new(signer, CHAIN_ID);
    assert_eq!(signer.sign(block.header.hash_slow(), &block), None);
}

#[test]
fn the_largest_answer_fits_into_a_message() {
    let one = message(&key(1), &block());
    let largest = SignedBlock { number: U64::MAX, block: Bytes::new(), ..one };
    let beside = serde_json::to_string(&largest).unwrap().len() + 1;
    let blocks = usize::try_from(MAX_BLOCKS).unwrap();
    let bytes = 2 * MAX_BLOCK_BYTES + blocks * beside + 1_000;
    assert!(bytes <= MAX_MESSAGE_BYTES as usize, "{bytes}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No flipped bit anywhere in a message is believed.
    #[test]
    fn no_other_message_than_the_one_that_was_signed_is_believed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let signer = key(1);
        let good = message(&signer, &block());
        let (numbered, signed) = (good.number.to_be_bytes::<8>(), good.signature.len());
        let mut bytes = [&numbered[..], good.hash.as_slice(), &good.signature, &good.block].concat();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let (number, rest) = bytes.split_at(8);
        let (hash, rest) = rest.split_at(32);
        let (signature, block) = rest.split_at(signed);
        let other = SignedBlock {
            number: U64::from_be_slice(number),
            hash: B256::from_slice(hash),
            block: Bytes::copy_from_slice(block),
            signature: Bytes::copy_from_slice(signature),
        };
        prop_assert!(other.check(CHAIN_ID, signer.address()).is_err());
        prop_assert!(good.check(CHAIN_ID, signer.address()).is_ok());
    }
}

/// The corpus of the fuzzer, each file and what it is with each of its bytes changed.
#[test]
fn the_corpus_of_messages_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/signed_block");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        fuzz::signed_block(&bytes);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fuzz::signed_block(&changed);
        }
        files += 1;
    }
    assert!(files > 0);
}
