//! `seam key`: keys in encrypted files.

use crate::{
    args::{Key, KeyPlace, NamedKey, Signing},
    table,
};
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, Result, anyhow, bail};
use seam_l1::{
    Keystore, KeystoreError, SendLimits,
    keystore::{Listed, parse_key, password_from_file},
};
use serde_json::json;
use std::{
    env,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// Holds the password, for scripts.
const PASSWORD: &str = "SEAM_KEY_PASSWORD";
/// Bytes of a file with a private key at most.
const MAX_KEY_BYTES: u64 = 1_024;

pub(crate) fn run(command: Key, out: &mut impl Write) -> Result<()> {
    match command {
        Key::New { key } => new(&key, out),
        Key::Import { key, file, private_key } => {
            import(&key, file.as_deref(), private_key.as_deref(), out)
        }
        Key::Show { name: Some(name), place, private_key: true, .. } => {
            show_private(&name, &place, out)
        }
        Key::Show { name, place, json, .. } => show(name.as_deref(), &place, json, out),
        Key::Rotate { key } => rotate(&key, out),
    }
}

/// The keys that a command is about.
pub(crate) fn keystore(place: &KeyPlace) -> Result<Keystore> {
    let folder = match &place.keystore {
        Some(folder) => folder.clone(),
        None => {
            let home = env::var_os("HOME").filter(|home| !home.is_empty());
            let home = home.context("there is no HOME: say where keys are with --keystore DIR")?;
            PathBuf::from(home).join(".seam/keys")
        }
    };
    Ok(Keystore::new(folder))
}

/// The key that a command signs with: `default` is its name unless it is given.
pub(crate) fn signer(signing: &Signing, default: &str) -> Result<PrivateKeySigner> {
    if let Some(path) = &signing.private_key_file {
        return from_file(path);
    }
    let name = signing.key.as_deref().unwrap_or(default);
    let hint = format!(
        "give the {default}'s key: --keystore DIR with --key NAME, or --private-key-file FILE"
    );
    load(&signing.place, name, &hint)
}

/// The private key in a file.
pub(crate) fn from_file(path: &Path) -> Result<PrivateKeySigner> {
    Ok(parse_key(&read_key(path)?)?)
}

/// A key that may be given by its name or as a file with the private key.
pub(crate) fn optional(
    place: &KeyPlace,
    name: Option<&str>,
    file: Option<&Path>,
) -> Result<Option<PrivateKeySigner>> {
    match (name, file) {
        (None, None) => Ok(None),
        (_, Some(file)) => from_file(file).map(Some),
        (Some(name), None) => load(place, name, "--keystore DIR says where it is").map(Some),
    }
}

/// Opens a key; `hint` says what to do if there is none.
fn load(place: &KeyPlace, name: &str, hint: &str) -> Result<PrivateKeySigner> {
    let keystore = keystore(place)?;
    if !keystore.path(name)?.exists() {
        bail!("there is no key {name} in {}: {hint}", keystore.folder().display());
    }
    let password = password(place, name, Password::Known)?;
    Ok(keystore.load(name, &password)?)
}

/// What may be paid, and how often a chain is looked at.
pub(crate) fn limits(signing: &Signing, poll: Duration) -> SendLimits {
    SendLimits { poll, ..paying(signing.max_fee_gwei) }
}

/// What may be paid for gas.
pub(crate) fn paying(max_fee_gwei: u64) -> SendLimits {
    SendLimits { max_fee: gwei(max_fee_gwei), ..SendLimits::default() }
}

/// In wei.
pub(crate) fn gwei(gwei: u64) -> u128 {
    u128::from(gwei).saturating_mul(1_000_000_000)
}

/// Whether a password is one that is there, or is made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Password {
    /// It opens a file.
    Known,
    /// It is typed twice: nobody can recover it.
    New,
}

/// The password of keys: from its file, from the environment, or typed.
pub(crate) fn password(place: &KeyPlace, name: &str, kind: Password) -> Result<String> {
    if let Some(path) = &place.password_file {
        return Ok(password_from_file(path)?);
    }
    match env::var(PASSWORD) {
        Ok(password) if !password.is_empty() => return Ok(password),
        Ok(_) => bail!("{PASSWORD} is empty: set it, or unset it to be asked"),
        Err(env::VarError::NotUnicode(_)) => bail!("{PASSWORD} is not text"),
        Err(env::VarError::NotPresent) => {}
    }
    if !io::stdin().is_terminal() {
        bail!("there is nobody to ask for the password: use --password-file FILE or {PASSWORD}");
    }
    let typed = ask(&format!("password of {name}: "))?;
    if typed.is_empty() {
        return Err(KeystoreError::NoPassword.into());
    }
    if kind == Password::New && ask("the same again: ")? != typed {
        bail!("the two passwords differ: nothing was done");
    }
    Ok(typed)
}

/// Asks without showing what is typed.
fn ask(question: &str) -> Result<String> {
    rpassword::prompt_password(question).map_err(|error| anyhow!("nothing was typed: {error}"))
}

fn new(key: &NamedKey, out: &mut impl Write) -> Result<()> {
    let keystore = keystore(&key.place)?;
    check_free(&keystore, &key.name)?;
    let password = password(&key.place, &key.name, Password::New)?;
    let signer = keystore.create(&key.name, &password)?;
    writeln!(out, "{}", signer.address())?;
    told_where(&keystore, &key.name)
}

fn import(
    key: &NamedKey,
    file: Option<&Path>,
    private_key: Option<&str>,
    out: &mut impl Write,
) -> Result<()> {
    let keystore = keystore(&key.place)?;
    check_free(&keystore, &key.name)?;
    let text = match (file, private_key) {
        (_, Some(hex)) => {
            eprintln!("note: the key is in the shell's history now; --file - reads it from stdin");
            hex.to_owned()
        }
        (Some(path), None) => read_key(path)?,
        (None, None) if io::stdin().is_terminal() => ask("private key: ")?,
        (None, None) => read_key(Path::new("-"))?,
    };
    let signer = parse_key(&text)?;
    let password = password(&key.place, &key.name, Password::New)?;
    keystore.import(&key.name, &password, &signer)?;
    writeln!(out, "{}", signer.address())?;
    told_where(&keystore, &key.name)
}

/// What a file has, or stdin.
fn read_key(path: &Path) -> Result<String> {
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => io::stdin().lock().take(MAX_KEY_BYTES).read_to_string(&mut text),
        false => return Ok(password_from_file(path)?),
    };
    read.map_err(|_| KeystoreError::Key)?;
    Ok(text)
}

/// Before anybody is asked for anything.
fn check_free(keystore: &Keystore, name: &str) -> Result<()> {
    if keystore.path(name)?.exists() {
        return Err(KeystoreError::Taken { name: name.to_owned() }.into());
    }
    Ok(())
}

fn told_where(keystore: &Keystore, name: &str) -> Result<()> {
    let path = keystore.path(name)?;
    eprintln!("{name} is in {}: keep a copy of the file and the password", path.display());
    Ok(())
}

fn show(name: Option<&str>, place: &KeyPlace, as_json: bool, out: &mut impl Write) -> Result<()> {
    let keystore = keystore(place)?;
    let mut keys = keystore.list()?;
    if let Some(name) = name {
        keys.retain(|key| key.name == name);
        if keys.is_empty() {
            let folder = keystore.folder().to_owned();
            return Err(KeystoreError::Missing { name: name.to_owned(), folder }.into());
        }
    } else if keys.is_empty() {
        eprintln!("there is no key in {}", keystore.folder().display());
        return Ok(());
    }
    let address = |key: &Listed| key.address.map(|address| address.to_string());
    if as_json {
        for key in &keys {
            let line = json!({ "name": key.name, "address": address(key), "file": key.path });
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let row = |key: &Listed| {
        let address = address(key).unwrap_or_else(|| "in the file, encrypted".to_owned());
        [key.name.clone(), address, key.path.display().to_string()]
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    Ok(table::write_left(out, ["name", "address", "file"], &rows)?)
}

fn show_private(name: &str, place: &KeyPlace, out: &mut impl Write) -> Result<()> {
    let password = password(place, name, Password::Known)?;
    let signer = keystore(place)?.load(name, &password)?;
    eprintln!(
        "this is the private key of {}: whoever has it has all that it owns",
        signer.address()
    );
    Ok(writeln!(out, "{}", signer.to_bytes())?)
}

fn rotate(key: &NamedKey, out: &mut impl Write) -> Result<()> {
    let keystore = keystore(&key.place)?;
    if !keystore.path(&key.name)?.exists() {
        let folder = keystore.folder().to_owned();
        return Err(KeystoreError::Missing { name: key.name.clone(), folder }.into());
    }
    let password = password(&key.place, &key.name, Password::New)?;
    let (signer, old) = keystore.rotate(&key.name, &password)?;
    writeln!(out, "{}", signer.address())?;
    eprintln!("the key before is {old} now: it still owns what it owned, and its role on L1");
    eprintln!("{}", what_to_do(&key.name));
    told_where(&keystore, &key.name)
}

/// What gives a role to a new key. Each is a call on L1 by whoever may make it.
fn what_to_do(name: &str) -> &'static str {
    match name.replace('-', "_").as_str() {
        "batcher" => {
            "on L1: let the owner call SystemConfig.setBatcherHash(the new address as 32 bytes), then \
             anyone BatchInbox.updateBatcher(); fund the new address; stop the batcher until both are \
             done"
        }
        "sequencer" | "unsafe_signer" => {
            "on L1: let the owner call SystemConfig.setUnsafeBlockSigner(the new address), then start \
             the sequencer anew"
        }
        "proposer" => {
            "on L1: bond with the new address; the old one's bond stays until its claims are resolved"
        }
        "guardian" => "on L1: let the owner upgrade SuperchainConfig to one with the new guardian",
        "owner" => {
            "on L1: with the key before, call transferOwnership(the new address) of SystemConfig, \
             ProxyAdmin and DisputeGameFactory"
        }
        _ => "if it has a role or funds on L1, move them to the new address",
    }
}
