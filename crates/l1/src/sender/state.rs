//! What is in flight and what to do about it: decided from what the L1 shows.

use super::{
    SendError, SendLimits,
    journal::{Mined, Record, Signed},
};
use crate::client::{Fees, Receipt};
use alloy_primitives::{Address, B256, Bytes, map::HashMap};
use std::{collections::BTreeMap, time::Duration};

/// How often in a row something must be seen that cannot be, before it is believed: an endpoint that
/// is behind another shows such things for a while.
const STRIKES: u32 = 3;

/// Whether a transaction carries blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    Nothing,
    Blobs,
}

/// What a transaction offers for gas, and for blob gas if it has blobs, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) max_fee: u128,
    pub(super) priority_fee: u128,
    pub(super) blob_fee: Option<u128>,
}

impl Price {
    /// What a new transaction offers; an error if a limit is below what it takes now.
    pub(super) fn first(
        fees: &Fees,
        limits: &SendLimits,
        carries: Carries,
    ) -> Result<Self, SendError> {
        let (wanted, limit) = (fees.base_fee.saturating_add(fees.priority_fee), limits.max_fee);
        if wanted > limit {
            return Err(SendError::FeesTooHigh { wanted, limit });
        }
        let blob_fee = match carries {
            Carries::Nothing => None,
            Carries::Blobs => Some(first_blob_fee(fees, limits.max_blob_fee)?),
        };
        Ok(Self { max_fee: fees.max_fee().min(limit), priority_fee: fees.priority_fee, blob_fee })
    }

    /// What one that replaces this offers: at least so much more of all, and what new ones offer;
    /// `None` if a limit does not allow it.
    fn raised(self, fees: &Fees, limits: &SendLimits) -> Option<Self> {
        let permille = match self.blob_fee {
            None => limits.bump_permille,
            Some(_) => limits.blob_bump_permille,
        };
        let more = |old: u128| {
            let part = old.saturating_mul(permille).div_ceil(1_000);
            old.saturating_add(part.max(1))
        };
        let (least_tip, least) = (more(self.priority_fee), more(self.max_fee));
        let priority_fee = fees.priority_fee.max(least_tip).min(limits.max_fee);
        let max_fee = fees.max_fee().max(least).max(priority_fee).min(limits.max_fee);
        let raised_blob_fee = |old: u128| {
            let fee = offered_blob_fee(fees).max(more(old)).min(limits.max_blob_fee);
            (fee >= more(old)).then_some(fee)
        };
        let blob_fee = match self.blob_fee {
            None => None,
            Some(old) => Some(raised_blob_fee(old)?),
        };
        let is_enough = max_fee >= least && priority_fee >= least_tip;
        is_enough.then_some(Self { max_fee, priority_fee, blob_fee })
    }
}

/// What stays valid while the price of blobs doubles, which takes six full blocks at least.
const fn offered_blob_fee(fees: &Fees) -> u128 {
    fees.blob_base_fee.saturating_mul(2)
}

fn first_blob_fee(fees: &Fees, limit: u128) -> Result<u128, SendError> {
    match fees.blob_base_fee {
        0 => Err(SendError::NoBlobs),
        wanted if wanted > limit => Err(SendError::BlobFeesTooHigh { wanted, limit }),
        _ => Ok(offered_blob_fee(fees).min(limit)),
    }
}

/// A transaction as it was signed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) hash: B256,
    pub(super) raw: Bytes,
    pub(super) price: Price,
}

/// A transaction in flight.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) id: String,
    pub(super) content: B256,
    /// The last replaces those before. Any may be mined.
    pub(super) attempts: Vec<Attempt>,
    /// When the last was sent last, by this process.
    sent: Option<Duration>,
    /// Since when it is next and in no block, with its present price.
    next_since: Option<Duration>,
    /// How often in a row its nonce was used and none of its attempts in a block.
    strikes: u32,
    /// What the L1 said when it was offered last.
    pub(super) refusal: Option<String>,
    /// Of whichever attempt the last look showed in a block.
    pub(super) mined: Option<Receipt>,
    /// The L1 wants more than the last attempt offers.
    underpriced: bool,
}

/// A transaction that is done.
#[derive(Debug, Clone)]
pub(super) struct Done {
    content: B256,
    pub(super) hash: B256,
    pub(super) nonce: u64,
    /// Number of its block.
    pub(super) block: u64,
    /// Unknown after a restart.
    pub(super) receipt: Option<Receipt>,
}

/// All that the journal has, and what happened since.
#[derive(Debug)]
pub(super) struct State {
    account: Address,
    limits: SendLimits,
    /// By nonce.
    pub(super) flights: BTreeMap<u64, Flight>,
    done: HashMap<String, Done>,
    next_nonce: u64,
    /// Since when the L1 expects a nonce below all in flight.
    gap_since: Option<Duration>,
}

/// What the L1 shows, at one time.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) now: Duration,
    /// Number of the newest block.
    pub(super) head: u64,
    /// The account's nonce after it.
    pub(super) nonce: u64,
    /// The account's nonce after the newest block that counts as sure.
    pub(super) sure_nonce: u64,
    pub(super) fees: Fees,
    /// Of the transactions in flight, those that are in a block.
    pub(super) receipts: HashMap<B256, Receipt>,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Note that it is done.
    Finish { nonce: u64, hash: B256, block: u64 },
    /// Send the last attempt.
    Send { nonce: u64 },
    /// Sign one that pays this, journal it, and send it.
    Replace { nonce: u64, price: Price },
}

/// What is known of an id.
#[derive(Debug)]
pub(super) enum Known<'a> {
    No,
    Flight(u64, &'a Flight),
    Done(&'a Done),
}

impl State {
    /// From the journal's records. `None` if they contradict one another.
    pub(super) fn restore(
        account: Address,
        limits: SendLimits,
        records: Vec<Record>,
    ) -> Option<Self> {
        let mut state = Self {
            account,
            limits,
            flights: BTreeMap::new(),
            done: HashMap::default(),
            next_nonce: 0,
            gap_since: None,
        };
        for record in records {
            match record {
                Record::Journal(_) => return None,
                Record::Signed(signed) => state.signed(&signed)?,
                Record::Mined(mined) => {
                    let nonce = state.nonce_of(&mined.id)?;
                    state.finish(nonce, mined.hash, mined.block, None)?;
                }
            }
        }
        Some(state)
    }

    pub(super) fn known(&self, id: &str) -> Known<'_> {
        if let Some(done) = self.done.get(id) {
            return Known::Done(done);
        }
        match self.flights.iter().find(|(_, flight)| flight.id == id) {
            Some((nonce, flight)) => Known::Flight(*nonce, flight),
            None => Known::No,
        }
    }

    fn nonce_of(&self, id: &str) -> Option<u64> {
        match self.known(id) {
            Known::Flight(nonce, _) => Some(nonce),
            _ => None,
        }
    }

    /// The nonce, hash and content of what has this id.
    pub(super) fn content_of(&self, id: &str) -> Option<(u64, B256, B256)> {
        match self.known(id) {
            Known::No => None,
            Known::Flight(nonce, flight) => Some((nonce, flight.last()?.hash, flight.content)),
            Known::Done(done) => Some((done.nonce, done.hash, done.content)),
        }
    }

    /// Nonce and price of a new transaction, where the L1 expects `latest` next.
    pub(super) fn plan(
        &self,
        latest: u64,
        fees: &Fees,
        carries: Carries,
    ) -> Result<(u64, Price), SendError> {
        if self.flights.len() >= self.limits.max_in_flight {
            return Err(SendError::Full(self.flights.len()));
        }
        Ok((self.next_nonce.max(latest), Price::first(fees, &self.limits, carries)?))
    }

    /// One is in the journal now: new, or in place of the one of its nonce. `None` if it fits
    /// nowhere.
    pub(super) fn signed(&mut self, signed: &Signed) -> Option<()> {
        let price = Price {
            max_fee: signed.max_fee.to(),
            priority_fee: signed.priority_fee.to(),
            blob_fee: signed.max_blob_fee.map(|fee| fee.to()),
        };
        let attempt = Attempt { hash: signed.hash, raw: signed.raw.clone(), price };
        if let Some(flight) = self.flights.get_mut(&signed.nonce) {
            if flight.id != signed.id || flight.content != signed.content {
                return None;
            }
            flight.attempts.push(attempt);
            (flight.sent, flight.next_since, flight.underpriced) = (None, None, false);
            return Some(());
        }
        if signed.nonce < self.next_nonce || !matches!(self.known(&signed.id), Known::No) {
            return None;
        }
        self.next_nonce = signed.nonce.checked_add(1)?;
        let flight = Flight {
            id: signed.id.clone(),
            content: signed.content,
            attempts: vec![attempt],
            sent: None,
            next_since: None,
            strikes: 0,
            refusal: None,
            mined: None,
            underpriced: false,
        };
        self.flights.insert(signed.nonce, flight);
        Some(())
    }

    /// One is done. `None` if it is not in flight.
    pub(super) fn finish(
        &mut self,
        nonce: u64,
        hash: B256,
        block: u64,
        receipt: Option<Receipt>,
    ) -> Option<()> {
        let flight = self.flights.remove(&nonce)?;
        let done = Done { content: flight.content, hash, nonce, block, receipt };
        self.done.insert(flight.id, done);
        Some(())
    }

    /// The record of one that is done.
    pub(super) fn mined(&self, nonce: u64, hash: B256, block: u64) -> Option<Record> {
        let id = self.flights.get(&nonce)?.id.clone();
        Some(Record::Mined(Mined { id, hash, block }))
    }

    /// The L1 has what was sent last.
    pub(super) fn sent(&mut self, nonce: u64, now: Duration) {
        if let Some(flight) = self.flights.get_mut(&nonce) {
            flight.sent = Some(now);
            flight.refusal = None;
        }
    }

    /// The L1 refused what was sent last.
    pub(super) fn refused(&mut self, nonce: u64, now: Duration, message: &str) {
        let said = message.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if let Some(flight) = self.flights.get_mut(&nonce) {
            flight.sent = Some(now);
            let too_little = ["underpriced", "fee too low", "gas price too low", "less than block"];
            flight.underpriced = has(&too_little);
            // It is there already, or it is in a block, which the next look shows.
            let is_there =
                has(&["already known", "known transaction", "already imported", "nonce too low"]);
            let passes = is_there || flight.underpriced;
            flight.refusal = (!passes).then(|| message.to_owned());
        }
    }

    /// Whether one in flight has this content: then what belongs to it is still needed.
    pub(super) fn needs(&self, content: B256) -> bool {
        self.flights.values().any(|flight| flight.content == content)
    }

    /// What is known to have become of what has this id: in a block that a reorg may remove, or done.
    pub(super) fn receipt(&self, id: &str) -> Option<&Receipt> {
        match self.known(id) {
            Known::No => None,
            Known::Flight(_, flight) => flight.mined.as_ref(),
            Known::Done(done) => done.receipt.as_ref(),
        }
    }

    /// What stands in the way of the transaction of this nonce: a refusal of it or of one before.
    pub(super) fn obstacle(&self, nonce: u64) -> Option<SendError> {
        let mut before = self.flights.range(..=nonce).map(|(_, flight)| flight);
        let blocked = before.find_map(|flight| Some((flight, flight.refusal.as_ref()?)));
        let (flight, message) = blocked?;
        Some(SendError::Refused { id: flight.id.clone(), message: message.clone() })
    }

    /// What to do, after a look at the L1.
    pub(super) fn decide(&mut self, seen: &Observed) -> Result<Vec<Action>, SendError> {
        self.check_gap(seen)?;
        let (account, limits) = (self.account, &self.limits);
        let mut actions = Vec::new();
        let mut is_next = true;
        for (&nonce, flight) in &mut self.flights {
            flight.mined = flight.receipt(seen).cloned();
            if let Some(receipt) = &flight.mined {
                flight.strikes = 0;
                (flight.next_since, flight.refusal) = (None, None);
                // It is done with its last confirmation, its own block counted.
                let depth = (seen.head + 1).saturating_sub(receipt.block_number);
                if depth >= limits.confirmations {
                    let (hash, block) = (receipt.transaction, receipt.block_number);
                    actions.push(Action::Finish { nonce, hash, block });
                }
                continue;
            }
            if seen.nonce > nonce {
                flight.strike(seen.sure_nonce > nonce);
                if flight.strikes >= STRIKES {
                    let id = flight.id.clone();
                    return Err(SendError::OutsideNonce { id, nonce, account });
                }
                continue;
            }
            flight.strikes = 0;
            actions.extend(flight.advance(nonce, std::mem::take(&mut is_next), seen, limits));
        }
        Ok(actions)
    }

    /// The L1 cannot expect a nonce below all in flight for long.
    fn check_gap(&mut self, seen: &Observed) -> Result<(), SendError> {
        let first = self.flights.keys().next().copied();
        let Some(nonce) = first.filter(|first| *first > seen.nonce) else {
            self.gap_since = None;
            return Ok(());
        };
        let since = *self.gap_since.get_or_insert(seen.now);
        if seen.now.saturating_sub(since) < self.limits.bump {
            return Ok(());
        }
        Err(SendError::NonceGap { account: self.account, expected: seen.nonce, nonce })
    }
}

impl Flight {
    pub(super) fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// Of whichever attempt is in a block.
    fn receipt<'a>(&self, seen: &'a Observed) -> Option<&'a Receipt> {
        self.attempts.iter().find_map(|attempt| seen.receipts.get(&attempt.hash))
    }

    /// Its nonce is used, and none of its attempts is in a block.
    fn strike(&mut self, is_sure: bool) {
        self.strikes = if is_sure { self.strikes.saturating_add(1) } else { 0 };
    }

    /// It is in no block and its nonce is free.
    fn advance(
        &mut self,
        nonce: u64,
        is_next: bool,
        seen: &Observed,
        limits: &SendLimits,
    ) -> Option<Action> {
        let since = match is_next {
            true => *self.next_since.get_or_insert(seen.now),
            false => {
                self.next_since = None;
                seen.now
            }
        };
        let passed = |from: Duration| seen.now.saturating_sub(from);
        let Some(sent) = self.sent else {
            return Some(Action::Send { nonce });
        };
        let is_late = is_next && passed(since) >= limits.bump && self.refusal.is_none();
        if is_late || self.underpriced {
            let price = self.last().and_then(|last| last.price.raised(&seen.fees, limits));
            if let Some(price) = price {
                return Some(Action::Replace { nonce, price });
            }
        }
        (passed(sent) >= limits.resend).then_some(Action::Send { nonce })
    }
}

#[cfg(test)]
mod tests;
