//! Every transaction of a deployment, in the order of rule D18.

use super::{
    L1Addresses, L1Deployment, batch_inbox,
    calls::{self, BatchInbox, ProxyAdmin},
    foundations,
    implementations::{self, Implementation},
    l1_deployments,
};
use crate::{GenesisError, RollupConfig, addresses::CREATE2_PROXY};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;

/// The game type of Seam's claims (rule C3).
pub const GAME_TYPE: u32 = 0x5EA4;

/// One transaction of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it makes, unique in the plan.
    pub name: String,
    /// The contract that it makes or changes.
    pub address: Address,
    /// What is sent.
    pub action: Action,
    /// How to see that it is done.
    pub done: Done,
}

/// What a step sends to L1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A transaction that somebody signs.
    Call {
        /// Who must.
        sender: Sender,
        /// Who is called.
        to: Address,
        /// Wei sent along.
        value: U256,
        /// Calldata.
        input: Bytes,
    },
    /// A transaction that is signed already, and whose sender nobody has the key of.
    Presigned {
        /// Its sender.
        from: Address,
        /// Its EIP-2718 bytes.
        raw: Bytes,
        /// What it creates a contract with.
        init_code: Bytes,
        /// Its gas limit.
        gas_limit: u64,
    },
}

/// Who must sign a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// It makes the same whoever sends it.
    Anyone,
    /// `roles.owner`.
    Owner,
}

/// How to see on L1 that a step is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// One of these has code.
    Code(Vec<Address>),
    /// The proxy's EIP-1967 slot names the implementation; it was initialised in the same call. A
    /// proxy that names another one was upgraded by its owner, and is to be left alone.
    Implementation {
        /// The proxy.
        proxy: Address,
        /// What stands behind it.
        implementation: Address,
    },
    /// The account holds so many wei, or what they are for has code.
    Funded {
        /// The account.
        account: Address,
        /// In wei.
        balance: U256,
        /// Who is deployed with them.
        or_code: Address,
    },
    /// A call returns this.
    Returns {
        /// Who is called.
        to: Address,
        /// Calldata.
        input: Bytes,
        /// What it returns.
        output: Bytes,
    },
}

/// Every transaction that makes the rollup's contracts on L1, in this order: what every L1 should
/// have (deployment proxy, Multicall3); proxies; implementations; the upgrade and initialisation of
/// each proxy in one call; the batch inbox. `output_root` is that of the rollup's genesis block.
///
/// Every address is known beforehand, so the plan does not depend on the L1, and a step that is done
/// already can be left out.
///
/// # Errors
/// [`GenesisError`] if the configuration is not valid, or this binary is damaged.
pub fn plan(config: &RollupConfig, output_root: B256) -> Result<Vec<Step>, GenesisError> {
    config.validate()?;
    let addresses = L1Addresses::of(config)?;
    let implementations = implementations::all(config, &addresses, output_root)?;
    let mut steps = foundations::steps()?;
    let proxies = l1_deployments(config)?.into_iter().enumerate();
    steps.extend(proxies.map(|(index, deployment)| match index {
        0 => deploy(deployment.name.to_owned(), deployment),
        _ => deploy(format!("{} proxy", deployment.name), deployment),
    }));
    let code = |it: &Implementation| {
        deploy(format!("{} implementation", it.deployment.name), it.deployment.clone())
    };
    steps.extend(implementations.iter().map(code));
    steps.extend(implementations.iter().map(|it| initialisation(addresses.proxy_admin, it)));
    steps.extend(inbox_steps(config, batch_inbox(config)?));
    Ok(steps)
}

/// A deployment through the deterministic deployment proxy.
pub(super) fn deploy(name: String, deployment: L1Deployment) -> Step {
    let input = [deployment.salt.as_slice(), &deployment.init_code].concat().into();
    Step {
        name,
        address: deployment.address,
        action: call(Sender::Anyone, CREATE2_PROXY, input),
        done: Done::Code(vec![deployment.address]),
    }
}

fn call(sender: Sender, to: Address, input: Bytes) -> Action {
    Action::Call { sender, to, value: U256::ZERO, input }
}

/// `ProxyAdmin.upgradeAndCall`: a proxy is never to be seen upgraded and not initialised.
fn initialisation(admin: Address, it: &Implementation) -> Step {
    let (proxy, implementation) = (it.proxy, it.deployment.address);
    let function =
        ProxyAdmin::upgradeAndCallCall { proxy, implementation, data: it.initialize.clone() };
    Step {
        name: format!("{} initialisation", it.deployment.name),
        address: proxy,
        action: call(Sender::Owner, admin, function.abi_encode().into()),
        done: Done::Implementation { proxy, implementation },
    }
}

fn inbox_steps(config: &RollupConfig, inbox: L1Deployment) -> [Step; 2] {
    let address = inbox.address;
    let update = BatchInbox::updateBatcherCall {}.abi_encode().into();
    let batcher = Step {
        name: "BatchInbox batcher".to_owned(),
        address,
        action: call(Sender::Anyone, address, update),
        done: Done::Returns {
            to: address,
            input: calls::BatchInbox::batcherCall {}.abi_encode().into(),
            output: config.roles.batcher.into_word().0.into(),
        },
    };
    [deploy("BatchInbox".to_owned(), inbox), batcher]
}
