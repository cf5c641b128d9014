//! The fields of transactions beside calldata and lists, as columns.

use super::{
    columns::{Output, index, varint},
    dictionaries::Dictionaries,
    source::Source,
};
use alloy_primitives::U256;
use seam_stf::batch::recent::{NEW, Price, Recent, SAME, Sender};

/// What the fields of earlier transactions were.
#[derive(Default)]
pub(super) struct FieldWriter {
    chain_id: u64,
    senders: Recent<Sender>,
    gas: Recent<u64>,
    prices: Recent<Price>,
    bases: Recent<u128>,
    tips: Recent<u128>,
    values: Recent<U256>,
}

impl FieldWriter {
    pub(super) fn new(chain_id: u64, output: &mut Output) -> Self {
        varint(&mut output.chain_ids, chain_id);
        Self { chain_id, ..Self::default() }
    }

    pub(super) fn write(
        &mut self,
        source: &Source<'_>,
        output: &mut Output,
        dictionaries: &Dictionaries,
    ) {
        if let Some(chain_id) = source.chain_id.filter(|id| *id != self.chain_id) {
            varint(&mut output.chain_ids, chain_id);
        }
        if let Some(to) = source.to {
            match dictionaries.accounts.number(to.as_slice()) {
                Some(number) => index(&mut output.recipients, number + 1),
                None => {
                    index(&mut output.recipients, 0);
                    output.accounts.extend_from_slice(to.as_slice());
                }
            }
        }
        let sender = self.nonce(source.nonce, output);
        self.gas(source.gas, sender, output);
        self.price(source.price, sender, output);
        let Source { nonce, gas, price, .. } = *source;
        self.senders.push(Sender { nonce, gas, price });
        if !source.value.is_zero() {
            let new = (&mut output.value_sizes, &mut output.value_bytes);
            let bytes = source.value.to_be_bytes::<32>();
            recent(&mut self.values, source.value, &bytes, &mut output.value_codes, new);
        }
    }

    fn nonce(&mut self, nonce: u64, output: &mut Output) -> Option<Sender> {
        let code = self.senders.find(|sender| sender.nonce.checked_add(1) == Some(nonce));
        output.senders.push(code.unwrap_or(NEW));
        if code.is_none() {
            varint(&mut output.nonces, nonce);
        }
        self.senders.take(code?)
    }

    fn gas(&mut self, gas: u64, sender: Option<Sender>, output: &mut Output) {
        if sender.is_some_and(|sender| sender.gas == gas) {
            return output.gas_codes.push(SAME);
        }
        let new = (&mut output.gas_sizes, &mut output.gas_bytes);
        recent(&mut self.gas, gas, &gas.to_be_bytes(), &mut output.gas_codes, new);
    }

    fn price(&mut self, price: Price, sender: Option<Sender>, output: &mut Output) {
        if sender.is_some_and(|sender| sender.price == price) {
            return output.price_codes.push(SAME);
        }
        let code = self.prices.find(|recent| *recent == price);
        output.price_codes.push(code.unwrap_or(NEW));
        match code {
            Some(code) => drop(self.prices.take(code)),
            None => self.new_price(price, output),
        }
        self.prices.push(price);
    }

    fn new_price(&mut self, Price { base, tip }: Price, output: &mut Output) {
        let new = (&mut output.base_sizes, &mut output.base_bytes);
        recent(&mut self.bases, base, &base.to_be_bytes(), &mut output.base_codes, new);
        let new = (&mut output.tip_sizes, &mut output.tip_bytes);
        recent(&mut self.tips, tip, &tip.to_be_bytes(), &mut output.tip_codes, new);
    }
}

/// Writes the code of a number, and if it is new the number.
fn recent<T: PartialEq>(
    recent: &mut Recent<T>,
    number: T,
    bytes: &[u8],
    codes: &mut Vec<u8>,
    (sizes, news): (&mut Vec<u8>, &mut Vec<u8>),
) {
    let code = recent.find(|recent| *recent == number);
    codes.push(code.unwrap_or(NEW));
    match code {
        Some(code) => drop(recent.take(code)),
        None => {
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            sizes.push(u8::try_from(bytes.len() - zeros).unwrap_or_default());
            news.extend_from_slice(&bytes[zeros..]);
        }
    }
    recent.push(number);
}
