//! `seam up`: a development network in one process.

mod accounts;
mod contracts;
mod earnings;
mod network;
mod rollup;
mod servers;
mod status;
mod web;
mod welcome;

use crate::{
    args::Up,
    clock,
    config::Effective,
    data_dir::{DataDir, Kind, Start},
    service::{self, Signals},
    traffic,
};
use accounts::Accounts;
use anyhow::{Context, Result};
use earnings::Earnings;
use network::Network;
use rollup::Rollup;
use seam_economy::{Sites, Traffic};
use seam_ledger::Books;
use servers::{Ports, Servers};
use status::say;
use std::{io::Write, process::ExitCode};
use welcome::Welcome;

/// Runs until it is stopped or cannot go on.
///
/// In this order, so that mistakes show before anything is changed: the configuration, the ports,
/// the data directory, the books, all stores; then the chains start and are served.
pub(crate) fn run(command: Up, out: &mut impl Write) -> Result<ExitCode> {
    let effective = Effective::load(command.flags)?;
    service::log()?;
    service::raise_file_limit();
    let ports = Ports::bind(&effective.config)?;
    let directory = open_directory(&effective, command.fresh)?;
    let accounts = Accounts::new()?;
    let runtime = service::runtime()?;
    let open = || runtime.block_on(earnings::open(&directory.books()));
    let books = effective.config.earnings.then(open).transpose()?;
    let network = Network::start(&directory, &effective, &accounts, ports.l1_url()?)?;
    let up = UpAndRunning { network, directory, accounts, effective, json: command.json };
    let ended = runtime.block_on(up.run(ports, books, out));
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
    effective: Effective,
    json: bool,
}

/// What goes on beside the chains.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) rollup: Rollup,
    pub(crate) earnings: Option<Earnings>,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) web: Option<seam_web::Server>,
}

impl UpAndRunning {
    async fn run(
        mut self,
        mut ports: Ports,
        books: Option<Books>,
        out: &mut impl Write,
    ) -> Result<ExitCode> {
        let mut signals = Signals::new()?;
        let web_port = ports.take_web();
        let token = &self.directory.meta.admin_token;
        let servers = Servers::start(ports, &self.network, &self.accounts, token).await?;
        let rollup = Rollup::start(&mut self.network, &self.accounts, &self.directory)?;
        rollup.show(&servers.rollup);
        let mut beside = self.beside(rollup, books, &servers).await?;
        if let Some(listener) = web_port {
            let books = beside.earnings.as_ref().map(|_| self.directory.books());
            beside.web = Some(web::start(listener, &servers, &beside.rollup, books).await?);
        }
        let outcome = tokio::select! {
            error = self.network.failed() => Err(error),
            () = signals.next() => Ok(()),
            result = self.watch(&servers, &beside, out) => result,
        };
        tokio::select! {
            stopped = stop(servers, beside, self.network) => outcome.and(stopped),
            () = signals.next() => {
                eprintln!("stopped at once; every block that was announced is on disk");
                Ok(ExitCode::from(service::INTERRUPTED))
            }
        }
    }

    /// Begins to keep the books, then the traffic that they are about.
    async fn beside(
        &self,
        rollup: Rollup,
        books: Option<Books>,
        servers: &Servers,
    ) -> Result<Beside> {
        let config = &self.effective.config;
        let settings = config.traffic.then(traffic::of_development).transpose()?;
        let cast = settings.as_ref().map(|settings| settings.cast()).transpose()?;
        let mut earnings = None;
        if let Some(books) = books {
            let (accounts, cast) = (&self.accounts, cast.as_ref());
            let begun = Earnings::start(books, &self.network, servers, accounts, cast);
            earnings = Some(begun.await?);
        }
        let traffic = settings.map(Traffic::start).transpose()?;
        Ok(Beside { rollup, earnings, traffic, web: None })
    }

    /// Says when all is ready, and then from time to time how it goes.
    async fn watch(&self, servers: &Servers, beside: &Beside, out: &mut impl Write) -> Result<()> {
        self.network.produced().await;
        let (folder, addresses) = (self.directory.rollup(), servers.addresses());
        contracts::describe(&self.network.deployment, &folder, addresses).await?;
        let config = &self.effective.config;
        let welcome =
            Welcome::new(&self.network, servers, &self.accounts, &self.directory, config)?
                .with_dashboard(beside.web.as_ref().map(|web| web.local_addr));
        let text = if self.json { welcome.json() } else { welcome.text() };
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        service::tolerate_closed_pipe(written)?;
        if let Some(traffic) = &beside.traffic {
            let [l1, l2] = servers.addresses().map(|address| format!("http://{address}"));
            traffic.at(Sites { rpc: l2, l1_rpc: Some(l1) });
        }
        say(&self.network, beside).await;
        Ok(())
    }
}

/// Ends the dashboard, the traffic, the books, what follows the L1, the servers, then the chains; all that was sealed is on disk
/// afterwards.
async fn stop(servers: Servers, beside: Beside, network: Network) -> Result<ExitCode> {
    tracing::info!("stopping");
    let Beside { rollup, earnings, traffic, web } = beside;
    if let Some(web) = web {
        web.stop().await;
    }
    // Not waited for: what is on its way is in the mempool or in a block, and traffic that starts again sees it.
    drop(traffic);
    if let Some(earnings) = earnings {
        earnings.stop().await;
    }
    rollup.stop().await;
    servers.stop().await;
    let (l1, l2) = tokio::task::spawn_blocking(move || network.stop()).await??;
    eprintln!("stopped at L1 block {l1}, L2 block {l2}; the next `seam up` goes on from there");
    Ok(ExitCode::SUCCESS)
}
