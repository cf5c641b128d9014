//! The rollup's contracts on the embedded L1: the plan of `seam deploy`, in block 1.

use super::Accounts;
use alloy_consensus::TxEip1559;
use alloy_genesis::Genesis;
use alloy_primitives::{Address, TxKind};
use anyhow::{Result, bail};
use seam_chain::wallet::UnsignedTransaction;
use seam_genesis::{
    addresses::MULTICALL3,
    dev::{L1_CHAIN_ID, L1_GAS_LIMIT},
    l1::{Action, Done, Step},
};
use seam_l1::{L1Client, L1Limits};
use seam_primitives::{Recovered, Transaction};
use seam_rollup::deploy::{Deployer, Deployment, Folder, viem::Endpoints};
use std::{net::SocketAddr, path::Path};

/// Wei per gas: ten times the base fee of block 1, at most.
const MAX_FEE: u128 = 10_000_000_000;

/// The owner's transactions for every step that the L1's genesis does not make unnecessary, with
/// nonces from 0 on.
pub(super) fn transactions(
    deployment: &Deployment,
    l1: &Genesis,
    accounts: &Accounts,
) -> Result<Vec<Recovered<Transaction>>> {
    let done: Vec<bool> = deployment.steps.iter().map(|step| is_in(l1, step)).collect();
    let room = deployment.room(&done);
    if room > L1_GAS_LIMIT {
        bail!("the rollup's contracts need {room} gas, and an L1 block has {L1_GAS_LIMIT}");
    }
    let owner = accounts.roles.owner;
    let missing = deployment.steps.iter().zip(&deployment.gas).zip(done).filter(|it| !it.1);
    let sign = |(nonce, ((step, gas), _)): (u64, ((&Step, &_), _))| {
        let gas: &seam_genesis::l1::StepGas = gas;
        let transaction = transaction(step, nonce, gas.limit)?;
        let signed = accounts.signing().sign_transaction(owner, transaction)?;
        Ok(Recovered::new_unchecked(signed, owner))
    };
    (0..).zip(missing).map(sign).collect()
}

/// Writes what others need to use the rollup, as `seam deploy` does: `seam bridge`, viem. The L1 at
/// `l1` has the contracts by now.
pub(super) async fn describe(
    deployment: &Deployment,
    folder: &Path,
    [l1, l2]: [SocketAddr; 2],
) -> Result<()> {
    let [l1, l2] = [l1, l2].map(|address| format!("http://{address}"));
    let client = L1Client::connect(&[&l1], Some(L1_CHAIN_ID), L1Limits::default())?;
    let rollup = Deployer::new(client).describe(deployment, MULTICALL3).await?;
    Ok(Folder::new(folder).finish(deployment, &rollup, &Endpoints::new(&l1, &l2))?)
}

/// Whether the genesis has what the step makes.
fn is_in(l1: &Genesis, step: &Step) -> bool {
    let has =
        |address: &Address| l1.alloc.get(address).is_some_and(|account| account.code.is_some());
    match &step.done {
        Done::Code(addresses) => addresses.iter().any(has),
        Done::Funded { or_code, .. } => has(or_code),
        Done::Implementation { .. } | Done::Returns { .. } => false,
    }
}

fn transaction(step: &Step, nonce: u64, gas_limit: u64) -> Result<UnsignedTransaction> {
    let Action::Call { to, value, input, .. } = &step.action else {
        bail!("{}: the embedded L1 has it from genesis on", step.name)
    };
    Ok(TxEip1559 {
        chain_id: L1_CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: MAX_FEE,
        to: TxKind::Call(*to),
        value: *value,
        input: input.clone(),
        ..TxEip1559::default()
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use seam_genesis::dev::{self, BlockTimes};

    #[test]
    fn block_one_has_room_for_all_of_it() {
        let accounts = Accounts::new().unwrap();
        let l1 = dev::l1_genesis(1_763_700_000, &accounts.on_l1()).unwrap();
        let times = BlockTimes { l1: 2, l2: 1 };
        let hash = B256::repeat_byte(1);
        let config = dev::rollup_config(1_763_700_000, hash, times, accounts.roles.clone());
        let deployment = Deployment::new(config).unwrap();
        let block_one = transactions(&deployment, &l1, &accounts).unwrap();
        // Without the deployment proxy, its sender's ether and Multicall3.
        assert_eq!(block_one.len(), deployment.steps.len() - 3);
    }
}
