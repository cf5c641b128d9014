//! Questions to the books.

use super::{
    args::{
        Backup, By, Explain, Export, Format, Lines, Positions, Prices as Given, Report, Unit, What,
    },
    show,
};
use crate::{clock, table};
use alloy_primitives::I256;
use anyhow::{Context, Result, bail, ensure};
use seam_ledger::{
    books::{self, Filter},
    explain::{self, Explanation},
    export as files,
    prices::{Dollars, Prices, in_ether},
    report::{self, Figures, Row, position},
    rules,
    utc::Utc,
};
use std::{
    fs::File,
    io::{BufWriter, Write},
};

impl Given {
    /// The prices, if there are any. Dollars need them.
    pub(super) fn read(&self, unit: Unit) -> Result<Option<Prices>> {
        ensure!(
            unit != Unit::Usd || self.prices.is_some(),
            "dollars need prices: give a file with --prices (time,token,price,unit), or another --in"
        );
        let age = self.max_price_age.saturating_mul(3_600);
        let read = self.prices.as_ref().map(|path| Prices::from_file(path, age));
        Ok(read.transpose()?)
    }
}

pub(super) async fn report(command: &Report, out: &mut impl Write) -> Result<()> {
    let prices = command.prices.read(command.unit)?;
    let books = command.database.existing().await?;
    let by = match command.by {
        By::Role => report::By::Role,
        By::Account => report::By::Account,
        By::Source => report::By::Source,
        By::Day => report::By::Day,
    };
    let query = report::Query { by, span: command.period.span(), chain: command.chain };
    let found = report::report(&books, query, prices.as_ref()).await?;
    if command.database.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
        return Ok(());
    }
    if found.rows.is_empty() {
        eprintln!("nothing is booked in this period");
        return Ok(());
    }
    writeln!(out, "{} to {}, whole days of UTC", found.first, found.last)?;
    let rows: Vec<_> =
        found.rows.iter().chain(&found.sums).map(|row| cells(row, command.unit)).collect();
    let first = match command.by {
        By::Role => "role",
        By::Account => "account",
        By::Source => "source",
        By::Day => "day",
    };
    let headings =
        [first, "chain", "in", "income", "costs", "net", "flows", "opening", "unexplained"];
    table::write(out, headings, &rows)?;
    for used in &found.prices {
        let (first, last) = (Utc(used.first.time), Utc(used.last.time));
        writeln!(out, "prices of {}: {}, {first} to {last}", used.first.token, used.first.origin)?;
    }
    for gap in &found.gaps {
        eprintln!("no price of {} from {} to {}", gap.token, gap.first, gap.last);
    }
    Ok(())
}

fn cells(row: &Row, unit: Unit) -> [String; 9] {
    let (token, figures, dollars) = (row.token, row.figures, row.dollars);
    let name = if row.label.is_empty() { row.group.clone() } else { row.label.clone() };
    let ether = row.ether.filter(|_| unit == Unit::Eth);
    let value = |pick: fn(&Figures) -> I256, dollar: fn(report::Values) -> Dollars| match &ether {
        Some(ether) => in_ether(pick(ether)),
        None => show::value(token, pick(&figures), dollars.map(dollar), unit),
    };
    let shown = match &ether {
        Some(_) => format!("{token}, ETH"),
        None => show::token(token, unit),
    };
    [
        name,
        row.chain.to_string(),
        shown,
        value(|units| units.income, |values| values.income),
        value(|units| units.costs, |values| values.costs),
        value(Figures::net, |values| values.net),
        value(|units| units.flows, |values| values.flows),
        show::amount(token, figures.opening, unit),
        value(|units| units.unexplained, |values| values.unexplained),
    ]
}

pub(super) async fn positions(command: &Positions, out: &mut impl Write) -> Result<()> {
    let prices = command.prices.read(command.unit)?;
    let books = command.database.existing().await?;
    let now = clock::machine_time().as_secs();
    let found = position::positions(&books, None, prices.as_ref(), now).await?;
    if command.database.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
        return Ok(());
    }
    let rows: Vec<_> = found.iter().map(|row| position_cells(row, command.unit)).collect();
    let headings =
        ["account", "role", "chain", "in", "where", "balance", "income", "% a year", "of days"];
    Ok(table::write(out, headings, &rows)?)
}

fn position_cells(row: &position::PositionRow, unit: Unit) -> [String; 9] {
    let name = if row.label.is_empty() { row.owner.to_string() } else { row.label.clone() };
    let rate =
        row.rate.map_or_else(Default::default, |rate| (rate.percent(), rate.days.to_string()));
    [
        name,
        row.role.to_string(),
        row.chain.to_string(),
        show::token(row.token, unit),
        row.position.to_string(),
        show::value(row.token, row.balance, row.dollars, unit),
        show::amount(row.token, row.income, unit),
        rate.0,
        rate.1,
    ]
}

pub(super) async fn lines(command: &Lines, out: &mut impl Write) -> Result<()> {
    let books = command.database.existing().await?;
    let page = books.lines(command.account, None, command.limit).await?;
    if command.database.json {
        writeln!(out, "{}", serde_json::to_string(&page)?)?;
        return Ok(());
    }
    let row = |line: &books::Line| {
        [
            line.id.to_string(),
            Utc(line.time).to_string(),
            line.chain.to_string(),
            line.block.to_string(),
            line.source.name().to_owned(),
            show::token(line.token, Unit::Wei),
            line.amount.to_string(),
            line.balance.to_string(),
        ]
    };
    let rows: Vec<_> = page.lines.iter().map(row).collect();
    let headings = ["line", "time", "chain", "block", "source", "in", "amount", "balance"];
    Ok(table::write(out, headings, &rows)?)
}

pub(super) async fn explain(command: &Explain, out: &mut impl Write) -> Result<()> {
    let books = command.database.existing().await?;
    let found = match command.what {
        What::Line(id) => {
            let line = explain::line(&books, id, rules::describe).await?;
            vec![line.with_context(|| format!("the books have no line {id}"))?]
        }
        What::Transaction(hash) => explain::transaction(&books, hash, rules::describe).await?,
    };
    if found.is_empty() {
        bail!(
            "the books have no line of this transaction: it did nothing to a tracked account, or is not booked yet"
        );
    }
    if command.database.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
        return Ok(());
    }
    for (place, one) in found.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        in_words(one, out)?;
    }
    Ok(())
}

fn in_words(one: &Explanation, out: &mut impl Write) -> Result<()> {
    writeln!(out, "line {}: {}", one.line.id, one.summary)?;
    writeln!(out, "  why      {}", one.rule)?;
    if !one.formula.is_empty() {
        writeln!(out, "  formula  {}", one.formula)?;
        writeln!(out, "  numbers  {}", one.numbers)?;
    }
    for (name, value) in &one.line.why {
        writeln!(out, "  {name} = {value}")?;
    }
    for other in &one.counterparts {
        let place =
            other.transaction.map_or_else(String::new, |(_, hash)| format!(", transaction {hash}"));
        writeln!(
            out,
            "  other    line {}: chain {}, block {}{place}",
            other.id, other.chain, other.block
        )?;
    }
    if !one.source.is_empty() {
        writeln!(out, "  source   rule {}: {}", one.line.rule, one.source)?;
    }
    Ok(())
}

pub(super) async fn export(command: &Export, out: &mut impl Write) -> Result<()> {
    let database = super::args::Database { db: command.db.clone(), json: false };
    let books = database.existing().await?;
    let (since, until) = command.period.ends();
    let filter = Filter { chain: command.chain, owner: command.account, since, until };
    let format = match command.format {
        Format::Csv => files::Format::Csv,
        Format::Json => files::Format::Json,
        Format::Parquet => files::Format::Parquet,
    };
    let count = match &command.out {
        Some(path) => {
            let file = File::create_new(path).with_context(|| path.display().to_string())?;
            let mut file = BufWriter::new(file);
            let count = files::export(&books, filter, format, &mut file).await?;
            file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
            count
        }
        None => {
            // The lock of stdout, in which all commands write, is not for other threads: this is beside it.
            out.flush()?;
            let mut stdout = BufWriter::new(std::io::stdout());
            let count = files::export(&books, filter, format, &mut stdout).await?;
            stdout.flush()?;
            count
        }
    };
    eprintln!("{count} lines");
    Ok(())
}

pub(super) async fn backup(command: &Backup, out: &mut impl Write) -> Result<()> {
    let books = command.database.existing().await?;
    let made = books.backup(&command.file).await?;
    if command.database.json {
        writeln!(out, "{}", serde_json::to_string(&made)?)?;
        return Ok(());
    }
    match made {
        books::Backup::Written { path, bytes } => {
            eprintln!("{} has {bytes} bytes: use it with --db", path.display());
        }
        books::Backup::Command(command) => {
            eprintln!("PostgreSQL makes its own backups, with:");
            writeln!(out, "{command}")?;
        }
    }
    Ok(())
}
