//! `seam_subscribeBlocks()` over WebSocket: the head, and from then on every new block, each signed.
//! `docs/spec/unsafe-stream.md`.

use crate::rpc::{
    context::Context,
    eth::subscribe::{Subscription, serve},
    params::Args,
};
use jsonrpsee::{SubscriptionCloseResponse, core::RegisterMethodError, server::RpcModule};

/// Adds `seam_subscribeBlocks` and `seam_unsubscribeBlocks`.
pub(crate) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    let (name, told, end) = ("seam_subscribeBlocks", "seam_blocks", "seam_unsubscribeBlocks");
    module.register_subscription(
        name,
        told,
        end,
        |params, asked, context, extensions| async move {
            if let Err(failure) = Args::parse(&params, 0, context.settings.param_values) {
                asked.reject(failure).await;
                return SubscriptionCloseResponse::None;
            }
            serve(asked, context, extensions, Subscription::Blocks).await
        },
    )?;
    Ok(())
}
