//! Steps of the interpreter, as geth's struct logger writes them.
//!
//! They are written out as they happen: nothing else in a node grows as fast, and so its true size is known at every
//! step.

use super::{GethDefaultTracingOptions, watcher::Budget};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use alloy_primitives::{Address, Bytes, U256, hex};
use core::fmt::{self, Write};
use revm::{
    bytecode::opcode::{self, OpCode},
    interpreter::{
        InstructionResult, Interpreter,
        interpreter_types::{InputsTr, Jumps, LoopControl, MemoryTr, ReturnData},
    },
};

/// Bytes of a word of memory in a trace.
const WORD: usize = 32;

/// Every step that was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTrace {
    /// Gas that was paid for.
    pub gas: u64,
    /// Whether it failed.
    pub failed: bool,
    /// What was returned, or reverted with; the code, for a creation.
    pub return_value: Bytes,
    /// The steps: JSON objects with commas in between.
    pub steps: String,
}

/// The step that is being done.
#[derive(Debug, Default)]
struct Current {
    pc: usize,
    op: u8,
    gas: u64,
    refund: i64,
    stack: Vec<U256>,
    memory: Vec<u8>,
    return_data: Bytes,
    contract: Address,
}

/// Notes steps.
#[derive(Debug)]
pub(super) struct Steps {
    options: GethDefaultTracingOptions,
    current: Current,
    /// Of each contract the slots that were used so far.
    storage: BTreeMap<Address, BTreeMap<U256, U256>>,
    pub(super) written: String,
}

impl Steps {
    pub(super) fn new(options: GethDefaultTracingOptions) -> Self {
        let (current, storage) = (Current::default(), BTreeMap::new());
        Self { options, current, storage, written: String::new() }
    }

    /// Whether the caller wants no more: then steps are left out and execution goes on, as for geth.
    fn is_full(&self) -> bool {
        let limit = self.options.limit.filter(|limit| *limit != 0);
        let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        limit.is_some_and(|limit| self.written.len() > limit)
    }

    /// Before a step.
    pub(super) fn begin(&mut self, interpreter: &Interpreter) {
        if self.is_full() {
            return;
        }
        let current = &mut self.current;
        current.pc = interpreter.bytecode.pc();
        current.op = interpreter.bytecode.opcode();
        current.gas = interpreter.gas.remaining();
        current.refund = interpreter.gas.refunded();
        current.contract = interpreter.input.target_address();
        current.stack.clear();
        current.stack.extend_from_slice(interpreter.stack.data());
        if self.options.is_memory_enabled() {
            current.memory.clear();
            let size = interpreter.memory.size();
            current.memory.extend_from_slice(&interpreter.memory.slice(0..size));
        }
        if self.options.is_return_data_enabled() {
            current.return_data = interpreter.return_data.buffer().clone();
        }
    }

    /// After it.
    pub(super) fn end(
        &mut self,
        interpreter: &mut Interpreter,
        depth: usize,
        budget: &mut Budget<'_>,
    ) {
        if self.is_full() {
            return;
        }
        let cost = self.current.gas.saturating_sub(interpreter.gas.remaining());
        let result = interpreter.bytecode.action().as_ref();
        let result = result.and_then(|action| action.instruction_result());
        let error = result.filter(|result| result.is_error() || is_revert(*result));
        self.note_storage(interpreter);
        let before = self.written.len();
        // Writing to a string never fails.
        let _ = self.write(cost, depth, error);
        budget.spend(self.written.len().saturating_sub(before));
    }

    fn note_storage(&mut self, interpreter: &Interpreter) {
        let current = &self.current;
        let from_top = |index: usize| {
            let place = current.stack.len().checked_sub(index)?;
            current.stack.get(place).copied()
        };
        let slot = match current.op {
            opcode::SLOAD => from_top(1).zip(interpreter.stack.data().last().copied()),
            opcode::SSTORE => from_top(1).zip(from_top(2)),
            _ => None,
        };
        if let Some((key, value)) = slot {
            self.storage.entry(current.contract).or_default().insert(key, value);
        }
    }

    fn write(&mut self, cost: u64, depth: usize, error: Option<InstructionResult>) -> fmt::Result {
        let Self { options, current, storage, written: out } = self;
        if !out.is_empty() {
            out.push(',');
        }
        write!(out, r#"{{"pc":{},"op":""#, current.pc)?;
        match OpCode::new(current.op) {
            Some(op) => out.push_str(op.as_str()),
            None => write!(out, "opcode {:#x} not defined", current.op)?,
        }
        write!(out, r#"","gas":{},"gasCost":{cost},"depth":{depth}"#, current.gas)?;
        if let Some(error) = error {
            write!(out, r#","error":"{}""#, words(error))?;
        }
        if options.is_stack_enabled() {
            write_list(out, "stack", &current.stack, |out, word| write!(out, "{word:#x}"))?;
        }
        if options.is_memory_enabled() && !current.memory.is_empty() {
            let words: Vec<&[u8]> = current.memory.chunks(WORD).collect();
            write_list(out, "memory", &words, |out, word| {
                out.write_str("0x")?;
                word.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            })?;
        }
        if options.is_return_data_enabled() && !current.return_data.is_empty() {
            write!(out, r#","returnData":"{}""#, hex::encode_prefixed(&current.return_data))?;
        }
        if options.is_storage_enabled() && matches!(current.op, opcode::SLOAD | opcode::SSTORE) {
            write_storage(out, storage.get(&current.contract))?;
        }
        if current.refund != 0 {
            write!(out, r#","refund":{}"#, current.refund)?;
        }
        out.push('}');
        Ok(())
    }
}

const fn is_revert(result: InstructionResult) -> bool {
    matches!(result, InstructionResult::Revert)
}

fn write_list<T>(
    out: &mut String,
    name: &str,
    items: &[T],
    write_item: impl Fn(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    write!(out, r#","{name}":["#)?;
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\"" } else { ",\"" });
        write_item(out, item)?;
        out.push('"');
    }
    out.push(']');
    Ok(())
}

fn write_storage(out: &mut String, slots: Option<&BTreeMap<U256, U256>>) -> fmt::Result {
    out.push_str(r#","storage":{"#);
    for (index, (key, value)) in slots.into_iter().flatten().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, r#"{comma}"{key:#066x}":"{value:#066x}""#)?;
    }
    out.push('}');
    Ok(())
}

/// geth's words for what ended a step.
const fn words(result: InstructionResult) -> &'static str {
    match result {
        InstructionResult::Revert => "execution reverted",
        InstructionResult::OutOfGas
        | InstructionResult::MemoryOOG
        | InstructionResult::MemoryLimitOOG
        | InstructionResult::PrecompileOOG
        | InstructionResult::ReentrancySentryOOG => "out of gas",
        InstructionResult::InvalidOperandOOG => "gas uint64 overflow",
        InstructionResult::OpcodeNotFound
        | InstructionResult::NotActivated
        | InstructionResult::InvalidFEOpcode => "invalid opcode",
        InstructionResult::InvalidJump => "invalid jump destination",
        InstructionResult::StackUnderflow => "stack underflow",
        InstructionResult::StackOverflow => "stack limit reached 1024 (1023)",
        InstructionResult::OutOfOffset => "return data out of bounds",
        InstructionResult::CallNotAllowedInsideStatic
        | InstructionResult::StateChangeDuringStaticCall => "write protection",
        _ => "execution failed",
    }
}
