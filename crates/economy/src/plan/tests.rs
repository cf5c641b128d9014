//! The planner against worlds that answer as a chain would, and against worlds that answer anything.

use super::*;
use crate::{
    actors::{Cast, MIN_ACTORS},
    contracts::{Addresses, Contract, request},
    world::{quote, ratio},
};
use alloy_primitives::{Address, B256};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

fn settings(seed: u64, actors: usize) -> PlanSettings {
    PlanSettings { seed, actors, wealth: U256::from(10) * ETHER }
}

/// The least that a chain does with actions; a model of it, to plan against.
#[derive(Debug, Clone)]
struct Model(World);

impl Model {
    fn new(l1: bool) -> Self {
        let funder = Holdings { ether: U256::from(10_000) * ETHER, ..Holdings::default() };
        let mut world = World::default();
        world.chain.accounts.insert(Who::Funder, funder);
        world.l1 = l1.then(|| BTreeMap::from([(Who::Funder, funder.ether)]));
        Self(world)
    }

    fn of(&mut self, who: Who) -> &mut Holdings {
        self.0.chain.accounts.entry(who).or_default()
    }

    fn give(&mut self, layer: Layer, who: Who, wei: U256) {
        match (layer, &mut self.0.l1) {
            (Layer::L1, Some(accounts)) => *accounts.entry(who).or_default() += wei,
            _ => self.of(who).ether += wei,
        }
    }

    /// Panics where an account has too little.
    fn take(&mut self, layer: Layer, who: Who, wei: U256) {
        let has = match (layer, &mut self.0.l1) {
            (Layer::L1, Some(accounts)) => accounts.entry(who).or_default(),
            _ => &mut self.of(who).ether,
        };
        *has = has.checked_sub(wei).unwrap_or_else(|| panic!("{who:?} spends {wei} of {has}"));
    }

    fn apply(&mut self, planned: &Planned) {
        let Planned { who, layer, ref action, .. } = *planned;
        let cost = action.cost();
        self.take(layer, who, cost.ether);
        let of = self.of(who);
        of.tokens = of.tokens.checked_sub(cost.tokens).expect("tokens");
        of.wrapped = of.wrapped.checked_sub(cost.wrapped).expect("wrapped ether");
        of.shares = of.shares.checked_sub(cost.shares).expect("shares");
        match *action {
            Action::Fund { to, wei } => self.give(layer, to, wei),
            Action::Send { to, wei } => self.give(layer, to, wei),
            Action::Transfer { to, tokens } => self.of(to).tokens += tokens,
            Action::Mint { tokens } => of.tokens += tokens,
            Action::ApproveTokens => of.tokens_allowed = true,
            Action::ApproveShares => of.shares_allowed = true,
            Action::Wrap { wei } => of.wrapped += wei,
            Action::Unwrap { wei } => of.ether += wei,
            Action::Deposit { wei } => of.ether += wei,
            Action::Delegate { gifts } | Action::Batch { gifts } => {
                of.delegated = true;
                gifts.iter().for_each(|(to, wei)| self.give(layer, *to, *wei));
            }
            Action::Undelegate => of.delegated = false,
            Action::Deploy(contract) => assert!(self.0.chain.contracts.insert(contract)),
            _ => self.trade(who, action),
        }
    }

    fn trade(&mut self, who: Who, action: &Action) {
        let mut pool = self.0.chain.pool.unwrap_or_default();
        match *action {
            Action::Buy { wei, least } => {
                let bought = quote(wei, pool.ether, pool.tokens);
                assert!(bought >= least);
                self.of(who).tokens += bought;
            }
            Action::Sell { tokens, least } => {
                let bought = quote(tokens, pool.tokens, pool.ether);
                assert!(bought >= least);
                self.of(who).ether += bought;
            }
            Action::AddLiquidity { wei, tokens, .. } if pool.shares.is_zero() => {
                pool = Pool { ether: wei, tokens, shares: wei };
                self.of(who).shares += wei;
            }
            Action::AddLiquidity { wei, .. } => {
                self.of(who).shares += ratio(wei, pool.shares, pool.ether);
            }
            Action::RemoveLiquidity { shares, .. } => {
                let of = self.of(who);
                of.ether += ratio(shares, pool.ether, pool.shares);
                of.tokens += ratio(shares, pool.tokens, pool.shares);
            }
            _ => {}
        }
        let was_empty = self.0.chain.pool.is_none();
        if !was_empty {
            price::trade(&mut pool, action);
        }
        self.0.chain.pool = (!pool.shares.is_zero()).then_some(pool);
    }
}

/// Plans until nothing is missing; gives what was planned.
fn set_up(planner: &mut Planner, model: &mut Model) -> Vec<Planned> {
    let mut all = Vec::new();
    for _ in 0..200 {
        planner.observe(model.0.clone());
        let before = all.len();
        while let Some(planned) = planner.next_setup() {
            all.push(planned);
        }
        for planned in &all[before..] {
            model.apply(planned);
            planner.ended(planned.id, End::Done);
        }
        if all.len() == before {
            break;
        }
    }
    assert!(planner.is_ready(), "still missing after {all:?}");
    all
}

fn run(seed: u64, actors: usize, l1: bool, count: usize) -> Vec<Planned> {
    let (mut planner, mut model) = (Planner::new(settings(seed, actors)), Model::new(l1));
    let mut all = set_up(&mut planner, &mut model);
    let enough = all.len() + count;
    while all.len() < enough {
        planner.observe(model.0.clone());
        let before = all.len();
        for _ in 0..5 {
            all.extend(planner.next_setup());
            all.extend(planner.next_traffic());
        }
        for planned in &all[before..] {
            model.apply(planned);
            let failed = matches!(planned.action, Action::Fail(_));
            planner.ended(planned.id, if failed { End::Reverted } else { End::Done });
        }
    }
    all
}

fn bytes(all: &[Planned], actors: usize) -> Vec<u8> {
    let cast = Cast::new(&B256::repeat_byte(5), 1, actors);
    let addresses = Addresses::new(None, Some(Address::repeat_byte(9)));
    let one = |planned: &Planned| {
        let own = cast.address(planned.who).unwrap_or_default();
        let made = request(&planned.action, own, &addresses, |who| {
            Some(cast.address(who).unwrap_or_default())
        });
        format!("{planned:?} {made:?}\n")
    };
    all.iter().map(one).collect::<String>().into_bytes()
}

#[test]
fn the_same_seed_and_answers_give_the_same_actions_and_another_seed_others() {
    let (one, again, other) = (run(7, 12, true, 500), run(7, 12, true, 500), run(8, 12, true, 500));
    assert_eq!(bytes(&one, 12), bytes(&again, 12));
    assert_ne!(bytes(&one, 12), bytes(&other, 12));
}

#[test]
fn everything_there_is_to_do_is_done() {
    let kinds = |l1| -> BTreeSet<Kind> {
        run(3, 20, l1, 3_000).iter().map(|planned| planned.action.kind()).collect()
    };
    let (with, without) = (kinds(true), kinds(false));
    for kind in [
        Kind::Fund,
        Kind::Deploy,
        Kind::Mint,
        Kind::Approve,
        Kind::Send,
        Kind::Transfer,
        Kind::Buy,
        Kind::Sell,
        Kind::AddLiquidity,
        Kind::RemoveLiquidity,
        Kind::Wrap,
        Kind::Unwrap,
        Kind::Fail,
        Kind::Create,
        Kind::Delegate,
        Kind::Batch,
        Kind::Undelegate,
    ] {
        assert!(with.contains(&kind) && without.contains(&kind), "{kind:?}");
    }
    assert!(with.contains(&Kind::Deposit) && !without.contains(&Kind::Deposit));
    let forms: Vec<Form> = run(3, 20, true, 500).iter().map(|planned| planned.form).collect();
    for form in [Form::Legacy, Form::AccessList, Form::Fees, Form::Delegation] {
        assert!(forms.contains(&form), "{form:?}");
    }
}

#[test]
fn the_fewest_actors_are_enough() {
    assert!(run(1, MIN_ACTORS, true, 1_000).len() >= 1_000);
}

#[test]
fn contracts_that_are_there_are_used_whoever_made_them() {
    let mut model = Model::new(false);
    set_up(&mut Planner::new(settings(1, 10)), &mut model);
    // Another seed has other accounts: nobody but the pool has anything.
    let funder = model.of(Who::Funder).to_owned();
    model.0.chain.accounts = BTreeMap::from([(Who::Funder, funder)]);
    let again = set_up(&mut Planner::new(settings(2, 10)), &mut model);
    let kinds: BTreeSet<Kind> = again.iter().map(|planned| planned.action.kind()).collect();
    assert_eq!(kinds, BTreeSet::from([Kind::Fund, Kind::Mint, Kind::Approve]));
}

#[test]
fn what_a_reorg_took_away_is_made_again() {
    let (mut planner, mut model) = (Planner::new(settings(1, 10)), Model::new(false));
    set_up(&mut planner, &mut model);
    planner.observe(model.0.clone());
    assert_eq!(planner.next_setup(), None);
    model.0.chain.contracts.remove(&Contract::Token);
    model.of(Who::Actor(3)).ether = U256::ZERO;
    let again = set_up(&mut planner, &mut model);
    let actions: Vec<&Action> = again.iter().map(|planned| &planned.action).collect();
    assert!(matches!(
        actions[..],
        [Action::Deploy(Contract::Token), Action::Fund { to: Who::Actor(3), .. }]
    ));
}

#[test]
fn who_pays_but_has_too_little_is_told_what_is_needed() {
    let (mut planner, mut model) = (Planner::new(settings(1, 10)), Model::new(false));
    model.of(Who::Funder).ether = ETHER;
    planner.observe(model.0.clone());
    assert_eq!(planner.next_setup(), None);
    let Shortage { layer, needs } = planner.shortage().unwrap();
    // Ten for each of ten, and what the bank has to spare and for gas.
    assert_eq!((layer, planner.is_ready()), (Layer::Chain, false));
    assert_eq!(needs, U256::from(140) * ETHER + ETHER / U256::from(2));
    model.of(Who::Funder).ether = needs;
    set_up(&mut planner, &mut model);
}

#[test]
fn what_nodes_do_not_like_is_given_up_and_the_rest_goes_on() {
    let (mut planner, mut model) = (Planner::new(settings(1, 10)), Model::new(false));
    set_up(&mut planner, &mut model);
    let mut delegations = 0;
    for _ in 0..1_000 {
        planner.observe(model.0.clone());
        let planned = planner.next_traffic().unwrap();
        let delegates = planned.form == Form::Delegation;
        delegations += u32::from(delegates);
        planner.ended(planned.id, if delegates { End::Disliked } else { End::NotSent });
    }
    assert_eq!(delegations, MAX_FAILURES);
    assert!(planner.has_given_up(Kind::Delegate));
}

#[test]
fn a_builder_waits_for_its_delegation_and_others_have_some_on_the_way() {
    let (mut planner, mut model) = (Planner::new(settings(1, 10)), Model::new(false));
    set_up(&mut planner, &mut model);
    planner.observe(model.0.clone());
    let mut on_way: BTreeMap<Who, usize> = BTreeMap::new();
    while let Some(planned) = planner.next_traffic() {
        *on_way.entry(planned.who).or_default() += 1;
    }
    for (who, count) in on_way {
        let Who::Actor(place) = who else { panic!("{who:?} takes no part") };
        let most = if Role::of(place) == Role::Builder { 1 } else { MAX_PER_ACTOR };
        assert!(count <= most, "{who:?} has {count}");
    }
}

fn holdings() -> impl Strategy<Value = Holdings> {
    let amount =
        || prop_oneof![Just(U256::ZERO), Just(U256::MAX), any::<u128>().prop_map(U256::from)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (amount(), amount(), amount(), amount(), flags).prop_map(
        |(ether, tokens, wrapped, shares, (tokens_allowed, shares_allowed, delegated))| Holdings {
            ether,
            tokens,
            wrapped,
            shares,
            tokens_allowed,
            shares_allowed,
            delegated,
        },
    )
}

/// Whatever nodes may say.
fn any_world() -> impl Strategy<Value = World> {
    let accounts = prop::collection::vec(holdings(), MIN_ACTORS + 2);
    let contracts = prop::collection::vec(any::<bool>(), Contract::ALL.len());
    (accounts, contracts, prop::option::of(holdings()), any::<bool>()).prop_map(
        |(accounts, there, pool, has_l1)| {
            let who = [Who::Funder, Who::Bank].into_iter().chain((0..MIN_ACTORS).map(Who::Actor));
            let accounts: BTreeMap<Who, Holdings> = who.zip(accounts).collect();
            let l1 = accounts.iter().map(|(who, holdings)| (*who, holdings.ether)).collect();
            let contracts = Contract::ALL.into_iter().zip(there).filter(|(_, there)| *there);
            let contracts = contracts.map(|(contract, _)| contract).collect();
            let pool =
                pool.map(|of| Pool { ether: of.ether, tokens: of.tokens, shares: of.shares });
            let chain = crate::world::Ground { accounts, contracts, pool };
            World { chain, l1: has_l1.then_some(l1) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::traffic::cases()))]

    /// The model panics where somebody spends what it does not have.
    #[test]
    fn nobody_ever_spends_more_than_it_has(seed in any::<u64>(), actors in MIN_ACTORS..30, l1 in any::<bool>()) {
        run(seed, actors, l1, 300);
    }

    #[test]
    fn no_answer_makes_it_panic_or_plan_more_than_may_be_on_the_way(
        seed in any::<u64>(),
        worlds in prop::collection::vec(any_world(), 1..12),
        ends in prop::collection::vec(0_usize..4, 1..40),
    ) {
        let play = || {
            let mut planner = Planner::new(settings(seed, MIN_ACTORS));
            let mut all: Vec<Planned> = Vec::new();
            let mut ends = ends.iter().cycle();
            for world in &worlds {
                planner.observe(world.clone());
                for _ in 0..40 {
                    all.extend(planner.next_setup());
                    all.extend(planner.next_traffic());
                }
                let of_bank = |one: &&Planned| matches!(one.who, Who::Bank | Who::Funder);
                let most = MIN_ACTORS * MAX_PER_ACTOR * 2 + MAX_OF_BANK * 4;
                assert!(planner.pending() <= most, "{}", all.iter().filter(of_bank).count());
                for planned in &all {
                    let end = [End::Done, End::Reverted, End::NotSent, End::Disliked];
                    planner.ended(planned.id, end[*ends.next().unwrap()]);
                }
            }
            all
        };
        prop_assert_eq!(bytes(&play(), MIN_ACTORS), bytes(&play(), MIN_ACTORS));
    }
}
