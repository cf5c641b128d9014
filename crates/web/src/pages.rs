//! Answers for people.

mod account;
mod block;
mod earnings;
mod explorer;
mod layout;
mod line;
mod network;
pub(crate) mod problem;
mod transaction;

use crate::server::State;
use axum::{
    Router,
    http::Uri,
    response::{IntoResponse, Response},
    routing::get,
};
use problem::Problem;

/// Every page.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/", get(network::page))
        .route("/earnings", get(earnings::page))
        .route("/account/{address}", get(account::page))
        .route("/line/{id}", get(line::page))
        .route("/explorer", get(explorer::page))
        .route("/search", get(explorer::search))
        .route("/{layer}/block/{which}", get(block::page))
        .route("/{layer}/tx/{hash}", get(transaction::page))
}

/// There is no such page.
pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::Missing(format!("There is no page at {}.", uri.path()))
}

/// Nothing can be changed here.
pub(crate) async fn read_only() -> Problem {
    Problem::ReadOnly
}

/// Too much at once, or too long.
pub(crate) fn busy(why: &str) -> Response {
    Problem::Busy(why.to_owned()).into_response()
}
