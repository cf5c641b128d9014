//! Blocks on their way into the books, within one transaction of the database.

use super::{
    BooksError, BooksResult, DAY_SECONDS, codes,
    rows::{Rows, Value},
    totals::{self, Changes},
};
use crate::model::{BookedBlock, Entry, Leg, Party, Position, Source, Token};
use alloy_primitives::{Address, B256, I256, U256};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Lines that wait in memory before they are written.
const MAX_WAITING: usize = 4_096;

type Key = (Address, Token, Position);
/// The legs of one token in an entry.
type OfOwners = BTreeMap<(Address, Position), I256>;
type OfWorld = BTreeMap<Source, I256>;

/// One owner's balance of one token in one position.
struct Account {
    id: i64,
    owner: i64,
    balance: I256,
    seen: Option<(i64, U256)>,
}

/// A line that an entry makes.
struct NewLine {
    key: Key,
    source: Source,
    amount: I256,
}

pub(super) struct Session {
    chain: u64,
    id: i64,
    next: i64,
    owners: HashMap<Address, (i64, u64)>,
    accounts: HashMap<Key, Account>,
    /// Accounts whose rows are not as in memory.
    changed: HashSet<Key>,
    rules: HashMap<String, i64>,
    totals: Changes,
    transactions: Rows,
    entries: Rows,
    lines: Rows,
    /// The transaction of the last entry, which has its row.
    transaction: Option<(u64, B256, i64)>,
    booked: u64,
}

impl Session {
    pub(super) async fn begin(
        connection: &mut AnyConnection,
        chain: u64,
        owners: &[(Address, i64, u64)],
    ) -> BooksResult<Self> {
        let next =
            sqlx::query_scalar("SELECT next_id FROM books").fetch_one(&mut *connection).await?;
        let rules: Vec<(String, i64)> =
            sqlx::query_as("SELECT name, id FROM rules").fetch_all(connection).await?;
        let owners = owners.iter().map(|(address, id, from)| (*address, (*id, *from)));
        Ok(Self {
            chain,
            id: codes::int(chain)?,
            next,
            owners: owners.collect(),
            accounts: HashMap::new(),
            changed: HashSet::new(),
            rules: rules.into_iter().collect(),
            totals: Changes::new(),
            transactions: Rows::new("transactions", &["id", "chain", "block", "place", "hash"], ""),
            entries: Rows::new(
                "entries",
                &["id", "chain", "block", "time", "tx", "log", "rule", "why", "lines", "movement"],
                "",
            ),
            lines: Rows::new(
                "lines",
                &[
                    "id", "entry", "account", "owner", "block", "time", "source", "amount",
                    "balance",
                ],
                "",
            ),
            transaction: None,
            booked: 0,
        })
    }

    /// Adds a block's entries.
    pub(super) async fn book(
        &mut self,
        connection: &mut AnyConnection,
        block: &BookedBlock,
    ) -> BooksResult<()> {
        for entry in &block.entries {
            self.book_entry(connection, block, entry).await?;
        }
        for &(owner, token, seen) in &block.seen {
            self.see(connection, block.number, (owner, token, Position::Wallet), seen).await?;
        }
        if self.lines.len() >= MAX_WAITING {
            self.flush(connection).await?;
        }
        Ok(())
    }

    /// Writes what waits; returns how many lines were booked.
    pub(super) async fn finish(mut self, connection: &mut AnyConnection) -> BooksResult<u64> {
        self.flush(connection).await?;
        totals::apply(connection, &self.totals).await?;
        let next = sqlx::query("UPDATE books SET next_id = $1").bind(self.next);
        next.execute(connection).await?;
        Ok(self.booked)
    }

    async fn book_entry(
        &mut self,
        connection: &mut AnyConnection,
        block: &BookedBlock,
        entry: &Entry,
    ) -> BooksResult<()> {
        let lines = split(block.number, entry)?;
        let rule = self.rule(connection, entry.rule()).await?;
        let transaction = self.transaction_row(block.number, entry)?;
        let why = serde_json::to_string(entry.why());
        let why = why.map_err(|error| BooksError::Damaged(error.to_string()))?;
        let number = codes::int(block.number)?;
        let time = codes::int(block.time)?;
        for line in &lines {
            self.load(connection, line.key, block.number).await?;
        }
        // An entry's number is followed by those of its lines, so they are found without an index.
        let id = self.take_id()?;
        self.entries.push([
            Value::Int(id),
            Value::Int(self.id),
            Value::Int(number),
            Value::Int(time),
            Value::MaybeInt(transaction),
            Value::MaybeInt(entry.place().log.map(i64::from)),
            Value::Int(rule),
            Value::Text(why),
            Value::Int(i64::try_from(lines.len()).unwrap_or(i64::MAX)),
            Value::MaybeBytes(entry.movement().map(|movement| movement.to_vec())),
        ]);
        lines.iter().try_for_each(|line| self.line(id, (number, time), line))
    }

    /// The line's account is loaded already.
    fn line(&mut self, entry: i64, (block, time): (i64, i64), line: &NewLine) -> BooksResult<()> {
        let id = self.take_id()?;
        let lost = || BooksError::Damaged("an account was not loaded".into());
        let account = self.accounts.get_mut(&line.key).ok_or_else(lost)?;
        account.balance = account.balance.checked_add(line.amount).ok_or(BooksError::Overflow)?;
        let source = codes::source_code(line.source);
        self.lines.push([
            Value::Int(id),
            Value::Int(entry),
            Value::Int(account.id),
            Value::Int(account.owner),
            Value::Int(block),
            Value::Int(time),
            Value::Int(source),
            Value::Text(line.amount.to_string()),
            Value::Text(account.balance.to_string()),
        ]);
        let day = time / codes::int(DAY_SECONDS)?;
        totals::add(&mut self.totals, (account.id, day, source), (line.amount, 1))?;
        self.changed.insert(line.key);
        self.booked += 1;
        Ok(())
    }

    /// Notes what the node told. Nothing of a token that the owner never had is no news.
    async fn see(
        &mut self,
        connection: &mut AnyConnection,
        block: u64,
        key: Key,
        seen: U256,
    ) -> BooksResult<()> {
        let known = self.accounts.contains_key(&key);
        let account = if known { None } else { self.find(connection, key).await? };
        match account {
            Some(account) => drop(self.accounts.insert(key, account)),
            None if !known && seen.is_zero() => return Ok(()),
            None => self.load(connection, key, block).await?,
        }
        if let Some(account) = self.accounts.get_mut(&key) {
            account.seen = Some((codes::int(block)?, seen));
            self.changed.insert(key);
        }
        Ok(())
    }

    /// Brings an account into memory; one that is not there yet begins with nothing.
    async fn load(
        &mut self,
        connection: &mut AnyConnection,
        key: Key,
        block: u64,
    ) -> BooksResult<()> {
        let (chain, address) = (self.chain, key.0);
        let refused = BooksError::NotTracked { chain, address, from: Some(block) };
        let owner = match self.owners.get(&address) {
            Some((owner, from)) if *from <= block => *owner,
            _ => return Err(refused),
        };
        if self.accounts.contains_key(&key) {
            return Ok(());
        }
        let account = match self.find(connection, key).await? {
            Some(account) => account,
            None => Account { id: self.take_id()?, owner, balance: I256::ZERO, seen: None },
        };
        self.accounts.insert(key, account);
        Ok(())
    }

    async fn find(
        &self,
        connection: &mut AnyConnection,
        (address, token, position): Key,
    ) -> BooksResult<Option<Account>> {
        let chain = self.chain;
        let refused = BooksError::NotTracked { chain, address, from: None };
        let (owner, _) = self.owners.get(&address).ok_or(refused)?;
        let row: Option<(i64, String, Option<i64>, Option<String>)> = sqlx::query_as(
            "SELECT id, balance, seen_block, seen FROM accounts \
             WHERE chain = $1 AND owner = $2 AND token = $3 AND position = $4",
        )
        .bind(self.id)
        .bind(*owner)
        .bind(codes::token_bytes(&token))
        .bind(codes::position_bytes(&position))
        .fetch_optional(connection)
        .await?;
        let Some((id, balance, block, seen)) = row else { return Ok(None) };
        let seen = match (block, seen) {
            (Some(block), Some(seen)) => Some((block, codes::unsigned(&seen)?)),
            _ => None,
        };
        Ok(Some(Account { id, owner: *owner, balance: codes::amount(&balance)?, seen }))
    }

    async fn rule(&mut self, connection: &mut AnyConnection, name: &str) -> BooksResult<i64> {
        if let Some(id) = self.rules.get(name) {
            return Ok(*id);
        }
        let id = self.take_id()?;
        let row = sqlx::query("INSERT INTO rules (id, name) VALUES ($1, $2)");
        row.bind(id).bind(name).execute(connection).await?;
        self.rules.insert(name.to_owned(), id);
        Ok(id)
    }

    fn transaction_row(&mut self, block: u64, entry: &Entry) -> BooksResult<Option<i64>> {
        let Some((place, hash)) = entry.place().transaction else { return Ok(None) };
        if let Some((known_block, known, id)) = self.transaction
            && (known_block, known) == (block, hash)
        {
            return Ok(Some(id));
        }
        let id = self.take_id()?;
        self.transactions.push([
            Value::Int(id),
            Value::Int(self.id),
            Value::Int(codes::int(block)?),
            Value::Int(i64::from(place)),
            Value::Bytes(hash.to_vec()),
        ]);
        self.transaction = Some((block, hash, id));
        Ok(Some(id))
    }

    async fn flush(&mut self, connection: &mut AnyConnection) -> BooksResult<()> {
        let mut accounts = Rows::new(
            "accounts",
            &["id", "chain", "owner", "token", "position", "balance", "seen_block", "seen"],
            " ON CONFLICT (id) DO UPDATE SET balance = excluded.balance, \
             seen_block = excluded.seen_block, seen = excluded.seen",
        );
        for key in self.changed.drain() {
            let Some(account) = self.accounts.get(&key) else { continue };
            accounts.push([
                Value::Int(account.id),
                Value::Int(self.id),
                Value::Int(account.owner),
                Value::Bytes(codes::token_bytes(&key.1).to_vec()),
                Value::Bytes(codes::position_bytes(&key.2).to_vec()),
                Value::Text(account.balance.to_string()),
                Value::MaybeInt(account.seen.map(|(block, _)| block)),
                Value::MaybeText(account.seen.map(|(_, seen)| seen.to_string())),
            ]);
        }
        accounts.flush(connection).await?;
        self.transactions.flush(connection).await?;
        self.entries.flush(connection).await?;
        Ok(self.lines.flush(connection).await?)
    }

    /// Numbers are never used again, so that one names the same line for ever.
    fn take_id(&mut self) -> BooksResult<i64> {
        let id = self.next;
        self.next = id.checked_add(1).ok_or(BooksError::Overflow)?;
        Ok(id)
    }
}

/// The lines of an entry: what each owner has more, by source.
fn split(number: u64, entry: &Entry) -> BooksResult<Vec<NewLine>> {
    let lines = match pairs(entry.legs()) {
        Some(lines) => lines,
        None => by_token(number, entry)?,
    };
    if lines.is_empty() {
        return Err(BooksError::Nobody { rule: entry.rule(), number });
    }
    Ok(lines)
}

/// Where each leg of an owner is followed by its opposite of the world, that is its source.
fn pairs(legs: &[Leg]) -> Option<Vec<NewLine>> {
    let line = |pair: &[Leg]| match pair {
        [
            Leg { party: Party::Owner(owner, position), token, amount },
            Leg { party: Party::World(source), token: same, amount: less },
        ] if token == same && amount.checked_add(*less) == Some(I256::ZERO) => {
            Some(NewLine { key: (*owner, *token, *position), source: *source, amount: *amount })
        }
        _ => None,
    };
    legs.chunks(2).map(line).collect()
}

/// Otherwise there is one owner or one source in each token.
fn by_token(number: u64, entry: &Entry) -> BooksResult<Vec<NewLine>> {
    let mut tokens: BTreeMap<Token, (OfOwners, OfWorld)> = BTreeMap::new();
    for leg in entry.legs() {
        let (owners, world) = tokens.entry(leg.token).or_default();
        let sum = match leg.party {
            Party::Owner(address, position) => owners.entry((address, position)).or_default(),
            Party::World(source) => world.entry(source).or_default(),
        };
        *sum = sum.checked_add(leg.amount).ok_or(BooksError::Overflow)?;
    }
    let mut lines = Vec::new();
    for (token, (owners, world)) in tokens {
        let single = world.keys().next().copied().unwrap_or(Source::Transfer);
        match (owners.len(), world.len()) {
            (0, _) => {} // about nobody
            (_, 0 | 1) => lines.extend(owners.into_iter().map(|((owner, position), amount)| {
                NewLine { key: (owner, token, position), source: single, amount }
            })),
            (1, _) => lines.extend(owners.into_keys().flat_map(|(owner, position)| {
                let key = (owner, token, position);
                // What the world lost; no sum is the least of 256 bits, as the legs balance.
                let line = |(source, amount): (&Source, &I256)| NewLine {
                    key,
                    source: *source,
                    amount: I256::ZERO.wrapping_sub(*amount),
                };
                world.iter().map(line).collect::<Vec<_>>()
            })),
            _ => return Err(BooksError::Ambiguous { rule: entry.rule(), number, token }),
        }
    }
    Ok(lines)
}
