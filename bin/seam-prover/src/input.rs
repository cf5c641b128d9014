//! Blocks as inputs of the guest.

use std::path::Path;

use anyhow::{Context, Result};
use seam_fixtures::op_block::OpBlock;
use seam_primitives::B256;
use seam_stf::stateless::{self, StatelessInput};

/// A block to execute.
#[derive(Debug, Clone)]
pub struct Input {
    /// What the guest reads: the RLP of a [`StatelessInput`].
    pub bytes: Vec<u8>,
    /// The hash that the block is known to have, where the file tells.
    pub expected: Option<B256>,
}

/// What executing a block on this machine's own processor gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Native {
    /// The block's hash.
    pub hash: B256,
    /// Gas that its transactions used.
    pub gas: u64,
}

impl Input {
    /// Reads a recorded OP Stack block (`.json` or `.json.xz`), or the guest's own input (any other
    /// name).
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.to_string_lossy();
        if name.ends_with(".json") || name.ends_with(".json.xz") {
            let block = OpBlock::from_json(&seam_fixtures::read_text(path)?)
                .with_context(|| path.display().to_string())?;
            return Ok(Self::from(block));
        }
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { bytes, expected: None })
    }

    /// Executes natively.
    pub fn execute(&self) -> Result<Native, stateless::StatelessError> {
        let input: StatelessInput =
            alloy_rlp::decode_exact(&self.bytes).map_err(stateless::StatelessError::Decode)?;
        let executed = input.execute()?;
        Ok(Native { hash: executed.hash, gas: executed.block.header.gas_used })
    }
}

impl From<OpBlock> for Input {
    fn from(block: OpBlock) -> Self {
        Self { bytes: alloy_rlp::encode(&block.input), expected: Some(block.expected_hash) }
    }
}
