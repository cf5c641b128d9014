//! The ports and servers of both chains.

use super::{
    Network,
    accounts::{Accounts, Acting},
};
use crate::{
    config::UpConfig,
    metrics::{Metrics, RollupMetrics},
    service,
};
use anyhow::Result;
use prometheus_client::metrics::gauge::Gauge;
use seam_chain::{
    Chain,
    rpc::{RpcMetrics, RpcServer, RpcSettings},
    stream::BlockSigner,
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

/// Ports that are taken, but not served yet.
#[derive(Debug)]
pub(crate) struct Ports {
    l1: TcpListener,
    l2: TcpListener,
    metrics: Option<TcpListener>,
    web: Option<TcpListener>,
}

impl Ports {
    /// Takes them, or says which is not to be had.
    pub(crate) fn bind(config: &UpConfig) -> Result<Self> {
        let bind = |port, what, flag| service::bind(config.host, port, what, flag);
        let metrics = config.metrics_port.map(|port| bind(port, "metrics", "--metrics-port"));
        let web = config.web.then(|| bind(config.web_port, "dashboard", "--web-port"));
        Ok(Self {
            l1: bind(config.l1_port, "L1", "--l1-port")?,
            l2: bind(config.l2_port, "L2", "--l2-port")?,
            metrics: metrics.transpose()?,
            web: web.transpose()?,
        })
    }

    /// The dashboard's, if there is to be one.
    pub(crate) const fn take_web(&mut self) -> Option<TcpListener> {
        self.web.take()
    }

    /// Where this process reaches the L1 once it is served.
    pub(crate) fn l1_url(&self) -> Result<String> {
        Ok(format!("http://{}", service::reachable(self.l1.local_addr()?)))
    }
}

/// The servers of both chains.
#[derive(Debug)]
pub(crate) struct Servers {
    l1: RpcServer,
    l2: RpcServer,
    /// Where the rollup shows how it goes.
    pub(crate) rollup: RollupMetrics,
    /// Where the books of the L1 and the L2 show how far they are.
    pub(crate) booked: [Gauge; 2],
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
        let of_l2 = RpcSettings {
            stream: Some(Arc::new(BlockSigner::new(
                accounts.acting_key(Acting::UnsafeSigner)?,
                network.l2().rules().chain_id,
            ))),
            blob_archive: network.l1_side.as_ref().map(|side| side.store.clone() as Arc<_>),
            ..settings("l2", network.l2())
        };
        metrics.add("follower", network.follower(), &RpcMetrics::default());
        let rollup = RollupMetrics::in_page(&mut metrics, &["l2", "follower"]);
        if let Some(side) = &network.l1_side {
            metrics.add_blobs(&side.store.metrics());
        }
        let booked = ["l1", "l2"].map(|name| metrics.add_booked(name));
        let l1 = service::serve_chain(ports.l1, network.l1(), of_l1).await?;
        let l2 = service::serve_chain(ports.l2, network.l2(), of_l2).await?;
        metrics.serve(ports.metrics)?;
        Ok(Self { l1, l2, rollup, booked })
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
