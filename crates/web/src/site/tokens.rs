//! What tokens call themselves, asked once.

use crate::{
    node::{Layer, Node, NodeError},
    text,
};
use alloy_primitives::{Address, U256, keccak256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How a token is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName {
    /// What it calls itself, as harmless text; its address where it does not.
    pub symbol: Arc<str>,
    /// How many digits of its base units come after the point; 0 where it does not say.
    pub decimals: u8,
}

/// Names that are kept; anybody can make tokens, so there must be an end.
const MAX_NAMES: usize = 10_000;
/// Bytes of a name that are looked at.
const MAX_BYTES: usize = 256;
/// Digits of the largest number of 256 bits: more after the point mean nothing.
const MAX_DECIMALS: u8 = 77;

#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<(Layer, Address), TokenName>>);

impl Tokens {
    /// How a token is shown; by its address where nobody answers.
    pub(super) async fn name(&self, node: &Node, token: Address) -> TokenName {
        let key = (node.layer(), token);
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known().get(&key) {
            return name.clone();
        }
        let ask = |signature: &str| keccak256(signature)[..4].to_vec();
        let (symbol_of, decimals_of) = (ask("symbol()"), ask("decimals()"));
        let answers = tokio::join!(node.call(token, &symbol_of), node.call(token, &decimals_of));
        let name = match answers {
            (Err(NodeError::Silent { .. }), _) | (_, Err(NodeError::Silent { .. })) => {
                return TokenName::unknown(token);
            }
            (symbol_of, decimals_of) => TokenName {
                symbol: symbol_of
                    .ok()
                    .and_then(|answer| symbol(&answer))
                    .map_or_else(|| TokenName::unknown(token).symbol, Into::into),
                decimals: decimals_of.ok().and_then(|answer| decimals(&answer)).unwrap_or(0),
            },
        };
        let mut names = known();
        if names.len() < MAX_NAMES {
            names.insert(key, name.clone());
        }
        name
    }
}

impl TokenName {
    /// Of a chain's own ether.
    pub fn ether() -> Self {
        Self { symbol: "ETH".into(), decimals: 18 }
    }

    /// Of a token that nobody can be asked about.
    pub fn unknown(token: Address) -> Self {
        Self { symbol: text::short(&token.to_string()).into(), decimals: 0 }
    }
}

/// A number as the ABI has it, if it means something.
fn decimals(answer: &[u8]) -> Option<u8> {
    let word = U256::from_be_bytes(*answer.first_chunk::<32>()?);
    u8::try_from(word).ok().filter(|decimals| *decimals <= MAX_DECIMALS)
}

/// A string as the ABI has it, or 32 bytes of one as the oldest tokens do.
fn symbol(answer: &[u8]) -> Option<String> {
    let bytes = match answer {
        [_, ..] if answer.len() == 32 => answer.split(|byte| *byte == 0).next()?,
        _ => {
            let rest = answer.get(32..)?;
            let (length, rest) = rest.split_first_chunk::<32>()?;
            let length = usize::try_from(U256::from_be_bytes(*length)).ok()?;
            rest.get(..length.min(MAX_BYTES).min(rest.len()))?
        }
    };
    let name = text::foreign(&String::from_utf8_lossy(bytes));
    (!name.trim().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abi(text: &str, length: u64) -> Vec<u8> {
        let word = |number: u64| U256::from(number).to_be_bytes::<32>();
        let mut bytes = [word(32), word(length)].concat();
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes
    }

    #[test]
    fn both_forms_are_read_and_lies_about_lengths_are_harmless() {
        assert_eq!(symbol(&abi("PLAY", 4)).as_deref(), Some("PLAY"));
        let mut old = b"MKR".to_vec();
        old.resize(32, 0);
        assert_eq!(symbol(&old).as_deref(), Some("MKR"));
        assert!(symbol(&abi("PLAY", u64::MAX)).is_some());
        assert_eq!(symbol(&[]), None);
        assert_eq!(symbol(&[0; 33]), None);
        assert_eq!(symbol(&abi("   ", 3)), None);
    }

    #[test]
    fn decimals_that_mean_nothing_are_none() {
        let word = |number: U256| number.to_be_bytes::<32>();
        assert_eq!(decimals(&word(U256::from(18))), Some(18));
        assert_eq!(decimals(&word(U256::from(78))), None);
        assert_eq!(decimals(&word(U256::MAX)), None);
        assert_eq!(decimals(&[18]), None);
    }

    #[test]
    fn a_hostile_name_is_cut_and_disarmed() {
        let name = symbol(&abi("<img src=x onerror=alert(1)>\u{202e}", 31)).unwrap();
        assert!(name.starts_with("<img src=x") && name.ends_with('\u{fffd}'), "{name}");
        assert!(symbol(&abi(&"x".repeat(1_000), 1_000)).unwrap().chars().count() <= 41);
    }
}
