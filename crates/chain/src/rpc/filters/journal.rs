//! What happened, in order, for readers that are at different places of it.

use std::collections::VecDeque;

/// Entries with their sizes. Each has a number, counted from the start.
#[derive(Debug)]
pub(super) struct Journal<T> {
    /// Number of the first entry that is still here.
    first: u64,
    entries: VecDeque<(T, usize)>,
    bytes: usize,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { first: 0, entries: VecDeque::new(), bytes: 0 }
    }
}

impl<T: Clone> Journal<T> {
    pub(super) fn push(&mut self, entry: T, bytes: usize) {
        self.bytes += bytes;
        self.entries.push_back((entry, bytes));
    }

    /// Number of the entry that comes next.
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Sizes of all entries together.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The entries from this number on.
    pub(super) fn since(&self, cursor: u64) -> Vec<T> {
        self.from(cursor).map(|(entry, _)| entry.clone()).collect()
    }

    /// Sizes of the entries from this number on.
    pub(super) fn bytes_since(&self, cursor: u64) -> usize {
        self.from(cursor).map(|(_, bytes)| bytes).sum()
    }

    fn from(&self, cursor: u64) -> impl Iterator<Item = &(T, usize)> {
        let skip = usize::try_from(cursor.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip)
    }

    /// Lets those before this number go.
    pub(super) fn forget_before(&mut self, cursor: u64) {
        while self.first < cursor
            && let Some((_, bytes)) = self.entries.pop_front()
        {
            self.first += 1;
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_what_came_after_their_place() {
        let mut journal = Journal::default();
        (0..5).for_each(|entry| journal.push(entry, 10));
        assert_eq!((journal.end(), journal.bytes()), (5, 50));
        assert_eq!(journal.since(3), [3, 4]);
        journal.forget_before(3);
        assert_eq!((journal.end(), journal.bytes()), (5, 20));
        assert_eq!(journal.since(3), [3, 4]);
        assert_eq!(journal.since(5), [] as [i32; 0]);
        journal.forget_before(u64::MAX);
        assert_eq!((journal.end(), journal.bytes()), (5, 0));
        journal.push(5, 1);
        assert_eq!(journal.since(5), [5]);
    }
}
