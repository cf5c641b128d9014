//! A client of HTTP and WebSocket that is as simple as can be: what goes over the wire is in sight.

use serde_json::{Value, json};
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Longer than anything should take; a test that waits for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer to an HTTP request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends bytes, and takes the answer until the server closes the connection.
pub(crate) fn exchange(server: SocketAddr, request: &[u8]) -> Reply {
    let mut stream = connect(server);
    // The server may answer, and close, before it has read all.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Reply { status, head: head.to_lowercase(), body: body.to_owned() }
}

pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// `GET` with these headers.
pub(crate) fn get_with(server: SocketAddr, path: &str, headers: &str) -> Reply {
    let request = format!("GET {path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n");
    exchange(server, request.as_bytes())
}

pub(crate) fn get(server: SocketAddr, path: &str) -> Reply {
    get_with(server, path, "host: localhost\r\n")
}

/// The bytes of a `POST` with these headers.
pub(crate) fn posting(body: &str, headers: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
}

pub(crate) fn post(server: SocketAddr, body: &str) -> Reply {
    exchange(server, posting(body, "host: localhost\r\n").as_bytes())
}

/// Calls a method: the whole response.
pub(crate) fn respond(server: SocketAddr, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let reply = post(server, &request.to_string());
    assert_eq!(reply.status, 200, "{reply:?}");
    let response = reply.json();
    assert_eq!(response["id"], 7);
    response
}

/// Calls a method that must not fail.
pub(crate) fn call(server: SocketAddr, method: &str, params: Value) -> Value {
    let mut response = respond(server, method, params);
    assert!(response.get("error").is_none(), "{method}: {response}");
    response["result"].take()
}

/// Calls a method that must fail: code and message.
pub(crate) fn fail(server: SocketAddr, method: &str, params: Value) -> (i64, String) {
    let response = respond(server, method, params);
    let error = &response["error"];
    assert!(error.is_object(), "{method}: {response}");
    (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
}

/// A WebSocket connection (RFC 6455).
pub(crate) struct WebSocket(TcpStream);

impl WebSocket {
    pub(crate) fn open(server: SocketAddr) -> Self {
        Self::try_open(server, "").unwrap()
    }

    /// With more headers; the reply's status if the server refuses.
    pub(crate) fn try_open(server: SocketAddr, headers: &str) -> Result<Self, u16> {
        let mut stream = connect(server);
        let request = format!(
            "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             {headers}\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        match head.split(' ').nth(1).unwrap() {
            "101" => Ok(Self(stream)),
            status => Err(status.parse().unwrap()),
        }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(&frame(1, text.as_bytes())).unwrap();
    }

    /// Sends whether or not the server still listens.
    pub(crate) fn try_send(&mut self, text: &str) -> std::io::Result<()> {
        self.0.write_all(&frame(1, text.as_bytes()))
    }

    pub(crate) fn send_call(&mut self, id: u64, method: &str, params: &Value) {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.send(&call.to_string());
    }

    /// The next message; none if the server closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Value> {
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).ok()?;
            let length = match head[1] {
                126 => {
                    let mut bytes = [0; 2];
                    self.0.read_exact(&mut bytes).ok()?;
                    usize::from(u16::from_be_bytes(bytes))
                }
                127 => {
                    let mut bytes = [0; 8];
                    self.0.read_exact(&mut bytes).ok()?;
                    usize::try_from(u64::from_be_bytes(bytes)).unwrap()
                }
                length => usize::from(length),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).ok()?;
            match head[0] & 0xf {
                1 => return Some(serde_json::from_slice(&payload).unwrap()),
                8 => return None,
                9 => self.0.write_all(&frame(10, &payload)).ok()?,
                _ => {}
            }
        }
    }

    /// Calls a method and waits for its response; messages that come before it are dropped.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.send_call(1, method, params);
        loop {
            let message = self.receive().expect("the connection is open");
            if message["id"] == 1 {
                return message;
            }
        }
    }

    /// Subscribes: the id.
    pub(crate) fn subscribe(&mut self, params: &Value) -> String {
        let response = self.call("eth_subscribe", params);
        response["result"].as_str().unwrap_or_else(|| panic!("{response}")).to_owned()
    }

    /// What the next notification of a subscription says.
    pub(crate) fn notified(&mut self, subscription: &str) -> Value {
        loop {
            let mut message = self.receive().expect("the connection is open");
            if message["params"]["subscription"] == subscription {
                assert_eq!(message["method"], "eth_subscription");
                return message["params"]["result"].take();
            }
        }
    }
}

/// A whole message with a mask of zeros, as clients must have one.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}
