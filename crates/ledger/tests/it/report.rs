//! Reports of books that are made by hand, so that every figure is known.

use crate::support::{
    BLOCK_TIME, START, account, amount, at, block, chain, site::Site, transaction,
};
use alloy_primitives::{Address, B256, I256};
use seam_ledger::{
    Books, Entry, Place, Source, Token,
    books::{Filter, FollowedChain, Role, Span},
    explain::{self, RuleText},
    export::{Format, export},
    prices::Prices,
    report::{
        By, Query, Report, Row,
        position::positions,
        profit::{ProfitQuery, RevenueShare, profit},
        report,
    },
};

const L1: u64 = 900;
const L2: u64 = 901;
const BATCHER: Address = Address::repeat_byte(0xba);
const VAULT: Address = Address::repeat_byte(0x42);
const USER: Address = Address::repeat_byte(0x05);
const TOKEN: Address = Address::repeat_byte(0x70);
/// The transaction whose lines are explained.
const HASH: B256 = B256::repeat_byte(0x77);

fn ether(owner: Address, source: Source, wei: i64) -> Entry {
    at(transaction(0, HASH), owner, source, (Token::Ether, wei))
}

/// Two days (the second begins after block 2) of a batcher, a vault and a user.
async fn rollup(site: &Site) -> Books {
    let books = Books::open(&site.url).await.unwrap();
    for id in [L1, L2] {
        books.follow(&FollowedChain { id, ..chain(id) }).await.unwrap();
    }
    for (chain, address, role) in
        [(L1, BATCHER, Role::Batcher), (L2, VAULT, Role::Vault), (L2, USER, Role::User)]
    {
        books.track(&account(chain, address, role, 1)).await.unwrap();
    }
    let posted = vec![
        ether(BATCHER, Source::Opening, 1_000_000),
        ether(BATCHER, Source::ExecutionGas, -100),
        ether(BATCHER, Source::BlobGas, -20),
    ];
    // One that failed: it pays for its gas all the same.
    let failed = vec![ether(BATCHER, Source::ExecutionGas, -80)];
    let blocks = [(1, posted), (2, vec![]), (3, failed)];
    let blocks = blocks.map(|(number, entries)| block(1, number, entries));
    books.commit(L1, &blocks).await.unwrap();
    let first = vec![
        ether(VAULT, Source::BaseFees, 40),
        ether(VAULT, Source::L1Fees, 60),
        ether(USER, Source::ExecutionGas, -40),
        ether(USER, Source::L1Fee, -60),
        at(Place::default(), USER, Source::Reward, (Token::Erc20(TOKEN), 7)),
    ];
    let second = vec![
        ether(VAULT, Source::BaseFees, 300),
        ether(VAULT, Source::VaultWithdrawal, -350),
        ether(VAULT, Source::Unexplained, 5),
        ether(USER, Source::ExecutionGas, -300),
    ];
    let blocks = [(1, first), (2, vec![]), (3, second)];
    let blocks = blocks.map(|(number, entries)| block(2, number, entries));
    books.commit(L2, &blocks).await.unwrap();
    books
}

async fn by(books: &Books, by: By) -> Report {
    report(books, Query { by, span: Span::ALL, chain: None }, None).await.unwrap()
}

fn row<'a>(report: &'a Report, group: &str, chain: u64, token: Token) -> &'a Row {
    let mut rows = report.rows.iter().chain(&report.sums);
    rows.find(|row| (row.group.as_str(), row.chain, row.token) == (group, chain, token)).unwrap()
}

#[tokio::test]
async fn each_way_to_group_adds_up_to_the_same() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let reports = [By::Role, By::Account, By::Source, By::Day];
    let mut sums = Vec::new();
    for group in reports {
        let report = by(&books, group).await;
        let of = |token| {
            let rows = report.rows.iter().filter(move |row| row.token == token);
            rows.fold((I256::ZERO, I256::ZERO), |(net, all), row| {
                let figures = row.figures;
                let others = figures.flows + figures.opening + figures.unexplained;
                (net + row.net, all + row.net + others)
            })
        };
        sums.push((of(Token::Ether), of(Token::Erc20(TOKEN)), report.sums));
    }
    assert!(sums.windows(2).all(|pair| pair[0] == pair[1]));
    // Everything together is what everybody has.
    let held = books.holdings().await.unwrap().into_iter();
    let held =
        held.filter(|one| one.token == Token::Ether).fold(I256::ZERO, |sum, one| sum + one.balance);
    assert_eq!(sums[0].0.1, held);
}

#[tokio::test]
async fn figures_are_those_of_the_books() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let report = by(&books, By::Role).await;
    let batcher = row(&report, "batcher", L1, Token::Ether);
    assert_eq!((batcher.figures.costs, batcher.net), (amount(-200), amount(-200)));
    assert_eq!(batcher.figures.opening, amount(1_000_000));
    let vault = row(&report, "vault", L2, Token::Ether);
    assert_eq!((vault.figures.income, vault.net), (amount(400), amount(400)));
    assert_eq!((vault.figures.flows, vault.figures.unexplained), (amount(-350), amount(5)));
    let user = row(&report, "user", L2, Token::Erc20(TOKEN));
    assert_eq!(user.figures.income, amount(7));
    assert_eq!(row(&report, "all", L2, Token::Ether).net, amount(0));
    let by_day = by(&books, By::Day).await;
    assert_eq!((by_day.first.as_str(), by_day.last.as_str()), ("2025-12-31", "2026-01-01"));
    assert_eq!(row(&by_day, "2026-01-01", L1, Token::Ether).figures.costs, amount(-80));
}

#[tokio::test]
async fn a_period_is_whole_days_of_utc() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let new_year = START + 30;
    let days = async |since, until| {
        let query = Query { by: By::Day, span: Span::of(since, until), chain: Some(L1) };
        let report = report(&books, query, None).await.unwrap();
        report.rows.into_iter().map(|row| row.group).collect::<Vec<_>>()
    };
    assert_eq!(days(0, new_year).await, ["2025-12-31"]);
    assert_eq!(days(0, new_year + 1).await, ["2025-12-31", "2026-01-01"]);
    assert_eq!(days(new_year, u64::MAX).await, ["2026-01-01"]);
    assert!(days(new_year + 86_400, u64::MAX).await.is_empty());
}

#[tokio::test]
async fn dollars_are_those_of_each_day_and_a_gap_is_named() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    // A price of a wei, so that values can be read.
    let text = "time,token,price,unit\n2025-12-31,ether,2,0\n2026-01-01T12:00:00Z,ether,3,0\n2025-12-30,\
                0x7070707070707070707070707070707070707070,1.5,0";
    let prices = Prices::from_csv(text, "by hand", 86_400 - 1).unwrap();
    let query = Query { by: By::Source, span: Span::ALL, chain: None };
    let report = report(&books, query, Some(&prices)).await.unwrap();
    let gas = row(&report, "execution-gas", L1, Token::Ether).dollars.unwrap();
    assert_eq!(gas.costs.to_string(), "-440.00"); // 100 at 2, 80 at 3
    let reward = row(&report, "reward", L2, Token::Erc20(TOKEN));
    assert_eq!((reward.dollars, reward.figures.income), (None, amount(7)));
    let [gap] = &report.gaps[..] else { panic!("{:?}", report.gaps) };
    assert_eq!(
        (gap.token, gap.first.as_str(), gap.last.as_str()),
        (Token::Erc20(TOKEN), "2025-12-31", "2025-12-31")
    );
    let [used] = &report.prices[..] else { panic!("{:?}", report.prices) };
    assert_eq!((used.first.origin.as_str(), used.last.time), ("by hand", START + 30 + 43_200));
}

#[tokio::test]
async fn a_token_is_worth_ether_by_the_prices_of_both() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let text = "time,token,price,unit\n2025-12-31,ether,2,0\n2025-12-31,\
                0x7070707070707070707070707070707070707070,5,0";
    let prices = Prices::from_csv(text, "by hand", 3 * 86_400).unwrap();
    let query = Query { by: By::Source, span: Span::ALL, chain: None };
    let found = report(&books, query, Some(&prices)).await.unwrap();
    let reward = row(&found, "reward", L2, Token::Erc20(TOKEN)).ether.unwrap();
    // Seven at 2.5 wei each, half away from zero.
    assert_eq!((reward.income, reward.net()), (amount(18), amount(18)));
    assert_eq!(row(&found, "execution-gas", L1, Token::Ether).ether, None);
    let other = "0x0000000000000000000000000000000000000001";
    let without = Prices::from_csv(&text.replace("ether", other), "by hand", 3 * 86_400).unwrap();
    let found = report(&books, query, Some(&without)).await.unwrap();
    assert_eq!(row(&found, "reward", L2, Token::Erc20(TOKEN)).ether, None);
}

/// Trap 1 (every fee is revenue, every cost a cost), trap 8 (shares by the day), and the formulas.
#[tokio::test]
async fn the_operator_sees_revenue_costs_and_runway() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let query = ProfitQuery { share: Some(RevenueShare::SUPERCHAIN), ..ProfitQuery::default() };
    let found = profit(&books, query).await.unwrap();
    assert_eq!(
        (found.revenue, found.costs, found.margin),
        (amount(400), amount(-200), amount(200))
    );
    assert_eq!(found.revenue_by_source["l1-fees"], amount(60));
    // Failed transactions are costs, and were attempts to post.
    assert_eq!((found.batches, found.margin_per_batch), (2, Some(amount(100))));
    assert_eq!(found.unexplained, amount(5));
    assert_eq!(found.transactions, 2);
    assert_eq!(found.seconds, 2 * BLOCK_TIME);
    // -costs * transactions * 86,400 / (revenue * seconds)
    assert_eq!(found.break_even_per_day, Some(amount(200 * 2 * 86_400 / (400 * 24))));
    let balance = 1_000_000 - 200;
    assert_eq!(found.batcher_balance, amount(balance));
    assert_eq!(found.runway_hours, Some(amount(balance * 24 / (200 * 3_600))));
    let days: Vec<_> = found.days.iter().map(|day| (day.day.as_str(), day.margin)).collect();
    assert_eq!(days, [("2025-12-31", amount(-20)), ("2026-01-01", amount(220))]);
    // 2.5 % of 100 on a day of loss, 15 % of 220 on the other.
    assert_eq!(found.revenue_share, Some(amount(2 + 33)));
}

/// Trap 4: a rate says over how many days it was seen.
#[tokio::test]
async fn positions_have_balances_and_a_rate_with_its_days() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let deposit = at(Place::default(), USER, Source::Transfer, (Token::Erc20(TOKEN), 1_000));
    books.commit(L2, &[block(2, 4, vec![deposit])]).await.unwrap();
    let rows = positions(&books, None, None, START).await.unwrap();
    for owner in [USER, BATCHER] {
        let of_owner: Vec<_> = rows.iter().filter(|row| row.owner == owner).cloned().collect();
        assert!(!of_owner.is_empty());
        assert_eq!(positions(&books, Some(owner), None, START).await.unwrap(), of_owner);
    }
    let token = rows.iter().find(|row| row.token == Token::Erc20(TOKEN)).unwrap();
    assert_eq!((token.balance, token.income), (amount(1_007), amount(7)));
    // No capital but the reward on the first day, 1,007 on the second.
    let rate = token.rate.unwrap();
    assert_eq!((rate.ppm_a_year, rate.days), (amount(7 * 365_000_000 / 1_007), 2));
    let batcher = rows.iter().find(|row| row.owner == BATCHER).unwrap();
    assert_eq!((batcher.role, batcher.rate, batcher.dollars), (Role::Batcher, None, None));
}

#[tokio::test]
async fn a_transaction_is_explained_with_formula_and_numbers() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let describe = |rule: &str| {
        let text = RuleText { says: "Somebody moved it.", formula: "amount", source: "this test" };
        (rule == "test").then_some(text)
    };
    let found = explain::transaction(&books, HASH, describe).await.unwrap();
    assert_eq!(found.len(), 12);
    let gas = found.iter().find(|one| one.line.source == Source::BlobGas).unwrap();
    assert_eq!(
        (gas.rule.as_str(), gas.formula.as_str(), gas.numbers.as_str()),
        ("Somebody moved it.", "amount", "-20")
    );
    let start = format!(
        "{BATCHER} (batcher) paid -20 wei (-0.00000000000000002 ETH): blob-gas, in block 1 of chain 900"
    );
    assert!(gas.summary.starts_with(&start), "{}", gas.summary);
    assert!(
        gas.summary.ends_with("Balance after it: 999880 wei (0.00000000000099988 ETH)."),
        "{}",
        gas.summary
    );
    assert_eq!(gas.legs.len(), 2);
    let line = explain::line(&books, gas.line.id, describe).await.unwrap();
    assert_eq!(line.as_ref(), Some(gas));
    let unknown = explain::line(&books, gas.line.id, |_| None).await.unwrap().unwrap();
    assert_eq!(unknown.rule, "This Seam does not know the rule test.");
    assert_eq!(explain::line(&books, 1_000_000, describe).await.unwrap(), None);
}

#[tokio::test]
async fn every_format_has_every_line() {
    let site = Site::sqlite();
    let books = rollup(&site).await;
    let written = async |format| {
        let mut out = Vec::new();
        let count = export(&books, Filter::default(), format, &mut out).await.unwrap();
        assert_eq!(count, 13);
        out
    };
    let csv = String::from_utf8(written(Format::Csv).await).unwrap();
    assert_eq!(csv.lines().count(), 14);
    let gas = csv.lines().find(|line| line.contains(",blob-gas,cost,")).unwrap();
    assert!(
        gas.ends_with(",-20,999880,2025-12-31T23:59:42Z,\"{\"\"amount\"\":\"\"-20\"\"}\""),
        "{gas}"
    );
    let json = String::from_utf8(written(Format::Json).await).unwrap();
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let gas = lines.iter().find(|line| line["source"] == "blob-gas").unwrap();
    assert_eq!((&gas["amount"], &gas["token"]), (&"-20".into(), &"ether".into()));
    parquet(written(Format::Parquet).await);
}

fn parquet(file: Vec<u8>) {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::RowAccessor,
    };
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 13);
    let gas = rows.iter().find(|row| row.get_string(9).unwrap() == "blob-gas").unwrap();
    assert_eq!((gas.get_long(3).unwrap(), gas.get_string(14).unwrap().as_str()), (1, "-20"));
    assert_eq!(gas.get_string(6).unwrap(), &HASH.to_string());
    // The vault's income names no transaction index only where there is none.
    let reward = rows.iter().find(|row| row.get_string(9).unwrap() == "reward").unwrap();
    assert!(reward.get_string(6).is_err());
}
