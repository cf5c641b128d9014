//! What users of the rollup rely on, in the five fields of L2BEAT (l2beat.com/faq, "risk rosette"), read from the
//! contracts as they are configured now.

use crate::{
    node::{Node, NodeError},
    site::Site,
};
use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Where a proxy keeps who may replace its code (EIP-1967): `keccak256("eip1967.proxy.admin") - 1`.
const PROXY_ADMIN: B256 =
    b256!("0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103");

/// How much users rely on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// On nobody but Ethereum.
    Good,
    /// With limits.
    Warning,
    /// On somebody.
    Bad,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// Its name at L2BEAT.
    pub field: &'static str,
    /// How it stands.
    pub level: Level,
    /// In a few words.
    pub value: String,
    /// Why, with the numbers and addresses of the configuration.
    pub detail: String,
}

#[derive(Deserialize)]
struct Config {
    block_time: u64,
    batch_inbox_address: Address,
    deposit_contract_address: Address,
    l1_system_config_address: Address,
}

/// Reads the contracts.
pub(super) async fn read(site: &Site) -> Result<Vec<Risk>, NodeError> {
    let Some(l1) = site.l1() else { return Ok(Vec::new()) };
    let config: Config = site.l2().ask("optimism_rollupConfig", json!([])).await?;
    let inbox = parameters(l1, config.batch_inbox_address).await?;
    let upgrades = upgrades(l1, &config).await?;
    let proven = has_proofs(l1, config.deposit_contract_address).await?;
    Ok(vec![
        state_validation(proven),
        data_availability(config.batch_inbox_address),
        upgrades,
        sequencer_failure(&inbox, config.block_time),
        proposer_failure(proven),
    ])
}

struct Inbox {
    sequencer_timeout: u64,
    max_lag: u64,
}

async fn parameters(l1: &Node, inbox: Address) -> Result<Inbox, NodeError> {
    let answer = view(l1, inbox, "parameters()").await?;
    let word = |index| u64::try_from(word(&answer, index)).unwrap_or(u64::MAX);
    Ok(Inbox { max_lag: word(3), sequencer_timeout: word(4) })
}

async fn view(l1: &Node, at: Address, signature: &str) -> Result<Bytes, NodeError> {
    l1.call(at, &keccak256(signature)[..4]).await
}

fn word(answer: &Bytes, index: usize) -> U256 {
    let start = index.saturating_mul(32);
    let bytes = answer.get(start..start.saturating_add(32)).unwrap_or_default();
    U256::try_from_be_slice(bytes).unwrap_or_default()
}

fn address_in(answer: &Bytes) -> Address {
    Address::from_word(word(answer, 0).into())
}

/// Whether anything that is on L1 judges the rollup's state: an implementation of the game that withdrawals rely on.
async fn has_proofs(l1: &Node, portal: Address) -> Result<bool, NodeError> {
    let factory = address_in(&view(l1, portal, "disputeGameFactory()").await?);
    let game = word(&view(l1, portal, "respectedGameType()").await?, 0);
    let selector = keccak256("gameImpls(uint32)");
    let data = [&selector[..4], &game.to_be_bytes::<32>()].concat();
    Ok(!address_in(&l1.call(factory, &data).await?).is_zero())
}

fn state_validation(proven: bool) -> Risk {
    let field = "State validation";
    if proven {
        return Risk {
            field,
            level: Level::Warning,
            value: "Dispute games".to_owned(),
            detail: "Claims about the state can be disputed on L1 before withdrawals are paid."
                .to_owned(),
        };
    }
    Risk {
        field,
        level: Level::Bad,
        value: "None".to_owned(),
        detail: "No contract on L1 judges claims about the state: the portal's game has no implementation. Anybody can \
                 rebuild the state from L1 and see for themselves, but L1 cannot."
            .to_owned(),
    }
}

fn data_availability(inbox: Address) -> Risk {
    Risk {
        field: "Data availability",
        level: Level::Good,
        value: "On chain".to_owned(),
        detail: format!(
            "All data from which the state is rebuilt are posted to L1, in blobs or calldata, through the inbox {inbox}, \
             which has no owner. Blobs leave L1 after about 18 days: whoever starts later needs an archive."
        ),
    }
}

/// Who could replace the contracts, and how soon.
async fn upgrades(l1: &Node, config: &Config) -> Result<Risk, NodeError> {
    let slot = json!([config.deposit_contract_address, PROXY_ADMIN, "latest"]);
    let admin = Address::from_word(l1.ask("eth_getStorageAt", slot).await?);
    let proxies = address_in(&view(l1, admin, "owner()").await?);
    let system = address_in(&view(l1, config.l1_system_config_address, "owner()").await?);
    let (_, _, code) = l1.account(proxies).await?;
    let kind = if code.is_empty() { "a single key" } else { "a contract" };
    Ok(Risk {
        field: "Exit window",
        level: Level::Bad,
        value: "None".to_owned(),
        detail: format!(
            "{proxies}, {kind}, can replace the bridge's contracts at once, and {system} can change fees and roles: users \
             have no time to leave before that."
        ),
    })
}

fn sequencer_failure(inbox: &Inbox, block_time: u64) -> Risk {
    Risk {
        field: "Sequencer failure",
        level: Level::Good,
        value: "Self sequence".to_owned(),
        detail: format!(
            "Deposits on L1 must be taken in, whatever the sequencer wants. When it has posted nothing for {} L1 blocks, \
             anybody may post, with seam batch force. Its newest batch may be at most {} s old; a block is {block_time} s.",
            inbox.sequencer_timeout, inbox.max_lag
        ),
    }
}

fn proposer_failure(proven: bool) -> Risk {
    let field = "Proposer failure";
    if proven {
        return Risk {
            field,
            level: Level::Good,
            value: "Self propose".to_owned(),
            detail: "Anybody with the bond can make claims about the state.".to_owned(),
        };
    }
    Risk {
        field,
        level: Level::Bad,
        value: "Cannot withdraw".to_owned(),
        detail: "Nobody can make a claim about the state that the portal would take: what is deposited stays on the L2."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_proof_system_it_is_said_that_nobody_can_withdraw() {
        assert_eq!(
            (state_validation(false).level, proposer_failure(false).level),
            (Level::Bad, Level::Bad)
        );
        assert_eq!(proposer_failure(true).value, "Self propose");
    }

    #[test]
    fn words_that_are_not_there_are_nothing() {
        let answer = Bytes::from([[0; 32], U256::from(7).to_be_bytes::<32>()].concat());
        assert_eq!(word(&answer, 1), U256::from(7));
        assert_eq!(word(&answer, 2), U256::ZERO);
        assert_eq!(word(&Bytes::new(), 0), U256::ZERO);
    }
}
