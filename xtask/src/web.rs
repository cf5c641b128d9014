//! `tests/web`: the dashboard of the built binary, in a real browser.

use anyhow::Result;

use crate::{
    clients::{lacks_node, run_node},
    contracts, sh,
    steps::Done,
    workspace::Workspace,
};

/// Test programs at a time: each has a network, its dashboard and a browser.
const PROGRAMS: usize = 2;

/// Installs what `package-lock.json` pins by hash, builds `seam`, and runs node's own test runner
/// with Debian's Chromium, or the one that `CHROMIUM` names.
pub(crate) fn check(workspace: &Workspace) -> Result<Done> {
    if let Some(reason) = lacks_node() {
        return Ok(Done::skipped(reason));
    }
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    if !sh::works(sh::program(&chromium).arg("--version")) {
        let install = "install Debian's package chromium, or name one with CHROMIUM";
        return Ok(Done::skipped(format!("{chromium} does not run; {install}")));
    }
    let folder = workspace.root().join("tests/web");
    contracts::install(&folder)?;
    let counts = run_node(workspace, &folder, PROGRAMS)?;
    Ok(Done::Passed(vec![counts.note("in a browser")]))
}
