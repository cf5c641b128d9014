//! Signature recovery by the zkVM's instructions against libsecp256k1, through a contract that
//! stores what the `ecrecover` precompile returns.

use alloy_consensus::{EMPTY_ROOT_HASH, Header};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, bytes, keccak256, uint};
use alloy_rlp::RlpEncodable;
use op_alloy_consensus::TxDeposit;
use seam_primitives::{
    Activation, BlockAttributes, ChainRules, OpFork, OpRules, Transaction, rules::Eip1559Rules,
};
use seam_stf::{Witness, stateless::StatelessInput};

use crate::guest;

const CONTRACT: Address = address!("0x00000000000000000000000000000000000c0de0");
const CALLER: Address = address!("0x00000000000000000000000000000000000ca11e");
/// `sstore(keccak256(calldata[0..128]), 1 + ecrecover(calldata[0..128]))`
const CODE: Bytes = bytes!("60805f5f376020608060805f60015afa5060805160010160805f2055");

/// Order of the group.
const N: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
/// x coordinate of the generator, whose y coordinate is even.
const GX: U256 = uint!(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798_U256);

/// One call of `ecrecover`.
#[derive(Debug, Clone, Copy)]
struct Call {
    message: U256,
    v: u8,
    r: U256,
    s: U256,
}

impl Call {
    fn data(self) -> Vec<u8> {
        [self.message, U256::from(self.v), self.r, self.s]
            .map(|word| word.to_be_bytes::<32>())
            .concat()
    }

    /// Where the contract stores the result.
    fn slot(self) -> U256 {
        keccak256(self.data()).into()
    }
}

#[derive(RlpEncodable)]
struct Account {
    nonce: u64,
    balance: U256,
    storage_root: B256,
    code_hash: B256,
}

#[derive(RlpEncodable)]
struct Leaf {
    path: Bytes,
    value: Bytes,
}

/// The trie of a state with the contract alone: one leaf with the whole key as its path.
fn state() -> Bytes {
    let storage_root = EMPTY_ROOT_HASH;
    let code_hash = keccak256(&CODE);
    let account = Account { nonce: 1, balance: U256::ZERO, storage_root, code_hash };
    // 0x20: a leaf whose path has an even number of nibbles.
    let path = [&[0x20], keccak256(CONTRACT).as_slice()].concat().into();
    alloy_rlp::encode(Leaf { path, value: alloy_rlp::encode(account).into() }).into()
}

fn rules() -> ChainRules {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    ChainRules::op_stack(
        901,
        OpRules::new(eip1559, |fork| match fork {
            OpFork::Isthmus => Activation::Never,
            _ => Activation::GENESIS,
        }),
    )
}

fn transaction(index: usize, call: Call) -> Transaction {
    let deposit = TxDeposit {
        source_hash: keccak256(index.to_be_bytes()),
        from: CALLER,
        to: TxKind::Call(CONTRACT),
        gas_limit: 100_000,
        input: call.data().into(),
        ..TxDeposit::default()
    };
    Transaction::Deposit(alloy_consensus::Sealable::seal_slow(deposit))
}

/// A block in which each call is a deposit of its own, on a chain without history.
fn input(calls: &[Call]) -> StatelessInput {
    let trie = state();
    let extra_data = bytes!("00000000fa00000006");
    let parent = Header {
        state_root: keccak256(&trie),
        gas_limit: 60_000_000,
        extra_data: extra_data.clone(),
        base_fee_per_gas: Some(1_000_000),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        ..Header::default()
    };
    let attributes = BlockAttributes {
        timestamp: 2,
        gas_limit: 60_000_000,
        extra_data,
        ..BlockAttributes::default()
    };
    let transactions = calls.iter().copied().enumerate();
    let transactions = transactions.map(|(index, call)| transaction(index, call)).collect();
    let witness = Witness { preimages: vec![trie, CODE], ancestors: Vec::new() };
    StatelessInput { rules: rules(), parent, attributes, transactions, witness }
}

/// What each call returned natively; `None` where nothing was recovered.
fn native(calls: &[Call]) -> (B256, Vec<Option<Address>>) {
    let block = input(calls).execute().expect("executes");
    let stored = &block.changes.accounts[&CONTRACT].storage;
    let signer = |call: &Call| {
        let word = stored[&call.slot()] - U256::ONE;
        (!word.is_zero()).then(|| Address::from_word(word.into()))
    };
    (block.hash, calls.iter().map(signer).collect())
}

/// Executes in the guest and compares the state roots, in the blocks' hashes.
fn signers(calls: &[Call]) -> Vec<Option<Address>> {
    let (hash, signers) = native(calls);
    assert_eq!(guest().execute(&alloy_rlp::encode(input(calls))).expect("executes"), hash);
    signers
}

#[test]
fn recovers_the_signer_of_a_known_signature() {
    // The example of the Ethereum wiki for ecrecover.
    let call = Call {
        message: uint!(0x456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3_U256),
        v: 28,
        r: uint!(0x9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608_U256),
        s: uint!(0x4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada_U256),
    };
    let signer = address!("0x7156526fbd7a3c72969b54f64e42c10fbb768c8a");
    assert_eq!(signers(&[call]), [Some(signer)]);
}

#[test]
fn recovers_the_same_from_arbitrary_numbers() {
    let word = |seed: u64, part: u64| {
        U256::from_be_bytes(keccak256([seed.to_be_bytes(), part.to_be_bytes()].concat()).0)
    };
    let calls: Vec<_> = (0..96)
        .map(|seed| Call {
            message: word(seed, 0),
            v: 27 + (seed % 2) as u8,
            r: word(seed, 1),
            s: word(seed, 2),
        })
        .collect();
    let recovered = signers(&calls).into_iter().flatten().count();
    // Every other x coordinate has a point.
    assert!((24..72).contains(&recovered), "{recovered} of 96");
}

#[test]
fn edges_of_the_ranges_are_the_same() {
    let valid = Call { message: U256::from(5), v: 27, r: GX, s: U256::from(7) };
    let recovered = [
        valid,
        Call { v: 28, ..valid },
        Call { s: N - U256::ONE, ..valid },
        Call { s: N - U256::from(7), ..valid },
        Call { message: U256::ZERO, ..valid },
        Call { message: N, ..valid },
        Call { message: U256::MAX, ..valid },
        // The multiples of R = G and of -G that are added are the same point at every step.
        Call { message: N - U256::from(7), ..valid },
        Call { message: U256::from(14), ..valid },
    ];
    let none = [
        Call { r: U256::ZERO, ..valid },
        Call { s: U256::ZERO, ..valid },
        Call { r: N, ..valid },
        Call { s: N, ..valid },
        Call { r: U256::MAX, ..valid },
        Call { s: U256::MAX, ..valid },
        // No point has this x coordinate.
        Call { r: N - U256::ONE, ..valid },
        Call { v: 26, ..valid },
        Call { v: 29, ..valid },
        // s R = message G: the key would be the point at infinity.
        Call { message: U256::from(7), ..valid },
        Call { message: N - U256::from(7), v: 28, ..valid },
    ];
    let signers = signers(&[recovered.as_slice(), none.as_slice()].concat());
    let (some, nothing) = signers.split_at(recovered.len());
    assert!(some.iter().all(Option::is_some), "{some:?}");
    assert!(nothing.iter().all(Option::is_none), "{nothing:?}");
}
