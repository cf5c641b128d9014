//! [`Receipt`]: what a transaction did, as the receipts root commits to it.

use alloc::vec::Vec;
use alloy_consensus::Eip658Value;
use alloy_eips::{Encodable2718, Typed2718, eip2718::IsTyped2718};
use alloy_primitives::{Bloom, Log};
use alloy_rlp::{BufMut, Encodable, Header as RlpHeader};

/// What a deposit's receipt carries beyond an ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DepositReceipt {
    /// The depositor's nonce before the deposit ran (Regolith).
    pub nonce: u64,
    /// 1 since Canyon, when nonce and version became part of the receipt's hash.
    pub version: u64,
}

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction's EIP-2718 type; 0 for a legacy one.
    pub ty: u8,
    /// Whether it succeeded (EIP-658), or before Byzantium the state root after it.
    pub status: Eip658Value,
    /// Gas used in the block up to and including this transaction.
    pub cumulative_gas_used: u64,
    /// Events, in the order they were emitted.
    pub logs: Vec<Log>,
    /// The bloom filter over `logs`.
    pub bloom: Bloom,
    /// Present on a deposit's receipt.
    pub deposit: Option<DepositReceipt>,
}

impl Receipt {
    fn rlp_header(&self) -> RlpHeader {
        let deposit = self
            .deposit
            .map_or(0, |deposit| deposit.nonce.length().saturating_add(deposit.version.length()));
        let payload_length = self
            .status
            .length()
            .saturating_add(self.cumulative_gas_used.length())
            .saturating_add(self.bloom.length())
            .saturating_add(self.logs.length())
            .saturating_add(deposit);
        RlpHeader { list: true, payload_length }
    }
}

impl Typed2718 for Receipt {
    fn ty(&self) -> u8 {
        self.ty
    }
}

impl IsTyped2718 for Receipt {
    fn is_type(ty: u8) -> bool {
        crate::TransactionType::try_from(ty).is_ok()
    }
}

/// The bytes that the receipts trie holds: the type unless legacy, then the RLP list of status,
/// cumulative gas, bloom and logs, and for a deposit its nonce and version.
impl Encodable2718 for Receipt {
    fn encode_2718_len(&self) -> usize {
        self.rlp_header().length_with_payload().saturating_add(usize::from(self.ty != 0))
    }

    fn encode_2718(&self, out: &mut dyn BufMut) {
        if self.ty != 0 {
            out.put_u8(self.ty);
        }
        self.rlp_header().encode(out);
        self.status.encode(out);
        self.cumulative_gas_used.encode(out);
        self.bloom.encode(out);
        self.logs.encode(out);
        if let Some(deposit) = self.deposit {
            deposit.nonce.encode(out);
            deposit.version.encode(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Receipt as AlloyReceipt, ReceiptEnvelope, TxReceipt, TxType};
    use alloy_primitives::{Address, B256, Bytes, LogData, logs_bloom};
    use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope};

    fn logs() -> Vec<Log> {
        let data =
            LogData::new_unchecked(alloc::vec![B256::repeat_byte(2)], Bytes::from_static(b"x"));
        alloc::vec![Log { address: Address::repeat_byte(1), data }]
    }

    fn receipt(ty: u8, status: Eip658Value) -> Receipt {
        let logs = logs();
        let bloom = logs_bloom(&logs);
        Receipt { ty, status, cumulative_gas_used: 77_000, logs, bloom, deposit: None }
    }

    #[test]
    fn every_type_encodes_as_alloy_does() {
        for (ty, status) in [
            (TxType::Legacy, Eip658Value::PostState(B256::repeat_byte(9))),
            (TxType::Legacy, Eip658Value::Eip658(true)),
            (TxType::Eip2930, Eip658Value::Eip658(false)),
            (TxType::Eip1559, Eip658Value::Eip658(true)),
            (TxType::Eip4844, Eip658Value::Eip658(true)),
            (TxType::Eip7702, Eip658Value::Eip658(true)),
        ] {
            let alloy = AlloyReceipt { status, cumulative_gas_used: 77_000, logs: logs() };
            let theirs = ReceiptEnvelope::from_typed(ty, alloy).encoded_2718();
            let ours = receipt(ty as u8, status);
            assert_eq!(ours.encoded_2718(), theirs);
            assert_eq!(ours.encode_2718_len(), theirs.len());
        }
    }

    #[test]
    fn a_deposit_encodes_as_op_alloy_does() {
        let inner = AlloyReceipt { status: true.into(), cumulative_gas_used: 77_000, logs: logs() };
        let theirs = OpReceiptEnvelope::Deposit(
            OpDepositReceipt { inner, deposit_nonce: Some(5), deposit_receipt_version: Some(1) }
                .into_with_bloom(),
        );
        let deposit = Some(DepositReceipt { nonce: 5, version: 1 });
        let ours = Receipt { deposit, ..receipt(126, Eip658Value::Eip658(true)) };
        assert_eq!(ours.encoded_2718(), theirs.encoded_2718());
    }
}
