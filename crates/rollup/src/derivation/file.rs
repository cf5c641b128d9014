//! Where derivation stands, on disk: written after the chain has the blocks, so it is never ahead of
//! them. If it is behind, the chain agrees with what is derived again.

use super::{Applied, DerivationError};
use crate::files::write_whole;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// What is written now.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contents {
    format: u32,
    /// Oldest first.
    applied: Vec<Applied>,
}

/// The file.
#[derive(Debug)]
pub(super) struct CursorFile(PathBuf);

impl CursorFile {
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// What was written last; None if nothing was.
    pub(super) fn read(&self) -> Result<Option<Vec<Applied>>, DerivationError> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        let contents: Contents = serde_json::from_str(&text).map_err(|error| {
            let what = format!("{error}; without the file the chain is compared with L1 anew");
            self.failed(io::Error::other(what))
        })?;
        match contents.format {
            FORMAT => Ok(Some(contents.applied)),
            other => Err(self.failed(io::Error::other(format!(
                "its format is {other}, this version of Seam reads {FORMAT}; without the file the chain is compared with L1 anew"
            )))),
        }
    }

    pub(super) fn write(&self, applied: Vec<Applied>) -> Result<(), DerivationError> {
        let contents = Contents { format: FORMAT, applied };
        let text = serde_json::to_string(&contents).map_err(|error| self.failed(error.into()))?;
        let folder = self.0.parent().unwrap_or_else(|| Path::new("."));
        let name = self.0.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        write_whole(folder, name, text.as_bytes()).map_err(|error| self.failed(error))
    }

    fn failed(&self, reason: io::Error) -> DerivationError {
        DerivationError::File { path: self.0.clone(), reason }
    }
}
