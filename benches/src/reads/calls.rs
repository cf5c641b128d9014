//! The mix of calls: what wallets, explorers and indexers ask. The same on every run.

use crate::{chain::ground::Ground, http};
use alloy_primitives::{B256, U256, hex};
use serde_json::{Value, json};

/// A kind of call, with how many of a hundred are of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method {
    pub(super) name: &'static str,
    /// What tells it from others with the same name.
    pub(super) detail: &'static str,
    share: usize,
    params: fn(&Known<'_>, Draw) -> Value,
}

macro_rules! methods {
    ($($share:literal $name:literal $detail:literal $params:expr;)+) => {
        &[$(Method { name: $name, detail: $detail, share: $share, params: $params },)+]
    };
}

/// All kinds.
pub(super) const METHODS: &[Method] = methods! {
    25 "eth_call" "balanceOf" |known, draw| json!([known.balance_of(draw), "latest"]);
    15 "eth_getBalance" "" |known, draw| json!([known.account(draw), "latest"]);
    12 "eth_getTransactionReceipt" "" |known, draw| json!([known.transaction(draw)]);
    5 "eth_getTransactionByHash" "" |known, draw| json!([known.transaction(draw)]);
    7 "eth_getBlockByNumber" "hashes" |known, draw| json!([known.block(draw), false]);
    3 "eth_getBlockByNumber" "transactions" |known, draw| json!([known.block(draw), true]);
    8 "eth_getLogs" "3 blocks, one token" |known, draw| json!([known.logs(draw)]);
    5 "eth_getStorageAt" "" |known, draw| {
        json!([known.ground.contracts.token, U256::from(draw.below(3)), "latest"])
    };
    5 "eth_getTransactionCount" "" |known, draw| json!([known.account(draw), "latest"]);
    4 "eth_estimateGas" "token transfer" |known, draw| json!([known.transfer(draw)]);
    3 "eth_feeHistory" "20 blocks" |_, _| json!(["0x14", "latest", [25, 75]]);
    3 "eth_gasPrice" "" |_, _| json!([]);
    5 "eth_blockNumber" "" |_, _| json!([]);
};

/// A number that looks random.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw(u64);

impl Draw {
    /// The mixing function of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
    /// generators", 2014).
    fn of(number: u64) -> Self {
        let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(z ^ (z >> 31))
    }

    fn below(self, count: u64) -> u64 {
        self.0 % count.max(1)
    }

    fn one_of<T>(self, all: &[T]) -> &T {
        let count = all.len() as u64;
        &all[usize::try_from(self.below(count)).unwrap_or_default()]
    }
}

/// What calls may be about.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) ground: &'a Ground,
    /// Number of the newest block.
    pub(super) head: u64,
    /// Transactions in blocks.
    pub(super) transactions: Vec<B256>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    /// Which of [`METHODS`].
    pub(super) method: usize,
    /// The JSON.
    pub(super) body: String,
}

impl Known<'_> {
    /// Call `number` of the load.
    pub(super) fn call(&self, number: usize) -> Call {
        let number = number as u64;
        let method = chosen(Draw::of(2 * number));
        let Method { name, params, .. } = METHODS[method];
        let params = params(self, Draw::of(2 * number + 1));
        Call { method, body: http::call(0, name, &params) }
    }

    fn account(&self, draw: Draw) -> Value {
        json!(draw.one_of(self.ground.people.addresses()))
    }

    fn transaction(&self, draw: Draw) -> Value {
        json!(draw.one_of(&self.transactions))
    }

    /// One of the newest hundred.
    fn block(&self, draw: Draw) -> Value {
        json!(format!("{:#x}", self.head - draw.below(self.head.min(100))))
    }

    fn balance_of(&self, draw: Draw) -> Value {
        let holder = draw.one_of(self.ground.people.addresses()).into_word();
        let data = hex::encode_prefixed([&BALANCE_OF[..], holder.as_slice()].concat());
        json!({ "to": self.ground.contracts.token, "data": data })
    }

    fn transfer(&self, draw: Draw) -> Value {
        let addresses = self.ground.people.addresses();
        let receiver = draw.one_of(&addresses[1..]).into_word();
        let value = B256::from(U256::from(1));
        let data = [&TRANSFER[..], receiver.as_slice(), value.as_slice()].concat();
        let data = hex::encode_prefixed(data);
        json!({ "from": addresses[1], "to": self.ground.contracts.token, "data": data })
    }

    fn logs(&self, draw: Draw) -> Value {
        let last = self.head - draw.below(self.head.min(100));
        let first = last.saturating_sub(2);
        json!({
            "address": self.ground.contracts.token,
            "fromBlock": format!("{first:#x}"),
            "toBlock": format!("{last:#x}"),
        })
    }
}

/// `balanceOf(address)`.
const BALANCE_OF: [u8; 4] = [0x70, 0xa0, 0x82, 0x31];
/// `transfer(address,uint256)`.
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];

/// One of [`METHODS`] by its share.
fn chosen(draw: Draw) -> usize {
    let mut left = usize::try_from(draw.below(100)).unwrap_or_default();
    for (at, method) in METHODS.iter().enumerate() {
        match left.checked_sub(method.share) {
            Some(rest) => left = rest,
            None => return at,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_those_of_a_hundred_and_all_methods_come() {
        assert_eq!(METHODS.iter().map(|method| method.share).sum::<usize>(), 100);
        let mut counts = vec![0; METHODS.len()];
        for number in 0..100_000 {
            counts[chosen(Draw::of(number))] += 1;
        }
        for (method, count) in METHODS.iter().zip(counts) {
            let share = method.share * 1_000;
            assert!((share * 9 / 10..share * 11 / 10).contains(&count), "{}: {count}", method.name);
        }
    }

    #[test]
    fn every_call_names_what_the_chain_has() {
        let ground = Ground::new(20, 4, 60_000_000).unwrap();
        let hash = B256::repeat_byte(7);
        let known = Known { ground: &ground, head: 5, transactions: vec![hash] };
        for number in 0..1_000 {
            let Call { method, body } = known.call(number);
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["method"], METHODS[method].name);
            if METHODS[method].name == "eth_getBlockByNumber" {
                let number = http::quantity(&body["params"][0]).unwrap();
                assert!((1..=5).contains(&number), "{number}");
            }
        }
    }
}
