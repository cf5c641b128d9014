//! JSON-RPC over one connection that is opened again when it was closed.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

/// Tries until a call counts as lost.
const TRIES: usize = 600;

/// One connection.
pub(super) struct Client {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(super) fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { address: address.to_owned(), stream: BufReader::new(stream) })
    }

    /// The result of a call.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let mut answer = self.exchange(method, params)?;
        match answer.get("error") {
            Some(error) => bail!("{method}: {error}"),
            None => Ok(answer["result"].take()),
        }
    }

    /// The same; when the connection was closed, on another one.
    pub(super) fn patiently(&mut self, method: &str, params: &Value) -> Result<Value> {
        for _ in 0..TRIES {
            let Ok(mut answer) = self.exchange(method, params) else {
                thread::park_timeout(Duration::from_millis(100));
                if let Ok(again) = Self::connect(&self.address) {
                    *self = again;
                }
                continue;
            };
            if answer.get("error").is_some() {
                bail!("{method}: {answer}");
            }
            return Ok(answer["result"].take());
        }
        Err(anyhow!("{method}: no answer"))
    }

    fn exchange(&mut self, method: &str, params: &Value) -> Result<Value> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = post(&self.address, &request.to_string());
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(bytes) = line.strip_prefix("content-length:") {
                length = Some(bytes.trim().parse()?);
            }
        }
        let mut body = vec![0; length.context("the connection was closed")?];
        self.stream.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

/// A request with a body, on a connection that stays open.
pub(super) fn post(host: &str, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
