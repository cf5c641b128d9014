//! The dictionaries of a batch: what is used most has the lowest number.

use super::{
    columns::{Output, varint},
    forms::{Forms, Op, Token},
    source::Source,
};
use alloy_primitives::map::HashMap;
use seam_stf::batch::{
    MAX_ENTRIES,
    well_known::{ACCOUNTS, SELECTORS},
};

/// Each entry with its number.
pub(super) struct Dictionaries {
    pub(super) accounts: Dictionary<20>,
    pub(super) words: Dictionary<32>,
    pub(super) selectors: Dictionary<4>,
}

/// Entries in their order.
#[derive(Default)]
pub(super) struct Dictionary<const N: usize> {
    entries: Vec<[u8; N]>,
    numbers: HashMap<[u8; N], usize>,
}

/// How often an entry is used, and where first.
struct Uses<const N: usize>(HashMap<[u8; N], (usize, usize)>);

impl Dictionaries {
    /// Of these transactions; selectors count once for each shape.
    pub(super) fn find(sources: &[Source<'_>], forms: &Forms<'_>, groups: &[Vec<usize>]) -> Self {
        let (mut accounts, mut words, mut selectors) =
            (Uses::default(), Uses::default(), Uses::default());
        for tokens in forms.0.iter().flat_map(|(calldata, lists)| [calldata, lists]).flatten() {
            match tokens.op {
                Op::Account | Op::PackedAccount => accounts.add(account(tokens)),
                Op::Word => words.add(tokens.bytes),
                _ => {}
            }
        }
        for (calldata, lists) in groups.iter().map(|group| &forms.0[group[0]]) {
            let tokens = calldata.iter().chain(lists).filter(|token| token.op == Op::Selector);
            tokens.for_each(|token| selectors.add(token.bytes));
        }
        accounts.add_recipients(sources);
        Self { accounts: accounts.sorted(), words: words.sorted(), selectors: selectors.sorted() }
    }

    pub(super) fn write(&self, output: &mut Output) {
        let plan = &mut output.dictionaries;
        self.accounts.write(plan, &mut output.accounts, &ACCOUNTS);
        self.words.write(plan, &mut output.words, &[]);
        self.selectors.write(plan, &mut output.selectors, &SELECTORS);
    }
}

/// The account that a token is.
pub(super) fn account<'a>(token: &Token<'a>) -> &'a [u8] {
    &token.bytes[token.bytes.len() - 20..]
}

impl<const N: usize> Default for Uses<N> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<const N: usize> Uses<N> {
    fn add(&mut self, bytes: &[u8]) {
        if let Some(key) = bytes.first_chunk() {
            let first = self.0.len();
            self.0.entry(*key).or_insert((0, first)).0 += 1;
        }
    }

    fn sorted(self) -> Dictionary<N> {
        let mut uses: Vec<_> = self.0.into_iter().collect();
        uses.sort_unstable_by(|(_, (m, a)), (_, (n, b))| n.cmp(m).then(a.cmp(b)));
        let entries: Vec<_> = uses.into_iter().map(|(entry, _)| entry).collect();
        let numbers = entries.iter().enumerate().map(|(number, entry)| (*entry, number)).collect();
        Dictionary { entries, numbers }
    }
}

impl Uses<20> {
    /// Adds recipients that come up more than once, here or in calldata, or are well known, as long
    /// as there are places.
    fn add_recipients(&mut self, sources: &[Source<'_>]) {
        let mut recipients = Self::default();
        for to in sources.iter().filter_map(|source| source.to) {
            recipients.add(to.as_slice());
        }
        let recipients = recipients.sorted_with_counts();
        for (recipient, count) in recipients {
            let place = self.0.len();
            let worth =
                count > 1 || self.0.contains_key(&recipient) || ACCOUNTS.contains(&recipient);
            if worth && (place < MAX_ENTRIES || self.0.contains_key(&recipient)) {
                self.0.entry(recipient).or_insert((0, place)).0 += count;
            }
        }
    }

    fn sorted_with_counts(self) -> Vec<([u8; 20], usize)> {
        let mut uses: Vec<_> = self.0.into_iter().collect();
        uses.sort_unstable_by_key(|(_, (_, first))| *first);
        uses.into_iter().map(|(entry, (count, _))| (entry, count)).collect()
    }
}

impl<const N: usize> Dictionary<N> {
    /// The number of an entry.
    pub(super) fn number(&self, entry: &[u8]) -> Option<usize> {
        self.numbers.get(entry).copied()
    }

    fn write(&self, plan: &mut Vec<u8>, new: &mut Vec<u8>, known: &[[u8; N]]) {
        varint(plan, self.entries.len() as u64);
        for entry in &self.entries {
            let place = known.iter().position(|known| known == entry);
            if !known.is_empty() {
                plan.push(place.map_or(0, |place| u8::try_from(place + 1).unwrap_or_default()));
            }
            if place.is_none() {
                new.extend_from_slice(entry);
            }
        }
    }
}
