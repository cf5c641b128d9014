//! The watch list: chains, accounts, and how far each is.

use super::{Behind, Books, BooksError, BooksResult, FollowedChain, Tracked, codes, unwind};
use alloy_primitives::{Address, B256};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row, any::AnyRow};

const TRACKED: &str = "SELECT t.chain, o.address, t.label, t.role, t.from_block, t.behind, t.at_number, t.at_hash \
                       FROM tracked t JOIN owners o ON o.id = t.owner";

impl Books {
    /// Tells the books of a chain, or that it is reached by another URL now.
    ///
    /// # Errors
    /// [`BooksError::ChainChanged`] if the URL was another chain's, [`BooksError::GenesisChanged`] if the chain id
    /// was that of a chain with another block 0; [`BooksError::Busy`], or if the database fails.
    pub async fn follow(&self, chain: &FollowedChain) -> BooksResult<()> {
        let known = self.chains().await?;
        if known.contains(chain) {
            return Ok(());
        }
        if let Some(other) = known.iter().find(|one| one.url == chain.url && one.id != chain.id) {
            let (url, was, now) = (chain.url.clone(), other.id, chain.id);
            return Err(BooksError::ChainChanged { url, was, now });
        }
        let same = known.iter().find(|one| one.id == chain.id && one.genesis != chain.genesis);
        if let Some(other) = same {
            let (chain, was, now) = (chain.id, other.genesis, chain.genesis);
            return Err(BooksError::GenesisChanged { chain, was, now });
        }
        let mut writing = self.database.writer().await?;
        sqlx::query(
            "INSERT INTO chains (id, kind, url, genesis) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, url = excluded.url",
        )
        .bind(codes::int(chain.id)?)
        .bind(codes::kind_code(chain.kind))
        .bind(chain.url.as_str())
        .bind(chain.genesis.as_slice())
        .execute(writing.connection()?)
        .await?;
        Ok(())
    }

    /// Every chain in the books, by chain id.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn chains(&self) -> BooksResult<Vec<FollowedChain>> {
        let rows = sqlx::query("SELECT id, kind, url, genesis FROM chains ORDER BY id");
        let rows = rows.fetch_all(self.database.readers()).await?;
        rows.iter().map(followed).collect()
    }

    /// A chain in the books.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn chain(&self, id: u64) -> BooksResult<Option<FollowedChain>> {
        let row = sqlx::query("SELECT id, kind, url, genesis FROM chains WHERE id = $1");
        let row = row.bind(codes::int(id)?).fetch_optional(self.database.readers()).await?;
        row.as_ref().map(followed).transpose()
    }

    /// Puts an account in the watch list, or gives it another label and role. Where the chain's cursor is at or
    /// past `from_block` already, the account is [behind](Books::behind) until its blocks have been booked
    /// for it with [`Books::commit_behind`].
    ///
    /// # Errors
    /// [`BooksError::UnknownChain`]; [`BooksError::TrackedLater`] if it is tracked from a later block;
    /// [`BooksError::Busy`], or if the database fails.
    pub async fn track(&self, account: &Tracked) -> BooksResult<()> {
        let chain = account.chain;
        self.chain(chain).await?.ok_or(BooksError::UnknownChain(chain))?;
        let known = self.account(chain, account.address).await?;
        if let Some((known, _)) = &known
            && known.from_block > account.from_block
        {
            let (address, from) = (account.address, known.from_block);
            return Err(BooksError::TrackedLater { chain, address, from });
        }
        let mut writing = self.database.writer().await?;
        let mut transaction = writing.connection()?.begin().await?;
        match known {
            Some(_) => rename(&mut transaction, account).await?,
            None => insert(&mut transaction, account).await?,
        }
        Ok(transaction.commit().await?)
    }

    /// Takes an account out of the watch list, with all its lines, balances and totals: as if it had never
    /// been tracked. An entry that it shared with another account keeps the other's line.
    ///
    /// # Errors
    /// [`BooksError::NotTracked`], [`BooksError::Busy`], or if the database fails.
    pub async fn untrack(&self, chain: u64, address: Address) -> BooksResult<()> {
        let known = self.account(chain, address).await?;
        known.ok_or(BooksError::NotTracked { chain, address, from: None })?;
        let mut writing = self.database.writer().await?;
        let mut transaction = writing.connection()?.begin().await?;
        let owner = owner_id(&mut transaction, address).await?.unwrap_or_default();
        unwind::forget(&mut transaction, codes::int(chain)?, owner).await?;
        Ok(transaction.commit().await?)
    }

    /// The accounts of a chain that are as far as its cursor: those that a [`Books::commit`] is about. The
    /// others are in [`Books::behind`].
    ///
    /// # Errors
    /// If the database fails.
    pub async fn tracked(&self, chain: u64) -> BooksResult<Vec<Tracked>> {
        let all = self.accounts().await?.into_iter();
        let joined = all.filter(|(one, behind)| one.chain == chain && behind.is_none());
        Ok(joined.map(|(one, _)| one).collect())
    }

    /// The accounts of a chain that still have to catch up with its cursor.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn behind(&self, chain: u64) -> BooksResult<Vec<Behind>> {
        let all = self.accounts().await?.into_iter().filter(|(one, _)| one.chain == chain);
        Ok(all.filter_map(|(_, behind)| behind).collect())
    }

    /// Every account of every chain, by chain and address, and where it is if it is behind.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn accounts(&self) -> BooksResult<Vec<(Tracked, Option<Behind>)>> {
        let sql = AssertSqlSafe(format!("{TRACKED} ORDER BY t.chain, o.address"));
        let rows = sqlx::query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(tracked).collect()
    }

    /// One account on every chain that it is tracked on, by chain.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn accounts_of(&self, address: Address) -> BooksResult<Vec<Tracked>> {
        // All chains are named, as the index begins with the chain.
        let sql = AssertSqlSafe(format!(
            "{TRACKED} WHERE t.chain IN (SELECT id FROM chains) AND o.address = $1 ORDER BY t.chain"
        ));
        let rows = sqlx::query(sql).bind(address.to_vec()).fetch_all(self.database.readers());
        rows.await?.iter().map(|row| Ok(tracked(row)?.0)).collect()
    }

    /// One account of the watch list.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn account(
        &self,
        chain: u64,
        address: Address,
    ) -> BooksResult<Option<(Tracked, Option<Behind>)>> {
        let sql = AssertSqlSafe(format!("{TRACKED} WHERE t.chain = $1 AND o.address = $2"));
        let row = sqlx::query(sql)
            .bind(codes::int(chain)?)
            .bind(address.as_slice())
            .fetch_optional(self.database.readers())
            .await?;
        row.as_ref().map(tracked).transpose()
    }

    /// Number and hash of the last block that is booked; none before the first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cursor(&self, chain: u64) -> BooksResult<Option<(u64, B256)>> {
        let row = sqlx::query("SELECT number, hash FROM cursors WHERE chain = $1")
            .bind(codes::int(chain)?)
            .fetch_optional(self.database.readers())
            .await?;
        row.map(|row| number_and_hash(&row)).transpose()
    }

    /// The time of the last block that is booked, in seconds since 1970; none before the first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn cursor_time(&self, chain: u64) -> BooksResult<Option<u64>> {
        let time: Option<i64> = sqlx::query_scalar(
            "SELECT b.time FROM cursors c JOIN blocks b ON b.chain = c.chain AND b.number = c.number \
             WHERE c.chain = $1",
        )
        .bind(codes::int(chain)?)
        .fetch_optional(self.database.readers())
        .await?;
        time.map(codes::uint).transpose()
    }

    /// The time of the owner's first line on any chain, in seconds since 1970.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn first_time(&self, owner: Address) -> BooksResult<Option<u64>> {
        let time: Option<i64> = sqlx::query_scalar(
            "SELECT time FROM lines WHERE owner = (SELECT id FROM owners WHERE address = $1) \
             ORDER BY time LIMIT 1",
        )
        .bind(owner.as_slice())
        .fetch_optional(self.database.readers())
        .await?;
        time.map(codes::uint).transpose()
    }

    /// The hash of a booked block, as long as it is kept: the newest [`MAX_KEPT_BLOCKS`](super::MAX_KEPT_BLOCKS)
    /// blocks from the newest final one on.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn hash(&self, chain: u64, number: u64) -> BooksResult<Option<B256>> {
        let row = sqlx::query("SELECT number, hash FROM blocks WHERE chain = $1 AND number = $2")
            .bind(codes::int(chain)?)
            .bind(codes::int(number)?)
            .fetch_optional(self.database.readers())
            .await?;
        Ok(row.map(|row| number_and_hash(&row)).transpose()?.map(|(_, hash)| hash))
    }

    /// The oldest block that [`Books::hash`] still knows, to which [`Books::roll_back`] can go.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn oldest_kept(&self, chain: u64) -> BooksResult<Option<u64>> {
        let oldest: Option<i64> =
            sqlx::query_scalar("SELECT MIN(number) FROM blocks WHERE chain = $1")
                .bind(codes::int(chain)?)
                .fetch_one(self.database.readers())
                .await?;
        oldest.map(codes::uint).transpose()
    }

    /// The newest block that was declared final; none before the first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn finalized(&self, chain: u64) -> BooksResult<Option<u64>> {
        let number: Option<Option<i64>> =
            sqlx::query_scalar("SELECT finalized FROM cursors WHERE chain = $1")
                .bind(codes::int(chain)?)
                .fetch_optional(self.database.readers())
                .await?;
        number.flatten().map(codes::uint).transpose()
    }
}

async fn insert(connection: &mut AnyConnection, account: &Tracked) -> BooksResult<()> {
    let cursor: Option<i64> = sqlx::query_scalar("SELECT number FROM cursors WHERE chain = $1")
        .bind(codes::int(account.chain)?)
        .fetch_optional(&mut *connection)
        .await?;
    let from = codes::int(account.from_block)?;
    let behind = cursor.is_some_and(|cursor| cursor >= from);
    let owner = match owner_id(connection, account.address).await? {
        Some(id) => id,
        None => new_owner(connection, account.address).await?,
    };
    sqlx::query(
        "INSERT INTO tracked (chain, owner, label, role, from_block, behind) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(codes::int(account.chain)?)
    .bind(owner)
    .bind(account.label.as_str())
    .bind(codes::role_code(account.role))
    .bind(from)
    .bind(i64::from(behind))
    .execute(connection)
    .await?;
    Ok(())
}

async fn rename(connection: &mut AnyConnection, account: &Tracked) -> BooksResult<()> {
    sqlx::query(
        "UPDATE tracked SET label = $1, role = $2 WHERE chain = $3 \
         AND owner = (SELECT id FROM owners WHERE address = $4)",
    )
    .bind(account.label.as_str())
    .bind(codes::role_code(account.role))
    .bind(codes::int(account.chain)?)
    .bind(account.address.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// The number of an address in the books.
pub(super) async fn owner_id(
    connection: &mut AnyConnection,
    address: Address,
) -> BooksResult<Option<i64>> {
    let id = sqlx::query_scalar("SELECT id FROM owners WHERE address = $1");
    Ok(id.bind(address.as_slice()).fetch_optional(connection).await?)
}

async fn new_owner(connection: &mut AnyConnection, address: Address) -> BooksResult<i64> {
    let id: i64 =
        sqlx::query_scalar("SELECT next_id FROM books").fetch_one(&mut *connection).await?;
    sqlx::query("UPDATE books SET next_id = $1").bind(id + 1).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO owners (id, address) VALUES ($1, $2)")
        .bind(id)
        .bind(address.as_slice())
        .execute(connection)
        .await?;
    Ok(id)
}

fn number_and_hash(row: &AnyRow) -> BooksResult<(u64, B256)> {
    Ok((codes::uint(row.try_get(0)?)?, codes::hash(row.try_get(1)?)?))
}

fn followed(row: &AnyRow) -> BooksResult<FollowedChain> {
    Ok(FollowedChain {
        id: codes::uint(row.try_get(0)?)?,
        kind: codes::kind(row.try_get(1)?)?,
        url: row.try_get(2)?,
        genesis: codes::hash(row.try_get(3)?)?,
    })
}

fn tracked(row: &AnyRow) -> BooksResult<(Tracked, Option<Behind>)> {
    let tracked = Tracked {
        chain: codes::uint(row.try_get(0)?)?,
        address: codes::address(row.try_get(1)?)?,
        label: row.try_get(2)?,
        role: codes::role(row.try_get(3)?)?,
        from_block: codes::uint(row.try_get(4)?)?,
    };
    if row.try_get::<i64, _>(5)? == 0 {
        return Ok((tracked, None));
    }
    let number: Option<i64> = row.try_get(6)?;
    let hash: Option<Vec<u8>> = row.try_get(7)?;
    let cursor = match (number, hash) {
        (Some(number), Some(hash)) => Some((codes::uint(number)?, codes::hash(&hash)?)),
        _ => None,
    };
    Ok((tracked.clone(), Some(Behind { tracked, cursor })))
}
