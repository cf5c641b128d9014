//! `seam web`: the dashboard of a network that runs elsewhere.

use crate::{
    args::Web,
    on_l1,
    service::{self, Signals},
};
use anyhow::{Context, Result};
use seam_ledger::Books;
use seam_web::{
    Agreement, Limits, Node, Server, Settings, Site,
    node::{Layer, Tag},
};
use serde_json::json;
use std::{io::Write, net::TcpListener, process::ExitCode, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the follower is asked.
const COMPARE_EVERY: Duration = Duration::from_secs(2);

/// Serves it until it is stopped.
pub(crate) fn run(command: Web, out: &mut impl Write) -> Result<ExitCode> {
    service::log()?;
    service::raise_file_limit();
    let listener = service::bind(command.host, command.port, "dashboard", "--port")?;
    let runtime = service::runtime()?;
    let ended = runtime.block_on(show(command, listener, out));
    runtime.shutdown_background();
    ended
}

async fn show(command: Web, listener: TcpListener, out: &mut impl Write) -> Result<ExitCode> {
    let mut signals = Signals::new()?;
    let l2 = Node::connect(Layer::L2, &command.node)?;
    let l1 = match command.l1.is_empty() {
        true => None,
        false => Some(Node::connect(Layer::L1, &command.l1)?),
    };
    let follower = match &command.follower {
        Some(url) => Some(Node::connect(Layer::L2, std::slice::from_ref(url))?),
        None => None,
    };
    let settings = Settings {
        follower: follower.map(|follower| compared(l2.clone(), follower)),
        l2,
        l1,
        beacon: on_l1::beacon(&command.l1, &command.l1_beacon, None)?,
        books: books(command.db).await?,
    };
    let server = serve(listener, settings)?;
    let url = format!("http://{}", service::reachable(server.local_addr));
    let text = match command.json {
        true => format!("{}\n", json!({ "web": url, "pid": std::process::id() })),
        false => format!("The dashboard is at {url}. Ctrl-C stops it.\n"),
    };
    service::tolerate_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))?;
    signals.next().await;
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The books at a place, to read.
pub(crate) async fn books(place: Option<String>) -> Result<Option<Arc<Books>>> {
    let Some(place) = place else { return Ok(None) };
    let books = Books::existing(&place).await;
    Ok(Some(Arc::new(books.with_context(|| format!("the books at {place}"))?)))
}

/// Begins to read what is live, and serves it.
pub(crate) fn serve(listener: TcpListener, settings: Settings) -> Result<Server> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    Ok(seam_web::serve(listener, Site::start(settings), Limits::default())?)
}

/// Compares two nodes, again and again.
fn compared(node: Node, follower: Node) -> Arc<dyn Fn() -> Agreement + Send + Sync> {
    let begun = Agreement::Rests { reason: "they were not compared yet".to_owned() };
    let (told, found) = watch::channel(begun);
    tokio::spawn(async move {
        while !told.is_closed() {
            told.send_replace(compare(&node, &follower).await);
            tokio::time::sleep(COMPARE_EVERY).await;
        }
    });
    Arc::new(move || found.borrow().clone())
}

/// Whether the follower's safe block is the node's, too.
async fn compare(node: &Node, follower: &Node) -> Agreement {
    let same = async {
        let Some(theirs) = follower.block(Tag::Safe).await? else { return Ok(None) };
        let ours = node.block(Tag::Number(theirs.number.to())).await?;
        // What the node does not have yet is no difference.
        Ok::<_, seam_web::node::NodeError>(
            ours.map(|ours| (theirs.number.to(), ours.hash == theirs.hash)),
        )
    };
    match same.await {
        Ok(Some((block, true))) => Agreement::Agrees { block },
        Ok(Some((block, false))) => Agreement::Differs { block },
        Ok(None) => Agreement::Rests {
            reason: "the node does not have the follower's safe block".to_owned(),
        },
        Err(error) => Agreement::Rests { reason: error.to_string() },
    }
}
