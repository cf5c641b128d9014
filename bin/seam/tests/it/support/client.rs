//! JSON-RPC over one HTTP connection that is kept open.

use super::LIMIT;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum NoResult {
    /// The node is gone, or went before it had answered.
    Gone(io::Error),
    /// It answered that it will not.
    Refused(Value),
}

impl From<io::Error> for NoResult {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

/// A connection to one chain.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    /// Connects to `http://host:port`.
    pub(crate) fn connect(url: &str) -> io::Result<Self> {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self { stream: BufReader::new(stream), host })
    }

    /// One call.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Value, NoResult> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        result(self.post(&request)?)
    }

    /// The same method with each of `params`, in one request; in their order.
    pub(crate) fn batch(
        &mut self,
        method: &str,
        params: impl Iterator<Item = Value>,
    ) -> Result<Vec<Value>, NoResult> {
        let call = |(id, params)| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let calls: Vec<Value> = params.enumerate().map(call).collect();
        let count = calls.len();
        let Value::Array(mut answers) = self.post(&Value::Array(calls))? else {
            panic!("no list of answers")
        };
        assert_eq!(answers.len(), count);
        answers.sort_by_key(|answer| answer["id"].as_u64());
        answers.into_iter().map(result).collect()
    }

    /// The newest block, without its transactions.
    pub(crate) fn latest(&mut self) -> Result<Value, NoResult> {
        self.call("eth_getBlockByNumber", json!(["latest", false]))
    }

    fn post(&mut self, request: &Value) -> io::Result<Value> {
        let body = request.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all((head + &body).as_bytes())?;
        let mut answer = vec![0; self.answer_bytes()?];
        self.stream.read_exact(&mut answer)?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    /// Reads the head of an answer; how long its body is.
    fn answer_bytes(&mut self) -> io::Result<usize> {
        let (status, mut bytes) = (self.line()?, None);
        loop {
            let line = self.line()?;
            if line.is_empty() {
                assert!(status.starts_with("HTTP/1.1 200 "), "{status}");
                return Ok(bytes.expect("an answer of known length"));
            }
            let (name, value) = line.split_once(':').unwrap();
            if name.eq_ignore_ascii_case("content-length") {
                bytes = Some(value.trim().parse().unwrap());
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn result(mut answer: Value) -> Result<Value, NoResult> {
    match answer.get("error") {
        Some(error) => Err(NoResult::Refused(error.clone())),
        None => Ok(answer["result"].take()),
    }
}

/// A quantity: hexadecimal after `0x`.
pub(crate) fn quantity(value: &Value) -> u64 {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    u64::from_str_radix(digits.expect("a quantity"), 16).unwrap()
}

/// A hash, as it was written.
pub(crate) fn hash(value: &Value) -> String {
    value.as_str().expect("a hash").to_owned()
}
