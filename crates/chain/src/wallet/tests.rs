use super::*;
use crate::blobs::{AnySidecar, testing};
use alloy_consensus::{TransactionEnvelope, transaction::SignerRecoverable};
use alloy_primitives::{TxKind, U256, address, b256, hex, keccak256};
use alloy_rpc_types_eth::TransactionRequest;
use seam_primitives::{Transaction, TransactionType};
use serde_json::{Value, json};

fn accounts() -> DevAccounts {
    DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, 10).unwrap()
}

fn first() -> Address {
    accounts().addresses().next().unwrap()
}

/// As anvil and Hardhat print them.
#[test]
fn the_accounts_are_the_well_known_ones() {
    let known = [
        (
            address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
        ),
        (
            address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
        ),
        (
            address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
            b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
        ),
        (
            address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
            b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
        ),
        (
            address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
            b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
        ),
        (
            address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
            b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
        ),
        (
            address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
            b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
        ),
        (
            address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
            b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
        ),
        (
            address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
            b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
        ),
        (
            address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
            b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
        ),
    ];
    let accounts = accounts();
    assert!(accounts.addresses().eq(known.iter().map(|(address, _)| *address)));
    for (index, (address, key)) in known.into_iter().enumerate() {
        assert_eq!(accounts.private_key(index), Some(key));
        assert!(accounts.contains(address));
        assert!(!format!("{accounts:?}").contains(&hex::encode(key)));
    }
    assert_eq!(accounts.private_key(10), None);
    assert!(!accounts.contains(Address::ZERO));
}

#[test]
fn a_phrase_has_words_of_the_list_and_a_checksum() {
    for phrase in ["", "test", "not a phrase", &"test ".repeat(12), &DEFAULT_MNEMONIC[5..]] {
        let error = DevAccounts::from_mnemonic(phrase, 1).unwrap_err();
        assert!(matches!(error, WalletError::Mnemonic(_)), "{phrase}: {error}");
    }
}

#[test]
fn messages_are_signed_as_personal_sign_does() {
    let message = b"hello";
    let signature = accounts().sign_message(first(), message).unwrap();
    assert_eq!(signature.recover_address_from_msg(message).unwrap(), first());
    let hash = keccak256(b"\x19Ethereum Signed Message:\n5hello");
    assert_eq!(signature.recover_address_from_prehash(&hash).unwrap(), first());
    assert!([27, 28].contains(&signature.as_bytes()[64]));
}

/// The example of EIP-712.
fn mail() -> Value {
    json!({
        "types": {
            "EIP712Domain": [
                { "name": "name", "type": "string" },
                { "name": "version", "type": "string" },
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" }
            ],
            "Person": [
                { "name": "name", "type": "string" },
                { "name": "wallet", "type": "address" }
            ],
            "Mail": [
                { "name": "from", "type": "Person" },
                { "name": "to", "type": "Person" },
                { "name": "contents", "type": "string" }
            ]
        },
        "primaryType": "Mail",
        "domain": {
            "name": "Ether Mail",
            "version": "1",
            "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"
        },
        "message": {
            "from": { "name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
            "to": { "name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
            "contents": "Hello, Bob!"
        }
    })
}

/// The EIP gives the signature of the key `keccak256("cow")`.
#[test]
fn typed_data_is_signed_as_the_eip_says() {
    let cow = PrivateKeySigner::from_bytes(&keccak256("cow")).unwrap();
    let from = cow.address();
    assert_eq!(from, address!("CD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"));
    let accounts = DevAccounts { signers: vec![cow] };
    let expected = hex!(
        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
        "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
        "1c"
    );
    let signature = accounts.sign_typed_data_v4(from, mail()).unwrap();
    assert_eq!(signature.as_bytes(), expected);
    let text = Value::String(mail().to_string());
    assert_eq!(accounts.sign_typed_data_v4(from, text).unwrap(), signature);
}

#[test]
fn typed_data_that_is_none_is_refused() {
    let error = accounts().sign_typed_data_v4(first(), json!({})).unwrap_err();
    assert!(matches!(error, WalletError::TypedDataJson(_)), "{error}");
    let mut unknown_type = mail();
    unknown_type["primaryType"] = "Letter".into();
    let mut wrong_value = mail();
    wrong_value["message"]["from"]["wallet"] = "cow".into();
    for data in [unknown_type, wrong_value] {
        let error = accounts().sign_typed_data_v4(first(), data).unwrap_err();
        assert!(matches!(error, WalletError::TypedData(_)), "{error}");
    }
}

fn request() -> TransactionRequest {
    TransactionRequest {
        chain_id: Some(900),
        nonce: Some(7),
        gas: Some(50_000),
        to: Some(TxKind::Call(Address::repeat_byte(5))),
        value: Some(U256::from(3)),
        ..TransactionRequest::default()
    }
}

/// A request for each type of transaction.
fn requests() -> Vec<(TransactionType, TransactionRequest)> {
    let legacy = TransactionRequest { gas_price: Some(9), ..request() };
    let access_list =
        TransactionRequest { access_list: Some(Default::default()), ..legacy.clone() };
    let fees = TransactionRequest {
        max_fee_per_gas: Some(9),
        max_priority_fee_per_gas: Some(1),
        ..request()
    };
    let blobs = TransactionRequest {
        max_fee_per_blob_gas: Some(2),
        sidecar: Some(testing::sidecar(1).into()),
        ..fees.clone()
    };
    let authorizations =
        TransactionRequest { authorization_list: Some(Vec::new()), ..fees.clone() };
    vec![
        (TransactionType::Legacy, legacy),
        (TransactionType::Eip2930, access_list),
        (TransactionType::Eip1559, fees),
        (TransactionType::Eip4844, blobs),
        (TransactionType::Eip7702, authorizations),
    ]
}

#[test]
fn every_type_of_transaction_is_built_and_signed() {
    for (ty, request) in requests() {
        let built = build(request).unwrap();
        assert_eq!(built.sidecar.is_some(), ty == TransactionType::Eip4844);
        let signed = accounts().sign_transaction(first(), built.transaction).unwrap();
        assert_eq!(signed.tx_type(), ty);
        assert_eq!(signed.recover_signer().unwrap(), first());
        assert_eq!(alloy_consensus::Transaction::chain_id(&signed), Some(900));
        assert_eq!(alloy_consensus::Transaction::nonce(&signed), 7);
    }
}

#[test]
fn a_blob_transaction_names_the_blobs_of_its_sidecar() {
    let (_, request) = requests().swap_remove(3);
    let built = build(request.clone()).unwrap();
    let sidecar = AnySidecar::from(testing::sidecar(1));
    let hashes = testing::hashes(&sidecar);
    assert_eq!(built.sidecar, Some(sidecar));
    let signed = accounts().sign_transaction(first(), built.transaction).unwrap();
    let Transaction::Eip4844(tx) = signed else { panic!("{signed:?}") };
    assert_eq!(tx.tx().blob_versioned_hashes, hashes);
    let named = TransactionRequest {
        sidecar: None,
        blob_versioned_hashes: Some(hashes.clone()),
        ..request
    };
    let built = build(named).unwrap();
    assert_eq!(built.sidecar, None);
    let UnsignedTransaction::Eip4844(tx) = built.transaction else { panic!("{built:?}") };
    assert_eq!(tx.blob_versioned_hashes, hashes);
}

#[test]
fn a_request_that_lacks_a_field_is_refused() {
    for (ty, request) in requests() {
        let lacking = [
            TransactionRequest { chain_id: None, ..request.clone() },
            TransactionRequest { nonce: None, ..request.clone() },
            TransactionRequest { gas: None, ..request },
        ];
        for (field, request) in ["chainId", "nonce", "gas"].into_iter().zip(lacking) {
            let error = build(request).unwrap_err();
            assert!(matches!(error, WalletError::Incomplete(_)), "{ty:?} {field}");
            assert!(error.to_string().contains(field), "{ty:?}: {error}");
        }
    }
}

#[test]
fn accounts_whose_keys_are_elsewhere_sign_nothing() {
    let stranger = Address::repeat_byte(1);
    let unknown = |error: WalletError| {
        assert!(matches!(error, WalletError::UnknownAccount(address) if address == stranger));
    };
    unknown(accounts().sign_message(stranger, b"hello").unwrap_err());
    unknown(accounts().sign_typed_data_v4(stranger, mail()).unwrap_err());
    let (_, request) = requests().swap_remove(0);
    let transaction = build(request).unwrap().transaction;
    unknown(accounts().sign_transaction(stranger, transaction).unwrap_err());
}
