//! Every dependency that is linked, built or tested with is under a licence that `deny.toml`
//! allows. Read from `cargo tree`, so it needs no other tool and no network.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use crate::{sh, workspace::Workspace};

/// What `deny.toml` says.
#[derive(Debug, Default)]
struct Policy {
    allowed: BTreeSet<String>,
    /// Package to the licences that it alone may have.
    exceptions: BTreeMap<String, BTreeSet<String>>,
    /// Package to the licence that its manifest does not name.
    clarified: BTreeMap<String, String>,
}

/// Findings over the workspace, the guest and the fuzz targets.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let path = workspace.root().join("deny.toml");
    let policy = policy(&std::fs::read_to_string(path).context("cannot read deny.toml")?)?;
    let mut packages = BTreeSet::new();
    for apart in ["Cargo.toml", "guest/Cargo.toml", "fuzz/Cargo.toml"] {
        let manifest = workspace.root().join(apart);
        if manifest.is_file() {
            let manifest = manifest.to_string_lossy().into_owned();
            let args = ["tree", "--workspace", "--prefix", "none", "--format", "{p}|{l}"];
            let tree = sh::capture(sh::cargo(&args).args(["--manifest-path", &manifest]))?;
            packages.extend(tree.lines().filter_map(package));
        }
    }
    let judged = packages.iter().filter_map(|(name, licence)| judge(&policy, name, licence));
    Ok(judged.collect())
}

/// A line of the tree as (name, licence); empty lines stand between the members' trees.
fn package(line: &str) -> Option<(String, String)> {
    let (package, licence) = line.split_once('|')?;
    let name = package.split_whitespace().next()?;
    Some((name.to_owned(), licence.trim_end_matches("(*)").trim().to_owned()))
}

fn policy(text: &str) -> Result<Policy> {
    let file: toml::Table = text.parse().context("deny.toml")?;
    let licences = file.get("licenses").context("deny.toml has no [licenses]")?;
    let list = |value: Option<&toml::Value>| -> Vec<toml::Value> {
        value.and_then(toml::Value::as_array).cloned().unwrap_or_default()
    };
    let text = |value: &toml::Value, key: &str| -> Result<String> {
        let found = value.get(key).and_then(toml::Value::as_str);
        found.map(str::to_owned).with_context(|| format!("deny.toml: an entry without `{key}`"))
    };
    let names = |value: Option<&toml::Value>| -> BTreeSet<String> {
        list(value).iter().filter_map(toml::Value::as_str).map(str::to_owned).collect()
    };
    let mut policy = Policy { allowed: names(licences.get("allow")), ..Policy::default() };
    for entry in list(licences.get("exceptions")) {
        policy.exceptions.insert(text(&entry, "crate")?, names(entry.get("allow")));
    }
    for entry in list(licences.get("clarify")) {
        policy.clarified.insert(text(&entry, "crate")?, text(&entry, "expression")?);
    }
    if policy.allowed.is_empty() {
        bail!("deny.toml allows no licence at all");
    }
    Ok(policy)
}

/// What is wrong with this package's licence, if anything.
fn judge(policy: &Policy, name: &str, licence: &str) -> Option<String> {
    let licence = match policy.clarified.get(name) {
        Some(clarified) if licence.is_empty() => clarified,
        _ => licence,
    };
    if licence.is_empty() {
        return Some(format!("{name}: its manifest names no licence"));
    }
    let exception = policy.exceptions.get(name);
    let allowed =
        |id: &str| policy.allowed.contains(id) || exception.is_some_and(|extra| extra.contains(id));
    match permits(licence, &allowed) {
        Some(true) => None,
        Some(false) => Some(format!("{name}: {licence} is not allowed by deny.toml")),
        None => Some(format!("{name}: `{licence}` is not a licence expression")),
    }
}

/// Whether an SPDX expression can be met with allowed licences; nothing where it cannot be read.
/// The old form `MIT/Apache-2.0` means `OR`.
fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any_of(&mut words, allowed)?;
    words.next().is_none().then_some(met)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = all_of(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed)?;
    }
    Some(met)
}

fn all_of(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = single(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= single(words, allowed)?;
    }
    Some(met)
}

fn single(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    match words.next()? {
        "(" => {
            let met = any_of(words, allowed)?;
            (words.next()? == ")").then_some(met)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        id if words.next_if_eq(&"WITH").is_some() => {
            Some(allowed(&format!("{id} WITH {}", words.next()?)))
        }
        id => Some(allowed(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"]
        exceptions = [{ crate = "arena", allow = ["MPL-2.0"] }]
        [[licenses.clarify]]
        crate = "bare"
        expression = "MIT"
    "#;

    fn verdict(name: &str, licence: &str) -> Option<String> {
        judge(&policy(POLICY).unwrap(), name, licence)
    }

    #[test]
    fn permissive_choices_pass_in_every_spelling() {
        for licence in [
            "MIT",
            "MIT OR GPL-3.0",
            "Apache-2.0/MIT",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(verdict("a", licence), None, "{licence}");
        }
    }

    #[test]
    fn copyleft_and_unreadable_licences_are_found() {
        for licence in
            ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "", "MIT OR", "(MIT", "MIT MIT", "OR"]
        {
            assert!(verdict("a", licence).is_some(), "{licence}");
        }
    }

    #[test]
    fn an_exception_and_a_clarification_hold_for_their_package_only() {
        assert_eq!(verdict("arena", "MPL-2.0"), None);
        assert!(verdict("other", "MPL-2.0").is_some());
        assert_eq!(verdict("bare", ""), None);
        assert!(verdict("bare", "GPL-3.0").is_some());
    }

    #[test]
    fn the_tree_is_read_line_by_line() {
        let line = "seam-stf v0.1.0 (/clone/crates/stf)|MIT OR Apache-2.0 (*)";
        let expected = ("seam-stf".to_owned(), "MIT OR Apache-2.0".to_owned());
        assert_eq!(package(line), Some(expected));
        assert_eq!(
            package("syn v2.0.1 (proc-macro)|").map(|(_, licence)| licence),
            Some(String::new())
        );
        assert_eq!(package(""), None);
    }

    #[test]
    fn the_committed_policy_can_be_read() {
        let text = include_str!("../../../deny.toml");
        assert!(policy(text).unwrap().allowed.contains("MIT"));
        assert!(policy("[licenses]\nallow = []").is_err());
    }
}
