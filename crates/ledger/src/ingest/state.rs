//! What to ask for, and what to make of the answers.

use crate::{
    model::{MAX_AMOUNT, Position, Token},
    rules::{Owners, Running, touched},
    source::{At, BlockFacts, ShareValue, SharesAt},
};
use alloy_primitives::{Address, I256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// Whose blocks are read, each from a first block on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Watch(BTreeMap<Address, u64>);

/// A balance that is asked for: what the block has it for, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Place of the block in the range.
    pub(super) place: usize,
    pub(super) at: At,
    pub(super) owner: Address,
    pub(super) token: Token,
    pub(super) moment: Moment,
}

/// Before or after the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// What the books open with.
    Before,
    After,
}

impl FromIterator<(Address, u64)> for Watch {
    fn from_iter<T: IntoIterator<Item = (Address, u64)>>(accounts: T) -> Self {
        Self(accounts.into_iter().collect())
    }
}

impl Watch {
    /// The first block that anybody is followed from.
    pub(super) fn first(&self) -> Option<u64> {
        self.0.values().copied().min()
    }

    /// All of them.
    pub(super) fn everybody(&self) -> Owners {
        self.0.keys().copied().collect()
    }

    /// Those who are followed at a block.
    pub(super) fn at(&self, block: u64) -> Owners {
        let started = self.0.iter().filter(|(_, from)| **from <= block);
        started.map(|(owner, _)| *owner).collect()
    }

    /// Those whose first block it is.
    fn starting(&self, block: u64) -> impl Iterator<Item = Address> {
        let starting = self.0.iter().filter(move |(_, from)| **from == block);
        starting.map(|(owner, _)| *owner)
    }
}

/// The balances to ask for, for a range of blocks after what is in `running`.
pub(super) fn wanted(blocks: &[BlockFacts], watch: &Watch, running: &Running) -> Vec<Wanted> {
    let mut known: BTreeSet<(Address, Token)> = running.tokens().collect();
    let mut all = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let owners = watch.at(block.number);
        let after = At { number: block.number, hash: block.hash };
        let before = before(block);
        for owner in watch.starting(block.number) {
            let (token, moment) = (Token::Ether, Moment::Before);
            all.push(Wanted { place, at: before, owner, token, moment });
        }
        let ether = owners.iter().map(|owner| (owner, Token::Ether));
        for (owner, token) in ether.chain(touched(block, &owners)) {
            all.push(Wanted { place, at: after, owner, token, moment: Moment::After });
            if known.insert((owner, token)) && token != Token::Ether {
                all.push(Wanted { place, at: before, owner, token, moment: Moment::Before });
            }
        }
    }
    all
}

/// The moment before a block; of the first block of all, that after it.
fn before(block: &BlockFacts) -> At {
    match block.number.checked_sub(1) {
        Some(number) => At { number, hash: block.parent },
        None => At { number: 0, hash: block.hash },
    }
}

/// Puts answers where they were wanted.
pub(super) fn put(blocks: &mut [BlockFacts], wanted: &[Wanted], found: Vec<Option<U256>>) {
    for (wanted, found) in wanted.iter().zip(found) {
        let Some(block) = blocks.get_mut(wanted.place) else { continue };
        let key = (wanted.owner, wanted.token);
        match (found, wanted.token, wanted.moment) {
            (Some(amount), _, Moment::Before) => drop(block.openings.insert(key, amount)),
            (Some(amount), _, Moment::After) => drop(block.balances.insert(key, amount)),
            (None, Token::Erc20(token), Moment::After) => drop(block.no_tokens.insert(token)),
            // A token that was made in this block had nothing before.
            (None, ..) => {}
        }
    }
    for block in blocks {
        let no_tokens = block.no_tokens.clone();
        let counts = |token: &Token| !matches!(token, Token::Erc20(it) if no_tokens.contains(it));
        block.openings.retain(|(_, token), _| counts(token));
        block.balances.retain(|(_, token), _| counts(token));
    }
}

/// Tokens of which owners have or had some in the range: vaults may be among them.
pub(super) fn held(blocks: &[BlockFacts], running: &Running) -> BTreeSet<Address> {
    let touched = blocks.iter().flat_map(|block| block.balances.keys().map(|(_, token)| *token));
    let known = running.tokens().map(|(_, token)| token);
    let contract = |token| match token {
        Token::Erc20(contract) => Some(contract),
        Token::Ether => None,
    };
    touched.chain(known).filter_map(contract).collect()
}

/// For each block of the range the shares of vaults whose worth is to be asked: all that owners have, and those that
/// changed. `assets`: vaults with the tokens that they are denominated in.
pub(super) fn shares(
    blocks: &[BlockFacts],
    running: &Running,
    assets: &BTreeMap<Address, Address>,
) -> Vec<(usize, SharesAt)> {
    let mut shares: BTreeMap<(Address, Address), U256> = BTreeMap::new();
    for (owner, token) in running.tokens() {
        let Token::Erc20(vault) = token else { continue };
        if assets.contains_key(&vault) {
            let amount = running.wallet(owner, token);
            let amount = if amount.is_negative() { I256::ZERO } else { amount };
            shares.insert((owner, vault), amount.unsigned_abs());
        }
    }
    let mut all = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let mut changed = BTreeSet::new();
        for ((owner, token), balance) in &block.balances {
            let Token::Erc20(vault) = token else { continue };
            if assets.contains_key(vault) {
                shares.insert((*owner, *vault), *balance);
                changed.insert((*owner, *vault));
            }
        }
        let at = At { number: block.number, hash: block.hash };
        for ((owner, vault), amount) in &shares {
            let asset = assets.get(vault).copied();
            if let Some(asset) =
                asset.filter(|_| !amount.is_zero() || changed.contains(&(*owner, *vault)))
            {
                let (owner, vault, shares) = (*owner, *vault, *amount);
                all.push((place, SharesAt { at, owner, vault, asset, shares }));
            }
        }
    }
    all
}

/// Puts what shares are worth where it belongs.
pub(super) fn put_shares(
    blocks: &mut [BlockFacts],
    wanted: &[(usize, SharesAt)],
    found: Vec<Option<ShareValue>>,
) {
    for ((place, SharesAt { owner, vault, .. }), value) in wanted.iter().zip(found) {
        let value = value.filter(|value| value.assets <= MAX_AMOUNT.unsigned_abs());
        if let (Some(block), Some(value)) = (blocks.get_mut(*place), value) {
            block.shares.insert((*owner, *vault), value);
        }
    }
}

/// What the books say that these owners have.
pub(super) fn running(
    holdings: impl IntoIterator<Item = (Address, Position, Token, I256)>,
    owners: &Owners,
) -> Running {
    let mut running = Running::default();
    for (owner, position, token, balance) in holdings {
        if owners.has(owner) {
            running.set(owner, position, token, balance);
        }
    }
    running
}
