//! How a method is described and run.

use super::{
    caller::Caller,
    context::Context,
    error::{Failure, INTERNAL_ERROR, METHOD_NOT_FOUND, TOO_LARGE},
    params::Args,
    server::Held,
};
use jsonrpsee::{
    Extensions, ResponsePayload, RpcModule,
    core::{JsonRawValue, RegisterMethodError, to_json_raw_value},
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use std::{sync::Arc, time::Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The JSON of a result, or why there is none.
pub(crate) type Answer = Result<Box<JsonRawValue>, Failure>;

/// What a method needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Nothing that takes time: it runs at once.
    Free,
    /// A look at the disk or the mempool, or a signature.
    Read,
    /// As much computing as a limit allows.
    Heavy,
}

/// A method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Method {
    /// As clients call it.
    pub(crate) name: &'static str,
    /// Most parameters.
    pub(crate) most: usize,
    /// What it needs.
    pub(crate) cost: Cost,
    /// What it does; it may take its time.
    pub(crate) run: fn(&Context, &Args) -> Answer,
}

/// A result.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Answer {
    to_json_raw_value(value).map_err(|error| Failure::new(INTERNAL_ERROR, error.to_string()))
}

/// What goes back to the caller.
pub(crate) type Response = ResponsePayload<'static, Box<JsonRawValue>>;

/// Adds a method to the module.
pub(crate) fn register(
    module: &mut RpcModule<Context>,
    method: Method,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(method.name, move |params, context, extensions| {
        respond(method, params, context, extensions)
    })?;
    Ok(())
}

/// Adds a method that only programs of this machine may call.
pub(crate) fn register_local(
    module: &mut RpcModule<Context>,
    method: Method,
) -> Result<(), RegisterMethodError> {
    let call = move |params, context, extensions: Extensions| async move {
        if extensions.get::<Caller>().is_some_and(Caller::is_loopback) {
            return respond(method, params, context, extensions).await;
        }
        let name = method.name;
        let message = format!("the method {name} is for programs of the same machine");
        ResponsePayload::error(ErrorObjectOwned::from(Failure::new(METHOD_NOT_FOUND, message)))
    };
    module.register_async_method(method.name, call)?;
    Ok(())
}

async fn respond(
    method: Method,
    params: Params<'static>,
    context: Arc<Context>,
    extensions: Extensions,
) -> Response {
    let answer = answer(method, params, context.clone());
    respond_with(method.name, answer, &context, &extensions).await
}

/// The response of a method whose answer somebody else sees to, begun when it is the caller's turn.
pub(crate) async fn respond_with(
    name: &'static str,
    answer: impl Future<Output = Answer>,
    context: &Context,
    extensions: &Extensions,
) -> Response {
    let entered = extensions.get::<Caller>().map(|caller| caller.connection.gate.enter());
    let slot = slot(extensions).await;
    let started = Instant::now();
    let answer = answer.await;
    let answer = answer.and_then(|json| within(json, context.settings.response_bytes));
    if let (Ok(json), Some(held)) = (&answer, extensions.get::<Arc<Held>>()) {
        held.grow(json.get().len());
    }
    let code = answer.as_ref().err().map(|failure| failure.code);
    context.settings.metrics.called(name, started.elapsed(), code);
    let response = match answer {
        Ok(value) => ResponsePayload::success(value),
        Err(failure) => ResponsePayload::error(ErrorObjectOwned::from(failure)),
    };
    hold_until_sent(entered.zip(slot), response)
}

/// What goes around a result in an answer, but for the id: that is the client's to choose.
const ENVELOPE: usize = 100;

/// Refuses an answer that is too large.
fn within(json: Box<JsonRawValue>, most: u32) -> Answer {
    let fits = usize::try_from(most).is_ok_and(|most| json.get().len() + ENVELOPE <= most);
    let refused = || {
        let message = format!("response is too large: {most} bytes at most, ask for less");
        Failure::new(TOO_LARGE, message)
    };
    fits.then_some(json).ok_or_else(refused)
}

/// One of the calls that a connection may have running.
async fn slot(extensions: &Extensions) -> Option<OwnedSemaphorePermit> {
    let slots = extensions.get::<Caller>()?.connection.slots.clone();
    slots.acquire_owned().await.ok()
}

/// A client that does not take its answers gets no more calls run, and is not read from.
fn hold_until_sent<T: Send + 'static>(held: Option<T>, response: Response) -> Response {
    let Some(held) = held else { return response };
    let (response, sent) = response.notify_on_completion();
    tokio::spawn(async move {
        let _ = sent.await; // or the connection is gone
        drop(held);
    });
    response
}

/// Parameters that are read at once; longer ones when it is their turn.
const SHORT: usize = 16 << 10;

async fn answer(method: Method, params: Params<'static>, context: Arc<Context>) -> Answer {
    let short = params.as_str().is_none_or(|text| text.len() <= SHORT);
    let turns = match method.cost {
        Cost::Free if short => return run(method, &params, &context),
        Cost::Free | Cost::Read => context.reads.clone(),
        Cost::Heavy => context.heavy.clone(),
    };
    blocking(turns, move || run(method, &params, &context)).await
}

fn run(method: Method, params: &Params<'_>, context: &Context) -> Answer {
    (method.run)(context, &Args::parse(params, method.most, context.settings.param_values)?)
}

/// Runs what may block, when it is its turn.
pub(crate) async fn blocking<T: Send + 'static>(
    turns: Arc<Semaphore>,
    run: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    // The semaphore is never closed.
    let turn = turns.acquire_owned().await.ok();
    let task = tokio::task::spawn_blocking(move || {
        let result = run();
        drop(turn); // also if the one who asked is gone by now
        result
    });
    task.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a call panicked");
        Err(Failure::new(INTERNAL_ERROR, "method handler crashed"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    /// As many run at a time as there are turns, and no more.
    #[tokio::test]
    async fn calls_wait_for_their_turn() {
        const TURNS: usize = 2;
        let turns = Arc::new(Semaphore::new(TURNS));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let together = Arc::new(Barrier::new(TURNS));
        let calls = (0..50 * TURNS).map(|_| {
            let (running, most, together) = (running.clone(), most.clone(), together.clone());
            tokio::spawn(blocking(turns.clone(), move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                together.wait();
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }))
        });
        for call in calls.collect::<Vec<_>>() {
            assert!(call.await.unwrap().is_ok());
        }
        assert_eq!(most.load(Ordering::SeqCst), TURNS);
    }
}
