//! `seam config` and `seam completions`.

use crate::{refusal, stdout, temporary};
use serde_json::Value;
use std::process::Command;

/// `seam config --json` in an environment of its own.
fn config(args: &[&str], environment: &[(&str, &str)]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command.args(["config", "--json"]).args(args).envs(environment.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn each_value_says_where_it_came_from_and_the_nearest_wins() {
    let file = "l1_port = 1\nl2_port = 2\nblock_time = 1\nl1_block_time = 12\n";
    let file = temporary("layers.toml", file.as_bytes());
    let environment = [
        ("SEAM_L2_PORT", "22"),
        ("SEAM_L1_BLOCK_TIME", "6"),
        ("SEAM_HISTORY_BLOCKS", "archive"),
        ("SEAM_SOAK", "1"),
        ("SEAM_TRAFFIC", "true"),
        ("SEAM_EARNINGS", "false"),
        ("XDG_DATA_HOME", "/somewhere"),
    ];
    let flags = ["--config", &file, "--l1-block-time", "4", "--no-traffic"];
    let config = config(&flags, &environment);
    let entry = |key: &str| (config[key]["value"].clone(), config[key]["source"].clone());
    assert_eq!(entry("l1_port"), (1.into(), file.into()));
    assert_eq!(entry("l2_port"), (22.into(), "SEAM_L2_PORT".into()));
    assert_eq!(entry("l1_block_time"), (4.into(), "--l1-block-time".into()));
    assert_eq!(entry("history_blocks"), ("archive".into(), "SEAM_HISTORY_BLOCKS".into()));
    assert_eq!(entry("traffic"), (false.into(), "--no-traffic".into()));
    assert_eq!(entry("earnings"), (false.into(), "SEAM_EARNINGS".into()));
    assert_eq!(entry("host"), ("127.0.0.1".into(), "default".into()));
    assert_eq!(entry("data_dir"), ("/somewhere/seam/up".into(), "default".into()));
    assert_eq!(entry("metrics_port"), (Value::Null, "default".into()));
}

#[test]
fn people_get_a_table_and_a_flag_without_a_value_is_named_as_typed() {
    let table = stdout(&["config", "--archive", "--data-dir", "here"]);
    let row = |key: &str| {
        let line = table.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("history_blocks"), ["history_blocks", "archive", "--archive"]);
    assert_eq!(row("data_dir"), ["data_dir", "here", "--data-dir"]);
    assert_eq!(row("metrics_port")[1], "none");
}

#[test]
fn an_unknown_key_is_met_with_the_nearest_one() {
    let file = temporary("typo-seam.toml", b"l1_prt = 1\n");
    let expected = format!("error: {file}: unknown key `l1_prt`; did you mean `l1_port`?\n");
    assert_eq!(refusal(&["config", "--config", &file]), expected);
    let file = temporary("strange.toml", b"colour_of_the_sea = 1\n");
    assert!(refusal(&["config", "--config", &file]).contains("there are data_dir, host, "));
}

#[test]
fn a_wrong_value_is_named_with_its_source() {
    let file = temporary("wrong.toml", b"l1_port = \"high\"\n");
    let error = refusal(&["config", "--config", &file]);
    assert!(error.contains(&format!("l1_port (from {file}): ")), "{error}");
    assert!(error.contains("expected u16"), "{error}");
    let file = temporary("cut.toml", b"l1_port = \n");
    assert!(refusal(&["config", "--config", &file]).contains("line 1"));
    assert!(refusal(&["config", "--config", "nowhere.toml"]).contains("nowhere.toml: "));
}

#[test]
fn what_cannot_work_is_refused_with_what_can() {
    let cases: [(&[&str], &str); 5] = [
        (&["--block-time", "3"], "block_time (from --block-time) is 3 s, longer than the L1's 2 s"),
        (&["--block-time", "0"], "block_time (from --block-time) is 0: take whole seconds from 1"),
        (&["--l1-block-time", "0"], "l1_block_time (from --l1-block-time) is 0"),
        (&["--l2-port", "8545"], "l2_port (from --l2-port) is 8545, as is l1_port: take another"),
        (&["--history-blocks", "5"], "set it to 64 or more"),
    ];
    for (args, expected) in cases {
        for command in ["config", "up"] {
            let error = refusal(&[&[command], args].concat());
            assert!(error.contains(expected), "{error}");
        }
    }
}

#[test]
fn completions_are_scripts_that_their_shell_can_read() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&["completions", shell]);
        for word in ["completions", "l1-block-time"] {
            assert!(script.contains(word), "{shell} {word}");
        }
    }
    let script = temporary("completions.bash", stdout(&["completions", "bash"]).as_bytes());
    assert!(Command::new("bash").args(["-n", &script]).status().unwrap().success());
}
