//! Runs of words: which of them have their first bytes apart. Those of proofs are below a field's
//! modulus and begin with a small byte, those of hashes and signatures with any.

use super::Op;
use seam_stf::batch::shape::WORD;

/// The first byte of the modulus of BN254's fields.
const SMALL: u8 = 0x30;
/// What a small first byte is taken to cost among those apart, in tenths of a bit...
const SMALL_COST: u32 = 56;
/// ...and another one.
const LARGE_COST: u32 = 130;
/// What a first byte costs that is not apart.
const ANY_COST: u32 = 80;
/// What it costs to go over from one to the other, or to begin with first bytes apart: another operation, which
/// other calls of the same function may not have.
const CHANGE_COST: u32 = 130;

/// Says of each word in the runs of a form whether its first byte is apart.
pub(super) fn split(ops: &mut [Op], bytes: &[u8]) {
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        let is_run = |op: &&Op| **op == Op::Run(1);
        let words = ops[at..].iter().step_by(WORD).take_while(is_run).count();
        if words == 0 {
            at += op.size();
            continue;
        }
        let heads: Vec<_> = bytes[at..].iter().copied().step_by(WORD).take(words).collect();
        for apart in are_apart(&heads) {
            if !apart {
                ops[at] = Op::Words(1);
            }
            at += WORD;
        }
    }
}

/// The cheapest choice for each first byte of a run, found from its end backwards.
fn are_apart(heads: &[u8]) -> Vec<bool> {
    // What the rest costs when the word before it is apart, and when not.
    let mut rest = [0; 2];
    let mut choices = Vec::with_capacity(heads.len());
    for head in heads.iter().rev() {
        let apart = rest[0] + if *head <= SMALL { SMALL_COST } else { LARGE_COST };
        let not = rest[1] + ANY_COST;
        choices.push([apart <= not + CHANGE_COST, apart + CHANGE_COST < not]);
        rest = [apart.min(not + CHANGE_COST), not.min(apart + CHANGE_COST)];
    }
    let mut before = false;
    let choice = |[after_apart, after_not]: [bool; 2]| {
        before = if before { after_apart } else { after_not };
        before
    };
    choices.into_iter().rev().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_of_small_bytes_are_apart() {
        assert_eq!(are_apart(&[0x30; 8]), [true; 8]);
        assert_eq!(are_apart(&[0x31; 8]), [false; 8]);
        // Two of eight hashes begin with a small byte by chance.
        assert_eq!(are_apart(&[0x10, 0x20]), [false; 2]);
        let mixed = [&[0xee; 4][..], &[0x11; 20], &[0xff; 1], &[0x22; 20], &[0xdd; 4]].concat();
        let found = [&[false; 4][..], &[true; 41], &[false; 4]].concat();
        assert_eq!(are_apart(&mixed), found);
    }

    #[test]
    fn every_run_is_split_for_itself() {
        let mut ops = vec![Op::Bytes(1); 4 + 8 * WORD];
        ops[0] = Op::Selector;
        (0..8).for_each(|word| ops[4 + word * WORD] = Op::Run(1));
        ops[4 + 7 * WORD] = Op::Word;
        let mut bytes = vec![1; ops.len()];
        split(&mut ops, &bytes);
        assert_eq!(
            (ops[4], ops[4 + 6 * WORD], ops[4 + 7 * WORD]),
            (Op::Run(1), Op::Run(1), Op::Word)
        );
        bytes.fill(0xaa);
        split(&mut ops, &bytes);
        assert_eq!((ops[0], ops[4], ops[4 + 6 * WORD]), (Op::Selector, Op::Words(1), Op::Words(1)));
    }
}
