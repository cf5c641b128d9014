//! What happens, as it happens: server-sent events.
//!
//! | event | data |
//! |---|---|
//! | `network` | as of `/api/v1/network`, at once and whenever it changes |
//! | `blocks` | `{"l1": […], "l2": […]}`: blocks since the last such event, as of `/api/v1/network/blocks` |

use crate::{live::BlockPoint, node::Layer, pages, server::State, site::Site};
use alloy_primitives::B256;
use axum::{
    Router,
    extract::State as Has,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use std::{convert::Infallible, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, watch};

/// Streams are counted by themselves: they last.
pub(crate) fn routes() -> Router<State> {
    Router::new().route("/api/v1/events", get(events))
}

async fn events(Has(state): Has<State>) -> Response {
    let Ok(place) = state.viewers.clone().try_acquire_owned() else {
        return pages::busy("as many viewers as this dashboard takes are looking");
    };
    let viewer = Viewer::new(state.site, state.ended, place);
    Sse::new(viewer.stream()).keep_alive(KeepAlive::default()).into_response()
}

/// Who looks.
struct Viewer {
    /// Not the site itself: a viewer does not keep it alive, and learns when it ends.
    site: Site,
    changes: watch::Receiver<Arc<crate::live::Network>>,
    ended: watch::Receiver<bool>,
    /// The newest block of the L1 and the L2 that it was told of.
    told: [Option<(u64, B256)>; 2],
    /// What comes before the next change.
    waiting: Vec<Event>,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug, Serialize)]
struct NewBlocks {
    l1: Vec<BlockPoint>,
    l2: Vec<BlockPoint>,
}

impl Viewer {
    fn new(site: Site, ended: watch::Receiver<bool>, place: OwnedSemaphorePermit) -> Self {
        let mut changes = site.live().changes();
        changes.mark_changed();
        let told = [Layer::L1, Layer::L2].map(|layer| site.live().newest(layer));
        Self { site, changes, ended, told, waiting: Vec::new(), _place: place }
    }

    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut viewer| async move {
            let event = viewer.next().await?;
            Some((Ok(event), viewer))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop() {
                return Some(event);
            }
            tokio::select! {
                _ = self.ended.wait_for(|ended| *ended) => return None,
                changed = self.changes.changed() => changed.ok()?,
            }
            self.collect();
        }
    }

    /// Puts what is new in line, the last to be told first.
    fn collect(&mut self) {
        let network = Arc::clone(&self.changes.borrow_and_update());
        let new = NewBlocks { l1: self.new_blocks(Layer::L1), l2: self.new_blocks(Layer::L2) };
        if !(new.l1.is_empty() && new.l2.is_empty()) {
            self.waiting.extend(Event::default().event("blocks").json_data(&new));
        }
        self.waiting.extend(Event::default().event("network").json_data(&*network));
    }

    /// Blocks that it was not told of. After a reorg all that charts show, as nobody knows here where it began.
    fn new_blocks(&mut self, layer: Layer) -> Vec<BlockPoint> {
        let told = match layer {
            Layer::L1 => &mut self.told[0],
            Layer::L2 => &mut self.told[1],
        };
        let head = self.site.live().newest(layer);
        if *told == head {
            return Vec::new();
        }
        let mut blocks = self.site.live().blocks(layer);
        let known = |block: &BlockPoint| *told == Some((block.number, block.hash));
        if let Some(place) = blocks.iter().position(known) {
            blocks.drain(..=place);
        }
        *told = head;
        blocks
    }
}
