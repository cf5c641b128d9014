//! [`PoolLimits`].

/// How much the pool holds and what it asks of a newcomer. Transactions in flight (in a block that
/// is sealed but not announced) do not count: they are on their way out.
///
/// | field | default | unit | why |
/// |---|---|---|---|
/// | `max_transactions` | 20,000 | transactions | some blocks of a busy rollup |
/// | `max_bytes` | 268,435,456 | bytes, sidecars too | 256 MiB: half of the node's memory goal |
/// | `max_blob_bytes` | 134,217,728 | bytes of sidecars | 128 MiB: blobs cannot crowd out the rest |
/// | `max_per_account` | 1,024 | transactions | one sender takes a twentieth of the pool at most |
/// | `max_blobs_per_account` | 16 | blob transactions | geth's `maxTxsPerAccount` of its blob pool |
/// | `max_transaction_bytes` | 131,072 | bytes without the sidecar | geth's `txMaxSize` |
/// | `price_bump` | 10 | percent | geth's `PriceBump` |
/// | `blob_price_bump` | 100 | percent | EIP-4844 asks for more than others; geth's value |
/// | `min_tip` | 0 | wei per gas | take everything that can ever be in a block |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Transactions that wait.
    pub max_transactions: usize,
    /// Bytes of those, with their sidecars.
    pub max_bytes: usize,
    /// Bytes of their sidecars alone.
    pub max_blob_bytes: usize,
    /// Waiting transactions of one sender, with and without a gap before them. At the limit a
    /// transaction that comes earlier in the nonces takes the place of the sender's furthest queued
    /// one, so that a gap can always be filled. What comes back from an abandoned block is not
    /// counted against it.
    pub max_per_account: usize,
    /// Waiting blob transactions of one sender.
    pub max_blobs_per_account: usize,
    /// Bytes of one transaction without its sidecar.
    pub max_transaction_bytes: usize,
    /// A replacement must raise each fee by this many percent, and by one wei at least.
    pub price_bump: u64,
    /// The same where either of the two has blobs; then the blob fee must rise as well.
    pub blob_price_bump: u64,
    /// The lowest `maxPriorityFeePerGas` (or `gasPrice`) that is taken, in wei per gas.
    pub min_tip: u128,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            max_transactions: 20_000,
            max_bytes: 256 << 20,
            max_blob_bytes: 128 << 20,
            max_per_account: 1_024,
            max_blobs_per_account: 16,
            max_transaction_bytes: 128 << 10,
            price_bump: 10,
            blob_price_bump: 100,
            min_tip: 0,
        }
    }
}
