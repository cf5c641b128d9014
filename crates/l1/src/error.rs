//! What a failure asks of whoever meets it.

/// How bad a failure is: what may go on after it, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The same may work in a moment. Example: no endpoint answered.
    Retry,
    /// Go on from the last point that is sure. Example: an L1 reorg below what was read.
    Reset,
    /// Going on could lose funds, or cannot work until a person does something. Example: an outside
    /// transaction took the nonce of one of ours.
    Halt,
}
