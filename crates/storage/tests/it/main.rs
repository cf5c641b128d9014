//! The durable store, from outside.
#![allow(clippy::unwrap_used)]

mod format;
mod history;
mod limits;
mod opening;
mod snapshot;
mod support;
