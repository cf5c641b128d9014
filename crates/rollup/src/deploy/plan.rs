//! All that follows from the configuration, before the L1 is looked at.

use super::DeployError;
use alloy_genesis::Genesis;
use alloy_primitives::{Address, B256, U256};
use seam_genesis::{
    ChainGenesis, L1Addresses, RollupConfig, config_hash,
    l1::{self, Action, Check, Step, StepGas},
    rollup_genesis_json,
};
use seam_l1::Fees;

/// A rollup's deployment: what it is, and every transaction that makes it.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The whole configuration.
    pub config: RollupConfig,
    /// The rollup's `genesis.json`.
    pub genesis: Genesis,
    /// The same as a chain begins with it.
    pub chain: ChainGenesis,
    /// Output root of that block.
    pub output_root: B256,
    /// All that decides what the rollup's blocks are, as one word.
    pub config_hash: B256,
    /// Addresses on L1 that do not depend on where the rollup begins.
    pub addresses: L1Addresses,
    /// Where batches go.
    pub batch_inbox: Address,
    /// Every transaction, in order.
    pub steps: Vec<Step>,
    /// What each costs; as long as `steps`.
    pub gas: Vec<StepGas>,
    /// What the contracts must say afterwards.
    pub checks: Vec<Check>,
}

/// What is still to be paid, at some fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Gas of all steps that are not done.
    pub gas: u64,
    /// What they cost at the fees of now, in wei.
    pub expected: U256,
    /// What they may cost at most, which the owner must have before anything is sent, in wei.
    pub needed: U256,
}

impl Deployment {
    /// Makes the genesis and the plan, and runs the plan on an L1 in memory.
    ///
    /// # Errors
    /// [`DeployError`] if the configuration cannot work, or a step would fail.
    pub fn new(config: RollupConfig) -> Result<Self, DeployError> {
        let genesis = rollup_genesis_json(&config)?;
        let chain = ChainGenesis::from_genesis(&genesis)?;
        let output_root = chain.output_root();
        let steps = l1::plan(&config, output_root)?;
        Ok(Self {
            config_hash: config_hash(&config, &chain)?,
            addresses: L1Addresses::of(&config)?,
            batch_inbox: l1::batch_inbox(&config)?.address,
            gas: l1::simulate(&config, &steps)?,
            checks: l1::checks(&config, output_root)?,
            steps,
            chain,
            output_root,
            genesis,
            config,
        })
    }

    /// Hash of the rollup's genesis block.
    pub fn genesis_hash(&self) -> B256 {
        self.chain.sealed.header.hash_slow()
    }

    /// What the steps cost that are not `done`.
    pub fn cost(&self, done: &[bool], fees: &Fees) -> Cost {
        let remaining = self.steps.iter().zip(&self.gas).zip(done).filter(|(_, done)| !**done);
        let mut cost = Cost { gas: 0, expected: U256::ZERO, needed: U256::ZERO };
        let (now, most) = (fees.base_fee.saturating_add(fees.priority_fee), fees.max_fee());
        for ((step, gas), _) in remaining {
            // Whoever signed the other kind pays for it, with the ether of the step before.
            let Action::Call { value, .. } = &step.action else { continue };
            cost.gas = cost.gas.saturating_add(gas.used);
            cost.expected += U256::from(gas.used) * U256::from(now) + value;
            cost.needed += U256::from(gas.limit) * U256::from(most) + value;
        }
        cost
    }

    /// Gas limits of all steps that are not `done`: what a block must have room for to hold them.
    pub fn room(&self, done: &[bool]) -> u64 {
        let remaining = self.gas.iter().zip(done).filter(|(_, done)| !**done);
        remaining.fold(0, |sum: u64, (gas, _)| sum.saturating_add(gas.limit))
    }

    /// Names and addresses of the contracts on L1, in the order they are made. Multicall3 is where
    /// the L1 has it, so it is not among them.
    pub fn contracts(&self) -> Vec<(&'static str, Address)> {
        let at = &self.addresses;
        vec![
            ("ProxyAdmin", at.proxy_admin),
            ("SuperchainConfig", at.superchain_config),
            ("SystemConfig", at.system_config),
            ("OptimismPortal2", at.optimism_portal),
            ("L1CrossDomainMessenger", at.l1_cross_domain_messenger),
            ("L1StandardBridge", at.l1_standard_bridge),
            ("L1ERC721Bridge", at.l1_erc721_bridge),
            ("OptimismMintableERC20Factory", at.optimism_mintable_erc20_factory),
            ("DisputeGameFactory", at.dispute_game_factory),
            ("AnchorStateRegistry", at.anchor_state_registry),
            ("BatchInbox", self.batch_inbox),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_genesis::config::EXAMPLE;

    fn deployment() -> Deployment {
        Deployment::new(RollupConfig::from_toml(EXAMPLE).unwrap()).unwrap()
    }

    #[test]
    fn what_is_done_costs_nothing_and_the_rest_adds_up() {
        let deployment = deployment();
        let fees = Fees { base_fee: 7, priority_fee: 2, blob_base_fee: 0 };
        let none = vec![false; deployment.steps.len()];
        let all = vec![true; deployment.steps.len()];
        let nothing = Cost { gas: 0, expected: U256::ZERO, needed: U256::ZERO };
        assert_eq!(deployment.cost(&all, &fees), nothing);
        assert_eq!(deployment.room(&all), 0);
        let whole = deployment.cost(&none, &fees);
        let mut sum = nothing;
        for index in 0..none.len() {
            let mut only = all.clone();
            only[index] = false;
            let cost = deployment.cost(&only, &fees);
            sum.gas += cost.gas;
            sum.expected += cost.expected;
            sum.needed += cost.needed;
        }
        assert_eq!(whole, sum);
        // 0.01 ether goes to the deployment proxy's sender.
        let value = U256::from(10_000_000_000_000_000u64);
        assert_eq!(whole.expected, value + U256::from(whole.gas) * U256::from(9));
        assert!(whole.needed > value + U256::from(whole.gas) * U256::from(16));
    }
}
