//! The rollup's blobs on disk, by versioned hash, for as long as a proof or a new follower may need them
//! (rule D16). L1 drops them after some 18 days.
//!
//! ```text
//! blobs/20412/01ab….blob    the day of the L1 block in days since 1970, and the versioned hash
//! ```
//!
//! A file is written under another name, synced and renamed, so it is whole or not there; one that is
//! torn all the same is noticed by its checksum, removed, and fetched again. A day is removed when all
//! of it is old enough. `docs/data.md` has the format.

mod file;
mod metrics;

pub use metrics::BlobMetrics;

use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use seam_chain::rpc::BlobArchive;
use seam_genesis::config::Settlement;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

const DAY: u64 = 86_400;
/// Beyond the windows of claims: what a new follower or a stuck prover has.
const SPARE_DAYS: u64 = 30;

/// Why blobs cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct BlobStoreError {
    /// The file or directory.
    pub path: PathBuf,
    /// What went wrong.
    #[source]
    pub error: io::Error,
}

impl BlobStoreError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self { path, error }
    }
}

/// Seconds that blobs are kept at least, from the time of their L1 block: until every claim about them
/// has resolved, and 30 days more (rule D16).
pub const fn retention(settlement: &Settlement) -> u64 {
    let proving = settlement.prove_window.saturating_mul(settlement.spans);
    settlement.challenge_window.saturating_add(proving).saturating_add(SPARE_DAYS * DAY)
}

/// Blobs on disk.
#[derive(Debug)]
pub struct BlobStore {
    directory: PathBuf,
    keep: u64,
    /// The day of each.
    days: Mutex<HashMap<B256, u64>>,
    metrics: BlobMetrics,
}

impl BlobStore {
    /// Opens the store in a directory, which is made if it is not there. Blobs are kept for `keep`
    /// seconds at least. It reads the names of files and nothing of what is in them.
    ///
    /// # Errors
    ///
    /// [`BlobStoreError`] if the directory cannot be made or read.
    pub fn open(directory: &Path, keep: u64) -> Result<Self, BlobStoreError> {
        fs::create_dir_all(directory).map_err(BlobStoreError::at(directory))?;
        let mut days = HashMap::new();
        for (day, path) in file::days(directory).map_err(BlobStoreError::at(directory))? {
            for hash in file::hashes(&path).map_err(BlobStoreError::at(&path))? {
                let newest: &mut u64 = days.entry(hash).or_default();
                *newest = day.max(*newest);
            }
        }
        let metrics = BlobMetrics::default();
        metrics.set(days.len());
        Ok(Self { directory: directory.to_owned(), keep, days: Mutex::new(days), metrics })
    }

    /// What is counted.
    pub fn metrics(&self) -> BlobMetrics {
        self.metrics.clone()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.days().len()
    }

    /// Keeps blobs of an L1 block of this time. They must be checked. What is too old beside them goes.
    ///
    /// # Errors
    ///
    /// [`BlobStoreError`]; some of them may be kept.
    pub fn put<'a>(
        &self,
        timestamp: u64,
        blobs: impl IntoIterator<Item = (B256, &'a Blob)>,
    ) -> Result<(), BlobStoreError> {
        let day = timestamp / DAY;
        let directory = self.directory_of(day);
        let mut new = false;
        for (hash, blob) in blobs {
            let had = self.days().get(&hash).copied();
            if had.is_some_and(|had| had >= day) {
                continue;
            }
            if !new {
                fs::create_dir_all(&directory).map_err(BlobStoreError::at(&directory))?;
            }
            new = true;
            file::write(&directory, timestamp, &hash, blob)
                .map_err(BlobStoreError::at(&directory))?;
            self.days().insert(hash, day);
            if let Some(had) = had {
                remove(&file::path(&self.directory_of(had), &hash));
            }
        }
        if new {
            file::sync(&directory).map_err(BlobStoreError::at(&directory))?;
            file::sync(&self.directory).map_err(BlobStoreError::at(&self.directory))?;
            self.prune(timestamp);
        }
        self.metrics.set(self.count());
        Ok(())
    }

    /// A blob, if it is kept and whole.
    pub fn get(&self, hash: &B256) -> Option<Box<Blob>> {
        let day = self.days().get(hash).copied()?;
        let path = file::path(&self.directory_of(day), hash);
        match file::read(&path, hash) {
            Ok(blob) => Some(blob),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a blob on disk is not whole: it is dropped");
                remove(&path);
                self.days().remove(hash);
                self.metrics.set(self.count());
                None
            }
        }
    }

    /// Removes the days that are too old when L1's time is `now`. How many blobs were removed.
    pub fn prune(&self, now: u64) -> usize {
        let is_old =
            |day: u64| day.saturating_add(1).saturating_mul(DAY).saturating_add(self.keep) <= now;
        for (day, path) in file::days(&self.directory).unwrap_or_default() {
            if is_old(day)
                && let Err(error) = fs::remove_dir_all(&path)
            {
                tracing::warn!(path = %path.display(), %error, "old blobs cannot be removed");
            }
        }
        let mut days = self.days();
        let had = days.len();
        days.retain(|_, day| !is_old(*day));
        let left = days.len();
        drop(days);
        self.metrics.set(left);
        had - left
    }

    fn directory_of(&self, day: u64) -> PathBuf {
        self.directory.join(day.to_string())
    }

    fn days(&self) -> MutexGuard<'_, HashMap<B256, u64>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlobArchive for BlobStore {
    fn blob(&self, hash: &B256) -> Option<Box<Blob>> {
        self.get(hash)
    }
}

/// Removes a file that nobody needs. If that fails it is a file too many.
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %error, "a file of a blob cannot be removed");
    }
}

#[cfg(test)]
mod tests;
