//! Listens to a sequencer.

use super::{
    Fault, SessionEnd, StreamError, StreamLimits, StreamStatus, shown,
    state::{Signed, State, Step, Turns},
    websocket,
};
use alloy_primitives::{Address, U64};
use jsonrpsee::{
    core::client::{ClientT as _, Subscription, SubscriptionClientT as _},
    rpc_params,
    ws_client::{PingConfig, WsClient, WsClientBuilder},
};
use seam_chain::{
    Chain, EngineError, ImportError,
    stream::{MAX_MESSAGE_BYTES, SignedBlock},
};
use seam_primitives::Block;
use tokio::sync::watch;

/// Keeps a chain at the head that its sequencer signs.
#[derive(Debug)]
pub struct Follower {
    chain: Chain,
    urls: Vec<String>,
    signer: watch::Receiver<Address>,
    limits: StreamLimits,
    state: State,
    turns: Turns,
    status: watch::Sender<StreamStatus>,
}

impl Follower {
    /// Of the sequencers at `urls`, the preferred one first; `signer` is the unsafe block signer that the
    /// settings on L1 name, now and later. Nothing is sent yet.
    ///
    /// # Errors
    /// [`StreamError::NoSequencer`], [`StreamError::Url`].
    pub fn new<S: AsRef<str>>(
        chain: Chain,
        urls: &[S],
        signer: watch::Receiver<Address>,
        limits: StreamLimits,
    ) -> Result<Self, StreamError> {
        let urls = urls.iter().map(|url| websocket(url.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if urls.is_empty() {
            return Err(StreamError::NoSequencer);
        }
        let turns = Turns::new(urls.len(), limits.back_off, limits.max_back_off);
        let (state, status) = (State::default(), watch::channel(StreamStatus::default()).0);
        Ok(Self { chain, urls, signer, limits, state, turns, status })
    }

    /// Where the stream is, now and later.
    pub fn status(&self) -> watch::Receiver<StreamStatus> {
        self.status.subscribe()
    }

    /// Follows until that cannot go on, and says why.
    pub async fn run(mut self) -> StreamError {
        let mut last = String::new();
        for turn in 0usize.. {
            let url = self.urls[turn % self.urls.len()].clone();
            let fault = match self.session(&url).await {
                SessionEnd::Fatal(error) => return error,
                SessionEnd::Fault(fault) => format!("{}: {fault}", shown(&url)),
            };
            self.status.send_modify(|status| status.connected = None);
            if fault != last {
                tracing::warn!("the sequencer is not followed: {fault}");
                last = fault;
            }
            tokio::time::sleep(self.turns.failed()).await;
        }
        StreamError::NoSequencer
    }

    /// One connection, until it fails.
    async fn session(&mut self, url: &str) -> SessionEnd {
        match self.listen(url).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn listen(&mut self, url: &str) -> Result<std::convert::Infallible, SessionEnd> {
        let client = connect(url, &self.limits).await?;
        let mut heads: Subscription<SignedBlock> = client
            .subscribe("seam_subscribeBlocks", rpc_params![], "seam_unsubscribeBlocks")
            .await
            .map_err(Fault::from)?;
        loop {
            let message = heads.next().await.ok_or(Fault::Ended)?.map_err(Fault::from)?;
            let signed = self.check(vec![message]).await?;
            self.turns.succeeded();
            for signed in signed {
                self.note(url, &signed);
                self.follow(&client, signed).await?;
            }
        }
    }

    fn note(&self, url: &str, signed: &Signed) {
        let newest = signed.block.header.number;
        self.status.send_if_modified(|status| {
            let begins = status.connected.is_none();
            if begins {
                tracing::info!(sequencer = shown(url), newest, "following the sequencer");
                status.connected = Some(shown(url));
            }
            status.newest.replace(newest) != Some(newest) || begins
        });
    }

    /// Does all that there is to do about a new head.
    async fn follow(&mut self, client: &WsClient, signed: Signed) -> Result<(), SessionEnd> {
        let mut step = self.state.head(signed, &*self.chain.head())?;
        loop {
            step = match step {
                Step::Rest => return Ok(()),
                Step::Refuse(why) => {
                    tracing::warn!("{why}");
                    self.status.send_modify(|status| status.refused = Some(why.to_string()));
                    return Ok(());
                }
                Step::Fetch { from, count } => {
                    let blocks = self.fetch(client, from, count).await?;
                    self.state.fetched(from, blocks, &*self.chain.head())?
                }
                Step::Import(blocks) => self.import(blocks).await?,
            }
        }
    }

    /// Blocks in a row, each signed and linked to the one before it.
    async fn fetch(
        &self,
        client: &WsClient,
        from: u64,
        count: u64,
    ) -> Result<Vec<Signed>, SessionEnd> {
        let params = rpc_params![U64::from(from), U64::from(count)];
        let answer: Vec<SignedBlock> =
            client.request("seam_getBlocks", params).await.map_err(Fault::from)?;
        let wrong = |reason| Fault::Answer { from, reason };
        if answer.len() as u64 > count {
            return Err(wrong("it has more blocks than were asked for").into());
        }
        let blocks = self.check(answer).await?;
        let numbers = blocks.iter().map(|signed| signed.block.header.number);
        if !numbers.eq((from..).take(blocks.len())) {
            return Err(wrong("its blocks have other numbers").into());
        }
        let linked = |pair: &[Signed]| pair[1].block.header.parent_hash == pair[0].hash;
        if !blocks.windows(2).all(linked) {
            return Err(wrong("its blocks do not follow one another").into());
        }
        Ok(blocks)
    }

    /// Checks messages, where that keeps nobody waiting.
    async fn check(&self, messages: Vec<SignedBlock>) -> Result<Vec<Signed>, Fault> {
        let (chain_id, signer) = (self.chain.rules().chain_id, *self.signer.borrow());
        let check = move |message: SignedBlock| {
            Ok(Signed { hash: message.hash, block: message.check(chain_id, signer)? })
        };
        let all = tokio::task::spawn_blocking(move || messages.into_iter().map(check).collect());
        all.await.unwrap_or(Err(Fault::Ended)) // only while the runtime stops
    }

    async fn import(&mut self, blocks: Vec<Block>) -> Result<Step, SessionEnd> {
        let chain = self.chain.clone();
        let done = tokio::task::spawn_blocking(move || chain.follow(blocks)).await;
        let head = self.chain.head();
        match done.unwrap_or(Err(ImportError::Stopped)) {
            Ok(imported) => {
                tracing::debug!(head = imported.head, removed = imported.removed, "followed");
                self.status.send_if_modified(|status| status.refused.take().is_some());
                Ok(self.state.next(&*head)?)
            }
            Err(error @ ImportError::Refused { .. }) => {
                Ok(self.state.broken(error.to_string(), &*head)?)
            }
            Err(ImportError::Engine(error)) => Err(fatal(*error)),
            Err(ImportError::Storage(error)) if error.is_disk_full() => Err(error.into()),
            Err(ImportError::Stopped) => Err(StreamError::Chain(ImportError::Stopped).into()),
            // The chain has changed since it was looked at, as when L1 was followed meanwhile.
            Err(error) => {
                tracing::debug!(%error, "not followed");
                Ok(self.state.let_go())
            }
        }
    }
}

fn fatal(error: EngineError) -> SessionEnd {
    StreamError::Chain(ImportError::Engine(Box::new(error))).into()
}

/// A connection to a sequencer, whose messages are bounded.
pub(super) async fn connect(url: &str, limits: &StreamLimits) -> Result<WsClient, Fault> {
    let ping = PingConfig::new().ping_interval(limits.silence / 2).inactive_limit(limits.silence);
    let builder = WsClientBuilder::default()
        .max_response_size(MAX_MESSAGE_BYTES)
        .max_buffer_capacity_per_subscription(limits.waiting)
        .connection_timeout(limits.connect)
        .request_timeout(limits.answer)
        .enable_ws_ping(ping);
    Ok(builder.build(url).await?)
}
