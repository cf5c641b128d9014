//! What the commands that run until they are stopped have in common: logs, ports, signals.

use anyhow::{Context, Result, anyhow};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seam_chain::{
    Chain, Health,
    rpc::{RpcServer, RpcSettings, serve},
};
use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

/// What is logged unless `SEAM_LOG` says otherwise. What the database has to say comes as an error
/// that names what to do; its own lines would only be around it.
const DEFAULT_LOG: &str = "warn,seam=info,seam_chain=info,seam_storage=info,fjall=off,lsm_tree=off";

/// The JSON-RPC library writes lines, as errors and warnings, for requests that are wrong: whoever
/// sends them could fill the disk. They are there if `SEAM_LOG` names it.
const SILENT: &str = "jsonrpsee";

/// Open files that are asked for: connections of both chains, and what the database has open.
const OPEN_FILES: u64 = 65_536;
/// With fewer, a full server may keep the database from opening its files.
const ENOUGH_FILES: u64 = 4_096;

/// How often a line says that all is well.
pub(crate) const STATUS_EVERY: Duration = Duration::from_secs(10);

/// Stack of a thread that tasks run on, in bytes: those of the ledger hold much when nothing is optimised.
const STACK: usize = 8 << 20;

/// Exit code of a process that an interrupt ended at once.
pub(crate) const INTERRUPTED: u8 = 130;

/// Logs to stderr, as `SEAM_LOG` says.
pub(crate) fn log() -> Result<()> {
    let text = std::env::var("SEAM_LOG").ok().filter(|text| !text.is_empty());
    let named = text.as_ref().is_some_and(|text| text.contains(SILENT));
    let silent = if named { String::new() } else { format!(",{SILENT}=off") };
    let filter = match &text {
        Some(text) => EnvFilter::try_new(text.clone() + &silent).with_context(|| {
            format!("SEAM_LOG is {text:?}: write it as info or seam_chain=debug")
        })?,
        None => EnvFilter::new(DEFAULT_LOG.to_owned() + &silent),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .with_writer(io::stderr)
        .init();
    Ok(())
}

/// Lets the process have as many open files as it may: where the shell's limit is low, as 1,024, the
/// connections of strangers would leave none for the database.
pub(crate) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let possible = limit.maximum.unwrap_or(u64::MAX).min(OPEN_FILES);
    let mut now = limit.current.unwrap_or(u64::MAX);
    if now < possible {
        let wanted = Rlimit { current: Some(possible), ..limit };
        match setrlimit(Resource::Nofile, wanted) {
            Ok(()) => now = possible,
            Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
        }
    }
    if now < ENOUGH_FILES {
        tracing::warn!(
            "{now} open files are few for a node that many connect to: raise `ulimit -n`"
        );
    }
}

/// Few threads: what takes long runs elsewhere.
pub(crate) fn runtime() -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).thread_stack_size(STACK).enable_all();
    Ok(builder.build()?)
}

/// Takes a port. `what` is served there and `flag` sets it.
pub(crate) fn bind(host: IpAddr, port: u16, what: &str, flag: &str) -> Result<TcpListener> {
    let listener = TcpListener::bind((host, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "port {port} is in use ({what}): stop what uses it or choose another with {flag}"
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("port {port} needs more rights ({what}): choose one above 1023 with {flag}")
        }
        ErrorKind::AddrNotAvailable => {
            anyhow!("{host} is not an address of this machine: choose another with --host")
        }
        _ => anyhow!("{host} port {port} cannot be used ({what}): {error}"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves a chain at a port that was taken.
pub(crate) async fn serve_chain(
    listener: TcpListener,
    chain: &Chain,
    settings: RpcSettings,
) -> Result<RpcServer> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    Ok(serve(listener, chain.clone(), settings).await?)
}

/// Where clients on this machine reach a server.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

/// Ctrl-C, or a request to end.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on they no longer end the process by themselves.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits until the chain cannot go on, and says why.
pub(crate) async fn failed(chain: &Chain, name: impl Display) -> anyhow::Error {
    let mut health = chain.health();
    let ended = health.wait_for(|health| !matches!(health, Health::Running)).await;
    match ended.as_deref() {
        Ok(Health::Failed(error)) => anyhow!("{name}: {error}"),
        _ => anyhow!("{name} has stopped by itself"),
    }
}

/// Waits until the chain has a block after `number`.
pub(crate) async fn block_after(chain: &Chain, number: u64) {
    let mut events = chain.subscribe();
    while chain.head().number() <= number {
        // Whatever it says, or that some were missed: the head is asked again.
        let _ = tokio::time::timeout(STATUS_EVERY, events.recv()).await;
    }
}

/// Says what was printed to whoever still listens.
pub(crate) fn tolerate_closed_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_and_a_foreign_address_are_named() {
        let host = Ipv4Addr::LOCALHOST.into();
        let taken = bind(host, 0, "L1", "--l1-port").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind(host, port, "L2", "--l2-port").unwrap_err().to_string();
        let expected = format!(
            "port {port} is in use (L2): stop what uses it or choose another with --l2-port"
        );
        assert_eq!(error, expected);
        // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
        let error = bind([192, 0, 2, 1].into(), 0, "L1", "--l1-port").unwrap_err().to_string();
        assert!(error.contains("choose another with --host"), "{error}");
    }

    #[test]
    fn an_address_that_means_all_is_shown_as_one_that_can_be_called() {
        let shown = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(shown("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(shown("[::]:80"), "[::1]:80");
        assert_eq!(shown("10.0.0.7:80"), "10.0.0.7:80");
    }
}
