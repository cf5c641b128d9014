//! That the benchmark does what it says, in small: time is never asserted.

use super::*;

fn small() -> Options {
    Options {
        accounts: 60,
        senders: 7,
        blocks: 2,
        per_block: 10,
        only: None,
        repeats: 1,
        date: None,
    }
}

#[test]
fn every_load_succeeds_and_the_peers_use_the_same_gas() {
    let options = small();
    let world = World::new(&options).unwrap();
    for load in Load::ALL {
        let blocks = load::prepare(&world, load, &options).unwrap();
        assert_eq!(blocks.len(), 2);
        assert!(blocks.iter().all(|block| block.transactions.len() == 10));
        let gas: u64 = blocks.iter().map(|block| block.header.gas_used).sum();
        let least = match load {
            Load::Transfers => 20 * 21_000,
            Load::Erc20 => 20 * 28_000,
            Load::Swaps => 20 * 80_000,
        };
        assert!(gas >= least, "{}: {gas} gas", load.name());
        measure(&world, &blocks).unwrap();
    }
}

#[test]
fn a_peer_that_used_other_gas_is_refused() {
    let options = small();
    let world = World::new(&options).unwrap();
    let mut blocks = load::prepare(&world, Load::Transfers, &options).unwrap();
    blocks[1].header.gas_used += 1;
    assert!(peers::revm(&world, &blocks, &mut Duration::default()).is_err());
    assert!(peers::alloy(&world, &blocks, &mut Duration::default()).is_err());
}

#[test]
fn a_block_that_came_out_differently_is_refused() {
    let options = small();
    let world = World::new(&options).unwrap();
    let mut blocks = load::prepare(&world, Load::Transfers, &options).unwrap();
    blocks[1].hash.0[0] ^= 1;
    assert!(seam::measure(&world, &blocks, &mut Times::default()).is_err());
}
