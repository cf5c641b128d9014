//! Data written by the first format opens, now and in every later version.
//!
//! `SEAM_WRITE_FORMAT=1 cargo test …` writes the test data of a new format.

use crate::support::{Model, Touch, What, address, genesis, options};
use seam_stf::StateReader;
use seam_storage::{History, Store, View, tables::FORMAT};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/format-1.tar.xz")
}

fn fill(directory: &Path) -> Model {
    let mut model = Model::new(directory, options(History::Archive, 4));
    for number in 1..=10u64 {
        let who = u8::try_from(number % 4).unwrap();
        model.append(&[
            Touch { who, what: What::Balance(number) },
            Touch { who, what: What::Slots(vec![(who, number)]) },
            Touch { who: 9, what: What::Code(7) },
        ]);
    }
    model.branch(8, &[vec![Touch { who: 2, what: What::Delete }], vec![], vec![]]);
    model
}

fn tar(arguments: &[&str], archive: &Path, directory: &Path) {
    let mut tar = Command::new("tar");
    tar.args(arguments).arg(archive).arg("-C").arg(directory).arg(".");
    assert!(tar.status().unwrap().success(), "tar, with xz, is needed to read the test data");
}

#[test]
fn data_of_the_first_format_opens_and_goes_on() {
    assert_eq!(FORMAT, 1, "a new format needs its own test data, and a way from the first");
    if std::env::var_os("SEAM_WRITE_FORMAT").is_some() {
        let made = tempfile::tempdir().unwrap();
        drop(fill(made.path()));
        fs::create_dir_all(committed().parent().unwrap()).unwrap();
        tar(&["--create", "--xz", "--sparse", "--file"], &committed(), made.path());
    }
    let directory = tempfile::tempdir().unwrap();
    tar(&["--extract", "--xz", "--file"], &committed(), directory.path());
    let (header, changes, _) = genesis();
    let options = options(History::Archive, 4);
    let store = Store::open(directory.path(), &header, &changes, options).unwrap();
    let reader = store.reader().unwrap();
    let checked = reader.check().unwrap();
    assert_eq!((reader.head(), checked.blocks), (11, 12));
    // The same chain made today has the same hashes.
    let today = tempfile::tempdir().unwrap();
    let model = fill(today.path());
    assert_eq!(model.head().sealed_hash().unwrap(), reader.head_hash());
    let mut view = View::at(reader.clone(), 11).unwrap();
    assert_eq!(view.account(address(2)).unwrap(), None);
    let mut view = View::at(reader, 8).unwrap();
    assert!(view.account(address(2)).unwrap().is_some());
}
