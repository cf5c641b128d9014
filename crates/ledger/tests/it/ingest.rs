//! From chains to the books: rules on recorded receipts, whole chains in this process, nodes that lie, anvil.

mod anvil;
mod chain;
mod chains;
mod fuzz;
mod lies;
mod rules;
mod traps;
