//! The fuzzer's corpus of requests, replayed through the whole server but for the network.

use super::node::Node;
use seam_chain::rpc::fuzz::Server;
use std::{fs, path::Path};

/// Each file is sent, and again with each of its bytes changed.
#[test]
fn the_corpus_of_requests_holds() {
    let node = Node::start();
    let server = Server::new(node.chain().clone()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/rpc_request");
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        server.request(&bytes);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            server.request(&changed);
        }
    }
}
