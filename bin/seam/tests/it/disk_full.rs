//! The disk full while a block is being written, and while the node starts.

use crate::support::{
    check_data, folder,
    ledger::Ledger,
    load::Chains,
    node::{Ended, Node},
    random::Random,
    skipped, times,
};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Size of the file system.
const SIZE: &str = "size=256m";
/// How often the disk is filled.
const ROUNDS: (usize, usize) = (3, 20);
/// Bytes of each transaction's data: a block of them needs more than what is left free at most.
const TRANSACTION_BYTES: usize = 4_000;
/// Bytes left free at most, so that a commit runs out of space anywhere within.
const MOST_LEFT: u64 = 200_000;

#[test]
fn a_full_disk_stops_the_node_with_one_message_and_loses_nothing() {
    let folder = folder();
    let Some(disk) = SmallDisk::mount(folder.path()) else {
        let reason = "needs the right to mount a file system: run the tests as root";
        return skipped("disk_full::a_full_disk_stops_the_node", reason);
    };
    let mut random = Random::seeded();
    let data = disk.0.join("data");
    let mut node = Node::start(&data);
    let chains = Chains::prepare(&node.ready());
    node.stop();
    for round in 0..times(ROUNDS.0, ROUNDS.1) {
        eprintln!("round {round}");
        fill_under_load(&disk, &data, &chains, &mut random);
        start_without_space(&disk, &data);
        disk.free();
    }
    let mut node = Node::start(&data);
    chains.verify(&node.ready(), Ledger::verify_all);
    node.stop();
    check_data(&data);
    eprintln!("{}", chains.summary());
}

/// Fills the disk under the node's hands until it stops, and looks at what it says.
fn fill_under_load(disk: &SmallDisk, data: &Path, chains: &Chains, random: &mut Random) {
    let mut node = Node::start(data);
    let ready = node.ready();
    chains.verify(&ready, Ledger::verify);
    let load = chains.load(&ready, TRANSACTION_BYTES, random);
    node.run_for(Duration::from_millis(random.within(1_000..3_000)));
    load.node_may_end();
    disk.fill(random.within(0..MOST_LEFT)).unwrap();
    let ended = node.ended();
    load.join();
    let message = only_message(&ended);
    eprintln!("{message}");
    assert!(message.contains("the disk is full: free some space and start again"), "{message}");
    // It names the chain, and the block that the chain goes on from.
    let (chain, block) = match message.strip_prefix("error: the L1 has stopped: ") {
        Some(_) => (0, block_of(message)),
        None => (1, block_of(message)),
    };
    assert_eq!(message.contains("the L2 has stopped"), chain == 1, "{message}");
    assert!(block >= chains.heads()[chain], "{message}; acknowledged: {:?}", chains.heads());
}

/// Started on a full disk it goes on at most until it has used what opening set free.
fn start_without_space(disk: &SmallDisk, data: &Path) {
    disk.fill(0).unwrap();
    let mut node = Node::start(data);
    let ended = loop {
        if let Some(ended) = node.end_within(Duration::from_millis(50)) {
            break ended;
        }
        disk.fill(0).unwrap();
    };
    let message = only_message(&ended);
    eprintln!("{message}");
    assert!(message.contains("full: free some space and start again"), "{message}");
}

/// The only line that begins with `error:`; the exit code says the same.
fn only_message(ended: &Ended) -> &str {
    let messages: Vec<&str> =
        ended.stderr.lines().filter(|line| line.starts_with("error:")).collect();
    assert_eq!((ended.status.code(), messages.len()), (Some(1), 1), "{ended:?}");
    messages[0]
}

fn block_of(message: &str) -> u64 {
    let (_, number) = message.rsplit_once("it goes on from block ").expect("the block is named");
    number.trim().parse().unwrap()
}

/// A file system of its own, gone when this is dropped.
#[derive(Debug)]
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` without the right to.
    fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(at).output();
        mounted.ok().filter(|output| output.status.success()).map(|_| Self(at.to_owned()))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Takes all space, and gives so much of it back.
    fn fill(&self, left: u64) -> io::Result<()> {
        let mut filler = File::options().create(true).append(true).open(self.filler())?;
        let chunk = [0; 1 << 12];
        loop {
            match filler.write_all(&chunk) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error),
            }
        }
        let length = filler.metadata()?.len();
        filler.set_len(length.saturating_sub(left))
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there ends soon.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
