//! Which action is next: decided by the seed and by what was seen, and by nothing else. No clock, no network, no
//! other randomness: the same seed and the same answers give the same actions, byte for byte.
//!
//! [`Planner::next_setup`] gives what must be there first (ether, contracts, tokens, a pool), whenever it is missing:
//! at the start, after a reorg, in a chain that began anew. Once nothing was missing, [`Planner::next_traffic`] gives
//! what people do.

mod choose;
mod price;
mod random;
mod setup;

pub use price::{PRICE, PricePath};
pub use random::Random;
pub use setup::Shortage;

use crate::{
    action::{Action, Cost, Form, Kind, Layer, Planned},
    actors::{Role, Who},
    world::{Holdings, Pool, World, per_mille},
};
use alloy_primitives::U256;
use setup::Need;
use std::collections::BTreeMap;

/// Transactions of an actor that may be on their way at once.
pub const MAX_PER_ACTOR: usize = 4;
/// Of the bank and of whoever funds it: geth takes 16 of an account for certain.
pub const MAX_OF_BANK: usize = 16;
/// Of all together.
pub const MAX_IN_FLIGHT: usize = 1_024;
/// A kind of action that nodes refuse so often in a row for what it is, or a preparation that fails so often, is not
/// tried any more.
pub const MAX_FAILURES: u32 = 3;

/// What is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanSettings {
    /// Everything follows from it.
    pub seed: u64,
    /// How many actors there are.
    pub actors: usize,
    /// Wei that an actor begins with.
    pub wealth: U256,
}

/// How a planned action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// In a block, with success.
    Done,
    /// In a block, without success.
    Reverted,
    /// Not in a block, for a reason of the moment.
    NotSent,
    /// Refused for what it is.
    Disliked,
}

/// Plans.
#[derive(Debug)]
pub struct Planner {
    settings: PlanSettings,
    random: Random,
    price: PricePath,
    world: Option<World>,
    pending: BTreeMap<u64, Pending>,
    /// The sums of those, by account.
    held: BTreeMap<(Who, Layer), Held>,
    /// What a preparation is for, until it is seen; `None` once it has ended.
    busy: BTreeMap<Need, Option<u64>>,
    failures: BTreeMap<Kind, u32>,
    next_id: u64,
    ready: bool,
    shortage: Option<Shortage>,
}

/// What an account has on its way.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    count: usize,
    cost: Cost,
}

#[derive(Debug)]
struct Pending {
    who: Who,
    layer: Layer,
    cost: Cost,
    kind: Kind,
    need: Option<Need>,
}

impl Planner {
    /// Nothing was seen yet.
    pub fn new(settings: PlanSettings) -> Self {
        Self {
            settings,
            random: Random::new(settings.seed),
            price: PricePath::default(),
            world: None,
            pending: BTreeMap::new(),
            held: BTreeMap::new(),
            busy: BTreeMap::new(),
            failures: BTreeMap::new(),
            next_id: 0,
            ready: false,
            shortage: None,
        }
    }

    /// What is there now. What ended before this was asked is in it.
    pub fn observe(&mut self, world: World) {
        self.world = Some(world);
        self.busy.retain(|_, id| id.is_some());
    }

    /// What became of an action.
    pub fn ended(&mut self, id: u64, end: End) {
        let Some(pending) = self.pending.remove(&id) else { return };
        self.release(&pending);
        if let Some(need) = pending.need {
            self.busy.insert(need, None);
        }
        let failed = match end {
            End::Disliked => true,
            End::Reverted => pending.kind.is_setup(),
            End::Done => false,
            End::NotSent => return,
        };
        let failures = self.failures.entry(pending.kind).or_default();
        *failures = if failed { failures.saturating_add(1) } else { 0 };
    }

    /// Whether all that must be there has been there once.
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether a kind of action is not tried any more.
    pub fn has_given_up(&self, kind: Kind) -> bool {
        self.failures.get(&kind).is_some_and(|failures| *failures >= MAX_FAILURES)
    }

    /// Who cannot pay for what is missing.
    pub const fn shortage(&self) -> Option<Shortage> {
        self.shortage
    }

    /// What whoever pays for all has, in wei, as it was seen last.
    pub fn payer_has(&self, layer: Layer) -> U256 {
        self.seen(Who::Funder, layer).ether
    }

    /// How many actions have not ended.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What must be there first; `None` if nothing is missing, or what is missing is on its way, or nobody may act.
    pub fn next_setup(&mut self) -> Option<Planned> {
        if self.pending.len() >= MAX_IN_FLIGHT {
            return None;
        }
        let missing = self.missing();
        match missing {
            Some((need, who, layer, action)) => {
                Some(self.begin(who, layer, action, Form::Fees, Some(need)))
            }
            None => {
                self.ready |= self.world.is_some() && self.busy.is_empty() && !self.is_short();
                None
            }
        }
    }

    /// What people do; `None` before all is there, or if nobody can do anything now.
    pub fn next_traffic(&mut self) -> Option<Planned> {
        if !self.ready || self.pending.len() >= MAX_IN_FLIGHT {
            return None;
        }
        let (who, layer, action) = self.choose()?;
        let form = match action.kind() {
            Kind::Delegate | Kind::Undelegate => Form::Delegation,
            _ => match self.random.below(10) {
                0 => Form::Legacy,
                1 => Form::AccessList,
                _ => Form::Fees,
            },
        };
        self.anticipate(&action);
        Some(self.begin(who, layer, action, form, None))
    }

    fn begin(
        &mut self,
        who: Who,
        layer: Layer,
        action: Action,
        form: Form,
        need: Option<Need>,
    ) -> Planned {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        let pending = Pending { who, layer, cost: action.cost(), kind: action.kind(), need };
        let held = self.held.entry((who, layer)).or_default();
        held.count = held.count.saturating_add(1);
        held.cost = held.cost.and(&pending.cost);
        self.pending.insert(id, pending);
        if let Some(need) = need {
            self.busy.insert(need, Some(id));
        }
        Planned { id, who, layer, action, form }
    }

    /// What an account may spend now: what was seen, less what is on its way, less a reserve for gas.
    fn free(&self, who: Who, layer: Layer) -> Holdings {
        let mut free = self.seen(who, layer);
        free.ether = free.ether.saturating_sub(self.reserve());
        let held = self.held.get(&(who, layer)).copied().unwrap_or_default().cost;
        free.ether = free.ether.saturating_sub(held.ether);
        free.tokens = free.tokens.saturating_sub(held.tokens);
        free.wrapped = free.wrapped.saturating_sub(held.wrapped);
        free.shares = free.shares.saturating_sub(held.shares);
        free
    }

    fn seen(&self, who: Who, layer: Layer) -> Holdings {
        let Some(world) = &self.world else { return Holdings::default() };
        match layer {
            Layer::Chain => world.chain.accounts.get(&who).copied().unwrap_or_default(),
            Layer::L1 => {
                let ether = world.l1.as_ref().and_then(|accounts| accounts.get(&who));
                Holdings { ether: ether.copied().unwrap_or_default(), ..Holdings::default() }
            }
        }
    }

    /// It is on its way no more.
    fn release(&mut self, pending: &Pending) {
        let Some(held) = self.held.get_mut(&(pending.who, pending.layer)) else { return };
        held.count = held.count.saturating_sub(1);
        held.cost = held.cost.without(&pending.cost);
    }

    /// Wei that an account keeps for gas: a twentieth of what an actor begins with.
    fn reserve(&self) -> U256 {
        per_mille(self.settings.wealth, 50)
    }

    /// Whether an account may send one more.
    fn may_act(&self, who: Who, layer: Layer) -> bool {
        let most = match who {
            Who::Funder | Who::Bank => MAX_OF_BANK,
            // The nonces after a delegation are known once it is in a block.
            Who::Actor(place) if Role::of(place) == Role::Builder => 1,
            Who::Actor(_) => MAX_PER_ACTOR,
        };
        self.held.get(&(who, layer)).is_none_or(|held| held.count < most)
    }

    fn has_l1(&self) -> bool {
        self.world.as_ref().is_some_and(|world| world.l1.is_some())
    }

    fn pool(&self) -> Option<Pool> {
        self.world.as_ref()?.chain.pool
    }

    /// What a trade will do to the pool, until it is looked at again: the next one is quoted after it.
    fn anticipate(&mut self, action: &Action) {
        let Some(pool) = self.world.as_mut().and_then(|world| world.chain.pool.as_mut()) else {
            return;
        };
        price::trade(pool, action);
    }
}

#[cfg(test)]
mod tests;
