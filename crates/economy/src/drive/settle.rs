//! What became of what was sent, and what to do about what is late.

use super::{Driver, refusal::Refusal, side::MAX_FEE, side::Side};
use crate::{
    action::{Action, Form, Layer, Planned},
    actors::Who,
    error::TrafficError,
    flights::{Flight, SENDS_AT_A_PRICE},
    plan::End,
    report::Outcome,
};
use alloy_primitives::{B256, Bytes};
use serde_json::json;

/// Transactions that are sent again in one step at most.
const MAX_RESENT: usize = 64;
/// The planner does not know those that fill a hole.
const UNPLANNED: u64 = u64::MAX;

impl Driver {
    /// Takes in receipts, gives up what is lost, and sends again what is late.
    pub(super) async fn settle(&mut self) -> Result<(), TrafficError> {
        let layers = [Some(Layer::Chain), self.l1.as_ref().map(|_| Layer::L1)];
        for layer in layers.into_iter().flatten() {
            for (who, nonce, receipt) in self.side(layer).receipts().await? {
                // With several prices it may be there under one hash, and is gone under the next.
                if let Some(flight) = self.side_mut(layer).flights.landed(who, nonce) {
                    self.landed(&flight, receipt.success);
                }
            }
            for flight in self.side_mut(layer).flights.lost() {
                self.end(&flight, Outcome::Lost, End::NotSent);
            }
            self.fill_gaps(layer).await?;
            self.resend(layer).await?;
        }
        Ok(())
    }

    fn landed(&mut self, flight: &Flight, success: bool) {
        let (outcome, end) = match success {
            true => (Outcome::Succeeded, End::Done),
            false => (Outcome::Reverted, End::Reverted),
        };
        self.end(flight, outcome, end);
        let Planned { action, form, .. } = &flight.planned;
        let is_expected = matches!(action, Action::Fail(_));
        if !success && !is_expected {
            let kind = action.kind().name();
            tracing::debug!(kind, hash = ?flight.hashes.first(), "a transaction reverted");
        }
        // What is prepared next, and a nonce after a delegation, are known from the chain.
        self.stale |= action.kind().is_setup() || *form == Form::Delegation;
        self.moved = self.timer.now();
    }

    /// A transaction is on its way no more.
    pub(super) fn end(&mut self, flight: &Flight, outcome: Outcome, end: End) {
        let Planned { id, ref action, .. } = flight.planned;
        self.report.ended(action.kind(), outcome);
        let gave_up = self.planner.has_given_up(action.kind());
        self.planner.ended(id, end);
        if !gave_up && self.planner.has_given_up(action.kind()) {
            let (kind, reason) = (action.kind().name(), &self.refused);
            tracing::warn!(kind, reason, "this is not tried any more");
        }
    }

    /// Sends again what is late, at a higher price where that did not help.
    async fn resend(&mut self, layer: Layer) -> Result<(), TrafficError> {
        let now = self.timer.now();
        let mut late = self.side(layer).flights.overdue(now);
        late.truncate(MAX_RESENT);
        let mut calls = Vec::with_capacity(late.len());
        for (who, nonce) in &late {
            self.offer_more(layer, *who, *nonce)?;
            let Some(flight) = self.side_mut(layer).flights.get_mut(*who, *nonce) else { continue };
            (flight.sent, flight.sends) = (now, flight.sends.saturating_add(1));
            calls.push(("eth_sendRawTransaction", json!([flight.raw])));
        }
        if calls.is_empty() {
            return Ok(());
        }
        let resent = u64::try_from(calls.len()).unwrap_or(u64::MAX);
        self.report.resent = self.report.resent.saturating_add(resent);
        let fault = |error| TrafficError::of(layer, error);
        let side = self.side(layer);
        let answers = side.client.request_all::<B256>(&calls).await.map_err(fault)?;
        for ((who, nonce), answer) in late.into_iter().zip(answers) {
            let Err(error) = answer else { continue };
            match Refusal::of(&error) {
                // It is there, or in a block already, or the time will come.
                Refusal::Known | Refusal::NonceLow | Refusal::Taken | Refusal::Busy => {}
                // In a chain that began anew it never will.
                Refusal::NonceHigh | Refusal::Funds | Refusal::Dislike => {
                    self.refused = error.to_string();
                    self.stale = true;
                    if let Some(flight) = self.side_mut(layer).flights.remove(who, nonce) {
                        self.end(&flight, Outcome::Lost, End::NotSent);
                    }
                }
            }
        }
        Ok(())
    }

    /// Signs one anew if it was sent often enough at its price.
    fn offer_more(&mut self, layer: Layer, who: Who, nonce: u64) -> Result<(), TrafficError> {
        let now = self.side(layer).price();
        let Some(flight) = self.side_mut(layer).flights.get_mut(who, nonce) else { return Ok(()) };
        let price = now.above(flight.price);
        if flight.sends < SENDS_AT_A_PRICE || price.max_fee > MAX_FEE {
            return Ok(());
        }
        let (planned, gas_limit) = (flight.planned.clone(), flight.gas_limit);
        let Some((raw, hash)) = self.signed(&planned, nonce, gas_limit, price)? else {
            return Ok(());
        };
        if let Some(flight) = self.side_mut(layer).flights.get_mut(who, nonce) {
            (flight.raw, flight.price, flight.sends) = (raw, price, 0);
            flight.hashes.push(hash);
        }
        Ok(())
    }

    /// Where all that an account has on its way waits for a nonce that nobody has, that one is taken.
    async fn fill_gaps(&mut self, layer: Layer) -> Result<(), TrafficError> {
        let now = self.timer.now();
        let gaps = self.side_mut(layer).flights.gaps(now);
        let mut sent = Vec::new();
        for (who, nonce) in gaps {
            let (action, form) = (Action::Fill, Form::Fees);
            let planned = Planned { id: UNPLANNED, who, layer, action, form };
            if self.board(planned, nonce, super::send::FILL_GAS)? {
                sent.push((who, nonce));
            }
        }
        self.transmit(layer, sent).await
    }

    /// As it goes to the node.
    pub(super) fn raw(side: &mut Side, who: Who, nonce: u64) -> Option<Bytes> {
        side.flights.get_mut(who, nonce).map(|flight| flight.raw.clone())
    }
}
