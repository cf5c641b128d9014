//! Blobs over endpoints that fail, lack some, or lie.

use crate::client::block_on;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes, hex};
use proptest::prelude::*;
use seam_l1::{
    BeaconClient, BeaconError, BeaconSettings, BlobSource, Fault, L1At, Severity,
    beacon::{BeaconAccess, Page},
    kzg::versioned_hash,
    timer::{BoxFuture, SimulatedTimer},
};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock, Mutex};

const GENESIS: u64 = 1_000;
/// A block in slot 7.
const AT: L1At = L1At { number: 50, hash: B256::repeat_byte(0xaa), timestamp: GENESIS + 7 * 12 };

/// Two blobs of the block and one of another, with their hashes.
static BLOBS: LazyLock<[(B256, Blob); 3]> = LazyLock::new(|| {
    [1, 2, 3].map(|byte| {
        let blob = Blob::repeat_byte(byte);
        (versioned_hash(&blob).unwrap(), blob)
    })
});

fn wanted() -> [B256; 2] {
    [BLOBS[0].0, BLOBS[1].0]
}

/// How an endpoint serves blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Serves {
    /// As the specification says.
    Blobs,
    /// All of the block, whatever the hashes.
    AllBlobs,
    /// Hears the last of the hashes only, and takes block hashes for slots, as anvil does.
    LikeAnvil,
    /// `blob_sidecars` only.
    Sidecars,
    /// Garbage where blobs should be, and `blob_sidecars`.
    GarbageAndSidecars,
    /// No longer the second.
    Some,
    /// Nothing any more.
    Nothing,
    /// Another blob in the place of the second.
    Wrong,
    /// It is down.
    Down,
    /// It is of another chain.
    OtherChain,
}

#[derive(Debug)]
struct Endpoint {
    name: &'static str,
    serves: Mutex<Serves>,
    spec: bool,
    asked: Mutex<Vec<String>>,
}

impl Endpoint {
    fn new(name: &'static str, serves: Serves) -> Arc<Self> {
        Arc::new(Self { name, serves: Mutex::new(serves), spec: true, asked: Mutex::default() })
    }

    fn answer(&self, path: &str) -> Result<(u16, Value), Fault> {
        let serves = *self.serves.lock().unwrap();
        let began = if serves == Serves::OtherChain { 5 } else { GENESIS };
        match path {
            _ if serves == Serves::Down => Err(Fault::Timeout),
            "eth/v1/beacon/genesis" => Ok((200, json!({ "genesis_time": began.to_string() }))),
            "eth/v1/config/spec" if self.spec => Ok((200, json!({ "SECONDS_PER_SLOT": "12" }))),
            path => Ok(self.blobs(path, serves).unwrap_or((404, Value::Null))),
        }
    }

    fn blobs(&self, path: &str, serves: Serves) -> Option<(u16, Value)> {
        use Serves::{
            AllBlobs, GarbageAndSidecars, LikeAnvil, Nothing, Sidecars, Some as Fewer, Wrong,
        };
        let (route, rest) = path.strip_prefix("eth/v1/beacon/")?.split_once('/')?;
        let (id, query) = rest.split_once('?').unwrap_or((rest, ""));
        let id_of_block = if serves == LikeAnvil { AT.hash.to_string() } else { "7".to_owned() };
        if id != id_of_block || serves == Nothing {
            return None;
        }
        let hashes: Vec<&str> =
            query.split('&').filter_map(|part| part.split_once('=')).map(|q| q.1).collect();
        let asked = |hash: &B256| hashes.contains(&hash.to_string().as_str());
        let [a, b, other] = &*BLOBS;
        let in_block = [a, b];
        let data: Vec<&Blob> = match (route, serves) {
            ("blob_sidecars", Sidecars | GarbageAndSidecars) => {
                return Some((200, in_block.into_iter().map(sidecar).collect()));
            }
            ("blobs", GarbageAndSidecars) => return Some((200, json!("garbage"))),
            ("blobs", Sidecars) => return Some((405, Value::Null)),
            ("blobs", AllBlobs) => vec![&other.1, &a.1, &b.1],
            ("blobs", Fewer) => {
                in_block[..1].iter().filter(|x| asked(&x.0)).map(|x| &x.1).collect()
            }
            ("blobs", Wrong) => [a, other].iter().map(|x| &x.1).take(hashes.len()).collect(),
            ("blobs", LikeAnvil) => {
                let last = hashes.last().copied().unwrap_or_default();
                in_block.into_iter().filter(|x| x.0.to_string() == last).map(|x| &x.1).collect()
            }
            ("blobs", _) => in_block.into_iter().filter(|x| asked(&x.0)).map(|x| &x.1).collect(),
            _ => return Some((410, Value::Null)),
        };
        Some((200, json!(data)))
    }
}

fn sidecar((hash, blob): &(B256, Blob)) -> Value {
    // Commitments of the two blobs, as c-kzg computes them.
    static COMMITMENTS: LazyLock<Vec<(B256, Bytes)>> =
        LazyLock::new(|| BLOBS.iter().map(|(hash, blob)| (*hash, commitment(blob))).collect());
    let commitment = COMMITMENTS.iter().find(|known| known.0 == *hash).unwrap();
    json!({ "index": "0", "blob": blob, "kzg_commitment": commitment.1, "kzg_proof": "0x" })
}

fn commitment(blob: &Blob) -> Bytes {
    Bytes::copy_from_slice(seam_chain::blobs::kzg::commitment(blob).unwrap().as_slice())
}

impl BeaconAccess for Endpoint {
    fn name(&self) -> &str {
        self.name
    }

    fn get(&self, path: String) -> BoxFuture<'_, Result<Page, Fault>> {
        let answer = self.answer(&path).map(|(status, data)| Page {
            status,
            body: json!({ "data": data }).to_string().into_bytes(),
        });
        self.asked.lock().unwrap().push(path);
        Box::pin(std::future::ready(answer))
    }
}

fn client(endpoints: &[&Arc<Endpoint>], slot_seconds: Option<u64>) -> BeaconClient {
    client_of(BlobSource::Beacon, endpoints, slot_seconds)
}

fn client_of(
    kind: BlobSource,
    endpoints: &[&Arc<Endpoint>],
    slot_seconds: Option<u64>,
) -> BeaconClient {
    let endpoints =
        endpoints.iter().map(|one| Arc::<Endpoint>::clone(one) as Arc<dyn BeaconAccess>);
    let settings = BeaconSettings { slot_seconds, ..BeaconSettings::default() };
    let timer = Arc::new(SimulatedTimer::default());
    BeaconClient::over(kind, endpoints.collect(), settings, timer).unwrap()
}

fn ask(client: &BeaconClient) -> Result<Vec<Box<Blob>>, BeaconError> {
    block_on(client.blobs(&AT, &wanted()))
}

fn both() -> Vec<Box<Blob>> {
    BLOBS[..2].iter().map(|(_, blob)| Box::new(*blob)).collect()
}

const COMPLETE: [Serves; 5] = [
    Serves::Blobs,
    Serves::AllBlobs,
    Serves::LikeAnvil,
    Serves::Sidecars,
    Serves::GarbageAndSidecars,
];
const INCOMPLETE: [Serves; 5] =
    [Serves::Some, Serves::Nothing, Serves::Wrong, Serves::Down, Serves::OtherChain];

#[test]
fn blobs_are_had_however_they_are_served() {
    for serves in COMPLETE {
        let endpoint = Endpoint::new("a", serves);
        assert_eq!(ask(&client(&[&endpoint], None)), Ok(both()), "{serves:?}");
        let asked = endpoint.asked.lock().unwrap().clone();
        assert_eq!(asked[..2], ["eth/v1/beacon/genesis", "eth/v1/config/spec"]);
        assert!(asked[2].starts_with("eth/v1/beacon/blobs/7?versioned_hashes=0x01"), "{asked:?}");
    }
}

#[test]
fn what_one_lacks_is_asked_of_the_next() {
    for serves in INCOMPLETE.into_iter().filter(|serves| *serves != Serves::OtherChain) {
        let (a, b) = (Endpoint::new("a", serves), Endpoint::new("b", Serves::Blobs));
        assert_eq!(ask(&client(&[&a, &b], None)), Ok(both()), "{serves:?}");
    }
}

#[test]
fn an_endpoint_of_another_chain_is_named_and_not_believed() {
    let (a, b) = (Endpoint::new("a", Serves::Blobs), Endpoint::new("b", Serves::OtherChain));
    let client = client(&[&a, &b], None);
    assert_eq!(ask(&client), Ok(both()));
    *a.serves.lock().unwrap() = Serves::Nothing;
    let error = ask(&client).unwrap_err();
    assert!(error.to_string().contains("b (its beacon chain began at 5, not at 1000)"), "{error}");
}

#[test]
fn a_wrong_blob_is_an_endpoints_fault_and_it_comes_last_then() {
    let (a, b) = (Endpoint::new("a", Serves::Wrong), Endpoint::new("b", Serves::Blobs));
    let both_endpoints = client(&[&a, &b], None);
    assert_eq!(ask(&both_endpoints), Ok(both()));
    let before = a.asked.lock().unwrap().len();
    assert_eq!(ask(&both_endpoints), Ok(both()));
    assert_eq!(a.asked.lock().unwrap().len(), before);
    let error = ask(&client(&[&a], None)).unwrap_err();
    assert!(matches!(error, BeaconError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("a (blob"), "{error}");
    assert_eq!(error.severity(), Severity::Retry);
}

#[test]
fn what_nobody_has_is_gone() {
    let (a, b) = (Endpoint::new("a", Serves::Some), Endpoint::new("b", Serves::Nothing));
    let error = ask(&client(&[&a, &b], None)).unwrap_err();
    let tried = "a (lacks 1), b (lacks 1)".to_owned();
    assert_eq!(error, BeaconError::Gone { missing: vec![wanted()[1]], tried });
}

#[test]
fn the_length_of_a_slot_may_be_given() {
    let mut endpoint = Endpoint::new("a", Serves::Blobs);
    Arc::get_mut(&mut endpoint).unwrap().spec = false;
    assert_eq!(ask(&client(&[&endpoint], Some(12))), Ok(both()));
    let error = ask(&client(&[&endpoint], None)).unwrap_err();
    assert!(error.to_string().contains("give --l1-slot-seconds"), "{error}");
}

#[test]
fn an_archive_is_asked_for_slots_that_a_beacon_node_told_or_for_the_block() {
    let (beacon, archive) =
        (Endpoint::new("a", Serves::Nothing), Endpoint::new("b", Serves::Blobs));
    let beacon = client(&[&beacon], None);
    let archives = client_of(BlobSource::Archive, &[&archive], None);
    ask(&beacon).unwrap_err();
    ask(&archives).unwrap_err();
    archives.share_clock(&beacon);
    assert_eq!(ask(&archives), Ok(both()));
    let asked = archive.asked.lock().unwrap().clone();
    let block = hex::encode_prefixed(AT.hash);
    assert!(asked[0].starts_with(&format!("eth/v1/beacon/blobs/{block}?")), "{asked:?}");
    assert!(asked.last().unwrap().starts_with("eth/v1/beacon/blobs/7?"), "{asked:?}");
}

proptest! {
    #![proptest_config(crate::cases(24))]

    /// Whoever answers what: the blobs are the right ones or there is an error, and with one endpoint
    /// that has all of them there is none.
    #[test]
    fn one_that_has_the_blobs_is_enough(
        serves in prop::collection::vec(
            prop::sample::select([COMPLETE, INCOMPLETE].concat()), 1..4,
        ),
    ) {
        let names = ["a", "b", "c"];
        // The first decides which chain it is.
        let first = Endpoint::new("first", Serves::Nothing);
        let others: Vec<_> =
            names.iter().zip(&serves).map(|(name, serves)| Endpoint::new(name, *serves)).collect();
        let all: Vec<_> = std::iter::once(&first).chain(&others).collect();
        let client = client(&all, None);
        let enough = serves.iter().any(|serves| COMPLETE.contains(serves));
        for _ in 0..2 {
            match ask(&client) {
                Ok(blobs) => prop_assert_eq!(blobs, both()),
                Err(error) => prop_assert!(!enough, "{error}"),
            }
        }
    }
}
