//! What the fuzzer runs against the decoder of snapshots.

use super::{
    SnapshotError,
    file::{FileReader, FileWriter, Kind},
};

type Records = Vec<(Kind, Vec<u8>)>;

/// A whole file, or one whose digest is put right first, so that the fuzzer gets beyond it.
///
/// - What reads to its end is written as a file that reads as the same records.
pub fn snapshot(data: &[u8]) {
    check(data);
    if let Some(at) = data.len().checked_sub(32) {
        let digest = alloy_primitives::keccak256(&data[..at]);
        check(&[&data[..at], digest.as_slice()].concat());
    }
}

fn check(data: &[u8]) {
    let Ok(records) = read(data) else { return };
    let written = write(&records);
    assert!(written.is_some_and(|file| read(&file).is_ok_and(|again| again == records)), "records");
}

/// All records of a file.
pub(super) fn read(file: &[u8]) -> Result<Records, SnapshotError> {
    let mut reader = FileReader::begin(file)?;
    let mut records = Vec::new();
    while let Some(kind) = reader.peek()? {
        records.push((kind, reader.next(kind)?.unwrap_or_default().to_vec()));
    }
    Ok(records)
}

/// A file of these records.
pub(super) fn write(records: &Records) -> Option<Vec<u8>> {
    let mut file = FileWriter::begin(Vec::new()).ok()?;
    for (kind, bytes) in records {
        file.record(*kind, &[bytes]).ok()?;
    }
    file.finish().ok()
}
