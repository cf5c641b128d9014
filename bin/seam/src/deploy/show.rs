//! What `seam deploy` shows to people.

use crate::table;
use alloy_primitives::U256;
use seam_l1::Fees;
use seam_rollup::deploy::{Cost, Deployment, Progress, Survey};
use std::io::{Result, Write};

/// Every step: what is made, where, for how much gas, and whether it is done.
pub(super) fn plan(out: &mut impl Write, deployment: &Deployment, survey: &Survey) -> Result<()> {
    let config = &deployment.config;
    let genesis = &config.genesis;
    writeln!(
        out,
        "Rollup {} on L1 {}, after L1 block {} ({}), from time {}\n\
         genesis        {}\noutput root    {}\nconfiguration  {}\nowner          {}\n",
        config.l2.chain_id,
        config.l1.chain_id,
        genesis.l1_number,
        genesis.l1_hash,
        genesis.time,
        deployment.genesis_hash(),
        deployment.output_root,
        deployment.config_hash,
        config.roles.owner
    )?;
    let steps = deployment.steps.iter().zip(&deployment.gas).zip(&survey.done).enumerate();
    let rows: Vec<[String; 5]> = steps
        .map(|(index, ((step, gas), done))| {
            let (address, done) = match (*done, step.name.as_str()) {
                (true, "Multicall3") => (survey.multicall3, "done"),
                (true, _) => (step.address, "done"),
                (false, _) => (step.address, ""),
            };
            [
                format!("{:>2}", index + 1),
                step.name.clone(),
                address.to_string(),
                format!("{:>10}", gas.used),
                done.to_owned(),
            ]
        })
        .collect();
    table::write_left(out, ["", "step", "contract", "gas", ""], &rows)
}

/// What is left to pay, and who pays it.
pub(super) fn cost(
    out: &mut impl Write,
    deployment: &Deployment,
    fees: &Fees,
    cost: Cost,
    balance: U256,
) -> Result<()> {
    let price = fees.base_fee.saturating_add(fees.priority_fee);
    writeln!(
        out,
        "\ngas to pay for  {} at {} gwei now\ncost            {} ETH\n\
         balance needed  {} ETH, for a base fee that doubles\nbalance         {} ETH at {}",
        cost.gas,
        units(U256::from(price), 9),
        units(cost.expected, 18),
        units(cost.needed, 18),
        units(balance, 18),
        deployment.config.roles.owner
    )
}

/// Says on stderr how far it is.
pub(super) fn progress(survey: &Survey) -> impl FnMut(Progress<'_>) + Send + use<> {
    let all = survey.done.iter().filter(|done| !**done).count();
    let mut done = 0;
    move |progress| {
        if let Progress::Done(step, receipt) = progress {
            done += 1;
            let block = receipt.map(|receipt| format!(" in L1 block {}", receipt.block_number));
            eprintln!("{done}/{all} {}{}", step.name, block.unwrap_or_default());
        }
    }
}

/// An amount with so many decimals, the zeros at its end left out, to the last wei.
fn units(amount: U256, decimals: usize) -> String {
    let digits = format!("{amount:0>width$}", width = decimals + 1);
    let (whole, rest) = digits.split_at(digits.len() - decimals);
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_to_the_wei() {
        let show = |amount: u64, decimals| units(U256::from(amount), decimals);
        assert_eq!(show(0, 18), "0");
        assert_eq!(show(1, 18), "0.000000000000000001");
        assert_eq!(show(10_000_000_000_000_000, 18), "0.01");
        assert_eq!(show(12_000_000_000_000_000_000, 18), "12");
        assert_eq!(show(1_000_000_007, 9), "1.000000007");
    }
}
