//! One of the two chains: its client, what gas costs there, who pays, and what is on its way.

use crate::{
    action::Layer,
    actors::{Cast, Who},
    error::{TrafficError, flag},
    flights::{Flights, Price},
};
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U64, U256};
use alloy_signer_local::PrivateKeySigner;
use seam_l1::{Fees, L1Client, L1Error, L1Limits, Receipt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A request is sent so often before the node counts as away.
const ATTEMPTS: u32 = 2;
/// A node that did not answer is asked again after this time.
const MAX_BACK_OFF: Duration = Duration::from_secs(1);
/// No transaction offers more for gas: 10,000 gwei.
pub(super) const MAX_FEE: u128 = 10_000_000_000_000;

/// A method with its parameters.
pub(super) type Call = (&'static str, Value);

/// One chain.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) layer: Layer,
    pub(super) client: L1Client,
    pub(super) chain_id: u64,
    pub(super) payer: PrivateKeySigner,
    pub(super) fees: Fees,
    pub(super) flights: Flights,
}

impl Side {
    /// Asks the chain at a URL who it is. Of the payers the last that has `enough` pays, so that the first, which
    /// people use themselves, is left alone; else the richest.
    pub(super) async fn open(
        layer: Layer,
        url: &str,
        payers: &[PrivateKeySigner],
        enough: U256,
        timer: std::sync::Arc<dyn seam_l1::timer::Timer>,
    ) -> Result<Self, TrafficError> {
        let fault = |error| TrafficError::of(layer, error);
        let limits = L1Limits {
            timeout: TIMEOUT,
            attempts: ATTEMPTS,
            max_back_off: MAX_BACK_OFF,
            ..L1Limits::default()
        };
        let access = seam_l1::access::HttpAccess::new(url, &limits).map_err(fault)?;
        let endpoints: Vec<std::sync::Arc<dyn seam_l1::L1Access>> =
            vec![std::sync::Arc::new(access)];
        let client = L1Client::over(endpoints, None, limits, timer).map_err(fault)?;
        let chain_id = client.chain_id().await.map_err(fault)?;
        let fees = client.fees().await.map_err(|error| match error {
            L1Error::Refused { .. } => TrafficError::NoBaseFee { flag: flag(layer) },
            error => fault(error),
        })?;
        let payer = richest(&client, payers, enough).await.map_err(fault)?;
        let payer = payer.ok_or(TrafficError::NoPayer)?;
        let flights = Flights::default();
        Ok(Self { layer, client, chain_id, payer, fees, flights })
    }

    /// Who signs for an account.
    pub(super) fn signer<'a>(&'a self, cast: &'a Cast, who: Who) -> Option<&'a PrivateKeySigner> {
        match who {
            Who::Funder => Some(&self.payer),
            who => cast.signer(who),
        }
    }

    /// An account's address.
    pub(super) fn address(&self, cast: &Cast, who: Who) -> Option<Address> {
        self.signer(cast, who).map(PrivateKeySigner::address)
    }

    /// What a transaction offers now.
    pub(super) fn price(&self) -> Price {
        let (max_fee, priority_fee) = (self.fees.max_fee(), self.fees.priority_fee);
        Price { max_fee: max_fee.min(MAX_FEE), priority_fee: priority_fee.min(MAX_FEE) }
    }

    /// What gas costs, and everybody's next nonce after the newest block.
    pub(super) async fn refresh(&mut self, cast: &Cast) -> Result<(), TrafficError> {
        let fees = self.client.fees().await;
        self.fees = fees.map_err(|error| TrafficError::of(self.layer, error))?;
        for (who, nonce) in self.nonces(cast, "latest").await? {
            self.flights.observe(who, nonce);
        }
        Ok(())
    }

    /// What was sent before this began and waits still keeps its nonces.
    pub(super) async fn respect_mempool(&mut self, cast: &Cast) -> Result<(), TrafficError> {
        for (who, nonce) in self.nonces(cast, "pending").await? {
            self.flights.taken_below(who, nonce);
        }
        Ok(())
    }

    async fn nonces(&self, cast: &Cast, at: &str) -> Result<Vec<(Who, u64)>, TrafficError> {
        let everyone = std::iter::once(Who::Funder).chain(cast.everyone());
        let all: Vec<(Who, Address)> =
            everyone.filter_map(|who| Some((who, self.address(cast, who)?))).collect();
        let call = |(_, address): &(Who, Address)| -> Call {
            ("eth_getTransactionCount", json!([address, at]))
        };
        let answers: Vec<U64> = self.ask(all.iter().map(call).collect()).await?;
        Ok(all.into_iter().zip(answers).map(|((who, _), nonce)| (who, nonce.to())).collect())
    }

    /// Answers to several questions; a refusal of one is the error of all.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        calls: Vec<Call>,
    ) -> Result<Vec<T>, TrafficError> {
        let fault = |error| TrafficError::of(self.layer, error);
        let answers = self.client.request_all(&calls).await.map_err(fault)?;
        answers.into_iter().map(|answer| answer.map_err(fault)).collect()
    }

    /// What is in a block of what is on its way.
    pub(super) async fn receipts(&self) -> Result<Vec<(Who, u64, Receipt)>, TrafficError> {
        let hashes = self.flights.hashes();
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let call = |(_, _, hash): &(Who, u64, B256)| -> Call {
            ("eth_getTransactionReceipt", json!([hash]))
        };
        let found: Vec<Option<Receipt>> = self.ask(hashes.iter().map(call).collect()).await?;
        let with = |((who, nonce, _), receipt): ((Who, u64, B256), Option<Receipt>)| {
            Some((who, nonce, receipt?))
        };
        Ok(hashes.into_iter().zip(found).filter_map(with).collect())
    }

    /// The account's next nonce after the mempool.
    pub(super) async fn pending_nonce(&self, address: Address) -> Result<u64, TrafficError> {
        let nonce = self.client.nonce(address, BlockId::pending()).await;
        nonce.map_err(|error| TrafficError::of(self.layer, error))
    }
}

async fn richest(
    client: &L1Client,
    payers: &[PrivateKeySigner],
    enough: U256,
) -> Result<Option<PrivateKeySigner>, L1Error> {
    let mut richest: Option<(U256, &PrivateKeySigner)> = None;
    for payer in payers.iter().rev() {
        let has = client.balance(payer.address(), BlockId::latest()).await?;
        if has >= enough {
            return Ok(Some(payer.clone()));
        }
        if richest.is_none_or(|(most, _)| has > most) {
            richest = Some((has, payer));
        }
    }
    Ok(richest.map(|(_, payer)| payer.clone()))
}
