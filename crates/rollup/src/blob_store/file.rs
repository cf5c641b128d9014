//! A blob's file: `"SEAMBLB1" ‖ time of its L1 block (8 bytes) ‖ versioned hash ‖ blob ‖ keccak256 of all
//! that`.

use alloy_eips::eip4844::{BYTES_PER_BLOB, Blob};
use alloy_primitives::{B256, hex, keccak256};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

const MAGIC: &[u8; 8] = b"SEAMBLB1";
const ENDING: &str = ".blob";
/// Bytes before the checksum.
const BODY_BYTES: usize = 8 + 8 + 32 + BYTES_PER_BLOB;
/// Bytes of a file.
pub(super) const FILE_BYTES: usize = BODY_BYTES + 32;

/// Where a blob is in the directory of its day.
pub(super) fn path(directory: &Path, hash: &B256) -> PathBuf {
    directory.join(format!("{}{ENDING}", hex::encode(hash)))
}

/// The directories of days.
pub(super) fn days(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let day = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(day) = day.filter(|_| entry.path().is_dir()) {
            days.push((day, entry.path()));
        }
    }
    Ok(days)
}

/// The blobs of a day. Files that were not written to their end are removed.
pub(super) fn hashes(directory: &Path) -> io::Result<Vec<B256>> {
    let mut hashes = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let hash = name.to_str().and_then(|name| name.strip_suffix(ENDING)?.parse().ok());
        match hash {
            Some(hash) => hashes.push(hash),
            None => super::remove(&entry.path()),
        }
    }
    Ok(hashes)
}

/// Writes a blob, whole or not at all once the directory is synced.
pub(super) fn write(directory: &Path, timestamp: u64, hash: &B256, blob: &Blob) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(FILE_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&timestamp.to_be_bytes());
    bytes.extend_from_slice(hash.as_slice());
    bytes.extend_from_slice(blob.as_slice());
    bytes.extend_from_slice(keccak256(&bytes).as_slice());
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&bytes)?;
    file.as_file().sync_all()?;
    file.persist(path(directory, hash)).map_err(|error| error.error)?;
    Ok(())
}

/// The blob in a file, if the file is whole and of this hash.
pub(super) fn read(path: &Path, hash: &B256) -> io::Result<Box<Blob>> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut bytes = Vec::with_capacity(FILE_BYTES + 1);
    // No more than it may have.
    File::open(path)?.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() != FILE_BYTES {
        return Err(bad("its length is not that of a blob"));
    }
    let (body, checksum) = bytes.split_at(BODY_BYTES);
    let (head, blob) = body.split_at(BODY_BYTES - BYTES_PER_BLOB);
    if keccak256(body).as_slice() != checksum {
        return Err(bad("its checksum is another"));
    }
    if !head.starts_with(MAGIC) || !head.ends_with(hash.as_slice()) {
        return Err(bad("it is another blob's, or of another version"));
    }
    Ok(Box::new(Blob::try_from(blob).map_err(|_| bad("its length is not that of a blob"))?))
}

/// Makes sure that the names in a directory are on disk.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
