//! `seam up`: a development network in one process.

mod accounts;
mod contracts;
mod network;
mod servers;
mod welcome;

use crate::{
    args::Up,
    clock,
    config::Effective,
    data_dir::{DataDir, Kind, Start},
    service::{self, Signals},
};
use accounts::Accounts;
use anyhow::{Context, Result};
use network::Network;
use servers::{Ports, Servers};
use std::{io::Write, process::ExitCode};
use welcome::Welcome;

/// Runs until it is stopped or cannot go on.
///
/// In this order, so that mistakes show before anything is changed: the configuration, the ports,
/// the data directory, both stores; then the chains start and are served.
pub(crate) fn run(command: Up, out: &mut impl Write) -> Result<ExitCode> {
    let effective = Effective::load(command.flags)?;
    service::log()?;
    service::raise_file_limit();
    let ports = Ports::bind(&effective.config)?;
    let directory = open_directory(&effective, command.fresh)?;
    let accounts = Accounts::new()?;
    let network = Network::start(&directory, &effective, &accounts)?;
    let runtime = service::runtime()?;
    let up = UpAndRunning { network, directory, accounts, json: command.json };
    let ended = runtime.block_on(up.run(ports, out));
    // Whatever still runs has nothing left to write.
    runtime.shutdown_background();
    ended
}

fn open_directory(effective: &Effective, fresh: bool) -> Result<DataDir> {
    let path = effective.config.data_dir.as_ref();
    let path = path.context("this user has no home directory: name a place with --data-dir")?;
    let start = if fresh { Start::Fresh } else { Start::Continue };
    // So that the first L1 block is due at once.
    let genesis = clock::machine_time().as_secs().saturating_sub(effective.block_times().l1);
    DataDir::open(path, Kind::Up, start, genesis)
}

struct UpAndRunning {
    network: Network,
    directory: DataDir,
    accounts: Accounts,
    json: bool,
}

impl UpAndRunning {
    async fn run(self, ports: Ports, out: &mut impl Write) -> Result<ExitCode> {
        let mut signals = Signals::new()?;
        let token = &self.directory.meta.admin_token;
        let servers = Servers::start(ports, &self.network, &self.accounts, token).await?;
        let outcome = tokio::select! {
            error = self.network.failed() => Err(error),
            () = signals.next() => Ok(()),
            result = self.watch(&servers, out) => result,
        };
        tokio::select! {
            stopped = stop(servers, self.network) => outcome.and(stopped),
            () = signals.next() => {
                eprintln!("stopped at once; every block that was announced is on disk");
                Ok(ExitCode::from(service::INTERRUPTED))
            }
        }
    }

    /// Says when all is ready, and then from time to time how it goes.
    async fn watch(&self, servers: &Servers, out: &mut impl Write) -> Result<()> {
        self.network.produced().await;
        let (folder, addresses) = (self.directory.rollup(), servers.addresses());
        contracts::describe(&self.network.deployment, &folder, addresses).await?;
        let welcome = Welcome::new(&self.network, servers, &self.accounts, &self.directory)?;
        let text = if self.json { welcome.json() } else { welcome.text() };
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        service::tolerate_closed_pipe(written)?;
        loop {
            tokio::time::sleep(service::STATUS_EVERY).await;
            self.network.log_status();
        }
    }
}

/// Ends the servers, then the chains; all that was sealed is on disk afterwards.
async fn stop(servers: Servers, network: Network) -> Result<ExitCode> {
    tracing::info!("stopping");
    servers.stop().await;
    let (l1, l2) = tokio::task::spawn_blocking(move || network.stop()).await??;
    eprintln!("stopped at L1 block {l1}, L2 block {l2}; the next `seam up` goes on from there");
    Ok(ExitCode::SUCCESS)
}
