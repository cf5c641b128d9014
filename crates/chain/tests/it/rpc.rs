//! The JSON-RPC server over real sockets.

mod client;
mod crowd;
mod debug;
mod dev;
mod errors;
mod execution_apis;
mod filters;
mod fuzz;
mod limits;
mod node;
mod ots;
mod routes;
mod simulate;
mod stream;
mod subscriptions;
mod wallet;
