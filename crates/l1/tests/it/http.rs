//! An endpoint over HTTP, where the other side is a few lines of a server that answers as told.

use crate::client::block_on;
use seam_l1::{Fault, L1Access, L1Client, L1Error, L1Limits, Severity, access::HttpAccess};
use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

/// A server that gives each connection's first request this answer, and its URL.
fn server(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-key", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn limits() -> L1Limits {
    L1Limits { max_answer_bytes: 1_000, timeout: Duration::from_millis(300), ..L1Limits::default() }
}

fn exchange(url: &str) -> Result<Vec<u8>, Fault> {
    block_on(HttpAccess::new(url, &limits()).unwrap().exchange(b"{}".to_vec()))
}

#[test]
fn answers_and_faults_are_told_apart() {
    assert_eq!(exchange(&server(&http("200 OK", "{}"))), Ok(b"{}".to_vec()));
    // Some nodes put the status of a refusal there, too.
    assert_eq!(exchange(&server(&http("400 Bad Request", "{\"e\":1}"))), Ok(b"{\"e\":1}".to_vec()));
    for (status, code) in [
        ("429 Too Many Requests", 429),
        ("503 Service Unavailable", 503),
        ("400 Bad Request", 400),
        ("401 Unauthorized", 401),
        // Never followed.
        ("307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/", 307),
    ] {
        assert_eq!(exchange(&server(&http(status, "no"))), Err(Fault::Status(code)), "{status}");
    }
    let most = "x".repeat(1_000);
    assert_eq!(exchange(&server(&http("200 OK", &most))).unwrap().len(), 1_000);
    let more = http("200 OK", &(most + "x"));
    assert_eq!(exchange(&server(&more)), Err(Fault::TooLarge(1_000)));
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    for broken in ["", "nonsense", cut] {
        let fault = exchange(&server(broken)).unwrap_err();
        assert!(matches!(fault, Fault::Connection(_)), "{broken}: {fault}");
    }
}

#[test]
fn an_endless_wait_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    assert_eq!(exchange(&url), Err(Fault::Timeout));
}

#[test]
fn https_is_spoken_and_what_is_not_https_is_a_fault() {
    let url = server(&http("200 OK", "{}")).replace("http:", "https:");
    let fault = exchange(&url).unwrap_err();
    assert!(matches!(fault, Fault::Connection(_)), "{fault}");
}

#[test]
fn a_key_in_a_url_is_in_no_message() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://user:password@{refused}/secret-key?token=secret");
    let access = HttpAccess::new(&url, &limits()).unwrap();
    assert_eq!(access.name(), refused.to_string());
    let client = L1Client::connect(&[&url], None, L1Limits { attempts: 1, ..limits() }).unwrap();
    let error = block_on(client.chain_id()).unwrap_err();
    assert_eq!(error.severity(), Severity::Retry);
    for text in [format!("{error} {error:?}"), format!("{client:?} {access:?}")] {
        assert!(!text.contains("secret") && !text.contains("password"), "{text}");
    }
    let bad = L1Client::connect(&["ftp://user:password@host/secret"], None, limits()).unwrap_err();
    assert!(bad.to_string().contains("ftp is not supported"), "{bad}");
    assert!(!bad.to_string().contains("secret"), "{bad}");
}

#[test]
fn what_is_no_url_is_refused_before_anything_is_sent() {
    for bad in ["", "localhost:8545", "ws://localhost", "/dev/null", "http://"] {
        let error = L1Client::connect(&[bad], None, limits()).unwrap_err();
        assert!(matches!(error, L1Error::Url { .. }), "{bad}: {error}");
        assert_eq!(error.severity(), Severity::Halt);
    }
    let none: [&str; 0] = [];
    assert!(matches!(L1Client::connect(&none, None, limits()), Err(L1Error::NoEndpoint)));
}
