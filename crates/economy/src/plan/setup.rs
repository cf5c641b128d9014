//! What must be there before people can act, and what is missing of it.

use super::{Planner, price};
use crate::{
    action::{Action, Kind, Layer},
    actors::{Role, Who},
    contracts::Contract,
    world::{Holdings, per_mille},
};
use alloy_primitives::U256;

/// What a preparation is for. Two of the same are never on their way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    Ether(Layer, Who),
    Contract(Contract),
    Tokens(Who),
    TokensAllowed(Who),
    SharesAllowed(Who),
    Pool,
}

/// Whoever pays for all has too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// On which chain.
    pub layer: Layer,
    /// Wei that are needed.
    pub needs: U256,
}

/// Below this part of what it began with, per mille, an actor is given ether or tokens again.
const POOR: u64 = 250;
/// What the bank has beyond what is needed now, in what an actor begins with.
const SPARE: u64 = 4;
/// Of what a provider begins with, per mille: the pool's first ether. With less than a tenth of that in it, more is added.
const FIRST_LIQUIDITY: u64 = 500;

type Missing = (Need, Who, Layer, Action);

impl Planner {
    /// The first thing that is missing, that is not on its way, and that somebody can do.
    pub(super) fn missing(&mut self) -> Option<Missing> {
        self.world.as_ref()?;
        self.shortage = None;
        let layers: &[Layer] =
            if self.has_l1() { &[Layer::Chain, Layer::L1] } else { &[Layer::Chain] };
        for layer in layers {
            if let Some(missing) = self.bank_is_short(*layer) {
                return Some(missing);
            }
        }
        self.contract()
            .or_else(|| layers.iter().find_map(|layer| self.actor_is_poor(*layer)))
            .or_else(|| (0..self.settings.actors).find_map(|actor| self.actor_lacks(actor)))
            .or_else(|| self.pool_is_thin())
    }

    /// Whether something is missing that nobody can pay for.
    pub(super) const fn is_short(&self) -> bool {
        self.shortage.is_some()
    }

    /// The bank cannot give what the poor need: whoever pays for all gives it that, and a few actors' more.
    fn bank_is_short(&mut self, layer: Layer) -> Option<Missing> {
        let need = Need::Ether(layer, Who::Bank);
        let needed = self.needed(layer);
        let spare = self.settings.wealth.saturating_mul(U256::from(SPARE));
        let has = self.free(Who::Bank, layer).ether;
        // So that it is not asked for a little every time.
        let least = needed.saturating_add(spare / U256::from(SPARE));
        if has >= least || self.is_busy(need) || self.has_given_up(Kind::Fund) {
            return None;
        }
        let wei = needed.saturating_add(spare).saturating_sub(has);
        if self.free(Who::Funder, layer).ether < wei {
            let needs = wei.saturating_add(self.reserve());
            self.shortage = Some(Shortage { layer, needs });
            return None;
        }
        self.may_act(Who::Funder, layer).then_some((
            need,
            Who::Funder,
            layer,
            Action::Fund { to: Who::Bank, wei },
        ))
    }

    /// What all the poor lack, for whom nothing is on its way.
    fn needed(&self, layer: Layer) -> U256 {
        let lacks = |actor| self.lacks(actor, layer);
        self.here(layer).map(lacks).fold(U256::ZERO, |sum, wei| sum.saturating_add(wei))
    }

    /// Actors that have ether on a chain.
    fn here(&self, layer: Layer) -> impl Iterator<Item = usize> {
        let acts = move |actor: &usize| layer == Layer::Chain || Role::of(*actor) == Role::Bridger;
        (0..self.settings.actors).filter(acts)
    }

    /// What an actor is to be given, in wei.
    fn lacks(&self, actor: usize, layer: Layer) -> U256 {
        let who = Who::Actor(actor);
        let has = self.free(who, layer).ether;
        let wealth = self.settings.wealth;
        if has >= per_mille(wealth, POOR) || self.is_busy(Need::Ether(layer, who)) {
            return U256::ZERO;
        }
        wealth.saturating_sub(has)
    }

    fn contract(&self) -> Option<Missing> {
        let there = &self.world.as_ref()?.chain.contracts;
        let lacks = |one: &Contract| !there.contains(one) && !self.is_busy(Need::Contract(*one));
        let contract = Contract::ALL.into_iter().find(lacks)?;
        let can = self.may_act(Who::Bank, Layer::Chain)
            && !self.free(Who::Bank, Layer::Chain).ether.is_zero()
            && !self.has_given_up(Kind::Deploy);
        can.then_some((Need::Contract(contract), Who::Bank, Layer::Chain, Action::Deploy(contract)))
    }

    fn actor_is_poor(&self, layer: Layer) -> Option<Missing> {
        if !self.may_act(Who::Bank, layer) || self.has_given_up(Kind::Fund) {
            return None;
        }
        let mut poor = self.here(layer).map(|actor| (actor, self.lacks(actor, layer)));
        let (actor, wei) = poor.find(|(_, wei)| !wei.is_zero())?;
        let to = Who::Actor(actor);
        let can = self.free(Who::Bank, layer).ether >= wei;
        can.then_some((Need::Ether(layer, to), Who::Bank, layer, Action::Fund { to, wei }))
    }

    /// Tokens and permissions, which an actor sees to itself once it has ether.
    fn actor_lacks(&self, actor: usize) -> Option<Missing> {
        let (who, role, layer) = (Who::Actor(actor), Role::of(actor), Layer::Chain);
        let (free, chain) = (self.free(who, layer), &self.world.as_ref()?.chain);
        if free.ether.is_zero() || !self.may_act(who, layer) {
            return None;
        }
        let there = |contract| chain.contracts.contains(&contract);
        let wealth = price::at_start(self.settings.wealth);
        let lacks_tokens =
            role.has_tokens() && there(Contract::Token) && free.tokens < per_mille(wealth, POOR);
        let router = role.uses_router() && there(Contract::Router);
        let wishes = [
            (lacks_tokens, Need::Tokens(who), Action::Mint { tokens: wealth }),
            (
                router && there(Contract::Token) && !free.tokens_allowed,
                Need::TokensAllowed(who),
                Action::ApproveTokens,
            ),
            (
                router && role == Role::Provider && chain.pool.is_some() && !free.shares_allowed,
                Need::SharesAllowed(who),
                Action::ApproveShares,
            ),
        ];
        let can = |(lacks, need, action): &(bool, Need, Action)| {
            *lacks && !self.is_busy(*need) && !self.has_given_up(action.kind())
        };
        let (_, need, action) = wishes.into_iter().find(can)?;
        Some((need, who, layer, action))
    }

    /// The first provider that can makes the pool, or adds to one that is all but empty.
    fn pool_is_thin(&self) -> Option<Missing> {
        let first = per_mille(self.settings.wealth, FIRST_LIQUIDITY);
        let pool = self.pool().unwrap_or_default();
        if pool.ether >= first / U256::from(10) || self.is_busy(Need::Pool) {
            return None;
        }
        let tokens = match price::of(&pool) {
            // The router takes both in the pool's proportion.
            Some(_) => crate::world::ratio(first, pool.tokens, pool.ether),
            None => price::at_start(first),
        };
        let can = |who: &Who| {
            let Holdings { ether, tokens: has, tokens_allowed, .. } = self.free(*who, Layer::Chain);
            tokens_allowed && ether >= first && has >= tokens && self.may_act(*who, Layer::Chain)
        };
        let is_provider = |actor: &usize| Role::of(*actor) == Role::Provider;
        let mut providers = (0..self.settings.actors).filter(is_provider).map(Who::Actor);
        let who = providers.find(can)?;
        let action = Action::AddLiquidity { wei: first, tokens, least_per_mille: 900 };
        Some((Need::Pool, who, Layer::Chain, action))
    }

    fn is_busy(&self, need: Need) -> bool {
        self.busy.contains_key(&need)
    }
}
