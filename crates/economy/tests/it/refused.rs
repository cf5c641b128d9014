//! What cannot have traffic, and what is said of it.

use crate::node::{Node, settings, simulated, traffic};
use alloy_primitives::{B256, U256};
use alloy_signer_local::PrivateKeySigner;
use seam_economy::{Settings, Sites, TrafficError, contracts::CREATE2_PROXY};
use std::io::{Read, Write};

fn refusal(node: &Node, settings: Settings, sites: Sites) -> String {
    let ended = node.runtime.block_on(simulated(settings, sites, std::future::pending()));
    ended.unwrap_err().to_string()
}

#[test]
fn where_nobody_listens_or_no_node_does_that_is_said() {
    let node = Node::start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sites = |rpc: String| Sites { rpc, l1_rpc: None };
    let error = refusal(&node, settings(1), sites(format!("http://127.0.0.1:{port}")));
    assert!(error.starts_with("nothing answers at --rpc"), "{error}");
    assert!(error.ends_with("Is a node running there?"), "{error}");
    let error = refusal(&node, settings(1), sites("ftp://somewhere".to_owned()));
    assert!(error.contains("the URL of --rpc cannot be used"), "{error}");
    let error = refusal(&node, settings(1), sites(web_page()));
    assert!(error.starts_with("what answers at --rpc is no Ethereum JSON-RPC"), "{error}");
}

/// A server of something else.
fn web_page() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 4_096]);
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn who_cannot_pay_is_told_how_much_it_takes() {
    let node = Node::start();
    let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(0x77)).unwrap();
    let error = traffic(&node, Settings { payers: vec![key.clone()], ..settings(1) }).unwrap_err();
    let TrafficError::NoFunds { payer, has, needs, .. } = error.clone() else { panic!("{error}") };
    assert_eq!((payer, has), (key.address(), U256::ZERO));
    assert!(!needs.is_zero() && error.to_string().contains("--ether-per-account"), "{error}");
    assert!(node.transaction_types().is_empty());
}

#[test]
fn a_chain_without_the_deployment_proxy_is_told_where_to_get_it() {
    let node = Node::without(Some(CREATE2_PROXY));
    let error = traffic(&node, settings(1)).unwrap_err();
    assert_eq!(error, TrafficError::NoProxy);
    assert!(error.to_string().contains("0x4e59b44847b379578588920cA78FbF26c0B4956C"), "{error}");
}

#[test]
fn deposits_into_a_chain_that_is_no_rollup_are_refused() {
    let node = Node::start();
    let sites = Sites { l1_rpc: Some(node.url()), ..node.sites() };
    let error = refusal(&node, settings(1), sites);
    assert!(error.contains("leave out --l1-rpc"), "{error}");
}
