//! Who acts: a bank that has the money and sets things up, and actors with a role each. Their keys follow from the
//! key that pays for all and the seed, so the same two have the same accounts again, on every chain.

use alloy_primitives::{Address, B256, keccak256};
use alloy_signer_local::PrivateKeySigner;

/// Actors at least: each role is there.
pub const MIN_ACTORS: usize = 8;
/// Actors at most: what is seen of them fits into some fifty batches of requests.
pub const MAX_ACTORS: usize = 1_000;
/// Actors unless it is said.
pub const DEFAULT_ACTORS: usize = 20;

/// What the hash of an account's key begins with.
const DOMAIN: &[u8] = b"seam traffic account 1";

/// An account that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Has ether before anything began, and gives it to the bank alone: its owner uses it, too.
    Funder,
    /// Gives ether to the actors, and makes the contracts.
    Bank,
    /// An actor, by its place.
    Actor(usize),
}

/// What an actor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sends plain ether.
    Sender,
    /// Holds tokens and sends them.
    Holder,
    /// Trades in the pool, in both directions.
    Trader,
    /// Adds to the pool and takes from it.
    Provider,
    /// Wraps ether and unwraps it.
    Wrapper,
    /// Deposits from the L1; without one, sends plain ether.
    Bridger,
    /// Makes contracts, delegates its account, and errs.
    Builder,
}

/// The roles of actors 0, 1, 2 and so on, and again from the start: the first [`MIN_ACTORS`] have all.
const ROLES: [Role; 10] = [
    Role::Provider,
    Role::Trader,
    Role::Holder,
    Role::Sender,
    Role::Bridger,
    Role::Wrapper,
    Role::Builder,
    Role::Trader,
    Role::Sender,
    Role::Holder,
];

impl Role {
    /// The role of an actor by its place.
    pub fn of(actor: usize) -> Self {
        // The remainder is a place in the list.
        ROLES.get(actor % ROLES.len()).copied().unwrap_or(Self::Sender)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Holder => "holder",
            Self::Trader => "trader",
            Self::Provider => "provider",
            Self::Wrapper => "wrapper",
            Self::Bridger => "bridger",
            Self::Builder => "builder",
        }
    }

    /// Whether it needs tokens.
    pub const fn has_tokens(self) -> bool {
        matches!(self, Self::Holder | Self::Trader | Self::Provider)
    }

    /// Whether the router takes its tokens.
    pub const fn uses_router(self) -> bool {
        matches!(self, Self::Trader | Self::Provider)
    }
}

/// The keys of all who take part.
#[derive(Clone)]
pub struct Cast {
    bank: PrivateKeySigner,
    actors: Vec<PrivateKeySigner>,
}

impl std::fmt::Debug for Cast {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cast").field("actors", &self.actors.len()).finish_non_exhaustive()
    }
}

impl Cast {
    /// The accounts that follow from `secret`, the key of who pays, and the seed. Whoever knows both has
    /// them; who knows the seed alone does not.
    pub fn new(secret: &B256, seed: u64, actors: usize) -> Self {
        let key = |index: usize| account(secret, seed, index);
        Self { bank: key(0), actors: (1..=actors).map(key).collect() }
    }

    /// How many actors there are.
    pub const fn len(&self) -> usize {
        self.actors.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// The key of the bank or of an actor; `None` for the funder, whose key is elsewhere, and for an actor
    /// that there is not.
    pub fn signer(&self, who: Who) -> Option<&PrivateKeySigner> {
        match who {
            Who::Funder => None,
            Who::Bank => Some(&self.bank),
            Who::Actor(place) => self.actors.get(place),
        }
    }

    /// The address likewise.
    pub fn address(&self, who: Who) -> Option<Address> {
        self.signer(who).map(PrivateKeySigner::address)
    }

    /// The bank and all actors.
    pub fn everyone(&self) -> impl Iterator<Item = Who> {
        std::iter::once(Who::Bank).chain((0..self.actors.len()).map(Who::Actor))
    }
}

/// The key with an index. A hash that is no key, which nobody will see, is hashed again.
fn account(secret: &B256, seed: u64, index: usize) -> PrivateKeySigner {
    let index = (index as u64).to_be_bytes();
    let text = [DOMAIN, secret.as_slice(), &seed.to_be_bytes(), &index].concat();
    let mut hash = keccak256(text);
    loop {
        match PrivateKeySigner::from_bytes(&hash) {
            Ok(signer) => return signer,
            Err(_) => hash = keccak256(hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_actors_have_every_role() {
        let all = [
            Role::Sender,
            Role::Holder,
            Role::Trader,
            Role::Provider,
            Role::Wrapper,
            Role::Bridger,
            Role::Builder,
        ];
        for role in all {
            assert!((0..MIN_ACTORS).any(|actor| Role::of(actor) == role), "{role:?}");
        }
    }

    #[test]
    fn accounts_follow_from_the_secret_and_the_seed_and_from_nothing_else() {
        let (one, other) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let addresses = |cast: &Cast| -> Vec<Address> {
            cast.everyone().map(|who| cast.address(who).unwrap()).collect()
        };
        let few = addresses(&Cast::new(&one, 7, 8));
        assert_eq!(few, addresses(&Cast::new(&one, 7, 8)));
        assert_eq!(few, addresses(&Cast::new(&one, 7, 20))[..9]);
        for different in [Cast::new(&one, 8, 8), Cast::new(&other, 7, 8)] {
            assert!(addresses(&different).iter().all(|address| !few.contains(address)));
        }
        assert!(Cast::new(&one, 7, 8).address(Who::Funder).is_none());
    }

    #[test]
    fn no_key_is_shown() {
        let cast = Cast::new(&B256::repeat_byte(1), 7, 8);
        assert_eq!(format!("{cast:?}"), "Cast { actors: 8, .. }");
    }
}
