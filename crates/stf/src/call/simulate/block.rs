//! One block, from its header to its hash.

use super::{
    AccountOverride, Ancestry, Bounds, Call, CallError, CallResult, Refusal, SimulateError,
    SimulatedBlock, SimulatedCall,
    check::{Terms, check},
    plan::Plan,
    transaction::{transactions_root, unsigned},
    transfers::Transfers,
};
use crate::{
    block::{MESSAGE_PASSER, receipts_root},
    call::{CallOutcome, check_type},
    error::BlockError,
    evm::Machine,
    header,
    overlay::Overlay,
    rewards,
    state::{StateCommitment, StateError},
    system,
};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Eip658Value, Header, proofs::calculate_withdrawals_root,
};
use alloy_eips::{
    Typed2718, eip4844::DATA_GAS_PER_BLOB, eip4895::Withdrawal, eip7685::EMPTY_REQUESTS_HASH,
};
use alloy_evm::Evm;
use alloy_primitives::{Address, B256, Bloom, Log, logs_bloom};
use revm::{
    DatabaseCommit,
    context::{BlockEnv, CfgEnv},
    state::EvmState,
};
use seam_primitives::{Block, BlockAttributes, ChainRules, Fork, OpFork, Receipt, Transaction};

/// Room in the output that is taken for each call and each log beside their data.
const OVERHEAD: usize = 256;

/// What holds for all blocks.
pub(super) struct Run<'a> {
    pub(super) rules: &'a ChainRules,
    pub(super) validation: bool,
    pub(super) trace_transfers: bool,
    /// Header of the block before.
    pub(super) parent: Header,
    /// What is left of them.
    pub(super) bounds: Bounds<'a>,
}

/// A block in the making.
struct Open<R: StateCommitment> {
    header: Header,
    machine: Machine<Ancestry<R>, Transfers>,
    /// In wei per blob gas.
    blob_price: u128,
    transactions: Vec<Transaction>,
    senders: Vec<Address>,
    receipts: Vec<Receipt>,
    calls: Vec<SimulatedCall>,
    blobs: u64,
}

impl Run<'_> {
    /// Runs a block on the state after the one before it; gives it, and the state after it.
    pub(super) fn block<R: StateCommitment>(
        &mut self,
        plan: Plan,
        state: Overlay<Ancestry<R>>,
    ) -> Result<(SimulatedBlock, Overlay<Ancestry<R>>), SimulateError> {
        if !(self.bounds.go_on)() {
            return Err(SimulateError::Time);
        }
        let header = self.header(&plan);
        let excess = header.excess_blob_gas.unwrap_or_default();
        let price = header::blob_base_fee(self.rules, header.timestamp, excess);
        let watcher = Transfers::new(self.trace_transfers);
        let mut machine = Machine::watched(self.rules, &header, state, watcher);
        override_accounts(&mut machine, &plan.request.overrides)?;
        system::begin(self.rules, &header, &mut machine)?;
        let mut open = Open {
            header,
            machine,
            blob_price: plan.request.blob_base_fee.unwrap_or(price),
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            calls: Vec::new(),
            blobs: 0,
        };
        for call in plan.request.calls {
            self.call(&mut open, call)?;
        }
        self.finish(open, plan.request.withdrawals)
    }

    /// The header as far as it is known beforehand.
    fn header(&self, plan: &Plan) -> Header {
        let (rules, parent, request) = (self.rules, &self.parent, &plan.request);
        let (number, timestamp) = (plan.number, plan.timestamp);
        let active = |fork| rules.is_active(fork, number, timestamp);
        let difficulty = if active(Fork::Paris) { Default::default() } else { parent.difficulty };
        let base_fee = request.base_fee.or_else(|| match self.validation {
            true => header::base_fee(rules, parent, timestamp),
            false => Some(0),
        });
        let excess_blob_gas = header::excess_blob_gas(rules, parent, timestamp);
        // Since Holocene it says how the base fee moves on.
        let extra_data = rules.is_op_stack().then(|| parent.extra_data.clone());
        Header {
            parent_hash: parent.hash_slow(),
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: request.beneficiary.unwrap_or(parent.beneficiary),
            difficulty: request.difficulty.unwrap_or(difficulty),
            number,
            gas_limit: request.gas_limit.unwrap_or(parent.gas_limit),
            timestamp,
            extra_data: extra_data.unwrap_or_default(),
            mix_hash: request.mix_hash.unwrap_or_default(),
            base_fee_per_gas: base_fee.filter(|_| active(Fork::London)),
            blob_gas_used: excess_blob_gas.map(|_| 0),
            excess_blob_gas,
            parent_beacon_block_root: active(Fork::Cancun)
                .then(|| request.parent_beacon_block_root.unwrap_or_default()),
            ..Header::default()
        }
    }

    fn call<R: StateCommitment>(
        &mut self,
        open: &mut Open<R>,
        mut call: Call,
    ) -> Result<(), SimulateError> {
        if !(self.bounds.go_on)() {
            return Err(SimulateError::Time);
        }
        let gas = self.gas_limit(&open.header, &call)?;
        let refuse = |reason| SimulateError::Refused { reason, gas };
        let refused = |reason| refuse(Refusal::of(call.from, call.input.len(), reason));
        let account = open.machine.state().account(call.from)?.unwrap_or_default();
        let terms = Terms {
            validation: self.validation,
            base_fee: open.header.base_fee_per_gas,
            blob_price: open.blob_price,
            nonce: call.nonce.unwrap_or(account.nonce),
            gas_limit: gas,
        };
        check_type(self.rules, &open.header, &call).map_err(refused)?;
        check(&call, &account, terms).map_err(refuse)?;
        let transaction = unsigned(&call, self.rules.chain_id, terms);
        // The EVM refuses the highest nonce even where it does not look at nonces.
        call.nonce = self.validation.then_some(terms.nonce);
        let (done, state) =
            open.machine.watched_call(&call, terms).map_err(|error| match error {
                CallError::Refused(reason) => {
                    refuse(Refusal::of(call.from, call.input.len(), reason))
                }
                error => error.into(),
            })?;
        open.machine.state().commit(with_wrapped_nonce(state, &call, account.nonce));
        self.take_in(open, &call, transaction, done)
    }

    /// The gas limit of a call: what it asks for, or all that the block has left, and never more than is left for all.
    fn gas_limit(&self, header: &Header, call: &Call) -> Result<u64, SimulateError> {
        let (used, limit) = (header.gas_used, header.gas_limit);
        let left = limit.saturating_sub(used);
        let gas = call.gas.unwrap_or(left);
        if gas > left {
            return Err(SimulateError::BlockGas { used, limit });
        }
        Ok(gas.min(self.bounds.gas))
    }

    fn take_in<R: StateCommitment>(
        &mut self,
        open: &mut Open<R>,
        call: &Call,
        transaction: Transaction,
        done: CallOutcome,
    ) -> Result<(), SimulateError> {
        let logs = open.machine.take_logs();
        let used = open.header.gas_used.checked_add(done.gas_used);
        open.header.gas_used = used.ok_or(BlockError::OutOfRange("gas used"))?;
        self.bounds.gas = self.bounds.gas.saturating_sub(done.gas_used);
        let succeeded = matches!(done.result, CallResult::Success { .. });
        let status = self.status(open, succeeded)?;
        open.blobs =
            call.blob_versioned_hashes.iter().fold(open.blobs, |sum, _| sum.saturating_add(1));
        let bloom = logs_bloom(&done.logs);
        open.receipts.push(Receipt {
            ty: transaction.ty(),
            status,
            cumulative_gas_used: open.header.gas_used,
            logs: done.logs,
            bloom,
            deposit: None,
        });
        open.transactions.push(transaction);
        open.senders.push(call.from);
        let (gas_used, max_gas_used, result) = (done.gas_used, done.max_gas_used, done.result);
        let call = SimulatedCall { gas_used, max_gas_used, logs, result };
        self.count_output(&call)?;
        open.calls.push(call);
        Ok(())
    }

    fn count_output(&mut self, call: &SimulatedCall) -> Result<(), SimulateError> {
        let output = match &call.result {
            CallResult::Success { output } | CallResult::Revert { output } => output.len(),
            CallResult::Halt { .. } => 0,
        };
        let logs = call.logs.iter().map(|(_, log)| log.data.data.len().saturating_add(OVERHEAD));
        let bytes =
            logs.fold(output.saturating_add(OVERHEAD), |sum, bytes| sum.saturating_add(bytes));
        let left = self.bounds.output_bytes.checked_sub(bytes);
        self.bounds.output_bytes = left.ok_or(SimulateError::Output(self.bounds.output_bytes))?;
        Ok(())
    }

    fn status<R: StateCommitment>(
        &self,
        open: &mut Open<R>,
        succeeded: bool,
    ) -> Result<Eip658Value, SimulateError> {
        if self.rules.is_active(Fork::Byzantium, open.header.number, open.header.timestamp) {
            return Ok(Eip658Value::Eip658(succeeded));
        }
        Ok(Eip658Value::PostState(roots(open.machine.state(), None)?.0))
    }

    fn finish<R: StateCommitment>(
        &mut self,
        mut open: Open<R>,
        withdrawals: Vec<Withdrawal>,
    ) -> Result<(SimulatedBlock, Overlay<Ancestry<R>>), SimulateError> {
        let (number, timestamp) = (open.header.number, open.header.timestamp);
        let active = |fork| self.rules.is_active(fork, number, timestamp);
        if active(Fork::Prague) {
            open.header.requests_hash = Some(match self.rules.is_op_stack() {
                true => EMPTY_REQUESTS_HASH,
                false => {
                    system::requests(self.rules, &open.receipts, &mut open.machine)?.requests_hash()
                }
            });
        }
        let beneficiary = open.header.beneficiary;
        let attributes =
            BlockAttributes { timestamp, beneficiary, withdrawals, ..BlockAttributes::default() };
        rewards::pay(self.rules, number, &attributes, open.machine.state())?;
        let isthmus = self.rules.is_op_active(OpFork::Isthmus, number, timestamp);
        let storage_of = isthmus.then_some(MESSAGE_PASSER);
        let (root, storage) = roots(open.machine.state(), storage_of)?;
        open.header.state_root = root;
        if active(Fork::Shanghai) {
            open.header.withdrawals_root = Some(match (self.rules.is_op_stack(), storage) {
                (true, root) => root.unwrap_or(EMPTY_ROOT_HASH),
                (false, _) => calculate_withdrawals_root(&attributes.withdrawals),
            });
        }
        Ok(self.seal(open, attributes.withdrawals))
    }

    fn seal<R: StateCommitment>(
        &mut self,
        open: Open<R>,
        withdrawals: Vec<Withdrawal>,
    ) -> (SimulatedBlock, Overlay<Ancestry<R>>) {
        let Open { mut header, machine, transactions, senders, receipts, calls, blobs, .. } = open;
        header.transactions_root = transactions_root(&transactions);
        header.receipts_root = receipts_root(&receipts);
        header.logs_bloom = receipts.iter().fold(Bloom::ZERO, |sum, receipt| sum | receipt.bloom);
        if header.blob_gas_used.is_some() {
            header.blob_gas_used = Some(blobs.saturating_mul(DATA_GAS_PER_BLOB));
        }
        let hash = header.hash_slow();
        let mut state = machine.into_state();
        state.reader.hashes.insert(header.number, hash);
        self.parent = header.clone();
        let withdrawals = header.withdrawals_root.map(|_| withdrawals);
        let block = Block { header, transactions, ommers: Vec::new(), withdrawals };
        (SimulatedBlock { block, hash, senders, calls }, state)
    }
}

/// The state root, and the storage root of `storage_of`.
fn roots<R: StateCommitment>(
    state: &mut Overlay<R>,
    storage_of: Option<Address>,
) -> Result<(B256, Option<B256>), StateError> {
    let recent = state.take_recent();
    state.reader.prepare(recent)?;
    let changes = state.changes();
    let roots = state.reader.roots_after(&changes, storage_of)?;
    Ok((roots.state, roots.storage))
}

fn override_accounts<R: StateCommitment>(
    machine: &mut Machine<R, Transfers>,
    overrides: &BTreeMap<Address, AccountOverride>,
) -> Result<(), CallError> {
    machine.move_precompiles(overrides)?;
    for (address, change) in overrides {
        let AccountOverride { balance, nonce, code, storage, slots, move_precompile_to: _ } =
            change;
        let nothing = balance.is_none() && nonce.is_none() && code.is_none();
        if nothing && storage.is_none() && slots.is_empty() {
            continue; // it does not even make the account
        }
        let state = machine.state();
        state.replace(*address, change)?;
        let keys = storage.iter().flat_map(BTreeMap::keys).chain(slots.keys());
        state.mark(*address, keys.copied());
    }
    Ok(())
}

/// Without validation the highest nonce is followed by zero, as in geth, where the EVM leaves it as it is.
fn with_wrapped_nonce(mut state: EvmState, call: &Call, before: u64) -> EvmState {
    if before == u64::MAX
        && let Some(sender) = state.get_mut(&call.from)
        && sender.info.nonce == before
    {
        sender.info.nonce = 0;
    }
    state
}

impl<R: StateCommitment> Machine<R, Transfers> {
    /// Sets what protects a block, and prices, as the call wants them.
    fn set_terms(&mut self, call: &Call, terms: Terms) {
        match self {
            Self::Ethereum(evm) => {
                let context = evm.ctx_mut();
                set_terms(&mut context.cfg, &mut context.block, call, terms);
            }
            Self::OpStack(evm) => {
                let context = evm.ctx_mut();
                set_terms(&mut context.cfg, &mut context.block, call, terms);
            }
        }
    }

    fn watched_call(
        &mut self,
        call: &Call,
        terms: Terms,
    ) -> Result<(CallOutcome, EvmState), CallError> {
        self.set_terms(call, terms);
        self.watch(true);
        let done = self.call_with_state(call, terms.gas_limit);
        self.watch(false);
        done
    }

    fn watch(&mut self, on: bool) {
        match self {
            Self::Ethereum(evm) => evm.set_inspector_enabled(on),
            Self::OpStack(evm) => evm.set_inspector_enabled(on),
        }
    }

    fn take_logs(&mut self) -> Vec<(u64, Log)> {
        match self {
            Self::Ethereum(evm) => evm.inspector_mut().take(),
            Self::OpStack(evm) => evm.inspector_mut().take(),
        }
    }
}

fn set_terms<S>(cfg: &mut CfgEnv<S>, block: &mut BlockEnv, call: &Call, terms: Terms) {
    let tip = call.max_priority_fee_per_gas.unwrap_or_default();
    cfg.disable_nonce_check = !terms.validation;
    cfg.disable_eip3607 = true;
    cfg.disable_block_gas_limit = true;
    cfg.disable_base_fee = !terms.validation && call.max_gas_price() == 0 && tip == 0;
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    let free_blobs = !terms.validation && call.max_fee_per_blob_gas.unwrap_or_default() == 0;
    if let Some(blobs) = block.blob_excess_gas_and_price.as_mut() {
        let named = !call.blob_versioned_hashes.is_empty() && free_blobs;
        blobs.blob_gasprice = if named { 0 } else { terms.blob_price };
    }
}
