//! Lines for other programs: CSV, JSON and Parquet, written as they are read.

mod parquet;

use crate::books::{Books, BooksError, Filter, Line};
use std::io::Write;

/// In which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated (RFC 4180), with a heading.
    Csv,
    /// One JSON object on each line.
    Json,
    /// Apache Parquet: amounts as decimal text, as no number of it is wide enough.
    Parquet,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The books cannot be read.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] std::io::Error),
    /// A line has no form in JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The Parquet file cannot be written.
    #[error(transparent)]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// The columns of every format, in their order.
pub const COLUMNS: [&str; 18] = [
    "id",
    "entry",
    "chain",
    "block",
    "time",
    "tx_index",
    "tx_hash",
    "log_index",
    "rule",
    "source",
    "kind",
    "owner",
    "token",
    "position",
    "amount",
    "balance",
    "utc",
    "why",
];

/// Writes the lines; returns how many there were. They are all of one state of the books.
///
/// # Errors
/// [`ExportError`]
pub async fn export(
    books: &Books,
    filter: Filter,
    format: Format,
    out: &mut (impl Write + Send),
) -> Result<u64, ExportError> {
    match format {
        Format::Csv => writeln!(out, "{}", COLUMNS.join(","))?,
        Format::Json => {}
        Format::Parquet => return parquet::export(books, filter, out).await,
    }
    let mut stream = books.stream(filter).await?;
    let mut count = 0;
    loop {
        let lines = stream.next().await?;
        if lines.is_empty() {
            return Ok(count);
        }
        for line in &lines {
            match format {
                Format::Csv => writeln!(out, "{}", csv(line)?)?,
                _ => writeln!(out, "{}", serde_json::to_string(line)?)?,
            }
            count += 1;
        }
    }
}

/// The values of a line as text, in the order of [`COLUMNS`]; none where there is none.
fn values(line: &Line) -> Result<[Option<String>; 18], ExportError> {
    let Line { id, entry, chain, block, time, .. } = line;
    let [id, entry, chain, block] =
        [id, entry, chain, block].map(|number| Some(number.to_string()));
    let transaction = line.transaction;
    Ok([
        id,
        entry,
        chain,
        block,
        Some(time.to_string()),
        transaction.map(|(index, _)| index.to_string()),
        transaction.map(|(_, hash)| hash.to_string()),
        line.log.map(|log| log.to_string()),
        Some(line.rule.clone()),
        Some(line.source.name().to_owned()),
        Some(line.source.kind().name().to_owned()),
        Some(line.owner.to_string()),
        Some(line.token.to_string()),
        Some(line.position.to_string()),
        Some(line.amount.to_string()),
        Some(line.balance.to_string()),
        Some(crate::utc::Utc(*time).to_string()),
        Some(serde_json::to_string(&line.why)?),
    ])
}

fn csv(line: &Line) -> Result<String, ExportError> {
    let fields = values(line)?.map(|value| quoted(value.unwrap_or_default()));
    Ok(fields.join(","))
}

/// RFC 4180: in quotes where it has to be.
fn quoted(text: String) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_commas_or_quotes_is_quoted() {
        assert_eq!(quoted("a".into()), "a");
        assert_eq!(quoted("{\"a\":1,\"b\":2}".into()), "\"{\"\"a\"\":1,\"\"b\"\":2}\"");
    }
}
