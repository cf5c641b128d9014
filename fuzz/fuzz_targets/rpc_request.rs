#![no_main]

use seam_chain::{
    Running, Settings, SimulatedClock,
    engine::{Unproduced, start},
    rpc::fuzz::Server,
};
use seam_primitives::{Activation, ChainRules, Header};
use seam_stf::{StateChanges, seal_genesis};
use seam_storage::StoreOptions;
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

/// An empty chain of which there is nothing but the first block.
fn chain() -> Running {
    let rules = ChainRules::ethereum(1, |_| Activation::Never);
    let state = StateChanges::default();
    let genesis = seal_genesis(&rules, Header::default(), &state).unwrap().header;
    let directory = std::env::temp_dir().join(format!("seam-fuzz-{}", std::process::id()));
    start(Settings {
        name: "fuzz",
        rules,
        genesis,
        state,
        directory,
        store: StoreOptions::default(),
        pool: Default::default(),
        clock: Arc::new(SimulatedClock::starting_at(Duration::ZERO)),
        recipe: Arc::new(Unproduced { reversible: true }),
    })
    .unwrap()
}

static SERVER: LazyLock<(Running, Server)> = LazyLock::new(|| {
    let running = chain();
    let server = Server::new(running.chain.clone()).unwrap();
    (running, server)
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| SERVER.1.request(data));
