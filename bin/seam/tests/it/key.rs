//! `seam key`.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

/// `seam key` in a home of its own, with this on stdin.
fn key_with(home: &Path, password: Option<&str>, args: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command.arg("key").args(args).env("HOME", home).env_remove("SEAM_KEY_PASSWORD");
    if let Some(password) = password {
        command.env("SEAM_KEY_PASSWORD", password);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without reading it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it writes to stdout and stderr if it succeeds.
fn key(home: &Path, args: &[&str]) -> (String, String) {
    let output = key_with(home, Some("secret"), args, "");
    let (out, talk) = texts(&output);
    assert!(output.status.success(), "{talk}");
    (out.trim_end().to_owned(), talk)
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

fn refusal(output: &Output) -> String {
    let (out, talk) = texts(output);
    assert_eq!((output.status.code(), out.as_str()), (Some(1), ""), "{talk}");
    talk
}

#[test]
fn a_key_is_made_shown_and_rotated_and_its_private_part_only_shown_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (first, talk) = key(home, &["new", "batcher"]);
    assert!(first.starts_with("0x") && first.len() == 42, "{first}");
    assert!(talk.contains(".seam/keys/batcher.json"), "{talk}");
    let file = home.join(".seam/keys/batcher.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!texts(&key_with(home, None, &["show"], "")).0.contains("private"));

    let (second, talk) = key(home, &["rotate", "batcher"]);
    assert!(talk.contains("setBatcherHash") && talk.contains("batcher.1"), "{talk}");
    let (shown, _) = key(home, &["show", "--json"]);
    let lines: Vec<serde_json::Value> =
        shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named: Vec<_> = lines.iter().map(|line| (&line["name"], &line["address"])).collect();
    assert_eq!(
        named,
        [
            (&"batcher".into(), &second.as_str().into()),
            (&"batcher.1".into(), &first.as_str().into()),
        ]
    );
    let (table, _) = key(home, &["show", "batcher.1"]);
    assert!(table.starts_with("name") && table.contains(&first), "{table}");
    let (private, talk) = key(home, &["show", "batcher.1", "--private-key"]);
    assert!(private.len() == 66 && talk.contains(&first), "{talk}");
}

#[test]
fn a_key_comes_from_stdin_a_file_or_an_argument() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let file = home.join("key.txt");
    fs::write(&file, format!("0x{KEY}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.display().to_string();
    for (name, args, stdin) in [
        ("a", vec![], KEY),
        ("b", vec!["--file", "-"], KEY),
        ("c", vec!["--file", &file], ""),
        ("d", vec!["--private-key", KEY], ""),
    ] {
        let args = [&["import", name][..], &args].concat();
        let output = key_with(home, Some("secret"), &args, stdin);
        let (out, talk) = texts(&output);
        assert_eq!(out.trim_end(), ADDRESS, "{name}: {talk}");
        assert!(!talk.contains(KEY), "{talk}");
        let (private, _) = key(home, &["show", name, "--private-key"]);
        assert_eq!(private, format!("0x{KEY}"));
    }
}

#[test]
fn a_mistake_gets_one_message_that_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    key(home, &["new", "a"]);
    let wrong = |args: &[&str], expected: &str| {
        let talk = refusal(&key_with(home, Some("Secret"), args, "12"));
        assert!(talk.starts_with("error: ") && talk.contains(expected), "{args:?}: {talk}");
    };
    wrong(&["new", "a"], "seam key rotate a");
    wrong(&["new", "../a"], "cannot be the name of a key");
    wrong(&["import", "b"], "64 hexadecimal digits");
    wrong(&["show", "b"], "seam key new b");
    wrong(&["rotate", "b"], "seam key new b");
    wrong(&["show", "a", "--private-key"], "password of");
    let file = home.join("password");
    fs::write(&file, "secret\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let path = file.display().to_string();
    wrong(&["show", "a", "--private-key", "--password-file", &path], "chmod 600");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let args = ["show", "a", "--private-key", "--password-file", &path];
    assert!(key_with(home, None, &args, "").status.success());
    let talk = refusal(&key_with(home, None, &["show", "a", "--private-key"], ""));
    assert!(talk.contains("--password-file"), "{talk}");
    let talk = refusal(&key_with(home, Some(""), &["new", "c"], ""));
    assert!(talk.contains("SEAM_KEY_PASSWORD is empty"), "{talk}");
    fs::set_permissions(home.join(".seam/keys/a.json"), fs::Permissions::from_mode(0o644)).unwrap();
    let args = ["show", "a", "--private-key"];
    let talk = refusal(&key_with(home, Some("secret"), &args, ""));
    assert!(talk.contains("can be read by others"), "{talk}");
}
