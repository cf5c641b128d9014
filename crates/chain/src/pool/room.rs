//! Whether a newcomer may wait, and who goes when the pool is full.

use super::{
    Pool,
    account::{Account, Entry},
    error::PoolError,
    limits::PoolLimits,
    market::Sender,
    prices::Floor,
    transaction::PoolTransaction,
};
use alloy_primitives::{Address, TxHash, U256};

/// Where a newcomer goes.
#[derive(Debug)]
pub(super) struct Plan {
    /// Whether it will be executable.
    pub(super) executable: bool,
    /// The one with its nonce.
    replaced: Option<PoolTransaction>,
    /// The sender's furthest, which goes because the sender is at its limit.
    displaced: Option<u64>,
    /// The least that it and those of the sender beside it pay.
    floor: Floor,
}

/// What of the limits is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pressure {
    Blobs,
    Room,
}

/// A transaction that went, with what it takes to bring it back.
#[derive(Debug)]
struct Detached {
    entry: Entry,
    nonce: u64,
    balance: U256,
}

impl Pool {
    /// Checks the newcomer against the sender's account and its other transactions.
    pub(super) fn plan(&self, tx: &PoolTransaction, sender: Sender) -> Result<Plan, PoolError> {
        let fresh;
        let account = match self.accounts.get(&tx.sender()) {
            Some(slot) => &slot.account,
            None => {
                fresh = Account::new(sender.nonce, sender.balance);
                &fresh
            }
        };
        let (nonce, gap) = (tx.nonce(), account.next());
        if nonce < account.flying() {
            return Err(PoolError::NonceTooLow { next: account.flying(), nonce });
        }
        if tx.is_blob() && nonce > gap {
            return Err(PoolError::NonceGap { nonce, gap });
        }
        let replaced = account.entry(nonce).map(|entry| &entry.tx);
        check_funds(tx, replaced.filter(|_| nonce < gap), account)?;
        replaced.map_or(Ok(()), |old| check_bump(tx, old, &self.limits))?;
        let displaced = check_count(tx, replaced, account, &self.limits)?;
        let executable = nonce <= gap;
        let floor = Floor::of(tx).and(account.floor(executable));
        Ok(Plan { executable, replaced: replaced.cloned(), displaced, floor })
    }

    /// Makes room for the newcomer; returns who had to go. On an error nobody has.
    pub(super) fn make_room(
        &mut self,
        tx: &PoolTransaction,
        plan: &Plan,
        base_fee: u64,
    ) -> Result<Vec<TxHash>, PoolError> {
        let limits = &self.limits;
        if tx.bytes() > limits.max_bytes || tx.blob_bytes() > limits.max_blob_bytes {
            return Err(PoolError::Full);
        }
        let own = plan.displaced.and_then(|nonce| self.detach(tx.sender(), nonce));
        let mut gone: Vec<Detached> = own.into_iter().collect();
        while let Some(pressure) = self.pressure(Some((tx, plan))) {
            let victim = self.victim(pressure, plan, base_fee);
            match victim.map(|sender| self.detach_furthest(sender)) {
                Ok(Some(detached)) => gone.push(detached),
                failure => {
                    self.bring_back(gone);
                    return Err(failure.err().unwrap_or(PoolError::Full));
                }
            }
        }
        Ok(gone.iter().map(|gone| gone.entry.tx.hash()).collect())
    }

    /// Drops the worst until the limits hold. In flight ones that come back may bring them there.
    pub(super) fn shrink(&mut self, base_fee: u64) -> Vec<PoolTransaction> {
        let mut gone = Vec::new();
        while let Some(pressure) = self.pressure(None) {
            let worst = match pressure {
                Pressure::Blobs => self.blobs.lowest(base_fee),
                Pressure::Room => {
                    self.queued.lowest(base_fee).or_else(|| self.executable.lowest(base_fee))
                }
            };
            let Some((_, sender)) = worst else { break };
            let Some(detached) = self.detach_furthest(sender) else { break };
            gone.push(detached.entry.tx);
        }
        gone
    }

    /// Which limit would not hold with the newcomer.
    fn pressure(&self, newcomer: Option<(&PoolTransaction, &Plan)>) -> Option<Pressure> {
        let (limits, status) = (&self.limits, self.status);
        let tx = newcomer.map(|(tx, _)| tx);
        let old = newcomer.and_then(|(_, plan)| plan.replaced.as_ref());
        let old = old.filter(|old| self.by_hash.contains_key(&old.hash()));
        let after = |now: usize, of: fn(&PoolTransaction) -> usize| {
            now.saturating_sub(old.map_or(0, of)).saturating_add(tx.map_or(0, of))
        };
        if after(status.blob_bytes, PoolTransaction::blob_bytes) > limits.max_blob_bytes {
            return Some(Pressure::Blobs);
        }
        let full = after(status.waiting(), |_| 1) > limits.max_transactions
            || after(status.bytes, PoolTransaction::bytes) > limits.max_bytes;
        full.then_some(Pressure::Room)
    }

    /// The sender that loses its furthest transaction to the newcomer.
    fn victim(&self, pressure: Pressure, plan: &Plan, base_fee: u64) -> Result<Address, PoolError> {
        let offered = plan.floor.price(base_fee);
        let queued = self.queued.lowest(base_fee).filter(|_| pressure == Pressure::Room);
        if let Some((price, sender)) = queued {
            let better = plan.executable || price < offered;
            return if better { Ok(sender) } else { Err(PoolError::Full) };
        }
        if !plan.executable {
            return Err(PoolError::Full);
        }
        let worst = match pressure {
            Pressure::Blobs => self.blobs.lowest(base_fee),
            Pressure::Room => self.executable.lowest(base_fee),
        };
        match worst {
            Some((price, sender)) if price < offered => Ok(sender),
            Some((needed, _)) => Err(PoolError::FullUnderpriced { offered, needed }),
            None => Err(PoolError::Full),
        }
    }

    fn detach_furthest(&mut self, sender: Address) -> Option<Detached> {
        let nonce = self.accounts.get(&sender)?.account.furthest()?;
        self.detach(sender, nonce)
    }

    fn detach(&mut self, sender: Address, at: u64) -> Option<Detached> {
        let account = &self.accounts.get(&sender)?.account;
        let (nonce, balance) = (account.nonce(), account.balance());
        let entry = self.edit(sender, |account| account.take(at)).flatten()?;
        self.forget_hash(&entry.tx);
        Some(Detached { entry, nonce, balance })
    }

    fn bring_back(&mut self, gone: Vec<Detached>) {
        for Detached { entry, nonce, balance } in gone.into_iter().rev() {
            self.attach_entry(entry, nonce, balance);
        }
    }
}

/// The balance covers the newcomer and all executable ones of the sender but the one it replaces.
fn check_funds(
    tx: &PoolTransaction,
    replaced: Option<&PoolTransaction>,
    account: &Account,
) -> Result<(), PoolError> {
    let (balance, cost) = (account.balance(), tx.cost());
    if cost > balance || cost == U256::MAX {
        return Err(PoolError::InsufficientFunds { balance, cost });
    }
    let queued = account.spent().saturating_sub(replaced.map_or(U256::ZERO, PoolTransaction::cost));
    let all = queued.saturating_add(cost);
    if all > balance || all == U256::MAX {
        return Err(PoolError::InsufficientFundsForAll { balance, queued, cost });
    }
    Ok(())
}

/// A replacement raises each fee enough.
fn check_bump(
    tx: &PoolTransaction,
    old: &PoolTransaction,
    limits: &PoolLimits,
) -> Result<(), PoolError> {
    let blobs = tx.is_blob() || old.is_blob();
    let percent = u128::from(if blobs { limits.blob_price_bump } else { limits.price_bump });
    let enough = |what, given: u128, before: u128| {
        let needed = bumped(before, percent);
        if given < needed {
            return Err(PoolError::ReplacementUnderpriced { what, given, needed });
        }
        Ok(())
    };
    enough("gas fee cap", tx.max_fee(), old.max_fee())?;
    enough("gas tip cap", tx.max_tip(), old.max_tip())?;
    match (tx.max_blob_fee(), old.max_blob_fee()) {
        (Some(given), Some(before)) => enough("blob fee cap", given, before),
        _ => Ok(()),
    }
}

/// `before` and so many percent, rounded down as geth does; more than before in any case.
fn bumped(before: u128, percent: u128) -> u128 {
    let hundreds = (before / 100).saturating_mul(percent);
    let rest = (before % 100).saturating_mul(percent) / 100;
    before.saturating_add(hundreds.saturating_add(rest).max(1))
}

/// The sender may have one more; the nonce of its furthest one if that goes for the newcomer.
fn check_count(
    tx: &PoolTransaction,
    replaced: Option<&PoolTransaction>,
    account: &Account,
    limits: &PoolLimits,
) -> Result<Option<u64>, PoolError> {
    let blobs = account.blobs() - replaced.map_or(0, |old| usize::from(old.is_blob()));
    if tx.is_blob() && blobs >= limits.max_blobs_per_account {
        return Err(PoolError::AccountLimit(blobs));
    }
    let waiting = account.waiting();
    if replaced.is_some() || waiting < limits.max_per_account {
        return Ok(None);
    }
    // Those before an executable one are all there: one that goes for a newcomer is queued.
    let furthest = account.furthest().filter(|at| *at > tx.nonce());
    furthest.map(Some).ok_or(PoolError::AccountLimit(waiting))
}

#[cfg(test)]
mod tests {
    use super::bumped;

    #[test]
    fn a_bump_is_a_share_and_one_wei_at_least() {
        assert_eq!(bumped(1_000, 10), 1_100);
        assert_eq!(bumped(1_009, 10), 1_109);
        assert_eq!(bumped(0, 10), 1);
        assert_eq!(bumped(7, 100), 14);
        assert_eq!(bumped(u128::MAX, 10), u128::MAX);
    }
}
