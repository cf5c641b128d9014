//! [`Profile`]: instructions by part and by function.
//!
//! Every instruction is counted, none is sampled. It counts for the part of its own function; a
//! function that works for whoever calls it (see [`Part::of`]) counts for its caller's part, so the
//! call stack is followed. A function that the compiler inlined counts as the one around it.

use std::collections::BTreeMap;

use crate::{Code, Part, code::Flow};

/// Bytes of an instruction.
const INSTRUCTION_BYTES: u32 = 4;

/// Counts the instructions of one execution.
#[derive(Debug)]
pub struct Profile<'a> {
    code: &'a Code,
    /// The part of each function of `code`, where its name tells.
    parts: Vec<Option<Part>>,
    counts: Vec<u64>,
    by_part: BTreeMap<Part, u64>,
    stack: Vec<Frame>,
    /// The part of whoever called the current function.
    callers: Part,
    function: Option<usize>,
    part: Part,
    before: (u32, Flow),
}

/// A call that has not returned.
#[derive(Debug)]
struct Frame {
    return_to: u32,
    /// What [`Profile::callers`] was before.
    callers: Part,
}

impl<'a> Profile<'a> {
    /// Nothing executed yet.
    pub fn new(code: &'a Code) -> Self {
        Self {
            code,
            parts: code.names().iter().map(|name| Part::of(name)).collect(),
            counts: vec![0; code.names().len()],
            by_part: Part::ALL.into_iter().map(|part| (part, 0)).collect(),
            stack: Vec::new(),
            callers: Part::Other,
            function: None,
            part: Part::Other,
            before: (0, Flow::Within),
        }
    }

    /// Counts the instruction at `pc`, which is executed next.
    pub fn see(&mut self, pc: u32) {
        self.follow(pc);
        if let Some(count) = self.function.and_then(|function| self.counts.get_mut(function)) {
            *count += 1;
        }
        if let Some(count) = self.by_part.get_mut(&self.part) {
            *count += 1;
        }
        self.before = (pc, self.code.flow_at(pc));
    }

    /// Brings the call stack, the function and the part to where `pc` is.
    fn follow(&mut self, pc: u32) {
        let function = self.code.function_at(pc);
        match self.before {
            (call, Flow::Call) => {
                let frame = Frame { return_to: call + INSTRUCTION_BYTES, callers: self.callers };
                self.stack.push(frame);
                self.callers = self.part;
            }
            (_, Flow::Return) => self.unwind(pc),
            (_, Flow::Within) if function == self.function => return,
            (_, Flow::Within) => {}
        }
        self.function = function;
        let own = function.and_then(|function| self.parts.get(function).copied().flatten());
        self.part = own.unwrap_or(self.callers);
    }

    /// Drops the frames down to the one that waits for `pc`.
    fn unwind(&mut self, pc: u32) {
        let Some(depth) = self.stack.iter().rposition(|frame| frame.return_to == pc) else {
            return;
        };
        if let Some(frame) = self.stack.drain(depth..).next() {
            self.callers = frame.callers;
        }
    }

    /// All instructions executed.
    pub fn total(&self) -> u64 {
        self.by_part.values().sum()
    }

    /// Instructions by part; every part is there.
    pub fn by_part(&self) -> &BTreeMap<Part, u64> {
        &self.by_part
    }

    /// The functions that executed most, with their instructions.
    pub fn heaviest(&self, how_many: usize) -> Vec<(&'a str, u64)> {
        let mut functions: Vec<_> =
            self.code.names().iter().map(String::as_str).zip(self.counts.iter().copied()).collect();
        functions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        functions.truncate(how_many);
        functions.retain(|(_, count)| *count > 0);
        functions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Flow::{Call, Return, Within};

    /// Addresses: main 0..16, trie 16..32, precompile 32..44, sort 44..52.
    fn code() -> Code {
        Code::assembled(&[
            ("seam_guest::main", &[Within, Call, Call, Within]),
            ("seam_stf::trie::get", &[Within, Call, Within, Return]),
            ("revm_precompile::modexp::run", &[Call, Within, Return]),
            ("core::slice::sort", &[Within, Return]),
        ])
    }

    fn profile(code: &Code, pcs: &[u32]) -> BTreeMap<Part, u64> {
        let mut profile = Profile::new(code);
        pcs.iter().for_each(|pc| profile.see(*pc));
        assert_eq!(profile.total(), pcs.len() as u64);
        profile.by_part().iter().filter(|(_, count)| **count > 0).map(|(p, c)| (*p, *c)).collect()
    }

    #[test]
    fn a_helper_counts_for_whoever_called_it() {
        let main = [0, 4];
        let trie = [16, 20, 44, 48, 24, 28];
        let precompile = [8, 32, 44, 48, 36, 40];
        let pcs = [main.as_slice(), &trie, &precompile, &[12]].concat();
        let parts = profile(&code(), &pcs);
        // main: 0, 4, 8 and 12. The sort of each counts for the one that called it.
        assert_eq!(
            parts,
            BTreeMap::from([(Part::Other, 4), (Part::Trie, 6), (Part::Precompiles, 5)])
        );
    }

    #[test]
    fn a_tail_call_keeps_the_caller() {
        // From within trie::get to sort without a call, and back to main.
        let parts = profile(&code(), &[4, 16, 44, 48, 8]);
        assert_eq!(parts, BTreeMap::from([(Part::Other, 4), (Part::Trie, 1)]));
    }

    #[test]
    fn the_heaviest_functions_come_first() {
        let code = code();
        let mut profile = Profile::new(&code);
        [0, 4, 16, 20, 44, 48, 24].into_iter().for_each(|pc| profile.see(pc));
        assert_eq!(profile.heaviest(1), [("seam_stf::trie::get", 3)]);
        assert_eq!(profile.heaviest(9).len(), 3);
    }
}
