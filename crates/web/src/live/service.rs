//! Asks the nodes and the books, again and again.

use super::{
    BLOCKS, BlockPoint, Booked, Fees, Head, LayerState, Margin, Network, Rates, batches::Posted,
    risk,
};
use crate::{
    node::{Block, Layer, Node, NodeError, Tag, call},
    site::{Site, WeakSite},
};
use alloy_primitives::{Address, Bytes, U256, address, keccak256};
use seam_ledger::{
    Books,
    check::check,
    report::profit::{ProfitQuery, profit},
    source::{Source, SourceLimits, Tracing},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// How often the nodes are asked for their heads.
const TICK: Duration = Duration::from_millis(500);
/// How often the books are read.
const BOOKS_TICK: Duration = Duration::from_secs(2);
/// How often every balance is compared with the chains'.
const CHECK_TICK: Duration = Duration::from_secs(60);
/// How often the configuration is read.
const RISK_TICK: Duration = Duration::from_secs(60);
/// Blocks that are read in one request.
const BLOCKS_A_REQUEST: u64 = 50;
/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;
/// Bytes of a plain transfer without its signature, about.
const TRANSFER_BYTES: u64 = 114;
/// The OP Stack's predeploy that computes fees.
const GAS_PRICE_ORACLE: Address = address!("0x420000000000000000000000000000000000000F");

/// Starts to read for a site, until nobody has it any more.
pub(crate) fn start(site: &Site) {
    tokio::spawn(heads(site.weak()));
    tokio::spawn(batches(site.weak()));
    tokio::spawn(risks(site.weak()));
    if site.books().is_some() {
        tokio::spawn(books(site.weak()));
        tokio::spawn(checks(site.weak()));
    }
}

/// One site after each tick, until there is none any more.
struct Ticks {
    interval: Interval,
    weak: WeakSite,
}

impl Ticks {
    fn new(tick: Duration, weak: WeakSite) -> Self {
        let mut interval = interval(tick);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { interval, weak }
    }

    async fn next(&mut self) -> Option<Site> {
        self.interval.tick().await;
        self.weak.site()
    }
}

async fn heads(weak: WeakSite) {
    let mut ticks = Ticks::new(TICK, weak);
    while let Some(site) = ticks.next().await {
        look(&site).await;
    }
}

async fn look(site: &Site) {
    let l1 = async {
        match site.l1() {
            Some(node) => Some(layer(site, node).await),
            None => None,
        }
    };
    let (l2, l1) = tokio::join!(layer(site, site.l2()), l1);
    let known = site.live().network();
    // Fees are what a block and a suggested price make them.
    let price = |state: &LayerState| (state.latest, state.gas_price);
    let same =
        price(&known.l2) == price(&l2) && known.l1.as_ref().map(price) == l1.as_ref().map(price);
    let fees = match l2.silent {
        Some(_) => Fees::default(),
        None if same && known.l2.silent.is_none() => known.fees.clone(),
        None => fees(site.l2(), &l2, l1.as_ref()).await,
    };
    let agreement = site.agreement();
    update(site, |network| {
        (network.l2, network.l1) = (l2, l1);
        (network.fees, network.agreement) = (fees, agreement);
    });
}

/// Tells viewers, if anything is new.
fn update(site: &Site, change: impl FnOnce(&mut Network)) {
    let live = site.live();
    let mut next = (*live.network()).clone();
    change(&mut next);
    live.network.send_if_modified(|network| {
        let changed = **network != next;
        *network = Arc::new(next);
        changed
    });
}

/// How a node is; what it said last stays if it says nothing now.
async fn layer(site: &Site, node: &Node) -> LayerState {
    let network = site.live().network();
    let known = match node.layer() {
        Layer::L2 => network.l2.clone(),
        Layer::L1 => network.l1.clone().unwrap_or_default(),
    };
    match ask_layer(site, node).await {
        Ok(state) => state,
        Err(error) => LayerState { silent: Some(error.to_string()), ..known },
    }
}

async fn ask_layer(site: &Site, node: &Node) -> Result<LayerState, NodeError> {
    let tags = [Tag::Latest, Tag::Safe, Tag::Finalized].map(Tag::question);
    let others = [("eth_gasPrice", json!([])), ("eth_chainId", json!([]))];
    let answers = node.ask_all(&tags.into_iter().chain(others).collect::<Vec<_>>()).await?;
    let [latest, safe, finalized, price, id] = five(answers);
    let latest: Block = parsed(node, latest?)?;
    let number = |answer: Result<Value, NodeError>| {
        let block: Block = parsed(node, answer.ok()?).ok()?;
        Some(block.number.to::<u64>())
    };
    catch_up(site, node, &latest).await?;
    let rates = Rates::of(site.live().kept().of(node.layer()));
    Ok(LayerState {
        chain_id: Some(parsed::<alloy_primitives::U64>(node, id?)?.to()),
        silent: None,
        latest: Some(Head {
            number: latest.number.to(),
            hash: latest.hash,
            time: latest.timestamp.to(),
        }),
        safe: number(safe),
        finalized: number(finalized),
        gas_price: parsed(node, price?).ok(),
        rates,
    })
}

/// As many answers as there were questions: the client has counted.
fn five<T>(answers: Vec<Result<T, NodeError>>) -> [Result<T, NodeError>; 5] {
    let mut answers = answers.into_iter();
    std::array::from_fn(|_| {
        let none = || Err(NodeError::Silent { layer: Layer::L2, reason: "no answer".to_owned() });
        answers.next().unwrap_or_else(none)
    })
}

fn parsed<T: serde::de::DeserializeOwned>(node: &Node, value: Value) -> Result<T, NodeError> {
    serde_json::from_value(value).map_err(|error| NodeError::Silent {
        layer: node.layer(),
        reason: format!("an answer that cannot be read: {error}"),
    })
}

/// Reads the blocks up to this head that charts lack. Where the chain was reorganised they are read anew.
async fn catch_up(site: &Site, node: &Node, latest: &Block) -> Result<(), NodeError> {
    let head: u64 = latest.number.to();
    let oldest = (head + 1).saturating_sub(BLOCKS as u64);
    let known = {
        let mut kept = site.live().kept();
        let blocks = kept.of(node.layer());
        while blocks.back().is_some_and(|block| block.number >= head && block.hash != latest.hash) {
            blocks.pop_back();
        }
        blocks.back().map(|block| block.number)
    };
    let mut next = known.map_or(oldest, |known| oldest.max(known + 1));
    while next <= head {
        let last = head.min(next + BLOCKS_A_REQUEST - 1);
        let questions: Vec<_> =
            (next..=last).map(|number| Tag::Number(number).question()).collect();
        let mut points = Vec::new();
        for answer in node.ask_all(&questions).await? {
            points.push(point(node.layer(), &parsed(node, answer?)?));
        }
        let mut kept = site.live().kept();
        let blocks = kept.of(node.layer());
        if let (Some(before), Some(first)) = (blocks.back(), points.first())
            && before.number + 1 == first.number
            && before.hash != first.parent
        {
            // Another branch: the next tick looks further back.
            blocks.pop_back();
            return Ok(());
        }
        blocks.extend(points);
        while blocks.len() > BLOCKS {
            blocks.pop_front();
        }
        next = last + 1;
    }
    Ok(())
}

fn point(layer: Layer, block: &Block) -> BlockPoint {
    let system = u64::from(layer == Layer::L2);
    BlockPoint {
        number: block.number.to(),
        hash: block.hash,
        time: block.timestamp.to(),
        transactions: (block.transactions.len() as u64).saturating_sub(system),
        gas_used: block.gas_used.to(),
        gas_limit: block.gas_limit.to(),
        base_fee: block.base_fee_per_gas,
        parent: block.parent_hash,
    }
}

/// What a transfer costs on both layers.
async fn fees(node: &Node, l2: &LayerState, l1: Option<&LayerState>) -> Fees {
    let oracle = |signature: &str, number: u64| {
        let word = U256::from(number).to_be_bytes::<32>();
        let data = [&keccak256(signature)[..4], &word].concat();
        ("eth_call", json!([call(GAS_PRICE_ORACLE, &data), "latest"]))
    };
    let questions = [
        oracle("getL1FeeUpperBound(uint256)", TRANSFER_BYTES),
        oracle("getOperatorFee(uint256)", TRANSFER_GAS),
    ];
    let word = |answer: Result<Value, NodeError>| {
        let bytes: Bytes = serde_json::from_value(answer.ok()?).ok()?;
        Some(U256::from_be_bytes(*bytes.first_chunk::<32>()?))
    };
    let mut parts = node.ask_all(&questions).await.unwrap_or_default().into_iter().map(word);
    let (data, operator) = (parts.next().flatten(), parts.next().flatten());
    let gas = |state: &LayerState| state.gas_price?.checked_mul(U256::from(TRANSFER_GAS));
    Fees::of(l1.and_then(gas), [gas(l2), data, operator])
}

/// Batches as L1 gets them.
async fn batches(weak: WeakSite) {
    let (mut posted, mut ticks) = (Posted::default(), Ticks::new(TICK * 2, weak));
    while let Some(site) = ticks.next().await {
        let Some(found) = posted.read(&site).await else { continue };
        let newest = found.first().map(|batch| batch.index);
        site.live().kept().batches = found.into();
        update(&site, |network| network.batches = newest);
    }
}

async fn risks(weak: WeakSite) {
    let (mut due, mut ticks) = (Instant::now(), Ticks::new(TICK * 2, weak));
    while let Some(site) = ticks.next().await {
        if Instant::now() < due {
            continue;
        }
        match risk::read(&site).await {
            Ok(risks) => {
                site.live().kept().risks = risks.into();
                due = Instant::now() + RISK_TICK;
            }
            Err(error) => tracing::debug!(%error, "the rollup's configuration is not read"),
        }
    }
}

async fn books(weak: WeakSite) {
    let mut ticks = Ticks::new(BOOKS_TICK, weak);
    while let Some(site) = ticks.next().await {
        let Some(books) = site.books() else { return };
        match ask_books(books).await {
            Ok((books, operator)) => {
                update(&site, |network| {
                    (network.books, network.operator) = (books, Some(operator));
                });
            }
            Err(error) => tracing::debug!(%error, "the books are not read"),
        }
    }
}

async fn ask_books(
    books: &Books,
) -> Result<(Vec<Booked>, Margin), seam_ledger::report::ReportError> {
    let mut booked = Vec::new();
    for chain in books.chains().await? {
        let cursor = books.cursor(chain.id).await?;
        booked.push(Booked { chain: chain.id, block: cursor.map(|(number, _)| number) });
    }
    let found = profit(books, ProfitQuery::default()).await?;
    let (revenue, costs, margin) = (found.revenue, found.costs, found.margin);
    Ok((booked, Margin { revenue, costs, margin }))
}

/// Compares every balance with the chains', for all who look.
async fn checks(weak: WeakSite) {
    let (mut due, mut ticks) = (Instant::now(), Ticks::new(BOOKS_TICK, weak));
    while let Some(site) = ticks.next().await {
        if Instant::now() >= due {
            let pause = if check_all(&site).await { CHECK_TICK } else { BOOKS_TICK };
            due = Instant::now() + pause;
        }
    }
}

/// Checks the chains that are shown; whether all could be.
async fn check_all(site: &Site) -> bool {
    let Some(books) = site.books() else { return false };
    let Ok(chains) = books.chains().await else { return false };
    let mut all = !chains.is_empty();
    for chain in chains {
        let node = site.layer(chain.id).and_then(|layer| site.node(layer));
        let Some(node) = node else {
            all = false;
            continue;
        };
        let source = Source::new(node.client().clone(), Tracing::Never, SourceLimits::default());
        let result = check(books, &source, chain.id).await;
        all &= result.is_ok();
        // A check that a new block or a reorg came across says nothing against the one before.
        if result.is_ok() || !site.checked().contains_key(&chain.id) {
            site.set_checked(chain.id, result.map_err(|error| error.to_string()));
        }
    }
    all
}
