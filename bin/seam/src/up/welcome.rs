//! What `seam up` prints when it is ready: for people, or one line for programs.

use super::{Accounts, Network, Servers};
use crate::{config::UpConfig, data_dir::DataDir, service};
use alloy_primitives::{Address, B256, U256};
use anyhow::Result;
use seam_chain::{Chain, wallet::DEFAULT_MNEMONIC};
use seam_genesis::{
    addresses::MULTICALL3,
    dev::{L1_CHAIN_ID, L2_CHAIN_ID},
};
use seam_stf::StateReader;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    net::SocketAddr,
    path::PathBuf,
};

/// A chain as its users meet it.
#[derive(Debug)]
struct Endpoint {
    name: &'static str,
    /// Name of the constant in the viem snippet.
    constant: &'static str,
    chain_id: u64,
    address: SocketAddr,
    genesis: B256,
    head: u64,
}

impl Endpoint {
    fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    fn ws(&self) -> String {
        format!("ws://{}", self.address)
    }

    fn json(&self) -> Value {
        json!({
            "chainId": self.chain_id,
            "http": self.http(),
            "ws": self.ws(),
            "genesisHash": self.genesis,
            "head": self.head,
        })
    }
}

/// An account with its key, and its balance on each chain in wei.
#[derive(Debug)]
struct Funded {
    address: Address,
    key: B256,
    balances: [U256; 2],
}

/// All there is to say.
#[derive(Debug)]
pub(crate) struct Welcome {
    l1: Endpoint,
    l2: Endpoint,
    /// The rollup's on L1, by name.
    contracts: Vec<(&'static str, Address)>,
    config_hash: B256,
    accounts: Vec<Funded>,
    data_dir: PathBuf,
    /// The rollup.json.
    rollup: PathBuf,
    /// The books, if they are kept.
    books: Option<PathBuf>,
    /// Whether actors use the Layer 2.
    traffic: bool,
    /// The dashboard, if there is one.
    web: Option<String>,
    admin_token: String,
}

impl Welcome {
    /// Collects it from what runs.
    pub(crate) fn new(
        network: &Network,
        servers: &Servers,
        accounts: &Accounts,
        directory: &DataDir,
        config: &UpConfig,
    ) -> Result<Self> {
        let (l1, l2) = (network.l1(), network.l2());
        let [l1_address, l2_address] = servers.addresses();
        let funded = |(address, key)| {
            let balances = [balance(l1, address)?, balance(l2, address)?];
            Ok(Funded { address, key, balances })
        };
        Ok(Self {
            l1: Endpoint {
                name: "Seam L1 (development)",
                constant: "seamL1",
                chain_id: L1_CHAIN_ID,
                address: l1_address,
                genesis: network.genesis.0.hash_slow(),
                head: l1.head().number(),
            },
            l2: Endpoint {
                name: "Seam L2 (development)",
                constant: "seamL2",
                chain_id: L2_CHAIN_ID,
                address: l2_address,
                genesis: network.genesis.1.hash_slow(),
                head: l2.head().number(),
            },
            contracts: network.deployment.contracts(),
            config_hash: network.deployment.config_hash,
            accounts: accounts.with_keys().map(funded).collect::<Result<_>>()?,
            data_dir: directory.path().to_owned(),
            rollup: directory.rollup().join("rollup.json"),
            books: config.earnings.then(|| directory.books()),
            traffic: config.traffic,
            web: None,
            admin_token: directory.meta.admin_token.clone(),
        })
    }

    /// The dashboard is there.
    pub(crate) fn with_dashboard(self, at: Option<SocketAddr>) -> Self {
        Self { web: at.map(|at| format!("http://{}", service::reachable(at))), ..self }
    }

    /// One line.
    pub(crate) fn json(&self) -> String {
        let account =
            |funded: &Funded| json!({ "address": funded.address, "privateKey": funded.key });
        let contract = |(name, at): &(&'static str, Address)| (*name, json!(at));
        let line = json!({
            "l1": self.l1.json(),
            "l2": self.l2.json(),
            "contracts": self.contracts.iter().map(contract).collect::<BTreeMap<_, _>>(),
            "configHash": self.config_hash,
            "accounts": self.accounts.iter().map(account).collect::<Vec<_>>(),
            "mnemonic": DEFAULT_MNEMONIC,
            "dataDir": self.data_dir,
            "rollup": self.rollup,
            "books": self.books,
            "traffic": self.traffic,
            "web": self.web,
            "adminToken": self.admin_token,
            "pid": std::process::id(),
        });
        format!("{line}\n")
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "{WARNING}\n")?;
        for chain in [&self.l1, &self.l2] {
            writeln!(text, "{} · chain id {}", chain.name, chain.chain_id)?;
            writeln!(text, "  HTTP       {}", chain.http())?;
            writeln!(text, "  WebSocket  {}", chain.ws())?;
            writeln!(text, "  genesis    {}", chain.genesis)?;
            writeln!(text, "  head       block {}\n", chain.head)?;
        }
        if let Some(web) = &self.web {
            writeln!(text, "Dashboard: {web}\n")?;
        }
        writeln!(text, "Contracts of the L2 on the L1:\n")?;
        for (name, address) in &self.contracts {
            writeln!(text, "  {name:<30}{address}")?;
        }
        writeln!(text)?;
        self.write_accounts(text)?;
        writeln!(text, "For viem:\n")?;
        writeln!(text, "import {{ defineChain }} from 'viem'\n")?;
        write_viem(text, &self.l1, "")?;
        write_viem(text, &self.l2, &self.op_stack())?;
        writeln!(text, "For a wallet (add a network):\n")?;
        for chain in [&self.l1, &self.l2] {
            writeln!(text, "  Network name     {}", chain.name)?;
            writeln!(text, "  RPC URL          {}", chain.http())?;
            writeln!(text, "  Chain ID         {}", chain.chain_id)?;
            writeln!(text, "  Currency symbol  ETH\n")?;
        }
        self.write_next(text)
    }

    /// What viem's op-stack actions look for in the Layer 2's chain.
    fn op_stack(&self) -> String {
        let id = self.l1.chain_id;
        let keys = [
            ("portal", "OptimismPortal2"),
            ("disputeGameFactory", "DisputeGameFactory"),
            ("l1StandardBridge", "L1StandardBridge"),
        ];
        let at = |name| self.contracts.iter().find(|(known, _)| *known == name);
        let entries = keys.iter().filter_map(|(key, name)| {
            let (_, address) = at(*name)?;
            Some(format!(",\n    {key}: {{ {id}: {{ address: '{address}' }} }}"))
        });
        entries.collect()
    }

    fn write_accounts(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "Accounts, unlocked here, of the mnemonic:\n  {DEFAULT_MNEMONIC}\n")?;
        let balances: Vec<[String; 2]> =
            self.accounts.iter().map(|account| account.balances.map(ether)).collect();
        let width = balances.iter().flatten().map(String::len).max().unwrap_or_default();
        for (index, (account, [l1, l2])) in self.accounts.iter().zip(&balances).enumerate() {
            let Funded { address, key, .. } = account;
            writeln!(text, "  {index}  {address}  {l1:>width$} ETH on L1  {l2:>width$} ETH on L2")?;
            writeln!(text, "     {key}")?;
        }
        writeln!(text)
    }

    fn write_next(&self, text: &mut String) -> fmt::Result {
        let [from, to] = [0, 1].map(|index| self.accounts.get(index));
        let url = self.l2.http();
        writeln!(text, "To try next:\n")?;
        writeln!(text, "  cast block-number --rpc-url {url}")?;
        if let (Some(from), Some(to)) = (from, to) {
            writeln!(text, "  cast send {} --value 1ether --rpc-url {url} \\", to.address)?;
            writeln!(text, "    --private-key {}", from.key)?;
        }
        writeln!(text, "  curl -s {url} -H 'content-type: application/json' \\")?;
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}"#;
        writeln!(text, "    -d '{call}'\n")?;
        writeln!(text, "  seam bridge deposit \"1 ether\" --rollup {} \\", self.rollup.display())?;
        let [l1, l2] = [&self.l1, &self.l2].map(Endpoint::http);
        writeln!(text, "    --l1-rpc {l1} --l2-rpc {l2} --private-key-file KEY\n")?;
        if let Some(books) = &self.books {
            let db = books.display();
            writeln!(text, "What each account earns and pays, to the wei:\n")?;
            writeln!(text, "  seam earn report --by role --db {db}")?;
            writeln!(text, "  seam earn check --db {db}\n")?;
        }
        if self.traffic {
            writeln!(
                text,
                "Actors use the L2 and deposit to it; --no-traffic starts without them.\n"
            )?;
        }
        writeln!(text, "Data in {}. Ctrl-C stops; `seam up` goes on.", self.data_dir.display())
    }
}

/// What nobody may overlook.
const WARNING: &str = "\
DEVELOPMENT NETWORK: the L1 has no validators and is for development only, and the private keys
below are public. Never send anything of worth to these accounts, on any chain.";

/// A chain for viem; `contracts` are those it has beside Multicall3.
fn write_viem(text: &mut String, chain: &Endpoint, contracts: &str) -> fmt::Result {
    let Endpoint { name, constant, chain_id, .. } = chain;
    let (http, ws) = (chain.http(), chain.ws());
    writeln!(text, "export const {constant} = defineChain({{")?;
    writeln!(text, "  id: {chain_id},")?;
    writeln!(text, "  name: '{name}',")?;
    writeln!(text, "  nativeCurrency: {{ name: 'Ether', symbol: 'ETH', decimals: 18 }},")?;
    writeln!(text, "  rpcUrls: {{ default: {{ http: ['{http}'], webSocket: ['{ws}'] }} }},")?;
    writeln!(text, "  contracts: {{ multicall3: {{ address: '{MULTICALL3}' }}{contracts} }},")?;
    if !contracts.is_empty() {
        writeln!(text, "  sourceId: {L1_CHAIN_ID},")?;
    }
    writeln!(text, "  testnet: true,")?;
    writeln!(text, "}})\n")
}

/// What the account holds at the head, in wei.
fn balance(chain: &Chain, address: Address) -> Result<U256> {
    let account = chain.head().view.clone().account(address)?;
    Ok(account.map(|account| account.balance).unwrap_or_default())
}

/// Wei as ether with four digits after the point, rounded down.
fn ether(wei: U256) -> String {
    let (whole, rest) = wei.div_rem(U256::from(10u64.pow(18)));
    let digits = rest / U256::from(10u64.pow(14));
    format!("{whole}.{digits:0>4}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome() -> Welcome {
        let endpoint = |name, constant, chain_id, port| Endpoint {
            name,
            constant,
            chain_id,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            genesis: B256::repeat_byte(7),
            head: 3,
        };
        let funded = |byte| Funded {
            address: Address::repeat_byte(byte),
            key: B256::repeat_byte(byte),
            balances: [U256::from(10u128.pow(22)), U256::from(10u128.pow(22) - 1)],
        };
        Welcome {
            l1: endpoint("L1", "seamL1", 900, 8545),
            l2: endpoint("L2", "seamL2", 901, 9545),
            contracts: vec![("OptimismPortal2", Address::repeat_byte(9))],
            config_hash: B256::repeat_byte(8),
            accounts: vec![funded(1), funded(2)],
            data_dir: "/d".into(),
            rollup: "/d/rollup/rollup.json".into(),
            books: Some("/d/earn.db".into()),
            traffic: true,
            web: Some("http://127.0.0.1:8480".into()),
            admin_token: "secret".into(),
        }
    }

    #[test]
    fn programs_get_one_line_with_all_fields() {
        let json = welcome().json();
        assert_eq!(json.matches('\n').count(), 1);
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["l1"]["http"], "http://127.0.0.1:8545");
        assert_eq!((&value["l2"]["chainId"], &value["l2"]["head"]), (&901.into(), &3.into()));
        assert_eq!(value["l2"]["genesisHash"], B256::repeat_byte(7).to_string());
        let portal = Address::repeat_byte(9);
        assert_eq!(value["contracts"]["OptimismPortal2"], json!(portal));
        assert_eq!(value["configHash"], B256::repeat_byte(8).to_string());
        assert_eq!(value["accounts"][1]["privateKey"], B256::repeat_byte(2).to_string());
        assert_eq!((&value["books"], &value["traffic"]), (&"/d/earn.db".into(), &true.into()));
        assert_eq!(value["web"], "http://127.0.0.1:8480");
        assert_eq!((&value["dataDir"], &value["adminToken"]), (&"/d".into(), &"secret".into()));
    }

    #[test]
    fn people_get_a_warning_first_and_what_to_paste() {
        let text = welcome().text();
        assert!(text.starts_with("DEVELOPMENT NETWORK"));
        for expected in [
            "the private keys\nbelow are public",
            "http: ['http://127.0.0.1:9545'], webSocket: ['ws://127.0.0.1:9545']",
            "multicall3: { address: '0xcA11bde05977b3631167028862bE2a173976CA11' }",
            "testnet: true",
            "  OptimismPortal2               0x0909090909090909090909090909090909090909",
            "portal: { 900: { address: '0x0909090909090909090909090909090909090909' } }",
            "sourceId: 900",
            "Chain ID         901",
            "cast send 0x0202020202020202020202020202020202020202 --value 1ether",
            "10000.0000 ETH on L1   9999.9999 ETH on L2",
            "seam earn report --by role --db /d/earn.db",
            "--no-traffic",
            "Dashboard: http://127.0.0.1:8480",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        // The token is for programs: a screen is shared.
        assert!(!text.contains("secret"));
    }
}
