//! A rollup has what L1 has for it, whatever L1 does.

mod derived;

use crate::support::{GENESIS_TIME, changed, hash, options, person, steps};
use alloy_consensus::Header;
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{Address, B256, TxHash, TxKind, U256, keccak256};
use op_alloy_consensus::{TxDeposit, UserDepositSource};
use proptest::{collection::vec, prelude::*};
use seam_chain::{
    Chain, EngineError, Health, Running, Settings, SteppedClock,
    engine::{Part, Rollup, start},
    l1::{L1Blocks, L1Heads, Standing},
    pool::PoolLimits,
};
use seam_genesis::{
    ChainGenesis, RollupConfig,
    config::Roles,
    dev::{self, BlockTimes, L2_CHAIN_ID},
    rollup_rules,
};
use seam_primitives::{Eip1559Rules, L1Attributes, Transaction};
use seam_stf::{
    StateReader,
    derive::{ConfigUpdate, L1Block, SystemConfig},
};
use seam_storage::StorageError;
use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

/// Seconds between blocks of the L1; the rollup's have one.
const L1_SECONDS: u64 = 2;

/// An L1 whose blocks a test puts there.
#[derive(Debug, Default)]
struct TestL1 {
    blocks: Mutex<Vec<L1Block>>,
    /// Counts branches, so that blocks of two have other hashes.
    branch: Mutex<u64>,
}

impl TestL1 {
    fn new() -> Arc<Self> {
        let l1 = Self::default();
        l1.extend(Vec::new(), Vec::new());
        Arc::new(l1)
    }

    fn blocks(&self) -> Vec<L1Block> {
        self.blocks.lock().unwrap().clone()
    }

    /// Adds a block. Each deposit is (who, mint, value).
    fn extend(&self, deposits: Vec<(u8, u32, u32)>, updates: Vec<ConfigUpdate>) {
        let mut blocks = self.blocks.lock().unwrap();
        let number = blocks.len() as u64;
        let parent = blocks.last().map_or(B256::ZERO, |block| block.hash);
        let header = Header {
            number,
            parent_hash: parent,
            timestamp: GENESIS_TIME + L1_SECONDS * number,
            mix_hash: keccak256(number.to_be_bytes()),
            base_fee_per_gas: Some(1_000_000_000),
            extra_data: self.branch.lock().unwrap().to_be_bytes().to_vec().into(),
            ..Header::default()
        };
        let hash = header.hash_slow();
        let deposit = |(index, (who, mint, value)): (u64, (u8, u32, u32))| TxDeposit {
            source_hash: UserDepositSource::new(hash, index).source_hash(),
            from: depositor(who),
            to: TxKind::Call(depositor(who.wrapping_add(1))),
            mint: mint.into(),
            value: U256::from(value),
            gas_limit: 50_000,
            ..TxDeposit::default()
        };
        let deposits = (0..).zip(deposits).map(deposit).collect();
        blocks.push(L1Block { hash, header, deposits, updates, ..L1Block::default() });
    }

    /// Takes back the last blocks, but the first one.
    fn cut(&self, depth: usize) {
        *self.branch.lock().unwrap() += 1;
        let mut blocks = self.blocks.lock().unwrap();
        let left = blocks.len().saturating_sub(depth).max(1);
        blocks.truncate(left);
    }

    fn head(&self) -> BlockNumHash {
        let blocks = self.blocks.lock().unwrap();
        let last = blocks.last().unwrap();
        BlockNumHash::new(last.header.number, last.hash)
    }
}

impl L1Blocks for TestL1 {
    fn heads(&self) -> L1Heads {
        L1Heads { latest: self.head().number, ..L1Heads::default() }
    }

    fn header(&self, number: u64) -> Result<Option<(B256, Header)>, StorageError> {
        Ok(self.block(number)?.map(|block| (block.hash, block.header)))
    }

    fn block(&self, number: u64) -> Result<Option<L1Block>, StorageError> {
        Ok(self.blocks.lock().unwrap().get(usize::try_from(number).unwrap()).cloned())
    }

    fn standing(&self, block: BlockNumHash) -> Result<Standing, StorageError> {
        let found = self.header(block.number)?;
        Ok(match found {
            Some((hash, _)) if hash == block.hash => Standing::Stands,
            Some(_) => Standing::Gone,
            None => Standing::Unknown,
        })
    }
}

/// Accounts that only deposits use.
fn depositor(index: u8) -> Address {
    Address::left_padding_from(&[0xde, index % 8])
}

fn config(l1: &TestL1) -> RollupConfig {
    let role = Address::repeat_byte;
    let roles = Roles {
        owner: role(1),
        l2_owner: None,
        batcher: role(2),
        proposer: role(3),
        guardian: role(4),
        unsafe_signer: role(5),
    };
    let genesis = l1.blocks()[0].hash;
    let times = BlockTimes { l1: L1_SECONDS, l2: 1 };
    let mut config = dev::rollup_config(GENESIS_TIME, genesis, times, roles);
    config.inbox.max_drift = 600;
    config
}

/// Its constructors take a while, and every L1 here begins with the same block.
fn genesis(config: &RollupConfig) -> ChainGenesis {
    static GENESIS: OnceLock<ChainGenesis> = OnceLock::new();
    let people: Vec<_> = (0..10).map(|index| person(index).address()).collect();
    let make = || ChainGenesis::from_genesis(&dev::l2_genesis(config, &people).unwrap()).unwrap();
    GENESIS.get_or_init(make).clone()
}

struct Site {
    l1: Arc<TestL1>,
    clock: Arc<SteppedClock>,
    running: Running,
}

impl Site {
    fn new(directory: &Path) -> Self {
        let (l1, clock) = (TestL1::new(), steps());
        let running = run(directory, &l1, clock.clone());
        Self { l1, clock, running }
    }

    fn chain(&self) -> &Chain {
        &self.running.chain
    }

    /// Lets as much time pass as L1 has had, and waits until the rollup stands on its newest block.
    fn follow(&self) {
        let head = self.l1.head();
        let wanted = GENESIS_TIME + L1_SECONDS * (head.number + 1);
        while self.now() < wanted {
            self.clock.advance(Duration::from_secs(1));
            let now = self.now();
            self.wait(|chain| chain.head().header().timestamp >= now);
        }
        self.wait(|chain| origin(chain, chain.head().number()).is_some_and(|at| at == head));
    }

    fn now(&self) -> u64 {
        self.clock.allowed().as_secs()
    }

    fn wait(&self, reached: impl Fn(&Chain) -> bool) {
        let mut events = self.chain().subscribe();
        while !reached(self.chain()) {
            let health = self.chain().health();
            assert!(!matches!(&*health.borrow(), Health::Failed(_)), "{:?}", health.borrow());
            events.blocking_recv().unwrap();
        }
    }
}

fn run(directory: &Path, l1: &Arc<TestL1>, clock: Arc<SteppedClock>) -> Running {
    run_as(Part::Sequencer, directory, l1, clock)
}

fn run_as(part: Part, directory: &Path, l1: &Arc<TestL1>, clock: Arc<SteppedClock>) -> Running {
    let config = config(l1);
    let genesis = genesis(&config);
    let rules = rollup_rules(&config).unwrap();
    start(Settings {
        name: "rollup",
        rules: genesis.rules,
        genesis: genesis.sealed.header,
        state: genesis.state,
        directory: directory.to_owned(),
        store: options(),
        pool: PoolLimits::default(),
        clock,
        recipe: Arc::new(Rollup::new(rules, l1.clone(), part)),
    })
    .unwrap()
}

fn attributes(chain: &Chain, number: u64) -> Option<L1Attributes> {
    let block = chain.head().reader.block(number).unwrap()?;
    L1Attributes::of_transaction(block.block.transactions.first()?)
}

fn origin(chain: &Chain, number: u64) -> Option<BlockNumHash> {
    attributes(chain, number).map(|told| BlockNumHash::new(told.number, told.hash))
}

/// Every block has exactly what the L1 block has that it stands on: deposits once, with the first
/// block on it, and the settings as they are by then.
fn check(chain: &Chain, l1: &TestL1) -> U256 {
    let blocks = l1.blocks();
    let mut config = rollup_rules(&self::config(l1)).unwrap().system_config;
    let (mut at, mut minted) = (0, U256::ZERO);
    for number in 1..=chain.head().number() {
        let block = chain.head().reader.block(number).unwrap().unwrap().block;
        let told = attributes(chain, number).unwrap();
        let origin = &blocks[usize::try_from(told.number).unwrap()];
        assert_eq!(told.hash, origin.hash, "block {number} stands on what L1 does not have");
        assert!(origin.header.timestamp <= block.header.timestamp);
        let advanced = told.number == at + 1;
        assert!(advanced || told.number == at, "block {number} leaves out an L1 block");
        at = told.number;
        let deposits = block.transactions.iter().skip(1).filter_map(Transaction::as_deposit);
        let deposits: Vec<TxDeposit> = deposits.map(|deposit| deposit.inner().clone()).collect();
        if advanced {
            assert_eq!(deposits, origin.deposits);
            origin.updates.iter().for_each(|update| config.apply(update));
            minted += deposits.iter().map(|deposit| U256::from(deposit.mint)).sum::<U256>();
        } else {
            assert_eq!(deposits, []);
        }
        assert_eq!(SystemConfig::of_block(&block.header, &told), Some(config), "block {number}");
    }
    minted
}

fn balance(chain: &Chain, address: Address) -> U256 {
    let account = chain.head().view.clone().account(address).unwrap();
    account.unwrap_or_default().balance
}

/// What happens on L1.
#[derive(Debug, Clone)]
enum Happens {
    Block {
        deposits: Vec<(u8, u32, u32)>,
        updates: Vec<ConfigUpdate>,
    },
    /// So many blocks are replaced, by one more.
    Reorg {
        depth: usize,
        deposits: Vec<(u8, u32, u32)>,
    },
    /// Somebody sends a transaction on the rollup.
    Send {
        from: u8,
    },
}

fn deposits() -> impl Strategy<Value = Vec<(u8, u32, u32)>> {
    // Some want to send more than they have: those are minted and fail.
    vec((any::<u8>(), any::<u32>(), any::<u32>()), 0..4)
}

fn update() -> impl Strategy<Value = ConfigUpdate> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|hash| ConfigUpdate::Batcher(hash.into())),
        any::<(u32, u32)>().prop_map(|(base, blob)| ConfigUpdate::FeeScalars {
            base_fee_scalar: base % 10_000,
            blob_base_fee_scalar: blob % 10_000,
        }),
        (5_000_000_u64..200_000_000).prop_map(ConfigUpdate::GasLimit),
        Just(ConfigUpdate::UnsafeSigner(Address::repeat_byte(7))),
        (1_u64..1_000, 1_u64..10).prop_map(|(denominator, elasticity)| {
            ConfigUpdate::Eip1559(Eip1559Rules { denominator, elasticity })
        }),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    let depth = prop_oneof![1_usize..8, Just(64), 1_usize..=64];
    prop_oneof![
        6 => (deposits(), vec(update(), 0..2))
            .prop_map(|(deposits, updates)| Happens::Block { deposits, updates }),
        2 => (depth, deposits()).prop_map(|(depth, deposits)| Happens::Reorg { depth, deposits }),
        2 => (0_u8..5).prop_map(|from| Happens::Send { from }),
    ]
}

fn cases() -> u32 {
    if std::env::var_os("SEAM_SOAK").is_some() { 200 } else { 8 }
}

fn transfer(from: u8, nonce: u64) -> seam_chain::blobs::Pooled {
    changed(from, |transaction| {
        transaction.chain_id = L2_CHAIN_ID;
        transaction.nonce = nonce;
        transaction.value = U256::from(1);
    })
}

/// Replays a history; at the end the rollup has exactly what the branch of L1 has that won, and
/// every transaction that was sent once.
fn replay(history: Vec<Happens>) {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::new(directory.path());
    let (mut nonces, mut sent): ([u64; 5], Vec<TxHash>) = ([0; 5], Vec::new());
    for event in history {
        match event {
            Happens::Block { deposits, updates } => site.l1.extend(deposits, updates),
            Happens::Reorg { depth, deposits } => {
                site.l1.cut(depth);
                for _ in 0..depth {
                    site.l1.extend(deposits.clone(), Vec::new());
                }
                site.l1.extend(Vec::new(), Vec::new());
            }
            Happens::Send { from } => {
                let nonce = &mut nonces[usize::from(from)];
                sent.push(site.chain().submit(transfer(from, *nonce)).unwrap());
                *nonce += 1;
                continue;
            }
        }
        site.follow();
    }
    // What came back to the mempool gets into a block again.
    for _ in 0..3 {
        site.l1.extend(Vec::new(), Vec::new());
        site.follow();
    }
    let chain = site.chain();
    let minted = check(chain, &site.l1);
    let held: U256 = (0..8).map(|index| balance(chain, depositor(index))).sum();
    assert_eq!(held, minted);
    let places = sent.iter().map(|hash| chain.head().reader.transaction(*hash).unwrap());
    assert!(places.into_iter().all(|place| place.is_some()));
    assert_eq!(balance(chain, Address::repeat_byte(9)), U256::from(sent.len()));
    chain.head().reader.check().unwrap();
    site.running.stop().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 50, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn the_rollup_has_the_deposits_of_the_winning_branch_once(
        before in vec(happens(), 4..40), after in vec(happens(), 1..20),
    ) {
        replay([before, after].concat());
    }
}

#[test]
fn the_shallowest_and_the_deepest_reorganisation_of_l1() {
    let block = |who: u8| Happens::Block {
        deposits: vec![(who, 1_000, 10)],
        updates: vec![ConfigUpdate::GasLimit(20_000_000 + u64::from(who))],
    };
    for depth in [1, 2, 64] {
        let mut history: Vec<_> = (0..66).map(block).collect();
        history.insert(1, Happens::Send { from: 1 });
        history.push(Happens::Send { from: 2 });
        history.push(Happens::Reorg { depth, deposits: vec![(9, 77, 0)] });
        replay(history);
    }
}

#[test]
fn a_rollup_waits_for_an_l1_that_it_has_not_seen_yet_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::new(directory.path());
    for _ in 0..5 {
        site.l1.extend(vec![(1, 5, 0)], Vec::new());
        site.follow();
    }
    let Site { l1, clock, running } = site;
    let head = running.chain.head().hash();
    running.stop().unwrap();
    // As after a start, when L1 is only seen up to a block that comes before.
    let seen = l1.blocks();
    l1.blocks.lock().unwrap().truncate(3);
    let running = run(directory.path(), &l1, clock.clone());
    clock.advance(Duration::from_secs(1));
    let site = Site { l1, clock, running };
    assert_eq!(site.chain().head().hash(), head);
    *site.l1.blocks.lock().unwrap() = seen;
    site.l1.extend(vec![(2, 6, 0)], Vec::new());
    site.follow();
    check(site.chain(), &site.l1);
    assert!(site.chain().head().reader.number(head).unwrap().is_some());
}

#[test]
fn another_l1_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::new(directory.path());
    site.l1.extend(Vec::new(), Vec::new());
    site.follow();
    let other = Header { extra_data: vec![9].into(), ..site.l1.blocks()[0].header.clone() };
    let blocks = vec![L1Block { hash: other.hash_slow(), header: other, ..L1Block::default() }];
    *site.l1.blocks.lock().unwrap() = blocks;
    site.l1.extend(Vec::new(), Vec::new());
    site.clock.advance(Duration::from_secs(5));
    let mut health = site.chain().health();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let failed = runtime.block_on(health.wait_for(|health| matches!(health, Health::Failed(_))));
    let Health::Failed(error) = failed.unwrap().clone() else { unreachable!() };
    assert!(matches!(*error, EngineError::L1Replaced(0)), "{error}");
}

#[test]
fn without_new_l1_blocks_there_are_deposits_only_after_a_while() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::new(directory.path());
    let drift = config(&site.l1).inbox.max_drift;
    site.clock.advance(Duration::from_secs(drift));
    site.wait(|chain| chain.head().number() == drift);
    let pooled = transfer(1, 0);
    let sent = hash(&pooled);
    site.chain().submit(pooled).unwrap();
    for number in drift + 1..drift + 4 {
        site.clock.advance(Duration::from_secs(1));
        site.wait(|chain| chain.head().number() == number);
    }
    assert_eq!(site.chain().head().reader.transaction(sent).unwrap(), None);
    // L1 goes on: as soon as the rollup has caught up with it, the transaction is taken.
    for _ in 0..drift / L1_SECONDS {
        site.l1.extend(Vec::new(), Vec::new());
    }
    site.clock.advance(Duration::from_secs(drift));
    site.wait(|chain| chain.head().reader.transaction(sent).unwrap().is_some());
    check(site.chain(), &site.l1);
}
