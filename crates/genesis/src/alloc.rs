//! The accounts of the genesis state. Code and storage come from running constructors and
//! initializers, so nothing here knows a contract's storage layout.

mod predeploys;
mod preinstalls;

use crate::{ConfigError, GenesisError, L1Addresses, RollupConfig};
use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolCall;
use seam_stf::construct::{
    ConstructEnv, ConstructError, MapAccount, MapState, Message, call, construct,
};
use std::collections::BTreeMap;

/// The genesis state of the rollup.
///
/// Predeploys and their implementations have nonce 0 as on every OP Stack chain, preinstalls have
/// nonce 1. No account holds ether but those of `prefund`: what is on the rollup later equals what
/// the portal holds, to the wei.
pub fn rollup_alloc(
    config: &RollupConfig,
) -> Result<BTreeMap<Address, GenesisAccount>, GenesisError> {
    config.validate()?;
    let mut alloc = Alloc::new(config)?;
    alloc.predeploys()?;
    alloc.preinstalls()?;
    alloc.prefund()?;
    Ok(alloc
        .state
        .into_iter()
        .map(|(address, account)| (address, genesis_account(account)))
        .collect())
}

/// Who runs constructors and initializers: nobody, so that no contract can come to belong to it.
const MAKER: Address = Address::ZERO;

/// A genesis state in the making.
struct Alloc<'a> {
    config: &'a RollupConfig,
    l1: L1Addresses,
    env: ConstructEnv,
    state: MapState,
}

impl<'a> Alloc<'a> {
    fn new(config: &'a RollupConfig) -> Result<Self, GenesisError> {
        let env = ConstructEnv {
            chain_id: config.l2.chain_id,
            number: 0,
            timestamp: config.genesis.time,
        };
        Ok(Self { config, l1: L1Addresses::of(config)?, env, state: MapState::new() })
    }

    /// Runs a constructor at `address`.
    fn construct(
        &mut self,
        name: &'static str,
        address: Address,
        init_code: Bytes,
    ) -> Result<(), GenesisError> {
        construct(&mut self.state, &self.env, MAKER, address, init_code).map_err(failed(name))?;
        Ok(())
    }

    /// Runs a constructor in a state of its own and gives the account it makes.
    fn construct_apart(
        &self,
        name: &'static str,
        address: Address,
        init_code: Bytes,
    ) -> Result<MapAccount, GenesisError> {
        let mut state = MapState::new();
        construct(&mut state, &self.env, MAKER, address, init_code).map_err(failed(name))?;
        Ok(state.remove(&address).unwrap_or_default())
    }

    /// Gives accounts of a development network their ether.
    fn prefund(&mut self) -> Result<(), GenesisError> {
        for (address, amount) in &self.config.prefund {
            let account = MapAccount { balance: amount.0, ..Default::default() };
            if self.state.insert(*address, account).is_some() {
                return Err(ConfigError::PrefundTaken(*address).into());
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        name: &'static str,
        from: Address,
        to: Address,
        function: &impl SolCall,
    ) -> Result<(), GenesisError> {
        let input = function.abi_encode().into();
        let message = Message { from, to, input, ..Default::default() };
        call(&mut self.state, &self.env, &message).map_err(failed(name))?;
        Ok(())
    }
}

fn failed(name: &'static str) -> impl FnOnce(ConstructError) -> GenesisError {
    move |source| GenesisError::Construct { name, source }
}

fn genesis_account(account: MapAccount) -> GenesisAccount {
    let word = |value: alloy_primitives::U256| B256::from(value);
    let storage: BTreeMap<_, _> =
        account.storage.into_iter().map(|(slot, value)| (word(slot), word(value))).collect();
    GenesisAccount {
        nonce: (account.nonce != 0).then_some(account.nonce),
        balance: account.balance,
        code: (!account.code.is_empty()).then_some(account.code),
        storage: (!storage.is_empty()).then_some(storage),
        private_key: None,
    }
}
