//! Prices that contracts tell, as they were at the end of each UTC day: lines for a price file.
//!
//! | contract | price |
//! |---|---|
//! | a feed with Chainlink's `AggregatorV3Interface` | the answer of its latest round, in dollars; of the time of that round |
//! | a pair of Uniswap v2 | the time-weighted mean over a window (Uniswap v2 core, "oracles"), times the price of the other token; of the window's end |
//!
//! A spot price of a pair is never used: whoever trades in one block can set it to anything.

use super::{MAX_PRICE, MAX_UNIT, PRICE_PLACES, Prices};
use crate::{
    books::{DAY_SECONDS, Span},
    model::Token,
    source::{At, Source, SourceError},
    utc::Utc,
};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, U256, U512, hex};
use std::fmt;

/// Days that are read in one go.
pub const MAX_DAYS: u64 = 4_000;
/// Seconds of a window of a pair, at least: shorter ones are cheap to sway.
pub const MIN_WINDOW: u64 = 60;

/// Where the clock of a pair begins again.
const CLOCK: u64 = 1 << 32;

const LATEST_ROUND: [u8; 4] = hex!("feaf968c");
const DECIMALS: [u8; 4] = hex!("313ce567");
const TOKEN_0: [u8; 4] = hex!("0dfe1681");
const TOKEN_1: [u8; 4] = hex!("d21220a7");
const RESERVES: [u8; 4] = hex!("0902f1ac");
const CUMULATIVE_0: [u8; 4] = hex!("5909c0d5");
const CUMULATIVE_1: [u8; 4] = hex!("5a3d5493");

/// A contract that has prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// A feed with Chainlink's interface.
    Feed(Address),
    /// A pair of Uniswap v2, and seconds over which the mean is taken.
    Pair(Address, u64),
}

/// A line of a price file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceLine {
    /// From when it is, in seconds since 1970.
    pub time: u64,
    /// Of what.
    pub token: Token,
    /// Dollars times 10^18 for 10^`unit` base units.
    pub dollars: U256,
    /// See `dollars`.
    pub unit: u8,
    /// Which contract said so, on which chain after which block.
    pub origin: String,
}

/// Why there are no prices.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// The node.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The contract does not answer as one of its kind does.
    #[error(
        "{contract} does not answer {what} after block {block}: is it {kind}, was it there by then (else give --since), and does the node have that state?"
    )]
    NoAnswer {
        /// Which contract.
        contract: Address,
        /// What was asked.
        what: &'static str,
        /// After which block.
        block: u64,
        /// What it was taken for.
        kind: &'static str,
    },
    /// It answers with something that is no price.
    #[error("{contract} says no price after block {block}: {what}")]
    NoPrice {
        /// Which contract.
        contract: Address,
        /// After which block.
        block: u64,
        /// What is wrong.
        what: String,
    },
    /// The other token of a pair has no price.
    #[error("the price of {0}, the other token of the pair, is needed at {time}: give it with --prices", time = Utc(*.1))]
    OtherToken(Address, u64),
    /// More days than [`MAX_DAYS`], or a window under [`MIN_WINDOW`].
    #[error("{0}")]
    Limit(String),
}

/// The heading of the lines.
pub const HEADING: &str = super::HEADING_WITH_ORIGIN;

/// The prices of a token at the end of each day of `span`, or now for a day that has not ended. Days before the
/// chain's first block have none. `others`: prices of the other tokens of pairs.
///
/// # Errors
/// [`OracleError`]
pub async fn observe(
    source: &Source,
    token: Token,
    oracle: Oracle,
    span: Span,
    others: Option<&Prices>,
) -> Result<Vec<PriceLine>, OracleError> {
    if let Oracle::Pair(_, window) = oracle
        && window < MIN_WINDOW
    {
        return Err(OracleError::Limit(format!("a window is of {MIN_WINDOW} seconds at least")));
    }
    let chain = source.chain_id().await?;
    let head = source.header(BlockNumberOrTag::Latest).await?.ok_or(SourceError::Gone(0))?;
    let newest = Block { number: head.number, hash: head.hash(), time: head.timestamp };
    let reading = Reading { source, token, chain, newest, others };
    let first = at(source, 0).await?.time / DAY_SECONDS;
    let days = span.first.max(first)..=span.last.min(newest.time / DAY_SECONDS);
    if days.clone().count() as u64 > MAX_DAYS {
        return Err(OracleError::Limit(format!("more than {MAX_DAYS} days: give --since")));
    }
    let unit = reading.unit().await?;
    let mut lines: Vec<PriceLine> = Vec::new();
    for day in days {
        let end = day.saturating_add(1).saturating_mul(DAY_SECONDS).saturating_sub(1);
        let Some(block) = reading.block_at(end).await? else { continue };
        let line = match oracle {
            Oracle::Feed(feed) => reading.feed(feed, block, unit).await?,
            Oracle::Pair(pair, window) => reading.pair(pair, block, window, unit).await?,
        };
        // A feed that did not move for days says the same again.
        if lines.last().is_none_or(|last| last.time < line.time) {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// A block and its time in seconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Block {
    number: u64,
    hash: B256,
    time: u64,
}

impl Block {
    const fn at(&self) -> At {
        At { number: self.number, hash: self.hash }
    }
}

async fn at(source: &Source, number: u64) -> Result<Block, OracleError> {
    let header = source.header(BlockNumberOrTag::Number(number)).await?;
    let header = header.ok_or(SourceError::Gone(number))?;
    Ok(Block { number, hash: header.hash(), time: header.timestamp })
}

struct Reading<'a> {
    source: &'a Source,
    token: Token,
    chain: u64,
    newest: Block,
    others: Option<&'a Prices>,
}

impl Reading<'_> {
    /// The last block whose time is not after `time`.
    async fn block_at(&self, time: u64) -> Result<Option<Block>, OracleError> {
        if self.newest.time <= time {
            return Ok(Some(self.newest));
        }
        let (mut before, mut after) = (at(self.source, 0).await?, self.newest);
        if before.time > time {
            return Ok(None);
        }
        while after.number.saturating_sub(before.number) > 1 {
            let middle = at(self.source, before.number.midpoint(after.number)).await?;
            if middle.time <= time { before = middle } else { after = middle }
        }
        Ok(Some(before))
    }

    /// The places of the token.
    async fn unit(&self) -> Result<u8, OracleError> {
        let Token::Erc20(token) = self.token else { return Ok(18) };
        let answer = self.number(token, DECIMALS, "decimals()", self.newest, "an ERC-20").await?;
        let unit = u8::try_from(answer).ok().filter(|unit| *unit <= MAX_UNIT);
        unit.ok_or_else(|| OracleError::NoPrice {
            contract: token,
            block: self.newest.number,
            what: format!("it has {answer} places, more than {MAX_UNIT}"),
        })
    }

    async fn feed(&self, feed: Address, block: Block, unit: u8) -> Result<PriceLine, OracleError> {
        let kind = "a feed with Chainlink's interface";
        let places = self.number(feed, DECIMALS, "decimals()", block, kind).await?;
        let what = "latestRoundData()";
        let words = self.words(feed, LATEST_ROUND, what, block, kind).await?;
        let [_, answer, _, updated, _] = words[..] else {
            return Err(no_answer(feed, what, block, kind));
        };
        let no_price = |what| OracleError::NoPrice { contract: feed, block: block.number, what };
        let dollars = in_dollars(answer, places);
        let dollars = dollars.ok_or_else(|| no_price("its answer is no price".to_owned()))?;
        let updated: Option<u64> = updated.try_into().ok();
        let time = updated.filter(|time| (1..=block.time).contains(time));
        let time = time.ok_or_else(|| no_price("its last round has no time".to_owned()))?;
        Ok(self.line(time, dollars, unit, format!("feed {feed}"), block))
    }

    async fn pair(
        &self,
        pair: Address,
        end: Block,
        window: u64,
        unit: u8,
    ) -> Result<PriceLine, OracleError> {
        let no_price = |what: &str| OracleError::NoPrice {
            contract: pair,
            block: end.number,
            what: what.to_owned(),
        };
        let kind = "a pair of Uniswap v2";
        let first = self.number(pair, TOKEN_0, "token0()", end, kind).await?;
        let second = self.number(pair, TOKEN_1, "token1()", end, kind).await?;
        let [first, second] = [first, second].map(|word| Address::from_word(B256::from(word)));
        let (is_first, other) = match self.token {
            Token::Erc20(token) if token == first => (true, second),
            Token::Erc20(token) if token == second => (false, first),
            token => return Err(no_price(&format!("it does not trade {token}"))),
        };
        let Some(start) = self.block_at(end.time.saturating_sub(window)).await? else {
            return Err(no_price("the chain is younger than the window"));
        };
        let sum_at = async |block: Block| {
            let selector = if is_first { CUMULATIVE_0 } else { CUMULATIVE_1 };
            let sum = self.number(pair, selector, "price cumulative", block, kind).await?;
            let words = self.words(pair, RESERVES, "getReserves()", block, kind).await?;
            let [zero, one, time] = words[..] else {
                return Err(no_answer(pair, "getReserves()", block, kind));
            };
            let (ours, theirs) = if is_first { (zero, one) } else { (one, zero) };
            let sum = cumulative(sum, ours, theirs, time, block.time);
            sum.ok_or_else(|| no_price("it is empty"))
        };
        let (from, to) = (sum_at(start).await?, sum_at(end).await?);
        let elapsed = end.time.saturating_sub(start.time);
        let price = self.others.and_then(|it| it.at(Token::Erc20(other), end.time).ok());
        let price = price.ok_or(OracleError::OtherToken(other, end.time))?;
        let dollars = mean_in_dollars(to.wrapping_sub(from), elapsed, unit, &price);
        let dollars = dollars.ok_or_else(|| no_price("its mean is no price"))?;
        let what = format!("pair {pair} over {elapsed} s with {}", price.origin);
        Ok(self.line(end.time, dollars, unit, what, end))
    }

    fn line(&self, time: u64, dollars: U256, unit: u8, what: String, block: Block) -> PriceLine {
        let origin = format!("{what} after block {} of chain {}", block.number, self.chain);
        // It is a field of a line.
        let origin = origin.replace([',', '\n', '\r'], " ");
        PriceLine { time, token: self.token, dollars, unit, origin }
    }

    async fn number(
        &self,
        contract: Address,
        selector: [u8; 4],
        what: &'static str,
        block: Block,
        kind: &'static str,
    ) -> Result<U256, OracleError> {
        let words = self.words(contract, selector, what, block, kind).await?;
        words.first().copied().ok_or_else(|| no_answer(contract, what, block, kind))
    }

    async fn words(
        &self,
        contract: Address,
        selector: [u8; 4],
        what: &'static str,
        block: Block,
        kind: &'static str,
    ) -> Result<Vec<U256>, OracleError> {
        let words = self.source.words(contract, &selector, block.at()).await?;
        words.ok_or_else(|| no_answer(contract, what, block, kind))
    }
}

const fn no_answer(
    contract: Address,
    what: &'static str,
    block: Block,
    kind: &'static str,
) -> OracleError {
    OracleError::NoAnswer { contract, what, block: block.number, kind }
}

/// A feed's answer with so many places as dollars times 10^18; none if it is zero, negative or absurd.
fn in_dollars(answer: U256, places: U256) -> Option<U256> {
    let places = u8::try_from(places).ok().filter(|places| *places <= MAX_UNIT)?;
    let ten = U512::from(10);
    let wide = U512::from(answer) * ten.pow(U512::from(PRICE_PLACES)) / ten.pow(U512::from(places));
    price(wide)
}

/// The sum of a pair's prices (UQ112.112 times seconds) as it is at `now`: since the pair was last used its price
/// has stood still. None if it is empty.
fn cumulative(sum: U256, ours: U256, theirs: U256, used: U256, now: u64) -> Option<U256> {
    let used: u64 = used.try_into().ok()?;
    // The pair's clock has 32 bits.
    let since = (now % CLOCK).wrapping_add(CLOCK).wrapping_sub(used % CLOCK) % CLOCK;
    let shifted: U256 = theirs << 112;
    let price = shifted.checked_div(ours).filter(|price| !price.is_zero())?;
    Some(sum.wrapping_add(price.wrapping_mul(U256::from(since))))
}

/// What 10^`unit` base units cost in dollars times 10^18, by a mean of UQ112.112 prices in the other token.
fn mean_in_dollars(sums: U256, seconds: u64, unit: u8, other: &super::Price) -> Option<U256> {
    let ten = U512::from(10);
    let mean = U512::from(sums).checked_div(U512::from(seconds))?;
    // 224 + 120 + 120 bits at most.
    let scaled = mean.checked_mul(ten.pow(U512::from(unit)))?;
    let dollars = scaled.checked_mul(U512::from(other.dollars))? >> 112_usize;
    price(dollars / ten.pow(U512::from(other.unit)))
}

fn price(dollars: U512) -> Option<U256> {
    let most = U512::from(MAX_PRICE) * U512::from(MAX_PRICE);
    (dollars > U512::ZERO && dollars <= most).then(|| dollars.to())
}

/// As a price file has it.
impl fmt::Display for PriceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = self.dollars.div_rem(U256::from(10).pow(U256::from(PRICE_PLACES)));
        let rest = format!("{rest:0>width$}", width = usize::from(PRICE_PLACES));
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        let (time, token, unit) = (Utc(self.time), self.token, self.unit);
        write!(f, "{time},{token},{whole}{point}{rest},{unit},{}", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Price;

    fn units(places: u64) -> U256 {
        U256::from(10).pow(U256::from(places))
    }

    #[test]
    fn an_answer_of_a_feed_is_dollars_and_nonsense_is_refused() {
        // 3,120.55 dollars with the eight places that feeds of dollars have.
        let dollars = in_dollars(U256::from(312_055_000_000_u64), U256::from(8));
        assert_eq!(dollars, Some(U256::from(312_055) * units(16)));
        assert_eq!(in_dollars(U256::ZERO, U256::from(8)), None);
        // Minus one.
        assert_eq!(in_dollars(U256::MAX, U256::from(8)), None);
        assert_eq!(in_dollars(U256::from(1), U256::from(37)), None);
    }

    /// The example of Uniswap v2's own tests of its sums: 3 and 3 tokens, then 6 and 2 after a while.
    #[test]
    fn sums_of_a_pair_go_on_at_the_last_price() {
        let q112 = U256::from(1) << 112;
        let three = U256::from(3) * units(18);
        let sum = cumulative(U256::ZERO, three, three, U256::from(1_000), 1_001);
        assert_eq!(sum, Some(q112));
        let (six, two) = (U256::from(6) * units(18), U256::from(2) * units(18));
        let later = cumulative(q112 * U256::from(10), six, two, U256::from(1_010), 1_020);
        assert_eq!(later, Some(q112 * U256::from(10) + (q112 / U256::from(3)) * U256::from(10)));
        // The pair's clock has 32 bits, and its sums wrap.
        let wrapped = cumulative(U256::MAX, three, three, U256::from(u32::MAX), 1 << 32);
        assert_eq!(wrapped, Some(q112 - U256::from(1)));
        assert_eq!(cumulative(U256::ZERO, U256::ZERO, three, U256::ZERO, 1), None);
    }

    #[test]
    fn a_mean_in_dollars_counts_the_places_of_both_tokens() {
        // One whole token of six places is a two-thousandth of an ether of 3,000 dollars: 1.50.
        let ratio = (units(18) << 112) / (U256::from(2_000) * units(6));
        let sums = ratio * U256::from(60);
        let other = Price {
            token: Token::Ether,
            dollars: U256::from(3_000) * units(18),
            unit: 18,
            time: 0,
            origin: String::new(),
        };
        let dollars = mean_in_dollars(sums, 60, 6, &other).unwrap();
        let expected = U256::from(15) * units(17);
        assert!(dollars <= expected && expected - dollars < units(6), "{dollars}");
        assert_eq!(mean_in_dollars(sums, 0, 6, &other), None);
    }

    #[test]
    fn a_line_is_read_back_as_it_was_written() {
        let line = PriceLine {
            time: 1_767_225_600,
            token: Token::Ether,
            dollars: U256::from(312_055) * units(16),
            unit: 18,
            origin: "feed 0x07 after block 9 of chain 1".to_owned(),
        };
        assert_eq!(
            line.to_string(),
            "2026-01-01T00:00:00Z,ether,3120.55,18,feed 0x07 after block 9 of chain 1"
        );
        let text = format!("{HEADING}\n{line}\n");
        let prices = Prices::from_csv(&text, "prices.csv", 60).unwrap();
        let read = prices.at(line.token, line.time).unwrap();
        assert_eq!((read.dollars, read.unit), (line.dollars, line.unit));
        assert_eq!(read.origin, line.origin);
    }
}
