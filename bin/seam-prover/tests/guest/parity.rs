//! Blocks that nobody here made: the same hash natively, in the guest and on their chain.

use alloy_primitives::{B256, keccak256};
use seam_prover::{Code, Guest, GuestError, Part, Profile, input::Input};
use seam_stf::{
    BlockError, StateError,
    stateless::{self, StatelessError, StatelessInput},
};

use crate::{ELF, REFUSED, block, guest};

const SMALLEST: &str = "op-sepolia-26207963";

/// Executes in the zkVM and natively and compares with what the chain says.
fn agree(name: &str) {
    let input = Input::from(block(name));
    let native = input.execute().expect("executes");
    assert_eq!(Some(native.hash), input.expected, "native, {name}");
    assert_eq!(guest().execute(&input.bytes).expect("executes"), native.hash, "guest, {name}");
}

#[test]
fn block_26207961_has_the_same_hash_natively_in_the_guest_and_on_its_chain() {
    agree("op-sepolia-26207961");
}

#[test]
fn block_26207963_has_the_same_hash_natively_in_the_guest_and_on_its_chain() {
    agree(SMALLEST);
}

#[test]
fn block_26208384_has_the_same_hash_natively_in_the_guest_and_on_its_chain() {
    agree("op-sepolia-26208384");
}

#[test]
fn block_26211680_has_the_same_hash_natively_in_the_guest_and_on_its_chain() {
    agree("op-sepolia-26211680");
}

/// What the error says is missing.
fn missing(error: &StatelessError) -> Option<B256> {
    match error {
        StatelessError::Block(BlockError::State(
            StateError::MissingNode(hash) | StateError::MissingCode(hash),
        )) => Some(*hash),
        _ => None,
    }
}

/// The guest and native agree on an input in which the preimage of `lost` is not what it was;
/// returns whether the block needs it.
fn agree_without(guest: &Guest, input: &StatelessInput, lost: B256) -> bool {
    let in_guest = guest.execute(&alloy_rlp::encode(input));
    match input.clone().execute().map_err(StatelessError::from) {
        Ok(block) => {
            assert_eq!(in_guest.expect("not needed"), block.hash);
            false
        }
        Err(error) => {
            assert_eq!(missing(&error), Some(lost), "{error}");
            assert!(matches!(in_guest, Err(GuestError::Refused(REFUSED))), "{in_guest:?}");
            true
        }
    }
}

#[test]
fn without_a_needed_preimage_native_names_it_and_the_guest_has_no_output() {
    let whole = block(SMALLEST).input;
    let guest = guest();
    let mut needed = 0;
    for index in (0..whole.witness.preimages.len()).step_by(97) {
        let mut removed = whole.clone();
        let lost = keccak256(removed.witness.preimages.remove(index));
        let mut altered = whole.clone();
        let mut bytes = altered.witness.preimages[index].to_vec();
        *bytes.last_mut().expect("no preimage is empty") ^= 1;
        altered.witness.preimages[index] = bytes.into();
        let is_needed = agree_without(&guest, &removed, lost);
        assert_eq!(agree_without(&guest, &altered, lost), is_needed);
        needed += usize::from(is_needed);
    }
    assert!(needed >= 3, "only {needed} of the preimages that were taken away are needed");
}

#[test]
fn bytes_that_are_no_input_are_refused_by_both() {
    for bytes in [&b""[..], b"\xc0", b"no input", &[0xff; 64]] {
        assert!(matches!(stateless::execute(bytes), Err(StatelessError::Decode(_))));
        let in_guest = guest().execute(bytes);
        assert!(matches!(in_guest, Err(GuestError::Refused(REFUSED))), "{in_guest:?}");
    }
}

#[test]
fn every_instruction_is_counted_for_one_part_and_the_trace_changes_nothing() {
    let input = Input::from(block(SMALLEST));
    let code = Code::from_elf(&ELF).expect("the committed ELF has symbols");
    let mut profile = Profile::new(&code);
    let mut instructions = 0u64;
    let hash = guest()
        .trace(&input.bytes, |pc| {
            instructions += 1;
            profile.see(pc);
        })
        .expect("executes");
    assert_eq!(Some(hash), input.expected);
    assert_eq!(profile.total(), instructions);
    let parts = profile.by_part();
    for part in Part::ALL.into_iter().filter(|part| *part != Part::Other) {
        assert!(parts[&part] > 0, "{part:?} is never seen");
    }
    assert!(parts[&Part::Other] * 10 < instructions, "a tenth belongs to no part: {parts:?}");
}
