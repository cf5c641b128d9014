//! A chain of the same process as an endpoint.

use seam_chain::{
    Chain,
    rpc::{LocalRpc, RpcError, RpcSettings},
};
use seam_l1::{Fault, L1Access, timer::BoxFuture};

/// The JSON-RPC of a chain that runs here: what is read and checked of it is the same as of any node's.
#[derive(Debug, Clone)]
pub struct LocalAccess(LocalRpc);

impl LocalAccess {
    /// Of this chain.
    ///
    /// # Errors
    /// [`RpcError`], a mistake of ours.
    pub fn new(chain: Chain) -> Result<Self, RpcError> {
        Ok(Self(LocalRpc::new(chain, RpcSettings::default())?))
    }
}

impl L1Access for LocalAccess {
    fn name(&self) -> &str {
        "this process"
    }

    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        Box::pin(async move { Ok(self.0.answer(&body).await) })
    }
}
