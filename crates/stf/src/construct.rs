//! Running constructors and calls on a state held in a map, for making a genesis.
//!
//! There is no transaction around them: no fee, no intrinsic gas, and the sender's nonce stays as
//! it was. A constructor runs at an address that the caller chooses, which no transaction can do.
//! The rules are Ethereum's at Prague, which an OP Stack chain at Isthmus has for everything that
//! a constructor can see.

use alloc::{boxed::Box, collections::BTreeMap, format, string::String};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use core::convert::Infallible;
use revm::{
    Context, Database, MainBuilder, MainnetEvm,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, Journal, TxEnv, result::EVMError},
    context_interface::{ContextTr, CreateScheme, JournalTr, LocalContextTr},
    handler::{EthFrame, FrameResult, Handler, MainnetHandler},
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, InstructionResult,
        SharedMemory, interpreter_action::FrameInit,
    },
    primitives::hardfork::SpecId,
    state::{Account as EvmAccount, AccountInfo},
};

/// Gas for one constructor or call: far above any contract's need, so that only an endless loop
/// meets it.
const GAS: u64 = 1_000_000_000;

/// An account with all it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MapAccount {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// In wei.
    pub balance: U256,
    /// Runtime code; empty for an account without code.
    pub code: Bytes,
    /// Slots that are not zero.
    pub storage: BTreeMap<U256, U256>,
}

impl MapAccount {
    fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code.is_empty()
    }
}

/// A whole state, by address.
pub type MapState = BTreeMap<Address, MapAccount>;

/// The block that constructors and calls see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstructEnv {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Block number.
    pub number: u64,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
}

/// Why a constructor or a call gave no result. The state is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstructError {
    /// The contract refused. `output` is its reason, ABI-encoded.
    #[error("{address} reverted with {output}")]
    Reverted {
        /// The contract that was created or called.
        address: Address,
        /// What it returned.
        output: Bytes,
    },
    /// The contract ran into a fault, such as an invalid instruction; or, for a constructor, the
    /// address is already taken by an account with a nonce or code.
    #[error("{address} stopped: {reason}")]
    Halted {
        /// The contract that was created or called.
        address: Address,
        /// The EVM's word for it.
        reason: String,
    },
}

/// One message to a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Who calls; also the origin.
    pub from: Address,
    /// Who is called.
    pub to: Address,
    /// Wei that `from` gives.
    pub value: U256,
    /// Calldata.
    pub input: Bytes,
}

/// Runs `init_code` (creation code, constructor arguments appended) as the creation of a contract
/// at `address` by `from`, and gives the runtime code that is then in the state.
///
/// Contracts that the constructor creates are in the state as well; the created ones have nonce 1
/// (EIP-161).
pub fn construct(
    state: &mut MapState,
    env: &ConstructEnv,
    from: Address,
    address: Address,
    init_code: Bytes,
) -> Result<Bytes, ConstructError> {
    let scheme = CreateScheme::Custom { address };
    let inputs = CreateInputs::new(from, scheme, U256::ZERO, init_code, GAS, 0);
    run(state, env, from, address, FrameInput::Create(Box::new(inputs)))?;
    Ok(state.get(&address).map(|account| account.code.clone()).unwrap_or_default())
}

/// Calls a contract, keeps what it changes and gives what it returns.
pub fn call(
    state: &mut MapState,
    env: &ConstructEnv,
    message: &Message,
) -> Result<Bytes, ConstructError> {
    let code = state.get(&message.to).map(|account| account.code.clone()).unwrap_or_default();
    let inputs = CallInputs {
        input: CallInput::Bytes(message.input.clone()),
        return_memory_offset: 0..0,
        gas_limit: GAS,
        reservoir: 0,
        bytecode_address: message.to,
        known_bytecode: (keccak256(&code), Bytecode::new_legacy(code)),
        target_address: message.to,
        caller: message.from,
        value: CallValue::Transfer(message.value),
        scheme: CallScheme::Call,
        is_static: false,
    };
    run(state, env, message.from, message.to, FrameInput::Call(Box::new(inputs)))
}

/// The map as revm reads it.
struct MapDatabase<'a>(&'a MapState);

impl Database for MapDatabase<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.0.get(&address).map(|account| {
            let info = AccountInfo::from_bytecode(Bytecode::new_legacy(account.code.clone()));
            info.with_nonce(account.nonce).with_balance(account.balance)
        }))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Infallible> {
        // `basic` gives the code with every account, so this is asked for no code but this one.
        debug_assert_eq!(code_hash, KECCAK256_EMPTY);
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        let account = self.0.get(&address);
        Ok(account.and_then(|account| account.storage.get(&slot)).copied().unwrap_or_default())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        // A genesis has no ancestors; this one is only a number no two blocks share.
        Ok(B256::from(U256::from(number)))
    }
}

type MapContext<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, MapDatabase<'a>, Journal<MapDatabase<'a>>, ()>;
type MapEvm<'a> = MainnetEvm<MapContext<'a>>;

fn new_evm<'a>(state: &'a MapState, env: &ConstructEnv, origin: Address) -> MapEvm<'a> {
    let mut context: MapContext<'a> = Context::new(MapDatabase(state), SpecId::PRAGUE);
    context.cfg.chain_id = env.chain_id;
    context.block.number = U256::from(env.number);
    context.block.timestamp = U256::from(env.timestamp);
    context.tx.caller = origin;
    context.tx.gas_limit = GAS;
    context.build_mainnet()
}

/// Runs one frame at the top and writes what it changed.
fn run(
    state: &mut MapState,
    env: &ConstructEnv,
    from: Address,
    address: Address,
    frame_input: FrameInput,
) -> Result<Bytes, ConstructError> {
    let mut evm = new_evm(state, env, from);
    let result = run_frame(&mut evm, from, address, frame_input)
        .map_err(|error| ConstructError::Halted { address, reason: format!("{error}") })?;
    let output = judge(address, result)?;
    let changed: BTreeMap<_, _> = evm.ctx.journaled_state.finalize().into_iter().collect();
    let nonce = state.get(&from).map_or(0, |account| account.nonce);
    for (address, account) in changed.iter().filter(|(_, account)| account.is_touched()) {
        commit(state, *address, account);
    }
    // Creating bumps the creator's nonce; here the creator stands for a transaction that is not.
    if let Some(creator) = state.get_mut(&from) {
        creator.nonce = nonce;
    }
    state.retain(|_, account| !account.is_empty() || !account.storage.is_empty());
    Ok(output)
}

fn run_frame<'a>(
    evm: &mut MapEvm<'a>,
    from: Address,
    address: Address,
    frame_input: FrameInput,
) -> Result<FrameResult, EVMError<Infallible>> {
    // A frame expects both ends of the transfer in the journal.
    for account in [from, address] {
        evm.ctx.journaled_state.load_account(account)?;
    }
    let memory = SharedMemory::new_with_buffer(evm.ctx.local().shared_memory_buffer().clone());
    let init = FrameInit { depth: 0, memory, frame_input };
    MainnetHandler::<MapEvm<'a>, EVMError<Infallible>, EthFrame>::default().run_exec_loop(evm, init)
}

fn judge(address: Address, result: FrameResult) -> Result<Bytes, ConstructError> {
    let result = result.into_interpreter_result();
    match result.result {
        ok if ok.is_ok() => Ok(result.output),
        InstructionResult::Revert => {
            Err(ConstructError::Reverted { address, output: result.output })
        }
        fault => Err(ConstructError::Halted { address, reason: format!("{fault:?}") }),
    }
}

fn commit(state: &mut MapState, address: Address, changed: &EvmAccount) {
    if changed.is_selfdestructed() {
        state.remove(&address);
        return;
    }
    let account = state.entry(address).or_default();
    account.nonce = changed.info.nonce;
    account.balance = changed.info.balance;
    if let Some(code) = &changed.info.code {
        account.code = code.original_bytes();
    }
    let slots: BTreeMap<_, _> = changed.storage.iter().collect();
    for (slot, value) in slots {
        if value.present_value.is_zero() {
            account.storage.remove(slot);
        } else {
            account.storage.insert(*slot, value.present_value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{address, bytes};

    const ENV: ConstructEnv = ConstructEnv { chain_id: 901, number: 0, timestamp: 1_700_000_000 };
    const MAKER: Address = address!("0x00000000000000000000000000000000000000aa");
    const AT: Address = address!("0x00000000000000000000000000000000000000bb");

    /// Stores CHAINID at slot 1 and returns a runtime that is the one byte STOP.
    const STORES_CHAIN_ID: Bytes = bytes!("4660015560015ff3");

    #[test]
    fn a_constructor_runs_at_the_chosen_address_and_leaves_no_trace_of_its_maker() {
        let mut state = MapState::new();
        let code = construct(&mut state, &ENV, MAKER, AT, STORES_CHAIN_ID).unwrap();
        assert_eq!(code, bytes!("00"));
        let made = MapAccount {
            nonce: 1,
            code: bytes!("00"),
            storage: BTreeMap::from([(U256::from(1), U256::from(901))]),
            ..Default::default()
        };
        assert_eq!(state, MapState::from([(AT, made)]));
    }

    #[test]
    fn a_constructor_sees_its_own_address_and_may_create() {
        // ADDRESS SSTORE(0); CREATE(0, 0, 0) of an empty contract; SSTORE(1); returns nothing.
        let init = bytes!("305f555f5f5ff06001555f5ff3");
        let mut state = MapState::new();
        construct(&mut state, &ENV, MAKER, AT, init).unwrap();
        let child = AT.create(1);
        assert_eq!(state[&AT].storage[&U256::ZERO], U256::from_be_slice(AT.as_slice()));
        assert_eq!(state[&AT].storage[&U256::from(1)], U256::from_be_slice(child.as_slice()));
        assert_eq!((state[&AT].nonce, state[&child].nonce), (2, 1));
    }

    #[test]
    fn a_taken_address_is_refused() {
        let mut state = MapState::new();
        construct(&mut state, &ENV, MAKER, AT, STORES_CHAIN_ID).unwrap();
        let again = construct(&mut state, &ENV, MAKER, AT, STORES_CHAIN_ID);
        let reason = String::from("CreateCollision");
        assert_eq!(again, Err(ConstructError::Halted { address: AT, reason }));
    }

    #[test]
    fn a_revert_and_a_fault_are_told_apart_and_change_nothing() {
        // SSTORE(0, 1), then revert with one zero byte; the second ends in INVALID.
        let mut state = MapState::new();
        let reverted = construct(&mut state, &ENV, MAKER, AT, bytes!("60015f5560015ffd"));
        let output = bytes!("00");
        assert_eq!(reverted, Err(ConstructError::Reverted { address: AT, output }));
        let halted = construct(&mut state, &ENV, MAKER, AT, bytes!("60015f55fe"));
        let reason = String::from("InvalidFEOpcode");
        assert_eq!(halted, Err(ConstructError::Halted { address: AT, reason }));
        assert!(state.is_empty());
    }

    #[test]
    fn a_call_moves_value_clears_slots_and_returns() {
        // SSTORE(0, CALLDATALOAD(0)), MSTORE(0, CALLER), RETURN 32.
        let code = bytes!("5f355f55335f5260205ff3");
        let rich = MapAccount { nonce: 7, balance: U256::from(10), ..Default::default() };
        let mut state = MapState::from([
            (MAKER, rich),
            (AT, MapAccount { nonce: 1, code, ..Default::default() }),
        ]);
        let mut message =
            Message { from: MAKER, to: AT, value: U256::from(4), input: bytes!("01") };
        let output = call(&mut state, &ENV, &message).unwrap();
        assert_eq!(output.as_ref(), MAKER.into_word().as_slice());
        assert_eq!(state[&AT].storage.len(), 1);
        message.input = Bytes::new();
        call(&mut state, &ENV, &message).unwrap();
        assert!(state[&AT].storage.is_empty(), "a zeroed slot is gone");
        assert_eq!((state[&MAKER].nonce, state[&MAKER].balance), (7, U256::from(2)));
        assert_eq!(state[&AT].balance, U256::from(8));
    }

    #[test]
    fn value_that_the_sender_has_not_is_refused() {
        let message = Message { from: MAKER, to: AT, value: U256::from(1), ..Default::default() };
        let refused = call(&mut MapState::new(), &ENV, &message);
        let reason = String::from("OutOfFunds");
        assert_eq!(refused, Err(ConstructError::Halted { address: AT, reason }));
    }
}
