//! `seam node`: one chain. From a genesis.json: either its blocks come from a file, and all are final,
//! or it makes them, as the embedded L1 does. Or a rollup on an L1 elsewhere, of which it makes the
//! blocks.

use crate::{
    args::Node,
    clock,
    config::{DEFAULT_FINALITY_DEPTH, History},
    data_dir::{DataDir, Kind, Start},
    genesis::load_chain,
    metrics::Metrics,
    rollup_node::{self, RollupNode},
    service::{self, Signals},
    store,
};
use anyhow::{Context, Error, Result, anyhow, bail};
use seam_chain::{
    Chain, Clock, RealClock, Running, Settings,
    engine::{EmbeddedL1, MAX_BRANCH_BLOCKS, Recipe, Unproduced, slots_of},
    pool::PoolLimits,
    rpc::{RpcServer, RpcSettings},
    start,
};
use seam_fixtures::{chain, read};
use seam_genesis::{ChainGenesis, RollupConfig};
use seam_primitives::{Block, Fork, Header};
use seam_storage::StoreOptions;
use serde_json::json;
use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// The chain's folder and its name in logs.
const NAME: &str = "node";

/// Runs until it is stopped or cannot go on.
pub(crate) fn run(command: Node, out: &mut impl Write) -> Result<ExitCode> {
    service::log()?;
    service::raise_file_limit();
    let source = Source::load(&command)?;
    let blocks = match &command.import {
        Some(path) => blocks(path, &source.chain().sealed.header)?,
        None => Vec::new(),
    };
    let http = service::bind(command.host, command.http_port, "HTTP", "--http-port")?;
    let metrics = command.metrics_port;
    let metrics =
        metrics.map(|port| service::bind(command.host, port, "metrics", "--metrics-port"));
    let ports = Ports { http, metrics: metrics.transpose()? };
    let place = Place::open(command.data_dir.as_deref())?;
    let history = if command.archive { History::Archive } else { command.history_blocks };
    let options = StoreOptions { history: history.into(), ..Default::default() };
    let genesis = source.chain().sealed.header.clone();
    let settings = RpcSettings {
        testing: command.testing_api,
        bomb_forks: source.chain().bomb_forks.clone(),
        ..RpcSettings::default()
    };
    let (chain, recipe, rollup) = source.recipe(&command, &place, options)?;
    let settings = match &rollup {
        Some(rollup) => rollup.settings(settings)?,
        None => settings,
    };
    let block_time = recipe.block_seconds();
    let running = start_chain(&place.directory, chain, options, recipe)?;
    import(&running.chain, blocks)?;
    let runtime = service::runtime()?;
    let json = command.json;
    let node = Serving { running, genesis, place, settings, block_time, rollup, json };
    let ended = runtime.block_on(node.run(ports, out));
    // Whatever still runs has nothing left to write.
    runtime.shutdown_background();
    ended
}

/// What the chain is made from.
enum Source {
    /// A genesis.json.
    Genesis { chain: Box<ChainGenesis>, recipe: Arc<dyn Recipe> },
    /// A rollup's configuration.
    Rollup { chain: Box<ChainGenesis>, config: Box<RollupConfig> },
}

impl Source {
    fn load(command: &Node) -> Result<Self> {
        if let Some(path) = &command.rollup.rollup {
            rollup_node::part(&command.rollup)?;
            let (config, chain) = rollup_node::load(path)?;
            return Ok(Self::Rollup { chain: Box::new(chain), config: Box::new(config) });
        }
        let path = command.genesis.as_deref().context("give --genesis or --rollup")?;
        let chain = load_chain(path, command.fork_env.as_deref())?;
        let recipe = recipe(command.block_time, &chain);
        let recipe = recipe.with_context(|| path.display().to_string())?;
        Ok(Self::Genesis { chain: Box::new(chain), recipe })
    }

    const fn chain(&self) -> &ChainGenesis {
        let (Self::Genesis { chain, .. } | Self::Rollup { chain, .. }) = self;
        chain
    }

    /// How its blocks are made, and who follows the L1 for that.
    fn recipe(
        self,
        command: &Node,
        place: &Place,
        options: StoreOptions,
    ) -> Result<(ChainGenesis, Arc<dyn Recipe>, Option<RollupNode>)> {
        match self {
            Self::Genesis { chain, recipe } => Ok((*chain, recipe, None)),
            Self::Rollup { chain, config } => {
                let directory = place.directory.chain(NAME);
                let flags = &command.rollup;
                let folder = place.directory.path();
                let node = RollupNode::new(flags, &config, &chain, &directory, folder, options)?;
                Ok((*chain, node.recipe.clone(), Some(node)))
            }
        }
    }
}

/// How blocks are made, if they are. A rollup's blocks follow an L1's, and before the merge they are
/// mined: neither can be made from a genesis alone.
fn recipe(block_time: Option<u64>, chain: &ChainGenesis) -> Result<Arc<dyn Recipe>> {
    let Some(seconds) = block_time else { return Ok(Arc::new(Unproduced::default())) };
    let (rules, genesis) = (&chain.rules, &chain.sealed.header);
    if rules.is_op_stack() {
        bail!(
            "blocks of an OP Stack chain follow an L1's, so --block-time cannot make them: \
             `seam up` runs a Layer 2 with its L1, --rollup with --role sequencer one on an L1 elsewhere"
        );
    }
    if !rules.is_active(Fork::Paris, genesis.number, genesis.timestamp) {
        bail!(
            "--block-time makes blocks as after the merge: set terminalTotalDifficulty to 0 and \
             the forks up to London to block 0"
        );
    }
    Ok(Arc::new(EmbeddedL1::new(seconds, DEFAULT_FINALITY_DEPTH, slots_of(genesis))))
}

/// The blocks of a file without the genesis block, which must be the chain's.
fn blocks(path: &Path, genesis: &Header) -> Result<Vec<Block>> {
    let bytes = read(path)?;
    let mut blocks = chain::decode(&bytes).with_context(|| path.display().to_string())?;
    if let Some(first) = blocks.first().filter(|block| block.header.number == genesis.number) {
        let (theirs, ours) = (first.header.hash_slow(), genesis.hash_slow());
        if theirs != ours {
            bail!(
                "{}: block {} is {theirs}, the genesis.json gives {ours}: they are of different \
                 chains",
                path.display(),
                genesis.number
            );
        }
        blocks.remove(0);
    }
    Ok(blocks)
}

/// A data directory that stays, or one that is removed when this is dropped.
#[derive(Debug)]
struct Place {
    directory: DataDir,
    temporary: Option<TempDir>,
}

impl Place {
    fn open(given: Option<&Path>) -> Result<Self> {
        let temporary = match given {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("seam-node-").tempdir()?),
        };
        let path = given.or_else(|| Some(temporary.as_ref()?.path())).map(Path::to_owned);
        let path: PathBuf = path.context("no directory")?;
        if temporary.is_some() {
            let path = path.display();
            tracing::info!("no --data-dir: the chain is in {path}, which is removed at the end");
        }
        let now = clock::machine_time().as_secs();
        let directory = DataDir::open(&path, Kind::Node, Start::Continue, now)?;
        Ok(Self { directory, temporary })
    }
}

fn start_chain(
    directory: &DataDir,
    chain: ChainGenesis,
    options: StoreOptions,
    recipe: Arc<dyn Recipe>,
) -> Result<Running> {
    let directory = directory.chain(NAME);
    let (_, head) = store::open(&directory, &chain.sealed.header, &chain.state, options)?;
    let now = clock::machine_time().max(Duration::from_secs(head.timestamp));
    let clock: Arc<dyn Clock> = Arc::new(RealClock::starting_at(now));
    Ok(start(Settings {
        name: NAME,
        rules: chain.rules,
        genesis: chain.sealed.header,
        state: chain.state,
        directory,
        store: options,
        pool: PoolLimits::default(),
        clock,
        recipe,
    })?)
}

/// Takes in blocks; those that are there already are passed over.
fn import(chain: &Chain, mut blocks: Vec<Block>) -> Result<()> {
    while !blocks.is_empty() {
        let rest = blocks.split_off(blocks.len().min(MAX_BRANCH_BLOCKS));
        let imported = chain.import(std::mem::replace(&mut blocks, rest));
        let imported = imported.map_err(|error| anyhow!("the import has stopped: {error}"))?;
        tracing::info!(head = imported.head, added = imported.added, "imported");
    }
    Ok(())
}

struct Ports {
    http: TcpListener,
    metrics: Option<TcpListener>,
}

struct Serving {
    running: Running,
    genesis: Header,
    place: Place,
    settings: RpcSettings,
    block_time: Option<u64>,
    rollup: Option<RollupNode>,
    json: bool,
}

impl Serving {
    async fn run(mut self, ports: Ports, out: &mut impl Write) -> Result<ExitCode> {
        let mut signals = Signals::new()?;
        let mut metrics = Metrics::default();
        metrics.add(NAME, &self.running.chain, &self.settings.metrics);
        if let Some(rollup) = &mut self.rollup {
            rollup.count(&mut metrics, NAME);
        }
        metrics.serve(ports.metrics)?;
        let settings = self.settings.clone();
        let server = service::serve_chain(ports.http, &self.running.chain, settings).await?;
        let text = if self.json { self.line(&server) } else { self.text(&server) };
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        service::tolerate_closed_pipe(written)?;
        let rollup = self.rollup.take();
        let outcome = tokio::select! {
            error = service::failed(&self.running.chain, "the chain has stopped") => Err(error),
            error = of_rollup(rollup, self.running.chain.clone()) => Err(error),
            () = signals.next() => Ok(()),
        };
        tokio::select! {
            stopped = stop(server, self.running, self.place) => outcome.and(stopped),
            () = signals.next() => {
                eprintln!("stopped at once; every block that was announced is on disk");
                Ok(ExitCode::from(service::INTERRUPTED))
            }
        }
    }

    fn line(&self, server: &RpcServer) -> String {
        let (chain, address) = (&self.running.chain, service::reachable(server.local_addr));
        let line = json!({
            "chainId": chain.rules().chain_id,
            "blockTime": self.block_time,
            "http": format!("http://{address}"),
            "ws": format!("ws://{address}"),
            "genesisHash": self.genesis.hash_slow(),
            "head": chain.head().number(),
            "dataDir": self.place.directory.path(),
            "pid": std::process::id(),
        });
        format!("{line}\n")
    }

    fn text(&self, server: &RpcServer) -> String {
        let (chain, address) = (&self.running.chain, service::reachable(server.local_addr));
        let head = chain.head();
        let state = match self.block_time {
            Some(seconds) => format!("a new block every {seconds} s"),
            None => "safe and finalized".to_owned(),
        };
        format!(
            "chain id   {}\nHTTP       http://{address}\nWebSocket  ws://{address}\n\
             genesis    {}\nhead       block {}, {}, {state}\n\nCtrl-C stops.\n",
            chain.rules().chain_id,
            self.genesis.hash_slow(),
            head.number(),
            head.hash(),
        )
    }
}

/// What a rollup's node does beside its chain, until that cannot go on.
async fn of_rollup(rollup: Option<RollupNode>, chain: Chain) -> Error {
    match rollup {
        Some(rollup) => rollup.run(chain).await,
        None => std::future::pending().await,
    }
}

/// Ends the server, then the chain.
async fn stop(server: RpcServer, running: Running, place: Place) -> Result<ExitCode> {
    tracing::info!("stopping");
    server.stop().await;
    let head = running.chain.head().number();
    let stopped = tokio::task::spawn_blocking(move || running.stop()).await?;
    stopped.map_err(|error| anyhow!("the chain has stopped: {error}"))?;
    let after = match &place.temporary {
        Some(_) => "its data is removed",
        None => "the next `seam node` goes on from there",
    };
    eprintln!("stopped at block {head}; {after}");
    Ok(ExitCode::SUCCESS)
}
