//! The configuration of `seam up`: defaults, then a file, then the environment, then flags; each
//! overrides those before it.
//!
//! | key in the file | variable | flag | unit | default |
//! |---|---|---|---|---|
//! | `data_dir` | `SEAM_DATA_DIR` | `--data-dir` | path | `seam/up` in `$XDG_DATA_HOME` or `~/.local/share` |
//! | `host` | `SEAM_HOST` | `--host` | IP address | 127.0.0.1 |
//! | `l1_port` | `SEAM_L1_PORT` | `--l1-port` | TCP port, 0: any | 8545 |
//! | `l2_port` | `SEAM_L2_PORT` | `--l2-port` | TCP port, 0: any | 9545 |
//! | `metrics_port` | `SEAM_METRICS_PORT` | `--metrics-port` | TCP port, 0: any | none |
//! | `web_port` | `SEAM_WEB_PORT` | `--web-port` | TCP port, 0: any | 8480 |
//! | `l1_block_time` | `SEAM_L1_BLOCK_TIME` | `--l1-block-time` | whole seconds | 2 |
//! | `block_time` | `SEAM_BLOCK_TIME` | `--block-time` | whole seconds | 1 |
//! | `l1_finality_depth` | `SEAM_L1_FINALITY_DEPTH` | `--l1-finality-depth` | blocks | 64 |
//! | `history_blocks` | `SEAM_HISTORY_BLOCKS` | `--history-blocks`, `--archive` | blocks, or `archive` | 100,000 |
//! | `traffic` | `SEAM_TRAFFIC` | `--no-traffic` | true or false | true |
//! | `earnings` | `SEAM_EARNINGS` | `--no-earnings` | true or false | true |
//! | `web` | `SEAM_WEB` | `--no-web` | true or false | true |
//!
//! Paths are relative to the current directory. Logs are not part of it: `SEAM_LOG` filters them,
//! as in `SEAM_LOG=debug` (default `info`).

mod history;
mod layers;

pub(crate) use history::History;

use crate::args::UpFlags;
use anyhow::{Result, bail};
use layers::Layers;
use seam_genesis::dev::BlockTimes;
use seam_storage::store::MIN_HISTORY_BLOCKS;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

/// The port that tools expect an Ethereum node at.
pub(crate) const DEFAULT_L1_PORT: u16 = 8545;
/// Blocks by which the finalized block trails: two epochs of Ethereum, as there.
pub(crate) const DEFAULT_FINALITY_DEPTH: u64 = 64;
/// The port of the Layer 2.
pub(crate) const DEFAULT_L2_PORT: u16 = 9545;

/// The port of the dashboard.
pub(crate) const DEFAULT_WEB_PORT: u16 = 8480;

/// All keys, in the order in which `seam config` shows them.
pub(crate) const KEYS: [&str; 13] = [
    "data_dir",
    "host",
    "l1_port",
    "l2_port",
    "metrics_port",
    "web_port",
    "l1_block_time",
    "block_time",
    "l1_finality_depth",
    "history_blocks",
    "traffic",
    "earnings",
    "web",
];

/// What `seam up` runs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpConfig {
    /// Where the chains are kept; none where the platform names no place for data.
    pub(crate) data_dir: Option<PathBuf>,
    /// Address to listen on.
    pub(crate) host: IpAddr,
    /// Port of the L1.
    pub(crate) l1_port: u16,
    /// Port of the Layer 2.
    pub(crate) l2_port: u16,
    /// Port of the metrics, if they are served.
    pub(crate) metrics_port: Option<u16>,
    /// Port of the dashboard.
    pub(crate) web_port: u16,
    /// Seconds between blocks of the L1.
    pub(crate) l1_block_time: u64,
    /// Seconds between blocks of the Layer 2.
    pub(crate) block_time: u64,
    /// Blocks by which the finalized block of the L1 trails its head.
    pub(crate) l1_finality_depth: u64,
    /// How far back the state can be read.
    pub(crate) history_blocks: History,
    /// Whether actors use the Layer 2.
    pub(crate) traffic: bool,
    /// Whether it is booked what each account earns and pays.
    pub(crate) earnings: bool,
    /// Whether there is a dashboard.
    pub(crate) web: bool,
}

impl Default for UpConfig {
    fn default() -> Self {
        Self {
            data_dir: default_data_dir(),
            host: Ipv4Addr::LOCALHOST.into(),
            l1_port: DEFAULT_L1_PORT,
            l2_port: DEFAULT_L2_PORT,
            metrics_port: None,
            web_port: DEFAULT_WEB_PORT,
            l1_block_time: 2,
            block_time: 1,
            l1_finality_depth: DEFAULT_FINALITY_DEPTH,
            history_blocks: History::DEFAULT,
            traffic: true,
            earnings: true,
            web: true,
        }
    }
}

/// The XDG base directory specification's place for data of a user.
fn default_data_dir() -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let xdg = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(absolute);
    let base = xdg.or_else(|| Some(std::env::home_dir()?.join(".local/share")).filter(absolute))?;
    Some(base.join("seam").join("up"))
}

/// A configuration that can work, with where each value came from.
#[derive(Debug, Clone)]
pub(crate) struct Effective {
    /// The values.
    pub(crate) config: UpConfig,
    /// By key: `default`, the file's path, a variable's or a flag's name.
    pub(crate) sources: BTreeMap<&'static str, String>,
}

impl Effective {
    /// Puts the layers together and refuses what cannot work.
    pub(crate) fn load(flags: UpFlags) -> Result<Self> {
        let (config, sources) = Layers::new(flags)?.merged()?;
        let effective = Self { config, sources };
        effective.check()?;
        Ok(effective)
    }

    /// The time between blocks of each chain.
    pub(crate) const fn block_times(&self) -> BlockTimes {
        BlockTimes { l1: self.config.l1_block_time, l2: self.config.block_time }
    }

    fn check(&self) -> Result<()> {
        self.check_block_times()?;
        self.check_ports()?;
        match self.config.history_blocks {
            History::Blocks(blocks) if blocks < MIN_HISTORY_BLOCKS => bail!(
                "{} is {blocks}: a reorganisation needs the states of {MIN_HISTORY_BLOCKS} blocks; \
                 set it to {MIN_HISTORY_BLOCKS} or more",
                self.named("history_blocks")
            ),
            _ => Ok(()),
        }
    }

    fn check_block_times(&self) -> Result<()> {
        let BlockTimes { l1, l2 } = self.block_times();
        for (key, seconds) in [("l1_block_time", l1), ("block_time", l2)] {
            if !(1..=MAX_BLOCK_TIME).contains(&seconds) {
                bail!(
                    "{} is {seconds}: take whole seconds from 1 to {MAX_BLOCK_TIME}",
                    self.named(key)
                );
            }
        }
        if l2 > l1 {
            bail!(
                "{} is {l2} s, longer than the L1's {l1} s: every Layer 2 block has an L1 block of \
                 its time; set it to {l1} or less, or l1_block_time to {l2} or more",
                self.named("block_time")
            );
        }
        Ok(())
    }

    fn check_ports(&self) -> Result<()> {
        let UpConfig { l1_port, l2_port, metrics_port, web_port, web, .. } = self.config;
        let ports = [("l1_port", l1_port), ("l2_port", l2_port)];
        let metrics = metrics_port.map(|port| ("metrics_port", port));
        let web = web.then_some(("web_port", web_port));
        let ports = ports.into_iter().chain(metrics).chain(web);
        let ports: Vec<_> = ports.filter(|(_, port)| *port != 0).collect();
        for (index, (key, port)) in ports.iter().enumerate() {
            if let Some((before, _)) = ports[..index].iter().find(|(_, other)| other == port) {
                bail!("{} is {port}, as is {before}: take another", self.named(key));
            }
        }
        Ok(())
    }

    /// A key with where its value came from.
    fn named(&self, key: &str) -> String {
        match self.sources.get(key) {
            Some(source) => format!("{key} (from {source})"),
            None => key.to_owned(),
        }
    }
}

/// Longest time between blocks: a day.
pub(crate) const MAX_BLOCK_TIME: u64 = 86_400;
