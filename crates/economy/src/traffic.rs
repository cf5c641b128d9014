//! How traffic is asked for, and how it is run: [`run`] until it has sent what it was to send or is told to stop, or
//! [`Traffic::start`] beside other work.

use crate::{
    actors::{Cast, DEFAULT_ACTORS, MAX_ACTORS, MIN_ACTORS},
    drive::Driver,
    error::TrafficError,
    plan::PlanSettings,
    report::Report,
};
use alloy_primitives::U256;
use alloy_signer_local::PrivateKeySigner;
use seam_l1::timer::{RealTimer, Timer};
use std::{fmt::Display, future::Future, str::FromStr, sync::Arc};
use tokio::{sync::watch, task::JoinHandle};

/// Wei that an actor begins with unless it is said: 10 ether.
pub const DEFAULT_WEALTH: U256 = U256::from_limbs([10_000_000_000_000_000_000, 0, 0, 0]);
/// At least: 0.01 ether, a twentieth of which is for gas.
pub const MIN_WEALTH: U256 = U256::from_limbs([10_000_000_000_000_000, 0, 0, 0]);

/// Transactions per second, in thousandths: from 0.001 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// One in a thousand seconds.
    pub const MIN: Self = Self(1);
    /// A thousand a second.
    pub const MAX: Self = Self(1_000_000);

    /// From thousandths; `None` outside of the bounds.
    pub fn from_thousandths(thousandths: u64) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&Self(thousandths)).then_some(Self(thousandths))
    }

    /// In thousandths.
    pub const fn thousandths(self) -> u64 {
        self.0
    }
}

impl Default for Rate {
    /// Two a second.
    fn default() -> Self {
        Self(2_000)
    }
}

impl FromStr for Rate {
    type Err = TrafficError;

    /// Reads `2`, `0.5`; at most three digits after the point.
    fn from_str(text: &str) -> Result<Self, TrafficError> {
        let wrong = || TrafficError::Rate(text.to_owned());
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{part:0<3}").parse().map_err(|_| wrong())?;
        let all = whole.checked_mul(1_000).and_then(|whole| whole.checked_add(part));
        all.and_then(Self::from_thousandths).ok_or_else(wrong)
    }
}

impl Display for Rate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 1_000, self.0 % 1_000);
        match part {
            0 => write!(out, "{whole}"),
            _ => write!(out, "{whole}.{}", format!("{part:03}").trim_end_matches('0')),
        }
    }
}

/// Where the chains are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sites {
    /// The chain that is to have traffic: its JSON-RPC over HTTP.
    pub rpc: String,
    /// The L1 of that chain, for deposits; none without.
    pub l1_rpc: Option<String>,
}

/// What traffic is wanted.
///
/// | setting | default | bounds |
/// |---|---|---|
/// | `seed` | 1 | |
/// | `rate` | 2 a second | 0.001 to 1000 |
/// | `accounts` | 20 | 8 to 1000 |
/// | `wealth` | 10 ether | 0.01 ether at least |
/// | `count` | no end | |
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is done follows from it, and who does it from it and the first payer.
    pub seed: u64,
    /// Transactions per second, on average; what is needed to prepare comes on top.
    pub rate: Rate,
    /// Actors.
    pub accounts: usize,
    /// Wei that each begins with.
    pub wealth: U256,
    /// After so many transactions it ends.
    pub count: Option<u64>,
    /// Who pays: the last that has enough. The first is also what the actors' keys follow from.
    pub payers: Vec<PrivateKeySigner>,
}

impl Settings {
    /// The defaults, with these payers.
    pub fn new(payers: Vec<PrivateKeySigner>) -> Self {
        Self {
            seed: 1,
            rate: Rate::default(),
            accounts: DEFAULT_ACTORS,
            wealth: DEFAULT_WEALTH,
            count: None,
            payers,
        }
    }

    /// What can be refused before anything is asked.
    ///
    /// # Errors
    /// [`TrafficError::Accounts`], [`TrafficError::Wealth`], [`TrafficError::NoPayer`].
    pub fn check(&self) -> Result<(), TrafficError> {
        if !(MIN_ACTORS..=MAX_ACTORS).contains(&self.accounts) {
            return Err(TrafficError::Accounts(self.accounts));
        }
        if self.wealth < MIN_WEALTH {
            return Err(TrafficError::Wealth(self.wealth, MIN_WEALTH));
        }
        if self.payers.is_empty() {
            return Err(TrafficError::NoPayer);
        }
        Ok(())
    }

    /// The accounts that act.
    ///
    /// # Errors
    /// [`TrafficError::NoPayer`].
    pub fn cast(&self) -> Result<Cast, TrafficError> {
        let secret = self.payers.first().ok_or(TrafficError::NoPayer)?.to_bytes();
        Ok(Cast::new(&secret, self.seed, self.accounts))
    }

    pub(crate) const fn plan(&self) -> PlanSettings {
        PlanSettings { seed: self.seed, actors: self.accounts, wealth: self.wealth }
    }
}

/// Makes traffic until `count` transactions have ended or `shutdown` does; then waits a while for what is on its way.
/// A node that goes away later is waited for; one that is not there at the start is an error.
///
/// # Errors
/// [`TrafficError`].
pub async fn run(
    settings: Settings,
    sites: Sites,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<Report, TrafficError> {
    let (told, _) = watch::channel(Report::default());
    run_by(settings, sites, shutdown, &told, Arc::new(RealTimer::start())).await
}

/// The same by a time of one's choice; `told` has the report after each step.
///
/// # Errors
/// [`TrafficError`].
pub async fn run_by(
    settings: Settings,
    sites: Sites,
    shutdown: impl Future<Output = ()> + Send,
    told: &watch::Sender<Report>,
    timer: Arc<dyn Timer>,
) -> Result<Report, TrafficError> {
    let driver = Driver::open(settings, &sites, timer).await?;
    drive(driver, shutdown, told).await
}

async fn drive(
    mut driver: Driver,
    shutdown: impl Future<Output = ()> + Send,
    told: &watch::Sender<Report>,
) -> Result<Report, TrafficError> {
    let ended = driver.run(told, std::pin::pin!(shutdown)).await;
    if ended.is_ok() {
        driver.drain().await;
    }
    told.send_replace(driver.report());
    ended.map(|()| driver.report())
}

/// Traffic beside other work. It begins when it is told where the chains are, and ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Traffic {
    task: JoinHandle<Result<Report, TrafficError>>,
    sites: watch::Sender<Option<Sites>>,
    stop: watch::Sender<bool>,
    report: watch::Receiver<Report>,
}

impl Traffic {
    /// Waits for [`Traffic::at`]. A chain that does not answer is waited for, also at the start; what else
    /// [`run`] ends with is logged.
    ///
    /// # Errors
    /// As [`Settings::check`].
    pub fn start(settings: Settings) -> Result<Self, TrafficError> {
        settings.check()?;
        let (sites, mut where_to) = watch::channel(None);
        let (stop, mut stopped) = watch::channel(false);
        let (told, report) = watch::channel(Report::default());
        let task = tokio::spawn(async move {
            let mut shutdown = Box::pin(async move {
                // It is stopped too when whoever could stop it is gone.
                let _ = stopped.wait_for(|stop| *stop).await;
            });
            let opened = tokio::select! {
                opened = open(settings, &mut where_to) => opened,
                () = &mut shutdown => return Ok(Report::default()),
            };
            let ended = match opened {
                Ok(driver) => drive(driver, shutdown, &told).await,
                Err(error) => Err(error),
            };
            if let Err(error) = &ended {
                tracing::warn!(%error, "traffic has ended");
            }
            ended
        });
        Ok(Self { task, sites, stop, report })
    }

    /// The chains are here.
    pub fn at(&self, sites: Sites) {
        self.sites.send_replace(Some(sites));
    }

    /// What there was so far.
    pub fn report(&self) -> Report {
        self.report.borrow().clone()
    }

    /// Ends it; waits a while for what is on its way.
    ///
    /// # Errors
    /// What it ended with before.
    pub async fn stop(self) -> Result<Report, TrafficError> {
        self.stop.send_replace(true);
        self.task.await.map_err(|_| TrafficError::Ended)?
    }
}

/// The driver, as soon as it is known where the chains are and they answer.
async fn open(
    settings: Settings,
    sites: &mut watch::Receiver<Option<Sites>>,
) -> Result<Driver, TrafficError> {
    let timer: Arc<dyn Timer> = Arc::new(RealTimer::start());
    loop {
        let Ok(known) = sites.wait_for(Option::is_some).await.map(|sites| sites.clone()) else {
            return Err(TrafficError::Ended);
        };
        let Some(known) = known else { continue };
        match Driver::open(settings.clone(), &known, timer.clone()).await {
            Err(error) if error.severity() == seam_l1::Severity::Retry => {
                tracing::debug!(%error, "traffic waits for the chain");
                timer.sleep(crate::drive::AWAY_PAUSE).await;
            }
            opened => return opened,
        }
    }
}

/// Cases of a property: 24, or as many as `SEAM_SOAK` says.
#[cfg(test)]
pub(crate) fn cases() -> u32 {
    let soak = std::env::var("SEAM_SOAK").ok();
    soak.map_or(24, |text| text.parse().unwrap_or(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_shown_as_people_write_them() {
        for (text, thousandths, shown) in [
            ("2", 2_000, "2"),
            ("0.5", 500, "0.5"),
            ("0.001", 1, "0.001"),
            ("12.50", 12_500, "12.5"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.thousandths(), rate.to_string().as_str()), (thousandths, shown));
        }
        for text in
            ["", "0", "-1", "1e3", "0.0001", "1000.001", "two", ".5", "5.", "99999999999999999999"]
        {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains("transactions per second, from 0.001 to 1000"), "{error}");
        }
    }

    #[test]
    fn settings_that_cannot_be_are_refused_with_what_to_do() {
        let key = PrivateKeySigner::from_bytes(&alloy_primitives::B256::repeat_byte(1)).unwrap();
        let settings = Settings::new(vec![key]);
        settings.check().unwrap();
        let error = |settings: Settings| settings.check().unwrap_err().to_string();
        let few = error(Settings { accounts: 7, ..settings.clone() });
        assert_eq!(few, "7 accounts are not possible: --accounts takes 8 to 1000");
        let poor = error(Settings { wealth: U256::from(1), ..settings.clone() });
        assert!(poor.contains("give 0.01"), "{poor}");
        let nobody = error(Settings { payers: Vec::new(), ..settings });
        assert!(nobody.contains("--mnemonic"), "{nobody}");
    }
}
