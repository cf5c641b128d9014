//! Checks the relative links of every Markdown file: the file is there, and so is the heading.

use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};

use crate::{steps::Done, workspace::Workspace};

/// Fails with every broken link by file and line.
pub(crate) fn check(workspace: &Workspace) -> Result<Done> {
    let mut broken = 0;
    let mut seen = 0;
    for file in workspace.files()? {
        if file.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let Some(text) = workspace.text(&file)? else {
            bail!("{} is not UTF-8", file.display());
        };
        for (line, target) in links(&text) {
            seen += 1;
            if let Some(why) = problem(workspace.root(), &file, &target) {
                println!("   {}:{line}: {target}: {why}", file.display());
                broken += 1;
            }
        }
    }
    if broken > 0 {
        bail!("{broken} broken links, listed above");
    }
    Ok(Done::Passed(vec![format!("{seen} relative links")]))
}

/// Every relative link as (line from 1, target), code left out.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, prose) in prose_lines(text) {
        // Every odd piece between back ticks is code.
        let words: String = prose.split('`').step_by(2).collect();
        for rest in words.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !target.is_empty() && !outside {
                found.push((line, target.to_owned()));
            }
        }
    }
    found
}

/// The lines outside fenced code, numbered from 1.
fn prose_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

fn problem(root: &Path, from: &Path, target: &str) -> Option<String> {
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() { from.to_owned() } else { resolve(from, path)? };
    let file = root.join(file);
    if !file.exists() {
        return Some("no such file".to_owned());
    }
    if heading.is_empty() || file.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let there = prose_lines(&text)
        .filter(|(_, line)| line.starts_with('#'))
        .any(|(_, line)| anchor(line) == heading);
    (!there).then(|| "no such heading".to_owned())
}

/// The target's path from the root; a path that leaves the clone stays as it is and is not found.
fn resolve(from: &Path, target: &str) -> Option<PathBuf> {
    let mut path = from.parent()?.to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir if !path.pop() => path.push(".."),
            Component::ParentDir | Component::CurDir => {}
            other => path.push(other),
        }
    }
    Some(path)
}

/// The name under which web views of Markdown offer a heading.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_and_to_other_hosts_are_left_out() {
        let text = "[a](docs/a.md) `[b](b.md)` [c](https://example.org/x)\n\
                    ```\n[d](d.md)\n```\n![p](p.png \"title\") [q](#part-one)\n";
        let expected =
            [(1, "docs/a.md".to_owned()), (5, "p.png".to_owned()), (5, "#part-one".to_owned())];
        assert_eq!(links(text), expected);
    }

    #[test]
    fn a_missing_file_and_a_missing_heading_are_problems() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let from = Path::new("src/links.rs");
        assert_eq!(problem(root, from, "../Cargo.toml"), None);
        assert_eq!(problem(root, from, "gone.md"), Some("no such file".to_owned()));
        let from = Path::new("../CONTRIBUTING.md");
        assert_eq!(problem(root, from, "#two-commands"), None);
        assert_eq!(problem(root, from, "#gone"), Some("no such heading".to_owned()));
    }

    #[test]
    fn headings_become_anchors() {
        assert_eq!(anchor("## `seam up`: what it does"), "seam-up-what-it-does");
        assert_eq!(anchor("# Budgets (2 cores)"), "budgets-2-cores");
    }

    #[test]
    fn targets_are_resolved_from_the_file_that_names_them() {
        let from = Path::new("docs/spec/batch.md");
        assert_eq!(resolve(from, "../rpc.md"), Some(PathBuf::from("docs/rpc.md")));
        assert_eq!(resolve(from, "./a.md"), Some(PathBuf::from("docs/spec/a.md")));
    }
}
