//! The genesis that every node starts from: the state after the set-up blocks of `stf`'s benchmark,
//! with wei and tokens for many more accounts.

use crate::{
    clock,
    stf::{
        self,
        contracts::{CHAIN_ID, Contracts},
        load::Cast,
        people::People,
        world::{self, FUNDS, POOL, World},
    },
};
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, U256, keccak256, utils::Unit};
use anyhow::{Context, Result, ensure};
use seam_genesis::ChainGenesis;
use seam_stf::{AccountChange, StateChanges};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// Where UniswapV2ERC20 keeps `balanceOf`.
const BALANCES_SLOT: u64 = 1;

/// Seconds between the genesis block and now.
const AGE: u64 = 10;

/// Everybody and everything on the chain at its first block.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) people: People,
    pub(crate) contracts: Contracts,
    pub(crate) chain: ChainGenesis,
    genesis: Genesis,
}

impl Ground {
    /// Of so many accounts, the first of which send; all hold wei and tokens.
    pub(crate) fn new(accounts: usize, senders: usize, gas_limit: u64) -> Result<Self> {
        ensure!(accounts >= senders, "more senders than accounts");
        let world = World::new(&stf::Options {
            accounts: senders,
            senders,
            blocks: 0,
            per_block: 1_000,
            only: None,
            repeats: 0,
            date: None,
        })?;
        let people = People::new(accounts, senders)?;
        let contracts = world.contracts;
        let mut alloc = alloc_of(&world.state);
        enrich(&mut alloc, &people, &contracts)?;
        let genesis = Genesis {
            config: serde_json::from_value(world::config())?,
            timestamp: clock::unix_seconds().saturating_sub(AGE),
            gas_limit,
            base_fee_per_gas: Some(Unit::GWEI.wei().to()),
            excess_blob_gas: Some(0),
            blob_gas_used: Some(0),
            number: Some(0),
            alloc,
            ..Genesis::default()
        };
        debug_assert_eq!(genesis.config.chain_id, CHAIN_ID);
        let chain = ChainGenesis::from_genesis(&genesis)?;
        Ok(Self { people, contracts, chain, genesis })
    }

    /// Who and what loads are about.
    pub(crate) fn cast(&self) -> Cast<'_> {
        let (people, contracts) = (&self.people, &self.contracts);
        Cast { people, contracts, holders: people.addresses().len() - 1 }
    }

    /// As a `genesis.json` in `directory`.
    pub(crate) fn write(&self, directory: &Path) -> Result<PathBuf> {
        fs::create_dir_all(directory)?;
        let path = directory.join("genesis.json");
        let mut file = BufWriter::new(File::create(&path)?);
        serde_json::to_writer(&mut file, &self.genesis)?;
        file.flush()?;
        Ok(path)
    }
}

fn alloc_of(state: &StateChanges) -> BTreeMap<Address, GenesisAccount> {
    let account = |(address, change): (&Address, &AccountChange)| {
        let account = change.account?;
        let slots =
            change.storage.iter().map(|(slot, value)| (B256::from(*slot), B256::from(*value)));
        let storage: BTreeMap<_, _> = slots.collect();
        let given = GenesisAccount {
            balance: account.balance,
            nonce: Some(account.nonce),
            code: state.codes.get(&account.code_hash).cloned(),
            storage: (!storage.is_empty()).then_some(storage),
            private_key: None,
        };
        Some((*address, given))
    };
    state.accounts.iter().filter_map(account).collect()
}

/// Wei and tokens for everyone who has none yet.
fn enrich(
    alloc: &mut BTreeMap<Address, GenesisAccount>,
    people: &People,
    contracts: &Contracts,
) -> Result<()> {
    let wei = Unit::ETHER.wei();
    let (funds, tokens) = (wei * U256::from(FUNDS), B256::from(wei * U256::from(POOL)));
    let holders = &people.addresses()[1..];
    for holder in holders {
        let fresh = || GenesisAccount { balance: funds, ..GenesisAccount::default() };
        alloc.entry(*holder).or_insert_with(fresh);
    }
    let token = alloc.get_mut(&contracts.token).context("the token is not there")?;
    let slots = token.storage.as_mut().context("the token has no slots")?;
    ensure!(slots.get(&balance_slot(holders[0])) == Some(&tokens), "not where balances are kept");
    for holder in holders {
        slots.entry(balance_slot(*holder)).or_insert(tokens);
    }
    Ok(())
}

/// The slot of a holder's balance, as Solidity lays a mapping out.
fn balance_slot(holder: Address) -> B256 {
    let slot = B256::from(U256::from(BALANCES_SLOT));
    keccak256([holder.into_word().as_slice(), slot.as_slice()].concat())
}
