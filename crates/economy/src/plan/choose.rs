//! What people do: a draw among what there is to do, and among those who can.

use super::{Planner, price};
use crate::{
    action::{Action, Failure, Kind, Layer},
    actors::{Role, Who},
    contracts::Contract,
    world::{Pool, per_mille, quote, ratio},
};
use alloy_primitives::U256;

/// What there is to do.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Send,
    Transfer,
    Trade,
    Provide,
    Wrap,
    Deposit,
    Fail,
    Create,
    Delegate,
}

/// How often each is drawn, in a hundred.
const WEIGHTS: [(Deed, u64); 9] = [
    (Deed::Send, 25),
    (Deed::Transfer, 20),
    (Deed::Trade, 25),
    (Deed::Provide, 6),
    (Deed::Wrap, 8),
    (Deed::Deposit, 4),
    (Deed::Fail, 5),
    (Deed::Create, 3),
    (Deed::Delegate, 4),
];

/// A trade takes at most so many per mille of what the pool has of what is paid.
const MAX_TRADE: u64 = 10;
/// A trade is undone if it brings less than so many per mille of what it was quoted.
const SLIPPAGE: u64 = 970;
/// So many trades in a hundred go anywhere, whatever the price.
const NOISE: u64 = 25;
/// Wei in a contract that an actor makes, at most.
const MAX_ENDOWMENT: u64 = 1_000_000;

type Choice = (Who, Layer, Action);

impl Planner {
    /// What is drawn, or the next that somebody can do.
    pub(super) fn choose(&mut self) -> Option<Choice> {
        let first = self.draw();
        (0..WEIGHTS.len()).find_map(|offset| {
            let place = first.saturating_add(offset) % WEIGHTS.len();
            let (deed, _) = WEIGHTS.get(place)?;
            self.somebody_does(*deed)
        })
    }

    /// A place in [`WEIGHTS`].
    fn draw(&mut self) -> usize {
        let total = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.random.below(total);
        for (place, (_, weight)) in WEIGHTS.iter().enumerate() {
            if drawn < *weight {
                return place;
            }
            drawn = drawn.saturating_sub(*weight);
        }
        0
    }

    /// One of those who do this and can, from a random one on.
    fn somebody_does(&mut self, deed: Deed) -> Option<Choice> {
        let actors = self.settings.actors;
        let first = self.random.place(actors);
        (0..actors).find_map(|offset| {
            let actor = first.saturating_add(offset).checked_rem(actors)?;
            self.does(actor, deed)
        })
    }

    fn does(&mut self, actor: usize, deed: Deed) -> Option<Choice> {
        let (who, layer) = (Who::Actor(actor), deed.layer());
        if !self.has_role(Role::of(actor), deed) || !self.may_act(who, layer) {
            return None;
        }
        let action = match deed {
            Deed::Send => self.send(who),
            Deed::Transfer => self.transfer(who),
            Deed::Trade => self.trade(who),
            Deed::Provide => self.provide(who),
            Deed::Wrap => self.wrap(who),
            Deed::Deposit => self.deposit(who),
            Deed::Fail => self.fail(who),
            Deed::Create => self.create(who),
            Deed::Delegate => self.delegate(who),
        }?;
        (!self.has_given_up(action.kind())).then_some((who, layer, action))
    }

    fn has_role(&self, role: Role, deed: Deed) -> bool {
        match deed {
            Deed::Send => role == Role::Sender || (role == Role::Bridger && !self.has_l1()),
            Deed::Transfer => role == Role::Holder,
            Deed::Trade => role == Role::Trader,
            Deed::Provide => role == Role::Provider,
            Deed::Wrap => role == Role::Wrapper,
            Deed::Deposit => role == Role::Bridger && self.has_l1(),
            Deed::Fail | Deed::Create | Deed::Delegate => role == Role::Builder,
        }
    }

    fn has(&self, contract: Contract) -> bool {
        let world = self.world.as_ref();
        world.is_some_and(|world| world.chain.contracts.contains(&contract))
    }

    /// Another actor of whom this holds.
    fn other(&mut self, than: Who, fits: impl Fn(Role) -> bool) -> Option<Who> {
        let actors = self.settings.actors;
        let first = self.random.place(actors);
        let mut from_there =
            (0..actors).filter_map(|offset| first.saturating_add(offset).checked_rem(actors));
        from_there
            .find(|actor| Who::Actor(*actor) != than && fits(Role::of(*actor)))
            .map(Who::Actor)
    }

    fn send(&mut self, who: Who) -> Option<Action> {
        // A builder's account may have code, for which the gas of a plain transfer is not enough.
        let to = self.other(who, |role| role != Role::Builder)?;
        let free = self.free(who, Layer::Chain).ether;
        let wei = self.random.part(free, 1, 20);
        (!wei.is_zero()).then_some(Action::Send { to, wei })
    }

    fn transfer(&mut self, who: Who) -> Option<Action> {
        let to = self.other(who, Role::has_tokens)?;
        let free = self.free(who, Layer::Chain);
        let tokens = self.random.part(free.tokens, 1, 50);
        let can = self.has(Contract::Token) && !tokens.is_zero() && !free.ether.is_zero();
        can.then_some(Action::Transfer { to, tokens })
    }

    /// Towards the price that traders have in mind, the more the further away it is; now and then anywhere.
    fn trade(&mut self, who: Who) -> Option<Action> {
        let pool = self.pool()?;
        let price = price::of(&pool)?;
        let target = self.price.step(&mut self.random);
        let gap = price.abs_diff(target).saturating_mul(1_000).checked_div(target)?;
        let (buys, share) = match self.random.percent(NOISE) {
            true => (self.random.percent(50), self.random.between(1, 3)),
            false => (price > target, (gap / 2).clamp(1, MAX_TRADE)),
        };
        let free = self.free(who, Layer::Chain);
        if !free.tokens_allowed || free.ether.is_zero() || !self.has(Contract::Router) {
            return None;
        }
        if buys { self.buy(&pool, share, free.ether) } else { self.sell(&pool, share, free.tokens) }
    }

    fn buy(&mut self, pool: &Pool, share: u64, has: U256) -> Option<Action> {
        let wei = self.random.part(per_mille(pool.ether, share), 500, 1_000).min(has);
        let least = per_mille(quote(wei, pool.ether, pool.tokens), SLIPPAGE);
        (!least.is_zero()).then_some(Action::Buy { wei, least })
    }

    fn sell(&mut self, pool: &Pool, share: u64, has: U256) -> Option<Action> {
        let tokens = self.random.part(per_mille(pool.tokens, share), 500, 1_000).min(has);
        let least = per_mille(quote(tokens, pool.tokens, pool.ether), SLIPPAGE);
        (!least.is_zero()).then_some(Action::Sell { tokens, least })
    }

    /// Adds to the pool, or takes a part of one's own out of it.
    fn provide(&mut self, who: Who) -> Option<Action> {
        let (pool, free) = (self.pool()?, self.free(who, Layer::Chain));
        let removes = self.random.percent(40);
        if free.ether.is_zero() {
            return None;
        }
        if removes && free.shares_allowed && !free.shares.is_zero() {
            let shares = self.random.part(free.shares, 50, 300);
            let least = |reserve| per_mille(ratio(shares, reserve, pool.shares), SLIPPAGE);
            let (least_wei, least_tokens) = (least(pool.ether), least(pool.tokens));
            let brings = !least_wei.is_zero() && !least_tokens.is_zero();
            return brings.then_some(Action::RemoveLiquidity { shares, least_wei, least_tokens });
        }
        let wei = self.random.part(free.ether, 20, 120);
        // A little more than the pool's proportion: the router takes what fits.
        let tokens = per_mille(ratio(wei, pool.tokens, pool.ether), 1_010);
        let can = free.tokens_allowed && !tokens.is_zero() && free.tokens >= tokens;
        can.then_some(Action::AddLiquidity { wei, tokens, least_per_mille: SLIPPAGE - 20 })
    }

    fn wrap(&mut self, who: Who) -> Option<Action> {
        let free = self.free(who, Layer::Chain);
        let unwraps = self.random.percent(45);
        if !self.has(Contract::Wrapped) || free.ether.is_zero() {
            return None;
        }
        if unwraps && !free.wrapped.is_zero() {
            let wei = self.random.part(free.wrapped, 100, 1_000);
            return (!wei.is_zero()).then_some(Action::Unwrap { wei });
        }
        let wei = self.random.part(free.ether, 5, 50);
        (!wei.is_zero()).then_some(Action::Wrap { wei })
    }

    /// Little at a time: what is deposited does not come back to the L1.
    fn deposit(&mut self, who: Who) -> Option<Action> {
        let most = per_mille(self.settings.wealth, 1);
        let wei = self.random.part(most, 100, 1_000);
        let can = self.free(who, Layer::L1).ether >= wei && !wei.is_zero();
        can.then_some(Action::Deposit { wei })
    }

    fn fail(&mut self, who: Who) -> Option<Action> {
        let place = self.random.place(Failure::ALL.len());
        let can = self.has(Contract::Token)
            && self.has(Contract::Router)
            && !self.free(who, Layer::Chain).ether.is_zero();
        can.then_some(Action::Fail(*Failure::ALL.get(place)?))
    }

    fn create(&mut self, who: Who) -> Option<Action> {
        let wei = U256::from(self.random.between(1, MAX_ENDOWMENT));
        (self.free(who, Layer::Chain).ether >= wei).then_some(Action::Create { wei })
    }

    fn delegate(&mut self, who: Who) -> Option<Action> {
        let free = self.free(who, Layer::Chain);
        let (one, other) = (self.other(who, |_| true)?, self.other(who, |_| true)?);
        let mut gift = |to| (to, self.random.part(free.ether, 1, 5));
        let gifts = [gift(one), gift(other)];
        let ends = self.random.percent(50);
        if free.ether.is_zero() || !self.has(Contract::CallBatch) {
            return None;
        }
        // Where a chain has no delegations, none is tried for ever.
        if !free.delegated {
            return Some(Action::Delegate { gifts });
        }
        let ends = ends && !self.has_given_up(Kind::Undelegate);
        Some(if ends { Action::Undelegate } else { Action::Batch { gifts } })
    }
}

impl Deed {
    const fn layer(self) -> Layer {
        match self {
            Self::Deposit => Layer::L1,
            _ => Layer::Chain,
        }
    }
}
