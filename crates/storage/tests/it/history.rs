//! States are what they were, forwards, backwards and after a restart.

use crate::support::{Model, Touch, What, address, options};
use proptest::{collection::vec, prelude::*};
use seam_stf::trie::verify_proof;
use seam_storage::{History, View};

fn touch() -> impl Strategy<Value = Touch> {
    let slots = || vec((0u8..6, 0u64..4), 1..5);
    let what = prop_oneof![
        4 => any::<u64>().prop_map(What::Balance),
        4 => slots().prop_map(What::Slots),
        1 => any::<u8>().prop_map(What::Code),
        1 => Just(What::Delete),
        1 => slots().prop_map(What::Recreate),
    ];
    (0u8..12, what).prop_map(|(who, what)| Touch { who, what })
}

pub(crate) fn block() -> impl Strategy<Value = Vec<Touch>> {
    vec(touch(), 0..8)
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Vec<Touch>>),
    /// Undo so many blocks, then put these in their place.
    Branch(u64, Vec<Vec<Touch>>),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => vec(block(), 1..6).prop_map(Step::Append),
        2 => (1u64..9, vec(block(), 1..9)).prop_map(|(depth, blocks)| Step::Branch(depth, blocks)),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    // Each case opens databases on disk.
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Whatever was appended, replaced and reopened: each kept state reads as the model's, every
    /// root and proof is right, and nothing is stored that should not be.
    #[test]
    fn every_state_reads_as_it_was(
        steps in vec(step(), 1..8),
        flush_blocks in 1u64..7,
        archive in any::<bool>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let history = if archive { History::Archive } else { History::Blocks(64) };
        let options = options(history, flush_blocks);
        let mut model = Model::new(directory.path(), options);
        for step in steps {
            match step {
                Step::Append(blocks) => blocks.iter().for_each(|block| model.append(block)),
                Step::Branch(depth, blocks) => {
                    let fork = model.head().number().saturating_sub(depth);
                    model.branch(fork, &blocks);
                }
                Step::Reopen => model = model.reopen(directory.path(), options),
            }
            model.check();
        }
    }
}

fn cases() -> u32 {
    if std::env::var_os("SEAM_SOAK").is_some() { 1_000 } else { 24 }
}

#[test]
fn a_window_keeps_that_many_states_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let mut model = Model::new(directory.path(), options(History::Blocks(64), 8));
    for number in 1..=200 {
        let who = u8::try_from(number % 7).unwrap();
        model.append(&[
            Touch { who, what: What::Balance(number) },
            Touch { who, what: What::Slots(vec![(who, number)]) },
        ]);
    }
    model.check();
    let reader = model.store.reader().unwrap();
    // The trie was written at block 200, so nothing holds the window back.
    assert_eq!(reader.oldest_state().unwrap(), 136);
    let error = View::at(reader, 135).unwrap_err();
    assert_eq!(error.to_string(), "the state of block 135 is not kept: from 136 to 200 it is");
}

#[test]
fn proofs_of_old_and_new_states_verify() {
    let directory = tempfile::tempdir().unwrap();
    let mut model = Model::new(directory.path(), options(History::Archive, 16));
    for number in 1..=40u64 {
        let who = u8::try_from(number % 5).unwrap();
        model.append(&[Touch { who, what: What::Slots(vec![(1, number)]) }]);
    }
    for number in [0, 1, 15, 16, 17, 39, 40] {
        let view = View::at(model.store.reader().unwrap(), number).unwrap();
        let proof = view.prove(address(1), &[alloy_primitives::U256::ONE]).unwrap();
        let key = alloy_primitives::keccak256(address(1));
        let leaf = verify_proof(view.header().state_root, key, &proof.account).unwrap();
        let account = &model.states[usize::try_from(number).unwrap()].accounts[&address(1)];
        let leaf: alloy_trie::TrieAccount = alloy_rlp::decode_exact(leaf.unwrap()).unwrap();
        assert_eq!((leaf.nonce, leaf.balance), (account.nonce, account.balance));
        assert_eq!(leaf.storage_root, proof.storage_root);
    }
}
