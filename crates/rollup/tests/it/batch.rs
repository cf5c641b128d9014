//! Batches: encoded, decoded, and how small they are.

mod arbitrary;
mod estimated;
mod hostile;
mod properties;
mod recorded;
mod vectors;
