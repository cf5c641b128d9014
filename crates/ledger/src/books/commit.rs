//! What a range of blocks did goes in, whole, with the cursor.

use super::{Books, BooksError, BooksResult, codes, session::Session};
use crate::model::{BookedBlock, Token};
use alloy_primitives::{Address, B256, I256, U256};
use serde::Serialize;
use sqlx::{AnyConnection, Connection};

/// How many hashes of booked blocks are kept for each chain at most, from the newest final block on: how deep
/// a reorg may be. A day and a half of a chain with a block a second; 7 MB.
pub const MAX_KEPT_BLOCKS: u64 = 131_072;

/// A balance that the node told, and the books do not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Which chain.
    pub chain: u64,
    /// After which block.
    pub block: u64,
    /// Whose.
    pub owner: Address,
    /// Of what.
    pub token: Token,
    /// By the books, in base units.
    pub booked: I256,
    /// By the node, in base units.
    pub seen: U256,
}

/// Where booking stands, and whom the blocks are about.
struct Standing {
    cursor: Option<(u64, B256)>,
    /// Owners with their number in the books and the first block that is booked for them.
    owners: Vec<(Address, i64, u64)>,
}

impl Books {
    /// Books blocks that follow the chain's cursor: their entries, and the cursor, in one transaction of the
    /// database. Returns how many lines there are more.
    ///
    /// Which source a line has: where each leg of an owner is followed by its opposite of the world, that one.
    /// Otherwise an entry has in each token one owner and any sources, or several owners and at most one source;
    /// where there is none, an owner had it from another owner, and it is
    /// [`Source::Transfer`](crate::Source::Transfer).
    ///
    /// # Errors
    /// [`BooksError::Detached`] if the first block does not follow the cursor, or a later one the one before;
    /// [`BooksError::NotTracked`] if an entry has a leg of somebody who is not in [`Books::tracked`], or not yet;
    /// [`BooksError::Nobody`], [`BooksError::Ambiguous`], [`BooksError::Late`], [`BooksError::Busy`], or if the
    /// database fails. The books are then as before.
    pub async fn commit(&self, chain: u64, blocks: &[BookedBlock]) -> BooksResult<u64> {
        let Some(last) = blocks.last() else { return Ok(0) };
        let mut writing = self.database.writer().await?;
        let mut transaction = writing.connection()?.begin().await?;
        let standing = standing(&mut transaction, chain).await?;
        linked(chain, standing.cursor, blocks)?;
        if standing.cursor.is_none() {
            not_late(chain, &standing.owners, blocks)?;
        }
        let lines = book(&mut transaction, chain, &standing.owners, blocks).await?;
        keep_hashes(&mut transaction, codes::int(chain)?, standing.cursor, blocks).await?;
        set_cursor(&mut transaction, codes::int(chain)?, codes::int(last.number)?, last.hash)
            .await?;
        prune(&mut transaction, codes::int(chain)?).await?;
        transaction.commit().await?;
        Ok(lines)
    }

    /// Books blocks for an account that is [behind](Books::behind), from its first block on. The entries are about
    /// it alone. With the block that the chain's cursor is at it has caught up: from then on it is among the
    /// [tracked](Books::tracked). Returns how many lines there are more.
    ///
    /// # Errors
    /// [`BooksError::NotTracked`] if it is not behind; [`BooksError::OtherBranch`] if the last block is not the one
    /// in the books; [`BooksError::Detached`] if it is past the cursor; and those of [`Books::commit`].
    pub async fn commit_behind(
        &self,
        chain: u64,
        address: Address,
        blocks: &[BookedBlock],
    ) -> BooksResult<u64> {
        let Some(last) = blocks.last() else { return Ok(0) };
        let behind = self.account(chain, address).await?.and_then(|(_, behind)| behind);
        let behind = behind.ok_or(BooksError::NotTracked { chain, address, from: None })?;
        let cursor = behind.cursor;
        linked(chain, cursor, blocks)?;
        let mut writing = self.database.writer().await?;
        let mut transaction = writing.connection()?.begin().await?;
        let owner = super::follow::owner_id(&mut transaction, address).await?.unwrap_or_default();
        let owners = [(address, owner, behind.tracked.from_block)];
        if cursor.is_none() {
            not_late(chain, &owners, blocks)?;
        }
        let joined = on_branch(&mut transaction, chain, address, last).await?;
        let lines = book(&mut transaction, chain, &owners, blocks).await?;
        advance(&mut transaction, codes::int(chain)?, owner, (!joined).then_some(last)).await?;
        transaction.commit().await?;
        Ok(lines)
    }

    /// Declares a block, and all before it, final: hashes of earlier ones are forgotten, and a
    /// [`Books::roll_back`] below it is refused. A block past the cursor counts as the cursor; an earlier one than
    /// the one that is final changes nothing.
    ///
    /// # Errors
    /// [`BooksError::Busy`], or if the database fails.
    pub async fn set_final(&self, chain: u64, number: u64) -> BooksResult<()> {
        let id = codes::int(chain)?;
        let mut writing = self.database.writer().await?;
        let mut transaction = writing.connection()?.begin().await?;
        let cursor = standing(&mut transaction, chain).await?.cursor;
        let Some((cursor, _)) = cursor else { return Ok(()) };
        sqlx::query(
            "UPDATE cursors SET finalized = $1 \
             WHERE chain = $2 AND (finalized IS NULL OR finalized < $1)",
        )
        .bind(codes::int(number.min(cursor))?)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        prune(&mut transaction, id).await?;
        Ok(transaction.commit().await?)
    }
}

async fn standing(connection: &mut AnyConnection, chain: u64) -> BooksResult<Standing> {
    let id = codes::int(chain)?;
    let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM chains WHERE id = $1")
        .bind(id)
        .fetch_one(&mut *connection)
        .await?;
    if known == 0 {
        return Err(BooksError::UnknownChain(chain));
    }
    let cursor: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT number, hash FROM cursors WHERE chain = $1")
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
    let cursor = match cursor {
        Some((number, hash)) => Some((codes::uint(number)?, codes::hash(&hash)?)),
        None => None,
    };
    let rows: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT o.address, o.id, t.from_block FROM tracked t JOIN owners o ON o.id = t.owner \
         WHERE t.chain = $1 AND t.behind = 0",
    )
    .bind(id)
    .fetch_all(connection)
    .await?;
    let owners = rows
        .into_iter()
        .map(|(address, id, from)| Ok((codes::address(&address)?, id, codes::uint(from)?)));
    Ok(Standing { cursor, owners: owners.collect::<BooksResult<_>>()? })
}

/// Each block follows the one before, the first the cursor.
fn linked(chain: u64, cursor: Option<(u64, B256)>, blocks: &[BookedBlock]) -> BooksResult<()> {
    let mut before = cursor;
    for block in blocks {
        if let Some((number, hash)) = before
            && (block.parent != hash || Some(block.number) != number.checked_add(1))
        {
            return Err(BooksError::Detached { chain, number: block.number, parent: hash });
        }
        before = Some((block.number, block.hash));
    }
    Ok(())
}

/// Nobody's first block is left out.
fn not_late(chain: u64, owners: &[(Address, i64, u64)], blocks: &[BookedBlock]) -> BooksResult<()> {
    let number = blocks.first().map_or(0, |block| block.number);
    match owners.iter().find(|(_, _, from)| *from < number) {
        Some(&(address, _, from)) => Err(BooksError::Late { chain, address, from, number }),
        None => Ok(()),
    }
}

async fn book(
    connection: &mut AnyConnection,
    chain: u64,
    owners: &[(Address, i64, u64)],
    blocks: &[BookedBlock],
) -> BooksResult<u64> {
    let mut session = Session::begin(connection, chain, owners).await?;
    for block in blocks {
        session.book(connection, block).await?;
    }
    session.finish(connection).await
}

async fn keep_hashes(
    connection: &mut AnyConnection,
    chain: i64,
    cursor: Option<(u64, B256)>,
    blocks: &[BookedBlock],
) -> BooksResult<()> {
    use super::rows::{Rows, Value};
    let mut rows = Rows::new("blocks", &["chain", "number", "hash", "time"], "");
    let mut push = |number: i64, hash: B256, time: i64| {
        let hash = Value::Bytes(hash.to_vec());
        rows.push([Value::Int(chain), Value::Int(number), hash, Value::Int(time)]);
    };
    // What the first block stands on, so that it can be undone too. Its time is not known.
    if let (None, Some(first)) = (cursor, blocks.first())
        && let Some(number) = first.number.checked_sub(1)
    {
        push(codes::int(number)?, first.parent, 0);
    }
    for block in blocks {
        push(codes::int(block.number)?, block.hash, codes::int(block.time)?);
    }
    Ok(rows.flush(connection).await?)
}

/// Puts the cursor where it says.
pub(super) async fn set_cursor(
    connection: &mut AnyConnection,
    chain: i64,
    number: i64,
    hash: B256,
) -> BooksResult<()> {
    sqlx::query(
        "INSERT INTO cursors (chain, number, hash) VALUES ($1, $2, $3) \
         ON CONFLICT (chain) DO UPDATE SET number = excluded.number, hash = excluded.hash",
    )
    .bind(chain)
    .bind(number)
    .bind(hash.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets hashes below the newest final block, and more than are kept at most.
async fn prune(connection: &mut AnyConnection, chain: i64) -> BooksResult<()> {
    let (number, finalized): (i64, Option<i64>) =
        sqlx::query_as("SELECT number, finalized FROM cursors WHERE chain = $1")
            .bind(chain)
            .fetch_one(&mut *connection)
            .await?;
    let kept = codes::int(MAX_KEPT_BLOCKS)?.saturating_sub(1);
    let oldest = number.saturating_sub(kept).max(finalized.unwrap_or(0));
    sqlx::query("DELETE FROM blocks WHERE chain = $1 AND number < $2")
        .bind(chain)
        .bind(oldest)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether the block is where the chain's cursor is.
async fn on_branch(
    connection: &mut AnyConnection,
    chain: u64,
    address: Address,
    last: &BookedBlock,
) -> BooksResult<bool> {
    let cursor = standing(connection, chain).await?.cursor;
    let (cursor, cursor_hash) = cursor.ok_or(BooksError::UnknownChain(chain))?;
    let (number, found) = (last.number, last.hash);
    if number > cursor {
        return Err(BooksError::Detached { chain, number, parent: cursor_hash });
    }
    let known: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM blocks WHERE chain = $1 AND number = $2")
            .bind(codes::int(chain)?)
            .bind(codes::int(number)?)
            .fetch_optional(connection)
            .await?;
    match known.map(|known| codes::hash(&known)).transpose()? {
        Some(known) if known != found => {
            return Err(BooksError::OtherBranch { chain, address, number, found, known });
        }
        _ => {}
    }
    Ok(number == cursor)
}

/// How far an account is; nothing if it has caught up.
async fn advance(
    connection: &mut AnyConnection,
    chain: i64,
    owner: i64,
    at: Option<&BookedBlock>,
) -> BooksResult<()> {
    let number = at.map(|block| codes::int(block.number)).transpose()?;
    sqlx::query(
        "UPDATE tracked SET behind = $1, at_number = $2, at_hash = $3 WHERE chain = $4 AND owner = $5",
    )
    .bind(i64::from(at.is_some()))
    .bind(number)
    .bind(at.map(|block| block.hash.to_vec()))
    .bind(chain)
    .bind(owner)
    .execute(connection)
    .await?;
    Ok(())
}
