//! `TransactionDeposited` of the portal, version 0, as a deposit transaction
//! (OP Stack specification, "Deposits", "User-deposited transactions").

use super::bytes_of;
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256, b256};
use op_alloy_consensus::{TxDeposit, UserDepositSource};

/// `keccak256("TransactionDeposited(address,address,uint256,bytes)")`.
pub const TRANSACTION_DEPOSITED: B256 =
    b256!("0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32");

/// The deposit that an event of the portal stands for. `index` is the event's place in its L1
/// block. None if it is another event, another version, or not encoded as the portal does it.
pub fn read(block: B256, index: u64, log: &Log) -> Option<TxDeposit> {
    let [signature, from, to, version] = log.topics() else { return None };
    if *signature != TRANSACTION_DEPOSITED || !version.is_zero() {
        return None;
    }
    let opaque = Opaque::read(bytes_of(&log.data.data)?)?;
    let to = Address::from_word(*to);
    Some(TxDeposit {
        source_hash: UserDepositSource::new(block, index).source_hash(),
        from: Address::from_word(*from),
        to: if opaque.is_creation { TxKind::Create } else { TxKind::Call(to) },
        mint: opaque.mint,
        value: opaque.value,
        gas_limit: opaque.gas_limit,
        is_system_transaction: false,
        input: Bytes::copy_from_slice(opaque.input),
    })
}

/// The event's packed data: mint, value, gas limit, whether a contract is created, input.
struct Opaque<'a> {
    mint: u128,
    value: U256,
    gas_limit: u64,
    is_creation: bool,
    input: &'a [u8],
}

impl<'a> Opaque<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (mint, rest) = bytes.split_first_chunk::<32>()?;
        let (value, rest) = rest.split_first_chunk::<32>()?;
        let (gas_limit, rest) = rest.split_first_chunk::<8>()?;
        let (is_creation, input) = rest.split_first()?;
        Some(Self {
            // There is not so much ether.
            mint: u128::try_from(U256::from_be_bytes(*mint)).ok()?,
            value: U256::from_be_bytes(*value),
            gas_limit: u64::from_be_bytes(*gas_limit),
            is_creation: *is_creation != 0,
            input,
        })
    }
}
