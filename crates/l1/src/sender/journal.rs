//! What was signed and what became of it, in a file that is synced before anything is sent.
//!
//! Text, one record a line: eight hexadecimal digits, a space, a JSON object, a newline. The digits are
//! the first four bytes of keccak256 of the JSON's bytes. Numbers above 2^53 and bytes are
//! hexadecimal with `0x`.
//!
//! | record | fields | when |
//! |---|---|---|
//! | `journal` | `format` (1), `chainId`, `account` | first line |
//! | `signed` | `id`, `content`, `nonce`, `hash`, `maxFee`, `priorityFee`, `raw`; with blobs `maxBlobFee` | before it is sent; again, with the same id and nonce, for one that replaces it |
//! | `mined` | `id`, `hash`, `block` | after its confirmations |
//!
//! A line without its newline at the end, or one with zero bytes, was cut short by a crash: it is
//! removed, and what it was for was not sent. Any other damage is an error.
//!
//! `raw` is the transaction as it stands in a block, so without blobs. Those are in a folder beside the
//! journal, named as it is and `.blobs`: a file for each content, named by it in hexadecimal, with the
//! blobs one after the other, 131,072 bytes each. It is synced before the record and removed when the
//! transaction is done.

use alloy_primitives::{Address, B256, Bytes, U128, hex, keccak256};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// What is written now.
const FORMAT: u32 = 1;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("the journal {} cannot be used: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another process has it open.
    #[error("the journal {} is in use by another process: stop that first", .0.display())]
    InUse(PathBuf),
    /// A line is not as it was written.
    #[error("the journal {} is damaged in line {line}: restore it from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The blobs of a transaction in flight are not as they were written.
    #[error(
        "the blobs in {} are gone or damaged: restore the file from a copy; without one, wait until \
         the L1 has mined what it was sent, or start with another journal and another key",
        .0.display()
    )]
    Blobs(PathBuf),
    /// It belongs to another account or chain, or comes from another version.
    #[error("the journal {} is of {found}, not of {expected}: use another file", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose is wanted.
        expected: String,
    },
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Record {
    /// Whose journal it is.
    Journal(Owner),
    /// These bytes may have been sent.
    Signed(Signed),
    /// It is done.
    Mined(Mined),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner {
    pub(super) format: u32,
    pub(super) chain_id: u64,
    pub(super) account: Address,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signed {
    pub(super) id: String,
    pub(super) content: B256,
    pub(super) nonce: u64,
    pub(super) hash: B256,
    pub(super) max_fee: U128,
    pub(super) priority_fee: U128,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_blob_fee: Option<U128>,
    pub(super) raw: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mined {
    pub(super) id: String,
    pub(super) hash: B256,
    pub(super) block: u64,
}

/// The open file. Only one process can have it open.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole records.
    length: u64,
}

impl Journal {
    /// Opens it, or makes it, and gives what was written since the first line.
    pub(super) fn open(
        path: &Path,
        chain_id: u64,
        account: Address,
    ) -> Result<(Self, Vec<Record>), JournalError> {
        let io = |error| JournalError::Io { path: path.to_owned(), error };
        let mut file = open_file(path).map_err(io)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse(path.to_owned()),
            TryLockError::Error(error) => io(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = whole(&bytes);
        let records =
            parse(whole).map_err(|line| JournalError::Damaged { path: path.to_owned(), line })?;
        let length = whole.len() as u64;
        let mut journal = Self { path: path.to_owned(), file, length };
        journal.cut().map_err(io)?;
        let owner = Owner { format: FORMAT, chain_id, account };
        let mut records = records.into_iter();
        match records.next() {
            None => {
                journal.append(&Record::Journal(owner))?;
                sync_folder(path).map_err(io)?;
            }
            Some(Record::Journal(found)) if found == owner => {}
            Some(found) => return Err(other(path, &found, &owner)),
        }
        Ok((journal, records.collect()))
    }

    /// Writes a record; it is on disk afterwards, or not in the file at all.
    pub(super) fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let line = encode(record);
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                // What is left of it would otherwise lie before the next record.
                let _ = self.cut();
                Err(JournalError::Io { path: self.path.clone(), error })
            }
        }
    }

    /// Removes what follows the last whole record.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length)).map(|_| ())
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The file's name is on disk, too.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn other(path: &Path, found: &Record, expected: &Owner) -> JournalError {
    let words = |owner: &Owner| match owner.format {
        FORMAT => format!("{} on chain {}", owner.account, owner.chain_id),
        format => format!("format {format}"),
    };
    let found = match found {
        Record::Journal(owner) => words(owner),
        _ => "nobody known".to_owned(),
    };
    JournalError::Other { path: path.to_owned(), found, expected: words(expected) }
}

fn encode(record: &Record) -> String {
    // Text, numbers and hexadecimal: there is nothing that could fail.
    let json = serde_json::to_string(record).unwrap_or_default();
    format!("{} {json}\n", sum(&json))
}

fn sum(json: &str) -> String {
    let hash = keccak256(json);
    hex::encode(hash.get(..4).unwrap_or_default())
}

/// Without what a crash cut short.
fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut whole = bytes.get(..end).unwrap_or_default();
    // A file that was made longer before its content arrived.
    let last = whole.split_inclusive(|byte| *byte == b'\n').next_back().unwrap_or_default();
    if last.contains(&0) {
        whole = whole.get(..whole.len() - last.len()).unwrap_or_default();
    }
    whole
}

/// The records, or the line that is damaged.
fn parse(whole: &[u8]) -> Result<Vec<Record>, usize> {
    let lines = whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = |(at, line): (usize, &[u8])| {
        let (found, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        let record = serde_json::from_str(json).ok()?;
        (found == sum(json)).then_some(record).ok_or(at).ok()
    };
    let record = |(at, line)| read((at, line)).ok_or(at + 1);
    lines.enumerate().map(record).collect()
}

#[cfg(test)]
mod tests;
