//! `seam_reorg(depth, token?)`: replaces the newest blocks by others, for tests of what stands on the
//! chain. Only from this machine, and only with the token: as the second parameter, or as
//! `Authorization: Bearer …`. Without a configured token there is no such method.

use crate::rpc::{
    caller::Caller,
    context::Context,
    error::Failure,
    method::blocking,
    params::{Args, Number, quantity},
};
use alloy_primitives::{B256, U256};
use jsonrpsee::{
    Extensions,
    core::RegisterMethodError,
    server::RpcModule,
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{hint::black_box, sync::Arc};

/// What became of the chain.
#[derive(Debug, Clone, Serialize)]
struct Outcome {
    head: U256,
    hash: B256,
    added: usize,
    removed: usize,
}

/// Adds the method, if there is a token.
pub(crate) fn register(
    module: &mut RpcModule<Context>,
    token: Option<&str>,
) -> Result<(), RegisterMethodError> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(()) };
    let token: Arc<str> = token.into();
    module.register_async_method("seam_reorg", move |params, context, extensions| {
        let token = token.clone();
        async move {
            let outcome = run(&params, context, &extensions, &token).await;
            outcome.map_err(ErrorObjectOwned::from)
        }
    })?;
    Ok(())
}

async fn run(
    params: &Params<'static>,
    context: Arc<Context>,
    extensions: &Extensions,
    token: &str,
) -> Result<Outcome, Failure> {
    let args = Args::parse(params, 2, context.settings.param_values)?;
    allow(extensions, args.optional::<String>(1)?.as_deref(), token)?;
    let Number(depth) = args.required(0)?;
    if context.chain.rules().is_op_stack() {
        return Err(Failure::server("a Layer 2 follows its L1: ask seam_reorg of that one"));
    }
    let outcome = blocking(context.heavy.clone(), move || Ok(context.chain.reorg(depth)?)).await?;
    Ok(Outcome {
        head: quantity(outcome.head),
        hash: outcome.hash,
        added: outcome.added,
        removed: outcome.removed,
    })
}

fn allow(extensions: &Extensions, given: Option<&str>, token: &str) -> Result<(), Failure> {
    let caller = extensions.get::<Caller>();
    if !caller.is_some_and(Caller::is_loopback) {
        return Err(Failure::server("seam_reorg is for programs of the same machine"));
    }
    let header = caller.and_then(|caller| caller.token.as_deref());
    match given.or(header) {
        Some(given) if same(given, token) => Ok(()),
        Some(_) => Err(Failure::server("the token is not the right one")),
        None => Err(Failure::server(
            "seam_reorg needs the token, as the second parameter or as Authorization: Bearer",
        )),
    }
}

/// Whether two secrets are the same, in a time that tells nothing of either: their hashes are
/// compared whole, whatever their first bytes are.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    let difference = a.iter().zip(&b).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{metrics::RpcMetrics, server::Connections};
    use std::net::SocketAddr;
    use tokio::sync::mpsc;

    fn from(peer: &str, token: Option<&str>) -> Extensions {
        let connection = Connections::new(1, usize::MAX);
        let peer: SocketAddr = peer.parse().unwrap();
        let connection = connection.open(peer.ip(), 1).unwrap();
        let mut caller = Caller::new(peer, connection, RpcMetrics::default(), mpsc::channel(1).0);
        caller.token = token.map(Arc::from);
        let mut extensions = Extensions::new();
        extensions.insert(caller);
        extensions
    }

    #[test]
    fn only_this_machine_with_the_token_may() {
        let local = || from("127.0.0.1:1", None);
        assert!(allow(&local(), Some("secret"), "secret").is_ok());
        assert!(allow(&from("[::1]:1", Some("secret")), None, "secret").is_ok());
        assert!(allow(&from("[::ffff:127.0.0.1]:1", None), Some("secret"), "secret").is_ok());
        assert!(allow(&local(), Some("secre"), "secret").is_err());
        assert!(allow(&local(), Some(""), "secret").is_err());
        assert!(allow(&local(), None, "secret").is_err());
        assert!(allow(&from("10.0.0.1:1", None), Some("secret"), "secret").is_err());
        assert!(allow(&Extensions::new(), Some("secret"), "secret").is_err());
    }
}
