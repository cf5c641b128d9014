//! Asks for receipts until an endpoint gives them whole.

use super::{BlockReceipt, check, lacks, read};
use crate::{
    access::Fault,
    client::{
        L1Client, L1Error,
        wire::{Call, Refusal},
    },
};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::B256;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

const BLOCK_RECEIPTS: &str = "eth_getBlockReceipts";

impl L1Client {
    /// All receipts of each of these blocks, proven by the headers' receipts roots: in one batch, or
    /// transaction by transaction where an endpoint has no `eth_getBlockReceipts`. An endpoint whose
    /// receipts do not match rests, and another one is asked. A full block's receipts are about 2 MiB:
    /// ask for few blocks at a time.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Unreachable`] with [`Fault::Wrong`] or [`Fault::Missing`] if no endpoint
    /// has them.
    pub async fn receipts_of(
        &self,
        headers: &[&Sealed<Header>],
    ) -> Result<Vec<Vec<BlockReceipt>>, L1Error> {
        let ask = |header: &&Sealed<Header>| Call::plain(BLOCK_RECEIPTS, json!([header.hash()]));
        let calls: Vec<Call> = headers.iter().map(ask).collect();
        let read = |place: usize, answer: &RawValue| {
            let header = headers.get(place).ok_or(Fault::Behind)?;
            read(header, answer)
        };
        let found = self.ask_reading(&calls, &read).await?.values;
        match found.into_iter().collect::<Result<Vec<_>, Refusal>>() {
            Ok(receipts) => Ok(receipts),
            Err(refusal) if refusal.lacks_method() => self.one_by_one(headers).await,
            Err(refusal) => Err(refusal.into_error(BLOCK_RECEIPTS)),
        }
    }

    async fn one_by_one(
        &self,
        headers: &[&Sealed<Header>],
    ) -> Result<Vec<Vec<BlockReceipt>>, L1Error> {
        let mut all = Vec::with_capacity(headers.len());
        for header in headers {
            all.push(self.receipts_by_transaction(header).await?);
        }
        Ok(all)
    }

    /// The receipts of a block, each asked for alone. Those who gave some that do not match rest, and
    /// others are asked.
    async fn receipts_by_transaction(
        &self,
        header: &Sealed<Header>,
    ) -> Result<Vec<BlockReceipt>, L1Error> {
        let (mut tried, mut last) = (Vec::new(), Fault::Behind);
        for _ in 0..self.attempts() {
            let (places, receipts) = self.try_by_transaction(header).await?;
            match check(header, &receipts) {
                Ok(()) => return Ok(receipts),
                Err(fault) => last = fault,
            }
            for place in places {
                tracing::warn!(endpoint = self.name(place), fault = %last, "an L1 endpoint lies");
                tried.push(format!("{} ({last})", self.name(place)));
                self.rest(place, &last);
            }
        }
        let method = "eth_getTransactionReceipt";
        Err(L1Error::Unreachable { method, tried: tried.join(", "), last })
    }

    /// What is answered, and by which endpoints.
    async fn try_by_transaction(
        &self,
        header: &Sealed<Header>,
    ) -> Result<(Vec<usize>, Vec<BlockReceipt>), L1Error> {
        #[derive(Deserialize)]
        struct Block {
            transactions: Vec<B256>,
        }
        let block = Call::plain("eth_getBlockByHash", json!([header.hash(), false]));
        let read = |_: usize, answer: &RawValue| parse::<Block>(header, answer);
        let listed = self.ask_reading(std::slice::from_ref(&block), &read).await?;
        let mut places = listed.places;
        let hashes = listed.values.into_iter().map(|block| block.map(|block| block.transactions));
        let hashes: Vec<B256> = refused(block.method, hashes)?.concat();
        let ask = |hash: &B256| Call::plain("eth_getTransactionReceipt", json!([hash]));
        let calls: Vec<Call> = hashes.iter().map(ask).collect();
        let read = |_: usize, answer: &RawValue| parse::<BlockReceipt>(header, answer);
        let found = self.ask_reading(&calls, &read).await?;
        places.extend(found.places);
        places.sort_unstable();
        places.dedup();
        Ok((places, refused("eth_getTransactionReceipt", found.values)?))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(
    header: &Sealed<Header>,
    answer: &RawValue,
) -> Result<T, Fault> {
    let value: Option<T> = serde_json::from_str(answer.get())
        .map_err(|error| Fault::Unreadable(format!("receipts: {error}")))?;
    value.ok_or_else(|| lacks(header))
}

fn refused<T>(
    method: &'static str,
    values: impl IntoIterator<Item = Result<T, Refusal>>,
) -> Result<Vec<T>, L1Error> {
    let values: Result<Vec<T>, Refusal> = values.into_iter().collect();
    values.map_err(|refusal| refusal.into_error(method))
}
