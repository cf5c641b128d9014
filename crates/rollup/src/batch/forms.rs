//! Finding the form of calldata: which of its bytes are numbers, accounts, hashes, selectors.
//!
//! Calldata say nothing of their types, and calls lie in calls with four bytes before each, so words
//! stand at any offset. The form that is taken is the one that is likely to cost least: the cost of
//! every operation is estimated, and the cheapest way from each byte to the end is found backwards.
//! What is worth a place in a dictionary follows from a first, second and third look.

mod merge;
mod runs;

use super::source::Source;
use alloy_primitives::map::{B256Map, B256Set, HashMap, HashSet};
use alloy_primitives::{Address, B256, FixedBytes};
use seam_stf::batch::{
    MAX_ENTRIES,
    shape::{WORD, op},
};

/// Looks at all calldata before the one that counts.
const LOOKS: usize = 3;
/// Fewest significant bytes of a word that may go to the dictionary of words.
const ADDRESS: usize = 20;

/// An operation on bytes at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// A number of so many significant bytes.
    Number(u8),
    Text(u8),
    Account,
    PackedAccount,
    Word,
    /// So many words more than the last constant number.
    Offset(u8),
    Selector,
    /// So many words with their first bytes apart.
    Run(u8),
    /// So many words as they are.
    Words(u8),
    Bytes(u8),
    Zeros(u8),
}

impl Op {
    pub(super) fn size(self) -> usize {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Account | Self::Word | Self::Offset(_) => WORD,
            Self::PackedAccount => ADDRESS,
            Self::Selector => 4,
            Self::Run(words) | Self::Words(words) => WORD * usize::from(words),
            Self::Bytes(bytes) | Self::Zeros(bytes) => bytes.into(),
        }
    }

    /// Its byte in a form.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Number(size) => op::NUMBER + size,
            Self::Text(size) => op::TEXT + size,
            Self::Account => op::ACCOUNT,
            Self::PackedAccount => op::PACKED_ACCOUNT,
            Self::Word => op::DICTIONARY_WORD,
            Self::Offset(_) => op::OFFSET,
            Self::Selector => op::SELECTOR,
            Self::Run(words) => op::RUN + words,
            Self::Words(words) => op::WORDS + words,
            Self::Bytes(size) => op::BYTES + size,
            Self::Zeros(size) => op::ZEROS + size,
        }
    }

    /// One for two that follow one another.
    const fn with(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Run(words @ ..op::MAX_RUN), Self::Run(1)) => Some(Self::Run(words + 1)),
            (Self::Words(words @ ..op::MAX_WORDS), Self::Words(1)) => Some(Self::Words(words + 1)),
            _ => None,
        }
    }
}

/// An operation and the bytes it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) op: Op,
    pub(super) bytes: &'a [u8],
}

/// What an operation is taken to cost, in bits, without the bytes that it carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Costs {
    zero_word: u32,
    number: u32,
    text: u32,
    zeros: u32,
    account: u32,
    word: u32,
    selector: u32,
    run: u32,
    bytes: u32,
    /// Beside, for a number or text nearly as long as a word: most likely it is a hash.
    long: u32,
}

impl Costs {
    const USUAL: Self = Self {
        zero_word: 8,
        number: 4,
        text: 9,
        zeros: 40,
        account: 11,
        word: 12,
        selector: 17,
        run: 1,
        bytes: 34,
        long: 20,
    };

    /// Which is best depends on the traffic: these keep to words where they can, those do not.
    pub(super) const WORTH_TRYING: [Self; 2] =
        [Self::USUAL, Self { zeros: 7, bytes: 10, ..Self::USUAL }];
}

/// What stands in the dictionaries.
#[derive(Debug, Default)]
struct Known {
    accounts: HashSet<Address>,
    words: B256Set,
    selectors: HashSet<FixedBytes<4>>,
}

/// Of one transaction: the forms of its calldata and of its lists.
pub(super) type Form<'a> = (Vec<Token<'a>>, Vec<Token<'a>>);

/// The forms of all transactions.
pub(super) struct Forms<'a>(pub(super) Vec<Form<'a>>);

impl<'a> Forms<'a> {
    pub(super) fn find(sources: &'a [Source<'a>], costs: &Costs) -> Self {
        let mut known = Known::default();
        for _ in 0..LOOKS {
            let mut counts = Counts::default();
            for source in sources {
                counts.add(source, &known, costs);
            }
            known = counts.known();
        }
        let form = |source: &'a Source<'_>| {
            (calldata(source.calldata, &known, costs), tokens(&source.lists, &known, costs))
        };
        let mut forms: Vec<_> = sources.iter().map(form).collect();
        merge::merge(&mut forms, sources.iter().map(|source| source.kind));
        for (calldata, lists) in &mut forms {
            offsets(calldata);
            offsets(lists);
        }
        Self(forms)
    }
}

/// How often things come up.
#[derive(Default)]
struct Counts {
    accounts: HashMap<Address, u32>,
    words: B256Map<u32>,
    selectors: HashMap<FixedBytes<4>, u32>,
}

impl Counts {
    fn add(&mut self, source: &Source<'_>, known: &Known, costs: &Costs) {
        if let Some(to) = source.to {
            *self.accounts.entry(to).or_default() += 1;
        }
        // The first selector always has a place.
        if let Some(selector) = source.calldata.first_chunk::<4>() {
            *self.selectors.entry(selector.into()).or_default() += 2;
        }
        for token in calldata(source.calldata, known, costs) {
            self.add_token(token);
        }
        for token in tokens(&source.lists, known, costs) {
            self.add_token(token);
        }
    }

    fn add_token(&mut self, Token { op, bytes }: Token<'_>) {
        match op {
            Op::Account | Op::PackedAccount | Op::Number(14..=20) | Op::Bytes(20) => {
                let tail = &bytes[bytes.len() - ADDRESS..];
                *self.accounts.entry(Address::from_slice(tail)).or_default() += 1;
            }
            // A selector that a word was taken to end with.
            Op::Number(5..=8) => self.selector(&bytes[WORD - 4..]),
            Op::Text(4) | Op::Bytes(4) | Op::Selector => self.selector(&bytes[..4]),
            Op::Number(21..) | Op::Text(20..) | Op::Word => self.word(bytes),
            Op::Run(_) | Op::Words(_) => bytes.chunks_exact(WORD).for_each(|word| self.word(word)),
            _ => {}
        }
    }

    fn selector(&mut self, bytes: &[u8]) {
        *self.selectors.entry(FixedBytes::from_slice(bytes)).or_default() += 1;
    }

    fn word(&mut self, bytes: &[u8]) {
        // Words that begin or end with many zeros have operations of their own.
        if bytes[..4] != [0; 4] && bytes[ADDRESS..] != [0; WORD - ADDRESS] {
            *self.words.entry(B256::from_slice(bytes)).or_default() += 1;
        }
    }

    fn known(self) -> Known {
        Known {
            accounts: repeated(self.accounts).collect(),
            words: repeated(self.words).collect(),
            selectors: repeated(self.selectors).collect(),
        }
    }
}

/// What comes up more than once; of too many, those that come up most. Half of the places stay free
/// for what is added later.
fn repeated<K: Ord>(counts: impl IntoIterator<Item = (K, u32)>) -> impl Iterator<Item = K> {
    let mut repeated: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    repeated.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    repeated.into_iter().take(MAX_ENTRIES / 2).map(|(key, _)| key)
}

/// The form of calldata, which begin with a selector.
fn calldata<'a>(bytes: &'a [u8], known: &Known, costs: &Costs) -> Vec<Token<'a>> {
    match bytes.split_at_checked(4) {
        Some((selector, rest)) if known.selectors.contains(selector) => {
            let mut all = vec![Token { op: Op::Selector, bytes: selector }];
            all.extend(tokens(rest, known, costs));
            all
        }
        _ => tokens(bytes, known, costs),
    }
}

/// The cheapest form of bytes.
fn tokens<'a>(bytes: &'a [u8], known: &Known, costs: &Costs) -> Vec<Token<'a>> {
    let mut ops = Search { bytes, known, costs }.run();
    runs::split(&mut ops, bytes);
    let mut tokens: Vec<Token<'a>> = Vec::new();
    let mut at = 0;
    while let Some(op) = ops.get(at).copied() {
        let begin = at;
        at += op.size();
        match tokens.last_mut().and_then(|last| Some((last.op.with(op)?, last))) {
            Some((op, last)) => {
                let begin = begin - last.bytes.len();
                *last = Token { op, bytes: &bytes[begin..at] };
            }
            None => tokens.push(Token { op, bytes: &bytes[begin..at] }),
        }
    }
    tokens
}

/// Says numbers as offsets from constants before them, where they can be.
fn offsets(tokens: &mut [Token<'_>]) {
    let mut last = 0;
    for Token { op, bytes } in tokens {
        if let Op::Number(1..=3) = op {
            let number = low_bytes(bytes);
            *op = offset(*op, number, last);
            if *op != Op::Number(3) {
                last = number;
            }
        }
    }
}

/// A number as an offset from the last one, if it can be one and is worth it.
fn offset(op: Op, number: u64, last: u64) -> Op {
    let Some(more) = number.checked_sub(last) else { return op };
    let words = u8::try_from(more / WORD as u64).unwrap_or_default();
    let is_offset = op != Op::Number(1) && last != 0 && more % WORD as u64 == 0 && words != 0;
    if is_offset { Op::Offset(words) } else { op }
}

fn low_bytes(word: &[u8]) -> u64 {
    word.last_chunk().map_or(0, |low| u64::from_be_bytes(*low))
}

/// The search for the cheapest form.
struct Search<'a> {
    bytes: &'a [u8],
    known: &'a Known,
    costs: &'a Costs,
}

/// The cheapest operation so far, and what it and all after it cost.
struct Best<'a> {
    op: Op,
    cost: u32,
    /// What it costs from each byte on to the end.
    rest: &'a [u32],
    at: usize,
}

impl Best<'_> {
    fn offer(&mut self, op: Op, cost: u32) {
        let cost = cost.saturating_add(self.rest[self.at + op.size()]);
        if cost < self.cost {
            (self.op, self.cost) = (op, cost);
        }
    }
}

impl Search<'_> {
    /// The operation to take at each byte.
    fn run(&self) -> Vec<Op> {
        let size = self.bytes.len();
        let mut rest = vec![0; size + 1];
        let mut ops = vec![Op::Bytes(1); size];
        // Zeros from here on.
        let mut zeros = 0;
        for at in (0..size).rev() {
            zeros = if self.bytes[at] == 0 { zeros + 1 } else { 0 };
            let mut best = Best { op: Op::Bytes(1), cost: u32::MAX, rest: &rest, at };
            if at + WORD <= size {
                self.words(&self.bytes[at..at + WORD], zeros, &mut best);
            }
            self.pieces(zeros, &mut best);
            (ops[at], rest[at]) = (best.op, best.cost);
        }
        ops
    }

    /// Operations on a word, which begins with so many zeros.
    fn words(&self, word: &[u8], zeros: usize, best: &mut Best<'_>) {
        let costs = self.costs;
        if zeros < 4 && self.known.words.contains(word) {
            best.offer(Op::Word, costs.word);
        }
        if zeros >= 12 && self.known.accounts.contains(&word[WORD - ADDRESS..]) {
            best.offer(Op::Account, costs.account);
        }
        match zeros {
            WORD.. => best.offer(Op::Number(0), costs.zero_word),
            1.. => {
                let size = count(WORD - zeros);
                let long = if size >= 22 { costs.long } else { 0 };
                best.offer(Op::Number(size), costs.number + long + 8 * u32::from(size));
            }
            0 => {}
        }
        if zeros < 12 {
            best.offer(Op::Run(1), costs.run + 8 * 32);
        }
        let tail = word.iter().rev().take_while(|byte| **byte == 0).count();
        if (1..WORD).contains(&tail) {
            let size = count(WORD - tail);
            let long = if size >= 29 { costs.long } else { 0 };
            best.offer(Op::Text(size), costs.text + long + 8 * u32::from(size));
        }
    }

    /// Operations on less than a word, which begins with so many zeros.
    fn pieces(&self, zeros: usize, best: &mut Best<'_>) {
        let (costs, rest) = (self.costs, &self.bytes[best.at..]);
        for size in 1..=count(zeros.min(op::MAX_BYTES.into())) {
            best.offer(Op::Zeros(size), costs.zeros);
        }
        if zeros < 4
            && let Some(account) = rest.first_chunk::<ADDRESS>()
            && self.known.accounts.contains(account.as_slice())
        {
            best.offer(Op::PackedAccount, costs.account + 4);
        }
        if zeros < 2
            && let Some(selector) = rest.first_chunk::<4>()
            && self.known.selectors.contains(selector.as_slice())
        {
            best.offer(Op::Selector, costs.selector);
        }
        for size in 1..=count(rest.len().min(op::MAX_BYTES.into())) {
            best.offer(Op::Bytes(size), costs.bytes + 8 * u32::from(size));
        }
    }
}

/// A count that is at most that of a word's bytes.
fn count(bytes: usize) -> u8 {
    u8::try_from(bytes).unwrap_or(u8::MAX)
}
