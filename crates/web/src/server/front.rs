//! What happens to every request before and after its answer is made.

use super::State;
use crate::pages::{self, problem::Words};
use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State as Has},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use seam_chain::rpc::host_allowed;
use serde_json::json;
use std::time::Duration;

/// Nothing but what this server itself gives may run, be shown or be asked: pages show foreign words.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Bytes of what the framework says of a request that it refuses.
const MAX_WORDS: usize = 4_096;

/// Files that are part of the program: path, type, content.
const ASSETS: [(&str, &str, &str); 5] = [
    ("/assets/app.js", "text/javascript; charset=utf-8", include_str!("../../assets/app.js")),
    ("/assets/style.css", "text/css; charset=utf-8", include_str!("../../assets/style.css")),
    ("/assets/icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    (
        "/assets/uplot.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/uplot/uPlot.iife.min.js"),
    ),
    (
        "/assets/uplot.css",
        "text/css; charset=utf-8",
        include_str!("../../assets/uplot/uPlot.min.css"),
    ),
];

/// The files that pages are shown with.
pub(super) fn assets() -> Router<State> {
    ASSETS.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")];
        router.route(path, get(move || async move { (headers, content) }))
    })
}

/// Answers as many as may be at a time, each in its time.
pub(super) async fn limit(Has(state): Has<State>, request: Request, next: Next) -> Response {
    let Ok(_turn) = state.requests.clone().try_acquire_owned() else {
        return pages::busy("more requests than this dashboard answers at a time");
    };
    let time = Duration::from_secs(state.limits.seconds);
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => pages::busy("the answer took too long"),
    }
}

/// Lets in who calls this server by its address or as `localhost` (a foreign name that points here is a page of
/// somebody else: DNS rebinding), and says to the browser what answers may do.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let is_for_programs = request.uri().path().starts_with("/api/");
    let mut response = if is_called_rightly(request.headers()) {
        next.run(request).await
    } else {
        let words = "this dashboard is reached by an IP address or as localhost\n";
        (StatusCode::MISDIRECTED_REQUEST, words).into_response()
    };
    if is_for_programs && !response.status().is_success() {
        response = as_json(response).await;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let unset = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(unset);
    response
}

/// What is wrong, as programs want it.
async fn as_json(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let words = match parts.extensions.get::<Words>() {
        Some(Words(words)) => words.clone(),
        // What the framework itself refuses, in one line of text.
        None => {
            let bytes = to_bytes(body, MAX_WORDS).await.unwrap_or_default();
            String::from_utf8_lossy(&bytes).trim().to_owned()
        }
    };
    (parts.status, Json(json!({ "error": words }))).into_response()
}

/// As the JSON-RPC's server has it; who names no host at all is no browser, and not let in here.
fn is_called_rightly(headers: &HeaderMap) -> bool {
    headers.contains_key(header::HOST) && host_allowed(headers, &Uri::default(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_name_is_not_let_in() {
        let called = |host: &str| {
            let value = HeaderValue::from_str(host).unwrap();
            is_called_rightly(&HeaderMap::from_iter([(header::HOST, value)]))
        };
        for known in ["localhost", "LOCALHOST:8480", "127.0.0.1:8480", "[::1]:8480", "10.0.0.7"] {
            assert!(called(known), "{known}");
        }
        for foreign in ["evil.example", "localhost.evil.example:8480", "", "a b"] {
            assert!(!called(foreign), "{foreign}");
        }
        assert!(!is_called_rightly(&HeaderMap::new()));
    }
}
