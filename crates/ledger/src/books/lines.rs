//! Lines and entries as they are read: page by page, one, those of a transaction, or all as a stream.

use super::{Books, BooksError, BooksResult, codes};
use crate::model::{Leg, Party, Position, Source, Token};
use alloy_primitives::{Address, B256, I256};
use serde::{Deserialize, Serialize, Serializer};
use sqlx::{Any, AssertSqlSafe, Row, Transaction, any::AnyRow};
use std::collections::BTreeMap;

/// Lines of a page at most, and of a part of a stream.
pub const MAX_PAGE: u32 = 1_000;

/// Lines with all that is told of them. Where only some are wanted, `lines` is the choice of them, by an index, so
/// that no database thinks of joining first.
fn select(lines: &str) -> String {
    format!(
        "SELECT l.id, l.entry, e.chain, e.block, e.time, t.place, t.hash, e.log, r.name, e.why, \
         l.source, o.address, a.token, a.position, l.amount, l.balance \
         FROM {lines} l JOIN entries e ON e.id = l.entry JOIN rules r ON r.id = e.rule \
         JOIN accounts a ON a.id = l.account JOIN owners o ON o.id = l.owner \
         LEFT JOIN transactions t ON t.id = e.tx"
    )
}

/// What an owner has more, or less, by one entry and from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its number, which no other line ever has.
    pub id: u64,
    /// The number of its entry.
    pub entry: u64,
    /// On which chain.
    pub chain: u64,
    /// In which block.
    pub block: u64,
    /// The block's time, in seconds since 1970.
    pub time: u64,
    /// Index of the transaction in the block, and its hash; none for what the block itself does.
    pub transaction: Option<(u32, B256)>,
    /// Index of the log in the block.
    pub log: Option<u32>,
    /// The rule that made it.
    pub rule: String,
    /// Why, in the words of reports.
    pub source: Source,
    /// Who.
    pub owner: Address,
    /// What.
    #[serde(serialize_with = "token_text")]
    pub token: Token,
    /// Where the owner has it.
    #[serde(serialize_with = "position_text")]
    pub position: Position,
    /// How much more, in base units.
    pub amount: I256,
    /// The owner's balance of the token in the position after it, in base units.
    pub balance: I256,
    /// The numbers of the rule's formula.
    pub why: BTreeMap<String, String>,
}

/// Where a page ends: the time and the number of its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Seconds since 1970.
    pub time: u64,
    /// The line's number.
    pub line: u64,
}

/// Some lines of an owner, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// At most as many as were asked for.
    pub lines: Vec<Line>,
    /// What to ask with for the page after; none after the last.
    pub next: Option<Mark>,
}

/// Which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of one chain.
    pub chain: Option<u64>,
    /// Of one owner.
    pub owner: Option<Address>,
    /// From this time on, in seconds since 1970.
    pub since: Option<u64>,
    /// Before this time, in seconds since 1970.
    pub until: Option<u64>,
}

/// Lines in the order in which they were booked, part by part, all from one state of the books.
#[derive(Debug)]
pub struct LineStream {
    snapshot: Transaction<'static, Any>,
    sql: String,
    filter: Filter,
    after: i64,
}

impl Books {
    /// The owner's lines on all chains, the newest first: those older than `before`, at most `limit` (and
    /// [`MAX_PAGE`]) of them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn lines(
        &self,
        owner: Address,
        before: Option<Mark>,
        limit: u32,
    ) -> BooksResult<Page> {
        let limit = limit.clamp(1, MAX_PAGE);
        let (time, line) = match before {
            Some(mark) => (codes::int(mark.time)?, codes::int(mark.line)?),
            None => (i64::MAX, i64::MAX),
        };
        let page = "(SELECT * FROM lines WHERE owner = (SELECT id FROM owners WHERE address = $1) \
                    AND (time, id) < ($2, $3) ORDER BY time DESC, id DESC LIMIT $4)";
        let sql = format!("{} ORDER BY l.time DESC, l.id DESC", select(page));
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(owner.as_slice())
            .bind(time)
            .bind(line)
            .bind(i64::from(limit))
            .fetch_all(self.database.readers())
            .await?;
        let lines = rows.iter().map(self::line).collect::<BooksResult<Vec<_>>>()?;
        let full = u32::try_from(lines.len()).is_ok_and(|count| count == limit);
        let last = lines.last().filter(|_| full);
        let next = last.map(|line| Mark { time: line.time, line: line.id });
        Ok(Page { lines, next })
    }

    /// One line.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn line(&self, id: u64) -> BooksResult<Option<Line>> {
        let sql = AssertSqlSafe(format!("{} WHERE l.id = $1", select("lines")));
        let row = sqlx::query(sql).bind(codes::int(id)?);
        let row = row.fetch_optional(self.database.readers()).await?;
        row.as_ref().map(line).transpose()
    }

    /// Every line of a transaction, in the order in which they were booked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn lines_of_transaction(&self, hash: B256) -> BooksResult<Vec<Line>> {
        let entries: Vec<i64> = sqlx::query_scalar(
            "SELECT e.id FROM entries e JOIN transactions t ON t.id = e.tx \
             WHERE t.hash = $1 ORDER BY e.id",
        )
        .bind(hash.as_slice())
        .fetch_all(self.database.readers())
        .await?;
        self.lines_of(&entries).await
    }

    async fn lines_of(&self, entries: &[i64]) -> BooksResult<Vec<Line>> {
        let mut lines = Vec::new();
        for entry in entries {
            lines.extend(self.lines_of_entry(codes::uint(*entry)?).await?);
        }
        Ok(lines)
    }

    /// The lines of an entry: all that it did to those who are tracked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn lines_of_entry(&self, entry: u64) -> BooksResult<Vec<Line>> {
        let entry = codes::int(entry)?;
        let count = sqlx::query_scalar("SELECT lines FROM entries WHERE id = $1").bind(entry);
        let count: Option<i64> = count.fetch_optional(self.database.readers()).await?;
        let Some(count) = count else { return Ok(Vec::new()) };
        // The limit tells PostgreSQL that these are few: without it, it reads all entries to join them.
        let of_entry = "(SELECT * FROM lines WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3)";
        let sql = format!("{} ORDER BY l.id", select(of_entry));
        let rows = sqlx::query(AssertSqlSafe(sql));
        let rows = rows.bind(entry).bind(entry.saturating_add(count)).bind(count);
        let rows = rows.fetch_all(self.database.readers()).await?;
        rows.iter().map(line).collect()
    }

    /// The lines of the same movement on other chains: of a deposit on L1, those on the rollup. At most [`MAX_PAGE`].
    ///
    /// # Errors
    /// If the database fails.
    pub async fn counterparts(&self, line: &Line) -> BooksResult<Vec<Line>> {
        let entries: Vec<i64> = sqlx::query_scalar(
            "SELECT o.id FROM entries e JOIN entries o ON o.movement = e.movement AND o.chain <> e.chain \
             WHERE e.id = $1 ORDER BY o.id LIMIT $2",
        )
        .bind(codes::int(line.entry)?)
        .bind(i64::from(MAX_PAGE))
        .fetch_all(self.database.readers())
        .await?;
        self.lines_of(&entries).await
    }

    /// All legs of an entry, those of the world too: one for each party and token, none that is nothing.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn legs(&self, entry: u64) -> BooksResult<Vec<Leg>> {
        legs(&self.lines_of_entry(entry).await?)
    }

    /// Lines as a stream, however many: each part is read when it is asked for.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn stream(&self, filter: Filter) -> BooksResult<LineStream> {
        let mut conditions = vec!["l.id > $1".to_owned()];
        let mut place = 2;
        let mut condition = |there: bool, text: &str| {
            if there {
                conditions.push(format!("{text} ${place}"));
                place += 1;
            }
        };
        condition(filter.chain.is_some(), "e.chain =");
        condition(filter.owner.is_some(), "o.address =");
        condition(filter.since.is_some(), "l.time >=");
        condition(filter.until.is_some(), "l.time <");
        let conditions = conditions.join(" AND ");
        let lines = select("lines");
        let sql = format!("{lines} WHERE {conditions} ORDER BY l.id LIMIT {MAX_PAGE}");
        let snapshot = self.database.snapshot().await?;
        Ok(LineStream { snapshot, sql, filter, after: 0 })
    }
}

impl LineStream {
    /// The next lines; none after the last.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next(&mut self) -> BooksResult<Vec<Line>> {
        let mut query = sqlx::query(AssertSqlSafe(self.sql.as_str())).bind(self.after);
        if let Some(chain) = self.filter.chain {
            query = query.bind(codes::int(chain)?);
        }
        if let Some(owner) = self.filter.owner {
            query = query.bind(owner.to_vec());
        }
        for time in [self.filter.since, self.filter.until].into_iter().flatten() {
            query = query.bind(i64::try_from(time).unwrap_or(i64::MAX));
        }
        let rows = query.fetch_all(&mut *self.snapshot).await?;
        let lines = rows.iter().map(line).collect::<BooksResult<Vec<_>>>()?;
        if let Some(last) = lines.last() {
            self.after = codes::int(last.id)?;
        }
        Ok(lines)
    }
}

/// The legs of the entry that has these lines: what the owners have more, the world has less.
fn legs(lines: &[Line]) -> BooksResult<Vec<Leg>> {
    let mut owners: BTreeMap<(Token, Address, Position), I256> = BTreeMap::new();
    let mut world: BTreeMap<(Token, Source), I256> = BTreeMap::new();
    for line in lines {
        let Line { token, owner, position, source, amount, .. } = *line;
        let sum = owners.entry((token, owner, position)).or_default();
        *sum = sum.checked_add(amount).ok_or(BooksError::Overflow)?;
        let sum = world.entry((token, source)).or_default();
        *sum = sum.checked_sub(amount).ok_or(BooksError::Overflow)?;
    }
    let owners = owners.into_iter().map(|((token, owner, position), amount)| Leg {
        party: Party::Owner(owner, position),
        token,
        amount,
    });
    let world = world.into_iter().map(|((token, source), amount)| Leg {
        party: Party::World(source),
        token,
        amount,
    });
    Ok(owners.chain(world).filter(|leg| !leg.amount.is_zero()).collect())
}

fn line(row: &AnyRow) -> BooksResult<Line> {
    let (place, hash): (Option<i64>, Option<Vec<u8>>) = (row.try_get(5)?, row.try_get(6)?);
    let transaction = match (place, hash) {
        (Some(place), Some(hash)) => Some((index(place)?, codes::hash(&hash)?)),
        _ => None,
    };
    let why: String = row.try_get(9)?;
    let why = serde_json::from_str(&why)
        .map_err(|error| BooksError::Damaged(format!("the reasons of a line: {error}")))?;
    Ok(Line {
        id: codes::uint(row.try_get(0)?)?,
        entry: codes::uint(row.try_get(1)?)?,
        chain: codes::uint(row.try_get(2)?)?,
        block: codes::uint(row.try_get(3)?)?,
        time: codes::uint(row.try_get(4)?)?,
        transaction,
        log: row.try_get::<Option<i64>, _>(7)?.map(index).transpose()?,
        rule: row.try_get(8)?,
        source: codes::source(row.try_get(10)?)?,
        owner: codes::address(row.try_get(11)?)?,
        token: codes::token(row.try_get(12)?)?,
        position: codes::position(row.try_get(13)?)?,
        amount: codes::amount(row.try_get(14)?)?,
        balance: codes::amount(row.try_get(15)?)?,
        why,
    })
}

fn index(number: i64) -> BooksResult<u32> {
    u32::try_from(number).map_err(|_| BooksError::Damaged(format!("{number} is no index")))
}

/// `ether`, or the token's address: as everywhere in what is written for machines.
pub(crate) fn token_text<S: Serializer>(token: &Token, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(token)
}

/// `wallet`, or the address of the contract that keeps it.
pub(crate) fn position_text<S: Serializer>(position: &Position, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(position)
}
