//! A chain and its server.

use crate::support::{blocks, importing, producing_with, steps, wait_for};
use seam_chain::{
    Chain, Running, SteppedClock,
    blobs::Pooled,
    rpc::{RpcServer, RpcSettings, serve},
};
use seam_primitives::Block;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The secret of the test's node.
pub(crate) const TOKEN: &str = "only for tests";

/// Blocks on the genesis, each with these transactions.
pub(crate) fn blocks_of(transactions: &[&[Pooled]]) -> Vec<Block> {
    let node = Node::start();
    for transactions in transactions {
        for transaction in *transactions {
            node.chain().submit(transaction.clone()).unwrap();
        }
        node.make_block();
    }
    blocks(node.chain())
}

/// A chain that makes blocks when the test says so, and its server.
pub(crate) struct Node {
    pub(crate) clock: Arc<SteppedClock>,
    pub(crate) address: SocketAddr,
    chain: Chain,
    running: Option<Running>,
    pub(crate) runtime: Runtime,
    server: Option<RpcServer>,
    _directory: TempDir,
}

/// A server of a chain.
pub(crate) fn serving(runtime: &Runtime, chain: &Chain, settings: RpcSettings) -> RpcServer {
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        serve(listener, chain.clone(), settings).await.unwrap()
    })
}

pub(crate) fn settings() -> RpcSettings {
    RpcSettings { admin_token: Some(TOKEN.to_owned()), ..RpcSettings::default() }
}

impl Node {
    pub(crate) fn start() -> Self {
        Self::with(settings())
    }

    pub(crate) fn with(settings: RpcSettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = steps();
        let running = producing_with(directory.path(), clock.clone());
        Self::serving(directory, clock, running, settings)
    }

    /// A chain that makes no blocks by itself.
    pub(crate) fn importing() -> Self {
        Self::importing_with(settings())
    }

    pub(crate) fn importing_with(settings: RpcSettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let running = importing(directory.path());
        Self::serving(directory, steps(), running, settings)
    }

    fn serving(
        directory: TempDir,
        clock: Arc<SteppedClock>,
        running: Running,
        settings: RpcSettings,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = serving(&runtime, &running.chain, settings);
        Self {
            clock,
            address: server.local_addr,
            chain: running.chain.clone(),
            running: Some(running),
            runtime,
            server: Some(server),
            _directory: directory,
        }
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Makes one block.
    pub(crate) fn make_block(&self) {
        let number = self.chain().head().number() + 1;
        self.clock.advance(Duration::from_secs(2));
        wait_for(self.chain(), number);
    }

    /// Stops the chain; the server goes on.
    pub(crate) fn stop_chain(&mut self) {
        self.running.take().unwrap().stop().unwrap();
    }

    /// Stops the server, and waits for it.
    pub(crate) fn stop_server(&mut self) {
        let server = self.server.take().unwrap();
        self.runtime.block_on(server.stop());
    }
}
