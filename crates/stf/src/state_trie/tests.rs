//! A store of nodes by path under random histories of accounts that come, go and come back.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

use super::*;
use crate::trie::{Nibbles, NodeKey, NodePlace, SourceError};
use proptest::{collection::vec, prelude::*};

/// As many cases as given; in the soak as many as it says, if that is more.
fn cases(ci: u32) -> ProptestConfig {
    let mut config = ProptestConfig::default(); // reads PROPTEST_CASES
    if std::env::var_os("SEAM_SOAK").is_none() {
        config.cases = 0;
    }
    config.cases = config.cases.max(ci);
    config
}

/// Nodes by path: the owner first, so that those of one owner lie together.
#[derive(Debug, Default, PartialEq)]
struct Paths(BTreeMap<NodeKey, Bytes>);

impl NodeSource for Paths {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        let node = self.0.get(&NodeKey { owner: at.owner, path: at.path });
        Ok(node.filter(|node| keccak256(node) == at.hash).cloned())
    }
}

impl Paths {
    fn take_from(&mut self, trie: &mut StateTrie) {
        let changes = trie.take_changes();
        self.0.retain(|key, _| !key.owner.is_some_and(|owner| changes.wiped.contains(&owner)));
        for node in changes.new {
            self.0.insert(NodeKey { owner: node.owner, path: node.path }, node.bytes);
        }
        for key in changes.gone {
            self.0.remove(&key);
        }
    }
}

type Slots = BTreeMap<U256, U256>;
/// The state: accounts with their slots that are not zero.
type Model = BTreeMap<Address, (Account, Slots)>;

fn address(index: u8) -> Address {
    Address::with_last_byte(index)
}

/// What a block does to an account.
fn change() -> impl Strategy<Value = AccountChange> {
    let slots = vec((0u64..24, 0u64..3), 0..12);
    (prop::option::weighted(0.8, 0u64..9), prop::bool::weighted(0.2), slots).prop_map(
        |(nonce, storage_wiped, slots)| {
            let account = nonce.map(|nonce| Account { nonce, ..Account::default() });
            let slots = slots.into_iter().filter(|_| account.is_some());
            let storage = slots.map(|(slot, value)| (U256::from(slot), U256::from(value)));
            AccountChange { account, storage_wiped, storage: storage.collect() }
        },
    )
}

fn block() -> impl Strategy<Value = StateChanges> {
    vec((0u8..12, change()), 0..6).prop_map(|changes| {
        let accounts = changes.into_iter().map(|(index, change)| (address(index), change));
        StateChanges { accounts: accounts.collect(), ..StateChanges::default() }
    })
}

/// What happens after a block.
#[derive(Debug, Clone)]
enum Then {
    Nothing,
    /// Before the changes are taken.
    Shrink(usize),
    Store,
    StoreAndShrink(usize),
    StoreAndForget(usize),
    StoreAndReload,
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        Just(Then::Nothing),
        (0usize..30).prop_map(Then::Shrink),
        Just(Then::Store),
        (0usize..60).prop_map(Then::StoreAndShrink),
        (0usize..4).prop_map(Then::StoreAndForget),
        Just(Then::StoreAndReload),
    ]
}

fn apply(model: &mut Model, changes: &StateChanges) {
    for (address, change) in &changes.accounts {
        let before = model.remove(address);
        let Some(account) = change.account else { continue };
        let mut slots = before.filter(|_| !change.storage_wiped).unwrap_or_default().1;
        slots.extend(&change.storage);
        slots.retain(|_, value| !value.is_zero());
        model.insert(*address, (account, slots));
    }
}

/// The state at once, over nothing.
fn fresh(model: &Model) -> (B256, Paths) {
    let change = |(account, slots): &(Account, Slots)| AccountChange {
        account: Some(*account),
        storage_wiped: false,
        storage: slots.clone(),
    };
    let accounts = model.iter().map(|(address, state)| (*address, change(state)));
    let changes = StateChanges { accounts: accounts.collect(), ..StateChanges::default() };
    let (mut trie, mut paths) = (StateTrie::from_root(EMPTY_ROOT_HASH), Paths::default());
    let roots = trie.apply(&paths, &changes, None).unwrap();
    paths.take_from(&mut trie);
    (roots.state, paths)
}

/// Applies a block in two parts, the second of which is all of it, as when it was prepared.
fn prepared(trie: &mut StateTrie, source: &Paths, block: &StateChanges, part: usize) -> B256 {
    let mut first = block.clone();
    first.accounts.retain(|address, _| address.0[19] % 2 == 0);
    for change in first.accounts.values_mut() {
        if let Some(account) = &mut change.account {
            account.nonce += 100;
        }
        change.storage =
            change.storage.iter().take(part).map(|(slot, _)| (*slot, U256::MAX)).collect();
    }
    trie.apply(source, &first, None).unwrap();
    trie.apply(source, block, None).unwrap().state
}

fn check(trie: &mut StateTrie, source: &Paths, model: &Model) {
    for index in 0..12 {
        let (account, slots) = model.get(&address(index)).cloned().unzip();
        assert_eq!(trie.account(source, address(index)).unwrap(), account);
        for slot in (0..24).map(U256::from) {
            let value = slots.as_ref().and_then(|slots| slots.get(&slot).copied());
            let read = trie.storage(source, address(index), slot).unwrap();
            assert_eq!(read, value.unwrap_or_default());
        }
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn a_store_by_path_holds_the_nodes_of_the_state_and_no_others(
        blocks in vec((block(), then(), 0usize..4, any::<bool>()), 1..16),
    ) {
        let mut trie = StateTrie::from_root(EMPTY_ROOT_HASH);
        let (mut paths, mut model) = (Paths::default(), Model::new());
        for (block, then, part, read) in blocks {
            let root = prepared(&mut trie, &paths, &block, part);
            apply(&mut model, &block);
            let (expected, nodes) = fresh(&model);
            prop_assert_eq!(root, expected);
            if !matches!(then, Then::Nothing | Then::Shrink(_)) {
                paths.take_from(&mut trie);
                prop_assert_eq!(&paths, &nodes);
            }
            match then {
                Then::Nothing | Then::Store => {}
                Then::Shrink(most) => drop(trie.shrink(most)),
                Then::StoreAndShrink(most) => prop_assert!(trie.shrink(most) <= most),
                Then::StoreAndForget(levels) => trie.forget(levels),
                Then::StoreAndReload => trie = StateTrie::from_root(root),
            }
            if read {
                check(&mut trie, &paths, &model);
            }
        }
        paths.take_from(&mut trie);
        prop_assert_eq!(&paths, &fresh(&model).1);
        check(&mut trie, &paths, &model);
        prop_assert_eq!(trie.shrink(0), 0);
        prop_assert!(trie.storages.is_empty());
        check(&mut trie, &paths, &model);
    }
}

/// As many accounts as asked for, each with three slots.
fn filled(accounts: u8) -> (StateTrie, Paths) {
    let storage: Slots = (1..4).map(|slot| (U256::from(slot), U256::from(slot))).collect();
    let account = Some(Account::default());
    let change = AccountChange { account, storage_wiped: false, storage };
    let accounts = (0..accounts).map(|index| (address(index), change.clone())).collect();
    let (mut trie, mut paths) = (StateTrie::from_root(EMPTY_ROOT_HASH), Paths::default());
    let changes = StateChanges { accounts, ..StateChanges::default() };
    trie.apply(&paths, &changes, None).unwrap();
    assert!(trie.shrink(0) > usize::from(accounts_of(&changes)), "nothing new can go");
    paths.take_from(&mut trie);
    (trie, paths)
}

fn accounts_of(changes: &StateChanges) -> u8 {
    u8::try_from(changes.accounts.len()).unwrap()
}

#[test]
fn storage_that_is_used_stays_and_storage_that_is_not_goes_first() {
    let (mut trie, paths) = filled(100);
    let all = trie.shrink(usize::MAX);
    trie.shrink(usize::MAX);
    for index in 0..10 {
        trie.storage(&paths, address(index), U256::from(1)).unwrap();
    }
    let left = trie.shrink(all - 1);
    assert!(left <= all - all / 4, "room for a fourth: {left} of {all}");
    assert!(trie.storages.len() < 100);
    assert!((0..10).all(|index| trie.storages.contains_key(&address(index))));
    assert!(trie.accounts.nodes_at_most() >= 100, "the accounts stay as long as that is enough");
    // Then the levels, from the lowest.
    let left = trie.shrink(20);
    assert!((1..=20).contains(&left), "{left}");
    assert_eq!(trie.shrink(0), 0);
    assert!(trie.storages.is_empty());
}

#[test]
fn storage_is_told_to_be_wiped_only_where_there_was_some() {
    let (mut trie, paths) = filled(2);
    let changes = |wiped: &[u8]| {
        let gone = AccountChange { storage_wiped: true, ..AccountChange::default() };
        let accounts = wiped.iter().map(|index| (address(*index), gone.clone())).collect();
        StateChanges { accounts, ..StateChanges::default() }
    };
    trie.apply(&paths, &changes(&[1, 7]), None).unwrap();
    let taken = trie.take_changes();
    assert_eq!(taken.wiped, [address(1)]);
    let root = NodeKey { owner: None, path: Nibbles::new() };
    assert!(taken.new.iter().any(|node| (node.owner, node.path) == (root.owner, root.path)));
    assert!(!taken.gone.contains(&root));
}
