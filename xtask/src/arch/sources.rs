//! What holds for every file of a commit: a reader is not lost in it, and it names no machine.

use std::path::Path;

use anyhow::Result;
use syn::{spanned::Spanned, visit::Visit};

use crate::workspace::Workspace;

/// Lines of a source file past which a reader is lost.
const FILE_LINES: usize = 900;

/// Lines of a function, signature and body.
const FUNCTION_LINES: usize = 60;

/// What people write and read; data and lock files may be long.
const SOURCES: &[&str] = &["rs", "sol", "js", "mjs", "cjs", "ts", "py", "sh", "css", "html", "md"];

/// Folders of the machines that this is built on. Cut in two so that this file passes itself.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];

/// Hosts that package clients talk to: a clone uses whichever its machine is set up for.
const REGISTRY_HOSTS: &[&str] = &[
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("files.", "pythonhosted.org"),
    concat!("deb.", "debian.org"),
];

/// Findings over all files of the clone.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in workspace.files()? {
        if let Some(text) = workspace.text(&file)? {
            findings.extend(check_text(&file, &text));
        }
    }
    Ok(findings)
}

fn check_text(file: &Path, text: &str) -> Vec<String> {
    let place = file.display();
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if SOURCES.contains(&extension.as_ref()) && lines > FILE_LINES {
        findings.push(format!("{place}: {lines} lines, at most {FILE_LINES}"));
    }
    if extension == "rs" {
        findings.extend(long_functions(file, text));
    }
    for path in MACHINE_PATHS {
        findings.extend(starts(text, path).map(|line| format!("{place}:{line}: names {path}")));
    }
    for host in REGISTRY_HOSTS {
        let lines = text.match_indices(host).map(|(at, _)| line_of(text, at));
        findings.extend(lines.map(|line| format!("{place}:{line}: names {host}")));
    }
    findings
}

/// The lines where a path of this beginning starts; the same letters further on in a longer path
/// are another folder.
fn starts<'a>(text: &'a str, path: &'a str) -> impl Iterator<Item = usize> + 'a {
    let begins = |at: &usize| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !"_-./}{$~*".contains(c))
    };
    text.match_indices(path).map(|(at, _)| at).filter(begins).map(|at| line_of(text, at))
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn long_functions(file: &Path, text: &str) -> Vec<String> {
    let mut visitor = Functions { file, findings: Vec::new() };
    match syn::parse_file(text) {
        Ok(parsed) => visitor.visit_file(&parsed),
        Err(error) => visitor.findings.push(format!("{}: {error}", file.display())),
    }
    visitor.findings
}

struct Functions<'a> {
    file: &'a Path,
    findings: Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let (first, last) = (signature.span().start().line, body.span().end().line);
        let lines = last - first + 1;
        if lines > FUNCTION_LINES {
            let (place, name) = (self.file.display(), &signature.ident);
            self.findings.push(format!(
                "{place}:{first}: {name} has {lines} lines, at most {FUNCTION_LINES}"
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, found: &'ast syn::ItemFn) {
        self.measure(&found.sig, &found.block);
        syn::visit::visit_item_fn(self, found);
    }

    fn visit_impl_item_fn(&mut self, found: &'ast syn::ImplItemFn) {
        self.measure(&found.sig, &found.block);
        syn::visit::visit_impl_item_fn(self, found);
    }

    fn visit_trait_item_fn(&mut self, found: &'ast syn::TraitItemFn) {
        if let Some(body) = &found.default {
            self.measure(&found.sig, body);
        }
        syn::visit::visit_trait_item_fn(self, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(file: &str, text: &str) -> Vec<String> {
        check_text(Path::new(file), text)
    }

    #[test]
    fn a_long_source_file_is_found_and_long_data_is_not() {
        let text = "//\n".repeat(FILE_LINES + 1);
        assert_eq!(findings("a.rs", &text), ["a.rs: 901 lines, at most 900"]);
        assert_eq!(findings("a.json", &text), Vec::<String>::new());
        assert_eq!(findings("a.rs", &"//\n".repeat(FILE_LINES)), Vec::<String>::new());
    }

    #[test]
    fn a_long_function_is_found_wherever_it_stands() {
        let body = "x();\n".repeat(FUNCTION_LINES);
        let text = format!("fn a() {{\n{body}}}\nimpl B {{\nfn c() {{\n{body}}}\nfn d() {{}}\n}}");
        let expected =
            ["a.rs:1: a has 62 lines, at most 60", "a.rs:64: c has 62 lines, at most 60"];
        assert_eq!(findings("a.rs", &text), expected);
    }

    #[test]
    fn a_path_of_the_machine_is_found_and_a_longer_one_is_not() {
        for path in MACHINE_PATHS {
            let text = format!("first\nlet a = \"{path}main\";");
            assert_eq!(findings("a.txt", &text), [format!("a.txt:2: names {path}")]);
            let text = format!("docs{path}a.md ../..{path}b {{root}}{path}c");
            assert_eq!(findings("a.txt", &text), Vec::<String>::new());
        }
    }

    #[test]
    fn a_registry_host_is_found() {
        for host in REGISTRY_HOSTS {
            let text = format!("\"resolved\": \"https://{host}/x\"");
            assert_eq!(findings("package-lock.json", &text).len(), 1, "{host}");
        }
    }
}
