//! Dependencies between our own packages point one way: bin, web, domains, services, storage,
//! state transition, primitives.

use super::{Package, UsedIn};

const PRIMITIVES: &str = "seam-primitives";
const STF: &str = "seam-stf";
const GENESIS: &str = "seam-genesis";
const STORAGE: &str = "seam-storage";
const FIXTURES: &str = "seam-fixtures";
const CHAIN: &str = "seam-chain";
const L1: &str = "seam-l1";
const ROLLUP: &str = "seam-rollup";
const ECONOMY: &str = "seam-economy";
const LEDGER: &str = "seam-ledger";
const WEB: &str = "seam-web";

/// What each package may depend on. A new package gets a line here before it builds in CI, so
/// that its place is a decision; the packages that are planned have theirs already.
const LAYERS: &[(&str, &[&str])] = &[
    (PRIMITIVES, &[]),
    (STF, &[PRIMITIVES]),
    (GENESIS, &[STF, PRIMITIVES]),
    (STORAGE, &[STF, PRIMITIVES]),
    // Recorded blocks: for the command line, tests and tools; the node's service never reads them.
    (FIXTURES, &[STORAGE, GENESIS, STF, PRIMITIVES]),
    (CHAIN, &[STORAGE, GENESIS, STF, PRIMITIVES]),
    (L1, &[STORAGE, STF, PRIMITIVES]),
    (ROLLUP, &[CHAIN, L1, STORAGE, GENESIS, STF, PRIMITIVES]),
    (ECONOMY, &[CHAIN, L1, STORAGE, STF, PRIMITIVES]),
    (LEDGER, &[CHAIN, L1, STORAGE, STF, PRIMITIVES]),
    (WEB, &[ROLLUP, ECONOMY, LEDGER, CHAIN, L1, STORAGE, STF, PRIMITIVES]),
    (
        "seam",
        &[WEB, ROLLUP, ECONOMY, LEDGER, CHAIN, L1, FIXTURES, STORAGE, GENESIS, STF, PRIMITIVES],
    ),
    ("seam-prover", &[L1, FIXTURES, STORAGE, GENESIS, STF, PRIMITIVES]),
    // The program inside the zkVM: a shim around the state transition.
    ("seam-guest", &[STF, PRIMITIVES]),
    // Tools: nothing depends on them.
    (
        "seam-benches",
        &[ROLLUP, ECONOMY, LEDGER, CHAIN, L1, FIXTURES, STORAGE, GENESIS, STF, PRIMITIVES],
    ),
    ("seam-fuzz", &[ROLLUP, LEDGER, CHAIN, L1, FIXTURES, STORAGE, GENESIS, STF, PRIMITIVES]),
    ("xtask", &[]),
];

/// They never import one another, in tests neither: they emit events of `seam-primitives` and the
/// binary connects them.
const DOMAINS: &[&str] = &[ROLLUP, ECONOMY, LEDGER];

/// Every edge between our packages that the table does not allow, and every package it lacks.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        let Some((name, may_use)) = LAYERS.iter().find(|(name, _)| *name == package.name) else {
            findings.push(format!("{}: no line in the table of arch/layers.rs", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.ours) {
            let to = dependency.name.as_str();
            let allowed = match dependency.used_in {
                UsedIn::Build => may_use.contains(&to),
                // A test may look at its package from above, as the binary does.
                UsedIn::Tests => !(DOMAINS.contains(name) && DOMAINS.contains(&to)),
            };
            if !allowed {
                findings.push(format!("{name}: may not depend on {to}"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::example, *};

    #[test]
    fn a_dependency_that_points_up_is_found() {
        let package =
            example(STF, &[(STORAGE, UsedIn::Build, true), ("revm", UsedIn::Build, false)]);
        assert_eq!(check(&[package]), ["seam-stf: may not depend on seam-storage"]);
    }

    #[test]
    fn a_dependency_that_points_down_is_allowed() {
        let package =
            example(STORAGE, &[(STF, UsedIn::Build, true), (PRIMITIVES, UsedIn::Build, true)]);
        assert_eq!(check(&[package]), Vec::<String>::new());
    }

    #[test]
    fn a_package_without_a_place_is_found() {
        let findings = check(&[example("seam-surprise", &[])]);
        assert_eq!(findings, ["seam-surprise: no line in the table of arch/layers.rs"]);
    }

    #[test]
    fn domains_never_import_one_another_and_tests_may_look_from_above() {
        let ledger =
            example(LEDGER, &[(ROLLUP, UsedIn::Build, true), (ECONOMY, UsedIn::Tests, true)]);
        assert_eq!(check(&[ledger]).len(), 2);
        let stf = example(STF, &[(GENESIS, UsedIn::Tests, true)]);
        assert_eq!(check(&[stf]), Vec::<String>::new());
    }

    #[test]
    fn the_table_itself_has_no_cycle() {
        for (position, (name, may_use)) in LAYERS.iter().enumerate() {
            for target in *may_use {
                let at = LAYERS.iter().position(|(other, _)| other == target);
                assert!(at.is_some_and(|at| at < position), "{name} -> {target}");
            }
        }
    }
}
