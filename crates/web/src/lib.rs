//! The dashboard: one page shows that a network lives and who earns what, and every number leads to the transaction
//! it came from. The same data are an HTTP API (`/api/v1/openapi.json`).
//!
//! | module | what |
//! |---|---|
//! | [`site`] | what pages are about: nodes, books, what is live |
//! | [`node`] | a chain, read by JSON-RPC |
//! | [`live`] | what all viewers see as it happens, read once for all of them |
//! | [`server`] | routes, limits, headers |
//! | [`api`] | answers for programs |
//! | [`pages`] | answers for people |
//! | [`chart`] | bars as SVG |
//! | [`text`] | amounts, times and foreign words for people |
//!
//! Everything is read-only. What chains and books say is foreign: it is text on every page, never markup.

pub mod api;
pub mod chart;
pub mod live;
pub mod node;
pub mod pages;
pub mod server;
pub mod site;
pub mod text;

pub use live::{Agreement, Live};
pub use node::Node;
pub use server::{Limits, Server, serve};
pub use site::{Settings, Site};
