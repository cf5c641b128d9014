//! What each step of a plan costs, on an L1 in memory.

use super::plan::{Action, Step};
use crate::{
    ChainGenesis, GenesisError, RollupConfig,
    addresses::{CREATE2_PROXY, MULTICALL3},
    dev,
};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Bytes, TxKind, U256};
use seam_stf::{
    Witness, WitnessState,
    call::{
        Call, CallResult,
        simulate::{BlockRequest, Bounds, SimulatedCall, Simulation, simulate as run},
    },
};

/// Gas that a transaction may ask for at most, since Osaka (EIP-7825).
pub const MAX_TRANSACTION_GAS: u64 = 1 << 24;

/// Gas of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepGas {
    /// What it pays for.
    pub used: u64,
    /// What to send it with: a quarter more than the most it needs at a time, at most
    /// [`MAX_TRANSACTION_GAS`].
    pub limit: u64,
}

/// Runs the whole plan on an L1 in memory that has nothing but ether for the owner, by Ethereum's
/// rules of today and with the L1's chain id; gives the gas of each step.
///
/// # Errors
/// [`GenesisError::Simulation`] names the first step that fails.
pub fn simulate(config: &RollupConfig, steps: &[Step]) -> Result<Vec<StepGas>, GenesisError> {
    let failed =
        |step: &str, reason: String| GenesisError::Simulation { step: step.to_owned(), reason };
    let unable = |reason: String| failed("the L1 to simulate on", reason);
    let genesis = empty_l1(config)?;
    let chain = ChainGenesis::from_genesis(&genesis).map_err(|error| unable(error.to_string()))?;
    let codes = chain.state.codes.iter().map(|(hash, code)| (*hash, code.clone()));
    let preimages = chain.sealed.nodes.iter().cloned().chain(codes);
    let header = &chain.sealed.header;
    let witness = Witness::from_preimages(preimages);
    let state = witness.and_then(|witness| WitnessState::new(header, witness));
    let state = state.map_err(|error| unable(error.to_string()))?;
    let block = BlockRequest {
        gas_limit: Some(u64::MAX),
        calls: steps.iter().map(|step| call(config, step)).collect(),
        ..BlockRequest::default()
    };
    let simulation = Simulation { blocks: vec![block], ..Simulation::default() };
    let mut go_on = || true;
    let bounds = Bounds { blocks: 1, gas: u64::MAX, output_bytes: usize::MAX, go_on: &mut go_on };
    let blocks = run(&chain.rules, header, simulation, state, bounds)
        .map_err(|error| failed("a step", error.to_string()))?;
    let calls = blocks.iter().flat_map(|block| &block.calls);
    steps.iter().zip(calls).map(|(step, call)| gas(step, call)).collect()
}

/// The embedded L1's genesis with another chain id, at the time and height that the rollup begins,
/// without the contracts that the plan's first steps make.
fn empty_l1(config: &RollupConfig) -> Result<Genesis, GenesisError> {
    let mut genesis = dev::l1_genesis(config.genesis.time, &[])?;
    genesis.config.chain_id = config.l1.chain_id;
    genesis.number = Some(config.genesis.l1_number);
    genesis.alloc.retain(|address, _| ![CREATE2_PROXY, MULTICALL3].contains(address));
    let rich = GenesisAccount { balance: U256::from(u128::MAX), ..GenesisAccount::default() };
    genesis.alloc.insert(config.roles.owner, rich);
    Ok(genesis)
}

fn call(config: &RollupConfig, step: &Step) -> Call {
    match &step.action {
        Action::Call { to, value, input, .. } => Call {
            from: config.roles.owner,
            to: TxKind::Call(*to),
            gas: Some(MAX_TRANSACTION_GAS),
            value: *value,
            input: input.clone(),
            ..Call::default()
        },
        Action::Presigned { from, init_code, gas_limit, .. } => Call {
            from: *from,
            to: TxKind::Create,
            gas: Some(*gas_limit),
            input: init_code.clone(),
            ..Call::default()
        },
    }
}

/// A call to an address without code succeeds, so what the deployment proxy returns is looked at.
fn made(step: &Step, output: &Bytes) -> Result<(), String> {
    match &step.action {
        Action::Call { to, .. } if *to == CREATE2_PROXY && step.address.as_slice() != output => {
            Err(format!("nothing is made at {}", step.address))
        }
        _ => Ok(()),
    }
}

fn gas(step: &Step, call: &SimulatedCall) -> Result<StepGas, GenesisError> {
    let failed = |reason| GenesisError::Simulation { step: step.name.clone(), reason };
    match &call.result {
        CallResult::Success { output } => made(step, output).map_err(failed)?,
        CallResult::Revert { output } => return Err(failed(format!("reverts with {output}"))),
        CallResult::Halt { reason } => return Err(failed(format!("stops: {reason:?}"))),
    }
    let most = call.max_gas_used.max(call.gas_used);
    let limit = match &step.action {
        Action::Presigned { gas_limit, .. } => *gas_limit,
        Action::Call { .. } => most.saturating_add(most / 4).min(MAX_TRANSACTION_GAS),
    };
    Ok(StepGas { used: call.gas_used, limit })
}
