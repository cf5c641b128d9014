//! Running other programs: echoed before they start, output passed through, failure as an error.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// A program that is asked for by name, free of what `cargo run` told this process about `xtask`.
///
/// Cargo hands its own package's variables to what it runs. A build started from here would take
/// them for changed inputs and compile again what is compiled already.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    for (key, _) in std::env::vars() {
        if key.starts_with("CARGO_PKG_")
            || ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"].contains(&key.as_str())
        {
            command.env_remove(key);
        }
    }
    command
}

/// `cargo` with these arguments, found on the `PATH` so that `+toolchain` works.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = program("cargo");
    command.args(args);
    command
}

/// Runs to the end with the terminal's own streams; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("{} ended with {status}", show(command));
    }
    Ok(())
}

/// Which of a program's two streams is watched.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    /// Standard output: what `cargo test` reports on.
    Out,
    /// Standard error: what fuzzers report on.
    Err,
}

/// As [`run`], and gives each line of one stream to `see` on its way to the terminal.
pub(crate) fn run_watched(
    command: &mut Command,
    stream: Stream,
    mut see: impl FnMut(&str),
) -> Result<()> {
    announce(command);
    match stream {
        Stream::Out => command.stdout(Stdio::piped()),
        Stream::Err => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    let output: Box<dyn Read> = match (child.stdout.take(), child.stderr.take()) {
        (Some(out), _) => Box::new(out),
        (None, Some(err)) => Box::new(err),
        (None, None) => bail!("the child has no stream to watch"),
    };
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        see(&line);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{} ended with {status}", show(command));
    }
    Ok(())
}

/// Runs silently and returns standard output; an exit code other than 0 is an error with the
/// program's own complaint.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("{} ended with {}: {complaint}", show(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed bytes that are not UTF-8", show(command)))
}

/// Whether the command can be started and says that all is well.
pub(crate) fn works(command: &mut Command) -> bool {
    capture(command).is_ok()
}

fn announce(command: &Command) {
    println!("   $ {}", show(command));
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start {}; is it installed?", command.get_program().to_string_lossy())
}

/// The command as one would type it, with the variables that were set for it.
fn show(command: &Command) -> String {
    let mut words = Vec::new();
    for (key, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", key.to_string_lossy(), value.to_string_lossy()));
        }
    }
    words.push(command.get_program().to_string_lossy().into_owned());
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_it_and_its_complaint() {
        let error = capture(program("sh").args(["-c", "echo no luck >&2; exit 3"])).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("sh -c") && message.contains("no luck"), "{message}");
        assert!(run(program("sh").args(["-c", "exit 3"])).is_err());
    }

    #[test]
    fn a_missing_program_is_an_error_that_asks_whether_it_is_installed() {
        let error = run(&mut program("no-such-program-here")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program-here; is it installed?"));
    }

    #[test]
    fn watched_lines_arrive_and_a_failure_is_still_an_error() {
        for (stream, script) in [
            (Stream::Out, "echo one; echo two; exit 1"),
            (Stream::Err, "(echo one; echo two) >&2; exit 1"),
        ] {
            let mut lines = Vec::new();
            let mut command = program("sh");
            command.args(["-c", script]);
            assert!(run_watched(&mut command, stream, |line| lines.push(line.to_owned())).is_err());
            assert_eq!(lines, ["one", "two"]);
        }
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        let mut command = Command::new("cargo");
        command.args(["test", "--locked"]).env("SEAM_SOAK", "1");
        assert_eq!(show(&command), "SEAM_SOAK=1 cargo test --locked");
    }
}
