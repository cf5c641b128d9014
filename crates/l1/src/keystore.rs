//! Keys in encrypted files of the standard format (Web3 Secret Storage, version 3), which geth, cast,
//! ethers and wallets read too. One folder, one file a key: `NAME.json`; those that were rotated away
//! stay as `NAME.1.json`, `NAME.2.json` and so on, because what was sent to an old key is only
//! reached with it.
//!
//! Files are made whole or not at all, readable by their owner alone, and never overwritten.

mod file;

use alloy_primitives::{Address, B256, hex};
use alloy_signer_local::PrivateKeySigner;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Bytes of a password at most: more is a wrong file.
pub const MAX_PASSWORD_BYTES: u64 = 4_096;
/// Characters of a key's name at most.
pub const MAX_NAME: usize = 64;
/// Bytes of a keystore file at most; the format needs about 500.
pub const MAX_FILE_BYTES: u64 = 64 << 10;
/// What opening a file may take of memory: 1 GiB is four times what wallets ask for.
pub const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// Rounds that opening a file may take; wallets ask for 262,144.
pub const MAX_ROUNDS: u64 = 10_000_000;

/// Why a key is not there.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// The folder or a file cannot be used.
    #[error("{} cannot be used: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no key of this name.
    #[error("there is no key {name} in {}: make one with `seam key new {name}`", folder.display())]
    Missing {
        /// The key's name.
        name: String,
        /// The keystore.
        folder: PathBuf,
    },
    /// There is a key of this name.
    #[error(
        "there is a key {name} already: choose another name, or replace it with `seam key rotate {name}`"
    )]
    Taken {
        /// The key's name.
        name: String,
    },
    /// It cannot be a key's name.
    #[error(
        "{0:?} cannot be the name of a key: use up to {MAX_NAME} letters, digits, - and _, \
         beginning with a letter or digit"
    )]
    Name(String),
    /// The password does not open the file.
    #[error("the password of {} is wrong, or the file is damaged", .0.display())]
    Password(PathBuf),
    /// Others could read the password or copy the file.
    #[error("{} can be read by others: run `chmod 600` on it, and consider the key known", .0.display())]
    Exposed(PathBuf),
    /// It cannot be a password.
    #[error("{} is not the file of a password: {reason}", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It is not a keystore file.
    #[error("{} is not a keystore file ({reason})", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file says it is of another key than it holds.
    #[error("{} says it is of {said} and holds the key of {found}: it was changed", path.display())]
    OtherAddress {
        /// The file.
        path: PathBuf,
        /// What it says.
        said: Address,
        /// What it holds.
        found: Address,
    },
    /// Bytes that are no key.
    #[error("that is not a private key: it takes 64 hexadecimal digits, not all zero")]
    Key,
    /// Nothing protects the key.
    #[error("the password is empty")]
    NoPassword,
}

/// A folder of keys.
#[derive(Debug, Clone)]
pub struct Keystore {
    folder: PathBuf,
}

/// A key as the folder shows it, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name; with `.1`, `.2` and so on if it was rotated away.
    pub name: String,
    /// Its account as the file says, if it does; only opening it proves that.
    pub address: Option<Address>,
    /// The file.
    pub path: PathBuf,
}

impl Keystore {
    /// The keys of a folder, which is made when the first is.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the key of this name is, or would be.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Name`].
    pub fn path(&self, name: &str) -> Result<PathBuf, KeystoreError> {
        check_name(name)?;
        Ok(self.folder.join(format!("{name}.json")))
    }

    /// Makes a key nobody has.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub fn create(&self, name: &str, password: &str) -> Result<PrivateKeySigner, KeystoreError> {
        let signer = PrivateKeySigner::random_with(&mut rand::rngs::OsRng);
        self.import(name, password, &signer)?;
        Ok(signer)
    }

    /// Keeps a key that there is.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`]; [`KeystoreError::Taken`] if there is one of this name.
    pub fn import(
        &self,
        name: &str,
        password: &str,
        signer: &PrivateKeySigner,
    ) -> Result<(), KeystoreError> {
        let path = self.path(name)?;
        // Before the slow part.
        if path.exists() {
            return Err(KeystoreError::Taken { name: name.to_owned() });
        }
        file::write(&self.folder, &path, password, signer).map_err(|error| match error {
            KeystoreError::Io { error, .. } if error.kind() == io::ErrorKind::AlreadyExists => {
                KeystoreError::Taken { name: name.to_owned() }
            }
            error => error,
        })
    }

    /// Opens a key: of this name, or, with `.1` and so on, one that was rotated away.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`].
    pub fn load(&self, name: &str, password: &str) -> Result<PrivateKeySigner, KeystoreError> {
        let (base, number) = match name.rsplit_once('.') {
            Some((base, number)) => (base, Some(number)),
            None => (name, None),
        };
        check_name(base)?;
        if number.is_some_and(|number| number.parse::<u32>().is_err()) {
            return Err(KeystoreError::Name(name.to_owned()));
        }
        let path = self.folder.join(format!("{name}.json"));
        if !path.exists() {
            let folder = self.folder.clone();
            return Err(KeystoreError::Missing { name: name.to_owned(), folder });
        }
        file::open(&path, password)
    }

    /// Puts a new key in the place of the one of this name, which stays as `NAME.<n>.json`. Gives the
    /// new one, and the name of the old.
    ///
    /// # Errors
    ///
    /// [`KeystoreError`]; then the old key has its name.
    pub fn rotate(
        &self,
        name: &str,
        password: &str,
    ) -> Result<(PrivateKeySigner, String), KeystoreError> {
        let path = self.path(name)?;
        if !path.exists() {
            let folder = self.folder.clone();
            return Err(KeystoreError::Missing { name: name.to_owned(), folder });
        }
        let signer = PrivateKeySigner::random_with(&mut rand::rngs::OsRng);
        let new = file::encrypt(&self.folder, password, &signer)?;
        let io = |error| KeystoreError::Io { path: path.clone(), error };
        let mut number = 1u32;
        let old = loop {
            let old = format!("{name}.{number}");
            // A second name first, so that the old key has one at every instant.
            match fs::hard_link(&path, self.folder.join(format!("{old}.json"))) {
                Ok(()) => break old,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(io(error)),
            }
        };
        new.persist(&path).map_err(|error| io(error.error))?;
        file::sync_folder(&self.folder).map_err(io)?;
        Ok((signer, old))
    }

    /// All keys, by name.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Io`]. A folder that is not there has none.
    pub fn list(&self) -> Result<Vec<Listed>, KeystoreError> {
        let io = |error| KeystoreError::Io { path: self.folder.clone(), error };
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io)?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let path = entry.map_err(io)?.path();
            let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json"));
            if let Some(name) = name.filter(|name| !name.starts_with('.')).map(str::to_owned) {
                let address = file::address(&path);
                keys.push(Listed { name, address, path });
            }
        }
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(keys)
    }
}

/// A private key as text: 64 hexadecimal digits, with or without `0x`, with white space around it.
///
/// # Errors
///
/// [`KeystoreError::Key`], which does not repeat it.
pub fn parse_key(text: &str) -> Result<PrivateKeySigner, KeystoreError> {
    let bytes = hex::decode_to_array::<_, 32>(text.trim()).map_err(|_| KeystoreError::Key)?;
    PrivateKeySigner::from_bytes(&B256::from(bytes)).map_err(|_| KeystoreError::Key)
}

/// The first line of a file that only its owner can read.
///
/// # Errors
///
/// [`KeystoreError::Exposed`], [`KeystoreError::Io`], [`KeystoreError::NoPassword`].
pub fn password_from_file(path: &Path) -> Result<String, KeystoreError> {
    let bad = |reason| KeystoreError::PasswordFile { path: path.to_owned(), reason };
    let bytes = file::read_private(path, MAX_PASSWORD_BYTES)?;
    let bytes = bytes.ok_or_else(|| bad("it is larger than 4,096 bytes"))?;
    let text = String::from_utf8(bytes).map_err(|_| bad("it is not text"))?;
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => Err(KeystoreError::NoPassword),
    }
}

fn check_name(name: &str) -> Result<(), KeystoreError> {
    let is_first = |c: char| c.is_ascii_alphanumeric();
    let is_good = name.starts_with(is_first)
        && name.len() <= MAX_NAME
        && name.chars().all(|c| is_first(c) || c == '-' || c == '_');
    if is_good { Ok(()) } else { Err(KeystoreError::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests;
