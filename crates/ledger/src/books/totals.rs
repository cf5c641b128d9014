//! Sums by account, source and UTC day, which reports read instead of lines.

use super::{
    Books, BooksError, BooksResult, DAY_SECONDS, Mismatch, codes,
    rows::{Rows, Value},
};
use crate::model::{Position, Source, Token};
use alloy_primitives::{Address, I256, U256};
use sqlx::{AnyConnection, AssertSqlSafe, Row, any::AnyRow};
use std::collections::BTreeMap;

/// What is added to the totals of (account, day, source): an amount, and a number of lines.
pub(super) type Changes = BTreeMap<(i64, i64, i64), (I256, i64)>;

/// Names every chain, so that one owner's accounts are found by the index that begins with the chain.
const OF_ALL_CHAINS: &str = "a.chain IN (SELECT id FROM chains)";

/// Days of a report: from the first to the last, both included. Each is the number of the UTC day since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: u64,
    /// The last day.
    pub last: u64,
}

/// What one owner had from one source on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// On which chain.
    pub chain: u64,
    /// Who.
    pub owner: Address,
    /// What.
    pub token: Token,
    /// Where the owner has it.
    pub position: Position,
    /// Why.
    pub source: Source,
    /// The UTC day, as days since 1970.
    pub day: u64,
    /// The sum, in base units.
    pub amount: I256,
    /// Of how many lines.
    pub lines: u64,
}

/// What an owner has in one place by the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// On which chain.
    pub chain: u64,
    /// Who.
    pub owner: Address,
    /// What.
    pub token: Token,
    /// Where.
    pub position: Position,
    /// The sum of its lines, in base units.
    pub balance: I256,
    /// The newest balance that the node told, in base units, and after which block.
    pub seen: Option<(u64, U256)>,
}

impl Span {
    /// All days.
    pub const ALL: Self = Self { first: 0, last: u64::MAX / DAY_SECONDS };

    /// From the day of `since` to the day before `until` ends: both in seconds since 1970.
    pub const fn of(since: u64, until: u64) -> Self {
        Self { first: since / DAY_SECONDS, last: until.saturating_sub(1) / DAY_SECONDS }
    }
}

impl Books {
    /// Hands every total of one owner to `each`, by account, day and source. What others have is not read.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn totals_of(&self, owner: Address, mut each: impl FnMut(Total)) -> BooksResult<()> {
        let mut snapshot = self.database.snapshot().await?;
        for (account, holding) in holdings_by_id(&mut snapshot, Some(owner)).await? {
            let rows = sqlx::query(
                "SELECT account, day, source, amount, lines FROM totals \
                 WHERE account = $1 ORDER BY day, source",
            );
            for row in rows.bind(account).fetch_all(&mut *snapshot).await? {
                each(total(&row, &holding)?);
            }
        }
        Ok(())
    }

    /// Hands every total of these days to `each`, by account, day and source.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn totals(&self, span: Span, mut each: impl FnMut(Total)) -> BooksResult<()> {
        let mut snapshot = self.database.snapshot().await?;
        let accounts = holdings_by_id(&mut snapshot, None).await?;
        let last = codes::int(span.last).unwrap_or(i64::MAX);
        let mut after = (i64::MIN, i64::MIN, i64::MIN);
        loop {
            let rows = sqlx::query(
                "SELECT account, day, source, amount, lines FROM totals \
                 WHERE (account, day, source) > ($1, $2, $3) AND day >= $4 AND day <= $5 \
                 ORDER BY account, day, source LIMIT 10000",
            )
            .bind(after.0)
            .bind(after.1)
            .bind(after.2)
            .bind(codes::int(span.first)?)
            .bind(last)
            .fetch_all(&mut *snapshot)
            .await?;
            for row in &rows {
                let account: i64 = row.try_get(0)?;
                let lost = || BooksError::Damaged(format!("totals of no account: {account}"));
                each(total(row, accounts.get(&account).ok_or_else(lost)?)?);
            }
            match rows.last() {
                Some(row) => after = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?),
                None => return Ok(()),
            }
        }
    }

    /// What every owner has, by the books, everywhere; what is nothing too.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn holdings(&self) -> BooksResult<Vec<Holding>> {
        let mut connection = self.database.readers().acquire().await?;
        Ok(holdings_by_id(&mut connection, None).await?.into_values().collect())
    }

    /// What one owner has, by the books, everywhere; what is nothing too.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn holdings_of(&self, owner: Address) -> BooksResult<Vec<Holding>> {
        let mut connection = self.database.readers().acquire().await?;
        Ok(holdings_by_id(&mut connection, Some(owner)).await?.into_values().collect())
    }

    /// Every holding whose wallet the books do not have as the node last told it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn mismatches(&self, chain: u64) -> BooksResult<Vec<Mismatch>> {
        let mut found = Vec::new();
        for holding in self.holdings().await? {
            let Holding { owner, token, seen: Some((block, seen)), .. } = holding else { continue };
            if holding.chain != chain || holding.position != Position::Wallet {
                continue;
            }
            let booked = self.balance_at(chain, owner, token, block).await?;
            if I256::try_from(seen).ok() != Some(booked) {
                found.push(Mismatch { chain, block, owner, token, booked, seen });
            }
        }
        Ok(found)
    }

    /// The balance in a position, in base units; nothing where there is no line.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balance_in(
        &self,
        chain: u64,
        owner: Address,
        token: Token,
        position: Position,
    ) -> BooksResult<I256> {
        let balance: Option<String> = sqlx::query_scalar(
            "SELECT a.balance FROM accounts a JOIN owners o ON o.id = a.owner \
             WHERE a.chain = $1 AND o.address = $2 AND a.token = $3 AND a.position = $4",
        )
        .bind(codes::int(chain)?)
        .bind(owner.as_slice())
        .bind(codes::token_bytes(&token))
        .bind(codes::position_bytes(&position))
        .fetch_optional(self.database.readers())
        .await?;
        balance.map_or(Ok(I256::ZERO), |balance| codes::amount(&balance))
    }

    /// What the owner had at its address after a block, in base units.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balance_at(
        &self,
        chain: u64,
        owner: Address,
        token: Token,
        block: u64,
    ) -> BooksResult<I256> {
        let balance: Option<String> = sqlx::query_scalar(
            "SELECT l.balance FROM lines l WHERE l.account = \
             (SELECT a.id FROM accounts a JOIN owners o ON o.id = a.owner \
              WHERE a.chain = $1 AND o.address = $2 AND a.token = $3 AND a.position = $4) \
             AND l.block <= $5 ORDER BY l.block DESC, l.id DESC LIMIT 1",
        )
        .bind(codes::int(chain)?)
        .bind(owner.as_slice())
        .bind(codes::token_bytes(&token))
        .bind(codes::position_bytes(&Position::Wallet))
        .bind(codes::int(block)?)
        .fetch_optional(self.database.readers())
        .await?;
        balance.map_or(Ok(I256::ZERO), |balance| codes::amount(&balance))
    }

    /// The tokens that the owner has, or had, lines of at its address.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn tokens(&self, chain: u64, owner: Address) -> BooksResult<Vec<Token>> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT a.token FROM accounts a JOIN owners o ON o.id = a.owner \
             WHERE a.chain = $1 AND o.address = $2 AND a.position = $3 ORDER BY a.token",
        )
        .bind(codes::int(chain)?)
        .bind(owner.as_slice())
        .bind(codes::position_bytes(&Position::Wallet))
        .fetch_all(self.database.readers())
        .await?;
        rows.iter().map(|token| codes::token(token)).collect()
    }
}

/// Holdings by the numbers of their accounts: of all owners, or one.
async fn holdings_by_id(
    connection: &mut AnyConnection,
    owner: Option<Address>,
) -> BooksResult<BTreeMap<i64, Holding>> {
    let all = "SELECT a.id, a.chain, o.address, a.token, a.position, a.balance, a.seen_block, a.seen \
               FROM accounts a JOIN owners o ON o.id = a.owner";
    let rows = match owner {
        None => sqlx::query(all).fetch_all(connection).await?,
        Some(owner) => {
            let sql = format!("{all} WHERE {OF_ALL_CHAINS} AND o.address = $1");
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(owner.to_vec());
            rows.fetch_all(connection).await?
        }
    };
    rows.iter().map(|row| Ok((row.try_get(0)?, holding(row)?))).collect()
}

/// Adds to the changes.
pub(super) fn add(
    changes: &mut Changes,
    key: (i64, i64, i64),
    (amount, lines): (I256, i64),
) -> BooksResult<()> {
    let (sum, count) = changes.entry(key).or_default();
    *sum = sum.checked_add(amount).ok_or(BooksError::Overflow)?;
    *count = count.checked_add(lines).ok_or(BooksError::Overflow)?;
    Ok(())
}

/// Adds the changes to the totals; one without a line left is taken out.
pub(super) async fn apply(connection: &mut AnyConnection, changes: &Changes) -> BooksResult<()> {
    let mut rows = Rows::new(
        "totals",
        &["account", "day", "source", "amount", "lines"],
        " ON CONFLICT (account, day, source) DO UPDATE SET amount = excluded.amount, \
         lines = excluded.lines",
    );
    let mut gone = Vec::new();
    let mut known = Known::default();
    for (key, (amount, lines)) in changes {
        let (sum, count) = known.get(connection, changes, *key).await?;
        let sum = sum.checked_add(*amount).ok_or(BooksError::Overflow)?;
        match count.checked_add(*lines).ok_or(BooksError::Overflow)? {
            0 => gone.push(*key),
            count => rows.push([
                Value::Int(key.0),
                Value::Int(key.1),
                Value::Int(key.2),
                Value::Text(sum.to_string()),
                Value::Int(count),
            ]),
        }
    }
    rows.flush(connection).await?;
    for (account, day, source) in gone {
        sqlx::query("DELETE FROM totals WHERE account = $1 AND day = $2 AND source = $3")
            .bind(account)
            .bind(day)
            .bind(source)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The totals of one account, read at once for all its changes.
#[derive(Default)]
struct Known {
    account: Option<i64>,
    totals: BTreeMap<(i64, i64), (I256, i64)>,
}

impl Known {
    async fn get(
        &mut self,
        connection: &mut AnyConnection,
        changes: &Changes,
        (account, day, source): (i64, i64, i64),
    ) -> BooksResult<(I256, i64)> {
        if self.account != Some(account) {
            let of_account = (account, i64::MIN, i64::MIN)..=(account, i64::MAX, i64::MAX);
            let last = changes.range(of_account).next_back().map_or(day, |(key, _)| key.1);
            let rows: Vec<(i64, i64, String, i64)> = sqlx::query_as(
                "SELECT day, source, amount, lines FROM totals \
                 WHERE account = $1 AND day >= $2 AND day <= $3",
            )
            .bind(account)
            .bind(day)
            .bind(last)
            .fetch_all(connection)
            .await?;
            let totals = rows.into_iter().map(|(day, source, amount, lines)| {
                Ok(((day, source), (codes::amount(&amount)?, lines)))
            });
            self.totals = totals.collect::<BooksResult<_>>()?;
            self.account = Some(account);
        }
        Ok(self.totals.get(&(day, source)).copied().unwrap_or_default())
    }
}

fn holding(row: &AnyRow) -> BooksResult<Holding> {
    let (block, seen): (Option<i64>, Option<String>) = (row.try_get(6)?, row.try_get(7)?);
    let seen = match (block, seen) {
        (Some(block), Some(seen)) => Some((codes::uint(block)?, codes::unsigned(&seen)?)),
        _ => None,
    };
    Ok(Holding {
        chain: codes::uint(row.try_get(1)?)?,
        owner: codes::address(row.try_get(2)?)?,
        token: codes::token(row.try_get(3)?)?,
        position: codes::position(row.try_get(4)?)?,
        balance: codes::amount(row.try_get(5)?)?,
        seen,
    })
}

fn total(row: &AnyRow, of: &Holding) -> BooksResult<Total> {
    Ok(Total {
        chain: of.chain,
        owner: of.owner,
        token: of.token,
        position: of.position,
        source: codes::source(row.try_get(2)?)?,
        day: codes::uint(row.try_get(1)?)?,
        amount: codes::amount(row.try_get(3)?)?,
        lines: codes::uint(row.try_get(4)?)?,
    })
}
