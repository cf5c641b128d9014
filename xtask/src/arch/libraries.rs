//! Which of our packages may name which library. A library named in one place can be changed, or
//! replaced, in one place.

use super::{Package, UsedIn};

/// Whether the tests of other packages may name the library too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InTests {
    Free,
    Bound,
}

struct Rule {
    /// Names; one that ends in `*` stands for all that begin so.
    libraries: &'static [&'static str],
    only: &'static [&'static str],
    tests: InTests,
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        libraries: &["revm*", "op-revm", "alloy-evm", "alloy-op-evm"],
        only: &["seam-stf"],
        tests: InTests::Free,
        why: "one engine: all execution goes through the state transition",
    },
    Rule {
        libraries: &["openvm*", "cargo-openvm"],
        only: &["seam-prover", "seam-guest"],
        tests: InTests::Bound,
        why: "whoever does not prove does not build the zkVM",
    },
    Rule {
        libraries: &["redb", "fjall", "signet-libmdbx", "rocksdb", "heed"],
        only: &["seam-storage"],
        tests: InTests::Bound,
        why: "others see typed tables",
    },
    Rule {
        libraries: &["jsonrpsee*"],
        only: &["seam-chain", "seam-rollup"],
        tests: InTests::Free,
        why: "one JSON-RPC server, one set of limits; and one client, of a sequencer's stream",
    },
    Rule {
        libraries: &[
            "alloy",
            "alloy-provider",
            "alloy-contract",
            "alloy-rpc-client",
            "alloy-transport*",
            "reqwest",
        ],
        only: &["seam-l1"],
        tests: InTests::Free,
        why: "one way to reach Ethereum: failover and reorgs are handled there",
    },
    Rule {
        libraries: &["eth-keystore"],
        only: &["seam-l1"],
        tests: InTests::Bound,
        why: "it trusts files and writes them for all to read: the keystore checks and protects them",
    },
    Rule {
        libraries: &["sqlx*", "rusqlite"],
        only: &["seam-ledger"],
        tests: InTests::Bound,
        why: "the ledger alone keeps a relational database",
    },
    Rule {
        libraries: &["axum*"],
        only: &["seam-web"],
        tests: InTests::Bound,
        why: "one HTTP surface",
    },
    Rule {
        libraries: &["clap*", "figment"],
        only: &["seam", "seam-prover", "seam-benches", "xtask"],
        tests: InTests::Bound,
        why: "libraries take typed configuration, not arguments",
    },
    Rule {
        libraries: &["anyhow", "eyre", "color-eyre"],
        only: &["seam", "seam-prover", "seam-benches", "xtask"],
        tests: InTests::Free,
        why: "libraries have typed errors",
    },
];

/// It measures the engine beside its peers, so it names what tests may name.
const BENCHES: &str = "seam-benches";

/// The packages that are pure: no clock, no I/O, no async, no logging, no chance.
const PURE: &[&str] = &["seam-primitives", "seam-stf"];

/// What a pure package never links; its tests may.
const IMPURE: &[&str] = &[
    "tokio*",
    "async-*",
    "futures*",
    "tracing*",
    "log",
    "rand",
    "getrandom",
    "chrono",
    "time",
    "reqwest",
    "hyper*",
    "libc",
    "rayon",
];

/// Every library that a package names and may not.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        for dependency in &package.dependencies {
            let (name, used_in) = (dependency.name.as_str(), dependency.used_in);
            for rule in RULES.iter().filter(|rule| matches_any(rule.libraries, name)) {
                let tests = used_in == UsedIn::Tests || package.name == BENCHES;
                let free = rule.tests == InTests::Free && tests;
                if !free && !rule.only.contains(&package.name.as_str()) {
                    let (only, why) = (rule.only.join(", "), rule.why);
                    findings
                        .push(format!("{}: names {name}, only for {only}: {why}", package.name));
                }
            }
            let pure = PURE.contains(&package.name.as_str()) && used_in == UsedIn::Build;
            if pure && matches_any(IMPURE, name) {
                findings.push(format!("{}: is pure and names {name}", package.name));
            }
        }
    }
    findings
}

fn matches_any(patterns: &[&str], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::example, *};

    #[test]
    fn a_library_outside_its_package_is_found() {
        let chain = example("seam-chain", &[("revm-interpreter", UsedIn::Build, false)]);
        let findings = check(&[chain]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("seam-chain: names revm-interpreter, only for seam-stf"));
    }

    #[test]
    fn a_library_in_its_package_is_allowed() {
        let stf = example("seam-stf", &[("revm", UsedIn::Build, false)]);
        assert_eq!(check(&[stf]), Vec::<String>::new());
    }

    #[test]
    fn tests_may_compare_with_the_evm_but_not_link_the_zkvm() {
        let comparing = example("seam-genesis", &[("op-revm", UsedIn::Tests, false)]);
        assert_eq!(check(&[comparing]), Vec::<String>::new());
        let proving = example("seam-genesis", &[("openvm-sdk", UsedIn::Tests, false)]);
        assert_eq!(check(&[proving]).len(), 1);
    }

    #[test]
    fn benchmarks_may_name_what_tests_may() {
        let measuring = example(BENCHES, &[("revm", UsedIn::Build, false)]);
        assert_eq!(check(&[measuring]), Vec::<String>::new());
        let proving = example(BENCHES, &[("openvm-sdk", UsedIn::Build, false)]);
        assert_eq!(check(&[proving]).len(), 1);
    }

    #[test]
    fn a_pure_package_that_names_an_impure_library_is_found() {
        let stf = example("seam-stf", &[("tracing", UsedIn::Build, false)]);
        assert_eq!(check(&[stf]), ["seam-stf: is pure and names tracing"]);
        let tested = example("seam-stf", &[("rand", UsedIn::Tests, false)]);
        assert_eq!(check(&[tested]), Vec::<String>::new());
    }
}
