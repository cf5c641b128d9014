//! `seam config`: the effective configuration of `seam up`, with where each value came from.

use crate::{
    args::Config,
    config::{Effective, KEYS},
    table,
};
use anyhow::Result;
use serde_json::{Map, Value, json};
use std::io::Write;

pub(crate) fn run(command: Config, out: &mut impl Write) -> Result<()> {
    let effective = Effective::load(command.flags)?;
    let values = serde_json::to_value(&effective.config)?;
    let entry = |key: &'static str| (key, &values[key], effective.sources[key].as_str());
    let entries = KEYS.map(entry);
    if command.json {
        let object = |(key, value, source): (&str, &Value, &str)| {
            (key.to_owned(), json!({ "value": value, "source": source }))
        };
        let all: Map<String, Value> = entries.into_iter().map(object).collect();
        return Ok(writeln!(out, "{}", Value::Object(all))?);
    }
    let rows =
        entries.map(|(key, value, source)| [key.to_owned(), shown(value), source.to_owned()]);
    Ok(table::write_left(out, ["key", "value", "from"], &rows)?)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
