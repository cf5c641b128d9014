//! What everybody earned and paid. The answers are those of `seam earn … --json`.

use super::{Answer, bad};
use crate::{
    pages::problem::Problem,
    server::{
        State,
        asked::{Path, Query},
    },
    site::Site,
};
use alloy_primitives::{Address, B256};
use axum::{
    Json, Router,
    body::Body,
    extract::State as Has,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use seam_ledger::{
    Books,
    books::{self, Filter, Mark, Page, Span},
    explain::{self, Explanation},
    export,
    report::{
        self, By, Report,
        position::{PositionRow, positions},
        profit::{Profit, ProfitQuery, profit},
    },
    rules,
    utc::Utc,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Lines of a page, unless asked otherwise, and at most.
const LINES: u32 = 100;
const MAX_LINES: u32 = 500;
/// Lines of an export at most. It is made in memory: about 500 bytes each.
const MAX_EXPORT: u64 = 1_000_000;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/api/v1/earnings/report", get(make_report))
        .route("/api/v1/earnings/profit", get(make_profit))
        .route("/api/v1/earnings/positions", get(list_positions))
        .route("/api/v1/earnings/accounts", get(accounts))
        .route("/api/v1/earnings/accounts/{address}/lines", get(lines))
        .route("/api/v1/earnings/lines/{id}", get(line))
        .route("/api/v1/earnings/transactions/{hash}", get(transaction))
        .route("/api/v1/earnings/check", get(check))
        .route("/api/v1/earnings/export", get(download))
}

/// The books, or that there are none.
pub(crate) fn books_of(site: &Site) -> Result<&Arc<Books>, Problem> {
    site.books().ok_or(Problem::NoBooks)
}

/// What can be asked of a report.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    pub(crate) by: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) chain: Option<u64>,
}

impl Asked {
    /// What a row is to be about; `otherwise` if it is not said.
    pub(crate) fn by(&self, otherwise: By) -> Result<By, Problem> {
        match self.by.as_deref() {
            None | Some("") => Ok(otherwise),
            Some("role") => Ok(By::Role),
            Some("account") => Ok(By::Account),
            Some("source") => Ok(By::Source),
            Some("day") => Ok(By::Day),
            Some(other) => {
                Err(bad(format!("{other}: reports are by role, account, source or day")))
            }
        }
    }

    pub(crate) fn ends(&self) -> Result<(Option<u64>, Option<u64>), Problem> {
        let moment = |text: &Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => text.parse::<Utc>().map(|utc| Some(utc.0)).map_err(bad),
        };
        Ok((moment(&self.since)?, moment(&self.until)?))
    }
}

/// A report for whoever asks.
pub(crate) async fn report_of(site: &Site, asked: &Asked, by: By) -> Result<Report, Problem> {
    let (since, until) = asked.ends()?;
    let span = Span::of(since.unwrap_or(0), until.unwrap_or(u64::MAX));
    let query = report::Query { by: asked.by(by)?, span, chain: asked.chain };
    Ok(report::report(books_of(site)?, query, None).await?)
}

/// The operator's profit for whoever asks.
pub(crate) async fn profit_of(site: &Site, asked: &Asked) -> Result<Profit, Problem> {
    let (since, until) = asked.ends()?;
    Ok(profit(books_of(site)?, ProfitQuery { since, until, share: None }).await?)
}

async fn make_report(Has(site): Has<Site>, Query(asked): Query<Asked>) -> Answer<Report> {
    Ok(Json(report_of(&site, &asked, By::Account).await?))
}

async fn make_profit(Has(site): Has<Site>, Query(asked): Query<Asked>) -> Answer<Profit> {
    Ok(Json(profit_of(&site, &asked).await?))
}

async fn list_positions(Has(site): Has<Site>) -> Answer<Vec<PositionRow>> {
    Ok(Json(positions(books_of(&site)?, None, None, 0).await?))
}

async fn accounts(Has(site): Has<Site>) -> Answer<Vec<books::Tracked>> {
    let accounts = books_of(&site)?.accounts().await?;
    Ok(Json(accounts.into_iter().map(|(tracked, _)| tracked).collect()))
}

/// Which part of somebody's lines.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Part {
    pub(crate) time: Option<u64>,
    pub(crate) line: Option<u64>,
    pub(crate) limit: Option<u32>,
}

impl Part {
    pub(crate) fn before(self) -> Option<Mark> {
        Some(Mark { time: self.time?, line: self.line? })
    }
}

async fn lines(
    Has(site): Has<Site>,
    Path(address): Path<String>,
    Query(part): Query<Part>,
) -> Answer<Page> {
    let address: Address = address.parse().map_err(|_| bad(format!("{address} is no address")))?;
    let limit = part.limit.unwrap_or(LINES).clamp(1, MAX_LINES);
    Ok(Json(books_of(&site)?.lines(address, part.before(), limit).await?))
}

async fn line(Has(site): Has<Site>, Path(id): Path<String>) -> Answer<Explanation> {
    let id = id.parse().map_err(|_| bad(format!("{id} is no line's number")))?;
    Ok(Json(explained(&site, id).await?))
}

/// Why a line exists.
pub(crate) async fn explained(site: &Site, id: u64) -> Result<Explanation, Problem> {
    let none = || {
        Problem::Missing(format!(
            "The books have no line {id}. After a reorg lines of lost blocks are gone."
        ))
    };
    explain::line(books_of(site)?, id, rules::describe).await?.ok_or_else(none)
}

/// Why the lines of a transaction exist.
pub(crate) async fn explained_all(site: &Site, hash: B256) -> Result<Vec<Explanation>, Problem> {
    Ok(explain::transaction(books_of(site)?, hash, rules::describe).await?)
}

async fn transaction(Has(site): Has<Site>, Path(hash): Path<String>) -> Answer<Vec<Explanation>> {
    let hash = hash.parse().map_err(|_| bad(format!("{hash} is no transaction's hash")))?;
    Ok(Json(explained_all(&site, hash).await?))
}

async fn check(Has(site): Has<Site>) -> Answer<Value> {
    let chains = books_of(&site)?.chains().await?;
    let checked = site.checked();
    let adds_up = checked.values().all(|result| result.as_ref().is_ok_and(|found| found.adds_up()));
    let all = !chains.is_empty() && chains.iter().all(|chain| checked.contains_key(&chain.id));
    let (found, failed): (Vec<_>, Vec<_>) = checked.iter().partition(|(_, result)| result.is_ok());
    let found: Vec<_> = found.into_iter().filter_map(|(_, result)| result.as_ref().ok()).collect();
    let failed: Vec<_> = failed
        .into_iter()
        .filter_map(|(chain, result)| {
            Some(json!({ "chain": chain, "error": result.as_ref().err()? }))
        })
        .collect();
    let adds_up = all.then_some(adds_up);
    Ok(Json(json!({ "adds_up": adds_up, "chains": found, "failed": failed })))
}

#[derive(Debug, Deserialize)]
struct Wanted {
    format: Option<String>,
    account: Option<String>,
    #[serde(flatten)]
    asked: AskedSpan,
}

/// As of a report; numbers in a flattened query are text.
#[derive(Debug, Deserialize, Serialize)]
struct AskedSpan {
    since: Option<String>,
    until: Option<String>,
    chain: Option<String>,
}

async fn download(Has(site): Has<Site>, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let (format, name, kind) = match wanted.format.as_deref() {
        None | Some("csv") => (export::Format::Csv, "seam-lines.csv", "text/csv; charset=utf-8"),
        Some("json") => (export::Format::Json, "seam-lines.jsonl", "application/jsonl"),
        Some("parquet") => {
            (export::Format::Parquet, "seam-lines.parquet", "application/vnd.apache.parquet")
        }
        Some(other) => return Err(bad(format!("{other}: exports are csv, json or parquet"))),
    };
    let address =
        |text: String| text.parse::<Address>().map_err(|_| bad(format!("{text} is no address")));
    let chain =
        |text: String| text.parse::<u64>().map_err(|_| bad(format!("{text} is no chain's id")));
    let AskedSpan { since, until, chain: of_chain } = wanted.asked;
    let (since, until) = Asked { since, until, ..Asked::default() }.ends()?;
    let filter = Filter {
        chain: of_chain.map(chain).transpose()?,
        owner: wanted.account.map(address).transpose()?,
        since,
        until,
    };
    let books = books_of(&site)?;
    let mut bytes = Bounded { bytes: Vec::new(), lines: 0 };
    if let Err(error) = export::export(books, filter, format, &mut bytes).await {
        return Err(match bytes.lines > MAX_EXPORT {
            true => bad(format!(
                "more than {MAX_EXPORT} lines: ask for less, or use `seam earn export`"
            )),
            false => Problem::Books(error.to_string()),
        });
    }
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from(bytes.bytes)).into_response())
}

/// What an export may take.
struct Bounded {
    bytes: Vec<u8>,
    lines: u64,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.lines = self.lines.saturating_add(lines as u64);
        // Parquet has no lines: its size says as much.
        if self.lines > MAX_EXPORT || self.bytes.len() as u64 > MAX_EXPORT.saturating_mul(1_000) {
            self.lines = MAX_EXPORT + 1;
            return Err(std::io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn an_export_ends_where_it_would_fill_the_memory() {
        let mut out = Bounded { bytes: Vec::new(), lines: MAX_EXPORT - 1 };
        out.write_all(b"the last\n").unwrap();
        assert!(out.write_all(b"one too many\n").is_err());
        assert_eq!((out.bytes.as_slice(), out.lines), (b"the last\n".as_slice(), MAX_EXPORT + 1));
    }
}
