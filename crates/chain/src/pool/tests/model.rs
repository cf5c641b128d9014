//! Random operations on the pool and on a naive one that computes everything from a plain list:
//! both must agree on every answer and on the content after every step.

mod naive;
mod world;

use proptest::prelude::*;
use world::{Op, World};

fn op() -> impl Strategy<Value = Op> {
    let price = prop_oneof![0u128..60, 0u128..400];
    let insert = (0u64..6, 0u64..7, price, 0u128..30, 0u8..10, 0u8..8).prop_map(
        |(seed, ahead, fee, tip, kind, value)| Op::Insert { seed, ahead, fee, tip, kind, value },
    );
    prop_oneof![
        20 => insert,
        2 => Just(Op::Open),
        12 => Just(Op::Take),
        2 => Just(Op::Refuse),
        4 => Just(Op::Seal),
        4 => any::<u8>().prop_map(|spend| Op::Announce { spend }),
        1 => (0u64..3).prop_map(|ahead| Op::Abandon { ahead }),
        1 => (0u64..6, 1u64..3).prop_map(|(seed, nonces)| Op::Foreign { seed, nonces }),
        1 => (1usize..4).prop_map(|depth| Op::Reorg { depth }),
        1 => any::<u8>().prop_map(|which| Op::Remove { which }),
        2 => (0u64..6, 0u64..6).prop_map(|(seed, size)| Op::Balance { seed, size }),
        1 => (0u64..40).prop_map(|base_fee| Op::BaseFee { base_fee }),
    ]
}

proptest! {
    #[test]
    fn the_pool_is_what_a_naive_one_is(
        max_transactions in 1usize..16,
        room in 1usize..4,
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut world = World::new(max_transactions, room);
        for op in ops {
            world.step(op);
            world.compare();
        }
    }
}
