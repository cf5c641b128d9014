//! The genesis state, ready to be called.

use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use seam_genesis::{RollupConfig, config::EXAMPLE, rollup_alloc};
use seam_stf::construct::{ConstructEnv, ConstructError, MapAccount, MapState, Message, call};
use std::collections::BTreeMap;

/// The account that `EXAMPLE` prefunds.
pub(crate) const RICH: Address =
    Address::new([0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

pub(crate) fn example() -> RollupConfig {
    RollupConfig::from_toml(EXAMPLE).unwrap()
}

/// The state of a chain at genesis, and what calls changed since.
pub(crate) struct Chain {
    pub(crate) state: MapState,
    env: ConstructEnv,
}

impl Chain {
    pub(crate) fn new(config: &RollupConfig) -> Self {
        let state = state_of(&rollup_alloc(config).unwrap());
        let env = ConstructEnv {
            chain_id: config.l2.chain_id,
            number: 1,
            timestamp: config.genesis.time + 1,
        };
        Self { state, env }
    }

    pub(crate) fn example() -> Self {
        Self::new(&example())
    }

    /// `eth_call` from nobody in particular.
    pub(crate) fn view<C: SolCall>(&mut self, to: Address, function: C) -> C::Return {
        let before = self.state.clone();
        let output = self.send(Address::repeat_byte(0x99), to, 0, function).unwrap();
        self.state = before;
        output
    }

    /// A call that stays.
    pub(crate) fn send<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        value: u128,
        function: C,
    ) -> Result<C::Return, ConstructError> {
        let output = self.raw(from, to, value, function.abi_encode().into())?;
        Ok(C::abi_decode_returns(&output).unwrap())
    }

    pub(crate) fn raw(
        &mut self,
        from: Address,
        to: Address,
        value: u128,
        input: Bytes,
    ) -> Result<Bytes, ConstructError> {
        let message = Message { from, to, value: U256::from(value), input };
        call(&mut self.state, &self.env, &message)
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.state.get(&address).map(|account| account.balance).unwrap_or_default()
    }
}

/// Whether the contract refused, rather than ran into a fault.
pub(crate) fn reverts<T>(result: &Result<T, ConstructError>) -> bool {
    matches!(result, Err(ConstructError::Reverted { .. }))
}

fn state_of(alloc: &BTreeMap<Address, GenesisAccount>) -> MapState {
    let words = |account: &GenesisAccount| {
        let slots = account.storage.iter().flatten();
        slots
            .map(|(slot, value)| (U256::from_be_bytes(slot.0), U256::from_be_bytes(value.0)))
            .collect()
    };
    let account = |account: &GenesisAccount| MapAccount {
        nonce: account.nonce.unwrap_or_default(),
        balance: account.balance,
        code: account.code.clone().unwrap_or_default(),
        storage: words(account),
    };
    alloc.iter().map(|(address, given)| (*address, account(given))).collect()
}
