use super::*;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;

/// The first is from the definition of the format (Web3 Secret Storage, "Test vectors"); ethers 6.17
/// wrote the second. The definition's own for scrypt has parameters that RFC 7914 does not allow.
const VECTORS: [&str; 2] = [
    r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
    "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
    "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
    "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#,
    r#"{"address":"008aeeda4d805471df9b2a5b0f38a0c3bcba786b",
    "id":"69ae0fbd-74ad-40ca-840c-888c41d48e36","version":3,"Crypto":{"cipher":"aes-128-ctr",
    "cipherparams":{"iv":"3b148072fe0e352b92791c1a195fc226"},
    "ciphertext":"14eb86b64dba212631090e4dd14613e1940c3d4d20d89799974b3bb565ad0571","kdf":"scrypt",
    "kdfparams":{"salt":"9e00eecdb0f33aeb962eff0ce9bfb8208d638583461851f149446df714d0638c",
    "n":4096,"dklen":32,"p":1,"r":8},
    "mac":"eb1648881d302214407446dbe85e44ac3d36d5d804a490702d5dc49219b5a7d5"}}"#,
];
const VECTOR_KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const VECTOR_ADDRESS: &str = "008aeeda4d805471df9b2a5b0f38a0c3bcba786b";

fn keystore() -> (tempfile::TempDir, Keystore) {
    let base = tempfile::tempdir().unwrap();
    let keystore = Keystore::new(base.path().join("a/keys"));
    (base, keystore)
}

/// A file with these rights in the keystore.
fn put(keystore: &Keystore, name: &str, text: &str, mode: u32) -> PathBuf {
    fs::create_dir_all(keystore.folder()).unwrap();
    let path = keystore.folder().join(format!("{name}.json"));
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_vectors_of_the_format_open() {
    let (_base, keystore) = keystore();
    for vector in VECTORS {
        put(&keystore, "v", vector, 0o600);
        let signer = keystore.load("v", "testpassword").unwrap();
        assert_eq!(hex::encode(signer.to_bytes()), VECTOR_KEY);
        assert_eq!(hex::encode(signer.address()), VECTOR_ADDRESS);
    }
}

#[test]
fn a_new_key_opens_with_its_password_alone_and_only_its_owner_reads_it() {
    let (_base, keystore) = keystore();
    let signer = keystore.create("batcher", "secret").unwrap();
    assert_eq!(keystore.load("batcher", "secret").unwrap(), signer);
    let error = keystore.load("batcher", "Secret").unwrap_err();
    assert!(matches!(error, KeystoreError::Password(_)), "{error}");
    let path = keystore.path("batcher").unwrap();
    assert_eq!((mode(&path), mode(keystore.folder())), (0o600, 0o700));
    assert_ne!(keystore.create("proposer", "secret").unwrap().address(), signer.address());
    let names: Vec<_> =
        keystore.list().unwrap().into_iter().map(|key| (key.name, key.address)).collect();
    assert_eq!(names[0], ("batcher".to_owned(), Some(signer.address())));
    assert_eq!(names.len(), 2);
    // Nothing but the keys is left.
    assert_eq!(fs::read_dir(keystore.folder()).unwrap().count(), 2);
}

#[test]
fn a_name_is_taken_once() {
    let (_base, keystore) = keystore();
    let first = keystore.create("a", "x").unwrap();
    assert!(matches!(keystore.create("a", "y"), Err(KeystoreError::Taken { .. })));
    assert_eq!(keystore.load("a", "x").unwrap(), first);
    for bad in ["", ".", "..", "a/b", "../a", "a.1", "-a", "a b", "ä", &"a".repeat(65)] {
        assert!(matches!(keystore.create(bad, "x"), Err(KeystoreError::Name(_))), "{bad}");
        assert!(keystore.load(bad, "x").is_err(), "{bad}");
    }
    assert!(matches!(keystore.load("b", "x"), Err(KeystoreError::Missing { .. })));
    assert!(matches!(keystore.create("b", ""), Err(KeystoreError::NoPassword)));
    assert!(keystore.list().unwrap().len() == 1);
}

#[test]
fn a_rotated_key_keeps_its_file_under_another_name() {
    let (_base, keystore) = keystore();
    assert!(matches!(keystore.rotate("a", "x"), Err(KeystoreError::Missing { .. })));
    let first = keystore.create("a", "x").unwrap();
    let (second, old) = keystore.rotate("a", "y").unwrap();
    assert_eq!(old, "a.1");
    assert_eq!(keystore.load("a.1", "x").unwrap(), first);
    assert_eq!(keystore.load("a", "y").unwrap(), second);
    assert_eq!(keystore.rotate("a", "y").unwrap().1, "a.2");
    assert_eq!(keystore.load("a.2", "y").unwrap(), second);
    assert_eq!(keystore.list().unwrap().len(), 3);
}

#[test]
fn what_others_can_read_is_refused() {
    let (_base, keystore) = keystore();
    let path = put(&keystore, "v", VECTORS[0], 0o644);
    let error = keystore.load("v", "testpassword").unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
    assert!(matches!(password_from_file(&path), Err(KeystoreError::Exposed(_))));
}

#[test]
fn a_password_is_the_first_line_of_its_file() {
    let (_base, keystore) = keystore();
    for (text, expected) in
        [("a b\nc\n", Some("a b")), ("a\r\n", Some("a")), ("\n", None), ("", None)]
    {
        let path = put(&keystore, "p", text, 0o600);
        assert_eq!(password_from_file(&path).ok().as_deref(), expected, "{text:?}");
    }
    let path = put(&keystore, "p", &"a".repeat(4_097), 0o400);
    assert!(password_from_file(&path).unwrap_err().to_string().contains("4,096"));
}

#[test]
fn a_key_is_64_hexadecimal_digits_and_is_not_repeated_in_errors() {
    let key = format!(" 0x{VECTOR_KEY}\n");
    assert_eq!(hex::encode(parse_key(&key).unwrap().address()), VECTOR_ADDRESS);
    assert!(parse_key(VECTOR_KEY).is_ok());
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    for bad in ["", "0x", &VECTOR_KEY[1..], &"0".repeat(64), order, &"g".repeat(64)] {
        let error = parse_key(bad).unwrap_err().to_string();
        assert!(bad.is_empty() || !error.contains(bad) || bad == "0x", "{error}");
    }
}

#[test]
fn a_file_that_asks_for_too_much_or_is_cut_is_refused_and_nothing_panics() {
    let (_base, keystore) = keystore();
    let iv = "3b148072fe0e352b92791c1a195fc226";
    for (from, to) in [
        ("\"n\":4096", "\"n\":1073741824"),
        ("\"n\":4096", "\"n\":0"),
        ("\"n\":4096", "\"n\":1000"),
        ("\"p\":1", "\"p\":4000000000"),
        ("\"r\":8", "\"r\":0"),
        ("\"dklen\":32", "\"dklen\":8"),
        ("\"dklen\":32", "\"dklen\":-1"),
        (iv, "3b148072"),
        (iv, "gg"),
        ("aes-128-ctr", "aes-128-cbc"),
        ("\"scrypt\"", "\"argon2\""),
        ("\"version\":3", "\"version\":1"),
        ("\"Crypto\"", "\"cripto\""),
    ] {
        let text = VECTORS[1].replace(from, to);
        assert_ne!(text, VECTORS[1], "{from}");
        put(&keystore, "v", &text, 0o600);
        let error = keystore.load("v", "testpassword").unwrap_err();
        assert!(matches!(error, KeystoreError::Format { .. }), "{to}: {error}");
    }
    put(&keystore, "v", &VECTORS[0].replace("\"c\":262144", "\"c\":4294967295"), 0o600);
    assert!(matches!(keystore.load("v", "x"), Err(KeystoreError::Format { .. })));
    put(&keystore, "v", &" ".repeat(70_000), 0o600);
    assert!(keystore.load("v", "x").unwrap_err().to_string().contains("65536"));
}

#[test]
fn a_file_with_the_address_of_another_is_refused() {
    let (_base, keystore) = keystore();
    let other = VECTORS[1].replace(VECTOR_ADDRESS, &"11".repeat(20));
    put(&keystore, "v", &other, 0o600);
    let error = keystore.load("v", "testpassword").unwrap_err();
    assert!(matches!(error, KeystoreError::OtherAddress { .. }), "{error}");
    assert_eq!(keystore.list().unwrap()[0].address, Some(Address::repeat_byte(0x11)));
}

/// A file that opens fast.
const FAST: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":2,"p":1,"r":1,"salt":"ab"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;

proptest! {
    #[test]
    fn no_bytes_in_a_file_make_it_panic(at in 0usize..FAST.len(), new in any::<[u8; 2]>(), cut in any::<bool>()) {
        let (_base, keystore) = keystore();
        let mut bytes = FAST.as_bytes().to_vec();
        if cut { bytes.truncate(at) } else { bytes.splice(at..=at, new); }
        let path = put(&keystore, "v", "", 0o600);
        fs::write(&path, bytes).unwrap();
        prop_assert!(keystore.load("v", "x").is_err());
    }
}
