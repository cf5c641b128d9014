//! What calls log, and transfers of ether as if they were logs of an ERC-20 token at `0xeeee…ee`.

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, Log, LogData, U256, address, b256};
use revm::{
    Inspector,
    context_interface::{ContextTr, JournalTr},
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome},
};

/// ERC-7528: the address that stands for ether.
const ETHER: Address = address!("0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// `Transfer(address,address,uint256)` of ERC-20.
const TRANSFER: B256 = b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Collects logs call by call, so that those of a call that fails go with it.
#[derive(Debug)]
pub(super) struct Transfers {
    /// Whether transfers count as logs.
    told: bool,
    /// Logs of the calls that are running, the outermost first.
    open: Vec<Vec<(u64, Log)>>,
    /// Logs of the transaction that ended last.
    done: Vec<(u64, Log)>,
    /// Logs in the block so far, with those that a revert undid.
    count: u64,
}

impl Transfers {
    pub(super) const fn new(told: bool) -> Self {
        Self { told, open: Vec::new(), done: Vec::new(), count: 0 }
    }

    /// The logs of the transaction that ended last.
    pub(super) fn take(&mut self) -> Vec<(u64, Log)> {
        self.open.clear();
        core::mem::take(&mut self.done)
    }

    fn note(&mut self, log: Log) {
        let index = self.count;
        self.count = self.count.saturating_add(1);
        if let Some(logs) = self.open.last_mut() {
            logs.push((index, log));
        }
    }

    fn transfer(&mut self, from: Address, to: Address, wei: U256) {
        if !self.told || wei.is_zero() {
            return;
        }
        let topics = vec![TRANSFER, from.into_word(), to.into_word()];
        let data = LogData::new_unchecked(topics, B256::from(wei).into());
        self.note(Log { address: ETHER, data });
    }

    fn end(&mut self, succeeded: bool) {
        let logs = self.open.pop().filter(|_| succeeded).unwrap_or_default();
        match self.open.last_mut() {
            Some(caller) => caller.extend(logs),
            None => self.done = logs,
        }
    }
}

impl<C: ContextTr> Inspector<C> for Transfers {
    fn log(&mut self, _: &mut C, log: Log) {
        self.note(log);
    }

    fn call(&mut self, _: &mut C, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.open.push(Vec::new());
        if let Some(wei) = inputs.transfer_value() {
            self.transfer(inputs.transfer_from(), inputs.transfer_to(), wei);
        }
        None
    }

    fn call_end(&mut self, _: &mut C, _: &CallInputs, outcome: &mut CallOutcome) {
        self.end(outcome.result.result.is_ok());
    }

    fn create(&mut self, context: &mut C, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.open.push(Vec::new());
        // The creator is the running contract or the sender: it is loaded, so that nothing can fail here.
        if let Ok(creator) = context.journal_mut().load_account(inputs.caller()) {
            let created = inputs.created_address(creator.data.info.nonce);
            self.transfer(inputs.caller(), created, inputs.value());
        }
        None
    }

    fn create_end(&mut self, _: &mut C, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.end(outcome.result.result.is_ok());
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, wei: U256) {
        self.transfer(contract, target, wei);
    }
}
