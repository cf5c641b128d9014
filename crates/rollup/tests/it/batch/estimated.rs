//! The estimate of a growing batch, beside what it really takes.

use super::{arbitrary, recorded};
use proptest::prelude::*;
use seam_rollup::batch::{Estimator, MARGIN_BYTES, MARGIN_PERCENT, encode};
use seam_stf::batch::BatchBlock;

/// Estimate and size of all blocks.
fn sizes(blocks: &[BatchBlock]) -> (usize, usize) {
    let mut estimator = Estimator::new();
    blocks.iter().for_each(|block| estimator.push(block).unwrap());
    assert_eq!(estimator.blocks(), blocks);
    (estimator.bytes(), encode(blocks).unwrap().len())
}

fn is_not_far_below(estimate: usize, size: usize) -> bool {
    estimate + size * MARGIN_PERCENT / 100 + MARGIN_BYTES >= size
}

#[test]
fn the_estimate_of_real_batches_is_near() {
    let (small, large) = (recorded::small().blocks, recorded::large().blocks);
    for (blocks, name) in [(&small[..9], "small"), (&small, "small"), (&large[..40], "large")] {
        let (estimate, size) = sizes(blocks);
        println!("{name}, {} blocks: {estimate} estimated, {size}", blocks.len());
        assert!(is_not_far_below(estimate, size), "{estimate} for {size}");
        assert!(estimate * 100 <= size * 120, "{estimate} for {size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_estimate_is_never_far_below(blocks in arbitrary::blocks()) {
        let (estimate, size) = sizes(&blocks);
        prop_assert!(is_not_far_below(estimate, size), "{} for {}", estimate, size);
    }
}
