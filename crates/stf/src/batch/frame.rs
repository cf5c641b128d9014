//! What is posted: a version, three sizes, the signatures as they are, and the columns compressed.

use super::{BatchError, MAX_BATCH_BYTES, MAX_TRANSACTIONS, VERSION, columns::Reader, compressed};
use alloc::vec::Vec;

/// Bytes of a signature: `r`, then `s` with the parity of `y` in its highest bit (EIP-2098).
pub const SIGNATURE_BYTES: usize = 64;

const WHAT: &str = "the data";

/// What was posted, taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// A signature for each transaction, in order.
    pub signatures: &'a [[u8; SIGNATURE_BYTES]],
    /// Bytes of the columns.
    pub columns_size: usize,
    /// The columns, compressed.
    pub compressed: &'a [u8],
}

/// The sizes at the beginning.
struct Sizes {
    transactions: usize,
    columns: usize,
    compressed: usize,
}

impl Sizes {
    fn read(reader: &mut Reader<'_>) -> Result<Self, BatchError> {
        let version = reader.byte()?;
        if u16::from(version) != VERSION {
            return Err(BatchError::Version(version));
        }
        let transactions = BatchError::at_most("transactions", reader.varint()?, MAX_TRANSACTIONS)?;
        let columns = BatchError::at_most("bytes of columns", reader.varint()?, MAX_BATCH_BYTES)?;
        let compressed =
            BatchError::at_most("compressed bytes", reader.varint()?, MAX_BATCH_BYTES)?;
        Ok(Self { transactions, columns, compressed })
    }

    /// Bytes after the sizes. The limits keep it far below 2^32.
    const fn rest(&self) -> usize {
        self.transactions.saturating_mul(SIGNATURE_BYTES).saturating_add(self.compressed)
    }
}

/// How many of these bytes are the data of a batch, as its own beginning says.
///
/// # Errors
/// If they do not begin as a batch does, or are fewer.
pub fn length(bytes: &[u8]) -> Result<usize, BatchError> {
    let mut reader = Reader::new(WHAT, bytes);
    let rest = Sizes::read(&mut reader)?.rest();
    if reader.len() < rest {
        return Err(BatchError::Short(WHAT));
    }
    Ok(bytes.len().saturating_sub(reader.len()).saturating_add(rest))
}

impl<'a> Frame<'a> {
    /// Takes the bytes apart; all of them.
    ///
    /// # Errors
    /// If a size is over its limit, or is not that of what is there.
    pub fn parse(data: &'a [u8]) -> Result<Self, BatchError> {
        let mut reader = Reader::new(WHAT, data);
        let sizes = Sizes::read(&mut reader)?;
        let signatures = reader.take(sizes.transactions.saturating_mul(SIGNATURE_BYTES))?;
        let (signatures, _) = signatures.as_chunks();
        let compressed = reader.take(sizes.compressed)?;
        reader.finish()?;
        Ok(Self { signatures, columns_size: sizes.columns, compressed })
    }

    /// The columns.
    ///
    /// # Errors
    /// If they are not one stream of the declared size.
    pub fn columns(&self) -> Result<Vec<u8>, BatchError> {
        compressed::decompress(self.compressed, self.columns_size)
    }
}
