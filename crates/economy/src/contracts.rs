//! The contracts that actors use: their code, where they are, and the calls.
//!
//! They are made through the deterministic deployment proxy, so their addresses follow from their code alone: whoever
//! comes first makes them, everyone after that finds them, with whatever seed. Uniswap v2 and WETH9 are as their
//! authors compiled them (`contracts/ARTIFACTS.md`).

mod abi;
mod code;

pub use abi::request;
pub(crate) use abi::{balances, reading};
pub use code::{CODE_HASH_OF_PAIRS, creation_code};

use alloy_primitives::{Address, B256, Bytes, U256, address, b256, keccak256};

/// The deterministic deployment proxy, at the same address on nearly every chain:
/// <https://github.com/Arachnid/deterministic-deployment-proxy>.
pub const CREATE2_PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
/// Wrapped ether of the OP Stack's chains, a predeploy.
pub const WRAPPED_PREDEPLOY: Address = address!("4200000000000000000000000000000000000006");

/// What the addresses follow from beside the code: keccak256 of `seam traffic 1`.
pub const SALT: B256 = b256!("95a8219aea9ddc0ad82a19bd1773aec6c845d8955c891d55b70d05c1105f49bf");

/// A contract that actors need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    /// The ERC-20 that is held and traded: `contracts/src/PlayToken.sol`.
    Token,
    /// What accounts delegate to: `contracts/src/CallBatch.sol`.
    CallBatch,
    /// WETH9, where the chain has none of its own.
    Wrapped,
    /// Uniswap v2's factory. Nobody may turn its protocol fee on.
    Factory,
    /// Uniswap v2's router.
    Router,
}

impl Contract {
    /// All, in an order in which they can be made.
    pub const ALL: [Self; 5] =
        [Self::Token, Self::CallBatch, Self::Wrapped, Self::Factory, Self::Router];
}

/// Where the contracts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The token.
    pub token: Address,
    /// What accounts delegate to.
    pub call_batch: Address,
    /// Wrapped ether.
    pub wrapped: Address,
    /// Uniswap v2's factory.
    pub factory: Address,
    /// Uniswap v2's router.
    pub router: Address,
    /// The pool of token and wrapped ether, which the factory makes with the first liquidity.
    pub pair: Address,
    /// `OptimismPortal` on the L1, if there is an L1.
    pub portal: Option<Address>,
}

impl Addresses {
    /// On a chain that has wrapped ether of its own at `wrapped`, or none.
    pub fn new(wrapped: Option<Address>, portal: Option<Address>) -> Self {
        let at = |init: &Bytes| CREATE2_PROXY.create2_from_code(SALT, init);
        let token = at(&code::init(Contract::Token, None));
        let wrapped = wrapped.unwrap_or_else(|| at(&code::init(Contract::Wrapped, None)));
        let factory = at(&code::init(Contract::Factory, None));
        Self {
            token,
            call_batch: at(&code::init(Contract::CallBatch, None)),
            wrapped,
            factory,
            router: at(&code::init(Contract::Router, Some((factory, wrapped)))),
            pair: pair(factory, token, wrapped),
            portal,
        }
    }

    /// Where a contract is.
    pub const fn of(&self, contract: Contract) -> Address {
        match contract {
            Contract::Token => self.token,
            Contract::CallBatch => self.call_batch,
            Contract::Wrapped => self.wrapped,
            Contract::Factory => self.factory,
            Contract::Router => self.router,
        }
    }

    /// Whether the pair calls the token its first.
    pub fn token_is_first(&self) -> bool {
        self.token < self.wrapped
    }

    /// The input of the proxy that makes a contract.
    pub fn deployment(&self, contract: Contract) -> Bytes {
        let init = code::init(contract, Some((self.factory, self.wrapped)));
        [SALT.as_slice(), &init].concat().into()
    }
}

/// Where a factory of Uniswap v2 makes the pair of two tokens.
fn pair(factory: Address, one: Address, other: Address) -> Address {
    let (first, second) = if one < other { (one, other) } else { (other, one) };
    let salt = keccak256([first.as_slice(), second.as_slice()].concat());
    factory.create2(salt, CODE_HASH_OF_PAIRS)
}

/// How much gas a transaction may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gas {
    /// So much, known beforehand: nothing is asked of the node.
    Limit(u64),
    /// What the node estimates, and half of it more.
    Estimate,
}

/// What a transaction does, without who sends it and what it pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who is called; `None` makes a contract.
    pub to: Option<Address>,
    /// Wei that go along.
    pub value: U256,
    /// The input.
    pub input: Bytes,
    /// Gas.
    pub gas: Gas,
}

#[cfg(test)]
mod tests;
