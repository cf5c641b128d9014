//! Plain ether: what goes along with a transaction, and what contracts send in one.
//!
//! Source: Yellow Paper, "Message Call". What contracts send is known where the node traces (`callTracer`); elsewhere
//! it is unexplained.

use super::{
    BookError, Rule,
    booking::{Booking, By, Payment, Sign, why},
};
use crate::model::Source;

pub(super) const VALUE: Rule = Rule {
    name: "ether-value",
    says: "Ether that was sent with a transaction; it moves only if the transaction succeeds.",
    formula: "value",
    source: "Yellow Paper, Message Call",
};

pub(super) const INNER: Rule = Rule {
    name: "ether-inner",
    says: "Ether that a contract sent in a transaction, as the trace of the transaction tells.",
    formula: "value",
    source: "geth, callTracer",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for Payment { from, to, value, by } in booking.take_all() {
        // What one pays to oneself changes nothing.
        if from == to {
            continue;
        }
        let rule = if by == By::Transaction { &VALUE } else { &INNER };
        let why = why! { "value": value, "to": to };
        booking.ether(rule, from, Source::Transfer, (Sign::Less, value), why)?;
        let why = why! { "value": value, "from": from };
        booking.ether(rule, to, Source::Transfer, (Sign::More, value), why)?;
    }
    Ok(())
}
