use super::*;
use proptest::prelude::*;

const ACCOUNT: Address = Address::repeat_byte(7);

fn signed(id: &str, nonce: u64) -> Record {
    Record::Signed(Signed {
        id: id.to_owned(),
        content: B256::repeat_byte(1),
        nonce,
        hash: B256::repeat_byte(2),
        max_fee: U128::from(u128::MAX),
        priority_fee: U128::from(1),
        max_blob_fee: None,
        raw: Bytes::from_static(&[2, 3, 4]),
    })
}

fn mined(id: &str) -> Record {
    Record::Mined(Mined { id: id.to_owned(), hash: B256::repeat_byte(2), block: 9 })
}

fn open(path: &Path) -> Result<(Journal, Vec<Record>), JournalError> {
    Journal::open(path, 900, ACCOUNT)
}

/// A journal with these records, and its path.
fn journal(records: &[Record]) -> (tempfile::TempDir, PathBuf) {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("a/journal");
    let (mut journal, found) = open(&path).unwrap();
    assert_eq!(found, []);
    records.iter().for_each(|record| journal.append(record).unwrap());
    (base, path)
}

#[test]
fn what_was_appended_is_there_after_it_is_opened_again() {
    let records = [signed("a \"quoted\"\n line", 0), mined("a \"quoted\"\n line"), signed("b", 1)];
    let (_base, path) = journal(&records);
    assert_eq!(open(&path).unwrap().1, records);
    assert_eq!(open(&path).unwrap().1, records);
}

/// The format is a promise: a journal that a version wrote is read by the next.
#[test]
fn the_format_is_as_documented() {
    let (_base, path) = journal(&[signed("a", 3), mined("a")]);
    let text = fs::read_to_string(&path).unwrap();
    let json: Vec<&str> = text.lines().map(|line| &line[9..]).collect();
    let account = "0x0707070707070707070707070707070707070707";
    let (one, two) = (B256::repeat_byte(1), B256::repeat_byte(2));
    assert_eq!(
        json,
        [
            format!(r#"{{"journal":{{"format":1,"chainId":900,"account":"{account}"}}}}"#),
            format!(
                r#"{{"signed":{{"id":"a","content":"{one}","nonce":3,"hash":"{two}","maxFee":"0xffffffffffffffffffffffffffffffff","priorityFee":"0x1","raw":"0x020304"}}}}"#
            ),
            format!(r#"{{"mined":{{"id":"a","hash":"{two}","block":9}}}}"#),
        ]
    );
    assert_eq!(text.lines().next().unwrap()[..9], format!("{} ", sum(json[0])));
}

#[test]
fn one_with_blobs_says_what_it_offers_for_them() {
    let Record::Signed(plain) = signed("a", 3) else { unreachable!() };
    let record = Record::Signed(Signed { max_blob_fee: Some(U128::from(5)), ..plain });
    let (_base, path) = journal(std::slice::from_ref(&record));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(r#""priorityFee":"0x1","maxBlobFee":"0x5","raw""#), "{text}");
    assert_eq!(open(&path).unwrap().1, [record]);
}

#[test]
fn two_at_a_time_and_other_owners_are_refused() {
    let (_base, path) = journal(&[]);
    let held = open(&path).unwrap();
    assert!(matches!(open(&path), Err(JournalError::InUse(_))));
    drop(held);
    let error = Journal::open(&path, 901, ACCOUNT).unwrap_err().to_string();
    assert!(error.contains("on chain 900, not of") && error.contains("on chain 901"), "{error}");
    assert!(matches!(Journal::open(&path, 900, Address::ZERO), Err(JournalError::Other { .. })));
}

#[test]
fn zero_bytes_at_the_end_are_what_a_crash_left_and_other_damage_is_an_error() {
    let (_base, path) = journal(&[signed("a", 0)]);
    let text = fs::read(&path).unwrap();
    fs::write(&path, [&text[..], &[0; 50], b"\n"].concat()).unwrap();
    assert_eq!(open(&path).unwrap().1.len(), 1);
    assert_eq!(fs::read(&path).unwrap(), text);
    for at in [0, 12, text.len() - 10] {
        let mut text = text.clone();
        text[at] ^= 1;
        fs::write(&path, text).unwrap();
        assert!(matches!(open(&path), Err(JournalError::Damaged { .. })), "{at}");
    }
}

proptest! {
    /// Cut anywhere, it has the records before the cut, and takes more.
    #[test]
    fn a_torn_end_is_removed(count in 0usize..4, cut in 0usize..2_000) {
        let records: Vec<Record> = (0..count).map(|n| signed(&n.to_string(), n as u64)).collect();
        let (_base, path) = journal(&records);
        let text = fs::read(&path).unwrap();
        let cut = cut % (text.len() + 1);
        fs::write(&path, &text[..cut]).unwrap();
        let (mut journal, found) = open(&path).unwrap();
        let whole = text[..cut].iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(&found[..], &records[..whole.saturating_sub(1)]);
        journal.append(&mined("x")).unwrap();
        drop(journal);
        let found = open(&path).unwrap().1;
        prop_assert_eq!(found.last().unwrap(), &mined("x"));
        prop_assert_eq!(found.len(), whole.saturating_sub(1) + 1);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("journal");
        fs::write(&path, bytes).unwrap();
        let _ = open(&path);
    }
}
