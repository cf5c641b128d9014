//! Chains in this process, people on them, and books of them.

use alloy_consensus::{
    Header, SignableTransaction, Signed, TxEip1559, TxEip2930, TxEip7702, TxLegacy,
};
use alloy_eips::{eip1898::BlockNumHash, eip7702::Authorization};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, hex, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use op_alloy_consensus::{TxDeposit, UserDepositSource};
use seam_chain::{
    Chain, Health, Running, Settings, SteppedClock,
    blobs::Pooled,
    engine::{EmbeddedL1, Part, Recipe, Rollup, slots_of, start},
    l1::{L1Blocks, L1Heads, Standing},
    pool::PoolLimits,
};
use seam_genesis::{
    ChainGenesis, RollupConfig,
    config::Roles,
    dev::{self, BlockTimes},
    rollup_rules,
};
use seam_l1::{L1Access, L1Client, L1Limits, timer::SimulatedTimer};
use seam_ledger::{
    Books, Checked, Ingest, IngestError,
    books::{ChainKind, Filter, FollowedChain, Role, Tracked},
    check,
    ingest::Reached,
    rules::FeeVault,
    source::{LocalAccess, Source, SourceLimits, Tracing},
};
use seam_primitives::{Recovered, Transaction};
use seam_stf::{StateReader, derive::L1Block};
use seam_storage::{StorageError, StoreOptions};
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(super) const GENESIS_TIME: u64 = 1_700_000_000;
/// Seconds between blocks of an L1; a rollup's have one.
const L1_SECONDS: u64 = 2;

/// Sends what it is called with on to the address in its calldata.
pub(super) const FORWARDER: Address = address!("0x00000000000000000000000000000000000c0de1");
/// Sends half of what it is called with back.
pub(super) const REFUNDER: Address = address!("0x00000000000000000000000000000000000c0de2");
/// Forwards, and reverts.
pub(super) const REVERTER: Address = address!("0x00000000000000000000000000000000000c0de3");
/// Destroys itself in favour of the address in its calldata.
pub(super) const DESTROYER: Address = address!("0x00000000000000000000000000000000000c0de4");
/// Says `Transfer(caller, to, amount)` to `transfer`, and has no balances: its answer is always 0.
pub(super) const LIAR: Address = address!("0x00000000000000000000000000000000000c0de5");
/// A rollup's wrapped ether.
pub(super) const WETH: Address = address!("0x4200000000000000000000000000000000000006");
/// Where ether leaves a rollup.
pub(super) const MESSAGE_PASSER: Address = address!("0x4200000000000000000000000000000000000016");
/// Gets the tips of the L1.
pub(super) const PRODUCER: Address = Address::ZERO;

const CODES: [(Address, &[u8]); 5] = [
    (FORWARDER, &hex!("5f5f5f5f345f355af100")),
    (REFUNDER, &hex!("5f5f5f5f60023404335af100")),
    (REVERTER, &hex!("5f5f5f5f345f355af15f5ffd")),
    (DESTROYER, &hex!("5f35ff")),
    (
        LIAR,
        &hex!(
            "36602410600e575f5f5260205ff35b6024355f52600435337f"
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60205fa300"
        ),
    ),
];

pub(super) fn person(index: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&keccak256([index])).unwrap()
}

pub(super) fn who(index: u8) -> Address {
    person(index).address()
}

/// An L1 whose blocks a test puts there.
#[derive(Debug, Default)]
struct TestL1(Mutex<Vec<L1Block>>);

impl TestL1 {
    fn new() -> Arc<Self> {
        let l1 = Self::default();
        l1.extend(&[]);
        Arc::new(l1)
    }

    /// Adds a block. Each deposit is (from, to, mint, value).
    fn extend(&self, deposits: &[(Address, Address, u64, u64)]) {
        let mut blocks = self.0.lock().unwrap();
        let number = blocks.len() as u64;
        let header = Header {
            number,
            parent_hash: blocks.last().map_or(B256::ZERO, |block| block.hash),
            timestamp: GENESIS_TIME + L1_SECONDS * number,
            mix_hash: keccak256(number.to_be_bytes()),
            base_fee_per_gas: Some(1_000_000_000),
            ..Header::default()
        };
        let hash = header.hash_slow();
        let deposit =
            |(index, (from, to, mint, value)): (u64, &(Address, Address, u64, u64))| TxDeposit {
                source_hash: UserDepositSource::new(hash, index).source_hash(),
                from: *from,
                to: TxKind::Call(*to),
                mint: (*mint).into(),
                value: U256::from(*value),
                gas_limit: 100_000,
                ..TxDeposit::default()
            };
        let deposits = (0..).zip(deposits).map(deposit).collect();
        blocks.push(L1Block { hash, header, deposits, ..L1Block::default() });
    }

    fn head(&self) -> BlockNumHash {
        let blocks = self.0.lock().unwrap();
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
        Ok(self.0.lock().unwrap().get(usize::try_from(number).unwrap()).cloned())
    }

    fn standing(&self, block: BlockNumHash) -> Result<Standing, StorageError> {
        Ok(match self.header(block.number)? {
            Some((hash, _)) if hash == block.hash => Standing::Stands,
            Some(_) => Standing::Gone,
            None => Standing::Unknown,
        })
    }
}

/// A chain that makes blocks when the test says so.
pub(super) struct Site {
    clock: Arc<SteppedClock>,
    l1: Option<Arc<TestL1>>,
    running: Running,
    /// Of the next transaction of each person.
    nonces: Vec<u64>,
    _directory: TempDir,
}

fn with_contracts(mut genesis: Genesis) -> ChainGenesis {
    for (address, code) in CODES {
        let code = Some(Bytes::from_static(code));
        let account = GenesisAccount { nonce: Some(1), code, ..GenesisAccount::default() };
        genesis.alloc.insert(address, account);
    }
    ChainGenesis::from_genesis(&genesis).unwrap()
}

fn run(genesis: ChainGenesis, recipe: Arc<dyn Recipe>, l1: Option<Arc<TestL1>>) -> Site {
    let (directory, clock) = (
        tempfile::tempdir().unwrap(),
        SteppedClock::starting_at(Duration::from_secs(GENESIS_TIME)),
    );
    let running = start(Settings {
        name: "test",
        rules: genesis.rules,
        genesis: genesis.sealed.header,
        state: genesis.state,
        directory: directory.path().to_owned(),
        store: StoreOptions { cache_bytes: 16 << 20, ..StoreOptions::default() },
        pool: PoolLimits::default(),
        clock: clock.clone(),
        recipe,
    })
    .unwrap();
    Site { clock, l1, running, nonces: vec![0; 16], _directory: directory }
}

fn rollup(l1: &TestL1) -> RollupConfig {
    let role = Address::repeat_byte;
    let roles = Roles {
        owner: role(1),
        l2_owner: None,
        batcher: role(2),
        proposer: role(3),
        guardian: role(4),
        unsafe_signer: role(5),
    };
    let times = BlockTimes { l1: L1_SECONDS, l2: 1 };
    let mut config = dev::rollup_config(GENESIS_TIME, l1.head().hash, times, roles);
    config.inbox.max_drift = 600;
    config.fees.operator_fee_scalar = 7_000_003;
    config.fees.operator_fee_constant = 1_001;
    config
}

impl Site {
    /// Ethereum, whose tips the producer gets.
    pub(super) fn ethereum() -> Self {
        let people: Vec<_> = (0..10).map(who).collect();
        let genesis = with_contracts(dev::l1_genesis(GENESIS_TIME, &people).unwrap());
        let slots = slots_of(&genesis.sealed.header);
        run(genesis, Arc::new(EmbeddedL1::new(L1_SECONDS, 1_000_000, slots)), None)
    }

    /// A rollup of the OP Stack whose operator takes a fee.
    pub(super) fn rollup() -> Self {
        // Its constructors take a while, and every L1 here begins with the same block.
        static GENESIS: OnceLock<ChainGenesis> = OnceLock::new();
        let l1 = TestL1::new();
        let config = rollup(&l1);
        let people: Vec<_> = (0..10).map(who).collect();
        let make = || with_contracts(dev::l2_genesis(&config, &people).unwrap());
        let genesis = GENESIS.get_or_init(make).clone();
        let rules = rollup_rules(&config).unwrap();
        let recipe = Arc::new(Rollup::new(rules, l1.clone(), Part::Sequencer));
        run(genesis, recipe, Some(l1))
    }

    pub(super) fn chain(&self) -> &Chain {
        &self.running.chain
    }

    pub(super) fn kind(&self) -> ChainKind {
        if self.l1.is_some() { ChainKind::OpStack } else { ChainKind::Ethereum }
    }

    pub(super) fn head(&self) -> u64 {
        self.chain().head().number()
    }

    /// One more block of the chain; of a rollup two, on a new block of its L1 with these deposits.
    pub(super) fn mine(&self, deposits: &[(Address, Address, u64, u64)]) {
        let Some(l1) = &self.l1 else {
            let number = self.head() + 1;
            self.clock.advance(Duration::from_secs(L1_SECONDS));
            // The blocks that a reorg puts in may be of later times.
            self.clock.reach(Duration::from_secs(self.chain().next_timestamp()));
            return self.wait(|chain| chain.head().number() >= number);
        };
        l1.extend(deposits);
        let wanted = GENESIS_TIME + L1_SECONDS * (l1.head().number + 1);
        while self.clock.allowed().as_secs() < wanted {
            self.clock.advance(Duration::from_secs(1));
            let now = self.clock.allowed().as_secs();
            self.wait(|chain| chain.head().header().timestamp >= now);
        }
    }

    fn wait(&self, reached: impl Fn(&Chain) -> bool) {
        let mut events = self.chain().subscribe();
        while !reached(self.chain()) {
            let health = self.chain().health();
            assert!(!matches!(&*health.borrow(), Health::Failed(_)), "{:?}", health.borrow());
            events.blocking_recv().unwrap();
        }
    }

    /// The last blocks are replaced by others without their transactions, which wait again. The chain does it between two
    /// blocks, so time passes until it has.
    pub(super) fn reorg(&self, depth: u64) {
        let chain = self.chain().clone();
        let reorg = std::thread::spawn(move || chain.reorg(depth).unwrap());
        while !reorg.is_finished() {
            self.clock.reach(Duration::from_secs(self.chain().next_timestamp()));
            std::thread::yield_now();
        }
        reorg.join().unwrap();
    }

    pub(super) fn balance(&self, account: Address) -> U256 {
        let found = self.chain().head().view.clone().account(account).unwrap();
        found.unwrap_or_default().balance
    }

    /// Somebody sends a transaction of this type.
    pub(super) fn send(&mut self, kind: u8, from: u8, to: TxKind, wei: u64, input: Vec<u8>) {
        self.send_with(kind, from, to, (wei, 300_000), input);
    }

    pub(super) fn send_with(
        &mut self,
        kind: u8,
        from: u8,
        to: TxKind,
        (wei, gas_limit): (u64, u64),
        input: Vec<u8>,
    ) {
        let chain_id = self.chain().rules().chain_id;
        let (value, input) = (U256::from(wei), Bytes::from(input));
        let nonce = self.nonces[usize::from(from)];
        let price = 100_000_000_000;
        let tip = 1_000_000_007 + u128::from(from);
        let pooled = match kind {
            0 => {
                let (chain_id, gas_price) = (Some(chain_id), price);
                let tx = TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input };
                signed(from, tx, Transaction::Legacy)
            }
            1 => {
                let gas_price = price;
                let access_list = Default::default();
                let tx = TxEip2930 {
                    chain_id,
                    nonce,
                    gas_price,
                    gas_limit,
                    to,
                    value,
                    access_list,
                    input,
                };
                signed(from, tx, Transaction::Eip2930)
            }
            _ => {
                let tx = TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: price,
                    max_priority_fee_per_gas: tip,
                    to,
                    value,
                    input,
                    ..TxEip1559::default()
                };
                signed(from, tx, Transaction::Eip1559)
            }
        };
        self.chain().submit(pooled).unwrap();
        self.nonces[usize::from(from)] += 1;
    }

    /// Somebody sends a transaction that gives an account, which never sends one itself, the forwarder's code, and calls it.
    pub(super) fn delegate(&mut self, from: u8, authority: u8, to: Address, wei: u64) {
        let chain_id = self.chain().rules().chain_id;
        let own = &mut self.nonces[usize::from(authority)];
        let authorization =
            Authorization { chain_id: U256::from(chain_id), address: FORWARDER, nonce: *own };
        *own += 1;
        let signature = person(authority).sign_hash_sync(&authorization.signature_hash()).unwrap();
        let tx = TxEip7702 {
            chain_id,
            nonce: self.nonces[usize::from(from)],
            gas_limit: 300_000,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 3,
            to: who(authority),
            value: U256::from(wei),
            authorization_list: vec![authorization.into_signed(signature)],
            input: to.into_word().to_vec().into(),
            ..TxEip7702::default()
        };
        self.chain().submit(signed(from, tx, Transaction::Eip7702)).unwrap();
        self.nonces[usize::from(from)] += 1;
    }

    /// All whose money is worth following: people, contracts, and who gets the fees.
    pub(super) fn everybody(&self) -> Vec<Address> {
        let fees = match self.l1 {
            Some(_) => FeeVault::ALL.iter().map(|vault| vault.address).collect(),
            None => vec![PRODUCER],
        };
        let contracts = [FORWARDER, REFUNDER, REVERTER, DESTROYER];
        // Vaults pay out to one of these.
        let roles = (1..6).map(Address::repeat_byte).chain([MESSAGE_PASSER]);
        (0..12).map(who).chain(contracts).chain(fees).chain(roles).collect()
    }

    pub(super) fn source(&self, tracing: Tracing) -> Source {
        self.source_over(LocalAccess::new(self.chain().clone()).unwrap(), tracing)
    }

    /// Through an endpoint that may lie.
    pub(super) fn source_over(&self, access: impl L1Access + 'static, tracing: Tracing) -> Source {
        let timer = Arc::new(SimulatedTimer::default());
        let client = L1Client::over(vec![Arc::new(access)], None, L1Limits::default(), timer);
        Source::new(client.unwrap(), tracing, SourceLimits { blocks: 5, ..SourceLimits::default() })
    }
}

fn signed<T: SignableTransaction<Signature>>(
    from: u8,
    transaction: T,
    wrap: impl Fn(Signed<T>) -> Transaction,
) -> Pooled {
    let signer = person(from);
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    let transaction = wrap(transaction.into_signed(signature));
    Pooled { transaction: Recovered::new_unchecked(transaction, signer.address()), sidecar: None }
}

/// Books of a chain.
pub(super) struct Ledger {
    pub(super) books: Arc<Books>,
    pub(super) chain: u64,
    pub(super) source: Source,
    _directory: TempDir,
}

impl Ledger {
    /// New ones, of these accounts from a block on.
    pub(super) async fn new(
        source: Source,
        kind: ChainKind,
        owners: impl IntoIterator<Item = (Address, u64)>,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("books.sqlite");
        let books = Books::open(path.to_str().unwrap()).await.unwrap();
        let chain = source.chain_id().await.unwrap();
        let genesis = source.header(0.into()).await.unwrap().unwrap().hash();
        let url = "http://127.0.0.1:1".to_owned();
        books.follow(&FollowedChain { id: chain, kind, url, genesis }).await.unwrap();
        let ledger = Self { books: Arc::new(books), chain, source, _directory: directory };
        for (address, from) in owners {
            ledger.track(address, from).await;
        }
        ledger
    }

    pub(super) async fn track(&self, address: Address, from_block: u64) {
        let (chain, label, role) = (self.chain, String::new(), Role::User);
        let account = Tracked { chain, address, label, role, from_block };
        self.books.track(&account).await.unwrap();
    }

    pub(super) async fn ingest(&self) -> Result<Reached, IngestError> {
        let mut ingest = Ingest::new(self.source.clone(), self.books.clone(), self.chain);
        ingest.run(None, &mut |_| {}).await
    }

    pub(super) async fn check(&self) -> Checked {
        check(&self.books, &self.source, self.chain).await.unwrap()
    }

    /// All lines, without what depends on the order of booking.
    pub(super) async fn lines(&self) -> Vec<String> {
        let mut stream = self.books.stream(Filter::default()).await.unwrap();
        let mut all = Vec::new();
        loop {
            let lines = stream.next().await.unwrap();
            if lines.is_empty() {
                all.sort();
                return all;
            }
            all.extend(lines.iter().map(|it| {
                format!(
                    "{} {:?} {:?} {} {:?} {} {:?} {:?} {} {} {:?}",
                    it.block,
                    it.transaction,
                    it.log,
                    it.rule,
                    it.source,
                    it.owner,
                    it.token,
                    it.position,
                    it.amount,
                    it.balance,
                    it.why
                )
            }));
        }
    }
}

/// Runs a test that asks chains of this process.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    Runtime::new().unwrap().block_on(future)
}
