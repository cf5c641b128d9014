//! A `seam` that runs until it is told to stop.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// A running process; killed if the test forgets to stop it.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.env_remove("SEAM_LOG").spawn().unwrap())
    }

    /// The one line on stdout that says that it is ready.
    pub(crate) fn ready(&mut self) -> Value {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut error = String::new();
            self.0.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            panic!("it ended: {error}");
        }
        serde_json::from_str(&line).unwrap()
    }

    /// Nobody reads stdout any more.
    pub(crate) fn close_stdout(&mut self) {
        drop(self.0.stdout.take());
    }

    /// Reads stderr up to a line that contains `text`; that line.
    pub(crate) fn logged(&mut self, text: &str) -> String {
        let stderr = self.0.stderr.as_mut().unwrap();
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "it ended");
            match byte[0] {
                b'\n' if String::from_utf8_lossy(&line).contains(text) => {
                    return String::from_utf8(line).unwrap();
                }
                b'\n' => line.clear(),
                other => line.push(other),
            }
        }
    }

    /// Sends a signal by name: `INT`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends a signal and waits for the end: the exit code, the rest of stdout and of stderr.
    pub(crate) fn stop(mut self, signal: &str) -> (Option<i32>, String, String) {
        self.signal(signal);
        let (mut stdout, mut stderr) = (String::new(), String::new());
        if let Some(pipe) = &mut self.0.stdout {
            pipe.read_to_string(&mut stdout).unwrap();
        }
        self.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.0.wait().unwrap().code(), stdout, stderr)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The result of a JSON-RPC call.
pub(crate) fn call(url: &str, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = http(url, "POST", "/", &body.to_string());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}

/// The body of an HTTP answer.
pub(crate) fn http(url: &str, method: &str, path: &str, body: &str) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches("/metrics");
    let mut socket = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    body.to_owned()
}

/// A quantity as JSON-RPC writes it.
pub(crate) fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
