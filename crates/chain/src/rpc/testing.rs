//! What only tests have a use for: `testing_buildBlockV1`, where the settings say so.

pub(crate) mod build_block;
