//! Writing the columns.

use super::{
    dictionaries::{Dictionaries, account},
    fields::FieldWriter,
    forms::{Forms, Op, Token},
    source::Source,
};
use alloy_primitives::map::HashMap;
use seam_stf::batch::{
    BatchBlock, OriginStep,
    columns::{Each, ONE_BYTE, TWO_BYTES},
    shape::{Kind, WORD, op},
};

/// The columns, being written.
pub(super) type Output = Each<Vec<u8>>;

/// All columns of these blocks.
pub(super) fn write(blocks: &[BatchBlock], sources: &[Source<'_>], forms: &Forms<'_>) -> Output {
    let mut output = Output::default();
    for block in blocks {
        let next = u64::from(block.step == OriginStep::Next);
        varint(&mut output.blocks, 2 * block.transactions.len() as u64 + next);
    }
    let chain_id = common_chain_id(sources);
    let kind = |source: &Source<'_>| {
        let other = source.chain_id.is_some_and(|id| id != chain_id);
        source.kind | if other { Kind::OTHER_CHAIN } else { 0 }
    };
    let groups = groups(sources.iter().map(kind), forms, &mut output);
    let dictionaries = Dictionaries::find(sources, forms, &groups);
    dictionaries.write(&mut output);
    let mut fields = FieldWriter::new(chain_id, &mut output);
    for group in groups {
        let first = group[0];
        shape(kind(&sources[first]), &forms.0[first], &mut output, &dictionaries);
        for place in &group {
            fields.write(&sources[*place], &mut output, &dictionaries);
        }
        let calldata: Vec<_> = group.iter().map(|place| forms.0[*place].0.as_slice()).collect();
        arguments(&calldata, &mut output, &dictionaries);
        let lists: Vec<_> = group.iter().map(|place| forms.0[*place].1.as_slice()).collect();
        arguments(&lists, &mut output, &dictionaries);
    }
    output
}

/// The chain id that most transactions name.
fn common_chain_id(sources: &[Source<'_>]) -> u64 {
    let mut counts: HashMap<u64, usize> = HashMap::default();
    for id in sources.iter().filter_map(|source| source.chain_id) {
        *counts.entry(id).or_default() += 1;
    }
    // Of two, the lower: a batch has one encoding of ours.
    counts.into_iter().max_by_key(|(id, count)| (*count, u64::MAX - id)).map_or(0, |(id, _)| id)
}

/// For each shape the transactions that have it; writes the shape of each.
fn groups(
    kinds: impl Iterator<Item = u8>,
    forms: &Forms<'_>,
    output: &mut Output,
) -> Vec<Vec<usize>> {
    let mut ids: HashMap<Vec<u8>, usize> = HashMap::default();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, (kind, (calldata, lists))) in kinds.zip(&forms.0).enumerate() {
        let mut key = vec![kind];
        for tokens in [calldata, lists] {
            form(tokens, &mut key, |key, selector| key.extend_from_slice(selector));
        }
        let id = *ids.entry(key).or_insert(groups.len());
        if id == groups.len() {
            groups.push(Vec::new());
            index(&mut output.shape_ids, 0);
        } else {
            index(&mut output.shape_ids, id + 1);
        }
        groups[id].push(place);
    }
    groups
}

fn shape(
    kind: u8,
    (calldata, lists): &(Vec<Token<'_>>, Vec<Token<'_>>),
    output: &mut Output,
    dictionaries: &Dictionaries,
) {
    let number = |shapes: &mut Vec<u8>, selector: &[u8]| {
        index(shapes, dictionaries.selectors.number(selector).unwrap_or_default());
    };
    output.shapes.push(kind);
    form(calldata, &mut output.shapes, number);
    if Kind(kind).has(Kind::LISTS) {
        form(lists, &mut output.shapes, number);
    }
}

/// The operations of a form and its constants.
fn form(tokens: &[Token<'_>], to: &mut Vec<u8>, mut selector: impl FnMut(&mut Vec<u8>, &[u8])) {
    for token in tokens {
        to.push(token.op.code());
        match token.op {
            Op::Number(size @ 1..=op::MAX_CONSTANT) => {
                to.extend_from_slice(&token.bytes[WORD - usize::from(size)..]);
            }
            Op::Offset(words) => to.push(words),
            Op::Selector => selector(to, token.bytes),
            _ => {}
        }
    }
    to.push(op::END);
}

/// The arguments of calls of one shape: the first of all, then the second.
fn arguments(calls: &[&[Token<'_>]], output: &mut Output, dictionaries: &Dictionaries) {
    for place in 0..calls.first().map_or(0, |call| call.len()) {
        for call in calls {
            argument(&call[place], output, dictionaries);
        }
    }
}

fn argument(token: &Token<'_>, output: &mut Output, dictionaries: &Dictionaries) {
    let bytes = token.bytes;
    match token.op {
        Op::Number(..=op::MAX_CONSTANT) | Op::Offset(_) | Op::Selector | Op::Zeros(_) => {}
        Op::Number(size) => {
            let column = match size {
                ..=3 => &mut output.numbers_3,
                4 => &mut output.numbers_4,
                5 => &mut output.numbers_5,
                6..=18 => &mut output.numbers,
                19.. => &mut output.accounts,
            };
            column.extend_from_slice(&bytes[WORD - usize::from(size)..]);
        }
        Op::Text(size) => output.text.extend_from_slice(&bytes[..size.into()]),
        Op::Account | Op::PackedAccount => {
            let number = dictionaries.accounts.number(account(token));
            index(&mut output.account_ids, number.unwrap_or_default());
        }
        Op::Word => {
            let number = dictionaries.words.number(bytes);
            index(&mut output.word_ids, number.unwrap_or_default());
        }
        Op::Run(_) => {
            for word in bytes.chunks_exact(WORD) {
                output.heads.push(word[0]);
                output.hashes.extend_from_slice(&word[1..]);
            }
        }
        Op::Words(_) | Op::Bytes(20 | 28..) => output.hashes.extend_from_slice(bytes),
        Op::Bytes(_) => output.text.extend_from_slice(bytes),
    }
}

/// The columns with their names.
pub(super) fn named(output: Output) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = output.all().map(Clone::clone);
    Output::NAMES.into_iter().zip(bytes).collect()
}

/// The sizes of all columns, then all columns; and where the last begin, of which most never came up before.
pub(super) fn join(output: &Output) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    output.all().into_iter().for_each(|column| varint(&mut bytes, column.len() as u64));
    output.all().into_iter().for_each(|column| bytes.extend_from_slice(column));
    let Output { heads, hashes, accounts, words, selectors, text, .. } = output;
    let last: usize = [heads, hashes, accounts, words, selectors, text].map(Vec::len).iter().sum();
    let begin = bytes.len() - last;
    (bytes, begin)
}

/// As [`seam_stf::batch::columns::Reader::varint`] reads it.
pub(super) fn varint(to: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest >= 0x80 {
        to.push(0x80 | low_byte(rest));
        rest >>= 7;
    }
    to.push(low_byte(rest));
}

/// As [`seam_stf::batch::columns::Reader::index`] reads it.
pub(super) fn index(to: &mut Vec<u8>, index: usize) {
    let byte = |number: usize| low_byte(number as u64);
    match index {
        ..ONE_BYTE => to.push(byte(index)),
        ONE_BYTE..TWO_BYTES => {
            let beyond = index - ONE_BYTE;
            to.extend([byte(ONE_BYTE + beyond / 256), byte(beyond)]);
        }
        _ => {
            let beyond = index - TWO_BYTES;
            to.extend([u8::MAX, byte(beyond / 256), byte(beyond)]);
        }
    }
}

fn low_byte(number: u64) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}
