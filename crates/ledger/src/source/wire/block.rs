//! A block with its transactions, as `eth_getBlockByNumber` tells it.

use super::{unreadable, wrong};
use crate::source::{BlockFacts, Layer2, OP_DEPOSIT, TxFacts};
use alloy_consensus::{
    EthereumTxEnvelope, Header, Sealed, Transaction as _, TxEip4844,
    proofs::{calculate_withdrawals_root, ordered_trie_root_with_encoder},
    transaction::SignerRecoverable,
};
use alloy_eips::{
    eip2718::Encodable2718,
    eip4844::DATA_GAS_PER_BLOB,
    eip4895::{GWEI_TO_WEI, Withdrawal},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, U128, U256, keccak256};
use alloy_rlp::BufMut;
use op_alloy_consensus::TxDeposit;
use seam_l1::{Fault, client::read_header};
use serde::Deserialize;
use serde_json::value::RawValue;

type Envelope = EthereumTxEnvelope<TxEip4844>;

/// A block and what its receipts are checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBlock {
    /// What is known of it before its receipts.
    pub facts: BlockFacts,
    /// Its header.
    pub header: Sealed<Header>,
    /// Of each transaction what its receipt must say.
    pub(super) expected: Vec<Expected>,
}

/// What a receipt must say, as far as that follows from the transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// Wei per gas.
    pub(super) gas_price: Option<U256>,
    pub(super) blob_gas: Option<u64>,
    /// The contract that a creation makes.
    pub(super) contract: Option<Address>,
}

#[derive(Deserialize)]
struct Body {
    transactions: Vec<Box<RawValue>>,
    #[serde(default)]
    withdrawals: Option<Vec<WithdrawalFields>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithdrawalFields {
    index: U64,
    validator_index: U64,
    address: Address,
    amount: U64,
}

/// Fields that transactions of every type have, and those of deposits.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    hash: B256,
    #[serde(rename = "type", default)]
    kind: Option<U64>,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    value: U256,
    #[serde(default)]
    input: Bytes,
    #[serde(default)]
    gas: U64,
    #[serde(default)]
    mint: Option<U256>,
    #[serde(default)]
    source_hash: Option<B256>,
    #[serde(default)]
    is_system_tx: bool,
}

/// A transaction with its bytes, where its type is known.
struct Transaction {
    facts: TxFacts,
    expected: Expected,
    bytes: Option<Vec<u8>>,
}

/// A block; `None` if there is no such block. Senders whom `is_ours` names must have signed.
///
/// # Errors
/// [`Fault::Unreadable`]; [`Fault::Wrong`] if it contradicts its header.
pub fn read_block(
    answer: &RawValue,
    is_ours: &dyn Fn(Address) -> bool,
) -> Result<Option<ReadBlock>, Fault> {
    let Some(header) = read_header(answer)? else { return Ok(None) };
    let body: Body =
        serde_json::from_str(answer.get()).map_err(|error| unreadable("block", error))?;
    let read = |text: &RawValue| transaction(header.inner(), text, is_ours);
    let all: Vec<Transaction> =
        body.transactions.iter().map(|text| read(text)).collect::<Result<_, _>>()?;
    check_transactions(&header, &all)?;
    // But for the first block of all every block of the OP Stack begins with a deposit.
    let is_op_stack = all.first().is_some_and(|first| first.facts.kind == OP_DEPOSIT);
    let is_op_stack = is_op_stack || header.number == 0;
    let withdrawals = withdrawals(&header, body.withdrawals.unwrap_or_default(), is_op_stack)?;
    let expected = all.iter().map(|transaction| transaction.expected).collect();
    let facts = BlockFacts {
        number: header.number,
        hash: header.hash(),
        parent: header.parent_hash,
        time: header.timestamp,
        beneficiary: header.beneficiary,
        base_fee: U256::from(header.base_fee_per_gas.unwrap_or_default()),
        extra_data: header.extra_data.clone(),
        transactions: all.into_iter().map(|transaction| transaction.facts).collect(),
        withdrawals,
        ..BlockFacts::default()
    };
    Ok(Some(ReadBlock { facts, header, expected }))
}

/// The transactions are those of the header, where all their types are known.
fn check_transactions(header: &Sealed<Header>, all: &[Transaction]) -> Result<(), Fault> {
    let Some(bytes) = all.iter().map(|it| it.bytes.as_deref()).collect::<Option<Vec<_>>>() else {
        return Ok(());
    };
    let root = ordered_trie_root_with_encoder(&bytes, |bytes, out| out.put_slice(bytes));
    match root == header.transactions_root {
        true => Ok(()),
        false => Err(wrong(header.number, "transactionsRoot", header.transactions_root, root)),
    }
}

/// On the OP Stack the header's field is another root since Isthmus, and there are no withdrawals.
fn withdrawals(
    header: &Sealed<Header>,
    fields: Vec<WithdrawalFields>,
    is_op_stack: bool,
) -> Result<Vec<(Address, U256)>, Fault> {
    let read = |it: WithdrawalFields| Withdrawal {
        index: it.index.to(),
        validator_index: it.validator_index.to(),
        address: it.address,
        amount: it.amount.to(),
    };
    let all: Vec<Withdrawal> = fields.into_iter().map(read).collect();
    let root = calculate_withdrawals_root(&all);
    let stated = header.withdrawals_root.unwrap_or(alloy_consensus::constants::EMPTY_WITHDRAWALS);
    if root != stated && !(is_op_stack && all.is_empty()) {
        return Err(wrong(header.number, "withdrawalsRoot", stated, root));
    }
    let wei = |it: &Withdrawal| U256::from(it.amount).saturating_mul(U256::from(GWEI_TO_WEI));
    Ok(all.iter().map(|it| (it.address, wei(it))).collect())
}

fn transaction(
    header: &Header,
    text: &RawValue,
    is_ours: &dyn Fn(Address) -> bool,
) -> Result<Transaction, Fault> {
    let common: Common =
        serde_json::from_str(text.get()).map_err(|error| unreadable("transaction", error))?;
    let kind = u8::try_from(common.kind.unwrap_or_default())
        .map_err(|error| unreadable("type of a transaction", error))?;
    let (facts, expected, bytes) = match kind {
        0..=4 => signed(header, text, &common, is_ours)?,
        OP_DEPOSIT => {
            let bytes = deposit(&common).encoded_2718();
            (facts(&common, kind), Expected::default(), Some(bytes))
        }
        _ => (facts(&common, kind), Expected::default(), None),
    };
    if let Some(bytes) = &bytes {
        let hash = keccak256(bytes);
        if hash != common.hash {
            return Err(wrong(header.number, "hash of a transaction", common.hash, hash));
        }
    }
    Ok(Transaction { facts, expected, bytes })
}

fn facts(common: &Common, kind: u8) -> TxFacts {
    let mint = common.mint.unwrap_or_default();
    let layer2 = (kind == OP_DEPOSIT).then_some(Layer2::OpStack {
        l1_fee: U256::ZERO,
        operator_fee_scalar: U256::ZERO,
        operator_fee_constant: U256::ZERO,
        mint,
        source_hash: common.source_hash,
    });
    TxFacts {
        hash: common.hash,
        kind,
        from: common.from,
        to: common.to,
        value: common.value,
        input: common.input.clone(),
        layer2,
        ..TxFacts::default()
    }
}

fn deposit(common: &Common) -> TxDeposit {
    TxDeposit {
        source_hash: common.source_hash.unwrap_or_default(),
        from: common.from,
        to: common.to.map_or(TxKind::Create, TxKind::Call),
        mint: common.mint.unwrap_or_default().saturating_to::<U128>().to(),
        value: common.value,
        gas_limit: common.gas.to(),
        is_system_transaction: common.is_system_tx,
        input: common.input.clone(),
    }
}

type Signed = (TxFacts, Expected, Option<Vec<u8>>);

/// A transaction of a type of Ethereum: all that is used of it is what was signed.
fn signed(
    header: &Header,
    text: &RawValue,
    common: &Common,
    is_ours: &dyn Fn(Address) -> bool,
) -> Result<Signed, Fault> {
    let envelope: Envelope =
        serde_json::from_str(text.get()).map_err(|error| unreadable("transaction", error))?;
    if is_ours(common.from) {
        let signer = envelope.recover_signer().map_err(|error| unreadable("signature", error))?;
        if signer != common.from {
            return Err(wrong(header.number, "sender of a transaction", common.from, signer));
        }
    }
    let facts = TxFacts {
        hash: common.hash,
        kind: envelope.tx_type().into(),
        from: common.from,
        to: envelope.to(),
        value: envelope.value(),
        input: envelope.input().clone(),
        ..TxFacts::default()
    };
    let blobs = envelope.blob_versioned_hashes().map_or(0, <[B256]>::len);
    let blobs = u64::try_from(blobs).unwrap_or(u64::MAX);
    let contract = envelope.to().is_none().then(|| common.from.create(envelope.nonce()));
    let expected = Expected {
        gas_price: Some(U256::from(envelope.effective_gas_price(header.base_fee_per_gas))),
        blob_gas: Some(blobs.saturating_mul(DATA_GAS_PER_BLOB)),
        contract,
    };
    Ok((facts, expected, Some(envelope.encoded_2718())))
}
