//! Answers for programs, under `/api/v1`. What there is: `openapi.json`, which a test compares with the routes.
//!
//! Amounts are text, as no number of JSON is wide enough: decimal where books tell them, with their sign; hexadecimal
//! where nodes do. Times are seconds since 1970.

pub(crate) mod earnings;
pub(crate) mod events;
mod network;

use crate::{pages::problem::Problem, server::State};
use axum::{Json, Router, http::header, routing::get};

/// What the API is, in OpenAPI's words.
pub const OPENAPI: &str = include_str!("../assets/openapi.json");

/// All but the stream of events.
pub(crate) fn routes() -> Router<State> {
    let openapi = || async { ([(header::CONTENT_TYPE, "application/json")], OPENAPI) };
    Router::new()
        .route("/api/v1/openapi.json", get(openapi))
        .merge(network::routes())
        .merge(earnings::routes())
}

/// What a program gets. Its problems become JSON in `server::front`, as all of this API's do.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// What is not understood in an address.
pub(crate) fn bad(what: impl std::fmt::Display) -> Problem {
    Problem::Asked(what.to_string())
}
