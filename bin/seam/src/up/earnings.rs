//! What everybody in the network earns and pays, booked while it runs.

use super::{Accounts, Network, Servers};
use alloy_primitives::Address;
use anyhow::{Context, Result};
use prometheus_client::metrics::gauge::Gauge;
use seam_chain::Chain;
use seam_economy::actors::{self, Cast, Who};
use seam_ledger::{
    Books,
    books::{ChainKind, FollowedChain, Role, Tracked},
    ingest::{Ingest, Progress},
    rules::FeeVault,
    source::Source,
};
use seam_primitives::Header;
use std::{fmt, path::Path, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// How often it is looked whether there are new blocks.
const POLL: Duration = Duration::from_secs(1);
/// Names of the chains, in the order of what is kept for both.
const CHAINS: [&str; 2] = ["L1", "L2"];

/// How far the books of a chain are.
#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Beginning,
    At(u64),
    Ended,
}

/// The books of both chains, while they are kept.
#[derive(Debug)]
pub(crate) struct Earnings {
    books: Arc<Books>,
    states: [watch::Receiver<State>; 2],
    tasks: JoinSet<()>,
}

/// The books at a path, which are begun if there are none.
pub(crate) async fn open(path: &Path) -> Result<Books> {
    let place = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    let opened = Books::open(place).await;
    opened.with_context(|| format!("the books at {place} (--no-earnings runs without)"))
}

impl Earnings {
    /// Keeps the books of both chains, which are served there: of the accounts with ether, of those that act for the
    /// rollup, and of `cast`.
    pub(crate) async fn start(
        books: Books,
        network: &Network,
        servers: &Servers,
        accounts: &Accounts,
        cast: Option<&Cast>,
    ) -> Result<Self> {
        let books = Arc::new(books);
        let [l1_url, l2_url] = servers.addresses().map(|address| format!("http://{address}"));
        let (l1_genesis, l2_genesis) = &network.genesis;
        let l1 = followed(network.l1(), ChainKind::Ethereum, l1_url, l1_genesis);
        let l2 = followed(network.l2(), ChainKind::OpStack, l2_url, l2_genesis);
        let on_l1 = on_l1(accounts).chain(cast.into_iter().flat_map(cast_on_l1));
        let on_l2 = on_l2(accounts).chain(cast.into_iter().flat_map(cast_on_l2));
        watch(&books, &l1, network.l1(), on_l1).await?;
        watch(&books, &l2, network.l2(), on_l2).await?;
        let mut tasks = JoinSet::new();
        let mut keep = |place: usize, chain: &Chain| -> Result<_> {
            let (told, state) = watch::channel(State::default());
            let id = chain.rules().chain_id;
            let ingest = Ingest::new(Source::chain(chain.clone())?, Arc::clone(&books), id);
            tasks.spawn(follow(CHAINS[place], ingest, told, servers.booked[place].clone()));
            Ok(state)
        };
        let states = [keep(0, network.l1())?, keep(1, network.l2())?];
        Ok(Self { books, states, tasks })
    }

    /// Ends it; what was booked is whole.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Ok(books) = Arc::try_unwrap(self.books) {
            books.close().await;
        }
    }
}

/// How far it is, in words: for the status line.
impl fmt::Display for Earnings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, state)) in CHAINS.iter().zip(&self.states).enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            match &*state.borrow() {
                State::Beginning => write!(out, "{comma}{name} not yet")?,
                State::At(block) => write!(out, "{comma}{name} to {block}")?,
                State::Ended => write!(out, "{comma}{name} NOT ANY MORE")?,
            }
        }
        Ok(())
    }
}

async fn follow(name: &'static str, mut ingest: Ingest, told: watch::Sender<State>, booked: Gauge) {
    let mut tell = |progress: Progress| {
        booked.set(i64::try_from(progress.block).unwrap_or(i64::MAX));
        told.send_replace(State::At(progress.block));
    };
    let error = ingest.follow(POLL, &mut tell).await;
    tracing::warn!("what happens on the {name} is not booked any more: {error}");
    told.send_replace(State::Ended);
}

fn followed(chain: &Chain, kind: ChainKind, url: String, genesis: &Header) -> FollowedChain {
    FollowedChain { id: chain.rules().chain_id, kind, url, genesis: genesis.hash_slow() }
}

/// An account with its name and role.
type Account = (Address, String, Role);

/// Puts accounts in the watch list that are not in it: from block 0, or from the next block if the chain's past
/// cannot be read any more, or was booked without them.
async fn watch(
    books: &Books,
    followed: &FollowedChain,
    chain: &Chain,
    accounts: impl Iterator<Item = Account>,
) -> Result<()> {
    books.follow(followed).await?;
    let head = chain.head();
    let begun = books.cursor(followed.id).await?.is_some();
    let from_block = match begun || head.reader.oldest_state()? > 0 {
        true => head.number().saturating_add(1),
        false => 0,
    };
    for (address, label, role) in accounts {
        if books.account(followed.id, address).await?.is_none() {
            let chain = followed.id;
            books.track(&Tracked { chain, address, label, role, from_block }).await?;
        }
    }
    Ok(())
}

fn on_l1(accounts: &Accounts) -> impl Iterator<Item = Account> {
    let roles = &accounts.roles;
    let acting = [
        (roles.owner, "owner", Role::Other),
        (roles.batcher, "batcher", Role::Batcher),
        (roles.proposer, "proposer", Role::Proposer),
        (roles.guardian, "guardian", Role::Other),
        (roles.unsafe_signer, "unsafe signer", Role::Sequencer),
    ];
    let acting = acting.map(|(address, name, role)| (address, name.to_owned(), role));
    developers(accounts).chain(acting)
}

fn on_l2(accounts: &Accounts) -> impl Iterator<Item = Account> {
    let vault = |vault: FeeVault| (vault.address, vault.source.name().to_owned(), Role::Vault);
    developers(accounts).chain(FeeVault::ALL.map(vault))
}

fn developers(accounts: &Accounts) -> impl Iterator<Item = Account> {
    let named = |(index, address)| (address, format!("account {index}"), Role::User);
    accounts.addresses().into_iter().enumerate().map(named)
}

/// Those who deposit, and who gives them ether for it.
fn cast_on_l1(cast: &Cast) -> impl Iterator<Item = Account> {
    let bridges = |who: &Who| match who {
        Who::Actor(place) => actors::Role::of(*place) == actors::Role::Bridger,
        Who::Bank | Who::Funder => true,
    };
    cast.everyone().filter(bridges).filter_map(|who| acting(cast, who))
}

fn cast_on_l2(cast: &Cast) -> impl Iterator<Item = Account> {
    cast.everyone().filter_map(|who| acting(cast, who))
}

fn acting(cast: &Cast, who: Who) -> Option<Account> {
    let (label, role) = match who {
        Who::Actor(place) => {
            let role = actors::Role::of(place);
            (format!("{} {place}", role.name()), booked_as(role))
        }
        Who::Bank | Who::Funder => ("bank".to_owned(), Role::Other),
    };
    Some((cast.address(who)?, label, role))
}

const fn booked_as(role: actors::Role) -> Role {
    match role {
        actors::Role::Provider => Role::LiquidityProvider,
        _ => Role::User,
    }
}
