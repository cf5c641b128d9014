//! Forms that nearly agree become one: a call is cheaper in a shape that is there already, even if
//! a number of it then begins with zeros, than with a shape of its own.

use super::{Form, Op, Token, low_bytes};
use alloy_primitives::map::HashMap;
use seam_stf::batch::{MAX_ENTRIES, shape::op};
use std::cmp::Reverse;

/// What a shape is taken to cost, in bits, when another one is like it...
const SHAPE: i64 = 30;
/// ...and for each place where they differ.
const PLACE: i64 = 16;
/// What a zero before a number costs.
const ZERO: i64 = 3;
/// What a byte costs that was a constant.
const BYTE: i64 = 6;
/// What an account costs that was a number.
const ENTRY: i64 = 16;
/// Forms that another one is compared with.
const MOST_COMPARED: usize = 16;

/// What a form has at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// This number, of so many bytes.
    Constant(u8, u64),
    /// A number of at most so many bytes.
    Number(u8),
    Account,
    /// What cannot be said in another way.
    Other,
}

impl Place {
    fn of(token: &Token<'_>) -> Self {
        match token.op {
            Op::Number(size @ ..=op::MAX_CONSTANT) => Self::Constant(size, low_bytes(token.bytes)),
            Op::Number(size) => Self::Number(size),
            Op::Account => Self::Account,
            _ => Self::Other,
        }
    }

    /// What can say both, if anything can.
    fn with(self, other: Self) -> Option<Self> {
        let size = self.size().max(other.size());
        match (self, other) {
            _ if self == other => Some(self),
            (Self::Other, _) | (_, Self::Other) => None,
            (Self::Account, _) | (_, Self::Account) => {
                (size == Self::Account.size()).then_some(Self::Account)
            }
            _ => Some(Self::Number(size.max(op::MAX_CONSTANT + 1))),
        }
    }

    /// Bytes of a number.
    const fn size(self) -> u8 {
        match self {
            Self::Constant(size, _) | Self::Number(size) => size,
            Self::Account => 20,
            Self::Other => 0,
        }
    }

    /// How much more it costs a call if this is said by what says more.
    fn more(self, by: Self) -> i64 {
        let zeros = ZERO * (i64::from(by.size()) - i64::from(self.size()));
        match (self, by) {
            _ if self == by => 0,
            (_, Self::Account) => ENTRY,
            (Self::Constant(size, _), _) => BYTE * i64::from(size) + zeros,
            _ => zeros,
        }
    }

    const fn op(self) -> Option<Op> {
        match self {
            Self::Constant(size, _) | Self::Number(size) => Some(Op::Number(size)),
            Self::Account => Some(Op::Account),
            Self::Other => None,
        }
    }
}

/// Transactions with one form.
#[derive(Debug)]
struct Group {
    places: Vec<Place>,
    members: Vec<usize>,
}

impl Group {
    /// The form for both, and how many bits it saves.
    fn with(&self, other: &Self) -> Option<(Vec<Place>, i64)> {
        let calls = |group: &Self| i64::try_from(group.members.len()).unwrap_or(i64::MAX);
        let mut saved = SHAPE;
        let pairs = self.places.iter().zip(&other.places);
        let places = pairs.map(|(one, two)| {
            let both = one.with(*two)?;
            if one != two {
                let more = calls(self) * one.more(both) + calls(other) * two.more(both);
                saved += PLACE - more;
            }
            Some(both)
        });
        let places = places.collect::<Option<_>>()?;
        Some((places, saved))
    }

    /// Has its transactions say this form; `room` is how many accounts more the dictionary may get.
    fn write(&self, forms: &mut [Form<'_>], room: &mut usize) {
        let is_new = |(token, place): (&Token<'_>, &Place)| {
            *place == Place::Account && token.op != Op::Account
        };
        let form = |member: &usize| forms[*member].0.iter().chain(&forms[*member].1);
        let news = self.members.iter().flat_map(|member| form(member).zip(&self.places));
        let news = news.filter(|pair| is_new(*pair)).count();
        // Else they stay what they were.
        let Some(left) = room.checked_sub(news) else { return };
        *room = left;
        for member in &self.members {
            let (calldata, lists) = &mut forms[*member];
            for (token, place) in calldata.iter_mut().chain(lists).zip(&self.places) {
                token.op = place.op().unwrap_or(token.op);
            }
        }
    }
}

/// Makes one of forms that nearly agree, where that is cheaper. `kinds` are those of the shapes.
pub(super) fn merge(forms: &mut [Form<'_>], kinds: impl Iterator<Item = u8>) {
    // Half of the dictionary's places are taken at most.
    let mut room = MAX_ENTRIES / 2;
    for groups in alike(forms, kinds) {
        for group in merged(groups) {
            group.write(forms, &mut room);
        }
    }
}

/// Groups by what they can be merged with.
fn alike(forms: &[Form<'_>], kinds: impl Iterator<Item = u8>) -> Vec<Vec<Group>> {
    let mut outlines: HashMap<Vec<u8>, usize> = HashMap::default();
    let mut numbers: HashMap<(usize, Vec<Place>), usize> = HashMap::default();
    let mut all: Vec<Vec<Group>> = Vec::new();
    for (member, (form, kind)) in forms.iter().zip(kinds).enumerate() {
        let next = all.len();
        let outline = *outlines.entry(outline(kind, form)).or_insert(next);
        if outline == next {
            all.push(Vec::new());
        }
        let places: Vec<_> = form.0.iter().chain(&form.1).map(Place::of).collect();
        let groups = &mut all[outline];
        let number = *numbers.entry((outline, places.clone())).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.members.push(member),
            None => groups.push(Group { places, members: vec![member] }),
        }
    }
    all
}

/// What is the same in forms that can be merged.
fn outline(kind: u8, (calldata, lists): &Form<'_>) -> Vec<u8> {
    let mut outline = vec![kind];
    for tokens in [calldata, lists] {
        for token in tokens {
            match token.op {
                Op::Number(_) | Op::Account => outline.push(op::NUMBER),
                Op::Selector => {
                    outline.push(op::SELECTOR);
                    outline.extend_from_slice(token.bytes);
                }
                other => outline.push(other.code()),
            }
        }
        outline.push(op::END);
    }
    outline
}

/// Each with the one before that it is cheapest with; first what most calls have.
fn merged(mut groups: Vec<Group>) -> Vec<Group> {
    groups.sort_by_key(|group| Reverse(group.members.len()));
    let mut merged: Vec<Group> = Vec::new();
    for group in groups {
        let with = |(place, other): (usize, &Group)| Some((place, other.with(&group)?));
        let offers = merged.iter().take(MOST_COMPARED).enumerate().filter_map(with);
        match offers.max_by_key(|(_, (_, saved))| *saved) {
            Some((place, (places, 1..))) => {
                merged[place].places = places;
                merged[place].members.extend(group.members);
            }
            _ => merged.push(group),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_stf::batch::shape::WORD;

    /// A form of words, each with its operation.
    fn form(words: &[(Op, [u8; WORD])]) -> Form<'_> {
        let tokens = words.iter().map(|(op, bytes)| Token { op: *op, bytes });
        (tokens.collect(), Vec::new())
    }

    fn number(size: u8) -> (Op, [u8; WORD]) {
        let mut word = [0; WORD];
        word[WORD - usize::from(size)..].fill(size);
        (Op::Number(size), word)
    }

    fn ops(form: &Form<'_>) -> Vec<Op> {
        form.0.iter().map(|token| token.op).collect()
    }

    fn merged_ops(forms: &[&[(Op, [u8; WORD])]]) -> Vec<Vec<Op>> {
        let mut forms: Vec<_> = forms.iter().map(|words| form(words)).collect();
        let kinds = vec![0; forms.len()];
        merge(&mut forms, kinds.into_iter());
        forms.iter().map(ops).collect()
    }

    #[test]
    fn numbers_of_nearly_one_size_get_one() {
        let found = merged_ops(&[&[number(6), number(1)], &[number(7), number(1)]]);
        assert_eq!(found, [[Op::Number(7), Op::Number(1)], [Op::Number(7), Op::Number(1)]]);
    }

    #[test]
    fn constants_become_arguments_of_three_bytes() {
        let found = merged_ops(&[&[number(0)], &[number(1)], &[number(2)]]);
        assert_eq!(found, [[Op::Number(3)], [Op::Number(3)], [Op::Number(3)]]);
    }

    #[test]
    fn what_most_calls_have_is_not_made_longer_for_one() {
        let (short, long) = ([number(3)], [number(18)]);
        let mut forms = vec![&short[..]; 40];
        forms.push(&long);
        let found = merged_ops(&forms);
        assert_eq!((&found[0], &found[40]), (&vec![Op::Number(3)], &vec![Op::Number(18)]));
    }

    #[test]
    fn an_account_makes_accounts_of_numbers_that_fit() {
        let (account, fits, too_large) = ((Op::Account, [1; WORD]), number(19), number(21));
        let found = merged_ops(&[&[account], &[fits], &[too_large]]);
        assert_eq!(found, [[Op::Account], [Op::Account], [Op::Number(21)]]);
    }

    #[test]
    fn other_operations_stay_apart() {
        let word = (Op::Word, [1; WORD]);
        assert_eq!(merged_ops(&[&[word], &[number(4)]]), [[Op::Word], [Op::Number(4)]]);
    }

    #[test]
    fn no_more_accounts_are_added_than_the_dictionary_has_room_for() {
        let words = [number(20), number(20)];
        let group = Group { places: vec![Place::Account; 2], members: vec![0] };
        for (mut room, left, op) in [(1, 1, Op::Number(20)), (2, 0, Op::Account)] {
            let mut forms = [form(&words)];
            group.write(&mut forms, &mut room);
            assert_eq!((ops(&forms[0]), room), (vec![op; 2], left));
        }
    }
}
