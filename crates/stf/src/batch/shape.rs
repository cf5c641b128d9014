//! The shape of a transaction: its kind, and the form of its calldata, which is shared by calls of
//! the same function. A form is a row of operations; what varies between the calls of one shape are
//! its arguments, which stand in columns of their own, the first argument of all calls first.

use super::{
    BatchError, MAX_BATCH_BYTES,
    columns::{Columns, Reader},
};
use alloc::vec::Vec;
use seam_primitives::TransactionType;

/// Bytes of a word of the ABI.
pub const WORD: usize = 32;

/// Operations of a form, each a byte. Constants follow at once.
pub mod op {
    /// Up to 31: a word that ends with a number of so many bytes. Of 0, 1 and 2 bytes a constant,
    /// whose first byte is not zero; of more an argument.
    pub const NUMBER: u8 = 0;
    /// With 1 to 31 added: so many bytes as an argument, then zeros to the end of the word.
    pub const TEXT: u8 = 31;
    /// A word with an account of the dictionary; an argument.
    pub const ACCOUNT: u8 = 63;
    /// The 20 bytes of an account of the dictionary; an argument.
    pub const PACKED_ACCOUNT: u8 = 64;
    /// A word of the dictionary; an argument.
    pub const DICTIONARY_WORD: u8 = 65;
    /// A word with the last constant number, and 32 times the byte that follows more.
    pub const OFFSET: u8 = 66;
    /// The four bytes of a selector of the dictionary, whose number follows.
    pub const SELECTOR: u8 = 67;
    /// With 1 to [`MAX_WORDS`] added: so many words as arguments.
    pub const WORDS: u8 = 67;
    /// With 1 to [`MAX_RUN`] added: so many words as arguments, with their first bytes apart.
    pub const RUN: u8 = 128;
    /// With 1 to 31 added: so many bytes as an argument.
    pub const BYTES: u8 = 191;
    /// With 1 to 31 added: so many zero bytes.
    pub const ZEROS: u8 = 222;
    /// The end of the form.
    pub const END: u8 = 255;
    /// Most words of [`WORDS`].
    pub const MAX_WORDS: u8 = 60;
    /// Most words of [`RUN`].
    pub const MAX_RUN: u8 = 63;
    /// Most bytes of a number that is a constant.
    pub const MAX_CONSTANT: u8 = 2;
    /// Most bytes of what [`BYTES`], [`TEXT`] and [`ZEROS`] can be.
    pub const MAX_BYTES: u8 = 31;
}

/// The first byte of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kind(pub u8);

impl Kind {
    /// The lowest three bits: 0 legacy without a chain id, 1 legacy with one (EIP-155), 2 EIP-2930,
    /// 3 EIP-1559, 4 EIP-7702.
    pub const TYPE: u8 = 0b111;
    /// It creates a contract: no recipient.
    pub const CREATES: u8 = 1 << 3;
    /// Its value is zero.
    pub const NO_VALUE: u8 = 1 << 4;
    /// It has an access list or authorizations.
    pub const LISTS: u8 = 1 << 5;
    /// Its chain id is not the batch's.
    pub const OTHER_CHAIN: u8 = 1 << 6;

    /// Whether a bit is set.
    pub const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    /// The type of the transaction.
    pub const fn transaction_type(self) -> Option<TransactionType> {
        match self.0 & Self::TYPE {
            0 | 1 => Some(TransactionType::Legacy),
            2 => Some(TransactionType::Eip2930),
            3 => Some(TransactionType::Eip1559),
            4 => Some(TransactionType::Eip7702),
            _ => None,
        }
    }

    /// Whether the transaction names a chain.
    pub const fn has_chain_id(self) -> bool {
        self.0 & Self::TYPE != 0
    }

    /// Whether the transaction has a tip of its own.
    pub const fn has_tip(self) -> bool {
        self.0 & Self::TYPE >= 3
    }

    /// Whether the format has it.
    const fn is_valid(self) -> bool {
        let legacy = self.0 & Self::TYPE < 2;
        let set_code = self.0 & Self::TYPE == 4;
        self.transaction_type().is_some()
            && self.0 >> 7 == 0
            && !(legacy && self.has(Self::LISTS))
            && (self.has_chain_id() || !self.has(Self::OTHER_CHAIN))
            && !(set_code && self.has(Self::CREATES))
    }
}

/// A part of a form: bytes that all its calls share, or an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// So many of the form's constants.
    Constant(u32),
    /// [`op::NUMBER`] of three bytes and more.
    Number(u8),
    /// [`op::TEXT`].
    Text(u8),
    /// [`op::ACCOUNT`].
    Account,
    /// [`op::PACKED_ACCOUNT`].
    PackedAccount,
    /// [`op::DICTIONARY_WORD`].
    Word,
    /// [`op::WORDS`].
    Words(u8),
    /// [`op::RUN`].
    Run(u8),
    /// [`op::BYTES`].
    Bytes(u8),
}

impl Part {
    /// Bytes of calldata.
    pub fn size(self) -> usize {
        match self {
            Self::Constant(size) => usize::try_from(size).unwrap_or(usize::MAX),
            Self::Number(_) | Self::Text(_) | Self::Account | Self::Word => WORD,
            Self::PackedAccount => 20,
            Self::Words(words) | Self::Run(words) => usize::from(words).saturating_mul(WORD),
            Self::Bytes(bytes) => usize::from(bytes),
        }
    }
}

/// What several byte strings have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub(super) parts: Vec<Part>,
    /// The bytes of all [`Part::Constant`], one after the other.
    pub(super) constants: Vec<u8>,
    pub(super) size: usize,
}

/// What several transactions have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) calldata: Form,
    pub(super) lists: Form,
}

impl Shape {
    pub(super) fn read(
        columns: &mut Columns<'_>,
        selectors: &[[u8; 4]],
    ) -> Result<Self, BatchError> {
        let reader = &mut columns.shapes;
        let kind = Kind(reader.byte()?);
        if !kind.is_valid() {
            return Err(reader.bad());
        }
        let calldata = Form::read(reader, selectors)?;
        let lists = match kind.has(Kind::LISTS) {
            true => Form::read(reader, selectors)?,
            false => Form::default(),
        };
        Ok(Self { kind, calldata, lists })
    }

    /// Bytes of calldata and lists.
    pub(super) const fn size(&self) -> usize {
        self.calldata.size.saturating_add(self.lists.size)
    }
}

impl Form {
    /// Reads operations up to [`op::END`].
    fn read(reader: &mut Reader<'_>, selectors: &[[u8; 4]]) -> Result<Self, BatchError> {
        let mut form = Self::default();
        let mut last = 0_u64;
        loop {
            match reader.byte()? {
                0 => form.constant(&[0; WORD]),
                size @ 1..=op::MAX_CONSTANT => {
                    last = big_endian(reader.significant(size.into())?);
                    form.number(last);
                }
                size @ 3..=31 => form.argument(Part::Number(size)),
                code @ 32..=62 => form.argument(Part::Text(code.saturating_sub(op::TEXT))),
                op::ACCOUNT => form.argument(Part::Account),
                op::PACKED_ACCOUNT => form.argument(Part::PackedAccount),
                op::DICTIONARY_WORD => form.argument(Part::Word),
                op::OFFSET => {
                    last = last.saturating_add(offset(reader)?);
                    form.number(last);
                }
                op::SELECTOR => {
                    let selector = selectors.get(reader.index()?).ok_or(reader.bad())?;
                    form.constant(selector);
                }
                code @ 68..=127 => form.argument(Part::Words(code.saturating_sub(op::WORDS))),
                code @ 129..=191 => form.argument(Part::Run(code.saturating_sub(op::RUN))),
                code @ 192..=222 => form.argument(Part::Bytes(code.saturating_sub(op::BYTES))),
                code @ 223..=253 => form.zeros(code.saturating_sub(op::ZEROS)),
                op::END => return Ok(form),
                _ => return Err(reader.bad()),
            }
            BatchError::at_most("bytes of a form", form.size as u64, MAX_BATCH_BYTES)?;
        }
    }

    fn argument(&mut self, part: Part) {
        self.parts.push(part);
        self.size = self.size.saturating_add(part.size());
    }

    fn number(&mut self, number: u64) {
        let mut word = [0; WORD];
        if let Some(low) = word.last_chunk_mut() {
            *low = number.to_be_bytes();
        }
        self.constant(&word);
    }

    fn zeros(&mut self, count: u8) {
        let zeros = [0; op::MAX_BYTES as usize];
        self.constant(zeros.get(..count.into()).unwrap_or(&zeros));
    }

    /// Adds constants, to those just before if there are some.
    fn constant(&mut self, bytes: &[u8]) {
        // A form has at most `MAX_BATCH_BYTES` and these, far below 2^32.
        let added = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        match self.parts.last_mut() {
            Some(Part::Constant(size)) => *size = size.saturating_add(added),
            _ => self.parts.push(Part::Constant(added)),
        }
        self.constants.extend_from_slice(bytes);
        self.size = self.size.saturating_add(bytes.len());
    }
}

/// What [`op::OFFSET`] adds; not zero.
fn offset(reader: &mut Reader<'_>) -> Result<u64, BatchError> {
    match reader.byte()? {
        0 => Err(reader.bad()),
        words => Ok(u64::from(words).saturating_mul(WORD as u64)),
    }
}

/// A number of at most eight bytes.
pub(super) fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    fn form(bytes: &[u8]) -> Result<Form, BatchError> {
        let mut reader = Reader::new("test", bytes);
        let form = Form::read(&mut reader, &[[1, 2, 3, 4]])?;
        reader.finish().map(|()| form)
    }

    #[test]
    fn constants_are_joined_and_offsets_build_on_them() {
        let form = form(&[op::SELECTOR, 0, 1, 0x40, op::OFFSET, 2, 255]).unwrap();
        assert_eq!(form.parts, [Part::Constant(4 + 32 + 32)]);
        let mut expected: Vec<u8> = vec![1, 2, 3, 4];
        expected.extend([0; 31]);
        expected.push(0x40);
        expected.extend([0; 31]);
        expected.push(0x80);
        assert_eq!(form.constants, expected);
        assert_eq!(form.size, 68);
    }

    #[test]
    fn what_a_form_has_not_is_refused() {
        let value = Err(BatchError::Value("test"));
        for bytes in [[128, 255], [254, 255], [1, 0], [op::OFFSET, 0], [67, 1]] {
            assert_eq!(form(&bytes).map(|form| form.size), value, "{bytes:?}");
        }
        assert_eq!(form(&[0]).map(|form| form.size), Err(BatchError::Short("test")));
    }

    #[test]
    fn words_are_with_their_first_bytes_apart_or_whole() {
        let parts = |code: u8| form(&[code, op::END]).map(|form| form.parts);
        assert_eq!(parts(68), Ok(vec![Part::Words(1)]));
        assert_eq!(parts(op::WORDS + op::MAX_WORDS), Ok(vec![Part::Words(60)]));
        assert_eq!(parts(129), Ok(vec![Part::Run(1)]));
        assert_eq!(parts(op::RUN + op::MAX_RUN), Ok(vec![Part::Run(63)]));
    }

    #[test]
    fn a_form_ends_at_the_limit() {
        let words = MAX_BATCH_BYTES / WORD;
        let mut zeros = vec![0; words];
        zeros.push(op::END);
        assert_eq!(form(&zeros).map(|form| form.size), Ok(MAX_BATCH_BYTES));
        let error = form(&vec![0; 1 << 20]).unwrap_err();
        let (found, limit) = (MAX_BATCH_BYTES as u64 + 32, MAX_BATCH_BYTES as u64);
        assert_eq!(error, BatchError::TooMany { what: "bytes of a form", found, limit });
    }

    #[test]
    fn kinds_are_those_of_transactions() {
        for kind in [0, 1, 2, 3, 4, 8, 0b110_0010] {
            assert!(Kind(kind).is_valid(), "{kind:#b}");
        }
        for kind in [5, 6, 7, 0x80, 0b10_0000, 0b100_0000, 0b1100] {
            assert!(!Kind(kind).is_valid(), "{kind:#b}");
        }
    }
}
