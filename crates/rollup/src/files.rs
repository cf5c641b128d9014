//! Files that are whole or not there.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

/// Writes a file under another name and renames it, each step synced: whatever interrupts it, the file
/// is as before or as wanted.
pub(crate) fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (path, partial) = (folder.join(name), folder.join(format!("{name}.partial")));
    if fs::read(&path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, &path)?;
    File::open(folder)?.sync_all()
}
