//! Proofs: the same nodes as the reference makes, taken by its verifier and by ours; anything else is refused.

use super::*;
use alloy_trie::proof::verify_proof as alloy_verify;

/// The reference lists nodes inside their parent too, which EIP-1186 does not, and the empty trie's one byte.
fn listed(proof: Vec<Bytes>) -> Vec<Bytes> {
    let outside =
        |(place, node): &(usize, Bytes)| node[..] != [0x80] && (*place == 0 || node.len() >= 32);
    proof.into_iter().enumerate().filter(outside).map(|(_, node)| node).collect()
}

proptest! {
    #![proptest_config(super::cases(1000))]

    #[test]
    fn proofs_of_presence_and_absence_are_the_reference_s(
        pool in pool(), all in changes(40), others in vec(key(), 4),
    ) {
        let keys = filled(&pool, &all);
        let (root, nodes) = stored(&keys);
        let mut trie = Trie::from_root(root);
        for key in pool.into_iter().chain(others) {
            let expected = keys.get(&key).cloned();
            let proof = trie.prove(&nodes, key).unwrap();
            prop_assert_eq!(&proof, &listed(reference(&keys, key).1));
            prop_assert_eq!(verify_proof(root, key, &proof), Ok(expected.clone().map(Bytes::from)));
            alloy_verify(root, Nibbles::unpack(key), expected, &proof).unwrap();
        }
    }

    #[test]
    fn a_proof_cut_or_lengthened_or_altered_is_refused(
        pool in pool(), all in changes(40), target in key(), place in any::<Index>(), bit in any::<Index>(),
    ) {
        let (root, nodes) = stored(&filled(&pool, &all));
        let proof = Trie::from_root(root).prove(&nodes, target).unwrap();
        let mut longer = proof.clone();
        longer.push(Bytes::from_static(&[0x80]));
        if root != EMPTY_ROOT_HASH {
            prop_assert_eq!(verify_proof(root, target, &longer), Err(ProofError::TooLong { extra: 1 }));
            let shorter = &proof[..proof.len() - 1];
            let cut_at_end = matches!(verify_proof(root, target, shorter),
                Err(ProofError::Mismatch { index, .. }) if index == shorter.len());
            prop_assert!(cut_at_end);
            let place = place.index(proof.len());
            let mut altered = proof.clone();
            let mut node = altered[place].to_vec();
            let bit = bit.index(node.len() * 8);
            node[bit / 8] ^= 1 << (bit % 8);
            altered[place] = node.into();
            let refused_there = matches!(verify_proof(root, target, &altered),
                Err(ProofError::Mismatch { index, .. }) if index == place);
            prop_assert!(refused_there);
        }
    }

    #[test]
    fn no_bytes_prove_anything_or_panic(root in any::<[u8; 32]>(), proof in vec(vec(any::<u8>(), 0..80), 0..4)) {
        let proof: Vec<Bytes> = proof.into_iter().map(Bytes::from).collect();
        prop_assert!(verify_proof(root.into(), B256::ZERO, &proof).is_err());
    }
}

#[test]
fn the_empty_trie_is_proved_by_nothing_or_by_its_encoding() {
    let empty = Bytes::from_static(&[0x80]);
    assert_eq!(Trie::empty().prove(&Nodes::new(), B256::ZERO).unwrap(), Vec::<Bytes>::new());
    assert_eq!(verify_proof(EMPTY_ROOT_HASH, B256::ZERO, &[]), Ok(None));
    assert_eq!(verify_proof(EMPTY_ROOT_HASH, B256::ZERO, core::slice::from_ref(&empty)), Ok(None));
    let twice = verify_proof(EMPTY_ROOT_HASH, B256::ZERO, &[empty.clone(), empty]);
    assert_eq!(twice, Err(ProofError::TooLong { extra: 2 }));
}

#[test]
fn a_proof_node_that_is_no_node_is_refused_with_its_place() {
    let node = Bytes::from_static(&[0xc2, 0x20, 0x01]);
    let refused = verify_proof(alloy_primitives::keccak256(&node), B256::ZERO, &[node]);
    assert_eq!(refused, Err(ProofError::BadNode { index: 0, reason: NodeFault::PathLength }));
}

#[test]
fn proving_changes_not_yet_hashed_proves_them() {
    let none = Nodes::new();
    let mut trie = Trie::empty();
    let keys: Vec<_> = (0..40).map(B256::repeat_byte).collect();
    keys.iter().for_each(|key| drop(trie.insert(&none, *key, key.as_slice())));
    let proof = trie.prove(&none, keys[3]).unwrap();
    assert_eq!(verify_proof(trie.root(), keys[3], &proof), Ok(Some(keys[3].into())));
}
