//! Which logs are asked for, and finding them.

use super::{
    context::{Context, number_of, number_of_tag},
    error::Failure,
    params::{Argument, BlockId, BlockTag},
    types::{LogJson, logs_of},
};
use crate::chain::Head;
use alloy_primitives::{Address, B256, Bloom, BloomInput, Log};
use seam_storage::LogKey;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Places that a log has for topics.
const TOPICS: usize = 4;
/// Blocks whose index entries are read at a time.
const STRIDE: u64 = 4_096;

/// Addresses and topics. Nothing given for either is anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Criteria {
    addresses: Vec<Address>,
    /// By place: one of these; anything if there are none.
    topics: Vec<Vec<B256>>,
}

/// Which blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocks {
    /// The one with this hash.
    Hash(B256),
    /// From the first to the second, both included.
    Range(BlockTag, BlockTag),
}

/// The object that `eth_getLogs`, `eth_newFilter` and `eth_subscribe` take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogQuery {
    pub(crate) criteria: Criteria,
    pub(crate) blocks: Blocks,
}

impl Argument for LogQuery {
    fn from_value(value: &Value) -> Result<Self, String> {
        let members = value.as_object().ok_or_else(|| "not an object".to_owned())?;
        let criteria = Criteria {
            addresses: one_or_many(member(members, "address"))?,
            topics: topics(member(members, "topics"))?,
        };
        Ok(Self { criteria, blocks: blocks(members)? })
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn blocks(members: &Map<String, Value>) -> Result<Blocks, String> {
    let (from, to) = (member(members, "fromBlock"), member(members, "toBlock"));
    if let Some(hash) = member(members, "blockHash") {
        if from.is_some() || to.is_some() {
            let choose = "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the \
                          other";
            return Err(choose.to_owned());
        }
        return B256::from_value(hash).map(Blocks::Hash);
    }
    let tag = |value: Option<&Value>| value.map(BlockTag::from_value).transpose();
    Ok(Blocks::Range(tag(from)?.unwrap_or_default(), tag(to)?.unwrap_or_default()))
}

fn one_or_many<T: Argument>(value: Option<&Value>) -> Result<Vec<T>, String> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(T::from_value).collect(),
        Some(value) => Ok(vec![T::from_value(value)?]),
    }
}

fn topics(value: Option<&Value>) -> Result<Vec<Vec<B256>>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let places = value.as_array().ok_or_else(|| "invalid topics".to_owned())?;
    if places.len() > TOPICS {
        return Err("exceed max topics".to_owned());
    }
    let place = |value: &Value| match value {
        Value::Null => Ok(Vec::new()),
        // One null among them makes the place match anything, as for geth.
        Value::Array(values) if values.iter().any(Value::is_null) => Ok(Vec::new()),
        value => one_or_many(Some(value)),
    };
    places.iter().map(place).collect()
}

impl Criteria {
    /// Refuses more than `most` addresses, or topics at one place.
    pub(crate) fn check(&self, most: usize) -> Result<(), Failure> {
        if self.addresses.len() > most {
            return Err(Failure::params(format!("exceed max addresses: {most}")));
        }
        if self.topics.iter().any(|place| place.len() > most) {
            return Err(Failure::params(format!("exceed max topics at a place: {most}")));
        }
        Ok(())
    }

    /// Whether a log is one of them.
    pub(crate) fn matches(&self, log: &Log) -> bool {
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        let topics = log.data.topics();
        // A place that may be anything must be there all the same.
        let enough = topics.len() >= self.topics.len();
        let mut places = self.topics.iter().zip(topics);
        address && enough && places.all(|(any, topic)| any.is_empty() || any.contains(topic))
    }

    /// Whether a block with this bloom filter may have one of them.
    fn may_match(&self, bloom: &Bloom) -> bool {
        let has = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        let address = self.addresses.is_empty()
            || self.addresses.iter().any(|address| has(address.as_slice()));
        let place = |any: &Vec<B256>| any.is_empty() || any.iter().any(|topic| has(&topic[..]));
        address && self.topics.iter().all(place)
    }

    /// What the index is asked for; each of the sets must have the block.
    fn keys(&self) -> Vec<Vec<LogKey>> {
        let addresses = self.addresses.iter().map(|address| LogKey::Address(*address)).collect();
        let topics = (0_u8..).zip(&self.topics);
        let topics = topics
            .map(|(place, any)| any.iter().map(|topic| LogKey::Topic(place, *topic)).collect());
        std::iter::once(addresses).chain(topics).filter(|keys: &Vec<_>| !keys.is_empty()).collect()
    }
}

/// The logs that a query asks for.
///
/// # Errors
/// As geth's; beyond a limit, what to do.
pub(crate) fn find(context: &Context, query: &LogQuery) -> Result<Vec<LogJson>, Failure> {
    query.criteria.check(context.settings.log_criteria)?;
    let head = context.chain.head();
    let (from, to) = range(context, &head, query.blocks)?;
    let mut found = Vec::new();
    let mut low = from;
    while low <= to {
        let high = to.min(low.saturating_add(STRIDE - 1));
        for number in candidates(&head, &query.criteria, low, high)? {
            collect(&head, number, &query.criteria, &mut found)?;
            let most = context.settings.log_results;
            if found.len() > most {
                let advice = "ask for fewer blocks";
                let message = format!("query returned more than {most} results: {advice}");
                return Err(Failure::limit(message));
            }
        }
        low = high.saturating_add(1);
    }
    Ok(found)
}

fn range(context: &Context, head: &Head, blocks: Blocks) -> Result<(u64, u64), Failure> {
    let (from, to) = match blocks {
        Blocks::Hash(hash) => {
            let number = number_of(head, BlockId::Hash(hash))?;
            let number = number.ok_or_else(|| Failure::server("unknown block"))?;
            return Ok((number, number));
        }
        Blocks::Range(from, to) => (number_of_tag(head, from), number_of_tag(head, to)),
    };
    if from > to {
        return Err(Failure::params("invalid block range params"));
    }
    if to > head.number() {
        return Err(Failure::params("block range extends beyond current head block"));
    }
    let most = context.settings.log_blocks;
    if to - from >= most {
        return Err(Failure::limit(format!("query exceeds max block range {most}")));
    }
    Ok((from, to))
}

/// The blocks in a range that may have such a log.
fn candidates(
    head: &Head,
    criteria: &Criteria,
    from: u64,
    to: u64,
) -> Result<BTreeSet<u64>, Failure> {
    // As many blocks as there are in the range: none is cut off.
    let most = usize::try_from(to - from + 1).unwrap_or(usize::MAX);
    let mut sets = Vec::new();
    for keys in criteria.keys() {
        sets.push(head.reader.blocks_with_logs(&keys, from, to, most)?);
    }
    let both =
        |all: BTreeSet<u64>, other: BTreeSet<u64>| all.intersection(&other).copied().collect();
    Ok(sets.into_iter().reduce(both).unwrap_or_else(|| (from..=to).collect()))
}

fn collect(
    head: &Head,
    number: u64,
    criteria: &Criteria,
    found: &mut Vec<LogJson>,
) -> Result<(), Failure> {
    let header = head.reader.header(number)?;
    if header.is_none_or(|(_, header)| !criteria.may_match(&header.logs_bloom)) {
        return Ok(());
    }
    let (block, receipts) = (head.reader.block(number)?, head.reader.receipts(number)?);
    if let (Some(stored), Some(receipts)) = (block, receipts) {
        let wanted = |log: &Log| criteria.matches(log);
        found.extend(logs_of(&stored.block, stored.hash, &receipts, wanted).map(|(_, log)| log));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, LogData, logs_bloom};
    use serde_json::json;

    const A: Address = Address::repeat_byte(0xaa);
    const T: B256 = B256::repeat_byte(1);
    const U: B256 = B256::repeat_byte(2);

    fn query(value: Value) -> Result<LogQuery, String> {
        LogQuery::from_value(&value)
    }

    fn criteria(value: Value) -> Criteria {
        query(value).unwrap().criteria
    }

    fn log(topics: &[B256]) -> Log {
        Log { address: A, data: LogData::new_unchecked(topics.to_vec(), Bytes::new()) }
    }

    #[test]
    fn addresses_and_topics_are_one_or_many_or_anything() {
        assert_eq!(criteria(json!({})), Criteria::default());
        assert_eq!(criteria(json!({ "address": A })), criteria(json!({ "address": [A] })));
        let topics = criteria(json!({ "topics": [T, null, [T, U], [T, null]] }));
        assert_eq!(topics.topics, [vec![T], vec![], vec![T, U], vec![]]);
        assert!(query(json!({ "topics": [T, T, T, T, T] })).is_err());
        assert!(query(json!({ "topics": T })).is_err());
        assert!(query(json!([])).is_err());
    }

    #[test]
    fn blocks_are_a_hash_or_a_range() {
        let blocks = |value| query(value).map(|query| query.blocks);
        assert_eq!(blocks(json!({})), Ok(Blocks::Range(BlockTag::Latest, BlockTag::Latest)));
        let range = json!({ "fromBlock": "0x1", "toBlock": "finalized" });
        assert_eq!(blocks(range), Ok(Blocks::Range(BlockTag::Number(1), BlockTag::Finalized)));
        assert_eq!(blocks(json!({ "blockHash": T })), Ok(Blocks::Hash(T)));
        assert!(blocks(json!({ "blockHash": T, "toBlock": "0x1" })).is_err());
    }

    #[test]
    fn a_log_matches_by_place() {
        let matches = |value, topics: &[B256]| criteria(value).matches(&log(topics));
        assert!(matches(json!({}), &[]));
        assert!(matches(json!({ "topics": [T] }), &[T, U]));
        assert!(matches(json!({ "topics": [null, [U, T]] }), &[T, U]));
        assert!(!matches(json!({ "topics": [U] }), &[T, U]));
        assert!(!matches(json!({ "topics": [T, null] }), &[T]), "there is no second topic");
        assert!(!matches(json!({ "address": Address::ZERO }), &[T]));
        assert!(matches(json!({ "address": [Address::ZERO, A], "topics": [T] }), &[T]));
    }

    #[test]
    fn the_bloom_never_hides_a_match() {
        let log = log(&[T, U]);
        let bloom = logs_bloom([&log]);
        for value in [json!({}), json!({ "address": A }), json!({ "topics": [[T, U], U] })] {
            let criteria = criteria(value);
            assert!(criteria.matches(&log) && criteria.may_match(&bloom));
        }
        assert!(!criteria(json!({ "topics": [B256::repeat_byte(9)] })).may_match(&bloom));
    }

    #[test]
    fn too_many_criteria_are_refused() {
        let many = criteria(json!({ "address": [A, A, A], "topics": [[T, U]] }));
        assert!(many.check(3).is_ok());
        assert!(many.check(2).is_err());
        assert!(criteria(json!({ "topics": [[T, U]] })).check(1).is_err());
    }
}
