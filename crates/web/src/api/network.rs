//! The network as it is now.

use super::{Answer, bad};
use crate::{
    live::{Batch, BlockPoint, Network, Risk},
    node::Layer,
    server::{State, asked::Query},
    site::Site,
};
use axum::{Json, Router, extract::State as Has, routing::get};
use serde::Deserialize;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/api/v1/network", get(network))
        .route("/api/v1/network/blocks", get(blocks))
        .route("/api/v1/network/batches", get(batches))
        .route("/api/v1/network/risks", get(risks))
}

async fn network(Has(site): Has<Site>) -> Json<Network> {
    Json((*site.live().network()).clone())
}

#[derive(Debug, Deserialize)]
struct Which {
    layer: Option<Layer>,
}

async fn blocks(Has(site): Has<Site>, Query(which): Query<Which>) -> Answer<Vec<BlockPoint>> {
    let layer = which.layer.ok_or_else(|| bad("name a layer: ?layer=l1 or ?layer=l2"))?;
    Ok(Json(site.live().blocks(layer)))
}

async fn batches(Has(site): Has<Site>) -> Json<Vec<Batch>> {
    Json(site.live().batches())
}

async fn risks(Has(site): Has<Site>) -> Json<Vec<Risk>> {
    Json(site.live().risks().to_vec())
}
