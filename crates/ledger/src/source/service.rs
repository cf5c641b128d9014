//! Asks a node.

use super::{
    At, BlockFacts, ShareValue, SharesAt, SourceError, SourceLimits, Tracing, TxTrace,
    local::LocalAccess,
    wire::{ReadBlock, read_block, read_changes, read_payments, read_receipts, with_receipts},
};
use crate::{
    model::{MAX_AMOUNT, Token},
    rules::Owners,
};
use alloy_consensus::{Header, Sealed};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes, U64, U256, hex};
use seam_chain::{Chain, rpc::RpcError};
use seam_l1::{Fault, L1Client, L1Error, L1Limits, timer::RealTimer, timer::Timer};
use serde_json::{Value, json, value::RawValue};
use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

/// `balanceOf(address)`.
const BALANCE_OF: [u8; 4] = hex!("70a08231");
/// `asset()` of ERC-4626.
const ASSET: [u8; 4] = hex!("38d52e0f");
/// `convertToAssets(uint256)` of ERC-4626.
const CONVERT: [u8; 4] = hex!("07a2d13a");

const UNTRIED: u8 = 0;
const OFFERED: u8 = 1;
const NOT_OFFERED: u8 = 2;

type Question = (&'static str, Value);

/// A chain that can be asked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    client: L1Client,
    limits: SourceLimits,
    /// What is known of `debug_traceBlockByHash`.
    traces: Arc<AtomicU8>,
    /// Questions in one request, as the node takes them.
    batch: Arc<AtomicUsize>,
}

impl Source {
    /// The chain of this client.
    pub fn new(client: L1Client, tracing: Tracing, limits: SourceLimits) -> Self {
        let traces = match tracing {
            Tracing::WhereOffered => UNTRIED,
            Tracing::Never => NOT_OFFERED,
        };
        let batch = Arc::new(AtomicUsize::new(limits.batch.max(1)));
        Self { client, limits, traces: Arc::new(AtomicU8::new(traces)), batch }
    }

    /// The chain at these URLs, the preferred one first. `chain_id`: the chain that is wanted, if one is.
    ///
    /// # Errors
    /// [`L1Error::Url`], [`L1Error::NoEndpoint`].
    pub fn rpc<S: AsRef<str>>(
        urls: &[S],
        chain_id: Option<u64>,
        tracing: Tracing,
    ) -> Result<Self, L1Error> {
        let client = L1Client::connect(urls, chain_id, L1Limits::default())?;
        Ok(Self::new(client, tracing, SourceLimits::default()))
    }

    /// A chain that runs in this process. It is read by the same code as any other.
    ///
    /// # Errors
    /// [`RpcError`], a mistake of ours.
    pub fn chain(chain: Chain) -> Result<Self, RpcError> {
        let id = chain.rules().chain_id;
        let access = Arc::new(LocalAccess::new(chain)?);
        let (limits, timer) = (L1Limits::default(), Arc::new(RealTimer::start()));
        let client = L1Client::over(vec![access], Some(id), limits, timer);
        // There is one endpoint.
        let client = client.map_err(|_| RpcError::Origin(String::new()))?;
        Ok(Self::new(client, Tracing::WhereOffered, SourceLimits::default()))
    }

    /// Its limits.
    pub const fn limits(&self) -> SourceLimits {
        self.limits
    }

    /// The time that it goes by.
    pub fn timer(&self) -> Arc<dyn Timer> {
        self.client.timer()
    }

    /// The chain's id.
    ///
    /// # Errors
    /// [`SourceError`]; the same for all that follow.
    pub async fn chain_id(&self) -> Result<u64, SourceError> {
        Ok(self.client.chain_id().await?)
    }

    /// A block's header; `None` if there is no such block.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn header(
        &self,
        block: BlockNumberOrTag,
    ) -> Result<Option<Sealed<Header>>, SourceError> {
        Ok(self.client.block(block).await?)
    }

    /// Headers of blocks, in the order of the numbers; `None` where there is no such block.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn headers(
        &self,
        numbers: impl IntoIterator<Item = u64>,
    ) -> Result<Vec<Option<Sealed<Header>>>, SourceError> {
        let numbers = numbers.into_iter().map(BlockNumberOrTag::Number);
        Ok(self.client.blocks(numbers).await?)
    }

    /// Number of the newest block that is final; `None` if the chain knows no finality, or has none yet.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn finalized(&self) -> Result<Option<u64>, SourceError> {
        match self.client.block(BlockNumberOrTag::Finalized).await {
            Ok(found) => Ok(found.map(|header| header.number)),
            Err(L1Error::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The blocks from the first to the last, whole, linked and checked, without balances and traces. Senders among
    /// the owners are those who signed.
    ///
    /// # Errors
    /// [`SourceError`]; [`SourceError::Gone`] if one is not there.
    pub async fn blocks(
        &self,
        first: u64,
        last: u64,
        owners: &Owners,
    ) -> Result<Vec<BlockFacts>, SourceError> {
        let questions: Vec<Question> = (first..=last)
            .map(|number| ("eth_getBlockByNumber", json!([U64::from(number), true])))
            .collect();
        let is_ours = |account| owners.has(account);
        let read = |_: usize, answer: &RawValue| read_block(answer, &is_ours);
        let mut blocks: Vec<ReadBlock> = Vec::new();
        for (number, found) in (first..).zip(self.all(&questions, &read).await?) {
            let block = found.filter(|block| block.facts.number == number);
            let block = block.ok_or(SourceError::Gone(number))?;
            if blocks.last().is_some_and(|before| before.facts.hash != block.facts.parent) {
                return Err(SourceError::Gone(number));
            }
            blocks.push(block);
        }
        self.receipts(&blocks).await
    }

    /// Adds their receipts: one question a block, or one a transaction where the node does not know the first.
    async fn receipts(&self, blocks: &[ReadBlock]) -> Result<Vec<BlockFacts>, SourceError> {
        let question = |block: &ReadBlock| ("eth_getBlockReceipts", json!([block.facts.hash]));
        let questions: Vec<Question> = blocks.iter().map(question).collect();
        let read = |place: usize, answer: &RawValue| {
            let block = blocks.get(place).ok_or(Fault::Behind)?;
            let missing =
                || Fault::Missing(format!("the receipts of block {}", block.facts.number));
            with_receipts(block, &read_receipts(answer)?.ok_or_else(missing)?)
        };
        let found = self.ask(&questions, &read).await?;
        let mut facts = Vec::with_capacity(blocks.len());
        for (block, found) in blocks.iter().zip(found) {
            facts.push(match found {
                Ok(found) => found,
                Err(L1Error::Refused { .. }) => self.receipts_one_by_one(block).await?,
                Err(error) => return Err(error.into()),
            });
        }
        Ok(facts)
    }

    async fn receipts_one_by_one(&self, block: &ReadBlock) -> Result<BlockFacts, SourceError> {
        let hashes = block.facts.transactions.iter().map(|transaction| transaction.hash);
        let questions: Vec<Question> =
            hashes.map(|hash| ("eth_getTransactionReceipt", json!([hash]))).collect();
        let raw = |_: usize, answer: &RawValue| Ok(answer.get().to_owned());
        let all = self.all(&questions, &raw).await?;
        let list = RawValue::from_string(format!("[{}]", all.join(",")));
        let number = block.facts.number;
        let lie = |error: String| SourceError::Lie(format!("receipts of block {number}: {error}"));
        let list = list.map_err(|error| lie(error.to_string()))?;
        let receipts = read_receipts(&list).map_err(|fault| lie(fault.to_string()))?;
        with_receipts(block, &receipts.unwrap_or_default()).map_err(|fault| match fault {
            Fault::Wrong(reason) => SourceError::Lie(reason),
            other => lie(other.to_string()),
        })
    }

    /// What these have after these blocks; `None` for a token that has no balances that could be counted.
    ///
    /// # Errors
    /// [`SourceError::NoHistory`] if the node does not have the state.
    pub async fn balances(
        &self,
        wanted: &[(At, Address, Token)],
    ) -> Result<Vec<Option<U256>>, SourceError> {
        let questions: Vec<Question> = wanted.iter().map(balance_question).collect();
        let read = |_: usize, answer: &RawValue| Ok(amount(answer));
        let found = self.ask(&questions, &read).await?;
        let one = |((at, owner, token), found): (&(At, Address, Token), _)| match (found, token) {
            (Ok(Some(amount)), Token::Ether) => Ok(Some(amount)),
            // No honest token has more; those that have are no money.
            (Ok(Some(amount)), Token::Erc20(_)) => {
                Ok(Some(amount).filter(|it: &U256| *it <= MAX_AMOUNT.unsigned_abs()))
            }
            (Ok(None) | Err(L1Error::Refused { .. }), Token::Erc20(_)) => Ok(None),
            (Ok(None), Token::Ether) => Err(no_history(*at, *owner, "it answers no number")),
            (Err(L1Error::Refused { message, .. }), Token::Ether) => {
                Err(no_history(*at, *owner, &message))
            }
            (Err(error), _) => Err(error.into()),
        };
        wanted.iter().zip(found).map(one).collect()
    }

    /// The asset of a vault (ERC-4626); `None` if it is none.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn asset(&self, vault: Address, at: At) -> Result<Option<Address>, SourceError> {
        let questions = [call_question(vault, ASSET.to_vec(), at)];
        let found = self.ask(&questions, &|_, answer| Ok(amount(answer))).await?;
        let word = found.into_iter().next().and_then(Result::ok).flatten();
        Ok(word.and_then(|word| super::address_of(B256::from(word))).filter(|it| !it.is_zero()))
    }

    /// What so many shares of vaults are worth in their assets after these blocks.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn worth(&self, wanted: &[SharesAt]) -> Result<Vec<Option<ShareValue>>, SourceError> {
        let question = |it: &SharesAt| {
            let data = [CONVERT.as_slice(), &it.shares.to_be_bytes::<32>()].concat();
            call_question(it.vault, data, it.at)
        };
        let questions: Vec<Question> = wanted.iter().map(question).collect();
        let found = self.ask(&questions, &|_, answer| Ok(amount(answer))).await?;
        let value = |(it, found): (&SharesAt, _)| {
            let assets = Result::ok(found).flatten()?;
            Some(ShareValue { asset: it.asset, shares: it.shares, assets })
        };
        Ok(wanted.iter().zip(found).map(value).collect())
    }

    /// The words that a contract answers to a call without arguments after a block; `None` if it reverts, answers
    /// something else, or the node has no such state.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn words(
        &self,
        contract: Address,
        selector: &[u8; 4],
        at: At,
    ) -> Result<Option<Vec<U256>>, SourceError> {
        let questions = [call_question(contract, selector.to_vec(), at)];
        let found = self.ask(&questions, &|_, answer| Ok(words(answer))).await?;
        match found.into_iter().next() {
            Some(Ok(found)) => Ok(found),
            Some(Err(L1Error::Refused { .. })) | None => Ok(None),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Adds to a block what its transactions did inside, if the node tells. Whether it does is tried once.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn trace(&self, block: &mut BlockFacts) -> Result<(), SourceError> {
        let known = self.traces.load(Ordering::Relaxed);
        if known == NOT_OFFERED || block.transactions.is_empty() {
            return Ok(());
        }
        let question = |tracer: Value| ("debug_traceBlockByHash", json!([block.hash, tracer]));
        let difference =
            json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
        let questions = [question(difference), question(json!({ "tracer": "callTracer" }))];
        let count = block.transactions.len();
        let read = |place: usize, answer: &RawValue| traces(place, answer, count);
        let mut found = self.ask(&questions, &read).await?.into_iter();
        let (mut changes, payments) = match (found.next(), found.next()) {
            (Some(Ok(changes)), Some(Ok(payments))) => (changes, payments),
            // It has traced before: this is not the time to leave it out.
            (Some(Err(error)), _) | (_, Some(Err(error))) if known == OFFERED => {
                return Err(error.into());
            }
            _ => {
                tracing::info!("the node does not trace: ether from contracts stays unexplained");
                self.traces.store(NOT_OFFERED, Ordering::Relaxed);
                return Ok(());
            }
        };
        self.traces.store(OFFERED, Ordering::Relaxed);
        for (trace, paid) in changes.iter_mut().zip(payments) {
            trace.payments = paid.payments;
        }
        for (transaction, trace) in block.transactions.iter_mut().zip(changes) {
            transaction.trace = Some(trace);
        }
        Ok(())
    }

    /// One value a question. A refusal of one is the error of all.
    async fn all<T>(
        &self,
        questions: &[Question],
        read: &(dyn Fn(usize, &RawValue) -> Result<T, Fault> + Sync),
    ) -> Result<Vec<T>, SourceError> {
        let found = self.ask(questions, read).await?;
        Ok(found.into_iter().collect::<Result<_, L1Error>>()?)
    }

    /// One value or refusal a question, in as many requests as the node needs.
    async fn ask<T>(
        &self,
        questions: &[Question],
        read: &(dyn Fn(usize, &RawValue) -> Result<T, Fault> + Sync),
    ) -> Result<Vec<Result<T, L1Error>>, SourceError> {
        let mut values = Vec::with_capacity(questions.len());
        while let Some(rest) = questions.get(values.len()..).filter(|rest| !rest.is_empty()) {
            let size = self.batch.load(Ordering::Relaxed).clamp(1, rest.len());
            let first = values.len();
            let read = |place: usize, answer: &RawValue| read(first.saturating_add(place), answer);
            let (some, _) = rest.split_at(size);
            match self.client.read_all(some, &read).await {
                Ok(found) => {
                    values.extend(found);
                    let more = size.saturating_mul(2).min(self.limits.batch);
                    self.batch.fetch_max(more, Ordering::Relaxed);
                }
                Err(error) if size > 1 && is_too_much(&error) => {
                    self.batch.store(size / 2, Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(values)
    }
}

/// Whether fewer questions at a time may help.
const fn is_too_much(error: &L1Error) -> bool {
    use L1Error::{TooLarge, Unreachable};
    let status = matches!(error, Unreachable { last: Fault::Status(413 | 400 | 500..=599), .. });
    let words = matches!(
        error,
        Unreachable { last: Fault::Timeout | Fault::Busy(_) | Fault::Unreadable(_), .. }
    );
    matches!(error, TooLarge { .. }) || status || words
}

fn no_history(at: At, account: Address, message: &str) -> SourceError {
    SourceError::NoHistory { account, block: at.number, oldest: None, message: message.to_owned() }
}

fn balance_question((at, owner, token): &(At, Address, Token)) -> Question {
    match token {
        Token::Ether => ("eth_getBalance", json!([owner, { "blockHash": at.hash }])),
        Token::Erc20(token) => {
            let data = [BALANCE_OF.as_slice(), owner.into_word().as_slice()].concat();
            call_question(*token, data, *at)
        }
    }
}

fn call_question(to: Address, data: Vec<u8>, at: At) -> Question {
    let call = json!({ "to": to, "data": Bytes::from(data) });
    ("eth_call", json!([call, { "blockHash": at.hash }]))
}

/// A number, as a quantity or as the word that a call returns.
fn amount(answer: &RawValue) -> Option<U256> {
    let text: &str = serde_json::from_str(answer.get()).ok()?;
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || digits.len() > 64 {
        return None;
    }
    U256::from_str_radix(digits, 16).ok()
}

/// What a call returned, if it is words and at least one.
fn words(answer: &RawValue) -> Option<Vec<U256>> {
    let bytes: Bytes = serde_json::from_str(answer.get()).ok()?;
    let (words, rest) = bytes.as_chunks::<32>();
    let words: Vec<U256> = words.iter().map(|word| U256::from_be_bytes(*word)).collect();
    (rest.is_empty() && !words.is_empty()).then_some(words)
}

/// The state differences (the first question) or the payments (the second) of a block's transactions.
fn traces(place: usize, answer: &RawValue, count: usize) -> Result<Vec<TxTrace>, Fault> {
    let traces: Vec<TxTrace> = match place {
        0 => {
            let all = read_changes(answer)?.into_iter();
            all.map(|changes| TxTrace { changes, payments: Vec::new() }).collect()
        }
        _ => {
            let all = read_payments(answer)?.into_iter();
            all.map(|payments| TxTrace { payments, ..TxTrace::default() }).collect()
        }
    };
    match traces.len() == count {
        true => Ok(traces),
        false => Err(Fault::Unreadable(format!("{} traces of {count} transactions", traces.len()))),
    }
}
