//! Words for a call that failed: the reason that Solidity wrote into what a revert returned, and
//! geth's words for a call that did not run.

use alloy_primitives::{Bytes, U256};
use seam_stf::TransactionError;

/// Selector of `Error(string)`.
const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// Selector of `Panic(uint256)`.
const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// What a revert says of itself, if it is one of Solidity's two forms.
pub(crate) fn reason(output: &Bytes) -> Option<String> {
    let (selector, arguments) = output.split_first_chunk::<4>()?;
    match *selector {
        ERROR => string(arguments),
        PANIC => Some(panic(word(arguments, 0)?)),
        _ => None,
    }
}

/// The ABI encoding of one string: where it starts, how long it is, the bytes.
fn string(arguments: &[u8]) -> Option<String> {
    let start = usize::try_from(word(arguments, 0)?).ok()?;
    let length = usize::try_from(word(arguments, start)?).ok()?;
    let from = start.checked_add(32)?;
    let bytes = arguments.get(from..from.checked_add(length)?)?;
    String::from_utf8(bytes.to_vec()).ok()
}

fn word(bytes: &[u8], at: usize) -> Option<U256> {
    bytes.get(at..at.checked_add(32)?).map(U256::from_be_slice)
}

/// geth's words for Solidity's panic codes (Solidity documentation, "Panic via assert").
fn panic(code: U256) -> String {
    let known = match u8::try_from(code) {
        Ok(0x00) => "generic panic",
        Ok(0x01) => "assert(false)",
        Ok(0x11) => "arithmetic underflow or overflow",
        Ok(0x12) => "division or modulo by zero",
        Ok(0x21) => "enum overflow",
        Ok(0x22) => "invalid encoded storage byte array accessed",
        Ok(0x31) => "out-of-bounds array access; popping on an empty array",
        Ok(0x32) => "out-of-bounds access of an array or bytesN",
        Ok(0x41) => "out of memory",
        Ok(0x51) => "uninitialized function",
        _ => return format!("unknown panic code: {code:#x}"),
    };
    known.to_owned()
}

/// How revm begins and how geth does, of what callers recognise.
const WORDS: [(&str, &str); 5] = [
    ("lack of funds", "insufficient funds for gas * price + value"),
    ("call gas cost", "intrinsic gas too low"),
    ("gas floor", "insufficient gas for floor data gas cost"),
    ("gas price is less than basefee", "max fee per gas less than block base fee"),
    (
        "priority fee is greater than max fee",
        "max priority fee per gas higher than max fee per gas",
    ),
];

/// Why a call did not run. Callers look for geth's words; what follows them has the numbers.
pub(crate) fn refused(reason: &TransactionError) -> String {
    let text = reason.to_string();
    let words = WORDS.iter().find(|(ours, _)| text.starts_with(ours));
    words.map_or_else(|| text.clone(), |(_, theirs)| format!("{theirs}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    fn encoded(selector: [u8; 4], words: &[&[u8]]) -> Bytes {
        [&selector[..], &words.concat()].concat().into()
    }

    fn number(value: u64) -> [u8; 32] {
        U256::from(value).to_be_bytes()
    }

    #[test]
    fn the_reason_of_require_is_read() {
        let mut text = [0; 32];
        text[..10].copy_from_slice(b"user error");
        let output = encoded(ERROR, &[&number(32), &number(10), &text]);
        assert_eq!(reason(&output).as_deref(), Some("user error"));
    }

    #[test]
    fn panics_have_the_words_of_geth() {
        let panics = |code| reason(&encoded(PANIC, &[&number(code)]));
        assert_eq!(panics(1).as_deref(), Some("assert(false)"));
        assert_eq!(panics(0x11).as_deref(), Some("arithmetic underflow or overflow"));
        assert_eq!(panics(0x99).as_deref(), Some("unknown panic code: 0x99"));
    }

    #[test]
    fn lengths_that_lie_are_no_reason() {
        for output in [
            Bytes::new(),
            Bytes::from(hex!("08c379")),
            encoded(ERROR, &[&number(32)]),
            encoded(ERROR, &[&number(32), &number(1)]),
            encoded(ERROR, &[&number(u64::MAX), &number(1), &number(1)]),
            encoded(ERROR, &[&[0xff; 32], &number(1)]),
            encoded(ERROR, &[&number(32), &[0xff; 32], &number(1)]),
            encoded(PANIC, &[&[1; 31]]),
            encoded([1, 2, 3, 4], &[&number(1)]),
        ] {
            assert_eq!(reason(&output), None, "{output}");
        }
    }
}
