//! [`Part`]: which part of the work a function belongs to.

use serde::Serialize;

/// A part of executing a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Reading the input: RLP of rules, headers, transactions and witness.
    Decode,
    /// Putting trie nodes and code where their hashes find them.
    Witness,
    /// Keccak-256, wherever it is needed.
    Keccak,
    /// Merkle-Patricia tries: reading state, the new state root, the roots in the header.
    Trie,
    /// Senders of transactions from their signatures.
    Signatures,
    /// The EVM's instructions.
    Interpreter,
    /// Precompiled contracts.
    Precompiles,
    /// Around the interpreter: checks, fees, frames, the journal, the state overlay.
    Transactions,
    /// Header, receipts and logs bloom.
    Block,
    /// Copying, clearing and comparing bytes, wherever it is needed.
    Memory,
    /// What none of the others can be told to have caused.
    Other,
}

impl Part {
    /// Every part, in the order of the work.
    pub const ALL: [Self; 11] = [
        Self::Decode,
        Self::Witness,
        Self::Keccak,
        Self::Trie,
        Self::Signatures,
        Self::Interpreter,
        Self::Precompiles,
        Self::Transactions,
        Self::Block,
        Self::Memory,
        Self::Other,
    ];

    /// What the table calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Decode => "RLP decoding",
            Self::Witness => "witness index",
            Self::Keccak => "keccak",
            Self::Trie => "tries",
            Self::Signatures => "signature recovery",
            Self::Interpreter => "EVM interpreter",
            Self::Precompiles => "precompiles",
            Self::Transactions => "transaction handling",
            Self::Block => "header, receipts",
            Self::Memory => "memory copies",
            Self::Other => "other",
        }
    }

    /// The part that a function of this name belongs to, or `None` for one that works for whoever
    /// calls it: collections, big integers, curve arithmetic.
    pub fn of(function: &str) -> Option<Self> {
        RULES.iter().find(|(pattern, _)| pattern.matches(function)).map(|(_, part)| *part)
    }
}

/// What a name is compared with.
enum Pattern {
    /// The whole name.
    Is(&'static str),
    /// Any piece of the name.
    Has(&'static str),
    /// The beginning of the type or path that the function is defined on.
    On(&'static str),
}

impl Pattern {
    fn matches(&self, function: &str) -> bool {
        match self {
            Self::Is(name) => function == *name,
            Self::Has(piece) => function.contains(piece),
            Self::On(path) => function.trim_start_matches(['<', '&']).starts_with(path),
        }
    }
}

use Pattern::{Has, Is, On};

/// The first rule that matches counts.
const RULES: &[(Pattern, Part)] = &[
    (Is("memcpy"), Part::Memory),
    (Is("memset"), Part::Memory),
    (Is("memmove"), Part::Memory),
    (Is("memcmp"), Part::Memory),
    (Is("bcmp"), Part::Memory),
    (On("compiler_builtins::mem"), Part::Memory),
    (Has("keccak"), Part::Keccak),
    (Is("native_xorin"), Part::Keccak),
    // The guest's own cryptography counts for whoever asked for it.
    (Has(" as revm_precompile::interface::Crypto>"), Part::Precompiles),
    (Has("CryptoProvider>"), Part::Signatures),
    (Has("SignerRecoverable"), Part::Signatures),
    (On("alloy_consensus::crypto"), Part::Signatures),
    (On("seam_stf::block::recover_senders"), Part::Signatures),
    (On("revm_precompile"), Part::Precompiles),
    (On("alloy_evm::precompiles"), Part::Precompiles),
    (Has("::decode::Decodable>::decode"), Part::Decode),
    (Has("RlpEcdsaDecodableTx"), Part::Decode),
    (Has("Decodable2718"), Part::Decode),
    (On("seam_stf::witness"), Part::Witness),
    // Decoding and executing are functions of their own; what is left is the witness.
    (On("seam_stf::stateless"), Part::Witness),
    (On("seam_stf::trie"), Part::Trie),
    (On("seam_stf::state_trie"), Part::Trie),
    (On("alloy_trie"), Part::Trie),
    (On("revm_interpreter"), Part::Interpreter),
    // The loop that dispatches instructions is inlined here.
    (Has("Handler>::execution"), Part::Interpreter),
    (On("revm_bytecode"), Part::Interpreter),
    (On("revm_"), Part::Transactions),
    (On("op_revm"), Part::Transactions),
    (On("alloy_evm"), Part::Transactions),
    (On("alloy_op_evm"), Part::Transactions),
    (On("seam_stf::evm"), Part::Transactions),
    (On("seam_stf::overlay"), Part::Transactions),
    (On("seam_stf::system"), Part::Transactions),
    (On("seam_stf::block"), Part::Block),
    (On("seam_stf::header"), Part::Block),
    (On("seam_primitives::receipt"), Part::Block),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_belong_to_the_part_that_their_names_tell() {
        let cases = [
            ("memcpy", Some(Part::Memory)),
            ("native_keccak256", Some(Part::Keccak)),
            ("<seam_stf::trie::node::Node>::encode", Some(Part::Trie)),
            (
                "<seam_stf::witness::Witness as alloy_rlp::decode::Decodable>::decode",
                Some(Part::Decode),
            ),
            ("revm_precompile::modexp::run", Some(Part::Precompiles)),
            ("revm_interpreter::instructions::arithmetic::add", Some(Part::Interpreter)),
            ("<op_revm::l1block::L1BlockInfo>::calculate_tx_l1_cost", Some(Part::Transactions)),
            (
                "<seam_guest::secp256k1::Intrinsics as revm_precompile::interface::Crypto>::modexp",
                Some(Part::Precompiles),
            ),
            ("<k256::arithmetic::field::FieldElement>::square", None),
            ("<alloc::collections::btree::map::BTreeMap<u8, seam_stf::trie::Trie>>::insert", None),
        ];
        for (function, part) in cases {
            assert_eq!(Part::of(function), part, "{function}");
        }
    }

    #[test]
    fn every_part_is_listed_once_and_has_a_title_of_its_own() {
        let titles = Part::ALL.map(Part::title);
        let distinct = titles.iter().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(distinct.len(), Part::ALL.len());
        assert!(Part::ALL.is_sorted());
    }
}
