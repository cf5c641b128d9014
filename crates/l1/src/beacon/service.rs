//! Asks the endpoints for blobs.

use super::{
    BeaconAccess, BeaconError, BeaconSettings, BlobSource, L1At, Page,
    state::{Search, SlotClock, block_ids},
    wire::{
        Checked, GENESIS, SPEC, blobs, blobs_path, genesis, is_missing, sidecars, sidecars_path,
        slot_seconds,
    },
};
use crate::{
    access::{Fault, HttpAccess},
    client::{Failover, L1Error},
    timer::{RealTimer, Timer},
};
use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Where blobs are, over one or several endpoints. Cheap to clone; clones share what they know of the
/// endpoints.
#[derive(Debug, Clone)]
pub struct BeaconClient {
    endpoints: Arc<[Arc<dyn BeaconAccess>]>,
    kind: BlobSource,
    slot_seconds: Option<u64>,
    state: Arc<Mutex<Known>>,
    timer: Arc<dyn Timer>,
}

/// What is known of the endpoints.
#[derive(Debug)]
struct Known {
    failover: Failover,
    clock: Option<SlotClock>,
}

impl BeaconClient {
    /// The endpoints at these URLs, the preferred one first. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`BeaconError::Url`], [`BeaconError::NoEndpoint`].
    pub fn connect<S: AsRef<str>>(
        kind: BlobSource,
        urls: &[S],
        settings: BeaconSettings,
    ) -> Result<Self, BeaconError> {
        let access = |url: &S| -> Result<Arc<dyn BeaconAccess>, BeaconError> {
            let access = HttpAccess::new(url.as_ref(), &settings.limits);
            Ok(Arc::new(access.map_err(|error| match error {
                L1Error::Url { reason } => BeaconError::Url { reason },
                error => BeaconError::Url { reason: error.to_string() },
            })?))
        };
        let endpoints = urls.iter().map(access).collect::<Result<Vec<_>, _>>()?;
        Self::over(kind, endpoints, settings, Arc::new(RealTimer::start()))
    }

    /// These endpoints.
    ///
    /// # Errors
    ///
    /// [`BeaconError::NoEndpoint`].
    pub fn over(
        kind: BlobSource,
        endpoints: Vec<Arc<dyn BeaconAccess>>,
        settings: BeaconSettings,
        timer: Arc<dyn Timer>,
    ) -> Result<Self, BeaconError> {
        if endpoints.is_empty() {
            return Err(BeaconError::NoEndpoint);
        }
        let failover = Failover::new(endpoints.len(), settings.limits, None);
        let state = Arc::new(Mutex::new(Known { failover, clock: None }));
        let slot_seconds = settings.slot_seconds;
        Ok(Self { endpoints: endpoints.into(), kind, slot_seconds, state, timer })
    }

    /// The blobs of a block with these versioned hashes, in their order, each checked. Every endpoint
    /// is asked once at most: who wants to wait asks again.
    ///
    /// # Errors
    ///
    /// [`BeaconError::Gone`], [`BeaconError::Unreachable`].
    pub async fn blobs(&self, at: &L1At, hashes: &[B256]) -> Result<Vec<Box<Blob>>, BeaconError> {
        let (found, error) = self.some_blobs(at, hashes).await;
        match error {
            Some(error) => Err(error),
            None => Ok(hashes.iter().filter_map(|hash| found.get(hash).cloned()).collect()),
        }
    }

    /// Those of the blobs that there are, and why there are no others.
    pub async fn some_blobs(
        &self,
        at: &L1At,
        hashes: &[B256],
    ) -> (HashMap<B256, Box<Blob>>, Option<BeaconError>) {
        let mut search = Search::new(hashes);
        let order = self.state().failover.order(self.timer.now());
        for place in order {
            if search.is_done() {
                break;
            }
            let Some(endpoint) = self.endpoints.get(place) else { continue };
            let asked = self.ask(place, endpoint.as_ref(), at, &mut search).await;
            let now = self.timer.now();
            match asked {
                Ok(()) => {
                    self.state().failover.answered(place);
                    search.lacks(endpoint.name());
                }
                Err(fault) => {
                    let name = endpoint.name();
                    match &fault {
                        Fault::Wrong(_) => {
                            tracing::warn!(endpoint = name, %fault, "it gives wrong blobs")
                        }
                        fault => tracing::debug!(endpoint = name, %fault, "it gives no blobs"),
                    }
                    self.state().failover.failed(place, now, &fault);
                    search.failed(endpoint.name(), &fault);
                }
            }
        }
        search.finish()
    }

    /// Takes what an endpoint has.
    async fn ask(
        &self,
        place: usize,
        endpoint: &dyn BeaconAccess,
        at: &L1At,
        search: &mut Search<'_>,
    ) -> Result<(), Fault> {
        let clock = match self.kind {
            BlobSource::Beacon => Some(self.clock(place, endpoint).await?),
            BlobSource::Archive => self.known_clock(),
        };
        for id in block_ids(self.kind, clock, at) {
            // Again as long as it has more: some give one blob at a time.
            while !search.is_done() {
                let checked = blobs_of(endpoint, &id, search.missing()).await?;
                let more = search.add(checked.blobs);
                match checked.wrong {
                    Some(wrong) if !search.is_done() => return Err(wrong),
                    _ if !more => break,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The clock of the endpoint's chain, which must be that of all others.
    async fn clock(&self, place: usize, endpoint: &dyn BeaconAccess) -> Result<SlotClock, Fault> {
        let known = {
            let state = self.state();
            state.clock.filter(|_| state.failover.is_identified(place))
        };
        if let Some(clock) = known {
            return Ok(clock);
        }
        let began = genesis(&endpoint.get(GENESIS.to_owned()).await?)?;
        let known = self.slot_seconds.or(self.known_clock().map(|clock| clock.seconds));
        let seconds = match known {
            Some(seconds) => seconds,
            None => slot_seconds(&endpoint.get(SPEC.to_owned()).await?)?,
        };
        let clock = SlotClock { genesis: began, seconds };
        let now = self.timer.now();
        let mut state = self.state();
        let identified = state.failover.identified(place, began, now);
        identified.map_err(|expected| {
            Fault::Wrong(format!("its beacon chain began at {began}, not at {expected}"))
        })?;
        Ok(*state.clock.insert(clock))
    }

    /// Slots as another client found them out: for archives, which have none of their own.
    pub fn share_clock(&self, beacon: &Self) {
        let clock = beacon.state().clock;
        let mut state = self.state();
        state.clock = clock.or(state.clock);
    }

    fn known_clock(&self) -> Option<SlotClock> {
        self.state().clock
    }

    fn state(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some of the blobs of a block, checked.
async fn blobs_of(
    endpoint: &dyn BeaconAccess,
    id: &str,
    missing: Vec<B256>,
) -> Result<Checked, Fault> {
    let page = endpoint.get(blobs_path(id, &missing)).await?;
    if !is_missing(page.status) {
        match check(blobs, page, missing.clone()).await {
            Err(Fault::Unreadable(_)) => {}
            answer => return answer,
        }
    }
    let page = endpoint.get(sidecars_path(id)).await?;
    if is_missing(page.status) {
        return Ok(Checked { blobs: Vec::new(), wrong: None });
    }
    check(sidecars, page, missing).await
}

/// Reads and checks an answer where it may take its time.
async fn check(
    read: fn(&Page, &[B256]) -> Result<Checked, Fault>,
    page: Page,
    missing: Vec<B256>,
) -> Result<Checked, Fault> {
    let checked = tokio::task::spawn_blocking(move || read(&page, &missing)).await;
    checked.unwrap_or_else(|error| Err(Fault::Unreadable(error.to_string())))
}
