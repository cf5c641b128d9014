//! Routes, limits, headers.
//!
//! | limit | default | beyond it |
//! |---|---|---|
//! | requests at a time | 64 | 503, a page that says so |
//! | viewers of live events | 1,000 | 503 for the stream; pages work, without moving |
//! | seconds of a request | 20 | 503 |
//! | lines of a page | 100, asked for: 500 | the most is given |
//! | characters of a search | 100 | 400 |
//! | lines of an export | 1,000,000 | 400: `seam earn export` has no limit |

pub(crate) mod asked;
mod front;

use crate::{api, pages, site::Site};
use axum::{Router, extract::FromRef, middleware};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// What the server allows; the table above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests that are answered at a time; live streams are not among them.
    pub requests: usize,
    /// Streams of live events.
    pub viewers: usize,
    /// Seconds that an answer may take.
    pub seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests: 64, viewers: 1_000, seconds: 20 }
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub local_addr: SocketAddr,
    ended: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// What handlers get.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) site: Site,
    pub(crate) limits: Limits,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) viewers: Arc<Semaphore>,
    /// True when the server stops: streams end by themselves.
    pub(crate) ended: watch::Receiver<bool>,
}

impl FromRef<State> for Site {
    fn from_ref(state: &State) -> Self {
        state.site.clone()
    }
}

/// Serves a site.
///
/// # Errors
/// If the listener has no address.
pub fn serve(listener: TcpListener, site: Site, limits: Limits) -> io::Result<Server> {
    let local_addr = listener.local_addr()?;
    let (ended, stop) = watch::channel(false);
    let state = State {
        site,
        limits,
        requests: Arc::new(Semaphore::new(limits.requests)),
        viewers: Arc::new(Semaphore::new(limits.viewers)),
        ended: stop.clone(),
    };
    let router = router(state);
    let serving = tokio::spawn(async move {
        let mut stop = stop;
        let stopped = async move {
            // A sender that is gone is a server that is gone.
            let _ = stop.wait_for(|ended| *ended).await;
        };
        let served = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        if let Err(error) = served {
            tracing::warn!(%error, "the dashboard has stopped");
        }
    });
    Ok(Server { local_addr, ended, serving })
}

impl Server {
    /// Ends streams, lets answers come to their end, and stops.
    pub async fn stop(mut self) {
        self.ended.send_replace(true);
        let grace = std::time::Duration::from_secs(5);
        if tokio::time::timeout(grace, &mut self.serving).await.is_err() {
            tracing::warn!("answers of the dashboard did not end in time");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(state: State) -> Router {
    let limited = Router::new()
        .merge(pages::routes())
        .merge(api::routes())
        .fallback(pages::not_found)
        .layer(middleware::from_fn_with_state(state.clone(), front::limit));
    limited
        .merge(api::events::routes())
        .merge(front::assets())
        .method_not_allowed_fallback(pages::read_only)
        .layer(middleware::from_fn(front::guard))
        .with_state(state)
}

#[cfg(test)]
mod tests;
