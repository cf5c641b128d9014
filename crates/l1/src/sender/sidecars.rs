//! Blobs of transactions in flight: in files beside the journal, and with the proofs that go along.

use super::{
    SendError,
    journal::{JournalError, sync_folder},
};
use alloy_eips::{
    eip4844::{AsCkzg, BYTES_PER_BLOB, Blob, BlobTransactionSidecar, kzg_to_versioned_hash},
    eip7594::{BlobTransactionSidecarEip7594, BlobTransactionSidecarVariant},
};
use alloy_primitives::{B256, hex, map::HashMap};
use c_kzg::KzgSettings;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What shows a mempool that commitments are to the blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proofs {
    /// One for each cell of each blob (EIP-7594): since Osaka.
    Cells,
    /// One for each blob (EIP-4844): before.
    Blobs,
}

impl Proofs {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Cells => Self::Blobs,
            Self::Blobs => Self::Cells,
        }
    }

    /// Whether a node that says this may take the other kind. geth and reth name the sidecar or its
    /// EIP; one that is too old to know a kind cannot read the transaction.
    pub(super) fn may_be_wrong(message: &str) -> bool {
        let words = ["sidecar", "proof", "7594", "4844", "rlp", "decode", "deserialize"];
        let said = message.to_lowercase();
        words.iter().any(|word| said.contains(word))
    }
}

/// The setup of Ethereum's KZG ceremony. c-kzg keeps one for all of the process, without tables: those
/// save a quarter of a second a blob and take 97 MiB.
fn setup() -> &'static KzgSettings {
    c_kzg::ethereum_kzg_settings(0)
}

/// The versioned hashes of blobs, in order. About 40 ms a blob, and seconds the first time, for the
/// setup: not for a thread that others wait for.
///
/// # Errors
///
/// [`SendError::Blobs`]: a word of a blob is not below the modulus.
pub fn versioned_hashes(blobs: &[Blob]) -> Result<Vec<B256>, SendError> {
    let hash = |blob: &Blob| {
        let commitment = setup().blob_to_kzg_commitment(blob.as_ckzg()).map_err(refused)?;
        Ok(kzg_to_versioned_hash(commitment.to_bytes().as_slice()))
    };
    blobs.iter().map(hash).collect()
}

fn prove(blobs: Vec<Blob>, proofs: Proofs) -> Result<BlobTransactionSidecarVariant, SendError> {
    let proven = match proofs {
        Proofs::Cells => {
            BlobTransactionSidecarEip7594::try_from_blobs_with_settings(blobs, setup())
                .map(BlobTransactionSidecarVariant::from)
        }
        Proofs::Blobs => BlobTransactionSidecar::try_from_blobs_with_settings(blobs, setup())
            .map(BlobTransactionSidecarVariant::from),
    };
    proven.map_err(refused)
}

fn refused(error: c_kzg::Error) -> SendError {
    SendError::Blobs(error.to_string())
}

/// Does what takes long on a thread that nobody waits for.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SendError> + Send + 'static,
) -> Result<T, SendError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(SendError::Blobs(error.to_string())))
}

/// The blobs of what is in flight.
#[derive(Debug)]
pub(super) struct Sidecars {
    folder: PathBuf,
    /// By content, with the proofs that were asked for last.
    proven: HashMap<B256, (Proofs, Arc<BlobTransactionSidecarVariant>)>,
    /// What the L1 takes, as far as is known.
    pub(super) takes: Proofs,
}

impl Sidecars {
    /// Beside this journal. Files that nothing in flight needs are removed: a crash left them.
    pub(super) fn open(
        journal: &Path,
        is_needed: impl Fn(B256) -> bool,
    ) -> Result<Self, JournalError> {
        let mut name = journal.file_name().unwrap_or_default().to_owned();
        name.push(".blobs");
        let folder = journal.with_file_name(name);
        let sidecars = Self { folder, proven: HashMap::default(), takes: Proofs::Cells };
        sidecars.tidy(is_needed).map_err(|error| sidecars.io(error))?;
        Ok(sidecars)
    }

    fn tidy(&self, is_needed: impl Fn(B256) -> bool) -> io::Result<()> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            files => files?,
        };
        for file in files {
            let file = file?;
            let content = file.file_name().to_str().and_then(|name| name.parse::<B256>().ok());
            if !content.is_some_and(&is_needed) {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }

    fn io(&self, error: io::Error) -> JournalError {
        JournalError::Io { path: self.folder.clone(), error }
    }

    fn path(&self, content: B256) -> PathBuf {
        self.folder.join(hex::encode(content))
    }

    /// Has the blobs on disk.
    pub(super) fn keep(&self, content: B256, blobs: &[Blob]) -> Result<(), JournalError> {
        self.write(content, blobs).map_err(|error| self.io(error))
    }

    fn write(&self, content: B256, blobs: &[Blob]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        sync_folder(&self.folder)?;
        let path = self.path(content);
        let part = path.with_extension("part");
        let mut file = File::create(&part)?;
        blobs.iter().try_for_each(|blob| file.write_all(blob.as_slice()))?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        sync_folder(&path)
    }

    /// They are not needed any more. That a file stays is no harm: the next start removes it.
    pub(super) fn forget(&mut self, content: B256) {
        self.proven.remove(&content);
        let _ = fs::remove_file(self.path(content));
    }

    /// The blobs of a content with these versioned hashes, and the proofs that the L1 takes.
    pub(super) async fn proven(
        &mut self,
        content: B256,
        hashes: &[B256],
    ) -> Result<Arc<BlobTransactionSidecarVariant>, SendError> {
        if let Some((_, sidecar)) = self.proven.get(&content).filter(|it| it.0 == self.takes) {
            return Ok(sidecar.clone());
        }
        let (path, takes) = (self.path(content), self.takes);
        let sidecar = aside(move || prove(read(&path)?, takes)).await?;
        if !sidecar.versioned_hashes().eq(hashes.iter().copied()) {
            return Err(JournalError::Blobs(self.path(content)).into());
        }
        let sidecar = Arc::new(sidecar);
        self.proven.insert(content, (takes, sidecar.clone()));
        Ok(sidecar)
    }
}

fn read(path: &Path) -> Result<Vec<Blob>, SendError> {
    let damaged = || SendError::from(JournalError::Blobs(path.to_owned()));
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => damaged(),
        _ => JournalError::Io { path: path.to_owned(), error }.into(),
    })?;
    let blobs = bytes.chunks(BYTES_PER_BLOB);
    blobs.map(|blob| Blob::try_from(blob).map_err(|_| damaged())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_wants_other_proofs_says_so_in_one_of_many_ways() {
        for message in [
            "unexpected sidecar version, want: 0, got: 1",
            "unexpected eip-7594 sidecar before osaka",
            "invalid number of 128 blob proofs, expected 1",
            "Failed to decode transaction",
            "rlp: element is larger than containing list",
        ] {
            assert!(Proofs::may_be_wrong(message), "{message}");
        }
        for message in ["insufficient funds for gas", "nonce too low", "address already reserved"] {
            assert!(!Proofs::may_be_wrong(message), "{message}");
        }
    }

    #[test]
    fn what_a_crash_left_is_removed_and_what_is_in_flight_stays() {
        let base = tempfile::tempdir().unwrap();
        let journal = base.path().join("journal");
        let sidecars = Sidecars::open(&journal, |_| false).unwrap();
        let [needed, other] = [1, 2].map(B256::repeat_byte);
        let blobs = vec![Blob::ZERO, Blob::repeat_byte(1)];
        sidecars.keep(needed, &blobs).unwrap();
        sidecars.keep(other, &blobs).unwrap();
        fs::write(sidecars.path(needed).with_extension("part"), "cut short").unwrap();
        let sidecars = Sidecars::open(&journal, |content| content == needed).unwrap();
        assert_eq!(fs::read_dir(&sidecars.folder).unwrap().count(), 1);
        assert_eq!(read(&sidecars.path(needed)).unwrap(), blobs);
        fs::write(sidecars.path(needed), "damaged").unwrap();
        let error = read(&sidecars.path(needed)).unwrap_err();
        assert!(matches!(error, SendError::Journal(JournalError::Blobs(_))), "{error}");
        assert!(matches!(read(&sidecars.path(other)), Err(SendError::Journal(_))));
    }
}
