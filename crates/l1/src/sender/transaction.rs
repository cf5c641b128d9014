//! Transactions as they are signed, kept and sent.

use super::{
    SendError, TxRequest,
    state::{Carries, Price},
};
use alloy_consensus::{
    Signed, TxEip1559, TxEip4844, TxEip4844WithSidecar, TxEnvelope, TypedTransaction,
    transaction::TxEip4844Variant,
};
use alloy_eips::{
    eip2718::{Decodable2718, Encodable2718},
    eip7594::BlobTransactionSidecarVariant,
};
use alloy_primitives::{B256, Bytes, TxKind};

impl TxRequest {
    pub(super) const fn carries(&self) -> Carries {
        if self.blobs.is_empty() { Carries::Nothing } else { Carries::Blobs }
    }

    /// The transaction of this nonce, without a price.
    pub(super) fn transaction(
        &self,
        chain_id: u64,
        nonce: u64,
        versioned_hashes: Vec<B256>,
    ) -> Result<TypedTransaction, SendError> {
        let (gas_limit, value, input) = (self.gas_limit, self.value, self.input.clone());
        if self.carries() == Carries::Nothing {
            let to = self.to.map_or(TxKind::Create, TxKind::Call);
            let plain =
                TxEip1559 { chain_id, nonce, gas_limit, to, value, input, ..<_>::default() };
            return Ok(plain.into());
        }
        let to = self.to.ok_or_else(|| {
            SendError::Blobs("a transaction with blobs makes no contract".to_owned())
        })?;
        let with_blobs = TxEip4844 {
            chain_id,
            nonce,
            gas_limit,
            to,
            value,
            input,
            blob_versioned_hashes: versioned_hashes,
            ..TxEip4844::default()
        };
        Ok(TypedTransaction::Eip4844(with_blobs.into()))
    }
}

/// Has a transaction offer this.
pub(super) fn offer(transaction: &mut TypedTransaction, price: Price) {
    match transaction {
        TypedTransaction::Eip1559(plain) => {
            plain.max_fee_per_gas = price.max_fee;
            plain.max_priority_fee_per_gas = price.priority_fee;
        }
        TypedTransaction::Eip4844(with_blobs) => {
            let with_blobs: &mut TxEip4844 = with_blobs.as_mut();
            with_blobs.max_fee_per_gas = price.max_fee;
            with_blobs.max_priority_fee_per_gas = price.priority_fee;
            with_blobs.max_fee_per_blob_gas = price.blob_fee.unwrap_or_default();
        }
        // Nothing of another kind is made or read.
        _ => {}
    }
}

/// What the journal has of a transaction; `None` if nothing here can have written it.
pub(super) fn decode(raw: &Bytes) -> Option<TxEnvelope> {
    let envelope = TxEnvelope::decode_2718(&mut raw.as_ref()).ok()?;
    let is_known = matches!(envelope, TxEnvelope::Eip1559(_) | TxEnvelope::Eip4844(_));
    is_known.then_some(envelope)
}

/// A transaction with its blobs, as a mempool gets it (EIP-4844, EIP-7594).
pub(super) fn with_sidecar(
    signed: &Signed<TxEip4844Variant>,
    sidecar: &BlobTransactionSidecarVariant,
) -> Bytes {
    let tx: TxEip4844 = signed.tx().as_ref().clone();
    let whole = TxEip4844WithSidecar { tx, sidecar: sidecar.clone() };
    let signed = Signed::new_unchecked(whole.into(), *signed.signature(), *signed.hash());
    TxEnvelope::Eip4844(signed).encoded_2718().into()
}
