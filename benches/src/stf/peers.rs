//! The same transactions by others: the engine that `seam-stf` uses, with less around it.

use super::{Prepared, World, contracts::CHAIN_ID};
use crate::clock::timed;
use alloy_consensus::{Header, TxEnvelope, TxReceipt, transaction::Recovered};
use alloy_eips::eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS;
use alloy_evm::{
    EthEvmFactory, EvmEnv, EvmFactory, FromRecoveredTx,
    block::{BlockExecutionResult, BlockExecutor},
    eth::{
        EthBlockExecutionCtx, EthBlockExecutor, receipt_builder::AlloyReceiptBuilder,
        spec::EthExecutorSpec,
    },
};
use alloy_hardforks::{EthereumHardfork, EthereumHardforks, ForkCondition};
use alloy_primitives::{Address, B256, U256};
use anyhow::{Result, ensure};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
    database::{BundleState, CacheDB, EmptyDB, State, states::bundle_state::BundleRetention},
    primitives::hardfork::SpecId,
};
use seam_primitives::ChainRules;
use std::{borrow::Cow, time::Duration};

/// revm and a map of everything: no receipts, no system calls, no roots; the ceiling.
pub(super) fn revm(world: &World, blocks: &[Prepared], total: &mut Duration) -> Result<()> {
    let context = Context::mainnet().with_db(world.cache_db()).with_cfg(cfg_env(&world.rules));
    let mut evm = context.build_mainnet();
    for block in blocks {
        let transactions = block.transactions.iter();
        let transactions: Vec<_> =
            transactions.map(|tx| TxEnv::from_recovered_tx(tx.inner(), tx.signer())).collect();
        evm.set_block(block_env(&world.rules, &block.header));
        let gas = timed(total, || {
            let mut gas = 0;
            for transaction in transactions {
                let result = evm.transact_commit(transaction)?;
                ensure!(result.is_success(), "a transaction failed in revm");
                gas += result.tx_gas_used();
            }
            Ok(gas)
        })?;
        ensure!(gas == block.header.gas_used, "revm used {gas} gas");
    }
    Ok(())
}

/// alloy-evm's block executor over revm's `State`, which keeps what is needed to undo a block: what
/// reth executes blocks with.
pub(super) fn alloy(world: &World, blocks: &[Prepared], total: &mut Duration) -> Result<()> {
    let mut database = world.cache_db();
    let mut parent_hash = world.store().head().hash_slow();
    for block in blocks {
        let transactions: Vec<_> = block.transactions.iter().map(envelope).collect();
        let (result, bundle) =
            timed(total, || execute(world, block, parent_hash, transactions, &mut database))?;
        ensure!(result.gas_used == block.header.gas_used, "alloy-evm used {} gas", result.gas_used);
        ensure!(result.receipts.iter().all(TxReceipt::status), "a transaction failed in alloy-evm");
        keep(&mut database, bundle);
        parent_hash = block.hash;
    }
    Ok(())
}

type Executed = (BlockExecutionResult<alloy_consensus::ReceiptEnvelope>, BundleState);

fn execute(
    world: &World,
    block: &Prepared,
    parent_hash: B256,
    transactions: Vec<Recovered<TxEnvelope>>,
    database: &mut CacheDB<EmptyDB>,
) -> Result<Executed> {
    let mut state = State::builder().with_database(database).with_bundle_update().build();
    let block_env = block_env(&world.rules, &block.header);
    let env = EvmEnv { block_env, cfg_env: cfg_env(&world.rules) };
    let evm = EthEvmFactory::default().create_evm(&mut state, env);
    let context = EthBlockExecutionCtx {
        parent_hash,
        parent_beacon_block_root: block.header.parent_beacon_block_root,
        ommers: &[],
        withdrawals: Some(Cow::Borrowed(&[])),
        extra_data: block.header.extra_data.clone(),
        tx_count_hint: Some(transactions.len()),
        slot_number: None,
    };
    let executor =
        EthBlockExecutor::new(evm, context, AllAtGenesis, AlloyReceiptBuilder::default());
    let result = executor.execute_block(transactions)?;
    state.merge_transitions(BundleRetention::Reverts);
    Ok((result, state.take_bundle()))
}

fn envelope(
    tx: &Recovered<alloy_consensus::Signed<alloy_consensus::TxEip1559>>,
) -> Recovered<TxEnvelope> {
    Recovered::new_unchecked(TxEnvelope::Eip1559(tx.inner().clone()), tx.signer())
}

/// Takes a block's changes over, off the clock. No load destroys an account.
fn keep(database: &mut CacheDB<EmptyDB>, bundle: BundleState) {
    for (hash, code) in bundle.contracts {
        database.cache.contracts.insert(hash, code);
    }
    for (address, account) in bundle.state {
        let Some(info) = account.info else { continue };
        database.insert_account_info(address, info);
        let entry = database.cache.accounts.entry(address).or_default();
        entry.storage.extend(account.storage.iter().map(|(key, slot)| (*key, slot.present_value)));
    }
}

/// The benchmark's chain has every fork from its first block on.
#[derive(Debug, Clone, Copy)]
struct AllAtGenesis;

impl EthereumHardforks for AllAtGenesis {
    fn ethereum_fork_activation(&self, fork: EthereumHardfork) -> ForkCondition {
        match fork {
            EthereumHardfork::Dao => ForkCondition::Never,
            EthereumHardfork::Paris => {
                let total_difficulty = U256::ZERO;
                ForkCondition::TTD {
                    activation_block_number: 0,
                    fork_block: None,
                    total_difficulty,
                }
            }
            fork if fork <= EthereumHardfork::Paris => ForkCondition::Block(0),
            fork if fork <= EthereumHardfork::Osaka => ForkCondition::Timestamp(0),
            _ => ForkCondition::Never,
        }
    }
}

impl EthExecutorSpec for AllAtGenesis {
    fn deposit_contract_address(&self) -> Option<Address> {
        Some(MAINNET_DEPOSIT_CONTRACT_ADDRESS)
    }
}

fn cfg_env(rules: &ChainRules) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(CHAIN_ID);
    let blobs = rules.blobs_at(0);
    cfg.max_blobs_per_tx = blobs.map(|blobs| blobs.max_per_transaction);
    cfg.blob_base_fee_update_fraction = blobs.map(|blobs| blobs.update_fraction);
    cfg
}

fn block_env(rules: &ChainRules, header: &Header) -> BlockEnv {
    let fraction = rules.blobs_at(header.timestamp).map_or(1, |blobs| blobs.update_fraction);
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: header
            .excess_blob_gas
            .map(|excess| BlobExcessGasAndPrice::new(excess, fraction)),
        slot_num: 0,
    }
}
