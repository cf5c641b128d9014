//! Hostile clients, and an honest one whose transactions get in all the while: the node stays up, says
//! what is wrong with each request or closes the connection, and its memory and its log stay small.
//!
//! `SEAM_SOAK` makes each attack longer.

mod bytes;
mod calls;
mod crowds;
mod transactions;
