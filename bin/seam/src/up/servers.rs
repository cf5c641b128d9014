//! The ports and servers of both chains.

use super::{Accounts, Network};
use crate::{config::UpConfig, metrics::Metrics, service};
use anyhow::Result;
use seam_chain::{
    Chain,
    rpc::{RpcMetrics, RpcServer, RpcSettings},
};
use std::net::{SocketAddr, TcpListener};

/// Ports that are taken, but not served yet.
#[derive(Debug)]
pub(crate) struct Ports {
    l1: TcpListener,
    l2: TcpListener,
    metrics: Option<TcpListener>,
}

impl Ports {
    /// Takes them, or says which is not to be had.
    pub(crate) fn bind(config: &UpConfig) -> Result<Self> {
        let bind = |port, what, flag| service::bind(config.host, port, what, flag);
        let metrics = config.metrics_port.map(|port| bind(port, "metrics", "--metrics-port"));
        Ok(Self {
            l1: bind(config.l1_port, "L1", "--l1-port")?,
            l2: bind(config.l2_port, "L2", "--l2-port")?,
            metrics: metrics.transpose()?,
        })
    }
}

/// The servers of both chains.
#[derive(Debug)]
pub(crate) struct Servers {
    l1: RpcServer,
    l2: RpcServer,
}

impl Servers {
    /// Serves both chains, and what they count if there is a port for it.
    pub(crate) async fn start(
        ports: Ports,
        network: &Network,
        accounts: &Accounts,
        token: &str,
    ) -> Result<Self> {
        warn_of_strangers(ports.l1.local_addr()?);
        let mut metrics = Metrics::default();
        let mut settings = |name, chain: &Chain| {
            let rpc = RpcMetrics::default();
            metrics.add(name, chain, &rpc);
            RpcSettings {
                accounts: Some(accounts.unlocked.clone()),
                development: true,
                admin_token: Some(token.to_owned()),
                metrics: rpc,
                ..RpcSettings::default()
            }
        };
        let of_l1 = settings("l1", network.l1());
        let of_l2 = settings("l2", network.l2());
        let l1 = service::serve_chain(ports.l1, network.l1(), of_l1).await?;
        let l2 = service::serve_chain(ports.l2, network.l2(), of_l2).await?;
        metrics.serve(ports.metrics)?;
        Ok(Self { l1, l2 })
    }

    /// Where clients on this machine reach the L1 and the L2.
    pub(crate) fn addresses(&self) -> [SocketAddr; 2] {
        [&self.l1, &self.l2].map(|server| service::reachable(server.local_addr))
    }

    /// Ends both.
    pub(crate) async fn stop(self) {
        tokio::join!(self.l1.stop(), self.l2.stop());
    }
}

/// Unlocked accounts are for whoever reaches the port.
fn warn_of_strangers(address: SocketAddr) {
    if !address.ip().is_loopback() {
        let ip = address.ip();
        tracing::warn!(
            "listening on {ip}: whoever reaches this machine can send from the unlocked accounts"
        );
    }
}
