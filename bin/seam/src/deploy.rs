//! `seam deploy`: a rollup's contracts on an L1.

mod show;

use crate::{args::Deploy, key, service};
use anyhow::{Context, Result, bail};
use seam_fixtures::read_text;
use seam_genesis::DeployConfig;
use seam_l1::{Fees, L1Client, L1Limits};
use seam_rollup::deploy::{
    Cost, Deployer, Deployment, Folder, Order, RollupFile, Survey, viem::Endpoints,
};
use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};

/// Where a node serves the rollup unless it is told otherwise.
const L2_ENDPOINT: &str = "http://127.0.0.1:9545";
/// How often the L1 is looked at.
const POLL: Duration = Duration::from_millis(500);

pub(crate) fn run(command: Deploy, out: &mut impl Write) -> Result<()> {
    service::log()?;
    let text = read_text(&command.config)?;
    let file =
        DeployConfig::from_toml(&text).with_context(|| command.config.display().to_string())?;
    let runtime = service::runtime()?;
    let done = runtime.block_on(deploy(&command, &file, out));
    runtime.shutdown_background();
    done
}

/// In this order, so that every mistake shows before anything is written or sent.
async fn deploy(command: &Deploy, file: &DeployConfig, out: &mut impl Write) -> Result<()> {
    let client = L1Client::connect(&command.l1_rpc, None, L1Limits::default())?;
    let deployer = Deployer::new(client);
    let folder = Folder::new(command.out.clone().unwrap_or_else(|| default_folder(file)));
    let begun = folder.begun()?;
    let config = deployer.configure(file, begun, &folder.record()).await?;
    let deployment = Deployment::new(config)?;
    let survey = deployer.survey(&deployment).await?;
    let fees = deployer.fees().await?;
    let cost = deployment.cost(&survey.done, &fees);
    if !command.json {
        let balance = deployer.balance(deployment.config.roles.owner).await?;
        show::plan(out, &deployment, &survey)?;
        show::cost(out, &deployment, &fees, cost, balance)?;
        out.flush()?;
    }
    if !survey.is_complete() {
        send(command, &deployer, &deployment, &survey, &folder, (fees, cost)).await?;
    }
    let changed = deployer.verify(&deployment, &survey).await?;
    let rollup = deployer.describe(&deployment, survey.multicall3).await?;
    let l1 = command.l1_rpc.first().map(String::as_str).unwrap_or_default();
    // A deployment that is there already has a record too.
    folder.begin(&deployment.config)?;
    folder.finish(&deployment, &rollup, &Endpoints::new(l1, L2_ENDPOINT))?;
    finish(command, out, &folder, &rollup, &survey, &changed)
}

fn default_folder(file: &DeployConfig) -> PathBuf {
    format!("rollup-{}", file.l2().chain_id).into()
}

/// Checks all that can be checked, asks, and sends what is missing.
async fn send(
    command: &Deploy,
    deployer: &Deployer,
    deployment: &Deployment,
    survey: &Survey,
    folder: &Folder,
    (fees, cost): (Fees, Cost),
) -> Result<()> {
    if let Some(warning) = deployer.check_pace(&deployment.config).await? {
        eprintln!("warning: {warning}");
    }
    let limits = key::limits(&command.signing, POLL);
    let wanted = fees.base_fee.saturating_add(fees.priority_fee);
    if wanted > limits.max_fee {
        bail!("gas costs {wanted} wei now: wait, or raise --max-fee-gwei");
    }
    let key = key::signer(&command.signing, "owner")?;
    deployer.check_owner(deployment, key.address(), cost.needed).await?;
    confirm(command, deployment)?;
    folder.begin(&deployment.config)?;
    let sender = deployer.sender(deployment, &folder.journal(), key, limits).await?;
    let order = if command.together { Order::Together } else { Order::OneByOne };
    let mut tell = show::progress(survey);
    Ok(deployer.execute(deployment, survey, &sender, order, &mut tell).await?)
}

/// Asks, unless it was told not to.
fn confirm(command: &Deploy, deployment: &Deployment) -> Result<()> {
    if command.yes {
        return Ok(());
    }
    if command.json || !io::stdin().is_terminal() {
        bail!("nobody is there to be asked: give --yes to send this");
    }
    eprint!("Deploy rollup {} to this L1? Type yes: ", deployment.config.l2.chain_id);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => bail!("nothing was sent"),
    }
}

fn finish(
    command: &Deploy,
    out: &mut impl Write,
    folder: &Folder,
    rollup: &RollupFile,
    survey: &Survey,
    changed: &[String],
) -> Result<()> {
    if command.json {
        return Ok(writeln!(out, "{}", serde_json::to_string(rollup)?)?);
    }
    for name in changed {
        eprintln!("note: {name} is another value than in rollup.toml: it was changed since");
    }
    let what = match survey.is_complete() {
        true => "nothing was left to do",
        false => "deployed",
    };
    let (path, hash) = (folder.rollup_file(), rollup.config_hash);
    Ok(writeln!(out, "\n{what}; configuration {hash}, written to {}", path.display())?)
}
