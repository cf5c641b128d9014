//! Routes, limits and headers, without a network: the node is at a port where nobody listens.

use super::*;
use crate::{
    node::{Layer, Node},
    site::Settings,
};
use axum::{
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use seam_ledger::Books;
use std::collections::BTreeSet;
use tower::ServiceExt as _;

const ROUTES: [&str; 3] = [
    include_str!("../api.rs"),
    include_str!("../api/network.rs"),
    include_str!("../api/earnings.rs"),
];

fn state(limits: Limits, books: Option<Arc<Books>>) -> (State, watch::Sender<bool>) {
    state_at("http://127.0.0.1:1", limits, books)
}

fn state_at(node: &str, limits: Limits, books: Option<Arc<Books>>) -> (State, watch::Sender<bool>) {
    let l2 = Node::connect(Layer::L2, &[node]).unwrap();
    let settings = Settings { l2, l1: None, beacon: None, books, follower: None };
    let (ended, stop) = watch::channel(false);
    let state = State {
        site: Site::start(settings),
        limits,
        requests: Arc::new(Semaphore::new(limits.requests)),
        viewers: Arc::new(Semaphore::new(limits.viewers)),
        ended: stop,
    };
    (state, ended)
}

async fn answer(state: &State, method: &str, path: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    router(state.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn what_is_wrong_is_a_page_and_for_programs_json() {
    let (state, _ended) = state(Limits::default(), None);
    for (method, path, status) in [
        ("GET", "/nowhere", StatusCode::NOT_FOUND),
        ("POST", "/", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/earnings", StatusCode::NOT_FOUND),
        ("GET", "/line/x", StatusCode::BAD_REQUEST),
        ("GET", "/account/0x12", StatusCode::BAD_REQUEST),
        ("GET", "/l2/block/x", StatusCode::BAD_REQUEST),
        ("GET", "/l2/block/1", StatusCode::BAD_GATEWAY),
        ("GET", "/l1/block/1", StatusCode::NOT_FOUND),
        ("GET", "/search?q=", StatusCode::BAD_REQUEST),
        ("GET", "/l3/block/1", StatusCode::BAD_REQUEST),
        ("GET", "/l2/block/1?from=x", StatusCode::BAD_REQUEST),
        ("GET", "/earnings?chain=x", StatusCode::BAD_REQUEST),
        ("GET", "/earnings?chain=1&chain=2", StatusCode::BAD_REQUEST),
        ("GET", "/account/%ff", StatusCode::BAD_REQUEST),
    ] {
        let found = answer(&state, method, path).await;
        assert_eq!(found.status(), status, "{path}");
        let policy = found.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let page = text(found).await;
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h1>"), "{path}: {page}");
    }
    for (method, path, status, words) in [
        ("GET", "/api/v1/nowhere", StatusCode::NOT_FOUND, "no page"),
        ("POST", "/api/v1/network", StatusCode::METHOD_NOT_ALLOWED, "only shows"),
        ("GET", "/api/v1/network/blocks?layer=l3", StatusCode::BAD_REQUEST, "l3"),
        ("GET", "/api/v1/network/blocks", StatusCode::BAD_REQUEST, "name a layer"),
        ("GET", "/api/v1/earnings/report", StatusCode::NOT_FOUND, "No books"),
    ] {
        let found = answer(&state, method, path).await;
        assert_eq!(found.status(), status, "{path}");
        let json: serde_json::Value = serde_json::from_str(&text(found).await).unwrap();
        assert!(json["error"].as_str().unwrap().contains(words), "{path}: {json}");
    }
}

#[tokio::test]
async fn a_stopped_node_is_a_page() {
    let (state, _ended) = state(Limits::default(), None);
    let mut changes = state.site.live().changes();
    let silent = |network: &Arc<crate::live::Network>| network.l2.silent.is_some();
    changes.wait_for(silent).await.unwrap();
    let found = answer(&state, "GET", "/").await;
    assert_eq!(found.status(), StatusCode::OK);
    assert!(text(found).await.contains("the node of the L2 does not answer"));
}

#[tokio::test]
async fn no_more_requests_than_the_limit_are_answered() {
    let (state, _ended) = state(Limits { requests: 1, ..Limits::default() }, None);
    assert_eq!(answer(&state, "GET", "/").await.status(), StatusCode::OK);
    let turn = state.requests.clone().acquire_owned().await.unwrap();
    let found = answer(&state, "GET", "/").await;
    assert_eq!(found.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(found).await.contains("Try again in a moment"));
    // What pages are shown with is there nevertheless.
    assert_eq!(answer(&state, "GET", "/assets/style.css").await.status(), StatusCode::OK);
    drop(turn);
    assert_eq!(answer(&state, "GET", "/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_ends() {
    // It takes connections, and says nothing.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let node = format!("http://{}", mute.local_addr().unwrap());
    let (state, _ended) = state_at(&node, Limits { seconds: 1, ..Limits::default() }, None);
    let found = answer(&state, "GET", "/l2/block/1").await;
    assert_eq!(found.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn no_more_viewers_than_the_limit_are_told_and_one_who_leaves_makes_room() {
    let (state, ended) = state(Limits { viewers: 1, ..Limits::default() }, None);
    let first = answer(&state, "GET", "/api/v1/events").await;
    assert_eq!(first.status(), StatusCode::OK);
    let second = answer(&state, "GET", "/api/v1/events").await;
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(first);
    let third = answer(&state, "GET", "/api/v1/events").await;
    assert_eq!(third.status(), StatusCode::OK);
    // A server that stops ends its streams: what was told until then is whole.
    ended.send_replace(true);
    let told = text(third).await;
    assert!(told.is_empty() || told.ends_with("\n\n"), "{told}");
}

#[tokio::test]
async fn every_route_is_in_the_description_and_nothing_else() {
    let quoted = |source: &'static str| {
        source.split('"').filter(|text| text.starts_with("/api/v1/")).collect::<Vec<_>>()
    };
    let mut routes: BTreeSet<_> = ROUTES.into_iter().flat_map(quoted).collect();
    routes.insert("/api/v1/events");
    let described: serde_json::Value = serde_json::from_str(crate::api::OPENAPI).unwrap();
    let described = described["paths"].as_object().unwrap();
    assert_eq!(routes, described.keys().map(String::as_str).collect());
}

#[tokio::test]
async fn empty_books_are_a_page_and_an_export_with_a_heading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let books = Books::open(path.to_str().unwrap()).await.unwrap();
    let (state, _ended) = state(Limits::default(), Some(Arc::new(books)));
    let found = answer(&state, "GET", "/api/v1/earnings/export?format=csv").await;
    assert_eq!(found.status(), StatusCode::OK);
    assert_eq!(found.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(text(found).await.starts_with("id,entry,chain"));
    let found = answer(&state, "GET", "/api/v1/earnings/export?format=xml").await;
    assert_eq!(found.status(), StatusCode::BAD_REQUEST);
    let page = text(answer(&state, "GET", "/earnings").await).await;
    assert!(page.contains("Nothing is booked in this period yet"), "{page}");
}
