//! Does what is planned: looks at the chains, signs, sends, and waits for what becomes of it.
//!
//! One task, one step after the other: settle what is on its way, look at what is there, send what is due. No answer of
//! a node is believed for long, so there is nothing to restore: after a restart of the node, a reorg, or a chain that
//! began anew, the next look says what is missing.

mod look;
mod refusal;
mod send;
mod settle;
mod side;
mod sign;

use crate::{
    action::Layer,
    actors::Cast,
    contracts::{Addresses, CREATE2_PROXY, WRAPPED_PREDEPLOY},
    error::{TrafficError, flag},
    pace::Pace,
    plan::Planner,
    report::Report,
    traffic::{Settings, Sites},
};
use alloy_eips::BlockId;
use alloy_primitives::{Address, U256};
use seam_l1::{Severity, timer::Timer};
use side::Side;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::sync::watch;

/// A step is made so often.
pub const TICK: Duration = Duration::from_millis(200);
/// What is on its way is asked for so often.
pub const SETTLE_EVERY: Duration = Duration::from_millis(500);
/// The chains are looked at so often, with up to a hundred actors; with more, less often by as much.
pub const LOOK_EVERY: Duration = Duration::from_secs(3);
/// A node that does not answer is tried again after this time.
pub const AWAY_PAUSE: Duration = Duration::from_secs(1);
/// At the end, what is on its way is waited for so long.
pub const DRAIN: Duration = Duration::from_secs(30);
/// While waiting for that, a node may fail so often.
pub const MAX_DRAIN_FAILURES: u32 = 3;
/// With something to do, nothing on its way and nobody who can do it for so long, traffic ends.
pub const STUCK_AFTER: Duration = Duration::from_secs(60);
/// Transactions sent in one step at most.
pub const MAX_PER_STEP: usize = 256;

/// Makes traffic.
#[derive(Debug)]
pub struct Driver {
    settings: Settings,
    cast: Cast,
    chain: Side,
    l1: Option<Side>,
    addresses: Addresses,
    planner: Planner,
    pace: Pace,
    report: Report,
    timer: Arc<dyn Timer>,
    began: Duration,
    /// When something was sent or settled last, or there was nothing to do.
    moved: Duration,
    next_settle: Duration,
    next_look: Duration,
    /// What was seen is known to be out of date.
    stale: bool,
    away: bool,
    /// It was said that nobody pays any more.
    warned: bool,
    /// What a node said last to what it did not take.
    refused: String,
}

impl Driver {
    /// Asks both chains who they are, whether they have what is needed, and who pays.
    ///
    /// # Errors
    /// [`TrafficError`].
    pub async fn open(
        settings: Settings,
        sites: &Sites,
        timer: Arc<dyn Timer>,
    ) -> Result<Self, TrafficError> {
        settings.check()?;
        let cast = settings.cast()?;
        let open =
            |layer, url, enough| Side::open(layer, url, &settings.payers, enough, timer.clone());
        let mut chain = open(Layer::Chain, sites.rpc.as_str(), settings.enough()).await?;
        let mut l1 = match &sites.l1_rpc {
            Some(url) => Some(open(Layer::L1, url.as_str(), settings.enough_on_l1()).await?),
            None => None,
        };
        let addresses = addresses(&chain, l1.as_ref()).await?;
        chain.respect_mempool(&cast).await?;
        if let Some(l1) = &mut l1 {
            l1.respect_mempool(&cast).await?;
        }
        let now = timer.now();
        let report = Report { seed: settings.seed, ..Report::default() };
        let (planner, pace) = (Planner::new(settings.plan()), Pace::new(settings.rate, now));
        Ok(Self {
            settings,
            cast,
            chain,
            l1,
            addresses,
            planner,
            pace,
            report,
            timer,
            began: now,
            moved: now,
            next_settle: now,
            next_look: now,
            stale: true,
            away: false,
            warned: false,
            refused: "nothing was refused".to_owned(),
        })
    }

    /// What there was so far.
    pub fn report(&self) -> Report {
        let mut report = self.report.clone();
        report.in_flight = u64::try_from(self.in_flight()).unwrap_or(u64::MAX);
        report.lasted(self.timer.now().saturating_sub(self.began));
        report
    }

    /// Goes on until all that is wanted was sent, or `shutdown` ends: a step that was begun is finished, so that
    /// all that was sent is counted. `told` has the report after each step.
    ///
    /// # Errors
    /// [`TrafficError`]; those that a retry helps only before the first step that succeeds.
    pub async fn run(
        &mut self,
        told: &watch::Sender<Report>,
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<(), TrafficError> {
        let mut succeeded = false;
        loop {
            let mut pause = TICK;
            match self.step().await {
                Ok(()) => {
                    succeeded = true;
                    self.is_back();
                }
                Err(error) if succeeded && error.severity() == Severity::Retry => {
                    self.is_away(&error);
                    pause = AWAY_PAUSE;
                }
                Err(error) => return Err(error),
            }
            told.send_replace(self.report());
            if self.is_done() {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = shutdown.as_mut() => return Ok(()),
                () = self.timer.sleep(pause) => {}
            }
        }
    }

    /// Waits for what is on its way, but not for long.
    pub async fn drain(&mut self) {
        let until = self.timer.now().saturating_add(DRAIN);
        let mut failures = 0;
        while self.in_flight() > 0 && self.timer.now() < until && failures < MAX_DRAIN_FAILURES {
            if let Err(error) = self.look_after().await {
                failures += 1;
                tracing::debug!(%error, "at the end of traffic");
            }
            self.timer.sleep(SETTLE_EVERY).await;
        }
    }

    /// Settles, and looks if that is due.
    async fn look_after(&mut self) -> Result<(), TrafficError> {
        let now = self.timer.now();
        if now >= self.next_settle {
            self.settle().await?;
            self.next_settle = now.saturating_add(SETTLE_EVERY);
        }
        if self.stale || now >= self.next_look {
            self.look().await?;
        }
        Ok(())
    }

    async fn step(&mut self) -> Result<(), TrafficError> {
        self.look_after().await?;
        self.launch().await?;
        self.check_progress()
    }

    async fn look(&mut self) -> Result<(), TrafficError> {
        self.chain.refresh(&self.cast).await?;
        if let Some(l1) = &mut self.l1 {
            l1.refresh(&self.cast).await?;
        }
        let world = look::world(&self.chain, self.l1.as_ref(), &self.cast, &self.addresses).await?;
        self.planner.observe(world);
        self.stale = false;
        let hundreds = u32::try_from(self.settings.accounts.div_ceil(100)).unwrap_or(1);
        let pause = LOOK_EVERY.saturating_mul(hundreds);
        self.next_look = self.timer.now().saturating_add(pause);
        Ok(())
    }

    /// Whether somebody can pay for what is missing, and whether anything happens at all.
    fn check_progress(&mut self) -> Result<(), TrafficError> {
        let now = self.timer.now();
        if self.in_flight() > 0 {
            self.moved = now;
            return Ok(());
        }
        if let Some(short) = self.planner.shortage() {
            let side = self.side(short.layer);
            let (flag, payer) = (flag(short.layer), side.payer.address());
            let has = self.planner.payer_has(short.layer);
            let error = TrafficError::NoFunds { flag, payer, has, needs: short.needs };
            if !self.planner.is_ready() {
                return Err(error);
            }
            if !std::mem::replace(&mut self.warned, true) {
                tracing::warn!(%error, "traffic goes on with what its accounts have");
            }
        }
        let wants = !self.planner.is_ready() || self.pace.due(now) > 0;
        if !wants {
            self.moved = now;
        }
        if now.saturating_sub(self.moved) >= STUCK_AFTER {
            let (reason, seconds) = (self.refused.clone(), STUCK_AFTER.as_secs());
            return Err(TrafficError::Stuck { reason, seconds });
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.settings.count.is_some_and(|count| self.report.total(false).sent >= count)
    }

    fn is_away(&mut self, error: &TrafficError) {
        if !std::mem::replace(&mut self.away, true) {
            self.report.interruptions = self.report.interruptions.saturating_add(1);
            tracing::warn!(%error, "traffic waits");
        }
        // It may have lost what it had in its mempool.
        self.chain.flights.all_overdue();
        if let Some(l1) = &mut self.l1 {
            l1.flights.all_overdue();
        }
        self.stale = true;
        self.moved = self.timer.now();
    }

    fn is_back(&mut self) {
        if std::mem::take(&mut self.away) {
            tracing::info!("traffic goes on");
        }
    }

    fn in_flight(&self) -> usize {
        let l1 = self.l1.as_ref().map_or(0, |l1| l1.flights.count());
        self.chain.flights.count().saturating_add(l1)
    }

    /// The chain of a layer; without an L1 nothing is planned there.
    fn side(&self, layer: Layer) -> &Side {
        match (layer, &self.l1) {
            (Layer::L1, Some(l1)) => l1,
            _ => &self.chain,
        }
    }

    fn side_mut(&mut self, layer: Layer) -> &mut Side {
        match (layer, &mut self.l1) {
            (Layer::L1, Some(l1)) => l1,
            _ => &mut self.chain,
        }
    }
}

impl Settings {
    /// What a payer needs at the start if nobody has anything, in wei.
    fn enough(&self) -> U256 {
        let all = self.accounts.saturating_add(5);
        self.wealth.saturating_mul(U256::from(all))
    }

    /// The same for those who deposit.
    fn enough_on_l1(&self) -> U256 {
        let all = (self.accounts / crate::actors::MIN_ACTORS).saturating_add(6);
        self.wealth.saturating_mul(U256::from(all))
    }
}

async fn addresses(chain: &Side, l1: Option<&Side>) -> Result<Addresses, TrafficError> {
    if !has_code(chain, CREATE2_PROXY).await? {
        return Err(TrafficError::NoProxy);
    }
    let portal = match l1 {
        Some(l1) => Some(look::portal(chain, l1).await?),
        None => None,
    };
    let predeploy = has_code(chain, WRAPPED_PREDEPLOY).await?.then_some(WRAPPED_PREDEPLOY);
    Ok(Addresses::new(predeploy, portal))
}

async fn has_code(side: &Side, address: Address) -> Result<bool, TrafficError> {
    let code = side.client.code(address, BlockId::latest()).await;
    Ok(!code.map_err(|error| TrafficError::of(side.layer, error))?.is_empty())
}
