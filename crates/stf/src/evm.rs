//! The EVM of a block: revm with Ethereum's rules or op-revm with the OP Stack's, chosen by
//! [`ChainRules`] and alike from here on.

use crate::{
    eip1283,
    error::{BlockError, TransactionError},
    header,
    overlay::Overlay,
    state::{StateError, StateReader},
};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_eips::Encodable2718;
use alloy_evm::{
    EthEvmFactory, Evm, EvmEnv, EvmFactory, FromRecoveredTx, FromTxWithEncoded,
    eth::{EthEvm, EthEvmContext},
    precompiles::PrecompilesMap,
};
use alloy_op_evm::{OpEvm, OpEvmContext, OpEvmFactory, OpTx};
use alloy_primitives::{Address, Bytes, Log, U256};
use op_revm::OpSpecId;
use revm::{
    Inspector,
    bytecode::opcode,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{
        block::BlobExcessGasAndPrice,
        result::{EVMError, ExecutionResult, ResultAndState},
    },
    inspector::NoOpInspector,
    interpreter::Instruction,
    primitives::hardfork::SpecId,
    state::EvmState,
};
use seam_primitives::{ChainRules, Fork, OpFork, Recovered, Transaction};

/// What can watch either kind of EVM.
pub(crate) trait Watch<R: StateReader>:
    Inspector<EthEvmContext<Overlay<R>>> + Inspector<OpEvmContext<Overlay<R>>>
{
}

impl<R: StateReader, I> Watch<R> for I where
    I: Inspector<EthEvmContext<Overlay<R>>> + Inspector<OpEvmContext<Overlay<R>>>
{
}

/// One EVM for all transactions of a block. Nobody watches it, but for traces.
#[allow(clippy::large_enum_variant)] // one per block, and both are large
pub(crate) enum Machine<R: StateReader, I = NoOpInspector> {
    Ethereum(EthEvm<Overlay<R>, I, PrecompilesMap>),
    OpStack(OpEvm<Overlay<R>, I, PrecompilesMap>),
}

/// What a transaction or a call did, not yet committed.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) gas_used: u64,
    pub(crate) logs: Vec<Log>,
    pub(crate) output: Bytes,
    pub(crate) state: EvmState,
}

impl<H> From<ResultAndState<H>> for Outcome {
    fn from(ResultAndState { result, state }: ResultAndState<H>) -> Self {
        let output = match &result {
            ExecutionResult::Success { output, .. } => output.data().clone(),
            ExecutionResult::Revert { output, .. } => output.clone(),
            ExecutionResult::Halt { .. } => Bytes::new(),
        };
        let (success, gas_used) = (result.is_success(), result.tx_gas_used());
        Self { success, gas_used, logs: result.into_logs(), output, state }
    }
}

/// Why a transaction did not run: refused, or something is wrong beyond it.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(TransactionError),
    Block(BlockError),
}

impl<R: StateReader> Machine<R> {
    /// The machine for the block with this header, of which roots and gas used do not matter yet.
    pub(crate) fn new(rules: &ChainRules, header: &Header, state: Overlay<R>) -> Self {
        Self::watched(rules, header, state, NoOpInspector)
    }
}

impl<R: StateReader, I: Watch<R>> Machine<R, I> {
    /// The same with somebody who will watch when told to.
    pub(crate) fn watched(
        rules: &ChainRules,
        header: &Header,
        state: Overlay<R>,
        watcher: I,
    ) -> Self {
        let (number, timestamp) = (header.number, header.timestamp);
        let block_env = block_env(rules, header);
        match rules.op_fork_at(number, timestamp) {
            Some(fork) => {
                let cfg_env = CfgEnv::new_with_spec(op_spec(fork)).with_chain_id(rules.chain_id);
                let env = EvmEnv { block_env, cfg_env };
                let mut evm =
                    OpEvmFactory::default().create_evm_with_inspector(state, env, watcher);
                evm.disable_inspector();
                Self::OpStack(evm)
            }
            None => {
                let fork = rules.fork_at(number, timestamp);
                let spec = spec(fork);
                let mut cfg_env = CfgEnv::new_with_spec(spec).with_chain_id(rules.chain_id);
                let blobs = rules.blobs_at(timestamp);
                cfg_env.max_blobs_per_tx = blobs.map(|blobs| blobs.max_per_transaction);
                cfg_env.blob_base_fee_update_fraction = blobs.map(|blobs| blobs.update_fraction);
                Self::Ethereum(ethereum(fork, EvmEnv { block_env, cfg_env }, state, watcher))
            }
        }
    }

    /// Runs a transaction; its changes are not committed.
    pub(crate) fn transact(&mut self, tx: &Recovered<Transaction>) -> Result<Outcome, Failure> {
        match self {
            Self::Ethereum(evm) => match evm.transact_raw(tx_env(tx)) {
                Ok(result) => Ok(result.into()),
                Err(EVMError::Transaction(error)) => {
                    Err(Failure::Refused(TransactionError::Invalid(error)))
                }
                Err(error) => Err(Failure::Block(block_error(error))),
            },
            Self::OpStack(evm) => match evm.transact_raw(op_tx_env(tx)) {
                Ok(result) => Ok(result.into()),
                Err(EVMError::Transaction(error)) => {
                    Err(Failure::Refused(TransactionError::OpInvalid(error.0)))
                }
                Err(error) => Err(Failure::Block(block_error(error))),
            },
        }
    }

    /// Calls a contract as the system does: no fee, no nonce, 30 million gas.
    pub(crate) fn system_call(
        &mut self,
        caller: Address,
        contract: Address,
        data: Bytes,
    ) -> Result<Outcome, BlockError> {
        match self {
            Self::Ethereum(evm) => evm
                .transact_system_call(caller, contract, data)
                .map(Into::into)
                .map_err(block_error),
            Self::OpStack(evm) => evm
                .transact_system_call(caller, contract, data)
                .map(Into::into)
                .map_err(block_error),
        }
    }

    /// The state as the block has left it.
    pub(crate) fn into_state(self) -> Overlay<R> {
        match self {
            Self::Ethereum(evm) => evm.finish().0,
            Self::OpStack(evm) => evm.finish().0,
        }
    }

    /// The state as the block has left it so far.
    pub(crate) fn state(&mut self) -> &mut Overlay<R> {
        match self {
            Self::Ethereum(evm) => evm.db_mut(),
            Self::OpStack(evm) => evm.db_mut(),
        }
    }
}

fn ethereum<R: StateReader, I: Watch<R>>(
    fork: Fork,
    mut env: EvmEnv,
    state: Overlay<R>,
    watcher: I,
) -> EthEvm<Overlay<R>, I, PrecompilesMap> {
    let factory = EthEvmFactory::default();
    if fork != Fork::Constantinople {
        let mut evm = factory.create_evm_with_inspector(state, env, watcher);
        evm.disable_inspector();
        return evm;
    }
    eip1283::set_prices(&mut env.cfg_env.gas_params);
    let mut evm = factory.create_evm_with_inspector(state, env, watcher).into_inner();
    evm.instruction.insert_instruction(opcode::SSTORE, Instruction::new(eip1283::sstore, 0));
    EthEvm::new(evm, false)
}

pub(crate) fn block_error<T: ToString>(error: EVMError<StateError, T>) -> BlockError {
    match error {
        EVMError::Database(error) => BlockError::State(error),
        EVMError::Transaction(error) => BlockError::Evm(error.to_string()),
        EVMError::Header(error) => BlockError::Evm(error.to_string()),
        EVMError::Custom(error) => BlockError::Evm(error),
        EVMError::CustomAny(error) => BlockError::Evm(error.to_string()),
    }
}

fn block_env(rules: &ChainRules, header: &Header) -> BlockEnv {
    let merged = rules.is_active(Fork::Paris, header.number, header.timestamp);
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: header.difficulty,
        prevrandao: merged.then_some(header.mix_hash),
        blob_excess_gas_and_price: header.excess_blob_gas.map(|excess_blob_gas| {
            let blob_gasprice = header::blob_base_fee(rules, header.timestamp, excess_blob_gas);
            BlobExcessGasAndPrice { excess_blob_gas, blob_gasprice }
        }),
        slot_num: 0,
    }
}

fn tx_env(tx: &Recovered<Transaction>) -> TxEnv {
    let sender = tx.signer();
    match tx.inner() {
        Transaction::Legacy(tx) => TxEnv::from_recovered_tx(tx, sender),
        Transaction::Eip2930(tx) => TxEnv::from_recovered_tx(tx, sender),
        Transaction::Eip1559(tx) => TxEnv::from_recovered_tx(tx, sender),
        Transaction::Eip4844(tx) => TxEnv::from_recovered_tx(tx, sender),
        Transaction::Eip7702(tx) => TxEnv::from_recovered_tx(tx, sender),
        Transaction::Deposit(tx) => OpTx::from_recovered_tx(tx.inner(), sender).0.base,
    }
}

fn op_tx_env(tx: &Recovered<Transaction>) -> OpTx {
    let encoded = Bytes::from(tx.inner().encoded_2718());
    match tx.inner() {
        Transaction::Deposit(deposit) => {
            OpTx::from_encoded_tx(deposit.inner(), tx.signer(), encoded)
        }
        _ => OpTx(op_revm::OpTransaction {
            base: tx_env(tx),
            enveloped_tx: Some(encoded),
            deposit: Default::default(),
        }),
    }
}

/// revm's name for the newest fork. What Constantinople has apart from Petersburg is in [`eip1283`].
const fn spec(fork: Fork) -> SpecId {
    match fork {
        Fork::Frontier => SpecId::FRONTIER,
        Fork::Homestead | Fork::Dao => SpecId::HOMESTEAD,
        Fork::TangerineWhistle => SpecId::TANGERINE,
        Fork::SpuriousDragon => SpecId::SPURIOUS_DRAGON,
        Fork::Byzantium => SpecId::BYZANTIUM,
        Fork::Constantinople | Fork::Petersburg => SpecId::PETERSBURG,
        Fork::Istanbul => SpecId::ISTANBUL,
        Fork::Berlin => SpecId::BERLIN,
        Fork::London => SpecId::LONDON,
        Fork::Paris => SpecId::MERGE,
        Fork::Shanghai => SpecId::SHANGHAI,
        Fork::Cancun => SpecId::CANCUN,
        Fork::Prague => SpecId::PRAGUE,
        Fork::Osaka => SpecId::OSAKA,
    }
}

const fn op_spec(fork: OpFork) -> OpSpecId {
    match fork {
        OpFork::Bedrock => OpSpecId::BEDROCK,
        OpFork::Regolith => OpSpecId::REGOLITH,
        OpFork::Canyon => OpSpecId::CANYON,
        OpFork::Ecotone => OpSpecId::ECOTONE,
        OpFork::Fjord => OpSpecId::FJORD,
        OpFork::Granite => OpSpecId::GRANITE,
        OpFork::Holocene => OpSpecId::HOLOCENE,
        OpFork::Isthmus => OpSpecId::ISTHMUS,
    }
}
