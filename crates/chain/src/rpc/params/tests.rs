use super::*;
use proptest::prelude::*;
use serde_json::json;

fn args(text: &'static str) -> Args {
    Args::parse(&Params::new(Some(text)), 4, 9).unwrap()
}

#[test]
fn parameters_are_an_array_of_limited_length() {
    assert!(Args::parse(&Params::new(None), 0, 0).is_ok());
    assert!(Args::parse(&Params::new(Some("[]")), 0, 1).is_ok());
    let refused = |text| Args::parse(&Params::new(Some(text)), 1, 4).unwrap_err();
    assert!(refused("[[1,2,3,4]]").message.starts_with("too many values"));
    assert_eq!(refused("[1,2]").message, "too many arguments, want at most 1");
    assert_eq!(refused("{}").message, "non-array args");
    assert_eq!(refused("[1").code, super::super::error::INVALID_PARAMS);
}

#[test]
fn what_is_missing_or_wrong_is_named_by_its_place() {
    let args = args(r#"["0x1", null, "1"]"#);
    assert_eq!(args.required::<Quantity>(0), Ok(Quantity(1)));
    assert_eq!(args.optional::<Quantity>(1), Ok(None));
    let missing = args.required::<Quantity>(1).unwrap_err();
    assert_eq!(missing.message, "missing value for required argument 1");
    let wrong = args.required::<Quantity>(2).unwrap_err();
    assert_eq!(wrong.message, "invalid argument 2: hex string without 0x prefix");
}

#[test]
fn quantities_are_as_strict_as_those_of_geth() {
    let parse = |text: &str| Quantity::parse(text).map(|Quantity(number)| number);
    assert_eq!(parse("0x0"), Ok(0));
    assert_eq!(parse("0xffffffffffffffff"), Ok(u64::MAX));
    assert_eq!(parse("0X1f"), Ok(31));
    for (text, words) in [
        ("", "empty hex string"),
        ("0x", "hex string \"0x\""),
        ("12", "hex string without 0x prefix"),
        ("0x01", "hex number with leading zero digits"),
        ("0x10000000000000000", "hex number > 64 bits"),
        ("0xg", "invalid hex string"),
        ("0x+1", "invalid hex string"),
        ("0x-1", "invalid hex string"),
    ] {
        assert_eq!(parse(text), Err(words.to_owned()), "{text}");
    }
}

#[test]
fn a_number_is_a_quantity_or_plain() {
    assert_eq!(Number::from_value(&json!(5)), Ok(Number(5)));
    assert_eq!(Number::from_value(&json!("0x5")), Ok(Number(5)));
    assert!(Number::from_value(&json!(-5)).is_err());
    assert!(Number::from_value(&json!(5.5)).is_err());
}

#[test]
fn data_has_an_even_number_of_digits_and_a_fixed_length_where_it_must() {
    assert_eq!(Bytes::from_value(&json!("0x")), Ok(Bytes::new()));
    assert_eq!(Bytes::from_value(&json!("0xAb01")), Ok(Bytes::from_static(&[0xab, 1])));
    let odd = Bytes::from_value(&json!("0xabc")).unwrap_err();
    assert_eq!(odd, "hex string of odd length");
    assert_eq!(Bytes::from_value(&json!("0xzz")).unwrap_err(), "invalid hex string");
    let short = Address::from_value(&json!("0x0102")).unwrap_err();
    assert_eq!(short, "hex string has length 4, want 40 for address");
    assert!(B256::from_value(&json!(format!("0x{}", "00".repeat(33)))).is_err());
    assert_eq!(Address::from_value(&json!(7)).unwrap_err(), "non-string");
}

#[test]
fn a_block_is_named_in_every_form_of_eip_1898() {
    let hash = B256::repeat_byte(7);
    let parse = |value: Value| BlockId::from_value(&value);
    assert_eq!(parse(json!("latest")), Ok(BlockId::Tag(BlockTag::Latest)));
    assert_eq!(parse(json!("0x10")), Ok(BlockId::Tag(BlockTag::Number(16))));
    assert_eq!(parse(json!(hash)), Ok(BlockId::Hash(hash)));
    let object = json!({ "blockHash": hash, "requireCanonical": true });
    assert_eq!(parse(object), Ok(BlockId::Hash(hash)));
    let object = json!({ "blockNumber": "finalized" });
    assert_eq!(parse(object), Ok(BlockId::Tag(BlockTag::Finalized)));
    assert!(parse(json!({ "blockHash": hash, "blockNumber": "0x1" })).is_err());
    assert!(parse(json!({})).is_err());
    assert!(parse(json!(1)).is_err());
    assert!(parse(json!("newest")).is_err());
}

#[test]
fn storage_keys_may_be_short_odd_and_without_prefix() {
    let slot = |text: &str| StorageKey::parse(&json!(text)).map(|key| key.slot);
    assert_eq!(slot("0x00"), Ok(U256::ZERO));
    assert_eq!(slot("0x123"), Ok(U256::from(0x123)));
    assert_eq!(slot("ff"), Ok(U256::from(255)));
    assert_eq!(slot(&format!("0x{}", "ff".repeat(32))), Ok(U256::MAX));
    let long = StorageKey::parse(&json!(format!("0x{}", "0".repeat(65)))).unwrap_err();
    assert!(long.message.starts_with("storage key too long (want at most 32 bytes): \"0x0"));
    let wrong = StorageKey::parse(&json!("0xasdf")).unwrap_err();
    assert_eq!(wrong.message, "invalid hex in storage key: \"0xasdf\"");
}

#[test]
fn a_storage_key_is_answered_as_it_was_given() {
    let written = |text: &str| StorageKey::parse(&json!(text)).unwrap().written();
    assert_eq!(written("0x00"), "0x0");
    assert_eq!(written("0x0123"), "0x123");
    let full = format!("0x{}1", "0".repeat(63));
    assert_eq!(written(&full), full);
}

proptest! {
    /// Whatever is sent: no panic, and what is read is written back alike.
    #[test]
    fn no_text_makes_a_parser_panic(text in ".*") {
        let value = json!(text);
        let _ = (BlockId::from_value(&value), Bytes::from_value(&value), StorageKey::parse(&value));
        if let Ok(Quantity(number)) = Quantity::parse(&text) {
            prop_assert_eq!(format!("{number:#x}"), text.to_lowercase());
        }
    }

    #[test]
    fn every_number_survives(number: u64) {
        prop_assert_eq!(Quantity::parse(&format!("{number:#x}")), Ok(Quantity(number)));
    }
}
