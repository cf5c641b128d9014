//! Answers of a node, read leniently and checked strictly: types of transactions that are not known here are read by
//! their common fields, and whatever a header commits to is compared with it.

mod block;
mod receipts;
mod trace;

pub use block::{ReadBlock, read_block};
pub use receipts::{read_receipts, with_receipts};
pub use trace::{MAX_CALLS, read_changes, read_payments};

use seam_l1::Fault;
use std::fmt::Display;

/// An answer of which nothing can be made.
fn unreadable(what: &str, error: impl Display) -> Fault {
    Fault::Unreadable(format!("{what}: {error}"))
}

/// A field that is proven wrong.
fn wrong(block: u64, field: &str, said: impl Display, follows: impl Display) -> Fault {
    Fault::Wrong(format!("block {block}: {field} is {said}, but {follows} follows from the block"))
}
