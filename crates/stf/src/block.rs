//! Building a block, and checking one that somebody else built.
//!
//! Checking is building again from the header's own attributes and comparing every field: there is
//! one way to make a block.

#[cfg(feature = "call")]
mod by_hand;
mod unsealed;

pub use unsealed::{UnsealedBlock, receipts_root};

use crate::{
    error::{BlockError, TransactionError},
    evm::{Failure, Machine, Outcome},
    header::{self, MAX_BLOCK_RLP_BYTES},
    overlay::Overlay,
    rewards,
    state::{Account, StateChanges, StateCommitment, StateError},
    system,
};
use alloc::{format, sync::Arc, vec::Vec};
use alloy_consensus::{
    EMPTY_ROOT_HASH, Eip658Value, Header, Transaction as _,
    proofs::{calculate_ommers_root, calculate_withdrawals_root},
    transaction::SignerRecoverable,
};
use alloy_eips::{Encodable2718, Typed2718, eip4844::DATA_GAS_PER_BLOB, eip7685::Requests};
use alloy_primitives::{Address, B256, U256, address, logs_bloom};
use alloy_rlp::Encodable;
use core::fmt::Debug;
use revm::{Database, DatabaseCommit};
use seam_primitives::{
    Block, BlockAttributes, ChainRules, DepositReceipt, Fork, OpFork, Receipt, Recovered,
    Transaction,
};

#[cfg(feature = "trace")]
pub use crate::rewards::{Issuance, issuance};

/// The OP Stack's `L2ToL1MessagePasser`, whose storage root a header carries since Isthmus.
pub const MESSAGE_PASSER: Address = address!("0x4200000000000000000000000000000000000016");

/// A block that has been executed, with all that followed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutedBlock {
    /// The block, its header sealed.
    pub block: Block,
    /// keccak256 of the header.
    pub hash: B256,
    /// One for each transaction.
    pub receipts: Vec<Receipt>,
    /// What it did to the state.
    pub changes: Arc<StateChanges>,
}

/// Executes `transactions` in a new block on `parent` and seals it.
pub fn build_block<R: StateCommitment>(
    rules: &ChainRules,
    parent: &Header,
    attributes: &BlockAttributes,
    transactions: Vec<Recovered<Transaction>>,
    reader: R,
) -> Result<ExecutedBlock, BlockError> {
    let mut builder = BlockBuilder::new(rules, parent, attributes.clone(), reader)?;
    for transaction in transactions {
        builder.push(transaction)?;
    }
    builder.finish()
}

/// Executes a block that somebody else built on `parent` and compares every field of its header.
pub fn execute_block<R: StateCommitment>(
    rules: &ChainRules,
    parent: &Header,
    block: Block,
    reader: R,
) -> Result<ExecutedBlock, BlockError> {
    let (claimed, computed) = (block.header.parent_hash, parent.hash_slow());
    if claimed != computed {
        return Err(mismatch("parentHash", claimed, computed));
    }
    let attributes = BlockAttributes::from(&block);
    let has_withdrawals = block.withdrawals.is_some();
    let senders = recover_senders(block.transactions)?;
    let executed = build_block(rules, parent, &attributes, senders, reader)?;
    compare(&block.header, &executed.block.header)?;
    // No list and an empty list have different bytes, but leave the same header.
    if has_withdrawals != executed.block.withdrawals.is_some() {
        let present = |present| if present { "present" } else { "absent" };
        let (claimed, computed) = (present(has_withdrawals), present(!has_withdrawals));
        return Err(mismatch("withdrawals", claimed, computed));
    }
    Ok(executed)
}

/// The senders of a block's transactions.
pub fn recover_senders(
    transactions: Vec<Transaction>,
) -> Result<Vec<Recovered<Transaction>>, BlockError> {
    let recover = |(index, transaction): (usize, Transaction)| {
        let sender = transaction
            .recover_signer()
            .map_err(|_| BlockError::Signature { index, hash: transaction.hash() })?;
        Ok(Recovered::new_unchecked(transaction, sender))
    };
    transactions.into_iter().enumerate().map(recover).collect()
}

fn mismatch<T: Debug>(field: &'static str, claimed: T, computed: T) -> BlockError {
    let (claimed, computed) = (format!("{claimed:?}"), format!("{computed:?}"));
    BlockError::FieldMismatch { field, claimed, computed }
}

macro_rules! compare_fields {
    ($claimed:expr, $computed:expr, $($field:ident => $name:literal,)+) => {
        // Naming every field here keeps this list whole when a header grows.
        let Header { $($field: _,)+ } = $claimed;
        $(if $claimed.$field != $computed.$field {
            return Err(mismatch($name, &$claimed.$field, &$computed.$field));
        })+
    };
}

fn compare(claimed: &Header, computed: &Header) -> Result<(), BlockError> {
    compare_fields!(claimed, computed,
        parent_hash => "parentHash",
        number => "number",
        timestamp => "timestamp",
        beneficiary => "miner",
        difficulty => "difficulty",
        nonce => "nonce",
        mix_hash => "mixHash",
        extra_data => "extraData",
        gas_limit => "gasLimit",
        base_fee_per_gas => "baseFeePerGas",
        excess_blob_gas => "excessBlobGas",
        parent_beacon_block_root => "parentBeaconBlockRoot",
        ommers_hash => "sha3Uncles",
        transactions_root => "transactionsRoot",
        blob_gas_used => "blobGasUsed",
        gas_used => "gasUsed",
        logs_bloom => "logsBloom",
        receipts_root => "receiptsRoot",
        withdrawals_root => "withdrawalsRoot",
        requests_hash => "requestsHash",
        state_root => "stateRoot",
        block_access_list_hash => "blockAccessListHash",
        slot_number => "slotNumber",
    );
    Ok(())
}

/// A block in the making: transactions go in one by one, each sees what those before it did.
#[allow(missing_debug_implementations)] // the EVM has none
pub struct BlockBuilder<'a, R: StateCommitment> {
    rules: &'a ChainRules,
    attributes: BlockAttributes,
    /// Complete but for what the transactions decide.
    header: Header,
    machine: Machine<R>,
    transactions: Vec<Transaction>,
    receipts: Vec<Receipt>,
    blobs: u64,
    size: Size,
    /// Whether the reader was told of changes ahead; then it is told of all.
    prepared: bool,
    /// Whether it was begun before its parent was sealed.
    is_ahead: bool,
}

/// Bytes of the block's transactions, counted when asked for.
#[derive(Debug, Default)]
struct Size {
    /// Transactions counted so far.
    counted: usize,
    bytes: usize,
}

/// More than the bytes of a header (about 620) and of the headers of the block's lists.
const HEADER_ALLOWANCE: usize = 2048;
/// The most bytes of an RLP header, which a transaction with an EIP-2718 type has in a block.
const RLP_HEADER: usize = 9;

impl<'a, R: StateCommitment> BlockBuilder<'a, R> {
    /// Starts a block on `parent`, whose state `reader` reads: checks the attributes and makes the
    /// calls that come before the first transaction.
    pub fn new(
        rules: &'a ChainRules,
        parent: &Header,
        attributes: BlockAttributes,
        reader: R,
    ) -> Result<Self, BlockError> {
        let mut builder = Self::begin(rules, parent, attributes, reader)?;
        builder.header.parent_hash = parent.hash_slow();
        system::begin(rules, &builder.header, &mut builder.machine)?;
        Ok(builder)
    }

    /// Starts a block on one that is not sealed yet: of `parent`, hash, roots and bloom are not
    /// looked at, nor is the beacon root among the attributes. What follows from them is asked of
    /// the reader ([`crate::StateReader::parent_seal`]) when a transaction reads it, else at the end.
    pub fn ahead(
        rules: &'a ChainRules,
        parent: &Header,
        attributes: BlockAttributes,
        reader: R,
    ) -> Result<Self, BlockError> {
        let mut builder = Self::begin(rules, parent, attributes, reader)?;
        builder.is_ahead = true;
        system::begin_ahead(rules, &builder.header, &mut builder.machine)?;
        Ok(builder)
    }

    fn begin(
        rules: &'a ChainRules,
        parent: &Header,
        attributes: BlockAttributes,
        mut reader: R,
    ) -> Result<Self, BlockError> {
        header::check_attributes(rules, parent, &attributes)?;
        let header = unfilled_header(rules, parent, &attributes)?;
        rewards::check_ommers(header.number, &attributes.ommers, &mut reader)?;
        let mut machine = Machine::new(rules, &header, Overlay::new(reader));
        rewards::apply_dao_fork(rules, header.number, machine.state())?;
        Ok(Self {
            rules,
            attributes,
            header,
            machine,
            transactions: Vec::new(),
            receipts: Vec::new(),
            blobs: 0,
            size: Size::default(),
            prepared: false,
            is_ahead: false,
        })
    }

    /// The header so far: complete but for roots, bloom, blob gas used and the hash of requests.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The transactions taken in so far.
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// Their receipts.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// An account as the block has left it so far.
    pub fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.machine.state().account(address)
    }

    /// A storage slot as the block has left it so far.
    pub fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.machine.state().storage(address, slot)
    }

    /// Tells the reader what changed since the last call ([`StateCommitment::prepare`]).
    pub fn prepare(&mut self) -> Result<(), BlockError> {
        let state = self.machine.state();
        let recent = state.take_recent();
        if !recent.accounts.is_empty() {
            state.reader.prepare(recent)?;
            self.prepared = true;
        }
        Ok(())
    }

    /// Gas that further transactions may use.
    pub fn gas_left(&self) -> u64 {
        self.header.gas_limit.saturating_sub(self.header.gas_used)
    }

    /// Bytes that further transactions may have, each with [`Encodable2718::encode_2718_len`] and 9 more: what EIP-7934
    /// leaves since Osaka, and no limit before it. Counted on the safe side, by some hundred bytes.
    pub fn bytes_left(&mut self) -> usize {
        if !self.is_active(Fork::Osaka) {
            return usize::MAX;
        }
        let Size { counted, bytes } = &mut self.size;
        for transaction in self.transactions.iter().skip(*counted) {
            let length = transaction.encode_2718_len().saturating_add(RLP_HEADER);
            *bytes = bytes.saturating_add(length);
        }
        *counted = self.transactions.len();
        let others = self.attributes.withdrawals.length().saturating_add(HEADER_ALLOWANCE);
        MAX_BLOCK_RLP_BYTES.saturating_sub(others).saturating_sub(self.size.bytes)
    }

    /// Executes a transaction and takes it into the block. [`BlockError::Transaction`] leaves the
    /// block as it was, so a builder can go on with another; after any other error it cannot.
    pub fn push(&mut self, transaction: Recovered<Transaction>) -> Result<&Receipt, BlockError> {
        match self.try_push(&transaction) {
            Ok(receipt) => {
                self.receipts.push(receipt);
                self.transactions.push(transaction.into_inner());
                self.receipts.last().ok_or(BlockError::OutOfRange("the number of receipts"))
            }
            Err(Failure::Block(error)) => Err(error),
            Err(Failure::Refused(reason)) => Err(BlockError::Transaction {
                index: self.transactions.len(),
                hash: transaction.inner().hash(),
                reason,
            }),
        }
    }

    fn try_push(&mut self, tx: &Recovered<Transaction>) -> Result<Receipt, Failure> {
        self.check_accepted(tx).map_err(Failure::Refused)?;
        let blobs = self.check_room(tx).map_err(Failure::Refused)?;
        let depositor = match tx.inner() {
            Transaction::Deposit(_) => {
                self.machine.state().account(tx.signer()).map_err(state_failure)?
            }
            _ => None,
        };
        let outcome = self.machine.transact(tx)?;
        let gas_used = self.header.gas_used.checked_add(outcome.gas_used);
        self.header.gas_used =
            gas_used.ok_or(Failure::Block(BlockError::OutOfRange("gas used")))?;
        self.blobs = blobs;
        let nonce = depositor.unwrap_or_default().nonce;
        self.commit(tx.inner(), outcome, nonce)
    }

    fn commit(
        &mut self,
        tx: &Transaction,
        outcome: Outcome,
        depositor_nonce: u64,
    ) -> Result<Receipt, Failure> {
        self.machine.state().commit(outcome.state);
        let status = if self.is_active(Fork::Byzantium) {
            Eip658Value::Eip658(outcome.success)
        } else {
            let changes = self.machine.state().changes();
            let roots = self.machine.state().reader.roots_after(&changes, None);
            Eip658Value::PostState(roots.map_err(state_failure)?.state)
        };
        let deposit =
            tx.as_deposit().map(|_| DepositReceipt { nonce: depositor_nonce, version: 1 });
        let bloom = logs_bloom(&outcome.logs);
        let cumulative_gas_used = self.header.gas_used;
        Ok(Receipt { ty: tx.ty(), status, cumulative_gas_used, logs: outcome.logs, bloom, deposit })
    }

    fn is_active(&self, fork: Fork) -> bool {
        self.rules.is_active(fork, self.header.number, self.header.timestamp)
    }

    fn is_op_active(&self, fork: OpFork) -> bool {
        self.rules.is_op_active(fork, self.header.number, self.header.timestamp)
    }

    /// Whether the chain has this type of transaction, for this chain id, at this block.
    fn check_accepted(&self, tx: &Transaction) -> Result<(), TransactionError> {
        let op = self.rules.is_op_stack();
        let accepted = match tx {
            Transaction::Legacy(_) => true,
            Transaction::Eip2930(_) => self.is_active(Fork::Berlin),
            Transaction::Eip1559(_) => self.is_active(Fork::London),
            Transaction::Eip4844(_) => self.is_active(Fork::Cancun) && !op,
            Transaction::Eip7702(_) => self.is_active(Fork::Prague),
            Transaction::Deposit(_) => op,
        };
        if !accepted {
            let fork = self.rules.fork_at(self.header.number, self.header.timestamp);
            return Err(TransactionError::TypeNotAccepted { ty: tx.ty(), fork });
        }
        match tx.chain_id() {
            Some(_) if tx.as_deposit().is_some() => Ok(()),
            Some(id) if id != self.rules.chain_id || !self.is_active(Fork::SpuriousDragon) => {
                Err(TransactionError::WrongChain(id))
            }
            _ => Ok(()),
        }
    }

    /// Whether the block has room; the number of blobs with this transaction's.
    fn check_room(&self, tx: &Transaction) -> Result<u64, TransactionError> {
        let (gas_limit, available) = (tx.gas_limit(), self.gas_left());
        if gas_limit > available {
            return Err(TransactionError::BlockGasExhausted { gas_limit, available });
        }
        let blobs = u64::try_from(tx.blob_versioned_hashes().map_or(0, <[B256]>::len));
        let blobs = blobs.unwrap_or(u64::MAX);
        let max = self.rules.blobs_at(self.header.timestamp).map_or(0, |blobs| blobs.max);
        let total = self.blobs.saturating_add(blobs);
        if total > max && blobs > 0 {
            return Err(TransactionError::BlobsExhausted { blobs, used: self.blobs, max });
        }
        Ok(total)
    }

    /// Pays rewards and withdrawals, collects requests, computes the roots and seals the header.
    pub fn finish(self) -> Result<ExecutedBlock, BlockError> {
        Ok(self.finish_with_requests()?.0)
    }

    /// The same, with the requests to the beacon chain (EIP-7685); none before Prague.
    pub fn finish_with_requests(self) -> Result<(ExecutedBlock, Option<Requests>), BlockError> {
        let (mut block, mut reader) = self.close()?;
        let requests = block.requests.take();
        let roots = reader.roots_after(block.changes(), block.storage_of())?;
        Ok((block.seal(roots)?, requests))
    }

    /// Ends the block but for its roots: pays rewards and withdrawals and collects requests. The
    /// reader, which comes back, was told of all changes if it was told of any.
    pub fn close(mut self) -> Result<(UnsealedBlock, R), BlockError> {
        if self.is_ahead {
            self.settle()?;
        }
        let requests = self.requests()?;
        self.header.requests_hash = requests.as_ref().map(Requests::requests_hash);
        rewards::pay(self.rules, self.header.number, &self.attributes, self.machine.state())?;
        if self.prepared {
            self.prepare()?;
        }
        if self.header.blob_gas_used.is_some() {
            self.header.blob_gas_used = Some(self.blobs.saturating_mul(DATA_GAS_PER_BLOB));
        }
        let changes = Arc::new(self.machine.state().changes());
        let isthmus = self.is_op_active(OpFork::Isthmus);
        let max_bytes = if self.is_active(Fork::Osaka) { MAX_BLOCK_RLP_BYTES } else { usize::MAX };
        let withdrawals = self.header.withdrawals_root.map(|_| self.attributes.withdrawals);
        let block = UnsealedBlock {
            header: self.header,
            transactions: self.transactions,
            receipts: self.receipts,
            ommers: self.attributes.ommers,
            withdrawals,
            requests,
            changes,
            storage_of: isthmus.then_some(MESSAGE_PASSER),
            max_bytes,
        };
        Ok((block, self.machine.into_state().reader))
    }

    /// Fills in what follows from the parent's seal; waits for it.
    fn settle(&mut self) -> Result<(), BlockError> {
        let state = self.machine.state();
        let seal = state.reader.parent_seal()?;
        state.settle(&seal)?;
        self.header.parent_hash = seal.hash;
        if self.is_active(Fork::Cancun) {
            self.header.parent_beacon_block_root = Some(seal.beacon_root);
        }
        Ok(())
    }

    /// Those of an OP Stack chain are none, whatever its contracts log.
    fn requests(&mut self) -> Result<Option<Requests>, BlockError> {
        if !self.is_active(Fork::Prague) {
            return Ok(None);
        }
        if self.rules.is_op_stack() {
            return Ok(Some(Requests::default()));
        }
        system::requests(self.rules, &self.receipts, &mut self.machine).map(Some)
    }
}

fn state_failure(error: StateError) -> Failure {
    Failure::Block(error.into())
}

/// The header with all that follows from parent and attributes alone, but for the parent's hash.
fn unfilled_header(
    rules: &ChainRules,
    parent: &Header,
    attributes: &BlockAttributes,
) -> Result<Header, BlockError> {
    let number = parent.number.checked_add(1).ok_or(BlockError::OutOfRange("block number"))?;
    let timestamp = attributes.timestamp;
    let active = |fork| rules.is_active(fork, number, timestamp);
    let withdrawals_root = match rules.is_op_stack() {
        true => EMPTY_ROOT_HASH,
        false => calculate_withdrawals_root(&attributes.withdrawals),
    };
    let excess_blob_gas = header::excess_blob_gas(rules, parent, timestamp);
    Ok(Header {
        ommers_hash: calculate_ommers_root(&attributes.ommers),
        beneficiary: attributes.beneficiary,
        difficulty: attributes.difficulty,
        number,
        gas_limit: attributes.gas_limit,
        timestamp,
        extra_data: attributes.extra_data.clone(),
        mix_hash: attributes.mix_hash,
        nonce: attributes.nonce,
        base_fee_per_gas: header::base_fee(rules, parent, timestamp),
        withdrawals_root: active(Fork::Shanghai).then_some(withdrawals_root),
        blob_gas_used: excess_blob_gas.map(|_| 0),
        excess_blob_gas,
        parent_beacon_block_root: active(Fork::Cancun)
            .then_some(attributes.parent_beacon_block_root),
        ..Header::default()
    })
}
