use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

const KEEP: u64 = 10 * DAY;

fn hash(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

fn blob(byte: u8) -> Blob {
    Blob::repeat_byte(byte)
}

fn open(directory: &Path) -> BlobStore {
    BlobStore::open(directory, KEEP).unwrap()
}

fn put(store: &BlobStore, timestamp: u64, bytes: &[u8]) {
    let blobs: Vec<(B256, Blob)> = bytes.iter().map(|byte| (hash(*byte), blob(*byte))).collect();
    store.put(timestamp, blobs.iter().map(|(hash, blob)| (*hash, blob))).unwrap();
}

fn has(store: &BlobStore, byte: u8) -> bool {
    match store.get(&hash(byte)) {
        Some(found) => {
            assert_eq!(*found, blob(byte));
            true
        }
        None => false,
    }
}

fn file_of(directory: &Path, day: u64, byte: u8) -> PathBuf {
    file::path(&directory.join(day.to_string()), &hash(byte))
}

#[test]
fn what_is_kept_is_there_after_opening_again() {
    let base = tempfile::tempdir().unwrap();
    let directory = base.path().join("blobs");
    let store = open(&directory);
    put(&store, 5 * DAY + 7, &[1, 2]);
    assert!(has(&store, 1) && has(&store, 2) && !has(&store, 3));
    let store = open(&directory);
    assert!(has(&store, 1) && has(&store, 2) && store.count() == 2);
    let metrics = store.metrics();
    assert_eq!((metrics.count.get(), metrics.bytes.get()), (2, 2 * 131_152));
    let bytes = fs::read(file_of(&directory, 5, 1)).unwrap();
    assert_eq!((bytes.len(), &bytes[..8]), (131_152, &b"SEAMBLB1"[..]));
    assert_eq!(bytes[8..16], (5 * DAY + 7).to_be_bytes());
}

#[test]
fn a_torn_file_is_none_and_is_written_again() {
    let base = tempfile::tempdir().unwrap();
    for tear in [
        |bytes: &mut Vec<u8>| bytes.truncate(70_000),
        |bytes: &mut Vec<u8>| bytes.clear(),
        |bytes: &mut Vec<u8>| bytes.push(0),
        |bytes: &mut Vec<u8>| bytes[50_000] ^= 1,
        |bytes: &mut Vec<u8>| bytes[131_151] ^= 1,
    ] {
        let store = open(base.path());
        put(&store, DAY, &[1, 2]);
        let path = file_of(base.path(), 1, 1);
        let mut bytes = fs::read(&path).unwrap();
        tear(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let store = open(base.path());
        assert!(!has(&store, 1) && has(&store, 2) && !path.exists());
        assert_eq!(store.count(), 1);
        put(&store, DAY, &[1]);
        assert!(has(&store, 1));
    }
}

#[test]
fn another_blobs_file_and_unfinished_ones_are_not_taken() {
    let base = tempfile::tempdir().unwrap();
    put(&open(base.path()), DAY, &[1]);
    fs::copy(file_of(base.path(), 1, 1), file_of(base.path(), 1, 9)).unwrap();
    let unfinished = base.path().join("1").join(".tmpAbC");
    fs::write(&unfinished, [1, 2]).unwrap();
    fs::write(base.path().join("README"), "not a day").unwrap();
    let store = open(base.path());
    assert!(has(&store, 1) && !has(&store, 9) && !unfinished.exists());
    assert!(base.path().join("README").exists());
}

#[test]
fn blobs_go_when_their_whole_day_is_old_enough() {
    let base = tempfile::tempdir().unwrap();
    let store = open(base.path());
    put(&store, 3 * DAY, &[1]);
    put(&store, 4 * DAY - 1, &[2]);
    put(&store, 4 * DAY, &[3]);
    let end = 4 * DAY + KEEP;
    assert_eq!(store.prune(end - 1), 0);
    assert_eq!(store.prune(end), 2);
    assert!(!has(&store, 1) && !has(&store, 2) && has(&store, 3));
    assert!(!base.path().join("3").exists());
    assert_eq!(store.metrics().count.get(), 1);
    // New ones push old ones out, and older ones push nothing.
    put(&store, 5 * DAY + KEEP, &[4]);
    put(&store, 0, &[5]);
    assert!(!has(&store, 3) && has(&store, 4) && has(&store, 5));
}

#[test]
fn the_same_blob_of_a_later_block_is_kept_for_longer() {
    let base = tempfile::tempdir().unwrap();
    let store = open(base.path());
    put(&store, 3 * DAY, &[1]);
    put(&store, 8 * DAY, &[1]);
    put(&store, 2 * DAY, &[1]);
    assert_eq!(store.count(), 1);
    assert!(!file_of(base.path(), 3, 1).exists() && !file_of(base.path(), 2, 1).exists());
    store.prune(4 * DAY + KEEP);
    assert!(has(&store, 1) && has(&open(base.path()), 1));
}

#[test]
fn blobs_outlive_every_claim_by_thirty_days() {
    let settlement =
        Settlement { challenge_window: 7, prove_window: 3, spans: 8, ..Settlement::default() };
    assert_eq!(retention(&settlement), 7 + 24 + 30 * DAY);
    let endless = Settlement { prove_window: u64::MAX, ..settlement };
    assert_eq!(retention(&endless), u64::MAX);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("file");
    fs::write(&path, "").unwrap();
    let error = BlobStore::open(&path.join("blobs"), KEEP).unwrap_err();
    assert!(error.to_string().contains("file/blobs"), "{error}");
}

#[derive(Debug, Clone)]
enum Event {
    Put { day: u64, byte: u8 },
    Tear { byte: u8, length: u64 },
    Prune { day: u64 },
    Open,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0_u64..40, 0_u8..6).prop_map(|(day, byte)| Event::Put { day, byte }),
        1 => (0_u8..6, 0_u64..131_152).prop_map(|(byte, length)| Event::Tear { byte, length }),
        1 => (0_u64..60).prop_map(|day| Event::Prune { day }),
        1 => Just(Event::Open),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// A blob that was put, is not torn and not too old is there, and whole; no other ever is.
    #[test]
    fn it_has_what_was_put(events in prop::collection::vec(event(), 1..25)) {
        let base = tempfile::tempdir().unwrap();
        let mut store = open(base.path());
        // By blob: its newest day.
        let mut expected: HashMap<u8, u64> = HashMap::new();
        let old = |day: u64, now: u64| (day + 1) * DAY + KEEP <= now;
        for event in events {
            match event {
                Event::Put { day, byte } => {
                    let new = expected.get(&byte).is_none_or(|had| *had < day);
                    put(&store, day * DAY, &[byte]);
                    if new {
                        expected.insert(byte, day);
                        expected.retain(|_, had| !old(*had, day * DAY));
                    }
                }
                Event::Tear { byte, length } => {
                    if let Some(day) = expected.remove(&byte) {
                        let file = file_of(base.path(), day, byte);
                        fs::File::options().write(true).open(file).unwrap().set_len(length).unwrap();
                    }
                    prop_assert!(!has(&store, byte));
                }
                Event::Prune { day } => {
                    store.prune(day * DAY);
                    expected.retain(|_, had| !old(*had, day * DAY));
                }
                Event::Open => store = open(base.path()),
            }
            let found: HashSet<u8> = (0..6).filter(|byte| has(&store, *byte)).collect();
            prop_assert_eq!(found, expected.keys().copied().collect());
        }
    }
}
