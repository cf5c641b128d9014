//! The protocol's own contracts, at `0x4200…`.

use super::{Alloc, MAKER};
use crate::{
    GenesisError,
    addresses::{
        self as at, FEE_SPLITTER, GOVERNANCE_TOKEN, PREDEPLOY_COUNT, PREDEPLOYS, PROXY_ADMIN,
        Predeploy,
    },
    artifacts::{self, File},
    calls::{ForkFlags, Initializable, Proxy},
};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolValue;

/// `FeeVault.WithdrawalNetwork.L2` of contracts-bedrock: `withdraw` pays on the rollup itself.
const TO_L2: U256 = U256::from_limbs([1, 0, 0, 0]);

impl Alloc<'_> {
    /// Puts every predeploy in place, ready as after the Isthmus upgrade transactions.
    pub(super) fn predeploys(&mut self) -> Result<(), GenesisError> {
        self.proxies()?;
        for predeploy in PREDEPLOYS {
            let init_code = self.implementation(*predeploy)?;
            self.construct(predeploy.name, predeploy.implementation(), init_code)?;
            let implementation = predeploy.implementation();
            let upgrade = Proxy::upgradeToCall { implementation };
            self.call(predeploy.name, PROXY_ADMIN, predeploy.address(), &upgrade)?;
        }
        self.proxy_admin_storage()?;
        self.initialize()?;
        self.fork_flags()?;
        self.construct("WETH", at::WETH, artifacts::WETH.artifact()?.creation)?;
        self.clear_nonces();
        Ok(())
    }

    /// A proxy at every address of the namespace but two, so that a later predeploy needs no
    /// irregular state change. The one at [`FEE_SPLITTER`] waits for the economy's contract.
    fn proxies(&mut self) -> Result<(), GenesisError> {
        let init_code = creation(artifacts::PROXY, PROXY_ADMIN)?;
        let proxy = self.construct_apart("Proxy", FEE_SPLITTER, init_code)?;
        for address in (0..PREDEPLOY_COUNT).map(at::predeploy) {
            if address != at::WETH && address != GOVERNANCE_TOKEN {
                self.state.insert(address, proxy.clone());
            }
        }
        Ok(())
    }

    /// Creation code of a predeploy's implementation, with its constructor arguments.
    fn implementation(&self, predeploy: Predeploy) -> Result<Bytes, GenesisError> {
        let file = match predeploy.number {
            0x00 => artifacts::LEGACY_MESSAGE_PASSER,
            0x02 => artifacts::DEPLOYER_WHITELIST,
            0x07 => artifacts::L2_CROSS_DOMAIN_MESSENGER,
            0x0f => return artifacts::GAS_PRICE_ORACLE_ISTHMUS.code(),
            0x10 => artifacts::L2_STANDARD_BRIDGE,
            0x11 => return self.vault(artifacts::SEQUENCER_FEE_VAULT),
            0x12 => artifacts::OPTIMISM_MINTABLE_ERC20_FACTORY,
            0x13 => artifacts::L1_BLOCK_NUMBER,
            0x14 => artifacts::L2_ERC721_BRIDGE,
            0x15 => return artifacts::L1_BLOCK_ISTHMUS.code(),
            0x16 => artifacts::L2_TO_L1_MESSAGE_PASSER,
            0x17 => return self.erc721_factory(),
            0x18 => return creation(artifacts::PROXY_ADMIN, self.config.l2_owner()),
            0x19 => return self.vault(artifacts::BASE_FEE_VAULT),
            0x1a => return self.vault(artifacts::L1_FEE_VAULT),
            0x1b => return artifacts::OPERATOR_FEE_VAULT_ISTHMUS.code(),
            0x20 => artifacts::SCHEMA_REGISTRY,
            _ => artifacts::EAS,
        };
        Ok(file.artifact()?.creation)
    }

    /// `constructor(address recipient, uint256 minWithdrawalAmount, WithdrawalNetwork)`.
    fn vault(&self, file: File) -> Result<Bytes, GenesisError> {
        let minimum = U256::from(self.config.fees.vault_minimum);
        creation(file, (FEE_SPLITTER, minimum, TO_L2))
    }

    /// `constructor(address bridge, uint256 remoteChainId)`.
    fn erc721_factory(&self) -> Result<Bytes, GenesisError> {
        let remote_chain_id = U256::from(self.config.l1.chain_id);
        let arguments = (at::L2_ERC721_BRIDGE, remote_chain_id);
        creation(artifacts::OPTIMISM_MINTABLE_ERC721_FACTORY, arguments)
    }

    /// `ProxyAdmin` has no initializer: what its constructor stores must be in the proxy as well.
    /// So the constructor runs once more, as if at the proxy's address.
    fn proxy_admin_storage(&mut self) -> Result<(), GenesisError> {
        let init_code = creation(artifacts::PROXY_ADMIN, self.config.l2_owner())?;
        let made = self.construct_apart("ProxyAdmin", PROXY_ADMIN, init_code)?;
        self.state.entry(PROXY_ADMIN).or_default().storage.extend(made.storage);
        Ok(())
    }

    /// Tells the bridges who is on the other side.
    fn initialize(&mut self) -> Result<(), GenesisError> {
        let counterparts = [
            (
                "L2CrossDomainMessenger",
                at::L2_CROSS_DOMAIN_MESSENGER,
                self.l1.l1_cross_domain_messenger,
            ),
            ("L2StandardBridge", at::L2_STANDARD_BRIDGE, self.l1.l1_standard_bridge),
            ("L2ERC721Bridge", at::L2_ERC721_BRIDGE, self.l1.l1_erc721_bridge),
            (
                "OptimismMintableERC20Factory",
                at::OPTIMISM_MINTABLE_ERC20_FACTORY,
                at::L2_STANDARD_BRIDGE,
            ),
        ];
        for (name, address, counterpart) in counterparts {
            let initialize = Initializable::initializeCall { counterpart };
            self.call(name, MAKER, address, &initialize)?;
        }
        Ok(())
    }

    /// No upgrade transaction runs on a chain that has the fork from genesis on (rule C7), so the
    /// oracle is told here.
    fn fork_flags(&mut self) -> Result<(), GenesisError> {
        let (name, from, to) = ("GasPriceOracle", at::DEPOSITOR, at::GAS_PRICE_ORACLE);
        self.call(name, from, to, &ForkFlags::setEcotoneCall {})?;
        self.call(name, from, to, &ForkFlags::setFjordCall {})?;
        self.call(name, from, to, &ForkFlags::setIsthmusCall {})
    }

    /// As on every OP Stack chain, whose first genesis tool left the nonces out.
    fn clear_nonces(&mut self) {
        for account in self.state.values_mut() {
            account.nonce = 0;
        }
    }
}

/// Creation code with constructor arguments of fixed size.
fn creation(file: File, arguments: impl SolValue) -> Result<Bytes, GenesisError> {
    let creation = file.artifact()?.creation;
    Ok([creation.as_ref(), &arguments.abi_encode()].concat().into())
}
