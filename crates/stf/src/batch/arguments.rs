//! The arguments of calls: what a shape leaves open.

use super::{
    BatchError,
    columns::{Columns, Reader},
    dictionaries::Dictionaries,
    shape::{Form, Part, WORD},
};
use alloc::vec::Vec;

const ZEROS: [u8; WORD] = [0; WORD];

/// Fills a form for each of its byte strings: the first part of all, then the second.
pub(super) fn fill(
    form: &Form,
    outputs: &mut [&mut Vec<u8>],
    columns: &mut Columns<'_>,
    dictionaries: &Dictionaries,
) -> Result<(), BatchError> {
    let mut constants = Reader::new("constants", &form.constants);
    for part in &form.parts {
        if matches!(part, Part::Constant(_)) {
            let constant = constants.take(part.size())?;
            outputs.iter_mut().for_each(|output| output.extend_from_slice(constant));
            continue;
        }
        for output in outputs.iter_mut() {
            argument(*part, output, columns, dictionaries)?;
        }
    }
    Ok(())
}

fn argument(
    part: Part,
    output: &mut Vec<u8>,
    columns: &mut Columns<'_>,
    dictionaries: &Dictionaries,
) -> Result<(), BatchError> {
    match part {
        // The caller's.
        Part::Constant(_) => {}
        Part::Number(size) => {
            let number = number_column(columns, size).take(size.into())?;
            output.extend_from_slice(padding(number.len()));
            output.extend_from_slice(number);
        }
        Part::Text(size) => {
            let text = columns.text.take(size.into())?;
            output.extend_from_slice(text);
            output.extend_from_slice(padding(text.len()));
        }
        Part::Account | Part::PackedAccount => {
            let ids = &mut columns.account_ids;
            let account = dictionaries.accounts.get(ids.index()?).ok_or(ids.bad())?;
            if part == Part::Account {
                output.extend_from_slice(padding(account.len()));
            }
            output.extend_from_slice(account.as_slice());
        }
        Part::Word => {
            let ids = &mut columns.word_ids;
            let word = dictionaries.words.get(ids.index()?).ok_or(ids.bad())?;
            output.extend_from_slice(word);
        }
        Part::Words(_) => output.extend_from_slice(columns.hashes.take(part.size())?),
        Part::Run(words) => {
            for _ in 0..words {
                output.push(columns.heads.byte()?);
                output.extend_from_slice(columns.hashes.take(WORD.saturating_sub(1))?);
            }
        }
        Part::Bytes(size) => {
            output.extend_from_slice(bytes_column(columns, size).take(size.into())?);
        }
    }
    Ok(())
}

/// Zeros that make a word of `size` bytes.
fn padding(size: usize) -> &'static [u8] {
    ZEROS.get(size..).unwrap_or_default()
}

/// Where numbers of a size stand.
const fn number_column<'a, 'b>(columns: &'b mut Columns<'a>, size: u8) -> &'b mut Reader<'a> {
    match size {
        ..=3 => &mut columns.numbers_3,
        4 => &mut columns.numbers_4,
        5 => &mut columns.numbers_5,
        6..=18 => &mut columns.numbers,
        19.. => &mut columns.accounts,
    }
}

/// Where bytes stand: 20, and 28 and more, are most likely of a hash.
const fn bytes_column<'a, 'b>(columns: &'b mut Columns<'a>, size: u8) -> &'b mut Reader<'a> {
    match size {
        20 | 28.. => &mut columns.hashes,
        _ => &mut columns.text,
    }
}
