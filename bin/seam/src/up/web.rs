//! The dashboard of the network.

use super::{Rollup, Servers};
use crate::web;
use anyhow::{Context, Result};
use seam_web::{Node, Server, Settings, node::Layer};
use std::{net::TcpListener, path::PathBuf, sync::Arc};

/// Serves it: of both chains, the comparison with the follower, and the books, if they are kept there. It reads the
/// chains and the books as anybody else would.
pub(super) async fn start(
    listener: TcpListener,
    servers: &Servers,
    rollup: &Rollup,
    books: Option<PathBuf>,
) -> Result<Server> {
    let [l1, l2] = servers.addresses().map(|address| vec![format!("http://{address}")]);
    let place =
        books.map(|path| path.to_str().map(str::to_owned).context("a path that is not UTF-8"));
    let both = rollup.both.clone();
    let settings = Settings {
        l2: Node::connect(Layer::L2, &l2)?,
        l1: Some(Node::connect(Layer::L1, &l1)?),
        beacon: crate::on_l1::beacon(&l1, &[], None)?,
        books: web::books(place.transpose()?).await?,
        follower: Some(Arc::new(move || both.compare())),
    };
    web::serve(listener, settings)
}
