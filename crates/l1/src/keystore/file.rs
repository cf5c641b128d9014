//! One encrypted file.

use super::{KeystoreError, MAX_FILE_BYTES, MAX_ROUNDS, MAX_SCRYPT_BYTES};
use alloy_primitives::{Address, hex};
use alloy_signer_local::PrivateKeySigner;
use serde_json::Value;
use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    path::Path,
};
use tempfile::{NamedTempFile, TempDir};

/// Encrypts a key into a file of this name, which must not be there.
pub(super) fn write(
    folder: &Path,
    path: &Path,
    password: &str,
    signer: &PrivateKeySigner,
) -> Result<(), KeystoreError> {
    let io = |error| KeystoreError::Io { path: path.to_owned(), error };
    let file = encrypt(folder, password, signer)?;
    file.persist_noclobber(path).map_err(|error| io(error.error))?;
    sync_folder(folder).map_err(io)
}

/// Encrypts a key into a file of the folder that has no lasting name yet. Only its owner reads it.
pub(super) fn encrypt(
    folder: &Path,
    password: &str,
    signer: &PrivateKeySigner,
) -> Result<NamedTempFile, KeystoreError> {
    if password.is_empty() {
        return Err(KeystoreError::NoPassword);
    }
    let io = |error| KeystoreError::Io { path: folder.to_owned(), error };
    make_folder(folder).map_err(io)?;
    let text = encrypted(folder, password, signer)?;
    let mut file = NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(io)?;
    Ok(file)
}

/// The file's text. The library writes files alone, so it gets a folder that nobody else enters.
fn encrypted(
    folder: &Path,
    password: &str,
    signer: &PrivateKeySigner,
) -> Result<String, KeystoreError> {
    let io = |error| KeystoreError::Io { path: folder.to_owned(), error };
    let inner = TempDir::new_in(folder).map_err(io)?;
    let key = signer.to_bytes();
    let made =
        eth_keystore::encrypt_key(inner.path(), &mut rand::rngs::OsRng, key, password, Some("key"));
    made.map_err(|error| io(io::Error::other(error.to_string())))?;
    let text = fs::read_to_string(inner.path().join("key")).map_err(io)?;
    let bad = |error: serde_json::Error| io(io::Error::other(error));
    let mut value: Value = serde_json::from_str(&text).map_err(bad)?;
    // As geth and ethers write it, so that a key can be shown without its password.
    if let Some(object) = value.as_object_mut() {
        object.insert("address".to_owned(), hex::encode(signer.address()).into());
    }
    serde_json::to_string(&value).map_err(bad)
}

/// Opens a file.
pub(super) fn open(path: &Path, password: &str) -> Result<PrivateKeySigner, KeystoreError> {
    let format = |reason: String| KeystoreError::Format { path: path.to_owned(), reason };
    let bytes = read_private(path, MAX_FILE_BYTES)?;
    let bytes = bytes.ok_or_else(|| format(format!("it is larger than {MAX_FILE_BYTES} bytes")))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| format(error.to_string()))?;
    let value = in_small_letters(value);
    check(&value).map_err(|reason| format(reason.to_owned()))?;
    // The library reads files alone; it gets what was checked, and not what may be there by now.
    let io = |error| KeystoreError::Io { path: path.to_owned(), error };
    let mut copy = NamedTempFile::new().map_err(io)?;
    copy.write_all(value.to_string().as_bytes()).map_err(io)?;
    let key = eth_keystore::decrypt_key(copy.path(), password).map_err(|error| match error {
        eth_keystore::KeystoreError::MacMismatch => KeystoreError::Password(path.to_owned()),
        error => format(error.to_string()),
    })?;
    let signer =
        <[u8; 32]>::try_from(key).ok().map(|key| PrivateKeySigner::from_bytes(&key.into()));
    let Some(Ok(signer)) = signer else {
        return Err(format("it holds no key of Ethereum".to_owned()));
    };
    match (said(&value), signer.address()) {
        (Some(said), found) if said != found => {
            Err(KeystoreError::OtherAddress { path: path.to_owned(), said, found })
        }
        _ => Ok(signer),
    }
}

/// ethers and others write `Crypto`: the names of the outermost fields go without case.
fn in_small_letters(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
        }
        value => value,
    }
}

/// Which account a file says it is of.
pub(super) fn address(path: &Path) -> Option<Address> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_FILE_BYTES).read_to_end(&mut bytes).ok()?;
    said(&serde_json::from_slice(&bytes).ok()?)
}

fn said(value: &Value) -> Option<Address> {
    value.get("address")?.as_str()?.parse().ok()
}

/// What the library would take on trust: it panics at short keys, and takes any amount of memory and
/// time that the file asks for.
fn check(value: &Value) -> Result<(), &'static str> {
    let crypto = value.get("crypto").ok_or("it has no `crypto`")?;
    let number = |key: &str| crypto.get("kdfparams")?.get(key)?.as_u64();
    let text = |place: Option<&Value>| Some(place?.as_str()?.to_owned());
    if value.get("version").and_then(Value::as_u64) != Some(3) {
        return Err("its version is not 3");
    }
    if text(crypto.get("cipher")).as_deref() != Some("aes-128-ctr") {
        return Err("its cipher is not aes-128-ctr");
    }
    let iv = text(crypto.get("cipherparams").and_then(|params| params.get("iv")));
    if iv.is_none_or(|iv| iv.len() != 32) {
        return Err("its iv is not 16 bytes");
    }
    if number("dklen") != Some(32) {
        return Err("its dklen is not 32");
    }
    match text(crypto.get("kdf")).as_deref() {
        Some("scrypt") => {
            let (Some(n), Some(r), Some(p)) = (number("n"), number("r"), number("p")) else {
                return Err("it lacks n, r or p");
            };
            let bytes = n.saturating_mul(r).saturating_mul(128);
            let rounds = n.saturating_mul(r).saturating_mul(p) / 8;
            let fits = n.is_power_of_two() && n > 1 && bytes <= MAX_SCRYPT_BYTES;
            let is_good = fits && p > 0 && r > 0 && rounds <= MAX_ROUNDS;
            is_good.then_some(()).ok_or("its n, r or p is out of bounds")
        }
        Some("pbkdf2") => {
            let prf = text(crypto.get("kdfparams").and_then(|params| params.get("prf")));
            let rounds = number("c").unwrap_or_default();
            let is_good =
                (1..=MAX_ROUNDS).contains(&rounds) && prf.as_deref() == Some("hmac-sha256");
            is_good.then_some(()).ok_or("its c or prf is out of bounds")
        }
        _ => Err("its kdf is neither scrypt nor pbkdf2"),
    }
}

/// The content of a file that its owner alone can read; `None` if it has more bytes.
pub(super) fn read_private(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, KeystoreError> {
    let io = |error| KeystoreError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = file.metadata().map_err(io)?;
        // What a shell hands over (`--password-file <(pass show key)`) is no file.
        if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
            return Err(KeystoreError::Exposed(path.to_owned()));
        }
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Makes the folder, for its owner alone.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A name that was given is on disk, too.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
