//! The node killed at random moments, with both chains under load: whatever it acknowledged is
//! there afterwards.

use crate::support::{
    check_data, folder, ledger::Ledger, load::Chains, node::Node, random::Random, times,
};
use std::{path::Path, time::Duration};

/// Kills of one data directory.
const KILLS: (usize, usize) = (20, 200);
/// Networks whose creation is killed.
const CREATIONS: (usize, usize) = (5, 50);
/// Of so many kills one is followed by a check of all there is.
const CHECK_EVERY: usize = 5;

/// When a node is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start, ready or not.
    Starting(Duration),
    /// So long after load began.
    Running(Duration),
    /// So long after it was asked to stop.
    Stopping(Duration),
}

impl Moment {
    fn random(random: &mut Random) -> Self {
        let mut within = |range| Duration::from_millis(random.within(range));
        match within(0..8).as_millis() {
            0 => Self::Starting(within(0..600)),
            1 => Self::Stopping(within(0..60)),
            _ => Self::Running(within(200..2500)),
        }
    }
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let mut random = Random::seeded();
    let folder = folder();
    let mut node = Node::start(folder.path());
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
    let mut node = Node::start(folder.path());
    chains.verify(&node.ready(), Ledger::verify_all);
    node.stop();
    check_data(folder.path());
    eprintln!("{kills} kills; {}", chains.summary());
}

/// Starts the node, sees that it has all it had acknowledged and goes on, and kills it.
fn run_until(moment: Moment, data: &Path, chains: &Chains, random: &mut Random) {
    let mut node = Node::start(data);
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
            if !node.ends_within(after) {
                node.kill();
            }
        }
        Moment::Running(after) | Moment::Starting(after) => {
            node.run_for(after);
            load.node_may_end();
            node.kill();
        }
    }
    load.join();
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
