//! The node killed at random moments, with both chains under load: whatever it acknowledged is
//! there afterwards.

use crate::support::{
    LIMIT, check_data, folder,
    ledger::Ledger,
    load::{Chains, Load},
    node::Node,
    random::Random,
    seam, times,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Kills of one data directory.
const KILLS: (usize, usize) = (20, 200);
/// Networks whose creation is killed.
const CREATIONS: (usize, usize) = (5, 50);
/// Of so many kills one is followed by a check of all there is.
const CHECK_EVERY: usize = 5;

/// Between blocks, on both chains.
const BLOCK_MILLIS: u64 = 1_000;

/// When a node is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start, ready or not.
    Starting(Duration),
    /// So long after load began.
    Running(Duration),
    /// So long after a block of the L2 was announced: about when the next one is written.
    Writing(Duration),
    /// So long after it was asked to stop.
    Stopping(Duration),
}

impl Moment {
    fn random(random: &mut Random) -> Self {
        let mut within = |range| Duration::from_millis(random.within(range));
        match within(0..8).as_millis() {
            0 => Self::Starting(within(0..600)),
            1 => Self::Stopping(within(0..60)),
            2..5 => Self::Writing(within(BLOCK_MILLIS - 50..BLOCK_MILLIS + 20)),
            _ => Self::Running(within(200..2500)),
        }
    }
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let mut random = Random::seeded();
    let folder = folder();
    let mut node = start(folder.path());
    let chains = Chains::prepare(&node.ready());
    node.stop();
    let kills = times(KILLS.0, KILLS.1);
    for kill in 1..=kills {
        let moment = Moment::random(&mut random);
        eprintln!("kill {kill}: {moment:?}");
        run_until(moment, folder.path(), &chains, &mut random);
        if kill % CHECK_EVERY == 0 {
            check_data(folder.path());
        }
    }
    let mut node = start(folder.path());
    chains.verify(&node.ready(), Ledger::verify_all);
    node.stop();
    check_data(folder.path());
    eprintln!("{kills} kills; {}", chains.summary());
}

/// The L1 has blocks as often as the L2 here, so that as many of them are at stake.
fn start(data: &Path) -> Node {
    let mut seam = seam();
    seam.env("SEAM_L1_BLOCK_TIME", "1");
    Node::start_with(seam, data)
}

/// Starts the node, sees that it has all it had acknowledged and goes on, and kills it.
fn run_until(moment: Moment, data: &Path, chains: &Chains, random: &mut Random) {
    let mut node = start(data);
    if let Moment::Starting(after) = moment {
        node.run_for(after);
        node.kill();
        return;
    }
    let ready = node.ready();
    chains.verify(&ready, Ledger::verify);
    let load = chains.load(&ready, 0, random);
    match moment {
        Moment::Stopping(after) => {
            node.run_for(Duration::from_secs(1));
            load.node_may_end();
            node.terminate();
            if node.end_within(after).is_none() {
                node.kill();
            }
        }
        Moment::Running(after) | Moment::Starting(after) => kill_after(&mut node, &load, after),
        Moment::Writing(after) => {
            // The first may be from before the load.
            for _ in 0..2 {
                wait_for_block(&mut node, chains);
            }
            kill_after(&mut node, &load, after);
        }
    }
    load.join();
}

fn kill_after(node: &mut Node, load: &Load, time: Duration) {
    node.run_for(time);
    load.node_may_end();
    node.kill();
}

/// Waits until a block of the L2 is announced.
fn wait_for_block(node: &mut Node, chains: &Chains) {
    let (before, since) = (chains.heads(), Instant::now());
    while chains.heads()[1] == before[1] {
        assert!(since.elapsed() < LIMIT, "no block");
        node.run_for(Duration::from_millis(1));
    }
}

#[test]
fn a_network_whose_creation_was_killed_starts_all_the_same() {
    let mut random = Random::seeded();
    for creation in 0..times(CREATIONS.0, CREATIONS.1) {
        let folder = folder();
        for _ in 0..2 {
            let after = Duration::from_millis(random.within(0..250));
            eprintln!("creation {creation}: killed after {after:?}");
            let mut node = Node::start(folder.path());
            node.run_for(after);
            node.kill();
        }
        let mut node = Node::start(folder.path());
        node.ready();
        node.stop();
        check_data(folder.path());
    }
}
