//! Both chains as modules for viem, importable as they are.

use super::RollupFile;

/// Where clients reach the chains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Of the L1, if it is no secret: providers put keys into URLs.
    pub l1: Option<String>,
    /// Of the rollup.
    pub l2: String,
}

impl Endpoints {
    /// An L1 URL is only told if it has nothing but a host and a port.
    pub fn new(l1: &str, l2: &str) -> Self {
        let bare = l1.trim_end_matches('/');
        let host = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://"));
        let known = host.filter(|host| !host.contains(['/', '?', '@', '#']));
        Self { l1: known.map(|_| bare.to_owned()), l2: l2.to_owned() }
    }
}

/// The L1. It names Multicall3, without which viem asks every question by itself, and fails where it
/// has no other way.
pub fn l1(file: &RollupFile, endpoints: &Endpoints) -> String {
    let id = file.l1.chain_id;
    let urls = match &endpoints.l1 {
        Some(url) => format!("['{url}']"),
        None => "[] /* put your endpoint here, or into http() */".to_owned(),
    };
    format!(
        "// The L1 of rollup {rollup}, for viem. Written by `seam deploy`.\n\
         export const l1 = {{\n\
         \x20 id: {id},\n\
         \x20 name: 'L1 {id}',\n\
         \x20 nativeCurrency: {{ name: 'Ether', symbol: 'ETH', decimals: 18 }},\n\
         \x20 rpcUrls: {{ default: {{ http: {urls} }} }},\n\
         \x20 contracts: {{ multicall3: {{ address: '{multicall3}' }} }},\n\
         }}\n",
        rollup = file.l2.chain_id,
        multicall3 = file.contract("Multicall3"),
    )
}

/// The rollup, with its contracts on L1 as viem's op-stack actions look for them.
pub fn l2(file: &RollupFile, endpoints: &Endpoints) -> String {
    let (id, l1) = (file.l2.chain_id, file.l1.chain_id);
    let on_l1 = |key: &str, name: &str| {
        format!("    {key}: {{ {l1}: {{ address: '{}' }} }},\n", file.contract(name))
    };
    let contracts = [
        on_l1("portal", "OptimismPortal2"),
        on_l1("disputeGameFactory", "DisputeGameFactory"),
        on_l1("l1StandardBridge", "L1StandardBridge"),
        on_l1("l1CrossDomainMessenger", "L1CrossDomainMessenger"),
        on_l1("l1Erc721Bridge", "L1ERC721Bridge"),
        on_l1("systemConfig", "SystemConfig"),
        on_l1("batchInbox", "BatchInbox"),
    ];
    format!(
        "// Rollup {id} on L1 {l1}, for viem. Written by `seam deploy`.\n\
         import {{ chainConfig }} from 'viem/op-stack'\n\n\
         export const l2 = {{\n\
         \x20 ...chainConfig,\n\
         \x20 id: {id},\n\
         \x20 sourceId: {l1},\n\
         \x20 name: 'Rollup {id}',\n\
         \x20 nativeCurrency: {{ name: 'Ether', symbol: 'ETH', decimals: 18 }},\n\
         \x20 rpcUrls: {{ default: {{ http: ['{url}'] }} }},\n\
         \x20 contracts: {{\n\
         \x20   ...chainConfig.contracts,\n\
         \x20   multicall3: {{ address: '{multicall3}' }},\n\
         {contracts}\
         \x20 }},\n\
         }}\n",
        url = endpoints.l2,
        multicall3 = seam_genesis::addresses::MULTICALL3,
        contracts = contracts.concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_may_hold_a_key_is_not_told() {
        let told = |url| Endpoints::new(url, "").l1;
        assert_eq!(told("http://127.0.0.1:8545/").as_deref(), Some("http://127.0.0.1:8545"));
        assert_eq!(told("https://rpc.example").as_deref(), Some("https://rpc.example"));
        for secret in ["https://rpc.example/v2/key", "https://user:pw@rpc.example", "https://e?k=1"]
        {
            assert_eq!(told(secret), None);
        }
    }
}
