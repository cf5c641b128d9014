//! Records in chunks, each compressed by itself, and a digest of all bytes at the end.

use super::{SnapshotError, VERSION};
use alloy_primitives::Keccak256;
use lz4_flex::block::{compress, decompress_into, get_maximum_output_size};
use std::io::{self, ErrorKind, Read, Write};

/// What every snapshot begins with.
const MAGIC: &[u8; 8] = b"seamsnap";
/// Bytes of records after which a chunk ends.
const CHUNK: usize = 1 << 20;
/// Most bytes of a record: the receipts of a full block have some.
pub(super) const MAX_RECORD: usize = 64 << 20;
/// Kind and length of a record.
const HEAD: usize = 5;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// RLP of the header of the genesis block.
    Genesis,
    /// RLP of a block.
    Block,
    /// The receipts of that block, as they are stored.
    Receipts,
    /// Code.
    Code,
    /// An address, and the account as it is stored.
    Account,
    /// A slot of that account, and its value as it is stored.
    Slot,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Genesis, Self::Block, Self::Receipts, Self::Code, Self::Account, Self::Slot];
}

/// Writes a snapshot.
#[derive(Debug)]
pub(super) struct FileWriter<W> {
    out: W,
    digest: Keccak256,
    chunk: Vec<u8>,
}

impl<W: Write> FileWriter<W> {
    pub(super) fn begin(out: W) -> Result<Self, SnapshotError> {
        let mut file = Self { out, digest: Keccak256::new(), chunk: Vec::with_capacity(2 * CHUNK) };
        file.put(MAGIC)?;
        file.put(&VERSION.to_be_bytes())?;
        Ok(file)
    }

    /// Adds a record of these parts.
    pub(super) fn record(&mut self, kind: Kind, parts: &[&[u8]]) -> Result<(), SnapshotError> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let length = u32::try_from(length).ok().filter(|length| *length as usize <= MAX_RECORD);
        let length = length.ok_or_else(|| {
            io::Error::new(ErrorKind::FileTooLarge, format!("a record is over {MAX_RECORD} bytes"))
        })?;
        self.chunk.push(kind as u8);
        self.chunk.extend(length.to_be_bytes());
        parts.iter().for_each(|part| self.chunk.extend_from_slice(part));
        if self.chunk.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Writes what is left, and the digest; the bytes are in the hands of `W` then.
    pub(super) fn finish(mut self) -> Result<W, SnapshotError> {
        if !self.chunk.is_empty() {
            self.flush()?;
        }
        self.put(&0u32.to_be_bytes())?;
        let digest = self.digest.clone().finalize();
        self.out.write_all(digest.as_slice())?;
        Ok(self.out)
    }

    fn flush(&mut self) -> Result<(), SnapshotError> {
        let packed = compress(&self.chunk);
        for length in [packed.len(), self.chunk.len()] {
            let length = u32::try_from(length).map_err(io::Error::other)?;
            self.put(&length.to_be_bytes())?;
        }
        self.put(&packed)?;
        self.chunk.clear();
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.digest.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}

/// Reads a snapshot. What it gives is not to be believed before its end was reached.
#[derive(Debug)]
pub(super) struct FileReader<R> {
    input: R,
    digest: Keccak256,
    chunk: Vec<u8>,
    /// Bytes of the chunk that were given.
    given: usize,
    ended: bool,
}

impl<R: Read> FileReader<R> {
    pub(super) fn begin(input: R) -> Result<Self, SnapshotError> {
        let (digest, chunk) = (Keccak256::new(), Vec::new());
        let mut file = Self { input, digest, chunk, given: 0, ended: false };
        match file.array::<8>() {
            Ok(magic) if &magic == MAGIC => {}
            Ok(_) | Err(SnapshotError::Damaged(_)) => return Err(SnapshotError::Unknown),
            Err(error) => return Err(error),
        }
        match u32::from_be_bytes(file.array()?) {
            VERSION => Ok(file),
            found => Err(SnapshotError::Version { found }),
        }
    }

    /// The kind of the next record; none at the end, whose digest is right.
    pub(super) fn peek(&mut self) -> Result<Option<Kind>, SnapshotError> {
        if self.given == self.chunk.len() && !self.ended {
            self.next_chunk()?;
        }
        let Some(kind) = self.chunk.get(self.given) else { return Ok(None) };
        let known = Kind::ALL.into_iter().find(|known| *known as u8 == *kind);
        known.map(Some).ok_or_else(|| SnapshotError::damaged("a record of an unknown kind"))
    }

    /// The next record, if it is of this kind.
    pub(super) fn next(&mut self, kind: Kind) -> Result<Option<&[u8]>, SnapshotError> {
        if self.peek()? != Some(kind) {
            return Ok(None);
        }
        let cut = || SnapshotError::damaged("a record is cut off");
        let rest = &self.chunk[self.given..];
        let (head, rest) = rest.split_first_chunk::<HEAD>().ok_or_else(cut)?;
        let [_, length @ ..] = *head;
        let length = u32::from_be_bytes(length) as usize;
        let record = rest.get(..length).ok_or_else(cut)?;
        self.given += HEAD + length;
        Ok(Some(record))
    }

    fn next_chunk(&mut self) -> Result<(), SnapshotError> {
        self.chunk.clear();
        self.given = 0;
        let packed = u32::from_be_bytes(self.array()?) as usize;
        if packed == 0 {
            return self.end();
        }
        let plain = u32::from_be_bytes(self.array()?) as usize;
        // The last record of a chunk may be as long as a record can be; a byte of LZ4 gives 255 at most.
        let fits = plain > 0 && plain <= CHUNK + HEAD + MAX_RECORD;
        if !fits || plain / 256 > packed || packed > get_maximum_output_size(plain) {
            return Err(SnapshotError::damaged("a chunk of an impossible size"));
        }
        let mut bytes = vec![0; packed];
        self.fill(&mut bytes)?;
        self.chunk.resize(plain, 0);
        let wrong = || SnapshotError::damaged("a chunk cannot be decompressed");
        let length = decompress_into(&bytes, &mut self.chunk).map_err(|_| wrong())?;
        if length == plain { Ok(()) } else { Err(wrong()) }
    }

    fn end(&mut self) -> Result<(), SnapshotError> {
        self.ended = true;
        let ours = self.digest.clone().finalize();
        if self.array::<32>()? != ours.0 {
            return Err(SnapshotError::damaged("its digest is another"));
        }
        match self.input.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(SnapshotError::damaged("it goes on after its end")),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SnapshotError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => SnapshotError::damaged("it is cut off"),
            _ => error.into(),
        })?;
        self.digest.update(bytes);
        Ok(())
    }
}
