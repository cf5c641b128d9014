//! Events and functions that are known by name: those of tokens, Uniswap v2, the bridge and batches.

use crate::{node::Log, text};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use maud::{Markup, html};
use seam_stf::derive::inbox;
use std::{collections::HashMap, sync::LazyLock};

/// Name, fields with type and name; `indexed` ones are topics. As in Solidity.
const EVENTS: [&str; 17] = [
    "Transfer(address indexed from,address indexed to,uint256 value)",
    "Approval(address indexed owner,address indexed spender,uint256 value)",
    "Deposit(address indexed dst,uint256 wad)",
    "Withdrawal(address indexed src,uint256 wad)",
    "Swap(address indexed sender,uint256 amount0In,uint256 amount1In,uint256 amount0Out,uint256 amount1Out,address indexed to)",
    "Sync(uint112 reserve0,uint112 reserve1)",
    "Mint(address indexed sender,uint256 amount0,uint256 amount1)",
    "Burn(address indexed sender,uint256 amount0,uint256 amount1,address indexed to)",
    "PairCreated(address indexed token0,address indexed token1,address pair,uint256 count)",
    "TransactionDeposited(address indexed from,address indexed to,uint256 indexed version,bytes opaqueData)",
    "ETHDepositInitiated(address indexed from,address indexed to,uint256 amount,bytes extraData)",
    "ETHBridgeInitiated(address indexed from,address indexed to,uint256 amount,bytes extraData)",
    "ETHBridgeFinalized(address indexed from,address indexed to,uint256 amount,bytes extraData)",
    "RelayedMessage(bytes32 indexed msgHash)",
    "FailedRelayedMessage(bytes32 indexed msgHash)",
    "OwnershipTransferred(address indexed previousOwner,address indexed newOwner)",
    "ConfigUpdate(uint256 indexed version,uint8 indexed updateType,bytes data)",
];

/// Functions that are called often.
const FUNCTIONS: [&str; 24] = [
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "balanceOf(address)",
    "mint(address,uint256)",
    "mint(address)",
    "burn(address)",
    "deposit()",
    "withdraw(uint256)",
    "withdraw()",
    "swap(uint256,uint256,address,bytes)",
    "getReserves()",
    "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
    "swapExactETHForTokens(uint256,address[],address,uint256)",
    "swapExactTokensForETH(uint256,uint256,address[],address,uint256)",
    "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)",
    "removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)",
    "depositTransaction(address,uint256,uint64,bool,bytes)",
    "setL1BlockValuesIsthmus()",
    "resourceConfig()",
    "batcherHash()",
    "post((uint16,uint64,uint64,uint64,bytes32,bytes32))",
    "postCalldata((uint16,uint64,uint64,uint64,bytes32,bytes32),bytes)",
    "relayMessage(uint256,address,address,uint256,uint256,bytes)",
];

/// An event in words.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) fields: Vec<(&'static str, Markup)>,
}

struct Field {
    kind: &'static str,
    name: &'static str,
    indexed: bool,
}

/// By their first topic; those with the same one differ in what is indexed.
static BY_TOPIC: LazyLock<HashMap<B256, (&str, Vec<Field>)>> =
    LazyLock::new(|| EVENTS.into_iter().filter_map(parse).collect());

static BY_SELECTOR: LazyLock<HashMap<[u8; 4], &str>> = LazyLock::new(|| {
    let entry = |signature: &'static str| Some((*keccak256(signature).first_chunk()?, signature));
    FUNCTIONS.into_iter().filter_map(entry).collect()
});

fn parse(text: &'static str) -> Option<(B256, (&'static str, Vec<Field>))> {
    let (name, fields) = text.strip_suffix(')')?.split_once('(')?;
    let field = |field: &'static str| {
        let (kind, rest) = field.split_once(' ')?;
        let (indexed, name) = match rest.strip_prefix("indexed ") {
            Some(name) => (true, name),
            None => (false, rest),
        };
        Some(Field { kind, name, indexed })
    };
    let fields = fields.split(',').map(field).collect::<Option<Vec<_>>>()?;
    let kinds: Vec<_> = fields.iter().map(|field| field.kind).collect();
    Some((keccak256(format!("{name}({})", kinds.join(","))), (name, fields)))
}

/// The event, if it is known and is what it says.
pub(super) fn decode(log: &Log) -> Option<Event> {
    posted(log).or_else(|| listed(log))
}

/// A batch that the inbox took: the same reader as that of derivation.
fn posted(log: &Log) -> Option<Event> {
    let log = alloy_primitives::Log::new(log.address, log.topics.clone(), log.data.clone())?;
    let batch = inbox::read(&log)?;
    let number = |number: u64| html! { data value=(number) { (text::number(number)) } };
    let hash = |hash: B256| html! { span .hash { (hash) } };
    let header = batch.header;
    let fields = vec![
        ("index", number(batch.index)),
        ("poster", text::account(batch.poster, "")),
        ("firstBlock", number(header.first_block)),
        ("lastBlock", number(header.last_block)),
        ("l1Number", number(header.l1_number)),
        ("blobs", number(batch.versioned_hashes.len() as u64)),
        ("dataHash", hash(batch.data_hash)),
        ("accumulator", hash(batch.accumulator)),
    ];
    Some(Event { name: "BatchPosted", fields })
}

fn listed(log: &Log) -> Option<Event> {
    let (first, topics) = log.topics.split_first()?;
    let (name, fields) = BY_TOPIC.get(first)?;
    let (mut topics, mut words) = (topics.iter(), log.data.chunks_exact(32));
    let mut shown = Vec::new();
    for field in fields {
        let word = match field.indexed {
            true => *topics.next()?,
            false => B256::try_from(words.next()?).ok()?,
        };
        shown.push((field.name, value(field.kind, word, &log.data)?));
    }
    topics.next().is_none().then_some(Event { name, fields: shown })
}

/// The name of a function, if it is a known one.
pub(super) fn function(selector: &[u8]) -> Option<&'static str> {
    BY_SELECTOR.get(selector.first_chunk::<4>()?).copied()
}

fn value(kind: &str, word: B256, data: &[u8]) -> Option<Markup> {
    let number = U256::from_be_bytes(word.0);
    Some(match kind {
        "address" => {
            if word[..12].iter().any(|byte| *byte != 0) {
                return None;
            }
            text::account(Address::from_word(word), "")
        }
        "bytes32" => html! { span .hash { (word) } },
        "bytes" => {
            let rest = data.get(usize::try_from(number).ok()?..)?;
            let (length, rest) = rest.split_first_chunk::<32>()?;
            let length = usize::try_from(U256::from_be_bytes(*length)).ok()?;
            html! { code { (Bytes::copy_from_slice(rest.get(..length)?)) } }
        }
        _ => html! { data value=(number) { (number) } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    /// `keccak256("Transfer(address,address,uint256)")`, as every token's.
    const TRANSFER: B256 =
        b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

    fn log(topics: Vec<B256>, data: Vec<u8>) -> Log {
        Log {
            address: Address::ZERO,
            topics,
            data: data.into(),
            log_index: None,
            block_number: None,
            block_hash: None,
            transaction_hash: None,
        }
    }

    fn shown(event: &Event) -> String {
        event.fields.iter().map(|(name, value)| format!("{name}={} ", value.0)).collect()
    }

    #[test]
    fn every_signature_in_the_lists_is_one() {
        assert_eq!((BY_TOPIC.len(), BY_SELECTOR.len()), (EVENTS.len(), FUNCTIONS.len()));
        assert_eq!(BY_TOPIC[&TRANSFER].0, "Transfer");
        assert_eq!(function(&[0xa9, 0x05, 0x9c, 0xbb, 1]), Some("transfer(address,uint256)"));
        assert_eq!(function(&[0xa9, 0x05]), None);
    }

    #[test]
    fn a_tokens_transfer_is_read_and_one_of_an_nft_is_not_mistaken_for_it() {
        let party = |byte| Address::repeat_byte(byte).into_word();
        let amount = U256::from(7).to_be_bytes_vec();
        let event = decode(&log(vec![TRANSFER, party(1), party(2)], amount)).unwrap();
        assert!(shown(&event).contains("value=<data value=\"7\">7</data>"), "{}", shown(&event));
        assert!(decode(&log(vec![TRANSFER, party(1), party(2), party(3)], vec![])).is_none());
    }

    #[test]
    fn lies_are_shown_as_bytes_and_not_read() {
        let dirty = B256::repeat_byte(0xff);
        assert!(decode(&log(vec![TRANSFER, dirty, dirty], vec![0; 32])).is_none());
        assert!(decode(&log(vec![TRANSFER], vec![0; 96])).is_none());
        assert!(decode(&log(vec![], vec![])).is_none());
        let updated = keccak256("ConfigUpdate(uint256,uint8,bytes)");
        let far = U256::MAX.to_be_bytes_vec();
        assert!(decode(&log(vec![updated, B256::ZERO, B256::ZERO], far)).is_none());
    }
}
