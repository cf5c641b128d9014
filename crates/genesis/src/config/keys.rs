//! Which keys there are, so that a misspelt one is met with the right one.

use super::ConfigError;

/// Every section with its keys. `prefund` has addresses for keys.
const SECTIONS: [(&str, &[&str]); 10] = [
    ("l1", &["chain_id", "block_time", "blob_schedule"]),
    (
        "l2",
        &[
            "chain_id",
            "block_time",
            "gas_limit",
            "eip1559_denominator",
            "eip1559_elasticity",
            "base_fee",
        ],
    ),
    ("genesis", &["time", "l1_number", "l1_hash", "salt"]),
    ("roles", &["owner", "l2_owner", "batcher", "proposer", "guardian", "unsafe_signer"]),
    (
        "fees",
        &[
            "base_fee_scalar",
            "blob_base_fee_scalar",
            "operator_fee_scalar",
            "operator_fee_constant",
            "vault_minimum",
        ],
    ),
    ("deposits", &["max_resource_limit", "system_tx_max_gas"]),
    ("inbox", &["max_drift", "sequencer_timeout", "max_lag", "max_blobs"]),
    ("batcher", &["max_age"]),
    (
        "settlement",
        &[
            "mode",
            "challenge_window",
            "prove_window",
            "exit_delay",
            "proof_maturity_delay",
            "finality_delay",
            "guardian_delay",
            "spans",
            "span_blocks",
            "proposer_bond",
            "proposer_burn",
            "challenger_bond",
            "challenger_burn",
            "proving_bound",
            "proving_safety",
            "proving_price",
            "l1_inclusion",
            "prove_gas",
            "prove_gas_price",
        ],
    ),
    ("prefund", &[]),
];

/// How many letters a misspelt key may differ in and still be recognised.
const CLOSE: usize = 4;

/// Refuses the first key that means nothing.
pub(super) fn check(table: &toml::Table) -> Result<(), ConfigError> {
    for (section, value) in table {
        let Some((name, keys)) = SECTIONS.iter().find(|(name, _)| name == section) else {
            return Err(unknown(section));
        };
        let written = value.as_table().filter(|_| *name != "prefund");
        for key in written.into_iter().flat_map(|table| table.keys()) {
            if !keys.contains(&key.as_str()) {
                return Err(unknown(&format!("{name}.{key}")));
            }
        }
    }
    Ok(())
}

fn unknown(key: &str) -> ConfigError {
    let known = SECTIONS.iter().flat_map(|(section, keys)| {
        let full = keys.iter().map(move |key| format!("{section}.{key}"));
        std::iter::once((*section).to_owned()).chain(full)
    });
    ConfigError::UnknownKey { key: key.to_owned(), nearest: nearest(key, known) }
}

/// The known key that a misspelt one resembles most, if it resembles any: for a hint.
pub fn nearest(key: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (likeness(key, &candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= CLOSE)
        .map(|(_, candidate)| candidate)
}

/// Edit distance; a right key in a wrong section, or without one, counts as one letter.
fn likeness(written: &str, candidate: &str) -> usize {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let elsewhere = distance(&last(written), &last(candidate)).saturating_add(1);
    distance(written, candidate).min(elsewhere)
}

/// Levenshtein distance, row by row.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        row[0] = left;
        for (j, to) in b.iter().enumerate() {
            let above = row[j + 1];
            left = (left + 1).min(above + 1).min(diagonal + usize::from(from != *to));
            diagonal = above;
            row[j + 1] = left;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RollupConfig;
    use alloy_primitives::Address;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0)]
        {
            assert_eq!(distance(a, b), expected);
            assert_eq!(distance(b, a), expected);
        }
    }

    #[test]
    fn the_list_of_keys_is_that_of_the_struct() {
        let mut config = RollupConfig::from_toml(crate::config::EXAMPLE).unwrap();
        config.roles.l2_owner = Some(Address::repeat_byte(1));
        config.l1.blob_schedule = Some(Vec::new());
        let table = toml::Table::try_from(&config).unwrap();
        assert_eq!(check(&table), Ok(()));
        let listed: usize = SECTIONS.iter().map(|(_, keys)| keys.len()).sum();
        let sections = table.iter().filter(|(name, _)| *name != "prefund");
        let written: usize = sections.map(|(_, keys)| keys.as_table().unwrap().len()).sum();
        assert_eq!((SECTIONS.len(), listed), (table.len(), written));
    }
}
