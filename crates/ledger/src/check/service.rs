//! Asks the node and reads the books.

use super::{BySource, CheckError, Checked, Failure, VaultCheck, Wrong};
use crate::{
    Books,
    books::{Holding, Span},
    model::{Position, Source, Token},
    rules::FeeVault,
    source::{At, Source as Node, SourceError},
};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, I256, U256};
use std::collections::BTreeMap;

/// What there is to find a block with.
struct Finder<'a> {
    books: &'a Books,
    node: &'a Node,
    chain: u64,
    cursor: At,
}

/// Checks the books of a chain at their cursor.
///
/// # Errors
/// [`CheckError`] if there is no result. What does not add up is in the result.
pub async fn check(books: &Books, node: &Node, chain: u64) -> Result<Checked, CheckError> {
    let (number, hash) = books.cursor(chain).await?.ok_or(CheckError::Nothing(chain))?;
    if hash_of(node, number).await? != Some(hash) {
        return Err(CheckError::OtherBranch { number, hash });
    }
    let finder = Finder { books, node, chain, cursor: At { number, hash } };
    let (wallets, found) = finder.balances().await?;
    let sums = by_source(books, chain).await?;
    let mut failures = finder.residuals(&wallets, &found).await?;
    failures.extend(finder.unexplained(&sums).await?);
    failures.sort_by_key(|it| (it.block.unwrap_or(u64::MAX), it.owner, it.token));
    let balances = u64::try_from(wallets.len()).unwrap_or(u64::MAX);
    let vaults = vaults(&wallets, &found, &sums);
    Ok(Checked { chain, block: number, hash, balances, failures, vaults })
}

async fn hash_of(node: &Node, number: u64) -> Result<Option<B256>, SourceError> {
    let header = node.header(BlockNumberOrTag::Number(number)).await?;
    Ok(header.map(|header| header.hash()))
}

/// The sum of all lines and their number, by account and source.
async fn by_source(books: &Books, chain: u64) -> Result<BySource, CheckError> {
    let mut sums = BySource::new();
    let each = |total: crate::books::Total| {
        if total.chain == chain {
            let key = (total.owner, total.position, total.token, total.source);
            let (amount, lines) = sums.entry(key).or_default();
            *amount = amount.wrapping_add(total.amount);
            *lines = lines.saturating_add(total.lines);
        }
    };
    books.totals(Span::ALL, each).await?;
    Ok(sums)
}

impl Finder<'_> {
    /// Every wallet in the books, and ether of every account that is tracked, with what the node says.
    async fn balances(
        &self,
    ) -> Result<(Vec<(Address, Token, I256)>, Vec<Option<U256>>), CheckError> {
        let mut wallets: BTreeMap<(Address, Token), I256> = BTreeMap::new();
        let tracked = self.books.tracked(self.chain).await?;
        for account in tracked.iter().filter(|it| it.from_block <= self.cursor.number) {
            wallets.insert((account.address, Token::Ether), I256::ZERO);
        }
        for Holding { chain, owner, token, position, balance, .. } in self.books.holdings().await? {
            let is_joined = tracked.iter().any(|it| it.address == owner);
            if chain == self.chain && position == Position::Wallet && is_joined {
                wallets.insert((owner, token), balance);
            }
        }
        let questions: Vec<_> =
            wallets.keys().map(|(owner, token)| (self.cursor, *owner, *token)).collect();
        let found = self.node.balances(&questions).await?;
        let wallets = wallets.into_iter().map(|((owner, token), booked)| (owner, token, booked));
        Ok((wallets.collect(), found))
    }

    async fn residuals(
        &self,
        wallets: &[(Address, Token, I256)],
        found: &[Option<U256>],
    ) -> Result<Vec<Failure>, CheckError> {
        let mut failures = Vec::new();
        for ((owner, token, booked), found) in wallets.iter().zip(found) {
            let (owner, token, booked) = (*owner, *token, *booked);
            let wrong = match found {
                Some(found) if is_same(booked, *found) => continue,
                Some(found) => Wrong::Residual { booked, found: *found },
                None => Wrong::NoBalance { booked },
            };
            let block = self.first_wrong(owner, token).await?;
            failures.push(Failure { owner, token, block, wrong });
        }
        Ok(failures)
    }

    /// The first block after which the books differ from the node, between one after which they do not and the cursor. It is
    /// the first if they differ ever after; else one of those after which they begin to.
    async fn first_wrong(&self, owner: Address, token: Token) -> Result<Option<u64>, CheckError> {
        let account = self.books.account(self.chain, owner).await?;
        let Some((tracked, _)) = account else { return Ok(None) };
        let (mut right, mut wrong) = (tracked.from_block, self.cursor.number);
        match self.agrees(owner, token, right).await? {
            Some(true) => {}
            Some(false) => return Ok(Some(right)),
            None => return Ok(None),
        }
        while wrong.saturating_sub(right) > 1 {
            let middle = right.midpoint(wrong);
            match self.agrees(owner, token, middle).await? {
                Some(true) => right = middle,
                Some(false) => wrong = middle,
                None => return Ok(None),
            }
        }
        Ok(Some(wrong))
    }

    /// Whether the books have what the node had after a block; none if it does not know any more.
    async fn agrees(
        &self,
        owner: Address,
        token: Token,
        number: u64,
    ) -> Result<Option<bool>, CheckError> {
        let Some(hash) = hash_of(self.node, number).await? else { return Ok(None) };
        let booked = self.books.balance_at(self.chain, owner, token, number).await?;
        match self.node.balances(&[(At { number, hash }, owner, token)]).await {
            Ok(found) => {
                let found = found.first().copied().flatten();
                Ok(Some(found.map_or(booked.is_zero(), |found| is_same(booked, found))))
            }
            Err(SourceError::NoHistory { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Lines without a named cause, by account and token, with the block of the first.
    async fn unexplained(&self, sums: &BySource) -> Result<Vec<Failure>, CheckError> {
        let mut failures = Vec::new();
        for ((owner, _, token, source), (amount, lines)) in sums {
            if *source == Source::Unexplained && *lines > 0 {
                let block = self.first_unexplained(*owner, *token).await?;
                let wrong = Wrong::Unexplained { lines: *lines, amount: *amount };
                failures.push(Failure { owner: *owner, token: *token, block, wrong });
            }
        }
        Ok(failures)
    }

    async fn first_unexplained(
        &self,
        owner: Address,
        token: Token,
    ) -> Result<Option<u64>, CheckError> {
        let filter = crate::books::Filter {
            chain: Some(self.chain),
            owner: Some(owner),
            ..crate::books::Filter::default()
        };
        let mut stream = self.books.stream(filter).await?;
        let mut first = None;
        loop {
            let lines = stream.next().await?;
            if lines.is_empty() {
                return Ok(first);
            }
            let ours = lines
                .iter()
                .filter(|line| line.source == Source::Unexplained && line.token == token);
            first = ours.map(|line| line.block).chain(first).min();
        }
    }
}

fn is_same(booked: I256, found: U256) -> bool {
    I256::try_from(found).is_ok_and(|found| found == booked)
}

/// The fee vaults that are tracked, from both ends.
fn vaults(
    wallets: &[(Address, Token, I256)],
    found: &[Option<U256>],
    sums: &BySource,
) -> Vec<VaultCheck> {
    let ether = wallets.iter().zip(found).filter(|((_, token, _), _)| *token == Token::Ether);
    let vault = |((address, ..), found): (&(Address, Token, I256), &Option<U256>)| {
        let vault = FeeVault::at(*address)?;
        let balance = I256::try_from((*found)?).ok()?;
        let ours = |(owner, position, token, _): &(Address, Position, Token, Source)| {
            owner == address && *position == Position::Wallet && *token == Token::Ether
        };
        let lines = sums.iter().filter(|(key, _)| ours(key));
        let mut fees = I256::ZERO;
        let mut others = I256::ZERO;
        for ((_, _, _, source), (amount, _)) in lines {
            match source {
                source if *source == vault.source => fees = fees.wrapping_add(*amount),
                // What nobody explains must not make both ends meet.
                Source::Unexplained => {}
                _ => others = others.wrapping_add(*amount),
            }
        }
        Some(VaultCheck { vault: *address, fees, growth: balance.wrapping_sub(others) })
    };
    ether.filter_map(vault).collect()
}
