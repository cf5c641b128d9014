//! Bytes to nodes, strictly: of all byte strings only the one encoding of a node is taken.

use super::{
    cursor::Allowed,
    error::NodeFault,
    node::{Branch, Extension, Leaf, Node, State},
};
use alloc::boxed::Box;
use alloy_primitives::B256;
use alloy_rlp::{EMPTY_STRING_CODE, Header};
use alloy_trie::nodes::RlpNode;
use core::array;
use nybbles::Nibbles;

/// Nibbles of a key.
const KEY_NIBBLES: usize = 64;
/// A node of fewer bytes stands inside its parent, any other by its hash.
const HASHED_FROM: usize = 32;
/// A hash as an RLP string.
const HASH_ITEM: usize = 33;

/// The items of a node: the most there can be is 17.
type Items<'a> = [&'a [u8]; 17];

/// Decodes the node with this hash, found `depth` nibbles down.
pub(super) fn decode(
    hash: B256,
    bytes: &[u8],
    depth: usize,
    allowed: Allowed,
) -> Result<Node, NodeFault> {
    let node = decode_as(RlpNode::word_rlp(&hash), bytes, depth, allowed)?;
    // Not even a root is shorter: from there every key still has all of its 32 bytes.
    if bytes.len() < HASHED_FROM {
        return Err(NodeFault::TooShortOutside);
    }
    Ok(node)
}

/// Decodes a node whose reference is known. Every level goes at least one nibble down, so 64 is the deepest.
fn decode_as(
    reference: RlpNode,
    bytes: &[u8],
    depth: usize,
    allowed: Allowed,
) -> Result<Node, NodeFault> {
    let (items, count) = split(bytes)?;
    let state = State::Stored(reference);
    match (count, allowed) {
        (17, _) => branch(&items, depth, state),
        (2, Allowed::Branch) => Err(NodeFault::ExtensionChild),
        (2, _) => {
            let [path, body, ..] = items;
            let (path, is_leaf) = hex_prefix(path)?;
            if is_leaf {
                leaf(path, body, depth, state)
            } else {
                extension(path, body, depth, state)
            }
        }
        _ => Err(NodeFault::ItemCount),
    }
}

/// The items of the one list that `bytes` are, each with its header, and how many there are.
fn split(bytes: &[u8]) -> Result<(Items<'_>, usize), NodeFault> {
    let mut rest = bytes;
    let header = Header::decode(&mut rest).map_err(NodeFault::Rlp)?;
    if !header.list {
        return Err(NodeFault::NotAList);
    }
    if rest.len() != header.payload_length {
        return Err(NodeFault::TrailingBytes);
    }
    let mut items: Items<'_> = [&[]; 17];
    let mut count = 0usize;
    while !rest.is_empty() {
        *items.get_mut(count).ok_or(NodeFault::ItemCount)? = next_item(&mut rest)?;
        count = count.saturating_add(1);
    }
    Ok((items, count))
}

/// Takes the first item of a list's payload, with its header.
fn next_item<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], NodeFault> {
    let start = *rest;
    let header = Header::decode(rest).map_err(NodeFault::Rlp)?;
    let after = rest.len().saturating_sub(header.payload_length);
    let (item, next) = start.split_at(start.len().saturating_sub(after));
    *rest = next;
    Ok(item)
}

/// The payload of an item that is a string.
fn string(mut item: &[u8]) -> Result<&[u8], NodeFault> {
    Header::decode_bytes(&mut item, false).map_err(NodeFault::Rlp)
}

/// A path and whether it ends at a leaf (Yellow Paper, appendix C).
fn hex_prefix(item: &[u8]) -> Result<(Nibbles, bool), NodeFault> {
    let (flag, packed) = string(item)?.split_first().ok_or(NodeFault::HexPrefix)?;
    let first = match (flag >> 4, flag & 0x0f) {
        (0 | 2, 0) => Nibbles::new(),
        (1 | 3, nibble) => Nibbles::from_nibbles_unchecked([nibble]),
        _ => return Err(NodeFault::HexPrefix),
    };
    let nibbles = packed.len().saturating_mul(2).saturating_add(first.len());
    if nibbles > KEY_NIBBLES {
        return Err(NodeFault::PathLength);
    }
    Ok((first.join(&Nibbles::unpack(packed)), flag & 0x20 != 0))
}

fn leaf(path: Nibbles, body: &[u8], depth: usize, state: State) -> Result<Node, NodeFault> {
    if depth.saturating_add(path.len()) != KEY_NIBBLES {
        return Err(NodeFault::PathLength);
    }
    let value = string(body)?;
    if value.is_empty() {
        return Err(NodeFault::EmptyValue);
    }
    Ok(Node::Leaf(Box::new(Leaf { path, value: value.into(), state })))
}

fn extension(path: Nibbles, body: &[u8], depth: usize, state: State) -> Result<Node, NodeFault> {
    if path.is_empty() {
        return Err(NodeFault::EmptyExtension);
    }
    let below = depth.saturating_add(path.len());
    if below >= KEY_NIBBLES {
        return Err(NodeFault::PathLength);
    }
    let child = child(body, below, Allowed::Branch)?;
    if matches!(child, Node::Empty) {
        return Err(NodeFault::ExtensionChild);
    }
    Ok(Node::Extension(Box::new(Extension { path, child, state })))
}

fn branch(items: &Items<'_>, depth: usize, state: State) -> Result<Node, NodeFault> {
    if depth >= KEY_NIBBLES {
        return Err(NodeFault::PathLength);
    }
    let [children @ .., value] = items;
    if *value != [EMPTY_STRING_CODE] {
        return Err(NodeFault::BranchValue);
    }
    if children.iter().filter(|item| **item != [EMPTY_STRING_CODE]).count() < 2 {
        return Err(NodeFault::TooFewChildren);
    }
    let mut branch = Box::new(Branch { children: array::from_fn(|_| Node::Empty), state });
    let below = depth.saturating_add(1);
    for (place, item) in branch.children.iter_mut().zip(children) {
        *place = child(item, below, Allowed::Any)?;
    }
    Ok(Node::Branch(branch))
}

/// What an item in the place of a child stands for.
fn child(item: &[u8], depth: usize, allowed: Allowed) -> Result<Node, NodeFault> {
    let mut rest = item;
    let header = Header::decode(&mut rest).map_err(NodeFault::Rlp)?;
    match (header.list, item.len()) {
        (false, HASH_ITEM) => {
            Ok(Node::Hash(B256::try_from(rest).map_err(|_| NodeFault::ChildReference)?))
        }
        (false, _) if header.payload_length == 0 => Ok(Node::Empty),
        (false, _) => Err(NodeFault::ChildReference),
        (true, HASHED_FROM..) => Err(NodeFault::TooLongInside),
        (true, _) => decode_as(RlpNode::from_rlp(item), item, depth, allowed),
    }
}
