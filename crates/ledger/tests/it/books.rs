//! What the books promise, one by one.

use crate::support::{
    ALICE, BOB, CHAIN, account, amount, at, begun, block, chain, ether, hash, seen, site::Site,
    transaction,
};
use alloy_primitives::{Address, B256, U256};
use seam_ledger::{
    BookedBlock, Books, BooksError, Entry, Leg, Party, Place, Position, Source, Token,
    books::{Filter, Mark, Role, Span},
    model::MOVEMENT,
};
use std::collections::BTreeMap;

/// Each of these on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::Site::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                if let Some(site) = super::Site::postgres().await {
                    super::$name(&site).await;
                }
            })*
        }
    };
}

async fn balance(books: &Books, owner: Address) -> i64 {
    let balance = books.balance(CHAIN, owner, Token::Ether).await.unwrap();
    balance.to_string().parse().unwrap()
}

async fn totals(books: &Books) -> BTreeMap<(Address, Source, u64), (i64, u64)> {
    let mut found = BTreeMap::new();
    let mut each = |total: seam_ledger::books::Total| {
        let amount = total.amount.to_string().parse().unwrap();
        found.insert((total.owner, total.source, total.day), (amount, total.lines));
    };
    books.totals(Span::ALL, &mut each).await.unwrap();
    found
}

fn two_blocks() -> [BookedBlock; 2] {
    let one = block(0, 1, vec![ether(ALICE, Source::Opening, 100)]);
    let two = vec![ether(ALICE, Source::Transfer, -30), ether(BOB, Source::Transfer, 30)];
    [one, block(0, 2, two)]
}

async fn what_is_committed_is_there_after_opening_again(site: &Site) {
    let books = begun(&site.url).await;
    assert_eq!(books.commit(CHAIN, &two_blocks()).await.unwrap(), 3);
    books.close().await;
    let books = Books::existing(&site.url).await.unwrap();
    assert_eq!(books.cursor(CHAIN).await.unwrap(), Some((2, hash(0, 2))));
    assert_eq!(books.hash(CHAIN, 1).await.unwrap(), Some(hash(0, 1)));
    assert_eq!((balance(&books, ALICE).await, balance(&books, BOB).await), (70, 30));
    assert_eq!(books.tokens(CHAIN, BOB).await.unwrap(), [Token::Ether]);
    let page = books.lines(ALICE, None, 10).await.unwrap();
    let lines: Vec<_> = page.lines.iter().map(|line| (line.block, line.balance)).collect();
    assert_eq!(lines, [(2, amount(70)), (1, amount(100))]);
    assert_eq!(page.next, None);
}

async fn a_range_that_does_not_follow_changes_nothing(site: &Site) {
    let books = begun(&site.url).await;
    books.commit(CHAIN, &two_blocks()).await.unwrap();
    let gap = block(0, 4, vec![]);
    let other_branch = block(1, 3, vec![]);
    let broken = [block(0, 3, vec![ether(ALICE, Source::Transfer, 1)]), block(1, 4, vec![])];
    for blocks in [&[gap][..], &[other_branch], &broken] {
        let refused = books.commit(CHAIN, blocks).await;
        assert!(matches!(refused, Err(BooksError::Detached { .. })), "{refused:?}");
    }
    assert_eq!(books.cursor(CHAIN).await.unwrap(), Some((2, hash(0, 2))));
    assert_eq!(balance(&books, ALICE).await, 70);
}

async fn a_roll_back_restores_balances_totals_and_cursor(site: &Site) {
    let books = begun(&site.url).await;
    let [one, two] = two_blocks();
    books.commit(CHAIN, &[one]).await.unwrap();
    let before = totals(&books).await;
    books.commit(CHAIN, &[two]).await.unwrap();
    assert_ne!(totals(&books).await, before);
    books.roll_back(CHAIN, 1).await.unwrap();
    assert_eq!(totals(&books).await, before);
    assert_eq!((balance(&books, ALICE).await, balance(&books, BOB).await), (100, 0));
    assert_eq!(books.cursor(CHAIN).await.unwrap(), Some((1, hash(0, 1))));
    assert_eq!(books.tokens(CHAIN, BOB).await.unwrap(), []);
    assert!(books.lines(BOB, None, 10).await.unwrap().lines.is_empty());
    // The block before the first can be gone back to as well.
    books.roll_back(CHAIN, 0).await.unwrap();
    assert_eq!(totals(&books).await, BTreeMap::new());
    assert_eq!(books.cursor(CHAIN).await.unwrap(), Some((0, hash(0, 0))));
}

async fn what_is_final_is_not_undone(site: &Site) {
    let books = begun(&site.url).await;
    let blocks: Vec<_> = (1..=9).map(|number| block(0, number, vec![])).collect();
    books.commit(CHAIN, &blocks).await.unwrap();
    books.set_final(CHAIN, 5).await.unwrap();
    books.set_final(CHAIN, 4).await.unwrap();
    assert_eq!(books.finalized(CHAIN).await.unwrap(), Some(5));
    assert_eq!(books.oldest_kept(CHAIN).await.unwrap(), Some(5));
    assert_eq!(books.hash(CHAIN, 4).await.unwrap(), None);
    let refused = books.roll_back(CHAIN, 4).await;
    assert!(matches!(refused, Err(BooksError::Final { to: 4, finalized: 5, .. })), "{refused:?}");
    books.roll_back(CHAIN, 5).await.unwrap();
    assert_eq!(books.cursor(CHAIN).await.unwrap(), Some((5, hash(0, 5))));
}

async fn as_many_hashes_are_kept_as_the_limit_says(site: &Site) {
    use seam_ledger::books::MAX_KEPT_BLOCKS;
    let books = begun(&site.url).await;
    let blocks: Vec<_> = (1..=MAX_KEPT_BLOCKS + 2).map(|number| block(0, number, vec![])).collect();
    books.commit(CHAIN, &blocks).await.unwrap();
    assert_eq!(books.oldest_kept(CHAIN).await.unwrap(), Some(3));
    let refused = books.roll_back(CHAIN, 2).await;
    assert!(matches!(refused, Err(BooksError::TooDeep { to: 2, oldest: 3, .. })), "{refused:?}");
}

async fn an_account_that_joins_late_catches_up_and_then_goes_with_the_others(site: &Site) {
    let books = begun(&site.url).await;
    books.commit(CHAIN, &two_blocks()).await.unwrap();
    let carol = Address::repeat_byte(0xca);
    books.track(&account(CHAIN, carol, Role::User, 1)).await.unwrap();
    assert_eq!(books.tracked(CHAIN).await.unwrap().len(), 2);
    assert_eq!(books.behind(CHAIN).await.unwrap()[0].cursor, None);
    let early = books.commit(CHAIN, &[block(0, 3, vec![ether(carol, Source::Transfer, 1)])]).await;
    assert!(matches!(early, Err(BooksError::NotTracked { .. })), "{early:?}");
    let one = block(0, 1, vec![ether(carol, Source::Opening, 5)]);
    books.commit_behind(CHAIN, carol, &[one]).await.unwrap();
    assert_eq!(books.behind(CHAIN).await.unwrap()[0].cursor, Some((1, hash(0, 1))));
    let lost = BookedBlock { parent: hash(0, 1), ..block(1, 2, vec![]) };
    let refused = books.commit_behind(CHAIN, carol, &[lost]).await;
    assert!(matches!(refused, Err(BooksError::OtherBranch { number: 2, .. })), "{refused:?}");
    let two = block(0, 2, vec![ether(carol, Source::Transfer, 2)]);
    books.commit_behind(CHAIN, carol, &[two]).await.unwrap();
    assert_eq!(books.behind(CHAIN).await.unwrap(), []);
    books.commit(CHAIN, &[block(0, 3, vec![ether(carol, Source::Transfer, 1)])]).await.unwrap();
    assert_eq!(balance(&books, carol).await, 8);
    books.roll_back(CHAIN, 1).await.unwrap();
    assert_eq!(balance(&books, carol).await, 5);
}

async fn an_account_that_is_untracked_was_never_there_and_others_keep_their_lines(site: &Site) {
    let books = begun(&site.url).await;
    let legs = vec![
        Leg {
            party: Party::Owner(ALICE, Position::Wallet),
            token: Token::Ether,
            amount: amount(-7),
        },
        Leg { party: Party::Owner(BOB, Position::Wallet), token: Token::Ether, amount: amount(7) },
    ];
    let shared = Entry::new("test", transaction(0, B256::ZERO), legs.clone(), BTreeMap::new());
    books.commit(CHAIN, &two_blocks()).await.unwrap();
    books.commit(CHAIN, &[block(0, 3, vec![shared.unwrap()])]).await.unwrap();
    let lines = books.lines_of_transaction(B256::ZERO).await.unwrap();
    assert_eq!(books.legs(lines[0].entry).await.unwrap(), legs);
    books.untrack(CHAIN, ALICE).await.unwrap();
    assert_eq!(balance(&books, ALICE).await, 0);
    assert_eq!(balance(&books, BOB).await, 37);
    assert!(totals(&books).await.keys().all(|(owner, ..)| *owner == BOB));
    let left = books.lines_of_transaction(B256::ZERO).await.unwrap();
    assert_eq!(left, lines.into_iter().filter(|line| line.owner == BOB).collect::<Vec<_>>());
    let again = books.untrack(CHAIN, ALICE).await;
    assert!(matches!(again, Err(BooksError::NotTracked { .. })), "{again:?}");
}

async fn all_legs_of_an_entry_come_back_and_each_source_is_a_line(site: &Site) {
    let books = begun(&site.url).await;
    let leg = |party, amount| Leg { party, token: Token::Ether, amount };
    let legs = vec![
        leg(Party::Owner(ALICE, Position::Wallet), amount(-30)),
        leg(Party::World(Source::ExecutionGas), amount(20)),
        leg(Party::World(Source::L1Fee), amount(10)),
    ];
    let hash = B256::repeat_byte(7);
    let entry = Entry::new("gas", transaction(3, hash), legs.clone(), BTreeMap::new()).unwrap();
    books.commit(CHAIN, &[block(0, 1, vec![entry])]).await.unwrap();
    let lines = books.lines_of_transaction(hash).await.unwrap();
    let found: Vec<_> = lines.iter().map(|line| (line.source, line.amount, line.balance)).collect();
    let expected = [
        (Source::ExecutionGas, amount(-20), amount(-20)),
        (Source::L1Fee, amount(-10), amount(-30)),
    ];
    assert_eq!(found, expected);
    assert_eq!(lines[0].transaction, Some((3, hash)));
    assert_eq!(books.line(lines[1].id).await.unwrap().as_ref(), lines.get(1));
    assert_eq!(books.legs(lines[0].entry).await.unwrap(), legs);
}

async fn an_entry_about_nobody_or_with_unclear_sources_is_refused(site: &Site) {
    let books = begun(&site.url).await;
    let leg = |party, units| Leg { party, token: Token::Ether, amount: amount(units) };
    let entry = |legs| Entry::new("test", Place::default(), legs, BTreeMap::new()).unwrap();
    let nobody = vec![leg(Party::World(Source::Tips), 1), leg(Party::World(Source::L1Fee), -1)];
    let refused = books.commit(CHAIN, &[block(0, 1, vec![entry(nobody)])]).await;
    assert!(matches!(refused, Err(BooksError::Nobody { number: 1, .. })), "{refused:?}");
    let unclear = vec![
        leg(Party::Owner(ALICE, Position::Wallet), -5),
        leg(Party::Owner(BOB, Position::Wallet), 2),
        leg(Party::World(Source::L1Fee), 2),
        leg(Party::World(Source::Tips), 1),
    ];
    let refused = books.commit(CHAIN, &[block(0, 1, vec![entry(unclear)])]).await;
    assert!(matches!(refused, Err(BooksError::Ambiguous { .. })), "{refused:?}");
    let stranger = vec![ether(Address::ZERO, Source::Transfer, 1)];
    let refused = books.commit(CHAIN, &[block(0, 1, stranger)]).await;
    assert!(matches!(refused, Err(BooksError::NotTracked { .. })), "{refused:?}");
    let refused = books.commit(CHAIN, &[block(0, 2, vec![])]).await;
    assert!(matches!(refused, Err(BooksError::Late { from: 1, number: 2, .. })), "{refused:?}");
    assert_eq!(books.cursor(CHAIN).await.unwrap(), None);
}

async fn pages_go_through_all_lines_once_from_the_newest(site: &Site) {
    let books = begun(&site.url).await;
    let entries = |number| (0..3).map(move |_| ether(ALICE, Source::Transfer, number)).collect();
    let blocks: Vec<_> = (1..=5).map(|number| block(0, number, entries(1))).collect();
    books.commit(CHAIN, &blocks).await.unwrap();
    let (mut found, mut before): (Vec<i64>, Option<Mark>) = (Vec::new(), None);
    loop {
        let page = books.lines(ALICE, before, 4).await.unwrap();
        found
            .extend(page.lines.iter().map(|line| line.balance.to_string().parse::<i64>().unwrap()));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, (1..=15).rev().collect::<Vec<_>>());
}

async fn a_stream_has_what_the_filter_says(site: &Site) {
    let books = begun(&site.url).await;
    books.commit(CHAIN, &two_blocks()).await.unwrap();
    let count = async |filter: Filter| {
        let mut stream = books.stream(filter).await.unwrap();
        let first = stream.next().await.unwrap();
        assert!(stream.next().await.unwrap().is_empty());
        first.len()
    };
    let time = crate::support::START + 2 * crate::support::BLOCK_TIME;
    assert_eq!(count(Filter::default()).await, 3);
    assert_eq!(count(Filter { owner: Some(BOB), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { since: Some(time), ..Filter::default() }).await, 2);
    assert_eq!(count(Filter { until: Some(time), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { chain: Some(1), ..Filter::default() }).await, 0);
}

async fn what_the_node_told_is_compared_with_the_lines(site: &Site) {
    let books = begun(&site.url).await;
    let [one, two] = two_blocks();
    books.commit(CHAIN, &[seen(one, ALICE, 100), seen(two, BOB, 31)]).await.unwrap();
    let found = books.mismatches(CHAIN).await.unwrap();
    let [only] = &found[..] else { panic!("{found:?}") };
    assert_eq!((only.block, only.owner, only.seen), (2, BOB, U256::from(31)));
    assert_eq!(only.booked, amount(30));
    assert_eq!(books.balance_at(CHAIN, ALICE, Token::Ether, 1).await.unwrap(), amount(100));
}

async fn a_chain_is_the_one_that_it_was(site: &Site) {
    let books = begun(&site.url).await;
    let moved = seam_ledger::books::FollowedChain { id: 5, ..chain(CHAIN) };
    let refused = books.follow(&moved).await;
    assert!(matches!(refused, Err(BooksError::ChainChanged { was: CHAIN, now: 5, .. })));
    let anew = seam_ledger::books::FollowedChain { genesis: B256::ZERO, ..chain(CHAIN) };
    assert!(matches!(books.follow(&anew).await, Err(BooksError::GenesisChanged { .. })));
    let elsewhere = seam_ledger::books::FollowedChain { url: "http://b".into(), ..chain(CHAIN) };
    books.follow(&elsewhere).await.unwrap();
    assert_eq!(books.chain(CHAIN).await.unwrap(), Some(elsewhere));
}

async fn an_account_is_named_anew_but_not_taken_earlier(site: &Site) {
    let books = begun(&site.url).await;
    let mut alice = account(CHAIN, ALICE, Role::Prover, 1);
    alice.label = "prover".into();
    books.track(&alice).await.unwrap();
    assert_eq!(books.tracked(CHAIN).await.unwrap()[0], alice);
    alice.from_block = 0;
    let refused = books.track(&alice).await;
    assert!(matches!(refused, Err(BooksError::TrackedLater { from: 1, .. })), "{refused:?}");
    let unknown = books.track(&account(5, ALICE, Role::User, 0)).await;
    assert!(matches!(unknown, Err(BooksError::UnknownChain(5))), "{unknown:?}");
}

async fn a_second_writer_is_refused_and_readers_are_not(site: &Site) {
    let books = begun(&site.url).await;
    books.commit(CHAIN, &two_blocks()).await.unwrap();
    let other = Books::open(&site.url).await.unwrap();
    assert!(matches!(other.lock().await, Err(BooksError::Busy { .. })));
    let refused = other.commit(CHAIN, &[block(0, 3, vec![])]).await;
    assert!(refused.unwrap_err().to_string().contains("another process"));
    assert_eq!(balance(&other, ALICE).await, 70);
    books.close().await;
    other.commit(CHAIN, &[block(0, 3, vec![])]).await.unwrap();
}

async fn books_of_a_newer_format_are_refused(site: &Site) {
    let books = begun(&site.url).await;
    books.close().await;
    let url = &site.url;
    let address = if url.contains("://") { url.clone() } else { format!("sqlite://{url}") };
    let pool = sqlx::AnyPool::connect(&address).await.unwrap();
    sqlx::query("UPDATE books SET format = 2").execute(&pool).await.unwrap();
    pool.close().await;
    for opened in [Books::open(url).await, Books::existing(url).await] {
        let message = opened.unwrap_err().to_string();
        assert!(message.starts_with("the books are of format 2, and this seam knows up to 1"));
    }
}

#[tokio::test]
async fn nothing_is_written_where_there_are_no_books() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("books.db").display().to_string();
    let missing = Books::existing(&file).await.unwrap_err();
    assert!(missing.to_string().contains("there are no books at"), "{missing}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    std::fs::write(&file, "not a database, but long enough to be read as one").unwrap();
    assert!(matches!(Books::open(&file).await, Err(BooksError::Database(_))));
}

async fn a_log_and_a_transaction_are_found_again(site: &Site) {
    let books = begun(&site.url).await;
    let hash = B256::repeat_byte(9);
    let place = Place { log: Some(4), ..transaction(2, hash) };
    let token = Token::Erc20(Address::repeat_byte(3));
    let entry = at(place, ALICE, Source::Transfer, (token, 12));
    books.commit(CHAIN, &[block(0, 1, vec![entry])]).await.unwrap();
    let [line] = &books.lines_of_transaction(hash).await.unwrap()[..] else { panic!() };
    assert_eq!((line.log, line.transaction), (Some(4), Some((2, hash))));
    assert_eq!((line.token, line.why["amount"].as_str()), (token, "12"));
    let json = serde_json::to_value(line).unwrap();
    assert_eq!(json["amount"], "12");
    assert_eq!(json["position"], "wallet");
    assert_eq!(json["source"], "transfer");
}

async fn the_halves_of_a_movement_find_each_other(site: &Site) {
    let books = begun(&site.url).await;
    books.follow(&chain(CHAIN + 1)).await.unwrap();
    books.track(&account(CHAIN + 1, ALICE, Role::User, 1)).await.unwrap();
    let half = |movement: u8, source, wei| {
        let why = BTreeMap::from([(MOVEMENT, B256::repeat_byte(movement).to_string())]);
        let of = (Token::Ether, amount(wei));
        Entry::of("test", transaction(0, hash(0, 1)), ALICE, source, of, why).unwrap()
    };
    let left = vec![ether(ALICE, Source::Opening, 9), half(1, Source::Deposit, -5)];
    books.commit(CHAIN, &[block(0, 1, left)]).await.unwrap();
    let [left, _] = &books.lines(ALICE, None, 9).await.unwrap().lines[..] else { panic!() };
    assert_eq!(books.counterparts(left).await.unwrap(), []);
    // Another movement, and one that only looks like it: on the same chain.
    let came = vec![half(1, Source::Deposit, 5), half(2, Source::Deposit, 1)];
    books.commit(CHAIN + 1, &[block(0, 1, came)]).await.unwrap();
    books.commit(CHAIN, &[block(0, 2, vec![half(1, Source::Transfer, 1)])]).await.unwrap();
    let [came] = &books.counterparts(left).await.unwrap()[..] else { panic!() };
    assert_eq!((came.chain, came.amount), (CHAIN + 1, amount(5)));
    assert_eq!(books.counterparts(came).await.unwrap().len(), 2);
    books.roll_back(CHAIN + 1, 0).await.unwrap();
    assert_eq!(books.counterparts(left).await.unwrap(), []);
}

async fn a_backup_is_the_books_and_none_is_written_over(site: &Site) {
    use seam_ledger::books::Backup;
    let books = begun(&site.url).await;
    books.commit(CHAIN, &two_blocks()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("it's a copy.db");
    match books.backup(&path).await.unwrap() {
        Backup::Written { path, bytes } => {
            assert!(bytes > 0);
            let copy = Books::existing(path.to_str().unwrap()).await.unwrap();
            assert_eq!(copy.cursor(CHAIN).await.unwrap(), books.cursor(CHAIN).await.unwrap());
            assert_eq!(totals(&copy).await, totals(&books).await);
            assert!(books.backup(&path).await.is_err());
        }
        Backup::Command(command) => assert!(command.starts_with("pg_dump "), "{command}"),
    }
}

on_both! {
    what_is_committed_is_there_after_opening_again
    a_range_that_does_not_follow_changes_nothing
    a_roll_back_restores_balances_totals_and_cursor
    what_is_final_is_not_undone
    as_many_hashes_are_kept_as_the_limit_says
    an_account_that_joins_late_catches_up_and_then_goes_with_the_others
    an_account_that_is_untracked_was_never_there_and_others_keep_their_lines
    all_legs_of_an_entry_come_back_and_each_source_is_a_line
    an_entry_about_nobody_or_with_unclear_sources_is_refused
    pages_go_through_all_lines_once_from_the_newest
    a_stream_has_what_the_filter_says
    what_the_node_told_is_compared_with_the_lines
    a_chain_is_the_one_that_it_was
    an_account_is_named_anew_but_not_taken_earlier
    a_second_writer_is_refused_and_readers_are_not
    books_of_a_newer_format_are_refused
    a_log_and_a_transaction_are_found_again
    the_halves_of_a_movement_find_each_other
    a_backup_is_the_books_and_none_is_written_over
}
