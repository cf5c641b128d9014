//! A follower that sees only L1 has the sequencer's blocks: with the real contracts, batches in blobs,
//! deposits, changes of the settings, restarts and reorganisations of L1.

use crate::site::{SLOT, Site, key, start_follower};
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{Address, B256, U256, hex};
use alloy_sol_types::{SolCall, sol};
use seam_chain::{
    Chain, Running,
    engine::{Part, Rollup},
    l1::{L1Blocks, L1Heads, Standing},
};
use seam_genesis::{dev::L1_CHAIN_ID, l1::L1Addresses, rollup_rules};
use seam_l1::{
    BeaconClient, LogQuery, SendLimits, Sender, Severity, WatchLimits, WatchSettings, Watcher,
    beacon::{BeaconSettings, BlobSource},
    timer::{SimulatedTimer, Timer},
    watcher::Progress,
};
use seam_primitives::{Header, Transaction, batch::first_accumulator};
use seam_rollup::{
    batch::Columns,
    batcher::{Batcher, BatcherSettings, inbox},
    data::BatchSource,
    derivation::{Derivation, DerivationStatus, Parts, l1_needed},
    watched::WatchedBlocks,
};
use seam_stf::derive::{self, L1Block, inbox::PostedBatch};
use seam_storage::{StorageError, Store};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

sol! {
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable;
    function setGasLimit(uint64 gasLimit);
    function setGasConfigEcotone(uint32 basefeeScalar, uint32 blobbasefeeScalar);
}

/// Blocks of the rollup, at least.
fn blocks() -> u64 {
    if std::env::var_os("SEAM_SOAK").is_some() { 10_000 } else { 1_000 }
}

/// A node that follows the rollup from its L1 alone.
struct Follower {
    running: Running,
    watcher: Watcher,
    derivation: Derivation,
}

impl Follower {
    /// Goes on from what is on disk.
    fn start(site: &Site, name: &str) -> Self {
        Self::start_seeing(site, name, |l1| l1)
    }

    /// The same, when derivation sees L1 through something.
    fn start_seeing(
        site: &Site,
        name: &str,
        through: impl FnOnce(Arc<dyn L1Blocks>) -> Arc<dyn L1Blocks>,
    ) -> Self {
        let base = site.base.path().join(name);
        let (directory, cursor) = (base.join("chain"), base.join("derivation.json"));
        let rules = rollup_rules(&site.config).unwrap();
        let genesis = crate::site::l2_genesis(&site.config);
        let header = &genesis.sealed.header;
        let store = Store::open(&directory, header, &genesis.state, Default::default()).unwrap();
        let start = l1_needed(&store.reader().unwrap(), &rules, &cursor).unwrap();
        drop(store);
        let watcher = Watcher::new(
            site.client.clone(),
            WatchSettings {
                start: start.saturating_sub(100),
                start_hash: None,
                events: rules.contracts.events().to_vec(),
                limits: WatchLimits::default(),
            },
        );
        let l1 = Arc::new(WatchedBlocks::new(watcher.watched(), rules.contracts, 0));
        let recipe = Rollup::new(rules.clone(), l1.clone(), Part::Follower);
        let running = start_follower(&directory, &site.config, recipe);
        let inbox = rules.contracts.batch_inbox;
        let urls = [&site.l1.url];
        let slot_seconds = site.l1.slot_seconds();
        let beacon = BeaconSettings { slot_seconds, ..BeaconSettings::default() };
        let beacon = BeaconClient::connect(BlobSource::Beacon, &urls, beacon);
        let data = BatchSource::new(site.client.clone(), inbox, None, beacon.ok(), None);
        let timer: Arc<dyn Timer> = Arc::new(SimulatedTimer::default());
        let parts = Parts {
            chain: running.chain.clone(),
            l1: through(l1),
            data: Arc::new(data),
            first_accumulator: first_accumulator(L1_CHAIN_ID, inbox, site.config.l2.chain_id),
            poll: Duration::from_secs(1),
            timer,
        };
        let derivation = Derivation::open(parts, &cursor).unwrap();
        Self { running, watcher, derivation }
    }

    /// Takes in all that L1 has.
    async fn follow(&mut self) -> DerivationStatus {
        while self.watcher.step().await.unwrap() == Progress::More {}
        while self.derivation.step().await.unwrap().is_continue() {}
        self.derivation.status().borrow().clone()
    }

    fn chain(&self) -> &Chain {
        &self.running.chain
    }

    /// As when the process ends.
    fn stop(self) {
        let Self { running, watcher, derivation } = self;
        drop((watcher, derivation));
        running.stop().unwrap();
    }
}

fn settings(site: &Site) -> BatcherSettings {
    BatcherSettings {
        max_age: 20 * SLOT,
        poll: Duration::ZERO,
        ..BatcherSettings::of(&site.config, &SendLimits::default()).unwrap()
    }
}

async fn batcher(site: &Site) -> Batcher {
    let settings = settings(site);
    let limits = SendLimits { resend: Duration::ZERO, ..SendLimits::default() };
    let (journal, client) = (site.base.path().join("batches"), site.client.clone());
    let limits = settings.send_limits(limits);
    let sender = Sender::open(&journal, client.clone(), key(1), L1_CHAIN_ID, limits).await.unwrap();
    Batcher::new(settings, site.l2.clone(), client, sender, Arc::new(Columns))
}

/// What the owner does on L1 before block `number` of it.
async fn on_l1(site: &Site, number: u64) {
    let at = L1Addresses::of(&site.config).unwrap();
    let deposit = depositTransactionCall {
        to: Address::repeat_byte(0xd0),
        value: U256::from(number),
        gasLimit: 100_000,
        isCreation: false,
        data: hex!("c0ffee").into(),
    };
    let (to, value, input) = match number % 8 {
        0 | 3 => (at.optimism_portal, number, deposit.abi_encode()),
        5 => (at.system_config, 0, setGasLimitCall { gasLimit: 30_000_000 + number }.abi_encode()),
        6 => {
            let scalars = u32::try_from(number % 1_000).unwrap();
            let call =
                setGasConfigEcotoneCall { basefeeScalar: scalars, blobbasefeeScalar: scalars };
            (at.system_config, 0, call.abi_encode())
        }
        _ => return,
    };
    let from = key(0).address();
    let input = alloy_primitives::Bytes::from(input);
    let request = json!([{ "from": from, "to": to, "value": U256::from(value), "input": input }]);
    site.tell("eth_sendTransaction", request).await;
}

fn hashes(chain: &Chain, last: u64) -> Vec<Option<B256>> {
    (0..=last).map(|number| chain.head().reader.hash(number).unwrap()).collect()
}

/// How many there are of transactions of each type, and of deposits beside the first of each block.
fn kinds(chain: &Chain, last: u64) -> ([usize; 5], usize) {
    let (mut kinds, mut deposits) = ([0; 5], 0);
    for number in 1..=last {
        let block = chain.head().reader.block(number).unwrap().unwrap().block;
        for transaction in block.transactions.iter().skip(1) {
            match transaction {
                Transaction::Deposit(_) => deposits += 1,
                other => kinds[usize::from(alloy_eips::Typed2718::ty(other))] += 1,
            }
        }
    }
    (kinds, deposits)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// The batches that the inbox took, in its order.
async fn batches(site: &Site) -> Vec<PostedBatch> {
    let head = inbox::newest(&site.client).await.unwrap();
    let address = rollup_rules(&site.config).unwrap().contracts.batch_inbox;
    let logs = site.client.logs(LogQuery::Range(0, head.number), &[address]).await.unwrap();
    logs.iter().filter_map(|log| derive::inbox::read(&log.inner)).collect()
}

/// Mixed traffic of a thousand blocks and more (ten thousand in the soak), and a follower that is stopped
/// now and then, also in the middle of a batch's blocks.
#[test]
fn a_follower_that_sees_only_l1_has_the_sequencers_blocks() {
    block_on(async { follows(Site::new().await).await });
}

#[test]
#[ignore = "needs SEAM_ANVIL, the path of an anvil"]
fn a_follower_that_sees_only_anvil_has_the_sequencers_blocks() {
    block_on(async { follows(Site::on_anvil().await).await });
}

async fn follows(mut site: Site) {
    let mut batcher = batcher(&site).await;
    let mut follower = Some(Follower::start(&site, "follower"));
    let mut status = DerivationStatus::default();
    let mut number = 0;
    while status.safe < blocks() || status.finalized == 0 {
        number += 1;
        on_l1(&site, number).await;
        site.mine().await;
        batcher.step().await.unwrap();
        let mut running = follower.take().unwrap();
        if number % 3 == 0 {
            status = running.follow().await;
            assert_eq!(status.removed, 0);
        }
        follower = Some(match number % 40 {
            39 => {
                running.stop();
                Follower::start(&site, "follower")
            }
            _ => running,
        });
    }
    let follower = follower.unwrap();
    assert_eq!(hashes(follower.chain(), status.safe), hashes(&site.l2, status.safe));
    assert_eq!(follower.chain().head().finality.safe, status.safe);
    let (kinds, deposits) = kinds(follower.chain(), status.safe);
    assert_eq!(kinds[3], 0);
    assert!([0, 1, 2, 4].iter().all(|kind| kinds[*kind] > 20) && deposits > 10, "{kinds:?}");
    follower.chain().head().reader.check().unwrap();
    // One that begins now, from nothing, comes to the same.
    let mut late = Follower::start(&site, "late");
    let status = late.follow().await;
    assert_eq!(hashes(late.chain(), status.safe), hashes(&site.l2, status.safe));
    assert_eq!(status.made, status.safe);
}

/// An L1 that has replaced the block with a batch when it is asked for it, having said that it stands, and that has
/// taken it back with the next look.
#[derive(Debug)]
struct Changing {
    l1: Arc<dyn L1Blocks>,
    changed: AtomicBool,
}

impl L1Blocks for Changing {
    fn heads(&self) -> L1Heads {
        self.l1.heads()
    }

    fn header(&self, number: u64) -> Result<Option<(B256, Header)>, StorageError> {
        self.l1.header(number)
    }

    fn block(&self, number: u64) -> Result<Option<L1Block>, StorageError> {
        let mut block = self.l1.block(number)?;
        if let Some(block) = block.as_mut().filter(|block| !block.batches.is_empty())
            && !self.changed.swap(true, Ordering::Relaxed)
        {
            block.hash = B256::repeat_byte(0xee);
            for batch in &mut block.batches {
                batch.index += 1;
                batch.header.prev_accumulator = B256::repeat_byte(0xee);
            }
        }
        Ok(block)
    }

    fn standing(&self, block: BlockNumHash) -> Result<Standing, StorageError> {
        self.l1.standing(block)
    }
}

#[test]
fn l1_that_changes_between_two_looks_halts_nobody() {
    block_on(async {
        let mut site = Site::new().await;
        let mut batcher = batcher(&site).await;
        let mut follower = Follower::start(&site, "follower");
        while follower.follow().await.batch == 0 {
            site.mine().await;
            batcher.step().await.unwrap();
        }
        let before = follower.follow().await;
        follower.stop();
        let mut follower = Follower::start_seeing(&site, "follower", |l1| {
            Arc::new(Changing { l1, changed: AtomicBool::new(false) })
        });
        while follower.watcher.step().await.unwrap() == Progress::More {}
        let error = follower.derivation.step().await.unwrap_err();
        assert_eq!(error.severity(), Severity::Reset, "{error}");
        assert_eq!(follower.follow().await.safe_hash, before.safe_hash);
    });
}

/// L1 replaces batches; sequencer, batcher and followers come to the same, and nothing final changes.
#[test]
fn after_a_reorganisation_of_l1_everybody_has_the_same() {
    block_on(async { reorganises(Site::new().await).await });
}

#[test]
#[ignore = "needs SEAM_ANVIL, the path of an anvil"]
fn after_a_reorganisation_of_anvil_everybody_has_the_same() {
    block_on(async { reorganises(Site::on_anvil().await).await });
}

/// How far the rollup's parties are when L1 changes its mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The follower has derived all that is on L1.
    Derived,
    /// It has not looked for some blocks.
    NotLookedAt,
    /// A batch is sent and in no block, or just mined.
    OnItsWay,
    /// The batcher has not looked either: nothing of these blocks was posted.
    NotPosted,
}

const STAGES: [Stage; 4] = [Stage::Derived, Stage::NotLookedAt, Stage::OnItsWay, Stage::NotPosted];

/// Depths of reorganisations: the edges in CI, all of them in the soak.
fn depths() -> Vec<u64> {
    if std::env::var_os("SEAM_SOAK").is_some() { (1..=64).collect() } else { vec![1, 7, 20, 64] }
}

/// As the batcher does by itself: what may be better with the next look is looked at again.
async fn step(batcher: &mut Batcher) {
    if let Err(error) = batcher.step().await {
        assert_ne!(error.severity(), Severity::Halt, "{error}");
        eprintln!("{error}");
    }
}

async fn reorganises(mut site: Site) {
    let mut batcher = batcher(&site).await;
    let mut follower = Follower::start(&site, "follower");
    let mut number = 0;
    for (depth, stage) in depths().into_iter().zip(STAGES.into_iter().cycle()) {
        eprintln!("depth {depth}, {stage:?}");
        let blocks = depth.max(22) + 2;
        for block in 0..blocks {
            number += 1;
            on_l1(&site, number).await;
            site.mine().await;
            let near = block + depth >= blocks;
            if !(near && stage == Stage::NotPosted) {
                step(&mut batcher).await;
            }
            if !(near && stage != Stage::Derived) {
                follower.follow().await;
            }
        }
        if stage == Stage::OnItsWay {
            step(&mut batcher).await;
        }
        let before = follower.chain().head().finality;
        let last_final = hashes(follower.chain(), before.finalized);
        let posted = batches(&site).await;
        site.l1.reorg(depth).await;
        for _ in 0..depth.max(22) + 12 {
            site.mine().await;
            step(&mut batcher).await;
            follower.follow().await;
        }
        let status = follower.follow().await;
        assert!(status.safe > before.safe, "depth {depth}, {stage:?}: {status:?}, {before:?}");
        assert_eq!(hashes(follower.chain(), status.safe), hashes(&site.l2, status.safe));
        assert_eq!(hashes(follower.chain(), before.finalized), last_final);
        check_again(&site, &posted).await;
    }
    let mut late = Follower::start(&site, "late");
    let status = late.follow().await;
    assert_eq!(hashes(late.chain(), status.safe), hashes(&site.l2, status.safe));
}

/// Every block is in one batch, in order; and the batches that were `posted` before are the same, with
/// the same accumulators, up to the first that names an L1 block which has gone.
async fn check_again(site: &Site, posted: &[PostedBatch]) {
    let now = batches(site).await;
    let mut last = 0;
    for (batch, index) in now.iter().zip(1..) {
        assert_eq!((batch.index, batch.header.first_block), (index, last + 1));
        last = batch.header.last_block;
    }
    for (batch, again) in posted.iter().zip(&now) {
        if site.l1.hash(batch.header.l1_number).await != batch.header.l1_hash {
            break;
        }
        assert_eq!(again, batch);
    }
}
