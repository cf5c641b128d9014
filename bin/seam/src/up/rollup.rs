//! What makes the Layer 2 a rollup: its blocks are posted on the L1, derived from there again, and
//! compared.

use super::{
    Network,
    accounts::{Accounts, Acting},
};
use crate::{
    data_dir::DataDir, key, metrics::RollupMetrics, on_l1::Places, rollup_node::posting::Posting,
};
use anyhow::{Context, Result, anyhow};
use seam_chain::Chain;
use seam_rollup::{batcher::BatcherStatus, derivation::DerivationStatus};
use seam_storage::StorageError;
use seam_web::Agreement;
use std::{fs, path::Path, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// What the batcher pays at most on the development L1.
const MAX_FEE_GWEI: u64 = 10_000;
/// How often it is looked whether somebody changed the chain by hand.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Batcher, derivation of both chains, and the comparison, while they run.
#[derive(Debug)]
pub(crate) struct Rollup {
    /// The comparison.
    pub(crate) both: Both,
    posting: watch::Receiver<BatcherStatus>,
    tasks: JoinHandle<()>,
}

/// The rollup as its sequencer makes it and as it follows from the L1.
#[derive(Debug, Clone)]
pub(crate) struct Both {
    sequenced: Chain,
    followed: Chain,
    /// Of the sequencer's chain, and of the follower's.
    derived: [watch::Receiver<DerivationStatus>; 2],
    /// Why they are not derived any more.
    ended: watch::Receiver<Option<String>>,
}

impl Rollup {
    /// Starts all of it; the L1 is served by now.
    pub(crate) fn start(
        network: &mut Network,
        accounts: &Accounts,
        directory: &DataDir,
    ) -> Result<Self> {
        let places = Places::within(&directory.rollup());
        let side = network.l1_side.take().context("the L1 is followed already")?;
        let (sequenced, followed) = (network.l2().clone(), network.follower().clone());
        let ours = side.derivation(&sequenced, &places.cursor)?;
        let theirs = side.derivation(&followed, &places.follower)?;
        let derived = [ours.status(), theirs.status()];
        let posting = Posting {
            config: network.deployment.config.clone(),
            chain: sequenced.clone(),
            client: side.client.clone(),
            key: accounts.acting_key(Acting::Batcher)?,
            limits: key::paying(MAX_FEE_GWEI),
            journal: places.journal,
            status: watch::Sender::default(),
        };
        let (posted, ended) = (posting.status.subscribe(), watch::Sender::new(None));
        let (watched, statuses, changed) = (sequenced.clone(), derived.to_vec(), places.changed);
        let end = ended.subscribe();
        let run = async move {
            let reason = if changed.exists() {
                by_hand()
            } else {
                tokio::select! {
                    error = posting.run() => format!("batches are not posted any more: {error:#}"),
                    error = ours.run() => format!("the L2 is not derived any more: {error}"),
                    error = theirs.run() => format!("the follower has stopped: {error}"),
                    error = side.run(watched.clone(), statuses) => {
                        format!("the L1 is not followed any more: {error}")
                    }
                    noted = changed_by_hand(&watched, &changed) => match noted {
                        Ok(()) => by_hand(),
                        Err(error) => format!("{error:#}"),
                    },
                }
            };
            tracing::warn!("{reason}");
            ended.send_replace(Some(reason));
        };
        let tasks = tokio::spawn(run);
        let both = Both { sequenced, followed, derived, ended: end };
        Ok(Self { both, posting: posted, tasks })
    }

    /// Shows how it goes on the page for Prometheus.
    pub(crate) fn show(&self, metrics: &RollupMetrics) {
        metrics.show(&self.both.derived, Some(self.posting.clone()));
    }

    /// Where it is, in words: for the status line.
    pub(crate) fn status(&self) -> Status {
        let follower = match self.both.compare() {
            Agreement::Agrees { block } => format!("agrees up to {block}"),
            Agreement::Differs { block } => format!("DIFFERS at or before {block}"),
            _ => "stopped".to_owned(),
        };
        let safe = self.both.derived[0].borrow().safe;
        Status { safe, follower, posting: self.posting.borrow().clone() }
    }

    /// Ends it; what was signed is in the journal, what was derived is on disk.
    pub(crate) async fn stop(self) {
        self.tasks.abort();
        // It was told to end.
        let _ = self.tasks.await;
    }
}

impl Both {
    /// Whether both have the same blocks.
    pub(crate) fn compare(&self) -> Agreement {
        let [ours, theirs] = [0, 1].map(|index| self.derived[index].borrow().safe);
        let block = ours.min(theirs);
        match (&*self.ended.borrow(), self.agree(block)) {
            (Some(reason), _) => Agreement::Rests { reason: reason.clone() },
            (None, Ok(true)) => Agreement::Agrees { block },
            (None, Ok(false)) => Agreement::Differs { block },
            (None, Err(error)) => Agreement::Rests { reason: error.to_string() },
        }
    }

    /// Whether both chains have the same block of this number; then they have the same before it.
    fn agree(&self, number: u64) -> Result<bool, StorageError> {
        let hash = |chain: &Chain| chain.head().reader.hash(number);
        Ok(hash(&self.sequenced)? == hash(&self.followed)?)
    }
}

/// Where the rollup is.
#[derive(Debug)]
pub(crate) struct Status {
    /// The newest block that is on L1.
    pub(crate) safe: u64,
    /// What the follower says.
    pub(crate) follower: String,
    /// What the batcher says.
    pub(crate) posting: BatcherStatus,
}

fn by_hand() -> String {
    "the L2 was changed by hand (other state, time or blocks than its transactions give): it cannot be \
     rebuilt from the L1, so batcher and follower rest; `seam up --fresh` begins anew"
        .to_owned()
}

/// Waits until somebody changes the chain by hand, and notes it for the next start.
async fn changed_by_hand(chain: &Chain, note: &Path) -> Result<()> {
    while !chain.is_changed_by_hand() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let text = "The Layer 2 was changed by hand: it cannot be rebuilt from the L1.\n";
    fs::write(note, text).map_err(|error| anyhow!("{}: {error}", note.display()))
}
