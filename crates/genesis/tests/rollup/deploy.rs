//! A whole deployment, by real transactions on an L1 that has nothing yet.

use crate::{
    block_one::{key, sender},
    chain::example,
};
use alloy_consensus::{SignableTransaction, TxEip1559, transaction::SignerRecoverable};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{
    Address, B256, Bytes, Log, Signature, TxKind, U256, address, b256, hex, keccak256,
};
use alloy_sol_types::{SolCall, SolEvent, SolValue, sol};
use seam_genesis::{
    ChainGenesis, L1Addresses, RollupConfig,
    addresses::{CREATE2_PROXY, MULTICALL3, predeploy},
    config_hash, dev,
    l1::{
        self, Action, CREATE2_PROXY_SENDER, Done, GAME_TYPE, MAX_TRANSACTION_GAS, Step, StepGas,
        calls,
    },
    rollup_genesis_json,
};
use seam_primitives::{BlockAttributes, Recovered, Transaction, transaction::recover};
use seam_stf::{
    ExecutedBlock, StateReader, build_block,
    call::{Call, CallResult, call},
};
use seam_storage::MemoryStore;

sol! {
    interface Portal {
        event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);
        function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) external payable;
        function version() external view returns (string);
        function paused() external view returns (bool);
    }
    interface Multicall3 {
        function getChainId() external view returns (uint256);
    }
    interface System {
        event ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data);
        function gasPayingToken() external view returns (address, uint8);
        function startBlock() external view returns (uint256);
    }
}

/// EIP-1967: `keccak256("eip1967.proxy.implementation") - 1`.
const IMPLEMENTATION_SLOT: B256 =
    b256!("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

/// The example's rollup, with an owner whose key is here.
pub(crate) fn config() -> RollupConfig {
    let mut config = example();
    config.roles.owner = sender();
    config
}

fn output_root(config: &RollupConfig) -> B256 {
    ChainGenesis::from_genesis(&rollup_genesis_json(config).unwrap()).unwrap().output_root()
}

fn plan(config: &RollupConfig) -> (Vec<Step>, Vec<StepGas>) {
    let steps = l1::plan(config, output_root(config)).unwrap();
    let gas = l1::simulate(config, &steps).unwrap();
    assert_eq!(steps.len(), gas.len());
    (steps, gas)
}

/// The embedded L1 without what the deployment's first steps make.
struct L1 {
    chain: ChainGenesis,
    store: MemoryStore,
    nonce: u64,
}

impl L1 {
    fn empty(config: &RollupConfig) -> Self {
        let mut genesis = dev::l1_genesis(config.genesis.time, &[sender()]).unwrap();
        genesis.alloc.retain(|address, _| ![CREATE2_PROXY, MULTICALL3].contains(address));
        let chain = ChainGenesis::from_genesis(&genesis).unwrap();
        let store = MemoryStore::new(chain.sealed.clone(), &chain.state);
        Self { chain, store, nonce: 0 }
    }

    fn signed(
        &mut self,
        to: Address,
        value: U256,
        input: Bytes,
        gas: u64,
    ) -> Recovered<Transaction> {
        let tx = TxEip1559 {
            chain_id: self.chain.rules.chain_id,
            nonce: self.nonce,
            gas_limit: gas,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 1,
            to: TxKind::Call(to),
            value,
            input,
            ..TxEip1559::default()
        };
        self.nonce += 1;
        let (signature, parity) =
            key().sign_prehash_recoverable(tx.signature_hash().as_slice()).unwrap();
        let signature = Signature::from_signature_and_parity(signature, parity.is_y_odd());
        recover(Transaction::Eip1559(tx.into_signed(signature))).unwrap()
    }

    fn transaction(&mut self, step: &Step, gas: StepGas) -> Recovered<Transaction> {
        match &step.action {
            Action::Call { to, value, input, .. } => {
                self.signed(*to, *value, input.clone(), gas.limit)
            }
            Action::Presigned { raw, from, .. } => {
                let transaction = Transaction::decode_2718_exact(raw).unwrap();
                assert_eq!(transaction.recover_signer().unwrap(), *from);
                recover(transaction).unwrap()
            }
        }
    }

    fn attributes(&self) -> BlockAttributes {
        let parent = self.store.head();
        BlockAttributes {
            timestamp: parent.timestamp + 2,
            gas_limit: parent.gas_limit,
            ..BlockAttributes::default()
        }
    }

    fn block(&mut self, transactions: Vec<Recovered<Transaction>>) -> ExecutedBlock {
        let (parent, attributes) = (self.store.head().clone(), self.attributes());
        let rules = &self.chain.rules;
        let block =
            build_block(rules, &parent, &attributes, transactions, &mut self.store).unwrap();
        self.store.commit(&block).unwrap();
        block
    }

    /// The whole plan in one block.
    fn deploy(config: &RollupConfig) -> (Self, Vec<Step>, ExecutedBlock) {
        let (steps, gas) = plan(config);
        let mut l1 = Self::empty(config);
        let transactions: Vec<_> =
            steps.iter().zip(gas).map(|(step, gas)| l1.transaction(step, gas)).collect();
        let block = l1.block(transactions);
        (l1, steps, block)
    }

    fn raw_view(&mut self, to: Address, input: Bytes) -> Bytes {
        let header = self.store.head().clone();
        let request = Call { to: TxKind::Call(to), input, ..Call::default() };
        let done = call(&self.chain.rules, &header, &request, &mut self.store).unwrap();
        match done.result {
            CallResult::Success { output } => output,
            other => panic!("{to}: {other:?}"),
        }
    }

    fn view<C: SolCall>(&mut self, to: Address, function: C) -> C::Return {
        C::abi_decode_returns(&self.raw_view(to, function.abi_encode().into())).unwrap()
    }

    fn has_code(&mut self, address: Address) -> bool {
        let account = self.store.account(address).unwrap().unwrap_or_default();
        account.code_hash != keccak256([])
    }

    fn is_done(&mut self, done: &Done) -> bool {
        match done {
            Done::Code(addresses) => addresses.iter().any(|address| self.has_code(*address)),
            Done::Implementation { proxy, implementation } => {
                let slot = self.store.storage(*proxy, IMPLEMENTATION_SLOT.into()).unwrap();
                slot == U256::from_be_bytes(implementation.into_word().0)
            }
            Done::Funded { account, balance, or_code } => {
                let holds = self.store.account(*account).unwrap().unwrap_or_default().balance;
                holds >= *balance || self.has_code(*or_code)
            }
            Done::Returns { to, input, output } => self.raw_view(*to, input.clone()) == *output,
        }
    }
}

fn logs<E: SolEvent>(block: &ExecutedBlock, at: Address) -> Vec<E> {
    let logs = block.receipts.iter().flat_map(|receipt| &receipt.logs);
    logs.filter(|log: &&Log| log.address == at)
        .filter_map(|log| E::decode_log_data(&log.data).ok())
        .collect()
}

#[test]
fn the_creation_of_the_deployment_proxy_is_the_well_known_transaction() {
    let raw = l1::create2_proxy_transaction().unwrap();
    let known = hex!(
        "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffff"
        "ffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b80"
        "82525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a0"
        "2222222222222222222222222222222222222222222222222222222222222222"
    );
    assert_eq!(raw[..], known);
    let transaction = Transaction::decode_2718_exact(&raw).unwrap();
    assert_eq!(transaction.encoded_2718()[..], known);
    let sender = transaction.recover_signer().unwrap();
    assert_eq!(sender, address!("0x3fAB184622Dc19b6109349B94811493BF2a45362"));
    assert_eq!(sender, CREATE2_PROXY_SENDER);
    assert_eq!(sender.create(0), address!("0x4e59b44847b379578588920cA78FbF26c0B4956C"));
}

#[test]
fn the_whole_plan_fits_one_block_and_every_step_is_done_by_its_transaction() {
    let config = config();
    let (steps, gas) = plan(&config);
    let mut l1 = L1::empty(&config);
    let transactions: Vec<_> =
        steps.iter().zip(&gas).map(|(step, gas)| l1.transaction(step, *gas)).collect();
    for step in &steps {
        let returns = matches!(step.done, Done::Returns { .. });
        assert!(returns || !l1.is_done(&step.done), "{} is done before", step.name);
    }
    let block = l1.block(transactions);
    let mut before = 0;
    for ((step, gas), receipt) in steps.iter().zip(&gas).zip(&block.receipts) {
        assert!(receipt.status.coerce_status(), "{}", step.name);
        assert_eq!(receipt.cumulative_gas_used - before, gas.used, "{}", step.name);
        assert!(gas.limit <= MAX_TRANSACTION_GAS && gas.limit >= gas.used, "{}", step.name);
        before = receipt.cumulative_gas_used;
        assert!(l1.is_done(&step.done), "{}", step.name);
    }
    let names: std::collections::BTreeSet<_> = steps.iter().map(|step| &step.name).collect();
    assert_eq!(names.len(), steps.len());
    assert_eq!(l1.store.account(CREATE2_PROXY_SENDER).unwrap().unwrap().nonce, 1);
    let total: u64 = gas.iter().map(|gas| gas.used).sum();
    assert!(total < dev::L1_GAS_LIMIT / 2, "{total}");
}

#[test]
fn steps_can_be_sent_one_by_one_and_a_plan_that_is_done_is_seen_to_be() {
    let config = config();
    let (steps, gas) = plan(&config);
    let mut l1 = L1::empty(&config);
    for (index, step) in steps.iter().enumerate() {
        let transaction = l1.transaction(step, gas[index]);
        let block = l1.block(vec![transaction]);
        assert!(block.receipts[0].status.coerce_status(), "{}", step.name);
    }
    assert!(steps.iter().all(|step| l1.is_done(&step.done)));
}

#[test]
fn every_getter_gives_what_the_configuration_says() {
    let config = config();
    let (mut l1, ..) = L1::deploy(&config);
    let root = output_root(&config);
    let checks = l1::checks(&config, root).unwrap();
    assert!(checks.len() >= 40);
    for check in checks {
        assert_eq!(l1.raw_view(check.to, check.input), check.expected, "{}", check.name);
    }

    // The same once more by hand, where a mistake in the checks would cost most.
    let (at, roles) = (L1Addresses::of(&config).unwrap(), &config.roles);
    assert_eq!(l1.view(at.proxy_admin, calls::ProxyAdmin::ownerCall {}), roles.owner);
    assert_eq!(l1.view(at.system_config, calls::SystemConfig::ownerCall {}), roles.owner);
    assert_eq!(
        l1.view(at.dispute_game_factory, calls::DisputeGameFactory::ownerCall {}),
        roles.owner
    );
    let batcher = l1.view(at.system_config, calls::SystemConfig::batcherHashCall {});
    assert_eq!(batcher, roles.batcher.into_word());
    assert_eq!(l1.view(at.system_config, calls::SystemConfig::gasLimitCall {}), 30_000_000);
    assert_eq!(
        l1.view(at.optimism_portal, calls::OptimismPortal2::guardianCall {}),
        roles.guardian
    );
    let game_type = l1.view(at.optimism_portal, calls::OptimismPortal2::respectedGameTypeCall {});
    assert_eq!((game_type, GAME_TYPE), (24_228, 24_228));
    assert!(!l1.view(at.optimism_portal, Portal::pausedCall {}));
    let messenger = at.l1_cross_domain_messenger;
    assert_eq!(
        l1.view(messenger, calls::L1CrossDomainMessenger::otherMessengerCall {}),
        predeploy(0x07)
    );
    assert_eq!(
        l1.view(at.l1_standard_bridge, calls::L1StandardBridge::otherBridgeCall {}),
        predeploy(0x10)
    );
    assert_eq!(
        l1.view(at.l1_erc721_bridge, calls::L1ERC721Bridge::otherBridgeCall {}),
        predeploy(0x14)
    );
    let ether = address!("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");
    let token = l1.view(at.system_config, System::gasPayingTokenCall {});
    assert_eq!((token._0, token._1), (ether, 18));
    assert_eq!(l1.view(at.system_config, System::startBlockCall {}), U256::from(1));
    let anchor = calls::AnchorStateRegistry::anchorsCall { gameType: GAME_TYPE };
    let anchor = l1.view(at.anchor_state_registry, anchor);
    assert_eq!((anchor.root, anchor.l2BlockNumber), (root, U256::ZERO));
}

/// Rule C6: the versions in `docs/genesis.md` are what the contracts say.
#[test]
fn versions_are_those_that_the_contracts_give() {
    let config = config();
    let (mut l1, steps, _) = L1::deploy(&config);
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/genesis.md");
    let page = std::fs::read_to_string(page).unwrap();
    for name in l1::PROXIES {
        let step = steps.iter().find(|step| step.name == format!("{name} initialisation"));
        let version = l1.view(step.unwrap().address, calls::Versioned::versionCall {});
        let row = format!("| {name} | proxy | ProxyAdmin | {version} |");
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn a_deposit_through_the_portal_is_logged() {
    let config = config();
    let (mut l1, ..) = L1::deploy(&config);
    let portal = L1Addresses::of(&config).unwrap().optimism_portal;
    let to = Address::repeat_byte(0x77);
    let deposit = Portal::depositTransactionCall {
        to,
        value: U256::from(5),
        gasLimit: 100_000,
        isCreation: false,
        data: Bytes::from_static(b"seam"),
    };
    let transaction = l1.signed(portal, U256::from(7), deposit.abi_encode().into(), 1_000_000);
    let block = l1.block(vec![transaction]);
    assert!(block.receipts[0].status.coerce_status());
    let deposits = logs::<Portal::TransactionDeposited>(&block, portal);
    assert_eq!(deposits.len(), 1);
    assert_eq!((deposits[0].from, deposits[0].to), (sender(), to));
    // mint ‖ value ‖ gas limit ‖ is creation ‖ data
    let opaque = (U256::from(7), U256::from(5), 100_000u64, false, Bytes::from_static(b"seam"));
    assert_eq!(deposits[0].opaqueData, opaque.abi_encode_packed());
    assert_eq!(l1.store.account(portal).unwrap().unwrap().balance, U256::from(7));
}

#[test]
fn the_initialisation_tells_the_rollup_its_system_configuration() {
    let config = config();
    let (_, _, block) = L1::deploy(&config);
    let system_config = L1Addresses::of(&config).unwrap().system_config;
    let updates = logs::<System::ConfigUpdate>(&block, system_config);
    let types: Vec<u8> = updates.iter().map(|update| update.updateType).collect();
    // Batcher, fee scalars, gas limit.
    assert_eq!(types, [0, 1, 2]);
}

#[test]
fn what_an_l1_has_already_is_left_out_and_multicall3_answers_at_its_own_address() {
    let config = config();
    let (mut l1, steps, _) = L1::deploy(&config);
    let own = l1::own_multicall3().unwrap().address;
    assert_eq!(own, address!("0x3B45C41792aae4a1c2e969f1e1f32F2c3BBB766b"));
    assert_eq!(l1.view(own, Multicall3::getChainIdCall {}), U256::from(900));
    let foundations: Vec<_> = steps[..3].iter().map(|step| step.done.clone()).collect();
    // The L1 of `seam up` has all three, Multicall3 where everybody has it.
    let chain =
        ChainGenesis::from_genesis(&dev::l1_genesis(config.genesis.time, &[]).unwrap()).unwrap();
    let store = MemoryStore::new(chain.sealed.clone(), &chain.state);
    let mut full = L1 { chain, store, nonce: 0 };
    assert!(foundations.iter().all(|done| full.is_done(done)));
}

#[test]
fn implementations_are_shared_and_proxies_are_not() {
    let one = config();
    let mut two = config();
    two.l2.chain_id += 1;
    let of = |config: &RollupConfig| -> Vec<(String, Address)> {
        let steps = l1::plan(config, B256::ZERO).unwrap();
        steps.into_iter().map(|step| (step.name, step.address)).collect()
    };
    for ((name, first), (_, second)) in of(&one).into_iter().zip(of(&two)) {
        let shared = name.ends_with("implementation") && !name.starts_with("AnchorStateRegistry")
            || name.contains("deployment proxy")
            || name == "Multicall3";
        assert_eq!(first == second, shared, "{name}");
    }
}

#[test]
fn a_step_that_would_fail_is_named_before_anything_is_sent() {
    let config = config();
    let mut steps = l1::plan(&config, B256::ZERO).unwrap();
    let mut stranger = config.clone();
    stranger.roles.owner = Address::repeat_byte(0x99);
    let error = l1::simulate(&stranger, &steps).unwrap_err().to_string();
    assert!(
        error.starts_with("SuperchainConfig initialisation would fail on L1: reverts"),
        "{error}"
    );
    steps.remove(1);
    let error = l1::simulate(&config, &steps).unwrap_err().to_string();
    assert!(error.starts_with("Multicall3 would fail on L1: nothing is made"), "{error}");
}

#[test]
fn block_builders_refuse_nothing_of_it_for_its_gas_limits() {
    // The sum of limits is what a block must have room for.
    let (_, gas) = plan(&config());
    let limits: u64 = gas.iter().map(|gas| gas.limit).sum();
    assert!(limits < dev::L1_GAS_LIMIT, "{limits}");
}

#[test]
fn the_configuration_hash_follows_the_configuration() {
    let hash = |change: fn(&mut RollupConfig)| {
        let mut config = config();
        change(&mut config);
        let genesis = ChainGenesis::from_genesis(&rollup_genesis_json(&config).unwrap()).unwrap();
        config_hash(&config, &genesis).unwrap()
    };
    let base = hash(|_| {});
    let covered: [fn(&mut RollupConfig); 12] = [
        |config| config.l1.chain_id = 31_337,
        |config| config.l2.chain_id = 77,
        |config| config.genesis.l1_number = 7,
        |config| config.genesis.l1_hash = B256::repeat_byte(7),
        |config| config.genesis.time += 1,
        |config| config.l2.block_time = 2,
        |config| config.genesis.salt = B256::repeat_byte(7),
        |config| config.roles.batcher = Address::repeat_byte(7),
        |config| config.fees.base_fee_scalar += 1,
        |config| config.deposits.max_resource_limit += 10,
        |config| config.inbox.max_drift += 1,
        |config| config.l1.blob_schedule = Some(Vec::new()),
    ];
    for (index, change) in covered.into_iter().enumerate() {
        assert_ne!(hash(change), base, "{index}");
    }
    let apart: [fn(&mut RollupConfig); 3] = [
        |config| config.settlement.exit_delay += 1,
        |config| config.batcher.max_age -= 1,
        |config| config.roles.unsafe_signer = Address::repeat_byte(7),
    ];
    for (index, change) in apart.into_iter().enumerate() {
        assert_eq!(hash(change), base, "{index}");
    }
}
