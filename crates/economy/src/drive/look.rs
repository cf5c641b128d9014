//! Reads what a plan goes by, with as few questions as the roles need.

use super::side::{Call, Side};
use crate::{
    action::Layer,
    actors::{Cast, Role, Who},
    contracts::{Addresses, Contract, WRAPPED_PREDEPLOY, balances, reading},
    error::{TrafficError, flag},
    world::{Ground, Pool, World},
};
use alloy_primitives::{Address, Bytes, U64, U256};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One question about the chain that has the traffic.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Ether(Who),
    Tokens(Who),
    Wrapped(Who),
    Shares(Who),
    TokensAllowed(Who),
    SharesAllowed(Who),
    Code(Who),
    Contract(Contract),
    Reserves,
    Supply,
}

impl Ask {
    /// Whom it is about.
    const fn account(self) -> Option<Who> {
        match self {
            Self::Ether(who)
            | Self::Tokens(who)
            | Self::Wrapped(who)
            | Self::Shares(who)
            | Self::TokensAllowed(who)
            | Self::SharesAllowed(who)
            | Self::Code(who) => Some(who),
            Self::Contract(_) | Self::Reserves | Self::Supply => None,
        }
    }
}

/// What is there now.
pub(super) async fn world(
    chain: &Side,
    l1: Option<&Side>,
    cast: &Cast,
    addresses: &Addresses,
) -> Result<World, TrafficError> {
    let reader = Reader { side: chain, cast, addresses };
    let ground = reader.ground().await?;
    let l1 = match l1 {
        Some(side) => Some(Reader { side, cast, addresses }.ether().await?),
        None => None,
    };
    Ok(World { chain: ground, l1 })
}

struct Reader<'a> {
    side: &'a Side,
    cast: &'a Cast,
    addresses: &'a Addresses,
}

impl Reader<'_> {
    async fn ground(&self) -> Result<Ground, TrafficError> {
        let mut asks = vec![Ask::Reserves, Ask::Supply, Ask::Ether(Who::Funder)];
        asks.extend(Contract::ALL.map(Ask::Contract));
        asks.extend(self.cast.everyone().flat_map(of_role));
        let asked: Vec<(Ask, Call)> =
            asks.into_iter().filter_map(|ask| Some((ask, self.call(ask)?))).collect();
        let calls = asked.iter().map(|(_, call)| call.clone()).collect();
        let answers: Vec<Value> = self.side.ask(calls).await?;
        let mut ground = Ground::default();
        let mut pool = Pool::default();
        for ((ask, (method, _)), answer) in asked.iter().zip(answers) {
            let unread = |_| TrafficError::NoNode {
                flag: flag(self.side.layer),
                tried: format!("its answer to {method} cannot be read"),
            };
            self.enter(&mut ground, &mut pool, *ask, answer).map_err(unread)?;
        }
        let is_there = !pool.shares.is_zero() && !pool.ether.is_zero() && !pool.tokens.is_zero();
        ground.pool = is_there.then_some(pool);
        Ok(ground)
    }

    /// Ether of those who act on the L1.
    async fn ether(&self) -> Result<BTreeMap<Who, U256>, TrafficError> {
        let acts = |who: &Who| match who {
            Who::Funder | Who::Bank => true,
            Who::Actor(place) => Role::of(*place) == Role::Bridger,
        };
        let everyone: Vec<Who> =
            std::iter::once(Who::Funder).chain(self.cast.everyone()).filter(acts).collect();
        let calls = everyone.iter().filter_map(|who| self.call(Ask::Ether(*who))).collect();
        let balances: Vec<U256> = self.side.ask(calls).await?;
        Ok(everyone.into_iter().zip(balances).collect())
    }

    fn call(&self, ask: Ask) -> Option<Call> {
        let of = |who: Who| self.side.address(self.cast, who);
        let addresses = self.addresses;
        let [token, wrapped, pair] = balances(addresses);
        let (to, input): (Address, Bytes) = match ask {
            Ask::Ether(who) => return Some(("eth_getBalance", json!([of(who)?, "latest"]))),
            Ask::Code(who) => return Some(("eth_getCode", json!([of(who)?, "latest"]))),
            Ask::Contract(contract) => {
                let at = addresses.of(contract);
                return Some(("eth_getTransactionCount", json!([at, "latest"])));
            }
            Ask::Tokens(who) => reading::balance(token, of(who)?),
            Ask::Wrapped(who) => reading::balance(wrapped, of(who)?),
            Ask::Shares(who) => reading::balance(pair, of(who)?),
            Ask::TokensAllowed(who) => reading::allowance(token, of(who)?, addresses),
            Ask::SharesAllowed(who) => reading::allowance(pair, of(who)?, addresses),
            Ask::Reserves => reading::reserves(addresses),
            Ask::Supply => reading::shares(addresses),
        };
        Some(("eth_call", json!([{ "to": to, "input": input, "data": input }, "latest"])))
    }

    fn enter(
        &self,
        ground: &mut Ground,
        pool: &mut Pool,
        ask: Ask,
        answer: Value,
    ) -> serde_json::Result<()> {
        let who = ask.account().unwrap_or(Who::Funder);
        match ask {
            Ask::Ether(_) => {
                ground.accounts.entry(who).or_default().ether = serde_json::from_value(answer)?
            }
            // A contract's own nonce begins with 1 (EIP-161); a predeploy's need not, but it was looked for at
            // the start. Code would be many bytes to ask for again and again.
            Ask::Contract(contract) => {
                let nonce: U64 = serde_json::from_value(answer)?;
                if !nonce.is_zero() || self.addresses.of(contract) == WRAPPED_PREDEPLOY {
                    ground.contracts.insert(contract);
                }
            }
            _ => {
                let bytes: Bytes = serde_json::from_value(answer)?;
                let word = |place| reading::word(&bytes, place).unwrap_or_default();
                // An allowance is never used up, or it is of no use.
                let is_allowed = |allowed: U256| allowed > U256::MAX >> 1;
                let of = ground.accounts.entry(who).or_default();
                match ask {
                    Ask::Tokens(_) => of.tokens = word(0),
                    Ask::Wrapped(_) => of.wrapped = word(0),
                    Ask::Shares(_) => of.shares = word(0),
                    Ask::TokensAllowed(_) => of.tokens_allowed = is_allowed(word(0)),
                    Ask::SharesAllowed(_) => of.shares_allowed = is_allowed(word(0)),
                    Ask::Code(_) => of.delegated = !bytes.is_empty(),
                    Ask::Supply => pool.shares = word(0),
                    _ => {
                        let first = self.addresses.token_is_first();
                        let (tokens, ether) = if first { (0, 1) } else { (1, 0) };
                        (pool.tokens, pool.ether) = (word(tokens), word(ether));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What is asked of an account.
fn of_role(who: Who) -> Vec<Ask> {
    let mut asks = vec![Ask::Ether(who)];
    let Who::Actor(place) = who else { return asks };
    let role = Role::of(place);
    if role.has_tokens() {
        asks.push(Ask::Tokens(who));
    }
    if role.uses_router() {
        asks.push(Ask::TokensAllowed(who));
    }
    match role {
        Role::Provider => asks.extend([Ask::Shares(who), Ask::SharesAllowed(who)]),
        Role::Wrapper => asks.push(Ask::Wrapped(who)),
        Role::Builder => asks.push(Ask::Code(who)),
        _ => {}
    }
    asks
}

/// The rollup that a node is of, as `optimism_rollupConfig` says it.
#[derive(Debug, serde::Deserialize)]
struct RollupConfig {
    l1_chain_id: u64,
    deposit_contract_address: Address,
}

/// The portal on this L1 of the rollup of a chain.
pub(super) async fn portal(chain: &Side, l1: &Side) -> Result<Address, TrafficError> {
    let config = chain.client.request::<RollupConfig>("optimism_rollupConfig", json!([])).await;
    let config = config.map_err(|error| match error {
        seam_l1::L1Error::Refused { message, .. } => TrafficError::NoRollup { message },
        error => TrafficError::of(Layer::Chain, error),
    })?;
    if config.l1_chain_id != l1.chain_id {
        let (expected, found) = (config.l1_chain_id, l1.chain_id);
        return Err(TrafficError::OtherL1 { expected, found });
    }
    Ok(config.deposit_contract_address)
}
