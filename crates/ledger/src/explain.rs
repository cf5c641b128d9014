//! Why a line exists, in words: the rule's sentence, its formula, and the formula with the numbers of this line.

use crate::{
    books::{Books, BooksResult, Line, Role},
    model::{Kind, Leg, Token},
    prices::in_ether,
    utc::Utc,
};
use alloy_primitives::B256;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _};

/// What a rule says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleText {
    /// In one sentence.
    pub says: &'static str,
    /// Its formula, in the names of the line's reasons.
    pub formula: &'static str,
    /// Where it is specified.
    pub source: &'static str,
}

/// A line in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The line.
    pub line: Line,
    /// Who it is of: the label and the role, if it is still tracked.
    pub owner: Option<(String, Role)>,
    /// What happened.
    pub summary: String,
    /// What the rule says.
    pub rule: String,
    /// The rule's formula.
    pub formula: String,
    /// The formula with this line's numbers.
    pub numbers: String,
    /// Where the rule is specified.
    pub source: String,
    /// All sides of the entry.
    pub legs: Vec<Leg>,
    /// What the same movement did on other chains.
    pub counterparts: Vec<Line>,
}

/// Explains one line; none if there is none of this number.
///
/// # Errors
/// If the books cannot be read.
pub async fn line(
    books: &Books,
    id: u64,
    describe: impl Fn(&str) -> Option<RuleText>,
) -> BooksResult<Option<Explanation>> {
    match books.line(id).await? {
        Some(line) => Ok(Some(explain(books, line, &describe).await?)),
        None => Ok(None),
    }
}

/// Explains every line of a transaction, in their order; none if it did nothing to those who are tracked.
///
/// # Errors
/// If the books cannot be read.
pub async fn transaction(
    books: &Books,
    hash: B256,
    describe: impl Fn(&str) -> Option<RuleText>,
) -> BooksResult<Vec<Explanation>> {
    let mut found = Vec::new();
    for line in books.lines_of_transaction(hash).await? {
        found.push(explain(books, line, &describe).await?);
    }
    Ok(found)
}

async fn explain(
    books: &Books,
    line: Line,
    describe: &impl Fn(&str) -> Option<RuleText>,
) -> BooksResult<Explanation> {
    let account = books.account(line.chain, line.owner).await?;
    let owner = account.map(|(account, _)| (account.label, account.role));
    let legs = books.legs(line.entry).await?;
    let counterparts = books.counterparts(&line).await?;
    let text = describe(&line.rule);
    let unknown = format!("This Seam does not know the rule {}.", line.rule);
    let formula = text.map_or("", |text| text.formula);
    Ok(Explanation {
        summary: summary(&line, owner.as_ref()),
        rule: text.map_or(unknown, |text| text.says.to_owned()),
        formula: formula.to_owned(),
        numbers: substitute(formula, &line.why),
        source: text.map_or("", |text| text.source).to_owned(),
        line,
        owner,
        legs,
        counterparts,
    })
}

fn summary(line: &Line, owner: Option<&(String, Role)>) -> String {
    let name = match owner {
        Some((label, role)) if label.is_empty() => format!("{} ({role})", line.owner),
        Some((label, role)) => format!("{label} ({role}, {})", line.owner),
        None => line.owner.to_string(),
    };
    let verb = match line.source.kind() {
        Kind::Income => "earned",
        Kind::Cost => "paid",
        Kind::Flow if line.amount.is_negative() => "moved out",
        Kind::Flow => "moved in",
        Kind::Unexplained => "has, and nothing says why,",
    };
    let mut text = format!("{name} {verb} {}", units(line));
    // Writing to a string cannot fail.
    let _ =
        write!(text, ": {}, in block {} of chain {}", line.source.name(), line.block, line.chain);
    let _ = write!(text, " at {}", Utc(line.time));
    if let Some((index, hash)) = line.transaction {
        let _ = write!(text, ", transaction {index} ({hash})");
    }
    if let Some(log) = line.log {
        let _ = write!(text, ", log {log}");
    }
    let _ = write!(text, ". Balance after it: {}.", amount(line.token, line.balance));
    text
}

fn units(line: &Line) -> String {
    amount(line.token, line.amount)
}

fn amount(token: Token, amount: alloy_primitives::I256) -> String {
    match token {
        Token::Ether => format!("{amount} wei ({} ETH)", in_ether(amount)),
        Token::Erc20(address) => format!("{amount} base units of {address}"),
    }
}

/// The formula with the names that there are numbers for replaced by them.
fn substitute(formula: &str, numbers: &BTreeMap<String, String>) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let (mut text, mut rest) = (String::new(), formula);
    while let Some(start) = rest.find(is_name) {
        let (before, from) = rest.split_at(start);
        let (name, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
        text.push_str(before);
        text.push_str(numbers.get(name).map_or(name, String::as_str));
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_become_numbers_and_nothing_else_does() {
        let numbers = BTreeMap::from([
            ("gas".to_owned(), "1".to_owned()),
            ("gas_used".to_owned(), "21000".to_owned()),
            ("price".to_owned(), "7".to_owned()),
        ]);
        let formula = "cost = gas_used * (price - base_price) / 1000000";
        let expected = "cost = 21000 * (7 - base_price) / 1000000";
        assert_eq!(substitute(formula, &numbers), expected);
        assert_eq!(substitute("", &numbers), "");
        assert_eq!(substitute("gas", &numbers), "1");
    }
}
