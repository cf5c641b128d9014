//! Looks at the L1, and posts what was decided.

use super::{
    BatcherError, BatcherSettings, BatcherStatus, Format, Source, SourceBlock,
    cost::{Level, Load, MAX_CALLDATA_BYTES, Spending},
    inbox::{self, Inbox},
    state::{Fate, Flight, L1Head, Seal, Seen, Tip, Wait},
    window::Window,
};
use alloy_eips::{BlockNumberOrTag, eip1898::BlockNumHash, eip4844::Blob};
use alloy_primitives::{B256, Bytes, U256, hex, keccak256, map::HashMap};
use seam_chain::Chain;
use seam_l1::{
    Fees, InFlight, L1Client, SendError, Sender, Severity, TxRequest, sender::versioned_hashes,
};
use seam_primitives::{
    L1Attributes, Transaction,
    batch::{BatchHeader, BatchKind, blobs_data_hash},
};
use seam_stf::batch::{BatchBlock, OriginStep, VERSION};
use seam_storage::StorageError;
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::watch;

/// Posts the blocks of a chain.
#[derive(Debug)]
pub struct Batcher {
    settings: BatcherSettings,
    source: Arc<dyn Source>,
    l1: L1Client,
    sender: Sender,
    format: Arc<dyn Format>,
    window: Window,
    /// Batches whose cost is not known yet, by their ids.
    unpaid: BTreeSet<String>,
    spending: Spending,
    level: Level,
    /// Up to this block the chain's own blocks are not what L1 says: see [`Batcher::post`].
    given_up: u64,
    status: watch::Sender<BatcherStatus>,
}

/// What a look showed.
#[derive(Debug)]
struct Look {
    head: L1Head,
    inbox: Inbox,
    fees: Fees,
    balance: U256,
    is_plain_account: bool,
    /// Hashes of L1 blocks that batches in flight are anchored to.
    anchors: HashMap<u64, B256>,
}

/// Whether a batch was posted.
#[derive(Debug, PartialEq, Eq)]
enum Posted {
    Yes,
    /// It cannot be yet.
    NotNow(String),
    /// It was tried.
    Failed(String),
}

/// How a look ended.
#[derive(Debug, Default)]
struct Ending {
    /// Why no more was posted.
    waiting: String,
    error: Option<String>,
}

impl Batcher {
    /// Of a chain that this process runs. `sender` is that of the batcher's key, with
    /// [`BatcherSettings::send_limits`].
    pub fn new(
        settings: BatcherSettings,
        chain: Chain,
        l1: L1Client,
        sender: Sender,
        format: Arc<dyn Format>,
    ) -> Self {
        Self::over(settings, Arc::new(chain), l1, sender, format)
    }

    /// Of any chain.
    pub fn over(
        settings: BatcherSettings,
        source: Arc<dyn Source>,
        l1: L1Client,
        sender: Sender,
        format: Arc<dyn Format>,
    ) -> Self {
        Self {
            settings,
            source,
            l1,
            sender,
            window: Window::new(format.clone()),
            format,
            unpaid: BTreeSet::new(),
            spending: Spending::default(),
            level: Level::Fine,
            given_up: 0,
            status: watch::Sender::default(),
        }
    }

    /// How it is doing, now and later.
    pub fn status(&self) -> watch::Receiver<BatcherStatus> {
        self.status.subscribe()
    }

    /// Posts until it cannot go on, and says why.
    pub async fn run(mut self) -> BatcherError {
        loop {
            match self.step().await {
                Err(error) if error.severity() == Severity::Halt => {
                    self.note(error.to_string());
                    return error;
                }
                Err(error) => {
                    tracing::warn!(%error, "the batcher waits");
                    self.note(error.to_string());
                }
                Ok(()) => {}
            }
            self.l1.timer().sleep(self.settings.poll).await;
        }
    }

    /// Looks at the L1 once, and posts what there is to post.
    ///
    /// # Errors
    /// [`BatcherError`]; after those of severity [`Severity::Retry`] the next look may do better.
    pub async fn step(&mut self) -> Result<(), BatcherError> {
        let driven = self.sender.step().await;
        let look = self.look().await?;
        let (mut tip, mut ending) = (self.tip(&look).await, None);
        while ending.is_none() {
            self.window.update(&*self.source, tip.last_block, self.most_bytes(&look))?;
            let posted = match self.decide(&look, tip).await {
                Ok(seal) => self.post(&look, tip, seal).await?,
                Err(wait) => Posted::NotNow(wait),
            };
            let before = std::mem::replace(&mut tip, self.tip(&look).await);
            ending = match posted {
                // It follows on the one before unless the L1 has changed since the look.
                Posted::Yes if tip.count > before.count => None,
                Posted::Yes => Some(Ending::default()),
                Posted::NotNow(waiting) => Some(Ending { waiting, error: None }),
                Posted::Failed(error) => {
                    Some(Ending { waiting: error.clone(), error: Some(error) })
                }
            };
        }
        self.pay(&look).await;
        self.report(&look, tip.on_their_way, ending.unwrap_or_default());
        if let Err(error) = driven {
            return Err(error.into());
        }
        Ok(())
    }

    /// All of one L1 block, so far as it is asked for by its hash.
    async fn look(&self) -> Result<Look, BatcherError> {
        let head = inbox::newest(&self.l1).await?;
        let inbox = Inbox::read(&self.l1, self.settings.inbox, head.hash).await?;
        let account = self.sender.account();
        let balance = self.l1.balance(account, BlockNumberOrTag::Latest).await?;
        let code = self.l1.code(account, BlockNumberOrTag::Latest).await?;
        let fees = self.l1.fees().await?;
        let anchors = self.anchors().await?;
        Ok(Look { head, inbox, fees, balance, is_plain_account: code.is_empty(), anchors })
    }

    async fn anchors(&self) -> Result<HashMap<u64, B256>, BatcherError> {
        let flights = self.sender.in_flight().await;
        let numbers = flights.iter().filter(|flight| flight.mined.is_none());
        let numbers = numbers.filter_map(|flight| Some(inbox::posted(&flight.input)?.0.l1_number));
        let numbers: BTreeSet<u64> = numbers.collect();
        let asked = numbers.iter().map(|number| BlockNumberOrTag::Number(*number));
        let found = self.l1.blocks(asked).await?;
        let known =
            numbers.iter().zip(found).filter_map(|(number, block)| Some((*number, block?.seal())));
        Ok(known.collect())
    }

    /// What the next batch follows on.
    async fn tip(&self, look: &Look) -> Tip {
        let flights = self.sender.in_flight().await;
        let ours = flights.iter().filter(|flight| flight.to == Some(self.settings.inbox));
        let flights: Vec<Flight> = ours.filter_map(flight_of).collect();
        let may_land = |flight: &Flight| {
            let number = flight.header.l1_number;
            // One that was posted after the look is anchored to what stood then.
            let anchor = look.anchors.get(&number).copied().unwrap_or(flight.header.l1_hash);
            flight.may_land(Some(anchor), look.head.number)
        };
        Tip::behind(&look.inbox, &flights, may_land)
    }

    fn most_bytes(&self, look: &Look) -> usize {
        let blobs = usize::try_from(self.settings.blobs_at(look.head.time)).unwrap_or_default();
        blobs.saturating_mul(self.format.bytes_per_blob()).max(MAX_CALLDATA_BYTES)
    }

    /// Whether a batch is made now; why not, if not.
    async fn decide(&self, look: &Look, tip: Tip) -> Result<Seal, String> {
        let account = self.sender.account();
        if look.inbox.batcher != account {
            return Err(format!(
                "the inbox's batcher is {}, not {account}: set it with \
                 SystemConfig.setBatcherHash and BatchInbox.updateBatcher, or use its key",
                look.inbox.batcher
            ));
        }
        if self.source.safe() < self.given_up {
            return Err(format!(
                "blocks up to {} could not be posted: waiting for the chain to follow L1",
                self.given_up
            ));
        }
        let waiting = self.count(u64::MAX).await;
        let near = look.head.number.saturating_sub(self.settings.anchor_depth);
        let near = self.count(near).await;
        let seen = Seen {
            head: look.head,
            inbox: &look.inbox,
            tip,
            pending: &self.window.pending,
            waiting,
            near,
            fees: look.fees,
            bytes_per_blob: self.format.bytes_per_blob(),
            max_blocks: self.format.max_blocks(),
            is_plain_account: look.is_plain_account,
        };
        seen.seal(&self.settings).map_err(|wait: Wait| wait.to_string())
    }

    /// The sender's transactions in no block or in one after this, with blobs and without.
    async fn count(&self, after: u64) -> [usize; 2] {
        let flights = self.sender.in_flight().await;
        let mut count = [0, 0];
        for flight in &flights {
            if flight.mined.as_ref().is_none_or(|receipt| receipt.block_number > after) {
                count[usize::from(flight.versioned_hashes.is_empty())] += 1;
            }
        }
        count
    }

    /// Makes a batch and sends it. A block that does not fit into a batch alone is given up: the batch
    /// has no data, so L1 makes a default block of it, and the chain must follow before more is posted.
    async fn post(&mut self, look: &Look, tip: Tip, seal: Seal) -> Result<Posted, BatcherError> {
        let Some(anchor) = self.anchor(&seal).await? else {
            return Ok(Posted::NotNow("blocks stand on an L1 block that is gone".to_owned()));
        };
        let (blocks, data) = self.encode(&seal).await?;
        let cut = blocks < seal.blocks;
        let (last, given_up) = match (blocks, cut) {
            (0, _) => (tip.last_block + 1, true),
            (_, true) => (tip.last_block + blocks as u64, false),
            (_, false) => (seal.last_block, seal.last_block > tip.last_block + blocks as u64),
        };
        let header = BatchHeader {
            version: VERSION,
            first_block: tip.last_block + 1,
            last_block: last,
            l1_number: anchor.number,
            l1_hash: anchor.hash,
            prev_accumulator: tip.accumulator,
        };
        let (request, accumulator) = self.request(&header, seal.kind, data).await?;
        let id = self.id(tip.count + 1, accumulator).await;
        tracing::info!(
            id,
            first = header.first_block,
            last,
            blocks,
            kind = ?seal.kind,
            blobs = request.blobs.len(),
            reason = ?seal.reason,
            "batch sealed"
        );
        if let Err(error) = self.sender.submit(&id, &request).await {
            return self.not_sent(error, look);
        }
        if given_up {
            tracing::error!(
                from = tip.last_block + 1 + blocks as u64,
                to = last,
                "blocks could not be posted and become default blocks: their transactions are lost \
                 unless they are sent again"
            );
            self.given_up = last;
        }
        self.unpaid.insert(id);
        Ok(Posted::Yes)
    }

    /// The anchor, if the last block's origin stands on the same branch of L1.
    async fn anchor(&self, seal: &Seal) -> Result<Option<BlockNumHash>, BatcherError> {
        let last = seal.blocks.checked_sub(1).and_then(|last| self.window.pending.get(last));
        let Some(origin) = last.map(|last| last.origin) else { return Ok(None) };
        let numbers = [seal.anchor, origin.number].map(BlockNumberOrTag::Number);
        let found = self.l1.blocks(numbers).await?;
        let hashes: Vec<B256> = found.into_iter().flatten().map(|block| block.seal()).collect();
        Ok(match hashes[..] {
            [anchor, stands] if stands == origin.hash => {
                Some(BlockNumHash::new(seal.anchor, anchor))
            }
            _ => None,
        })
    }

    /// As many of the blocks as really fit, and their data; none if not even one does.
    async fn encode(&self, seal: &Seal) -> Result<(usize, Vec<u8>), BatcherError> {
        let mut count = seal.blocks;
        loop {
            let blocks: Vec<BatchBlock> = self.window.blocks.iter().take(count).cloned().collect();
            let format = self.format.clone();
            let encoded = tokio::task::spawn_blocking(move || format.encode(&blocks)).await;
            let encoded = encoded.map_err(|error| BatcherError::Encode(error.to_string()))?;
            let data = encoded.map_err(BatcherError::Encode)?;
            if data.len() <= seal.capacity || count == 0 {
                return Ok((count, data));
            }
            // In proportion, and a twentieth less, so that it ends soon.
            let fitting = count.saturating_mul(seal.capacity) / data.len() * 19 / 20;
            count = fitting.max(1).min(count - 1);
        }
    }

    /// The transaction of a batch, and the accumulator that it makes.
    async fn request(
        &self,
        header: &BatchHeader,
        kind: BatchKind,
        data: Vec<u8>,
    ) -> Result<(TxRequest, B256), BatcherError> {
        let bytes = data.len();
        let (input, blobs, hash) = match kind {
            BatchKind::Calldata => {
                let hash = keccak256(&data);
                (inbox::post_calldata(header, Bytes::from(data)), Vec::new(), hash)
            }
            BatchKind::Blobs => {
                let (blobs, hashes) = self.blobs(data).await?;
                (inbox::post(header), blobs, blobs_data_hash(&hashes))
            }
        };
        let mut load = Load::new(kind, bytes, self.format.bytes_per_blob());
        load.blobs = blobs.len() as u64;
        let request = TxRequest {
            to: Some(self.settings.inbox),
            input,
            gas_limit: load.gas_limit(),
            blobs,
            ..TxRequest::default()
        };
        Ok((request, header.accumulator(kind, hash)))
    }

    async fn blobs(&self, data: Vec<u8>) -> Result<(Vec<Blob>, Vec<B256>), BatcherError> {
        let format = self.format.clone();
        let packed = tokio::task::spawn_blocking(move || {
            let blobs = format.pack(&data);
            versioned_hashes(&blobs).map(|hashes| (blobs, hashes))
        });
        let packed = packed.await.map_err(|error| BatcherError::Encode(error.to_string()))?;
        Ok(packed?)
    }

    /// `batch-<index>-<accumulator>`. The same batch after one that failed is another transaction.
    async fn id(&self, index: u64, accumulator: B256) -> String {
        let start = accumulator.get(..8).unwrap_or_default();
        let first = format!("batch-{index}-{}", hex::encode(start));
        let (mut id, mut again) = (first.clone(), 1);
        while self.sender.knows(&id).await {
            again += 1;
            id = format!("{first}-{again}");
        }
        id
    }

    /// It is not in the journal, or it is and the L1 does not have it yet.
    fn not_sent(&self, error: SendError, look: &Look) -> Result<Posted, BatcherError> {
        if error.severity() == Severity::Halt {
            return Err(error.into());
        }
        if let SendError::Funds { account, .. } = &error {
            tracing::error!(%account, balance = %look.balance, "the batcher cannot pay for a batch");
        }
        Ok(Posted::Failed(error.to_string()))
    }

    /// Notes what batches have cost that are in a block now.
    async fn pay(&mut self, look: &Look) {
        for flight in self.sender.in_flight().await {
            if flight.to == Some(self.settings.inbox) && flight.mined.is_none() {
                self.unpaid.insert(flight.id);
            }
        }
        let mut paid = Vec::new();
        for id in &self.unpaid {
            if let Some(receipt) = self.sender.receipt(id).await {
                paid.push((id.clone(), receipt));
            }
        }
        for (id, receipt) in paid {
            self.unpaid.remove(&id);
            self.spending.add(look.head.time, receipt.cost());
            if !receipt.success {
                tracing::warn!(id, "a batch failed on L1: the blocks are posted again");
            }
        }
    }

    fn report(&mut self, look: &Look, on_their_way: usize, ending: Ending) {
        let (inbox, head) = (&look.inbox, &look.head);
        let next = Load::new(BatchKind::Blobs, 1, self.format.bytes_per_blob());
        let hourly = next.cost(&look.fees) * U256::from(3_600 / self.settings.max_age.max(1));
        let runway = self.spending.runway_hours(head.time, look.balance, hourly);
        self.warn(Level::of(runway, self.settings.runway_warning_hours), runway);
        let pending_blocks = self.source.head().saturating_sub(inbox.last_block);
        let oldest = match pending_blocks {
            0 => 0,
            _ => head.time.saturating_sub(self.settings.time_of(inbox.last_block + 1)),
        };
        let status = BatcherStatus {
            inbox_last_block: inbox.last_block,
            posted_batches: inbox.count,
            in_flight: on_their_way,
            pending_blocks,
            oldest_pending_seconds: oldest,
            balance: look.balance,
            runway_hours: runway,
            starved: look.balance < next.needs(&look.fees),
            spent: self.spending.total(),
            waiting: Some(ending.waiting).filter(|why| !why.is_empty()),
            last_error: ending.error,
        };
        self.status.send_replace(status);
    }

    /// Once for each level that it falls to.
    fn warn(&mut self, level: Level, hours: Option<f64>) {
        let before = std::mem::replace(&mut self.level, level);
        if level <= before {
            return;
        }
        let (hours, account) = (hours.unwrap_or_default(), self.sender.account());
        match level {
            Level::Critical => {
                tracing::error!(hours, %account, "the batcher's ether is nearly used up: send it more");
            }
            _ => tracing::warn!(hours, %account, "the batcher's ether runs out: send it more"),
        }
    }

    fn note(&self, error: String) {
        self.status.send_modify(|status| status.last_error = Some(error));
    }
}

/// A batch of the journal; `None` for what is no batch.
fn flight_of(flight: &InFlight) -> Option<Flight> {
    let (header, data) = inbox::posted(&flight.input)?;
    let (kind, hash) = match data {
        Some(data) => (BatchKind::Calldata, keccak256(data)),
        None => (BatchKind::Blobs, blobs_data_hash(&flight.versioned_hashes)),
    };
    let fate = match &flight.mined {
        None => Fate::Waiting,
        Some(receipt) if receipt.success => Fate::Mined,
        Some(_) => Fate::Failed,
    };
    Some(Flight { header, kind, accumulator: header.accumulator(kind, hash), fate })
}

impl Source for Chain {
    fn head(&self) -> u64 {
        Self::head(self).number()
    }

    fn safe(&self) -> u64 {
        Self::head(self).finality.safe
    }

    fn hash(&self, number: u64) -> Result<Option<B256>, StorageError> {
        Self::head(self).reader.hash(number)
    }

    fn block(&self, number: u64) -> Result<Option<SourceBlock>, StorageError> {
        let Some(stored) = Self::head(self).reader.block(number)? else { return Ok(None) };
        let mut transactions = stored.block.transactions;
        let attributes = transactions.first().and_then(L1Attributes::of_transaction);
        let missing = || StorageError::Corrupt("a rollup block without L1 attributes".to_owned());
        let attributes = attributes.ok_or_else(missing)?;
        transactions.retain(|transaction: &Transaction| transaction.as_deposit().is_none());
        let step = match attributes.sequence_number {
            0 => OriginStep::Next,
            _ => OriginStep::Same,
        };
        Ok(Some(SourceBlock {
            hash: stored.hash,
            time: stored.block.header.timestamp,
            origin: BlockNumHash::new(attributes.number, attributes.hash),
            batch: BatchBlock { step, transactions },
        }))
    }
}
