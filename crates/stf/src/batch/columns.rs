//! The columns of a batch, in their order, and how numbers stand in them.

use super::BatchError;

/// Bytes that are read from the front.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    name: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Of these bytes; errors call them by `name`.
    pub const fn new(name: &'static str, rest: &'a [u8]) -> Self {
        Self { name, rest }
    }

    /// What errors call it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Bytes left.
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether none are left.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], BatchError> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or(BatchError::Short(self.name))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BatchError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(BatchError::Short(self.name))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, BatchError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A number in groups of seven bits, the lowest first; each byte but the last has its highest
    /// bit set (LEB128). The last one is not zero, unless it is the only one.
    pub fn varint(&mut self) -> Result<u64, BatchError> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits.checked_shl(shift).unwrap_or(0);
            if shifted.checked_shr(shift) != Some(bits) {
                break;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                let canonical = byte != 0 || shift == 0;
                return if canonical { Ok(number) } else { Err(self.bad()) };
            }
        }
        Err(self.bad())
    }

    /// An index: one byte below [`ONE_BYTE`], two up to [`TWO_BYTES`], three beyond.
    pub fn index(&mut self) -> Result<usize, BatchError> {
        let first = usize::from(self.byte()?);
        if first < ONE_BYTE {
            return Ok(first);
        }
        if first < usize::from(THREE_BYTES_MARK) {
            let second = usize::from(self.byte()?);
            let high = first.saturating_sub(ONE_BYTE).saturating_mul(256);
            return Ok(high.saturating_add(second).saturating_add(ONE_BYTE));
        }
        Ok(usize::from(u16::from_be_bytes(self.array()?)).saturating_add(TWO_BYTES))
    }

    /// `size` bytes, of which the first is not zero: a number, the highest byte first.
    pub fn significant(&mut self, size: usize) -> Result<&'a [u8], BatchError> {
        let bytes = self.take(size)?;
        if bytes.first() == Some(&0) {
            return Err(self.bad());
        }
        Ok(bytes)
    }

    /// A value that the format does not have stands here.
    pub const fn bad(&self) -> BatchError {
        BatchError::Value(self.name)
    }

    /// That nothing is left.
    pub const fn finish(&self) -> Result<(), BatchError> {
        if self.is_empty() { Ok(()) } else { Err(BatchError::Trailing(self.name)) }
    }
}

/// The first index that takes two bytes.
pub const ONE_BYTE: usize = 192;
/// The first byte of an index of three.
pub const THREE_BYTES_MARK: u8 = 255;
/// The first index that takes three bytes.
pub const TWO_BYTES: usize = ONE_BYTE + (THREE_BYTES_MARK as usize - ONE_BYTE) * 256;

macro_rules! columns {
    ($count:literal: $($name:ident = $doc:literal,)*) => {
        /// One thing for each column, in their order.
        #[derive(Debug, Clone, Default)]
        pub struct Each<T> {
            $(#[doc = $doc] pub $name: T,)*
        }

        /// How many columns there are.
        pub const COUNT: usize = $count;

        impl<T> Each<T> {
            /// The names of the columns.
            pub const NAMES: [&'static str; COUNT] = [$(stringify!($name),)*];

            /// Makes them one by one, in their order.
            pub fn make<E>(
                mut next: impl FnMut(&'static str) -> Result<T, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($name: next(stringify!($name))?,)* })
            }

            /// All of them, in their order.
            pub fn all(&self) -> [&T; COUNT] {
                [$(&self.$name,)*]
            }
        }
    };
}

columns! { 33:
    blocks = "Twice the transactions of each block, and one more if it is on the next L1 block.",
    shape_ids = "For each transaction its shape: 0 for one that is new, else its number from 1.",
    shapes = "The shapes, in the order in which they come up.",
    dictionaries = "Sizes of the dictionaries, and which of their entries are well known.",
    recipients = "Recipients: 0 for one in `accounts`, else its number in the dictionary from 1.",
    senders = "Whose next nonce it is: a code of `Recent<Sender>`.",
    nonces = "Other nonces.",
    chain_ids = "The batch's chain id; then those of transactions with another.",
    gas_codes = "Gas limits: codes.",
    gas_sizes = "Bytes of those that are new.",
    gas_bytes = "Those that are new.",
    price_codes = "Fees: codes.",
    base_codes = "Caps less tips: codes.",
    base_sizes = "Bytes of those that are new.",
    base_bytes = "Those that are new.",
    tip_codes = "Tips: codes.",
    tip_sizes = "Bytes of those that are new.",
    tip_bytes = "Those that are new.",
    value_codes = "Values that are not zero: codes.",
    value_sizes = "Bytes of those that are new.",
    value_bytes = "Those that are new.",
    account_ids = "Arguments: numbers in the dictionary of accounts.",
    word_ids = "Arguments: numbers in the dictionary of words.",
    numbers_3 = "Arguments: numbers of three bytes.",
    numbers_4 = "Arguments: numbers of four bytes.",
    numbers_5 = "Arguments: numbers of five bytes.",
    numbers = "Arguments: numbers of six to eighteen bytes.",
    heads = "The first byte of each word of a run.",
    hashes = "The other 31; other words, and bytes that are most likely of a hash.",
    accounts = "Accounts, and numbers of nineteen bytes and more.",
    words = "New entries of the dictionary of words.",
    selectors = "New entries of the dictionary of selectors.",
    text = "Other bytes of calldata.",
}

/// The columns of a batch, being read.
pub type Columns<'a> = Each<Reader<'a>>;

impl<'a> Columns<'a> {
    /// Takes them apart: the size of each, then all of them.
    ///
    /// # Errors
    /// If the sizes are not those of what is there.
    pub fn split(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let mut reader = Reader::new("the columns", bytes);
        let sizes = Each::make(|_| {
            BatchError::at_most("bytes of a column", reader.varint()?, bytes.len())
        })?;
        let mut sizes = sizes.all().into_iter();
        let columns = Self::make(|name| {
            let size = sizes.next().copied().unwrap_or_default();
            Ok::<_, BatchError>(Reader::new(name, reader.take(size)?))
        })?;
        reader.finish().map(|()| columns)
    }

    /// That all of them were read to their ends.
    pub fn finish(&self) -> Result<(), BatchError> {
        self.all().into_iter().try_for_each(Reader::finish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varint(bytes: &[u8]) -> Result<u64, BatchError> {
        Reader::new("test", bytes).varint()
    }

    #[test]
    fn a_number_has_one_encoding() {
        assert_eq!(varint(&[0]), Ok(0));
        assert_eq!(varint(&[0x80, 1]), Ok(128));
        assert_eq!(varint(&[0x80, 0]), Err(BatchError::Value("test")));
        assert_eq!(varint(&[0x80]), Err(BatchError::Short("test")));
        let max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(varint(&max), Ok(u64::MAX));
        let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        assert_eq!(varint(&over), Err(BatchError::Value("test")));
    }

    #[test]
    fn indices_take_one_to_three_bytes() {
        let index = |bytes: &[u8]| Reader::new("test", bytes).index();
        assert_eq!(index(&[191]), Ok(191));
        assert_eq!(index(&[192, 0]), Ok(192));
        assert_eq!(index(&[254, 255]), Ok(TWO_BYTES - 1));
        assert_eq!(index(&[255, 0, 0]), Ok(TWO_BYTES));
        assert_eq!(index(&[255, 0]), Err(BatchError::Short("test")));
    }
}
