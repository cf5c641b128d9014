//! What the deployment stands on, and every L1 should have: the deterministic deployment proxy and
//! Multicall3.

use super::{
    L1Deployment,
    plan::{Action, Done, Sender, Step, deploy},
};
use crate::{
    GenesisError,
    addresses::{CREATE2_PROXY, MULTICALL3},
    artifacts,
};
use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, keccak256};

/// Sends the deployment proxy's creation, and nothing else ever: nobody has its key.
pub const CREATE2_PROXY_SENDER: Address = address!("0x3fAB184622Dc19b6109349B94811493BF2a45362");

/// Wei that [`CREATE2_PROXY_SENDER`] needs: 100,000 gas at 100 gwei.
pub const CREATE2_PROXY_COST: U256 = U256::from_limbs([10_000_000_000_000_000, 0, 0, 0]);

/// Gas limit and price of that transaction.
const CREATE2_PROXY_GAS: u64 = 100_000;
const CREATE2_PROXY_GAS_PRICE: u128 = 100_000_000_000;

/// The deterministic deployment proxy's creation, as it is on every chain: a transaction without a
/// chain id whose signature was made up (r and s are 0x2222…), so that its sender, and the address
/// it creates, are the same everywhere and nobody's.
///
/// # Errors
/// [`GenesisError::Artifact`] if this binary is damaged.
pub fn create2_proxy_transaction() -> Result<Bytes, GenesisError> {
    let transaction = TxLegacy {
        gas_price: CREATE2_PROXY_GAS_PRICE,
        gas_limit: CREATE2_PROXY_GAS,
        to: TxKind::Create,
        input: artifacts::CREATE2_PROXY.code()?,
        ..TxLegacy::default()
    };
    let word = B256::repeat_byte(0x22);
    let signature = Signature::from_scalars_and_parity(word, word, false);
    Ok(transaction.into_signed(signature).encoded_2718().into())
}

/// Where Multicall3 is on a chain that has it not at its usual address. No published package has
/// the creation code that gives that address, so the runtime code is deployed through the
/// deterministic deployment proxy, behind a constructor that only returns it.
///
/// # Errors
/// [`GenesisError::Artifact`] if this binary is damaged.
pub fn own_multicall3() -> Result<L1Deployment, GenesisError> {
    let runtime = artifacts::MULTICALL3.code()?;
    let constructor = returning(runtime.len()).ok_or_else(|| GenesisError::Artifact {
        name: artifacts::MULTICALL3.name,
        reason: "is longer than 65,535 bytes".to_owned(),
    })?;
    let init_code = [&constructor[..], &runtime].concat();
    Ok(L1Deployment::with_salt("Multicall3", keccak256("Multicall3"), init_code.into()))
}

/// A constructor of 12 bytes that returns the `length` bytes behind it:
/// PUSH2 length, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN.
fn returning(length: usize) -> Option<[u8; 12]> {
    let [high, low] = u16::try_from(length).ok()?.to_be_bytes();
    Some([0x61, high, low, 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3])
}

/// The steps that a well-kept L1 does not need.
pub(super) fn steps() -> Result<Vec<Step>, GenesisError> {
    let fund = Step {
        name: "ether for the deployment proxy's sender".to_owned(),
        address: CREATE2_PROXY_SENDER,
        action: Action::Call {
            sender: Sender::Anyone,
            to: CREATE2_PROXY_SENDER,
            value: CREATE2_PROXY_COST,
            input: Bytes::new(),
        },
        done: Done::Funded {
            account: CREATE2_PROXY_SENDER,
            balance: CREATE2_PROXY_COST,
            or_code: CREATE2_PROXY,
        },
    };
    let create = Step {
        name: "deterministic deployment proxy".to_owned(),
        address: CREATE2_PROXY,
        action: Action::Presigned {
            from: CREATE2_PROXY_SENDER,
            raw: create2_proxy_transaction()?,
            init_code: artifacts::CREATE2_PROXY.code()?,
            gas_limit: CREATE2_PROXY_GAS,
        },
        done: Done::Code(vec![CREATE2_PROXY]),
    };
    let multicall3 = own_multicall3()?;
    let anywhere = vec![MULTICALL3, multicall3.address];
    let multicall3 =
        Step { done: Done::Code(anywhere), ..deploy("Multicall3".to_owned(), multicall3) };
    Ok(vec![fund, create, multicall3])
}
