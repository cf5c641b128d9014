//! Transactions out of the columns: shape by shape, then back in their order.

use super::{
    BatchError, MAX_BATCH_BYTES, arguments,
    columns::Columns,
    dictionaries::Dictionaries,
    fields::{FieldReader, Fields},
    frame::SIGNATURE_BYTES,
    lists::Lists,
    shape::{Kind, Shape},
};
use alloc::vec::Vec;
use alloy_consensus::{Signed, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_primitives::{Bytes, Signature, TxKind, U256};
use seam_primitives::{Transaction, TransactionType};

/// A transaction that is being read.
#[derive(Debug, Default)]
struct Draft {
    kind: Kind,
    fields: Fields,
    calldata: Vec<u8>,
    lists: Vec<u8>,
}

/// All transactions, one for each signature.
pub(super) fn decode(
    columns: &mut Columns<'_>,
    signatures: &[[u8; SIGNATURE_BYTES]],
) -> Result<Vec<Transaction>, BatchError> {
    let dictionaries = Dictionaries::read(columns)?;
    let mut fields = FieldReader::new(columns)?;
    let groups = groups(columns, signatures.len())?;
    let mut drafts: Vec<Draft> = signatures.iter().map(|_| Draft::default()).collect();
    let mut size = 0_usize;
    for group in groups {
        let shape = Shape::read(columns, &dictionaries.selectors)?;
        size = size.saturating_add(shape.size().saturating_mul(group.len()));
        BatchError::at_most("bytes of calldata and lists", size as u64, MAX_BATCH_BYTES)?;
        let mut members = members(&mut drafts, &group);
        for draft in &mut members {
            draft.kind = shape.kind;
            draft.fields = fields.read(shape.kind, columns, &dictionaries)?;
        }
        let (mut calldata, mut lists): (Vec<_>, Vec<_>) =
            members.into_iter().map(|draft| (&mut draft.calldata, &mut draft.lists)).unzip();
        arguments::fill(&shape.calldata, &mut calldata, columns, &dictionaries)?;
        arguments::fill(&shape.lists, &mut lists, columns, &dictionaries)?;
    }
    drafts.into_iter().zip(signatures).map(|(draft, signature)| draft.finish(signature)).collect()
}

/// For each shape the transactions that have it, in order.
fn groups(columns: &mut Columns<'_>, transactions: usize) -> Result<Vec<Vec<usize>>, BatchError> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for transaction in 0..transactions {
        match columns.shape_ids.index()?.checked_sub(1) {
            None => groups.push([transaction].into()),
            Some(id) => {
                groups.get_mut(id).ok_or(columns.shape_ids.bad())?.push(transaction);
            }
        }
    }
    Ok(groups)
}

/// The drafts at rising places.
fn members<'a>(drafts: &'a mut [Draft], places: &[usize]) -> Vec<&'a mut Draft> {
    let mut rest = drafts;
    let mut next = 0_usize;
    let mut members = Vec::with_capacity(places.len());
    for place in places {
        let Some((_, tail)) = rest.split_at_mut_checked(place.saturating_sub(next)) else { break };
        let Some((draft, tail)) = tail.split_first_mut() else { break };
        members.push(draft);
        rest = tail;
        next = place.saturating_add(1);
    }
    members
}

impl Draft {
    fn finish(self, signature: &[u8; SIGNATURE_BYTES]) -> Result<Transaction, BatchError> {
        let signature = compact(signature);
        let lists = match self.kind.has(Kind::LISTS) {
            true => {
                let authorizes = self.kind.transaction_type() == Some(TransactionType::Eip7702);
                Lists::read(&self.lists, authorizes)?
            }
            false => Lists::default(),
        };
        let fields = self.fields;
        let input = self.calldata.into();
        Ok(match self.kind.transaction_type() {
            Some(TransactionType::Eip2930) => {
                Transaction::Eip2930(Signed::new_unhashed(fields.eip2930(input, lists), signature))
            }
            Some(TransactionType::Eip1559) => {
                Transaction::Eip1559(Signed::new_unhashed(fields.eip1559(input, lists), signature))
            }
            Some(TransactionType::Eip7702) => {
                Transaction::Eip7702(Signed::new_unhashed(fields.eip7702(input, lists)?, signature))
            }
            _ => Transaction::Legacy(Signed::new_unhashed(fields.legacy(input), signature)),
        })
    }
}

/// `r`, then `s` with the parity of `y` in its highest bit (EIP-2098).
fn compact(bytes: &[u8; SIGNATURE_BYTES]) -> Signature {
    let (r, s) = bytes.split_at(32);
    let s = U256::from_be_slice(s);
    let (parity, s) = (s.bit(255), s & U256::MAX.wrapping_shr(1));
    Signature::new(U256::from_be_slice(r), s, parity)
}

impl Fields {
    fn kind(&self) -> TxKind {
        self.to.map_or(TxKind::Create, TxKind::Call)
    }

    fn legacy(self, input: Bytes) -> TxLegacy {
        TxLegacy {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_price: self.price.cap(),
            gas_limit: self.gas,
            to: self.kind(),
            value: self.value,
            input,
        }
    }

    fn eip2930(self, input: Bytes, lists: Lists) -> TxEip2930 {
        TxEip2930 {
            chain_id: self.chain_id.unwrap_or_default(),
            nonce: self.nonce,
            gas_price: self.price.cap(),
            gas_limit: self.gas,
            to: self.kind(),
            value: self.value,
            access_list: lists.access,
            input,
        }
    }

    fn eip1559(self, input: Bytes, lists: Lists) -> TxEip1559 {
        TxEip1559 {
            chain_id: self.chain_id.unwrap_or_default(),
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.price.cap(),
            max_priority_fee_per_gas: self.price.tip,
            to: self.kind(),
            value: self.value,
            access_list: lists.access,
            input,
        }
    }

    fn eip7702(self, input: Bytes, lists: Lists) -> Result<TxEip7702, BatchError> {
        Ok(TxEip7702 {
            chain_id: self.chain_id.unwrap_or_default(),
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.price.cap(),
            max_priority_fee_per_gas: self.price.tip,
            // A shape that sets code and creates is none.
            to: self.to.ok_or(BatchError::Value("shapes"))?,
            value: self.value,
            access_list: lists.access,
            authorization_list: lists.authorizations,
            input,
        })
    }
}
