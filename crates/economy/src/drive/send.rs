//! Signs what is due, sends it, and hears what the node says.

use super::{
    Driver, MAX_PER_STEP,
    refusal::Refusal,
    sign::{Ticket, sign},
};
use crate::{
    action::{Action, Form, Layer, Planned},
    actors::Who,
    contracts::{Gas, Request, request},
    error::TrafficError,
    flights::{Flight, Price},
    plan::End,
    report::Outcome,
};
use alloy_primitives::{Address, B256, Bytes};
use seam_l1::L1Error;
use serde_json::json;

/// Gas of a transaction to oneself, whose account may have code.
pub(super) const FILL_GAS: u64 = 60_000;

impl Driver {
    /// Sends what is missing, and what is due.
    pub(super) async fn launch(&mut self) -> Result<(), TrafficError> {
        let now = self.timer.now();
        let mut due = self.pace.due(now).min(self.wanted());
        let (mut chain, mut l1) = (Vec::new(), Vec::new());
        for _ in 0..MAX_PER_STEP {
            let planned = match self.planner.next_setup() {
                Some(planned) => planned,
                None if due > 0 => match self.planner.next_traffic() {
                    Some(planned) => {
                        due = due.saturating_sub(1);
                        self.pace.spend();
                        planned
                    }
                    None => break,
                },
                None => break,
            };
            let (who, layer) = (planned.who, planned.layer);
            if let Some(nonce) = self.prepare(planned).await? {
                let list = if layer == Layer::L1 { &mut l1 } else { &mut chain };
                list.push((who, nonce));
            }
        }
        self.transmit(Layer::Chain, chain).await?;
        self.transmit(Layer::L1, l1).await
    }

    /// How many there are to send until the end.
    fn wanted(&self) -> u64 {
        let sent = self.report.total(false).sent;
        self.settings.count.map_or(u64::MAX, |count| count.saturating_sub(sent))
    }

    /// Puts an action on its way; gives its nonce. `None` if the node refuses it beforehand.
    async fn prepare(&mut self, planned: Planned) -> Result<Option<u64>, TrafficError> {
        let id = planned.id;
        let Some((from, request)) = self.request(&planned) else {
            self.planner.ended(id, End::Disliked);
            return Ok(None);
        };
        let client = &self.side(planned.layer).client;
        let Request { to, value, ref input, .. } = request;
        let gas_limit = match request.gas {
            Gas::Limit(limit) => limit,
            Gas::Estimate => match client.gas_limit(from, to, value, input).await {
                Ok(gas) => gas,
                Err(error @ L1Error::Refused { .. }) => {
                    self.refused = error.to_string();
                    self.report.ended(planned.action.kind(), Outcome::Refused);
                    self.planner.ended(id, End::Disliked);
                    return Ok(None);
                }
                Err(error) => {
                    self.planner.ended(id, End::NotSent);
                    return Err(TrafficError::of(planned.layer, error));
                }
            },
        };
        let nonce = self.side(planned.layer).flights.nonce(planned.who);
        Ok(self.board(planned, nonce, gas_limit)?.then_some(nonce))
    }

    /// Signs it, and notes it as on its way before it is sent: an answer may be lost.
    pub(super) fn board(
        &mut self,
        planned: Planned,
        nonce: u64,
        gas_limit: u64,
    ) -> Result<bool, TrafficError> {
        let price = self.side(planned.layer).price();
        let Some((raw, hash)) = self.signed(&planned, nonce, gas_limit, price)? else {
            self.planner.ended(planned.id, End::Disliked);
            return Ok(false);
        };
        let (layer, sent) = (planned.layer, self.timer.now());
        let nonces = if planned.form == Form::Delegation { 2 } else { 1 };
        let hashes = vec![hash];
        let (sends, passed) = (1, 0);
        let flight = Flight { planned, nonces, hashes, raw, gas_limit, price, sent, sends, passed };
        self.side_mut(layer).flights.launch(nonce, flight);
        Ok(true)
    }

    /// What is sent for an action, and by whom; `None` if somebody in it is unknown.
    fn request(&self, planned: &Planned) -> Option<(Address, Request)> {
        let side = self.side(planned.layer);
        let address = |who| side.address(&self.cast, who);
        let from = address(planned.who)?;
        Some((from, request(&planned.action, from, &self.addresses, address)?))
    }

    pub(super) fn signed(
        &self,
        planned: &Planned,
        nonce: u64,
        gas_limit: u64,
        price: Price,
    ) -> Result<Option<(Bytes, B256)>, TrafficError> {
        let side = self.side(planned.layer);
        let (Some(signer), Some((_, request))) =
            (side.signer(&self.cast, planned.who), self.request(planned))
        else {
            return Ok(None);
        };
        let delegate = match planned.action {
            Action::Delegate { .. } => self.addresses.call_batch,
            _ => Address::ZERO,
        };
        let ticket = Ticket { chain_id: side.chain_id, nonce, gas_limit, price, delegate };
        sign(signer, planned.form, &request, &ticket).map(Some)
    }

    /// Sends what is on board. Without an answer it counts as sent: it is sent again later.
    pub(super) async fn transmit(
        &mut self,
        layer: Layer,
        list: Vec<(Who, u64)>,
    ) -> Result<(), TrafficError> {
        let side = self.side_mut(layer);
        let raw = |(who, nonce): &(Who, u64)| Self::raw(side, *who, *nonce);
        let raws: Vec<Bytes> = list.iter().filter_map(raw).collect();
        if raws.is_empty() {
            return Ok(());
        }
        let calls = raws.iter().map(|raw| ("eth_sendRawTransaction", json!([raw])));
        let calls: Vec<_> = calls.collect();
        let answers = match self.side(layer).client.request_all::<B256>(&calls).await {
            Ok(answers) => answers,
            Err(error) => {
                for (who, nonce) in list {
                    self.taken(layer, who, nonce);
                }
                return Err(TrafficError::of(layer, error));
            }
        };
        for ((who, nonce), answer) in list.into_iter().zip(answers) {
            match answer {
                Ok(_) => self.taken(layer, who, nonce),
                Err(error) => self.refusal(layer, who, nonce, &error).await?,
            }
        }
        Ok(())
    }

    /// The node has it.
    fn taken(&mut self, layer: Layer, who: Who, nonce: u64) {
        let flight = self.side_mut(layer).flights.get_mut(who, nonce);
        if let Some(kind) = flight.map(|flight| flight.planned.action.kind()) {
            self.report.sent(kind);
            self.moved = self.timer.now();
        }
    }

    /// The node does not take it: its nonce is free again, and the planner hears of it.
    async fn refusal(
        &mut self,
        layer: Layer,
        who: Who,
        nonce: u64,
        error: &L1Error,
    ) -> Result<(), TrafficError> {
        let refusal = Refusal::of(error);
        if refusal == Refusal::Known {
            self.taken(layer, who, nonce);
            return Ok(());
        }
        let Some(flight) = self.side_mut(layer).flights.remove(who, nonce) else { return Ok(()) };
        self.refused = error.to_string();
        let end = if refusal == Refusal::Dislike { End::Disliked } else { End::NotSent };
        self.end(&flight, Outcome::Refused, end);
        let kind = flight.planned.action.kind().name();
        tracing::debug!(kind, nonce, %error, "a transaction was refused");
        match refusal {
            Refusal::Busy => {
                self.report.slowed_down = self.report.slowed_down.saturating_add(1);
                self.pace.slow_down(self.timer.now());
            }
            // Whatever waits there keeps its nonce.
            Refusal::Taken => {
                let address = self.side(layer).address(&self.cast, who).unwrap_or_default();
                let pending = self.side(layer).pending_nonce(address).await?;
                self.side_mut(layer).flights.taken_below(who, pending);
            }
            Refusal::NonceHigh => self.side_mut(layer).flights.taken_below(who, 0),
            Refusal::NonceLow | Refusal::Funds => {}
            Refusal::Dislike | Refusal::Known => return Ok(()),
        }
        self.stale = true;
        Ok(())
    }
}
