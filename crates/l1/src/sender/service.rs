//! Looks at the L1 and does what was decided.

use super::{
    InFlight, SendError, SendLimits, TxRequest,
    journal::{Journal, JournalError, Record, Signed},
    sidecars::{Proofs, Sidecars, aside, versioned_hashes},
    state::{Action, Flight, Known, Observed, Price, State},
    transaction::{decode, offer, with_sidecar},
};
use crate::{
    client::{L1Client, L1Error, Receipt},
    error::Severity,
    timer::Timer,
};
use alloy_consensus::{SignableTransaction, Transaction, TxEnvelope, TypedTransaction};
use alloy_eips::{BlockNumberOrTag, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes, U128, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Transactions of one key. Cheap to clone; clones are the same sender.
///
/// Dropping a future of it at any point is as harmless as a crash.
#[derive(Debug, Clone)]
pub struct Sender {
    account: Address,
    client: L1Client,
    timer: Arc<dyn Timer>,
    poll: Duration,
    inner: Arc<Mutex<Inner>>,
}

/// A transaction that is in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// What it was submitted as.
    pub id: String,
    /// Its nonce.
    pub nonce: u64,
    /// Its hash, unless it is replaced.
    pub hash: B256,
}

struct Inner {
    account: Address,
    chain_id: u64,
    client: L1Client,
    timer: Arc<dyn Timer>,
    signer: PrivateKeySigner,
    limits: SendLimits,
    journal: Journal,
    sidecars: Sidecars,
    state: State,
    looked: Option<Duration>,
}

impl std::fmt::Debug for Inner {
    /// Without the signer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Sender {
    /// Opens the journal, or makes it. What is in flight is sent again by the first look at the L1.
    ///
    /// # Errors
    ///
    /// [`SendError::Journal`]; [`SendError::L1`], also if the L1 has another chain id.
    pub async fn open(
        journal: &Path,
        client: L1Client,
        signer: PrivateKeySigner,
        chain_id: u64,
        limits: SendLimits,
    ) -> Result<Self, SendError> {
        let found = client.chain_id().await?;
        if found != chain_id {
            let endpoint = "--l1-rpc".to_owned();
            return Err(L1Error::OtherChain { endpoint, expected: chain_id, found }.into());
        }
        let account = signer.address();
        let (file, records) = Journal::open(journal, chain_id, account)?;
        let line = records.len();
        let state = State::restore(account, limits.clone(), records)
            .ok_or_else(|| JournalError::Damaged { path: journal.to_owned(), line })?;
        let sidecars = Sidecars::open(journal, |content| state.needs(content))?;
        let (timer, poll) = (client.timer(), limits.poll);
        let inner = Inner {
            account,
            chain_id,
            client: client.clone(),
            timer: timer.clone(),
            signer,
            limits,
            journal: file,
            sidecars,
            state,
            looked: None,
        };
        Ok(Self { account, client, timer, poll, inner: Arc::new(Mutex::new(inner)) })
    }

    /// The key's account.
    pub const fn account(&self) -> Address {
        self.account
    }

    /// Signs a transaction, journals it and sends it. One that the journal has by this id is not sent
    /// anew: the handle is of that one.
    ///
    /// # Errors
    ///
    /// [`SendError`]: with those of severity [`Severity::Retry`] it is not in the journal.
    pub async fn submit(&self, id: &str, request: &TxRequest) -> Result<Handle, SendError> {
        let hashes = match request.blobs.as_slice() {
            [] => Vec::new(),
            blobs => {
                let blobs = blobs.to_vec();
                aside(move || versioned_hashes(&blobs)).await?
            }
        };
        self.inner.lock().await.submit(id, request, hashes).await
    }

    /// All that is in flight, by nonce, as the last look at the L1 showed it.
    pub async fn in_flight(&self) -> Vec<InFlight> {
        let inner = self.inner.lock().await;
        inner.state.flights.iter().filter_map(|(nonce, flight)| shown(*nonce, flight)).collect()
    }

    /// What the last look showed of what was submitted by this id, if it was in a block then: one that a
    /// reorg may remove still. Nothing is asked; of what was done before a restart nothing is known.
    pub async fn receipt(&self, id: &str) -> Option<Receipt> {
        self.inner.lock().await.state.receipt(id).cloned()
    }

    /// Whether something was submitted by this id.
    pub async fn knows(&self, id: &str) -> bool {
        self.inner.lock().await.state.content_of(id).is_some()
    }

    /// Waits until a transaction has its confirmations. One that was mined and failed has a receipt
    /// too: see [`Receipt::success`].
    ///
    /// # Errors
    ///
    /// [`SendError`]: [`SendError::Refused`] while the L1 does not take it, or one before it; waiting
    /// again is right once the reason is gone.
    pub async fn wait(&self, id: &str) -> Result<Receipt, SendError> {
        loop {
            if let Some(receipt) = self.inner.lock().await.outcome(id).await? {
                return Ok(receipt);
            }
            self.timer.sleep(self.poll).await;
        }
    }

    /// Submits and waits.
    ///
    /// # Errors
    ///
    /// Those of [`Sender::submit`] and [`Sender::wait`].
    pub async fn send(&self, id: &str, request: &TxRequest) -> Result<Receipt, SendError> {
        self.submit(id, request).await?;
        self.wait(id).await
    }

    /// Looks at the L1 once and does what there is to do: sends, replaces, notes what is done. Gives
    /// the number in flight afterwards.
    ///
    /// # Errors
    ///
    /// [`SendError`].
    pub async fn step(&self) -> Result<usize, SendError> {
        let mut inner = self.inner.lock().await;
        inner.step().await?;
        Ok(inner.state.flights.len())
    }

    /// Looks at the L1 again and again, for ever, until something is wrong that only a person can
    /// mend.
    pub async fn run(&self) -> SendError {
        loop {
            match self.step().await {
                Err(error) if error.severity() == Severity::Halt => return error,
                Err(error) => tracing::warn!(%error, "L1 transactions wait"),
                Ok(_) => {}
            }
            self.timer.sleep(self.poll).await;
        }
    }

    /// The client that it sends with.
    pub const fn client(&self) -> &L1Client {
        &self.client
    }
}

/// A transaction in flight for others.
fn shown(nonce: u64, flight: &Flight) -> Option<InFlight> {
    let transaction = decode(&flight.last()?.raw)?;
    Some(InFlight {
        id: flight.id.clone(),
        nonce,
        to: transaction.to(),
        input: transaction.input().clone(),
        versioned_hashes: transaction.blob_versioned_hashes().unwrap_or_default().to_vec(),
        mined: flight.mined.clone(),
        refusal: flight.refusal.clone(),
    })
}

impl Inner {
    async fn submit(
        &mut self,
        id: &str,
        request: &TxRequest,
        hashes: Vec<B256>,
    ) -> Result<Handle, SendError> {
        let content = request.content(&hashes);
        if let Some((nonce, hash, found)) = self.state.content_of(id) {
            let handle = Handle { id: id.to_owned(), nonce, hash };
            let other = SendError::OtherContent { id: id.to_owned() };
            return if found == content { Ok(handle) } else { Err(other) };
        }
        let latest = self.client.nonce(self.account, BlockNumberOrTag::Latest).await?;
        let fees = self.client.fees().await?;
        let (nonce, price) = self.state.plan(latest, &fees, request.carries())?;
        self.check_funds(request, price).await?;
        let transaction = request.transaction(self.chain_id, nonce, hashes)?;
        if !request.blobs.is_empty() {
            self.sidecars.keep(content, &request.blobs)?;
        }
        let hash = self.sign(id, content, transaction, price)?;
        self.send(nonce).await?;
        Ok(Handle { id: id.to_owned(), nonce, hash })
    }

    /// Before anything is signed: what cannot be paid would hold up all that come after it.
    async fn check_funds(&self, request: &TxRequest, price: Price) -> Result<(), SendError> {
        let account = self.account;
        let balance = self.client.balance(account, BlockNumberOrTag::Latest).await?;
        let gas = U256::from(request.gas_limit).saturating_mul(U256::from(price.max_fee));
        let blobs = U256::from(price.blob_fee.unwrap_or_default());
        let blobs = request.blob_gas().saturating_mul(blobs);
        let needed = request.value.saturating_add(gas).saturating_add(blobs);
        match balance < needed {
            true => Err(SendError::Funds { account, balance, needed }),
            false => Ok(()),
        }
    }

    /// Signs it at this price and journals it. Nothing is sent yet.
    fn sign(
        &mut self,
        id: &str,
        content: B256,
        mut transaction: TypedTransaction,
        price: Price,
    ) -> Result<B256, SendError> {
        offer(&mut transaction, price);
        let signature = self.signer.sign_hash_sync(&transaction.signature_hash());
        let signature = signature.map_err(|error| SendError::Signer(error.to_string()))?;
        let nonce = transaction.nonce();
        let transaction = TxEnvelope::from(transaction.into_signed(signature));
        let hash = *transaction.tx_hash();
        let signed = Signed {
            id: id.to_owned(),
            content,
            nonce,
            hash,
            max_fee: U128::from(price.max_fee),
            priority_fee: U128::from(price.priority_fee),
            max_blob_fee: price.blob_fee.map(U128::from),
            raw: transaction.encoded_2718().into(),
        };
        let record = Record::Signed(signed);
        self.journal.append(&record)?;
        if let Record::Signed(signed) = &record {
            self.state
                .signed(signed)
                .ok_or_else(|| SendError::OtherContent { id: id.to_owned() })?;
        }
        Ok(hash)
    }

    /// Sends the last attempt. That the L1 cannot be reached is no error: it is sent later.
    async fn send(&mut self, nonce: u64) -> Result<(), SendError> {
        let flight = self.state.flights.get(&nonce);
        let Some((content, last)) = flight.and_then(|it| Some((it.content, it.last()?.clone())))
        else {
            return Ok(());
        };
        let result = match decode(&last.raw) {
            Some(TxEnvelope::Eip4844(_)) => self.send_blobs(content, &last.raw).await?,
            _ => self.client.send_raw(&last.raw).await,
        };
        let (now, hash) = (self.timer.now(), last.hash);
        match result {
            Ok(_) => self.state.sent(nonce, now),
            Err(L1Error::Refused { message, .. }) => {
                tracing::debug!(nonce, %hash, message, "L1 refused a transaction");
                self.state.refused(nonce, now, &message);
            }
            Err(error) if error.severity() == Severity::Halt => return Err(error.into()),
            Err(error) => tracing::warn!(%error, nonce, %hash, "not sent to L1 yet"),
        }
        Ok(())
    }

    /// Sends a transaction with its blobs; if the L1 does not take their proofs, with the other kind.
    async fn send_blobs(
        &mut self,
        content: B256,
        raw: &Bytes,
    ) -> Result<Result<B256, L1Error>, SendError> {
        let Some(TxEnvelope::Eip4844(signed)) = decode(raw) else {
            return Ok(self.client.send_raw(raw).await);
        };
        let hashes = signed.blob_versioned_hashes().unwrap_or_default();
        let sidecar = self.sidecars.proven(content, hashes).await?;
        let first = self.client.send_raw(&with_sidecar(&signed, &sidecar)).await;
        let is_other = |error: &L1Error| matches!(error, L1Error::Refused { message, .. } if Proofs::may_be_wrong(message));
        if !first.as_ref().is_err_and(is_other) {
            return Ok(first);
        }
        let before = self.sidecars.takes;
        self.sidecars.takes = before.other();
        let sidecar = self.sidecars.proven(content, hashes).await?;
        let second = self.client.send_raw(&with_sidecar(&signed, &sidecar)).await;
        if second.as_ref().is_err_and(is_other) {
            // It is not that.
            self.sidecars.takes = before;
            return Ok(first);
        }
        tracing::info!(proofs = ?self.sidecars.takes, "L1 takes blobs with these proofs");
        Ok(second)
    }

    /// The receipt, if it is done; looks at the L1 for it if the last look is old.
    async fn outcome(&mut self, id: &str) -> Result<Option<Receipt>, SendError> {
        if let Known::Flight(..) = self.state.known(id) {
            let now = self.timer.now();
            if self.looked.is_none_or(|looked| now.saturating_sub(looked) >= self.limits.poll) {
                match self.step().await {
                    Err(error) if error.severity() == Severity::Halt => return Err(error),
                    Err(error) => tracing::warn!(%error, id, "L1 transaction waits"),
                    Ok(()) => {}
                }
            }
        }
        match self.state.known(id) {
            Known::No => Err(SendError::Unknown(id.to_owned())),
            Known::Flight(nonce, _) => self.state.obstacle(nonce).map_or(Ok(None), Err),
            Known::Done(done) => {
                if let Some(receipt) = &done.receipt {
                    return Ok(Some(receipt.clone()));
                }
                let (hash, block) = (done.hash, done.block);
                self.receipt_again(id, hash, block).await
            }
        }
    }

    /// Of one that was done before a restart; `None` if the L1 is not as far yet as it was then.
    async fn receipt_again(
        &self,
        id: &str,
        hash: B256,
        block: u64,
    ) -> Result<Option<Receipt>, SendError> {
        let head = self.client.block(BlockNumberOrTag::Latest).await?;
        if let Some(receipt) = self.client.receipt(hash).await? {
            return Ok(Some(receipt));
        }
        if head.is_some_and(|head| head.number >= block) {
            return Err(SendError::Lost { id: id.to_owned(), hash });
        }
        tracing::warn!(id, block, "the L1 lacks a block that it had: waiting for it");
        Ok(None)
    }

    async fn step(&mut self) -> Result<(), SendError> {
        self.looked = Some(self.timer.now());
        if self.state.flights.is_empty() {
            return Ok(());
        }
        let seen = self.look().await?;
        for action in self.state.decide(&seen)? {
            match action {
                Action::Finish { nonce, hash, block } => {
                    if let Some(record) = self.state.mined(nonce, hash, block) {
                        self.journal.append(&record)?;
                    }
                    self.finish(nonce, hash, block, seen.receipts.get(&hash).cloned());
                }
                Action::Send { nonce } => self.send(nonce).await?,
                Action::Replace { nonce, price } => {
                    self.replace(nonce, price)?;
                    self.send(nonce).await?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, nonce: u64, hash: B256, block: u64, receipt: Option<Receipt>) {
        let content = self.state.flights.get(&nonce).map(|flight| flight.content);
        self.state.finish(nonce, hash, block, receipt);
        if let Some(content) = content.filter(|content| !self.state.needs(*content)) {
            self.sidecars.forget(content);
        }
    }

    /// In this order: what is older than the receipts cannot show more than they do.
    async fn look(&self) -> Result<Observed, SendError> {
        let head = self.client.block(BlockNumberOrTag::Latest).await?;
        let head = head.map_or(0, |head| head.number);
        let sure = (head + 1).saturating_sub(self.limits.confirmations);
        let sure_nonce = self.client.nonce(self.account, BlockNumberOrTag::Number(sure)).await?;
        let nonce = self.client.nonce(self.account, BlockNumberOrTag::Number(head)).await?;
        let fees = self.client.fees().await?;
        let attempts = self.state.flights.values().flat_map(|flight| &flight.attempts);
        let hashes: Vec<B256> = attempts.map(|attempt| attempt.hash).collect();
        let receipts = self.client.receipts(hashes).await?;
        let receipts = receipts.into_iter().flatten();
        let receipts = receipts.map(|receipt| (receipt.transaction, receipt)).collect();
        Ok(Observed { now: self.timer.now(), head, nonce, sure_nonce, fees, receipts })
    }

    /// Signs and journals one of the same nonce and content that pays more.
    fn replace(&mut self, nonce: u64, price: Price) -> Result<(), SendError> {
        let Some((_, _, content)) =
            self.state.flights.get(&nonce).and_then(|flight| self.state.content_of(&flight.id))
        else {
            return Ok(());
        };
        let flight = self.state.flights.get(&nonce);
        let id = flight.map(|flight| flight.id.clone()).unwrap_or_default();
        let raw = flight.and_then(|flight| flight.last()).map(|last| last.raw.clone());
        // The journal has what this process or one before it signed.
        let Some(transaction) = decode(&raw.unwrap_or_default()) else {
            return Err(SendError::Signer(format!("transaction {id} is of a kind unknown here")));
        };
        tracing::info!(id, nonce, max_fee = price.max_fee, "L1 transaction pays more now");
        self.sign(&id, content, transaction.into(), price)?;
        Ok(())
    }
}
