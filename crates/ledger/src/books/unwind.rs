//! Taking lines out again: what a reorg undid, and accounts that are no longer followed.

use super::{
    Books, BooksError, BooksResult, DAY_SECONDS, codes,
    commit::set_cursor,
    totals::{self, Changes},
};
use alloy_primitives::{B256, I256};
use sqlx::{AnyConnection, Connection};
use std::collections::BTreeMap;

/// What a chain's accounts had before the lines that go.
struct Before {
    balances: BTreeMap<i64, I256>,
    changes: Changes,
}

impl Books {
    /// Undoes every block above `to`: balances, totals and the cursor are what they were after it. Nothing happens
    /// if the cursor is not above it. Numbers of lines that are gone are not used again.
    ///
    /// # Errors
    /// [`BooksError::Final`] below the newest final block, [`BooksError::TooDeep`] below the oldest block whose hash
    /// is kept, [`BooksError::Busy`], or if the database fails.
    pub async fn roll_back(&self, chain: u64, to: u64) -> BooksResult<()> {
        let mut writing = self.database.writer().await?;
        let mut transaction = writing.connection()?.begin().await?;
        if let Some(hash) = target(&mut transaction, chain, to).await? {
            let (chain, to) = (codes::int(chain)?, codes::int(to)?);
            undo(&mut transaction, chain, to).await?;
            set_cursor(&mut transaction, chain, to, hash).await?;
            behind(&mut transaction, chain, to).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// The hash of the block to go back to; none if the cursor is there or below.
async fn target(connection: &mut AnyConnection, chain: u64, to: u64) -> BooksResult<Option<B256>> {
    let id = codes::int(chain)?;
    let cursor: Option<(i64, Option<i64>)> =
        sqlx::query_as("SELECT number, finalized FROM cursors WHERE chain = $1")
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
    let Some((cursor, finalized)) = cursor else { return Ok(None) };
    if codes::uint(cursor)? <= to {
        return Ok(None);
    }
    if let Some(finalized) = finalized.map(codes::uint).transpose()?
        && to < finalized
    {
        return Err(BooksError::Final { chain, to, finalized });
    }
    let hash: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM blocks WHERE chain = $1 AND number = $2")
            .bind(id)
            .bind(codes::int(to)?)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(hash) = hash else {
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(number) FROM blocks WHERE chain = $1")
                .bind(id)
                .fetch_one(connection)
                .await?;
        let oldest = codes::uint(oldest.unwrap_or(cursor))?;
        return Err(BooksError::TooDeep { chain, to, oldest });
    };
    codes::hash(&hash).map(Some)
}

/// Takes out what is above a block.
async fn undo(connection: &mut AnyConnection, chain: i64, to: i64) -> BooksResult<()> {
    let before = before(connection, chain, to).await?;
    totals::apply(connection, &before.changes).await?;
    for sql in [
        "DELETE FROM lines WHERE account IN (SELECT id FROM accounts WHERE chain = $1) AND block > $2",
        "DELETE FROM entries WHERE chain = $1 AND block > $2",
        "DELETE FROM transactions WHERE chain = $1 AND block > $2",
        "DELETE FROM blocks WHERE chain = $1 AND number > $2",
        "UPDATE accounts SET seen_block = NULL, seen = NULL WHERE chain = $1 AND seen_block > $2",
    ] {
        sqlx::query(sql).bind(chain).bind(to).execute(&mut *connection).await?;
    }
    for (account, balance) in &before.balances {
        sqlx::query("UPDATE accounts SET balance = $1 WHERE id = $2")
            .bind(balance.to_string())
            .bind(*account)
            .execute(&mut *connection)
            .await?;
    }
    // An account that came up on the losing branch was never there.
    sqlx::query(
        "DELETE FROM accounts WHERE chain = $1 AND seen_block IS NULL \
         AND NOT EXISTS (SELECT 1 FROM lines WHERE lines.account = accounts.id)",
    )
    .bind(chain)
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads the lines above a block, in parts, each by the account and line it begins after.
async fn before(connection: &mut AnyConnection, chain: i64, to: i64) -> BooksResult<Before> {
    let mut found = Before { balances: BTreeMap::new(), changes: Changes::new() };
    let accounts: Vec<i64> = sqlx::query_scalar("SELECT id FROM accounts WHERE chain = $1")
        .bind(chain)
        .fetch_all(&mut *connection)
        .await?;
    for account in accounts {
        let mut after = (to, i64::MAX);
        loop {
            let rows: Vec<(i64, i64, i64, i64, String, String)> = sqlx::query_as(
                "SELECT id, block, time, source, amount, balance FROM lines \
                 WHERE account = $1 AND (block, id) > ($2, $3) ORDER BY block, id LIMIT 1000",
            )
            .bind(account)
            .bind(after.0)
            .bind(after.1)
            .fetch_all(&mut *connection)
            .await?;
            let Some(last) = rows.last() else { break };
            after = (last.1, last.0);
            for row in &rows {
                found.take(account, row)?;
            }
        }
    }
    Ok(found)
}

impl Before {
    fn take(
        &mut self,
        account: i64,
        (_, _, time, source, amount, balance): &(i64, i64, i64, i64, String, String),
    ) -> BooksResult<()> {
        let amount = codes::amount(amount)?;
        let before = codes::amount(balance)?.checked_sub(amount).ok_or(BooksError::Overflow)?;
        self.balances.entry(account).or_insert(before);
        let day = time / codes::int(DAY_SECONDS)?;
        let less = I256::ZERO.checked_sub(amount).ok_or(BooksError::Overflow)?;
        totals::add(&mut self.changes, (account, day, *source), (less, -1))
    }
}

/// An account that had come further than the cursor now is at it, and one whose first block is still to come is not
/// behind either.
async fn behind(connection: &mut AnyConnection, chain: i64, to: i64) -> BooksResult<()> {
    sqlx::query(
        "UPDATE tracked SET behind = 0, at_number = NULL, at_hash = NULL \
         WHERE chain = $1 AND behind = 1 AND (from_block > $2 OR at_number >= $2)",
    )
    .bind(chain)
    .bind(to)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes an account out with all that was booked for it.
pub(super) async fn forget(
    connection: &mut AnyConnection,
    chain: i64,
    owner: i64,
) -> BooksResult<()> {
    for sql in [
        // Entries that are about nobody else.
        "DELETE FROM entries WHERE chain = $1 AND id IN (SELECT entry FROM lines WHERE account IN \
         (SELECT id FROM accounts WHERE chain = $1 AND owner = $2)) AND NOT EXISTS (SELECT 1 FROM lines l \
         WHERE l.id > entries.id AND l.id <= entries.id + entries.lines AND l.owner <> $2)",
        "DELETE FROM lines WHERE account IN (SELECT id FROM accounts WHERE chain = $1 AND owner = $2)",
        "DELETE FROM totals WHERE account IN (SELECT id FROM accounts WHERE chain = $1 AND owner = $2)",
        "DELETE FROM accounts WHERE chain = $1 AND owner = $2",
        "DELETE FROM tracked WHERE chain = $1 AND owner = $2",
    ] {
        sqlx::query(sql).bind(chain).bind(owner).execute(&mut *connection).await?;
    }
    sqlx::query(
        "DELETE FROM owners WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM tracked WHERE owner = $1)",
    )
    .bind(owner)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM transactions WHERE chain = $1 \
         AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.tx = transactions.id)",
    )
    .bind(chain)
    .execute(connection)
    .await?;
    Ok(())
}
