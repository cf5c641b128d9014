//! How large a batch would get, without encoding it each time.

use super::{EncodeError, encode_quickly, source::Source};
use seam_stf::batch::{
    BatchBlock, MAX_BATCH_BYTES, MAX_BLOCKS, MAX_TRANSACTIONS, frame::SIGNATURE_BYTES,
};

/// An estimate is at most so much below what [`super::encode`] gives, in percent of that...
pub const MARGIN_PERCENT: usize = 1;
/// ...and so many bytes beside.
pub const MARGIN_BYTES: usize = 128;

/// Bytes that are taken for the fields of a transaction beside its calldata: a new recipient, fees,
/// gas limit, nonce, value and shape.
const FIELDS: usize = 72;
/// What is pending is measured when the part that is not measured is more than this many bytes...
const STEP: usize = 4 << 10;
/// ...and more than one part in so many of what is.
const SHARE: usize = 4;

/// The running size of a batch of pending blocks. What was pushed lately counts as if none of it
/// came up before; from time to time all is encoded quickly, so the work for n bytes is that of
/// encoding a few n.
#[derive(Debug, Default)]
pub struct Estimator {
    blocks: Vec<BatchBlock>,
    pending: Guess,
    measured: usize,
    /// Not yet part of `measured`.
    guessed: usize,
}

/// What is known of blocks without encoding them.
#[derive(Debug, Clone, Copy, Default)]
struct Guess {
    transactions: usize,
    /// Bytes of calldata and lists.
    content: usize,
    /// Bytes of a batch, if nothing in it came up before.
    encoded: usize,
}

impl Estimator {
    /// Of no blocks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a block.
    ///
    /// # Errors
    /// If the blocks would not be one batch any more; then it is as it was, without this one.
    pub fn push(&mut self, block: &BatchBlock) -> Result<(), EncodeError> {
        let guess = Guess::of(block)?;
        let transactions = self.pending.transactions + guess.transactions;
        let content = self.pending.content + guess.content;
        EncodeError::at_most("blocks", self.blocks.len() + 1, MAX_BLOCKS)?;
        EncodeError::at_most("transactions", transactions, MAX_TRANSACTIONS)?;
        EncodeError::at_most("bytes of calldata and lists", content, MAX_BATCH_BYTES)?;
        self.blocks.push(block.clone());
        let guessed = self.guessed + guess.encoded;
        (self.measured, self.guessed) = match self.measure(guessed) {
            Ok(sizes) => sizes,
            Err(error) => {
                self.blocks.pop();
                return Err(error);
            }
        };
        self.pending = Guess { transactions, content, encoded: 0 };
        Ok(())
    }

    /// What is measured and what is guessed, after measuring if that is due.
    fn measure(&self, guessed: usize) -> Result<(usize, usize), EncodeError> {
        let due = guessed > STEP && guessed * SHARE > self.measured;
        if due {
            Ok((encode_quickly(&self.blocks)?.len(), 0))
        } else {
            Ok((self.measured, guessed))
        }
    }

    /// About as many bytes as [`super::encode`] would give; at most [`MARGIN_PERCENT`] and
    /// [`MARGIN_BYTES`] too few.
    pub fn bytes(&self) -> usize {
        self.measured + self.guessed
    }

    /// The blocks that were pushed.
    pub fn blocks(&self) -> &[BatchBlock] {
        &self.blocks
    }
}

impl Guess {
    fn of(block: &BatchBlock) -> Result<Self, EncodeError> {
        // What a block itself takes.
        let empty = Self { encoded: 3, ..Self::default() };
        block.transactions.iter().try_fold(empty, |sum, transaction| {
            let source = Source::new(transaction)?;
            let bytes = incompressible(source.calldata) + incompressible(&source.lists);
            Ok(Self {
                transactions: sum.transactions + 1,
                content: sum.content + source.calldata.len() + source.lists.len(),
                encoded: sum.encoded + SIGNATURE_BYTES + FIELDS + bytes,
            })
        })
    }
}

/// Bytes that are not zero, and two for each run of zeros.
fn incompressible(bytes: &[u8]) -> usize {
    let runs = bytes.chunk_by(|a, b| (*a == 0) == (*b == 0));
    runs.map(|run| if run[0] == 0 { 2.min(run.len()) } else { run.len() + 1 }).sum()
}
