//! The proving worker: runs the guest in the zkVM.
//!
//! The only package that links the zkVM's SDK, built in a target directory of its own. So far it
//! executes, without a proof: `seam-prover execute` prints the block's hash, the instructions and
//! where they went.
//!
//! | module | what |
//! |---|---|
//! | [`machine`] | [`Guest`]: an ELF, ready to execute |
//! | [`code`] | [`Code`]: the functions of an ELF, what calls and what returns |
//! | [`parts`] | [`Part`]: which part of the work a function belongs to |
//! | [`profile`] | [`Profile`]: instructions by part and by function |
//! | [`input`] | blocks as inputs of the guest |
//! | [`report`] | what is printed |

// OpenVM's derive macro for configurations (vm.rs) asks for features that only its own crates have.
#![allow(unexpected_cfgs)]

pub mod code;
pub mod input;
pub mod machine;
pub mod parts;
pub mod profile;
pub mod report;

mod vm;

pub use code::Code;
pub use machine::{Guest, GuestError};
pub use parts::Part;
pub use profile::Profile;
