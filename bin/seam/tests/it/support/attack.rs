//! What hostile clients do: bytes on sockets, without any manners.

use super::LIMIT;
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// The side of the node that is attacked.
#[derive(Debug, Clone)]
pub(crate) struct Target(String);

impl Target {
    /// Where `http://host:port` is.
    pub(crate) fn new(url: &str) -> Self {
        Self(url.strip_prefix("http://").unwrap().to_owned())
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.0)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(stream)
    }

    /// Sends bytes, and takes what is answered until the node closes the connection. Nothing if it
    /// was cut off.
    pub(crate) fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().unwrap();
        let mut answer = Vec::new();
        // The node may close before it has read all, or may be waited for in vain.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let end = stream.read_to_end(&mut answer);
        let waited = end.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        assert!(!waited, "neither an answer nor an end: {:?}", bytes.get(..200));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The head of a request with a body of so many bytes.
    pub(crate) fn head(&self, bytes: usize) -> String {
        format!(
            "POST / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {bytes}\r\n\r\n",
            self.0
        )
    }

    /// Status and body of the answer to a body.
    pub(crate) fn post(&self, body: &str) -> (u16, Value) {
        let mut stream = self.connect().unwrap();
        let mut answer = Vec::new();
        let _ = stream.write_all((self.head(body.len()) + body).as_bytes());
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), serde_json::from_str(body).unwrap_or_default())
    }

    /// The code of the error that a call is answered with; 0 if it is none.
    pub(crate) fn code(&self, method: &str, params: &Value) -> i64 {
        let (_, answer) = self.post(&call(1, method, params).to_string());
        answer["error"]["code"].as_i64().unwrap_or_default()
    }

    /// A WebSocket, of which nobody reads.
    pub(crate) fn web_socket(&self) -> io::Result<TcpStream> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET / HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.0
        );
        stream.write_all(request.as_bytes())?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        Ok(stream)
    }
}

/// A request.
pub(crate) fn call(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// A message of a WebSocket, with a mask of zeros.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81, 0x80 | 127];
    bytes.extend((text.len() as u64).to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}

/// Bytes of memory that a process has; none where there is no `/proc`.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes << 10)
}

/// Lets this process have so many open files, if it may; how many it may have.
pub(crate) fn open_files(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let possible = limit.maximum.unwrap_or(u64::MAX).min(wanted);
    let now = limit.current.unwrap_or(u64::MAX);
    if now < possible {
        setrlimit(Resource::Nofile, Rlimit { current: Some(possible), ..limit }).unwrap();
    }
    now.max(possible)
}

/// Between two looks whether something has come.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
