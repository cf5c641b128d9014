//! How many bytes FastLZ (level 1) would leave of some data. The compressed bytes themselves are not
//! made: Fjord charges for their number alone, and every client must count the same.

/// Entries of the table of places: 13 bits of hash.
const TABLE: usize = 1 << 13;
/// Places further back than this cannot be referred to.
const WINDOW: usize = 8_192;
/// The last bytes are never part of a match.
const TAIL: usize = 13;
/// Most bytes of one literal run.
const RUN: usize = 32;
/// Most bytes of one match beyond its first.
const LONGEST: usize = 262;

/// The number of bytes that FastLZ leaves of `data`. Data of 4 GiB and more is out of the question.
pub fn compressed_size(data: &[u8]) -> u32 {
    let size = Lz { data, places: [0; TABLE], size: 0 }.run();
    u32::try_from(size).unwrap_or(u32::MAX)
}

struct Lz<'a> {
    data: &'a [u8],
    /// Where the three bytes with a hash were last seen.
    places: [usize; TABLE],
    size: usize,
}

impl Lz<'_> {
    fn run(mut self) -> usize {
        let limit = self.data.len().saturating_sub(TAIL);
        let (mut at, mut anchor) = (2, 0);
        while let Some((found, from)) = self.find(at, limit) {
            self.literals(found - anchor);
            let matched = self.matched(from + 3, found + 3, limit + 9);
            self.count_match(matched);
            // Two places inside the match are remembered, and the next search starts behind them.
            at = found + matched;
            self.remember(at);
            self.remember(at + 1);
            at += 2;
            anchor = at;
        }
        self.literals(self.data.len() - anchor);
        self.size
    }

    /// The next place at or after `at` whose three bytes were seen not too long before, and where.
    fn find(&mut self, mut at: usize, limit: usize) -> Option<(usize, usize)> {
        while at < limit {
            let sequence = self.three(at);
            let seen = std::mem::replace(&mut self.places[hash(sequence)], at);
            // A match in the last place before the limit comes too late.
            if at - seen < WINDOW && sequence == self.three(seen) {
                return (at + 1 < limit).then_some((at, seen));
            }
            at += 1;
        }
        None
    }

    fn three(&self, at: usize) -> u32 {
        let byte = |offset: usize| self.data.get(at + offset).copied().unwrap_or_default();
        u32::from_le_bytes([byte(0), byte(1), byte(2), 0])
    }

    /// One more than the number of bytes from `earlier` and `later` on that are alike, up to `end`;
    /// the number itself if all are.
    fn matched(&self, earlier: usize, later: usize, end: usize) -> usize {
        let most = end.saturating_sub(later);
        let pairs = self.data[earlier..].iter().zip(&self.data[later..]).take(most);
        let alike = pairs.take_while(|(a, b)| a == b).count();
        if alike < most { alike + 1 } else { alike }
    }

    fn literals(&mut self, bytes: usize) {
        let (runs, rest) = (bytes / RUN, bytes % RUN);
        self.size += runs * (RUN + 1) + if rest == 0 { 0 } else { rest + 1 };
    }

    fn count_match(&mut self, length: usize) {
        let length = length - 1;
        self.size += 3 * (length / LONGEST) + if length % LONGEST >= 6 { 3 } else { 2 };
    }

    fn remember(&mut self, at: usize) {
        let sequence = self.three(at);
        self.places[hash(sequence)] = at;
    }
}

/// The top 13 bits of a multiplication by 2^32 divided by the golden ratio.
const fn hash(sequence: u32) -> usize {
    (sequence.wrapping_mul(2_654_435_769) >> 19) as usize & (TABLE - 1)
}
