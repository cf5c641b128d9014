//! Transactions, accounts and markets for tests.

use super::super::{
    Inserted, Market, Pool, PoolError, PoolLimits, PoolTransaction, Sender, TransactionRules,
};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2930::AccessList,
    eip4844::{Blob, Bytes48},
    eip7594::{BlobTransactionSidecarEip7594, CELLS_PER_EXT_BLOB},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxHash, TxKind, U256};
use seam_primitives::{Fork, Recovered, Transaction};
use std::sync::{Arc, LazyLock};

pub(super) const CHAIN_ID: u64 = 900;
pub(super) const ETHER: u64 = 1_000_000_000_000_000_000;

/// A transaction in the making: 21,000 gas of type 2 to nobody in particular.
#[derive(Debug, Clone)]
pub(super) struct Build {
    pub(super) sender: Address,
    pub(super) nonce: u64,
    pub(super) fee: u128,
    pub(super) tip: u128,
    pub(super) gas: u64,
    pub(super) value: U256,
    pub(super) to: TxKind,
    pub(super) data: Bytes,
    pub(super) access: AccessList,
    pub(super) chain_id: u64,
    pub(super) data_fee: U256,
}

pub(super) fn sender(seed: u64) -> Address {
    Address::left_padding_from(&(seed + 1).to_be_bytes())
}

/// From account `seed`; pays `price` per gas at any base fee up to it, all of it above as tip.
pub(super) fn tx(seed: u64, nonce: u64, price: u128) -> Build {
    Build {
        sender: sender(seed),
        nonce,
        fee: price,
        tip: price,
        gas: 21_000,
        value: U256::ZERO,
        to: TxKind::Call(Address::repeat_byte(0xee)),
        data: Bytes::new(),
        access: AccessList::default(),
        chain_id: CHAIN_ID,
        data_fee: U256::ZERO,
    }
}

impl Build {
    pub(super) fn fees(self, fee: u128, tip: u128) -> Self {
        Self { fee, tip, ..self }
    }

    pub(super) fn gas(self, gas: u64) -> Self {
        Self { gas, ..self }
    }

    pub(super) fn value(self, value: u64) -> Self {
        Self { value: U256::from(value), ..self }
    }

    pub(super) fn data(self, data: Vec<u8>) -> Self {
        Self { data: data.into(), ..self }
    }

    pub(super) fn create(self) -> Self {
        Self { to: TxKind::Create, ..self }
    }

    /// No pool looks at the signature; it makes the hash differ between senders.
    fn sign<T: SignableTransaction<Signature>>(&self, tx: T) -> alloy_consensus::Signed<T> {
        let r = U256::from_be_slice(self.sender.as_slice());
        let signature = Signature::new(r, U256::from(1), false);
        let hash = alloy_primitives::keccak256(
            [tx.signature_hash().as_slice(), self.sender.as_slice()].concat(),
        );
        alloy_consensus::Signed::new_unchecked(tx, signature, hash)
    }

    fn finish(
        &self,
        tx: Transaction,
        sidecar: Option<Arc<BlobTransactionSidecarEip7594>>,
    ) -> PoolTransaction {
        let recovered = Recovered::new_unchecked(tx, self.sender);
        PoolTransaction::with_data_fee(recovered, sidecar, self.data_fee)
    }

    /// Type 2.
    pub(super) fn done(&self) -> PoolTransaction {
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.fee,
            max_priority_fee_per_gas: self.tip,
            to: self.to,
            value: self.value,
            access_list: self.access.clone(),
            input: self.data.clone(),
        };
        self.finish(Transaction::Eip1559(self.sign(tx)), None)
    }

    /// Type 0.
    pub(super) fn legacy(&self, chain_id: Option<u64>) -> PoolTransaction {
        let tx = TxLegacy {
            chain_id,
            nonce: self.nonce,
            gas_price: self.fee,
            gas_limit: self.gas,
            to: self.to,
            value: self.value,
            input: self.data.clone(),
        };
        self.finish(Transaction::Legacy(self.sign(tx)), None)
    }

    /// Type 1.
    pub(super) fn access(&self) -> PoolTransaction {
        let tx = TxEip2930 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_price: self.fee,
            gas_limit: self.gas,
            to: self.to,
            value: self.value,
            access_list: self.access.clone(),
            input: self.data.clone(),
        };
        self.finish(Transaction::Eip2930(self.sign(tx)), None)
    }

    /// Type 3 with as many blobs as hashes.
    pub(super) fn blobs(&self, count: usize, blob_fee: u128) -> PoolTransaction {
        let sidecar = sidecar(count);
        let hashes = sidecar.versioned_hashes().collect();
        self.blobs_with(hashes, blob_fee, Some(sidecar))
    }

    /// Type 3.
    pub(super) fn blobs_with(
        &self,
        hashes: Vec<B256>,
        blob_fee: u128,
        sidecar: Option<Arc<BlobTransactionSidecarEip7594>>,
    ) -> PoolTransaction {
        let tx = TxEip4844 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.fee,
            max_priority_fee_per_gas: self.tip,
            to: Address::ZERO,
            value: self.value,
            access_list: self.access.clone(),
            blob_versioned_hashes: hashes,
            max_fee_per_blob_gas: blob_fee,
            input: self.data.clone(),
        };
        self.finish(Transaction::Eip4844(self.sign(tx)), sidecar)
    }

    /// Type 4.
    pub(super) fn set_code(&self, authorizations: usize) -> PoolTransaction {
        let authorization =
            Authorization { chain_id: U256::from(CHAIN_ID), address: Address::ZERO, nonce: 0 };
        let one = U256::from(1);
        let signed = SignedAuthorization::new_unchecked(authorization, 0, one, one);
        let tx = TxEip7702 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas,
            max_fee_per_gas: self.fee,
            max_priority_fee_per_gas: self.tip,
            to: Address::ZERO,
            value: self.value,
            access_list: self.access.clone(),
            authorization_list: vec![signed; authorizations],
            input: self.data.clone(),
        };
        self.finish(Transaction::Eip7702(self.sign(tx)), None)
    }
}

/// A sidecar of empty blobs. One for each number of blobs, shared: they are large.
pub(super) fn sidecar(blobs: usize) -> Arc<BlobTransactionSidecarEip7594> {
    static SIDECARS: LazyLock<Vec<Arc<BlobTransactionSidecarEip7594>>> = LazyLock::new(|| {
        let of = |count| BlobTransactionSidecarEip7594 {
            blobs: vec![Blob::ZERO; count],
            commitments: vec![Bytes48::ZERO; count],
            cell_proofs: vec![Bytes48::ZERO; count * CELLS_PER_EXT_BLOB],
        };
        (0..10).map(|count| Arc::new(of(count))).collect()
    });
    Arc::clone(&SIDECARS[blobs])
}

/// Osaka with up to six blobs; base fee 10, blob base fee 1, 30 million gas.
pub(super) fn market() -> Market {
    let rules = TransactionRules {
        chain_id: CHAIN_ID,
        fork: Fork::Osaka,
        max_blobs: Some(6),
        max_tx_gas: Some(16_777_216),
    };
    Market { rules, base_fee: 10, blob_base_fee: 1, gas_limit: 30_000_000 }
}

pub(super) fn at_fork(fork: Fork) -> Market {
    let rules = TransactionRules { fork, max_blobs: None, max_tx_gas: None, ..market().rules };
    Market { rules, ..market() }
}

/// Nonce 0 and an ether.
pub(super) fn rich() -> Sender {
    Sender { nonce: 0, balance: U256::from(ETHER), has_code: false }
}

/// Room for so many transactions.
pub(super) fn room_for(max_transactions: usize) -> Pool {
    Pool::new(PoolLimits { max_transactions, ..PoolLimits::default() })
}

pub(super) fn pool() -> Pool {
    Pool::new(PoolLimits::default())
}

/// From an account with nonce 0 and an ether.
pub(super) fn insert(pool: &mut Pool, tx: PoolTransaction) -> Result<Inserted, PoolError> {
    let result = pool.insert(tx, rich(), &market());
    super::check(pool);
    result
}

/// Hashes of one sender: executable with those in flight, queued.
pub(super) fn hashes_of(pool: &Pool, seed: u64) -> (Vec<TxHash>, Vec<TxHash>) {
    let content = pool.content_of(sender(seed));
    let hashes = |list: Vec<PoolTransaction>| list.iter().map(PoolTransaction::hash).collect();
    (hashes(content.pending), hashes(content.queued))
}

/// Nonces of one sender: executable with those in flight, queued.
pub(super) fn nonces_of(pool: &Pool, seed: u64) -> (Vec<u64>, Vec<u64>) {
    let content = pool.content_of(sender(seed));
    let nonces = |list: Vec<PoolTransaction>| list.iter().map(PoolTransaction::nonce).collect();
    (nonces(content.pending), nonces(content.queued))
}
