//! Where a deposit is: on L1, waiting for the rollup to stand on its L1 block, or done there.

use super::{
    BridgeAddresses, BridgeError,
    abi::{CrossDomainMessenger, L1Block, view},
};
use alloy_consensus::Sealable;
use alloy_primitives::{Address, B256, TxKind, U256, address};
use alloy_sol_types::SolEvent;
use op_alloy_consensus::TxDeposit;
use seam_l1::{L1Client, Receipt};
use seam_primitives::l1_attributes::L1_BLOCK;
use seam_stf::derive::deposits;
use serde::Serialize;
use std::fmt;

/// The predeploy that messages from L1 go through.
const MESSENGER: Address = address!("0x4200000000000000000000000000000000000007");

/// A deposit as it is on both chains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositStatus {
    /// The transaction on L1.
    pub l1_transaction: B256,
    /// Number of its block.
    pub l1_block: u64,
    /// Hash of the transaction on the rollup.
    pub l2_transaction: B256,
    /// Who sends it there; a contract of L1 under its alias.
    pub from: Address,
    /// To whom; none: it creates a contract.
    pub to: Option<Address>,
    /// Wei that it brings.
    pub mint: U256,
    /// Wei that it passes on.
    pub value: U256,
    /// How far it is.
    pub progress: Progress,
}

/// How far a deposit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Progress {
    /// The rollup does not stand on the deposit's L1 block yet.
    Waiting {
        /// The L1 block that it stands on.
        origin: u64,
        /// L1 blocks between.
        blocks: u64,
        /// What they take, as L1's blocks came so far.
        seconds: u64,
    },
    /// It is in a block of the rollup and did what it was to do.
    Done {
        /// The block.
        l2_block: u64,
    },
    /// It is in a block of the rollup; its ether arrived, its call failed.
    MintedOnly {
        /// The block.
        l2_block: u64,
    },
    /// It is in a block of the rollup; the message in it failed, and anyone can try it again.
    MessageFailed {
        /// The block.
        l2_block: u64,
        /// By which the messenger knows it.
        message: B256,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { origin, blocks, seconds } => write!(
                f,
                "waiting: the rollup stands on L1 block {origin}, {blocks} before it; about {seconds} s"
            ),
            Self::Done { l2_block } => write!(f, "done in block {l2_block} of the rollup"),
            Self::MintedOnly { l2_block } => write!(
                f,
                "its call failed in block {l2_block} of the rollup; the ether is with the sender there"
            ),
            Self::MessageFailed { l2_block, message } => write!(
                f,
                "message {message} failed in block {l2_block} of the rollup: anyone can try it again \
                 with relayMessage of {MESSENGER}"
            ),
        }
    }
}

/// Every deposit that a transaction on L1 made.
///
/// # Errors
/// [`BridgeError::NoDeposit`] if it made none.
pub async fn of_receipt(
    receipt: &Receipt,
    l1: &L1Client,
    l2: &L1Client,
    addresses: &BridgeAddresses,
) -> Result<Vec<DepositStatus>, BridgeError> {
    let made = deposits_in(receipt, addresses.portal);
    if made.is_empty() {
        return Err(BridgeError::NoDeposit(receipt.transaction));
    }
    let mut all = Vec::with_capacity(made.len());
    for deposit in made {
        let sealed = deposit.seal_slow();
        let hash = sealed.hash();
        let progress = match l2.receipt(hash).await? {
            Some(on_l2) => done(&on_l2),
            None => waiting(receipt.block_number, l1, l2).await?,
        };
        let deposit = sealed.inner();
        all.push(DepositStatus {
            l1_transaction: receipt.transaction,
            l1_block: receipt.block_number,
            l2_transaction: hash,
            from: deposit.from,
            to: match deposit.to {
                TxKind::Call(to) => Some(to),
                TxKind::Create => None,
            },
            mint: U256::from(deposit.mint),
            value: deposit.value,
            progress,
        });
    }
    Ok(all)
}

fn deposits_in(receipt: &Receipt, portal: Address) -> Vec<TxDeposit> {
    let logs = receipt.logs.iter().filter(|(_, log)| log.address == portal);
    logs.filter_map(|(index, log)| deposits::read(receipt.block_hash, *index, log)).collect()
}

fn done(on_l2: &Receipt) -> Progress {
    let l2_block = on_l2.block_number;
    if !on_l2.success {
        return Progress::MintedOnly { l2_block };
    }
    let of_messenger = on_l2.logs.iter().filter(|(_, log)| log.address == MESSENGER);
    let failed = of_messenger
        .filter_map(|(_, log)| CrossDomainMessenger::FailedRelayedMessage::decode_log(log).ok());
    match failed.last() {
        Some(failed) => Progress::MessageFailed { l2_block, message: failed.msgHash },
        None => Progress::Done { l2_block },
    }
}

async fn waiting(block: u64, l1: &L1Client, l2: &L1Client) -> Result<Progress, BridgeError> {
    let origin = view(l2, L1_BLOCK, L1Block::numberCall {}).await?.unwrap_or_default();
    let blocks = block.saturating_sub(origin);
    let seconds = blocks.saturating_mul(seconds_per_block(l1, block).await?);
    Ok(Progress::Waiting { origin, blocks, seconds })
}

/// How long L1's blocks took up to this one, on average over ten.
async fn seconds_per_block(l1: &L1Client, block: u64) -> Result<u64, BridgeError> {
    let first = block.saturating_sub(10);
    let ends = l1.blocks([first.into(), block.into()]).await?;
    let [Some(first), Some(last)] = &ends[..] else { return Ok(0) };
    let (seconds, blocks) = (last.timestamp - first.timestamp, last.number - first.number);
    Ok(seconds.div_ceil(blocks.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, Log};

    fn on_l2(success: bool, logs: Vec<Log>) -> Receipt {
        Receipt {
            transaction: B256::ZERO,
            kind: 0x7e,
            success,
            block_number: 7,
            block_hash: B256::ZERO,
            index: 1,
            contract: None,
            gas_used: 0,
            gas_price: 0,
            blob_gas_used: 0,
            blob_gas_price: 0,
            logs: (0..).zip(logs).collect(),
        }
    }

    #[test]
    fn what_became_of_a_deposit_is_told_by_status_and_messenger() {
        let message = B256::repeat_byte(5);
        let event = CrossDomainMessenger::FailedRelayedMessage { msgHash: message };
        let failed = Log { address: MESSENGER, data: event.encode_log_data() };
        // The same event of somebody else says nothing.
        let stranger = Log { address: Address::repeat_byte(1), ..failed.clone() };
        assert_eq!(done(&on_l2(true, vec![stranger])), Progress::Done { l2_block: 7 });
        let expected = Progress::MessageFailed { l2_block: 7, message };
        assert_eq!(done(&on_l2(true, vec![failed])), expected);
        assert_eq!(done(&on_l2(false, Vec::new())), Progress::MintedOnly { l2_block: 7 });
    }

    #[test]
    fn only_what_the_portal_says_is_a_deposit() {
        let other = Log::new_unchecked(Address::repeat_byte(2), Vec::new(), Bytes::new());
        assert_eq!(deposits_in(&on_l2(true, vec![other]), Address::repeat_byte(1)), []);
    }

    #[test]
    fn waiting_is_told_in_blocks_and_seconds() {
        let waiting = Progress::Waiting { origin: 5, blocks: 2, seconds: 24 }.to_string();
        assert!(waiting.contains("L1 block 5, 2 before it; about 24 s"), "{waiting}");
    }
}
