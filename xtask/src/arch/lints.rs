//! Every package takes the workspace's lints, and the two core crates cannot panic on input:
//! they deny the lints that find a panic, and no code outside their tests allows one again.

use std::path::Path;

use anyhow::{Context, Result};
use syn::{
    Attribute, Item, Meta, Token, parse::Parser, punctuated::Punctuated, spanned::Spanned,
    visit::Visit,
};

use super::Package;
use crate::workspace::Workspace;

/// The packages that run inside the zkVM, where a panic on input would lose a bond.
const CORE: &[&str] = &["seam-primitives", "seam-stf"];

/// What a core crate denies and never allows again outside its tests.
const PANICS: &[&str] = &[
    "clippy::arithmetic_side_effects",
    "clippy::expect_used",
    "clippy::indexing_slicing",
    "clippy::panic",
    "clippy::unwrap_used",
];

/// Findings over all members of the workspace.
pub(super) fn check(workspace: &Workspace, members: &[Package]) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for package in members {
        let manifest = std::fs::read_to_string(&package.manifest)?;
        findings.extend(check_manifest(&package.name, &manifest)?);
        if CORE.contains(&package.name.as_str()) {
            let folder = package.manifest.parent().context("a manifest has a folder")?;
            findings.extend(check_core(workspace, &package.name, folder)?);
        }
    }
    Ok(findings)
}

fn check_manifest(package: &str, manifest: &str) -> Result<Option<String>> {
    let manifest: toml::Table =
        manifest.parse().with_context(|| format!("{package}: Cargo.toml"))?;
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    let ok = inherits.and_then(toml::Value::as_bool) == Some(true);
    Ok((!ok).then(|| format!("{package}: Cargo.toml lacks `[lints] workspace = true`")))
}

fn check_core(workspace: &Workspace, package: &str, folder: &Path) -> Result<Vec<String>> {
    let source = folder.join("src");
    let mut findings = Vec::new();
    for file in workspace.files()? {
        let path = workspace.root().join(&file);
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        if !is_rust || !path.starts_with(&source) {
            continue;
        }
        let place = file.display().to_string();
        let text = std::fs::read_to_string(&path)?;
        if path == source.join("lib.rs") {
            findings.extend(check_crate_attributes(&place, &text)?);
        }
        // The declaration of such a module is checked to be `#[cfg(test)]`.
        if path.file_name().is_none_or(|name| name != "tests.rs") {
            findings.extend(check_allowances(&place, &text)?);
        }
    }
    if !source.join("lib.rs").is_file() {
        findings.push(format!("{package}: has no src/lib.rs"));
    }
    Ok(findings)
}

/// What the first file of a core crate must say.
fn check_crate_attributes(place: &str, text: &str) -> Result<Vec<String>> {
    let file = parse(place, text)?;
    let mut no_std = false;
    let mut denied = Vec::new();
    for attribute in &file.attrs {
        for meta in outside_tests(&attribute.meta) {
            no_std |= meta.path().is_ident("no_std");
            if meta.path().is_ident("deny") || meta.path().is_ident("forbid") {
                denied.extend(names(&meta));
            }
        }
    }
    let mut findings = Vec::new();
    if !no_std {
        findings.push(format!("{place}: lacks `#![no_std]`"));
    }
    for lint in PANICS.iter().filter(|lint| !denied.iter().any(|name| name == *lint)) {
        findings.push(format!("{place}: lacks `#![deny({lint})]`"));
    }
    Ok(findings)
}

/// Every place outside tests that allows what [`PANICS`] denies.
fn check_allowances(place: &str, text: &str) -> Result<Vec<String>> {
    let mut visitor = Allowances { place, findings: Vec::new() };
    visitor.visit_file(&parse(place, text)?);
    Ok(visitor.findings)
}

struct Allowances<'a> {
    place: &'a str,
    findings: Vec<String>,
}

impl<'ast> Visit<'ast> for Allowances<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(found) => &found.attrs,
            Item::Fn(found) => &found.attrs,
            Item::Impl(found) => &found.attrs,
            other => return syn::visit::visit_item(self, other),
        };
        if attributes.iter().any(is_for_tests) {
            return;
        }
        if let Item::Mod(module) = item
            && module.ident == "tests"
        {
            let line = module.span().start().line;
            self.findings
                .push(format!("{}:{line}: `mod tests` without `#[cfg(test)]`", self.place));
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        for meta in outside_tests(&attribute.meta) {
            if meta.path().is_ident("allow") || meta.path().is_ident("expect") {
                for lint in names(&meta).into_iter().filter(|name| PANICS.contains(&name.as_str()))
                {
                    let line = attribute.span().start().line;
                    self.findings.push(format!("{}:{line}: allows {lint}", self.place));
                }
            }
        }
    }
}

fn parse(place: &str, text: &str) -> Result<syn::File> {
    syn::parse_file(text).with_context(|| format!("{place} is not Rust"))
}

/// The attribute as it stands outside tests: `cfg_attr` is opened unless it is for tests only.
fn outside_tests(meta: &Meta) -> Vec<Meta> {
    if !meta.path().is_ident("cfg_attr") {
        return vec![meta.clone()];
    }
    let parts = list(meta);
    match parts.split_first() {
        Some((condition, then)) if !condition.path().is_ident("test") => {
            then.iter().flat_map(outside_tests).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether it is `#[cfg(test)]` or `#[test]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let cfg_test =
        || list(&attribute.meta).first().is_some_and(|meta| meta.path().is_ident("test"));
    attribute.path().is_ident("test") || (attribute.path().is_ident("cfg") && cfg_test())
}

/// The arguments of `name(a, b::c, d(e), f = "g")`.
fn list(meta: &Meta) -> Vec<Meta> {
    let Meta::List(list) = meta else {
        return Vec::new();
    };
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    parser.parse2(list.tokens.clone()).map(|found| found.into_iter().collect()).unwrap_or_default()
}

/// The paths among the arguments, as text.
fn names(meta: &Meta) -> Vec<String> {
    let text = |path: &syn::Path| {
        let parts: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        parts.join("::")
    };
    list(meta).iter().map(|meta| text(meta.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [String; 0] = [];

    #[test]
    fn a_manifest_that_does_not_inherit_the_lints_is_found() {
        assert_eq!(check_manifest("a", "[lints]\nworkspace = true").unwrap(), None);
        for bad in ["", "[lints]\nworkspace = false", "[lints.rust]\nmissing_docs = 'allow'"] {
            assert!(check_manifest("a", bad).unwrap().is_some(), "{bad}");
        }
    }

    #[test]
    fn a_core_crate_says_no_std_and_denies_every_panic() {
        let good = "#![cfg_attr(not(test), no_std)]
            #![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
            #![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]";
        assert_eq!(check_crate_attributes("lib.rs", good).unwrap(), NONE);
        let bad = "#![deny(clippy::unwrap_used)] // #![no_std]";
        let findings = check_crate_attributes("lib.rs", bad).unwrap();
        assert_eq!(findings.len(), 5, "{findings:?}");
        assert!(findings.contains(&"lib.rs: lacks `#![no_std]`".to_owned()));
        assert!(findings.contains(&"lib.rs: lacks `#![deny(clippy::panic)]`".to_owned()));
    }

    #[test]
    fn a_denial_in_tests_only_counts_for_nothing() {
        let text = "#![no_std]\n#![cfg_attr(test, deny(clippy::panic))]";
        assert_eq!(check_crate_attributes("lib.rs", text).unwrap().len(), PANICS.len());
    }

    #[test]
    fn an_allowance_outside_tests_is_found_with_its_line() {
        let text = "fn a() {\n    #[allow(clippy::unwrap_used)]\n    let b = c.unwrap();\n}\n\
                    #[cfg_attr(not(test), expect(clippy::panic, reason = \"x\"))]\nfn d() {}\n";
        let expected = ["f.rs:2: allows clippy::unwrap_used", "f.rs:5: allows clippy::panic"];
        assert_eq!(check_allowances("f.rs", text).unwrap(), expected);
    }

    #[test]
    fn tests_and_other_lints_may_be_allowed() {
        let text = "#![cfg_attr(test, allow(clippy::unwrap_used))]
            #[allow(clippy::too_many_arguments)] fn a() {}
            #[cfg(test)] mod tests { #![allow(clippy::unwrap_used, clippy::panic)] }
            // #[allow(clippy::panic)]
            const TEXT: &str = \"#[allow(clippy::panic)]\";";
        assert_eq!(check_allowances("f.rs", text).unwrap(), NONE);
    }

    #[test]
    fn a_test_module_that_is_always_compiled_is_found() {
        assert_eq!(check_allowances("f.rs", "mod tests;").unwrap().len(), 1);
        assert_eq!(check_allowances("f.rs", "#[cfg(test)]\nmod tests;").unwrap(), NONE);
    }
}
