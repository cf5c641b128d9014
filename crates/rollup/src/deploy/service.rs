//! Looks at the L1, sends what is missing, and reads every getter back.

use super::{
    DeployError, Deployment, RollupFile,
    origin::{self, Block},
    pace,
};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes, U256, b256};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use seam_genesis::{
    DeployConfig, RollupConfig,
    addresses::MULTICALL3,
    config::Origin,
    l1::{Action, Check, Done, Step, Value, calls::Versioned, own_multicall3},
};
use seam_l1::{Fees, L1Client, L1Error, Receipt, SendError, SendLimits, Sender, TxRequest};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// EIP-1967: `keccak256("eip1967.proxy.implementation") - 1`.
const IMPLEMENTATION_SLOT: B256 =
    b256!("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

/// How often a transaction of somebody else is looked for.
const POLL: Duration = Duration::from_millis(500);

/// Whether steps wait for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Each is confirmed before the next is sent.
    OneByOne,
    /// As many at once as the sender lets be in flight, with consecutive nonces: into one block, if
    /// they fit.
    Together,
}

/// What the L1 has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// For each step whether it is done.
    pub done: Vec<bool>,
    /// Where Multicall3 is, or will be.
    pub multicall3: Address,
}

impl Survey {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.done.iter().all(|done| *done)
    }
}

/// What is told while a deployment goes on.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The step's transaction is in the journal and on its way.
    Sent(&'a Step),
    /// It is done; with its receipt, where its transaction is ours.
    Done(&'a Step, Option<&'a Receipt>),
}

/// Deploys over an L1.
#[derive(Debug, Clone)]
pub struct Deployer {
    client: L1Client,
}

impl Deployer {
    /// Nothing is asked yet.
    pub const fn new(client: L1Client) -> Self {
        Self { client }
    }

    /// The whole configuration: that of the deployment that was `begun` in the folder, or a new one
    /// that begins where the file says, else after the L1's newest final block.
    ///
    /// # Errors
    /// [`DeployError`]; the L1 was only read.
    pub async fn configure(
        &self,
        file: &DeployConfig,
        begun: Option<RollupConfig>,
        record: &Path,
    ) -> Result<RollupConfig, DeployError> {
        let found = self.client.chain_id().await.map_err(|error| match error {
            L1Error::Unreachable { last, .. } => DeployError::Unreachable(last),
            error => error.into(),
        })?;
        let expected = file.l1().chain_id;
        if found != expected {
            return Err(DeployError::OtherChain { expected, found });
        }
        if let Some(begun) = begun {
            self.check_begun(begun.origin()).await?;
            let now = file.at(begun.origin())?;
            return same(begun, &now, record);
        }
        Ok(file.at(self.origin(file.given()).await?)?)
    }

    /// Where a rollup begins, checked against the L1.
    async fn origin(&self, given: Option<Origin>) -> Result<Origin, DeployError> {
        let last_final = self.block(BlockNumberOrTag::Finalized).await.map_err(no_final_block)?;
        let last_final = last_final.ok_or(DeployError::NoFinalBlock)?;
        let Some(given) = given else { return Ok(origin::after(last_final)) };
        let newest = self.newest().await?;
        let named = self.block(given.l1_number.into()).await?;
        origin::check(given, named, last_final, newest)?;
        Ok(given)
    }

    /// The L1 still has the block that a deployment was begun at.
    async fn check_begun(&self, origin: Origin) -> Result<(), DeployError> {
        let named = self.block(origin.l1_number.into()).await?;
        let newest = self.newest().await?;
        origin::check(origin, named, named.unwrap_or(newest), newest)
    }

    async fn newest(&self) -> Result<Block, DeployError> {
        self.block(BlockNumberOrTag::Latest).await?.ok_or(DeployError::NoFinalBlock)
    }

    async fn block(&self, block: BlockNumberOrTag) -> Result<Option<Block>, L1Error> {
        let found = self.client.block(block).await?;
        Ok(found.map(|header| Block {
            number: header.number,
            hash: header.seal(),
            timestamp: header.timestamp,
        }))
    }

    /// Whether the L1's blocks come as the configuration says; a warning, if that is all.
    ///
    /// # Errors
    /// [`DeployError::BlockTime`].
    pub async fn check_pace(&self, config: &RollupConfig) -> Result<Option<String>, DeployError> {
        let newest = self.newest().await?;
        // The genesis block has a time of its own.
        let intervals = newest.number.saturating_sub(1).min(pace::SAMPLE);
        let oldest = self.block((newest.number - intervals).into()).await?.unwrap_or(newest);
        let seconds = newest.timestamp.saturating_sub(oldest.timestamp);
        pace::check(config, intervals, seconds)
    }

    /// What the L1 has already.
    ///
    /// # Errors
    /// [`DeployError::Upgraded`] if a proxy is not as this deployment makes it.
    pub async fn survey(&self, deployment: &Deployment) -> Result<Survey, DeployError> {
        let mut done = Vec::new();
        for step in &deployment.steps {
            done.push(self.is_done(step).await?);
        }
        let own = own_multicall3()?.address;
        let usual = self.has_code(MULTICALL3).await?;
        Ok(Survey { done, multicall3: if usual { MULTICALL3 } else { own } })
    }

    async fn is_done(&self, step: &Step) -> Result<bool, DeployError> {
        match &step.done {
            Done::Code(addresses) => {
                for address in addresses {
                    if self.has_code(*address).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Done::Implementation { proxy, implementation } => {
                let slot = self.client.storage(*proxy, IMPLEMENTATION_SLOT.into(), LATEST).await?;
                upgraded(step, *proxy, *implementation, slot)
            }
            Done::Funded { account, balance, or_code } => {
                let holds = self.client.balance(*account, LATEST).await? >= *balance;
                Ok(holds || self.has_code(*or_code).await?)
            }
            // The role may have changed it since: then the contract names the new one, not nobody.
            Done::Returns { to, input, .. } => {
                let output = self.read(*to, input).await?;
                Ok(output.iter().any(|byte| *byte != 0))
            }
        }
    }

    async fn has_code(&self, address: Address) -> Result<bool, DeployError> {
        Ok(!self.client.code(address, LATEST).await?.is_empty())
    }

    async fn read(&self, to: Address, input: &Bytes) -> Result<Bytes, DeployError> {
        let request = TransactionRequest {
            to: Some(to.into()),
            input: TransactionInput::both(input.clone()),
            ..TransactionRequest::default()
        };
        Ok(self.client.call(&request, LATEST).await?)
    }

    /// What gas costs now.
    ///
    /// # Errors
    /// [`DeployError::L1`].
    pub async fn fees(&self) -> Result<Fees, DeployError> {
        Ok(self.client.fees().await?)
    }

    /// Whether this account may do it and can pay for it.
    ///
    /// # Errors
    /// [`DeployError::NotOwner`], [`DeployError::Funds`].
    pub async fn check_owner(
        &self,
        deployment: &Deployment,
        account: Address,
        needed: U256,
    ) -> Result<(), DeployError> {
        let owner = deployment.config.roles.owner;
        if account != owner {
            return Err(DeployError::NotOwner { key: account, owner });
        }
        let balance = self.balance(account).await?;
        if balance < needed {
            return Err(DeployError::Funds { account, balance, needed });
        }
        Ok(())
    }

    /// What an account has, in wei.
    ///
    /// # Errors
    /// [`DeployError::L1`].
    pub async fn balance(&self, account: Address) -> Result<U256, DeployError> {
        Ok(self.client.balance(account, LATEST).await?)
    }

    /// Opens the journal of a deployment, which is in nobody else's use then.
    ///
    /// # Errors
    /// [`DeployError::Send`].
    pub async fn sender(
        &self,
        deployment: &Deployment,
        journal: &Path,
        key: PrivateKeySigner,
        limits: SendLimits,
    ) -> Result<Sender, DeployError> {
        let chain_id = deployment.config.l1.chain_id;
        Ok(Sender::open(journal, self.client.clone(), key, chain_id, limits).await?)
    }

    /// Sends every step that the survey found missing and waits until all are done.
    ///
    /// # Errors
    /// [`DeployError`]; running it again goes on from there.
    pub async fn execute(
        &self,
        deployment: &Deployment,
        survey: &Survey,
        sender: &Sender,
        order: Order,
        tell: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<(), DeployError> {
        let mut flying: Vec<&Step> = Vec::new();
        for (index, step) in deployment.steps.iter().enumerate() {
            if survey.done.get(index).copied().unwrap_or_default() {
                continue;
            }
            let Some(request) = request(deployment, index) else {
                // It needs the ether of the step before.
                self.land(&mut flying, sender, tell).await?;
                self.send_presigned(step).await?;
                tell(Progress::Done(step, None));
                continue;
            };
            self.submit(step, &request, &mut flying, sender, tell).await?;
            if order == Order::OneByOne {
                self.land(&mut flying, sender, tell).await?;
            }
        }
        self.land(&mut flying, sender, tell).await
    }

    /// Submits a step; where there is no room in flight, waits for those before it.
    async fn submit<'a>(
        &self,
        step: &'a Step,
        request: &TxRequest,
        flying: &mut Vec<&'a Step>,
        sender: &Sender,
        tell: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<(), DeployError> {
        match sender.submit(&step.name, request).await {
            Err(SendError::Full(_)) if !flying.is_empty() => {
                self.land(flying, sender, tell).await?;
                sender.submit(&step.name, request).await?;
            }
            submitted => {
                submitted?;
            }
        }
        tell(Progress::Sent(step));
        flying.push(step);
        Ok(())
    }

    /// Waits for all that is in flight.
    async fn land(
        &self,
        flying: &mut Vec<&Step>,
        sender: &Sender,
        tell: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<(), DeployError> {
        for step in flying.drain(..) {
            let receipt = sender.wait(&step.name).await?;
            if !receipt.success {
                let hash = receipt.transaction;
                return Err(DeployError::StepFailed { name: step.name.clone(), hash });
            }
            if !self.is_done(step).await? {
                return Err(DeployError::NotDone { name: step.name.clone() });
            }
            tell(Progress::Done(step, Some(&receipt)));
        }
        Ok(())
    }

    /// Sends a transaction that is signed already until its contract is there. Nobody else can use
    /// its nonce, so it needs no journal.
    async fn send_presigned(&self, step: &Step) -> Result<(), DeployError> {
        let Action::Presigned { raw, .. } = &step.action else { return Ok(()) };
        let refused = match self.client.send_raw(raw).await {
            Ok(_) => None,
            // It may have it already.
            Err(L1Error::Refused { message, .. }) => Some(message),
            Err(error) => return Err(error.into()),
        };
        for _ in 0..PRESIGNED_POLLS {
            if self.is_done(step).await? {
                return Ok(());
            }
            if let Some(message) = refused.as_ref().filter(|text| !is_known(text)) {
                return Err(DeployError::Presigned { message: message.clone() });
            }
            self.client.timer().sleep(POLL).await;
        }
        Err(DeployError::NotDone { name: step.name.clone() })
    }

    /// Reads every getter back. What a role changed since is told, unless this run sent something:
    /// then nobody can have changed it.
    ///
    /// # Errors
    /// [`DeployError::WrongValue`] for the first getter that must return something else.
    pub async fn verify(
        &self,
        deployment: &Deployment,
        before: &Survey,
    ) -> Result<Vec<String>, DeployError> {
        let mut changed = Vec::new();
        for check in &deployment.checks {
            let found = self.read(check.to, &check.input).await?;
            if found == check.expected {
                continue;
            }
            if check.value == Value::Changing && before.is_complete() {
                changed.push(check.name.clone());
                continue;
            }
            return Err(wrong(check, &found));
        }
        Ok(changed)
    }

    /// `rollup.json`, with the versions that the contracts say they have.
    ///
    /// # Errors
    /// [`DeployError::L1`].
    pub async fn describe(
        &self,
        deployment: &Deployment,
        multicall3: Address,
    ) -> Result<RollupFile, DeployError> {
        let mut versions = BTreeMap::new();
        let input = Versioned::versionCall {}.abi_encode().into();
        for (name, address) in deployment.contracts() {
            // ProxyAdmin and BatchInbox have none.
            let output = match self.read(address, &input).await {
                Err(DeployError::L1(L1Error::Refused { .. })) => continue,
                output => output?,
            };
            if let Ok(version) = Versioned::versionCall::abi_decode_returns(&output) {
                versions.insert(name.to_owned(), version);
            }
        }
        Ok(RollupFile::new(deployment, multicall3, versions))
    }
}

const LATEST: BlockNumberOrTag = BlockNumberOrTag::Latest;

/// Two minutes.
const PRESIGNED_POLLS: u32 = 240;

/// Nodes have many words for a transaction that they have.
fn is_known(message: &str) -> bool {
    let message = message.to_lowercase();
    ["known", "already", "nonce too low"].iter().any(|word| message.contains(word))
}

fn no_final_block(error: L1Error) -> DeployError {
    match error {
        L1Error::Refused { .. } => DeployError::NoFinalBlock,
        error => error.into(),
    }
}

/// What the step's transaction is, if it is one of ours.
fn request(deployment: &Deployment, index: usize) -> Option<TxRequest> {
    let (step, gas) = (deployment.steps.get(index)?, deployment.gas.get(index)?);
    match &step.action {
        Action::Call { to, value, input, .. } => Some(TxRequest {
            to: Some(*to),
            value: *value,
            input: input.clone(),
            gas_limit: gas.limit,
            ..TxRequest::default()
        }),
        Action::Presigned { .. } => None,
    }
}

/// Whether the proxy has its implementation; another one is not to be touched.
fn upgraded(
    step: &Step,
    proxy: Address,
    expected: Address,
    slot: B256,
) -> Result<bool, DeployError> {
    let found = Address::from_word(slot);
    match found {
        Address::ZERO => Ok(false),
        found if found == expected => Ok(true),
        found => Err(DeployError::Upgraded { name: step.name.clone(), proxy, found, expected }),
    }
}

fn wrong(check: &Check, found: &Bytes) -> DeployError {
    DeployError::WrongValue {
        name: check.name.clone(),
        found: found.to_string(),
        expected: check.expected.to_string(),
    }
}

/// The configuration that was begun with, if the one given now is the same.
fn same(
    begun: RollupConfig,
    now: &RollupConfig,
    record: &Path,
) -> Result<RollupConfig, DeployError> {
    if begun == *now {
        return Ok(begun);
    }
    let path = record.to_owned();
    let differs = difference(&begun, now).unwrap_or_else(|| "a value".to_owned());
    Err(DeployError::OtherConfig { path, differs })
}

/// The first key that differs, with both values.
fn difference(begun: &RollupConfig, now: &RollupConfig) -> Option<String> {
    let table = |config| toml::Table::try_from(config).ok();
    let (begun, now) = (table(begun)?, table(now)?);
    let sections = begun.keys().chain(now.keys());
    sections
        .filter_map(|section| {
            let of = |table: &toml::Table| table.get(section).and_then(|it| it.as_table()).cloned();
            let (begun, now) = (of(&begun).unwrap_or_default(), of(&now).unwrap_or_default());
            let key =
                begun.keys().chain(now.keys()).find(|key| begun.get(*key) != now.get(*key))?;
            let shown = |table: &toml::Table| {
                table.get(key).map_or("nothing".to_owned(), |it| it.to_string())
            };
            Some(format!("{section}.{key} was {} and is {}", shown(&begun), shown(&now)))
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_genesis::config::EXAMPLE;

    #[test]
    fn a_changed_configuration_is_told_by_its_key() {
        let begun = RollupConfig::from_toml(EXAMPLE).unwrap();
        assert!(same(begun.clone(), &begun, Path::new("r")).is_ok());
        let mut now = begun.clone();
        now.l2.gas_limit += 1;
        let text = same(begun.clone(), &now, Path::new("r")).unwrap_err().to_string();
        assert!(text.contains("(l2.gas_limit was 30000000 and is 30000001)"), "{text}");
        let mut now = begun.clone();
        now.roles.l2_owner = Some(Address::repeat_byte(1));
        let text = same(begun, &now, Path::new("r")).unwrap_err().to_string();
        assert!(text.contains("roles.l2_owner was nothing and is"), "{text}");
    }

    #[test]
    fn another_implementation_is_left_alone() {
        let config = RollupConfig::from_toml(EXAMPLE).unwrap();
        let deployment = Deployment::new(config).unwrap();
        let of = |step: &&Step| matches!(step.done, Done::Implementation { .. });
        let step = deployment.steps.iter().find(of).unwrap();
        let Done::Implementation { proxy, implementation } = step.done else { unreachable!() };
        let slot = |address: Address| address.into_word();
        assert!(!upgraded(step, proxy, implementation, B256::ZERO).unwrap());
        assert!(upgraded(step, proxy, implementation, slot(implementation)).unwrap());
        let text = upgraded(step, proxy, implementation, slot(proxy)).unwrap_err().to_string();
        assert!(text.starts_with("SuperchainConfig initialisation: the proxy"), "{text}");
    }
}
