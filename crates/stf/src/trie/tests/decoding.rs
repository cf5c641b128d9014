//! The decoder: total over all bytes, and taking only the one encoding of a node.

use super::*;
use crate::trie::{cursor::Allowed, decode::decode, error::NodeFault};
use alloy_rlp::{Encodable, Header};
use std::vec;

const ALLOWED: [Allowed; 2] = [Allowed::Any, Allowed::Branch];

/// Decodes anywhere a node can stand, and checks that what is taken is encoded to the same bytes. How often it was.
fn taken(bytes: &[u8]) -> usize {
    let hash = alloy_primitives::keccak256(bytes);
    let places = (0..=65).flat_map(|depth| ALLOWED.map(|allowed| (depth, allowed)));
    let nodes = places.filter_map(|(depth, allowed)| decode(hash, bytes, depth, allowed).ok());
    let same = |mut node: Node| {
        assert_eq!(source::encoded(&node)[..], *bytes);
        assert_eq!(node.reference().as_hash(), Some(hash));
        dirty(&mut node);
        node.seal(&mut Vec::new());
        assert_eq!(source::encoded(&node)[..], *bytes);
        assert_eq!(node.reference().as_hash(), Some(hash));
    };
    nodes.map(same).count()
}

/// Forgets every reference that decoding kept, so that all of them are made anew.
fn dirty(node: &mut Node) {
    node.set_state(node::State::Dirty);
    node.children().iter_mut().for_each(dirty);
}

proptest! {
    #![proptest_config(super::cases(4000))]

    #[test]
    fn any_bytes_are_a_node_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        taken(&bytes);
    }

    #[test]
    fn any_items_in_a_list_are_a_node_or_refused(
        items in prop_oneof![vec(item(), 2), vec(item(), 17), vec(item(), 0..20)],
    ) {
        taken(&list(&items));
    }

    #[test]
    fn a_node_altered_is_another_node_or_refused(
        pool in pool(), all in changes(40), place in any::<Index>(), byte in any::<u8>(), how in 0..3,
    ) {
        let (_, nodes) = stored(&filled(&pool, &all));
        for node in nodes.values() {
            prop_assert!(taken(node) > 0);
            let mut bytes = node.to_vec();
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
            taken(&bytes);
        }
    }
}

/// What stands in a node, or almost.
fn item() -> impl Strategy<Value = Vec<u8>> {
    let path = (0u8..0x40, vec(any::<u8>(), 0..34));
    prop_oneof![
        4 => Just(vec![0x80]),
        1 => vec(any::<u8>(), 0..6),
        2 => vec(any::<u8>(), 32).prop_map(|hash| string(&hash)),
        1 => path.prop_map(|(flag, path)| string(&[vec![flag], path].concat())),
        1 => any::<u8>().prop_map(|value| list(&[&string(&[0x20]), &string(&[value])])),
    ]
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bytes.encode(&mut out);
    out
}

fn list(items: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let payload = items.iter().flat_map(|item| item.as_ref()).copied().collect::<Vec<_>>();
    let mut out = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    [out, payload].concat()
}

/// A branch with these items first and empty ones after them.
fn branch(items: &[&[u8]]) -> Vec<u8> {
    let mut all = items.to_vec();
    all.resize(17, &[0x80]);
    list(&all)
}

/// A path of `nibbles` zeros.
fn path(leaf: bool, nibbles: usize) -> Vec<u8> {
    let flag = if leaf { 0x20 } else { 0 } | if nibbles % 2 == 1 { 0x10 } else { 0 };
    string(&[vec![flag], vec![0; nibbles / 2]].concat())
}

fn fault(bytes: &[u8], depth: usize, allowed: Allowed) -> Option<NodeFault> {
    decode(B256::ZERO, bytes, depth, allowed).err()
}

/// At the root, each of these is refused with this fault.
fn refused(cases: &[(Vec<u8>, NodeFault)]) {
    for (index, (bytes, expected)) in cases.iter().enumerate() {
        assert_eq!(fault(bytes, 0, Allowed::Any), Some(*expected), "case {index}");
    }
}

#[test]
fn what_is_not_a_list_of_a_node_s_length_is_refused() {
    let (hash, short) = (string(&[7; 32]), string(&[7]));
    let long_size = alloy_rlp::Error::NonCanonicalSize;
    let long_byte = alloy_rlp::Error::NonCanonicalSingleByte;
    refused(&[
        (vec![], NodeFault::Rlp(alloy_rlp::Error::InputTooShort)),
        (vec![0x80], NodeFault::NotAList),
        (hash.clone(), NodeFault::NotAList),
        (vec![0xc0], NodeFault::ItemCount),
        (list(&[&short, &short, &short]), NodeFault::ItemCount),
        (list(&[&hash; 18]), NodeFault::ItemCount),
        ([branch(&[&hash, &hash]), vec![0]].concat(), NodeFault::TrailingBytes),
        (vec![0xf8, 0x02, 0x20, 0x01], NodeFault::Rlp(long_size)),
        (vec![0xc3, 0x20, 0x81, 0x01], NodeFault::Rlp(long_byte)),
    ]);
}

#[test]
fn a_bad_leaf_or_extension_is_refused() {
    let (hash, long, short) = (string(&[7; 32]), string(&[7; 40]), string(&[7]));
    let leaf = list(&[&path(true, 1), &short]);
    let is_list = alloy_rlp::Error::UnexpectedList;
    refused(&[
        (list(&[&string(&[]), &long]), NodeFault::HexPrefix),
        (list(&[&string(&[0x21; 33]), &long]), NodeFault::HexPrefix),
        (list(&[&string(&[0x40; 33]), &long]), NodeFault::HexPrefix),
        (list(&[&string(&[0x0f; 3]), &hash]), NodeFault::HexPrefix),
        (list(&[&path(true, 63), &long]), NodeFault::PathLength),
        (list(&[&path(true, 65), &long]), NodeFault::PathLength),
        (list(&[&path(true, 400), &long]), NodeFault::PathLength),
        (list(&[&path(false, 64), &hash]), NodeFault::PathLength),
        (list(&[&path(false, 0), &hash]), NodeFault::EmptyExtension),
        (list(&[&path(false, 3), &string(&[])]), NodeFault::ExtensionChild),
        (list(&[&path(false, 63), &leaf]), NodeFault::ExtensionChild),
        (list(&[&path(false, 3), &string(&[7; 31])]), NodeFault::ChildReference),
        (list(&[&path(false, 3), &long]), NodeFault::ChildReference),
        (list(&[&path(true, 64), &string(&[])]), NodeFault::EmptyValue),
        (list(&[&path(true, 64), &leaf]), NodeFault::Rlp(is_list)),
    ]);
}

#[test]
fn a_bad_branch_is_refused() {
    let (hash, short) = (string(&[7; 32]), string(&[7]));
    let leaf = |nibbles| list(&[path(true, nibbles), short.clone()]);
    refused(&[
        (list(&[vec![&hash; 16], vec![&short]].concat()), NodeFault::BranchValue),
        (branch(&[]), NodeFault::TooFewChildren),
        (branch(&[&hash]), NodeFault::TooFewChildren),
        (branch(&[&hash, &short]), NodeFault::ChildReference),
        (branch(&[&hash, &leaf(63)]), NodeFault::TooLongInside),
        (branch(&[&hash, &leaf(0)]), NodeFault::PathLength),
    ]);
}

#[test]
fn a_node_good_elsewhere_is_refused_where_it_cannot_stand() {
    let (hash, long) = (string(&[7; 32]), string(&[7; 40]));
    let below = branch(&[&hash, &hash]);
    assert_eq!(fault(&below, 63, Allowed::Branch), None);
    assert_eq!(fault(&below, 64, Allowed::Any), Some(NodeFault::PathLength));
    let leaf = list(&[&path(true, 10), &long]);
    assert_eq!(fault(&leaf, 54, Allowed::Any), None);
    assert_eq!(fault(&leaf, 53, Allowed::Any), Some(NodeFault::PathLength));
    assert_eq!(fault(&leaf, 54, Allowed::Branch), Some(NodeFault::ExtensionChild));
    let end = list(&[string(&[0x20]), string(&[7])]);
    let inside = branch(&[&end, &end]);
    assert!(inside.len() < 32);
    assert_eq!(fault(&inside, 63, Allowed::Any), Some(NodeFault::TooShortOutside));
    assert_eq!(fault(&list(&[&path(false, 62), &inside]), 1, Allowed::Any), None);
}

#[test]
fn a_bad_node_is_told_with_its_hash_and_place() {
    let bytes = Bytes::from(branch(&[&string(&[7; 32])]));
    let root = alloy_primitives::keccak256(&bytes);
    let nodes = Nodes::from([(root, bytes)]);
    match Trie::from_root(root).get(&nodes, B256::ZERO) {
        Err(TrieError::BadNode { hash, path, reason: NodeFault::TooFewChildren }) => {
            assert_eq!((hash, path), (root, Nibbles::new()));
        }
        other => panic!("{other:?}"),
    }
}
