//! JSON-RPC over one HTTP connection that is kept open. A benchmark's client shares the machine with
//! what it measures, so requests are bytes made beforehand, and answers are not parsed unless asked.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Longest wait for an answer: a peer may be busy with a block for very long.
const PATIENCE: Duration = Duration::from_secs(300);

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// A whole HTTP request with this body.
pub fn request(body: &str) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    (head + body).into_bytes()
}

/// A request for what is at a path.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

/// The body of a call.
pub fn call(id: usize, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// A connection to a node.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens there.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends the bytes of a [`request`]; the body of its answer.
    ///
    /// # Errors
    /// If the node is gone, or answers with anything but status 200.
    pub fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let (start, length) = loop {
            self.read()?;
            if let Some(found) = body_of(&self.buffer)? {
                break found;
            }
        };
        while self.buffer.len() < start + length {
            self.read()?;
        }
        Ok(&self.buffer[start..start + length])
    }

    /// One call; its result, or its error as an error.
    ///
    /// # Errors
    /// As [`Connection::exchange`]; if the answer is an error.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let answer = self.exchange(&request(&call(0, method, params)))?;
        let mut answer: Value = serde_json::from_slice(answer)?;
        match answer.get("error") {
            Some(error) => bail!("{method}: {error}"),
            None => Ok(answer["result"].take()),
        }
    }

    fn read(&mut self) -> Result<()> {
        let before = self.buffer.len();
        self.buffer.resize(before + CHUNK, 0);
        let read = self.stream.read(&mut self.buffer[before..])?;
        self.buffer.truncate(before + read);
        ensure!(read > 0, "the node has closed the connection");
        Ok(())
    }
}

/// Where the body of an answer begins and how long it is, once its head is there.
fn body_of(answer: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(head) = Head::of(answer)? else { return Ok(None) };
    let status = head.status();
    ensure!(status.starts_with("HTTP/1.1 200"), "the node answers {status}");
    let length = head.field("content-length").context("an answer of unknown length")?;
    Ok(Some((head.body, length.parse()?)))
}

/// What comes before the body of an answer.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    text: &'a str,
    /// Where the body begins.
    pub(crate) body: usize,
}

impl<'a> Head<'a> {
    /// Of an answer of which this is the beginning, once the head is whole.
    pub(crate) fn of(answer: &'a [u8]) -> Result<Option<Self>> {
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        Ok(Some(Self { text: std::str::from_utf8(&answer[..end])?, body: end + 4 }))
    }

    /// The first line.
    pub(crate) fn status(&self) -> &'a str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The first field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&'a str> {
        let fields = self.text.lines().filter_map(|line| line.split_once(':'));
        let mut named = fields.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }
}

/// A quantity: hexadecimal after `0x`.
///
/// # Errors
/// If it is none.
pub fn quantity(value: &Value) -> Result<u64> {
    let text = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let text = text.with_context(|| format!("{value} is no quantity"))?;
    Ok(u64::from_str_radix(text, 16)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_found_as_soon_as_the_head_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(body_of(&answer[..20]).unwrap(), None);
        assert_eq!(body_of(answer).unwrap(), Some((38, 2)));
        assert!(body_of(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n").is_err());
        assert!(body_of(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        let request = String::from_utf8(request("{\"id\":1}")).unwrap();
        assert!(request.ends_with("Content-Length: 8\r\n\r\n{\"id\":1}"), "{request}");
    }
}
