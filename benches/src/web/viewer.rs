//! Who looks: does on the wire what a browser with an open page does (crates/web/assets/app.js). All of
//! them share one thread, so that they take little from what is measured.

use super::sse::{Event, Events};
use crate::http::{self, Head};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
    time::{Instant, sleep_until, timeout, timeout_at},
};

/// Pages that viewers have open, by turns.
pub(super) const PAGES: [&str; 2] = ["/", "/earnings"];
/// Kinds of events.
pub(super) const EVENTS: [&str; 2] = ["network", "blocks"];
/// Bytes that are read at a time.
const CHUNK: usize = 16 << 10;
/// Longest wait for an answer; the server's own limit is 20 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everybody who looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Audience {
    pub(super) dashboard: SocketAddr,
    pub(super) viewers: u32,
    /// Between two of a viewer's requests for its page. They come one after the other within it.
    pub(super) refresh: Duration,
    /// How long they look.
    pub(super) time: Duration,
}

/// What one of them saw.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Its first page, from before it connected.
    pub(super) first: Option<Duration>,
    /// What each of [`PAGES`] took when it was asked for anew.
    pub(super) pages: [Vec<Duration>; 2],
    /// Requests that were answered by 503: too many at a time, or too slow.
    pub(super) busy: usize,
    /// Of each of [`EVENTS`], how many came.
    pub(super) events: [usize; 2],
    /// Bytes of its stream.
    pub(super) bytes: usize,
    /// When it was told of which head of the rollup.
    pub(super) heads: Vec<(u64, std::time::Instant)>,
}

/// Lets all of them look.
///
/// # Errors
/// If a page is not answered, or a stream ends.
pub(super) fn look(audience: Audience) -> Result<Vec<Looked>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let viewer = |number| tokio::spawn(audience.viewer(began, number));
        let viewers: Vec<_> = (0..audience.viewers).map(viewer).collect();
        let mut looked = Vec::new();
        for viewer in viewers {
            looked.push(viewer.await.context("a viewer has panicked")??);
        }
        sleep_until(began + audience.time).await;
        Ok(looked)
    })
}

impl Audience {
    /// Opens a page; then the stream, and its page anew and anew.
    async fn viewer(self, began: Instant, number: u32) -> Result<Looked> {
        let (start, until) = (began + self.refresh / self.viewers * number, began + self.time);
        let page = usize::try_from(number)? % PAGES.len();
        let mut looked = Looked::default();
        if start >= until {
            return Ok(looked);
        }
        sleep_until(start).await;
        let start = Instant::now();
        let mut client = Client::connect(self.dashboard).await?;
        looked.note(client.get(PAGES[0]).await?, |looked| looked.first = Some(start.elapsed()));
        let mut followed = Looked::default();
        let refreshing = async {
            let mut due = start + self.refresh;
            while due < until {
                sleep_until(due).await;
                let asked = Instant::now();
                let answered = client.get(PAGES[page]).await?;
                looked.note(answered, |looked| looked.pages[page].push(asked.elapsed()));
                // As a page does: the pause begins with the answer.
                due = Instant::now() + self.refresh;
            }
            Ok(())
        };
        tokio::try_join!(refreshing, followed.follow(self.dashboard, until))?;
        let Looked { events, bytes, heads, .. } = followed;
        Ok(Looked { events, bytes, heads, ..looked })
    }
}

impl Looked {
    /// An answer: how long it took, or that there was none.
    fn note(&mut self, answered: bool, took: impl FnOnce(&mut Self)) {
        if answered {
            took(self);
        } else {
            self.busy += 1;
        }
    }

    /// Reads the stream of events as it comes.
    async fn follow(&mut self, dashboard: SocketAddr, until: Instant) -> Result<()> {
        let mut client = Client::connect(dashboard).await?;
        let body = client.ask("/api/v1/events").await?;
        ensure!(body.is_ok, "the stream of events is refused");
        let (mut events, mut known) = (Events::default(), None);
        client.buffer.drain(..body.start);
        loop {
            self.bytes += client.buffer.len();
            for event in events.feed(&client.buffer)? {
                self.take_in(&event, &mut known)?;
            }
            client.buffer.clear();
            match timeout_at(until, client.read()).await {
                Ok(read) => read.context("the stream of events has ended")?,
                Err(_) => return Ok(()),
            }
        }
    }

    /// Counts an event; `known` is the head that the one before named.
    fn take_in(&mut self, event: &Event, known: &mut Option<u64>) -> Result<()> {
        let kind = EVENTS.iter().position(|name| *name == event.name);
        self.events[kind.context("an event of an unknown kind")?] += 1;
        if event.name == EVENTS[0] {
            let head = head(&event.data)?;
            // The first says what was before this viewer came.
            if known.is_some() && *known != head {
                self.heads.extend(head.map(|number| (number, std::time::Instant::now())));
            }
            *known = head.or(*known);
        }
        Ok(())
    }
}

/// A connection that is kept open.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The beginning of an answer.
struct Body {
    /// Whether the status is 200; otherwise it is 503.
    is_ok: bool,
    start: usize,
    length: Option<usize>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Asks for a page and reads all of it; whether the server had time for it.
    async fn get(&mut self, path: &str) -> Result<bool> {
        let whole = async {
            let body = self.ask(path).await?;
            let length = body.length.context("a page of unknown length")?;
            while self.buffer.len() < body.start + length {
                self.read().await?;
            }
            Ok(body.is_ok)
        };
        timeout(PATIENCE, whole).await.with_context(|| format!("{path} is not answered"))?
    }

    /// Asks and reads the head of the answer; what came after it is in the buffer too.
    async fn ask(&mut self, path: &str) -> Result<Body> {
        self.buffer.clear();
        self.stream.write_all(&http::get(path)).await?;
        loop {
            self.read().await?;
            let Some(head) = Head::of(&self.buffer)? else { continue };
            let is_ok = match head.status().split(' ').nth(1) {
                Some("200") => true,
                Some("503") => false,
                _ => bail!("{path} is answered {}", head.status()),
            };
            let length = head.field("content-length").map(str::parse).transpose()?;
            return Ok(Body { is_ok, start: head.body, length });
        }
    }

    async fn read(&mut self) -> Result<()> {
        self.buffer.reserve(CHUNK);
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the dashboard has closed the connection");
        Ok(())
    }
}

/// The number of the rollup's head in a `network` event.
fn head(data: &str) -> Result<Option<u64>> {
    #[derive(Deserialize)]
    struct Network {
        l2: Layer,
    }
    #[derive(Deserialize)]
    struct Layer {
        latest: Option<Latest>,
    }
    #[derive(Deserialize)]
    struct Latest {
        number: u64,
    }
    let network: Network = serde_json::from_str(data)?;
    Ok(network.l2.latest.map(|latest| latest.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_the_head() {
        let data = r#"{"l2":{"chain_id":901,"latest":{"number":7,"time":1}},"l1":null}"#;
        assert_eq!(head(data).unwrap(), Some(7));
        assert_eq!(head(r#"{"l2":{"latest":null}}"#).unwrap(), None);
        assert!(head("{}").is_err());
    }
}
