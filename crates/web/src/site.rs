//! What pages are about: the nodes of a network, its books, and what is live of both.

mod tokens;

use crate::{
    live::{self, Agreement, Live},
    node::{Layer, Node},
};
use seam_l1::BeaconClient;
use seam_ledger::{Books, Token, check::Checked};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
pub use tokens::TokenName;
use tokens::Tokens;

/// Says whether a follower has the same chain; cheap to ask.
pub type AskFollower = Arc<dyn Fn() -> Agreement + Send + Sync>;

/// Where everything is.
#[derive(Clone)]
pub struct Settings {
    /// The rollup.
    pub l2: Node,
    /// Its L1, if it is shown.
    pub l1: Option<Node>,
    /// Where the blobs of batches are, if they are to be measured.
    pub beacon: Option<BeaconClient>,
    /// The books, if they are kept.
    pub books: Option<Arc<Books>>,
    /// A follower to compare with.
    pub follower: Option<AskFollower>,
}

/// What every page is made from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    live: Live,
    tokens: Tokens,
    /// The newest closing check of each chain: one for all who look.
    checked: Mutex<BTreeMap<u64, CheckResult>>,
}

/// What the closing check said when it last ran.
pub type CheckResult = Result<Checked, String>;

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("l2", &self.l2)
            .field("l1", &self.l1)
            .finish_non_exhaustive()
    }
}

impl Site {
    /// Begins to read what is live, until the last clone is gone.
    pub fn start(settings: Settings) -> Self {
        let live = Live::default();
        let site = Self(Arc::new(Inner {
            settings,
            live,
            tokens: Tokens::default(),
            checked: Mutex::default(),
        }));
        live::start(&site);
        site
    }

    /// The rollup's node.
    pub fn l2(&self) -> &Node {
        &self.0.settings.l2
    }

    /// The L1's node.
    pub fn l1(&self) -> Option<&Node> {
        self.0.settings.l1.as_ref()
    }

    /// The node of a layer, if it is shown.
    pub fn node(&self, layer: Layer) -> Option<&Node> {
        match layer {
            Layer::L1 => self.l1(),
            Layer::L2 => Some(self.l2()),
        }
    }

    /// Both nodes, the rollup's first.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(self.l2()).chain(self.l1())
    }

    /// The books, if they are kept.
    pub fn books(&self) -> Option<&Arc<Books>> {
        self.0.settings.books.as_ref()
    }

    /// Where blobs are.
    pub(crate) fn beacon(&self) -> Option<&BeaconClient> {
        self.0.settings.beacon.as_ref()
    }

    /// What the follower says.
    pub(crate) fn agreement(&self) -> Agreement {
        self.0.settings.follower.as_ref().map_or(Agreement::NotWatched, |ask| ask())
    }

    /// What is live.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// The layer of a chain in the books, as far as it is known yet.
    pub fn layer(&self, chain: u64) -> Option<Layer> {
        let network = self.live().network();
        let is = |state: &live::LayerState| state.chain_id == Some(chain);
        match (is(&network.l2), network.l1.as_ref().is_some_and(is)) {
            (true, _) => Some(Layer::L2),
            (_, true) => Some(Layer::L1),
            _ => None,
        }
    }

    /// How a token of a chain is shown.
    pub async fn token_name(&self, chain: u64, token: Token) -> TokenName {
        let Token::Erc20(token) = token else { return TokenName::ether() };
        match self.layer(chain).and_then(|layer| self.node(layer)) {
            Some(node) => self.0.tokens.name(node, token).await,
            None => TokenName::unknown(token),
        }
    }

    /// The newest closing check of each chain.
    pub fn checked(&self) -> BTreeMap<u64, CheckResult> {
        self.0.checked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_checked(&self, chain: u64, result: CheckResult) {
        self.0.checked.lock().unwrap_or_else(PoisonError::into_inner).insert(chain, result);
    }

    /// Something that is there for as long as the site is.
    pub(crate) fn weak(&self) -> WeakSite {
        WeakSite(Arc::downgrade(&self.0))
    }
}

/// A site that ends when nobody else has it.
#[derive(Debug)]
pub(crate) struct WeakSite(std::sync::Weak<Inner>);

impl WeakSite {
    pub(crate) fn site(&self) -> Option<Site> {
        self.0.upgrade().map(Site)
    }
}
