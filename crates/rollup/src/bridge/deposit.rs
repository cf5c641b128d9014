//! The transactions on L1 that a deposit takes.

use super::{
    BridgeAddresses, BridgeError,
    abi::{Erc20, L1StandardBridge, view},
    with_gas,
};
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use seam_l1::{L1Client, Receipt, Sender, TxRequest};

/// Gas on the rollup that the bridge's own work needs: finishing a deposit of a token takes some
/// 100,000, and more where the token's code is larger.
pub const DEFAULT_GAS_LIMIT: u32 = 200_000;

/// Gas that each byte of a message needs on the rollup: the floor of EIP-7623 for a byte that is not
/// zero (rule C5).
const GAS_PER_BYTE: u64 = 40;

/// What is deposited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    /// Ether.
    Ether,
    /// A token of L1, as a token on the rollup.
    Token {
        /// On L1.
        l1: Address,
        /// On the rollup.
        l2: Address,
    },
}

/// A deposit through the standard bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// Of what.
    pub asset: Asset,
    /// How much: wei, or the token's smallest unit.
    pub amount: U256,
    /// Who gets it on the rollup.
    pub to: Address,
    /// Gas for it on the rollup, paid on L1.
    pub gas_limit: u32,
    /// Bytes that go along, for whoever reads events.
    pub extra_data: Bytes,
}

impl Deposit {
    /// What can be refused before anything is asked.
    ///
    /// # Errors
    /// [`BridgeError::NoAmount`], [`BridgeError::GasLimit`].
    pub fn check(&self) -> Result<(), BridgeError> {
        if self.amount.is_zero() {
            return Err(BridgeError::NoAmount);
        }
        let bytes = self.extra_data.len();
        let data = GAS_PER_BYTE.saturating_mul(bytes as u64);
        let least = if data == 0 { 0 } else { data.saturating_add(u64::from(DEFAULT_GAS_LIMIT)) };
        let given = u64::from(self.gas_limit);
        if given < least {
            return Err(BridgeError::GasLimit { bytes, least, given });
        }
        Ok(())
    }

    /// The call of the bridge.
    pub fn request(&self, bridge: Address) -> TxRequest {
        let Self { to, amount, gas_limit, ref extra_data, .. } = *self;
        let (value, input) = match self.asset {
            Asset::Ether => {
                let call = L1StandardBridge::depositETHToCall {
                    to,
                    minGasLimit: gas_limit,
                    extraData: extra_data.clone(),
                };
                (amount, call.abi_encode())
            }
            Asset::Token { l1, l2 } => {
                let call = L1StandardBridge::depositERC20ToCall {
                    l1Token: l1,
                    l2Token: l2,
                    to,
                    amount,
                    minGasLimit: gas_limit,
                    extraData: extra_data.clone(),
                };
                (U256::ZERO, call.abi_encode())
            }
        };
        TxRequest { to: Some(bridge), value, input: input.into(), ..TxRequest::default() }
    }

    /// Makes it: where the bridge may not take the token yet it is allowed to first. `id` names it in
    /// the sender's journal, so that it is made once.
    ///
    /// # Errors
    /// [`BridgeError`].
    pub async fn send(
        &self,
        id: &str,
        client: &L1Client,
        sender: &Sender,
        addresses: &BridgeAddresses,
    ) -> Result<Receipt, BridgeError> {
        self.check()?;
        let (from, bridge) = (sender.account(), addresses.standard_bridge);
        self.check_balance(client, from).await?;
        if let Asset::Token { l1, .. } = self.asset {
            let call = Erc20::allowanceCall { owner: from, spender: bridge };
            let allowed = view(client, l1, call).await?.map_err(no_token(l1))?;
            if allowed < self.amount {
                let call = Erc20::approveCall { spender: bridge, amount: self.amount };
                let input = call.abi_encode().into();
                let request = TxRequest { to: Some(l1), input, ..TxRequest::default() };
                let request = with_gas(client, from, request).await?;
                let receipt = sender.send(&format!("{id}/approve"), &request).await?;
                succeeded("allowing the bridge to take the token", &receipt)?;
            }
        }
        let request = with_gas(client, from, self.request(bridge)).await?;
        let receipt = sender.send(id, &request).await?;
        succeeded("the deposit", &receipt)?;
        Ok(receipt)
    }

    async fn check_balance(&self, client: &L1Client, account: Address) -> Result<(), BridgeError> {
        let (token, balance) = match self.asset {
            Asset::Ether => ("wei".to_owned(), client.balance(account, BlockId::latest()).await?),
            Asset::Token { l1, .. } => {
                let call = Erc20::balanceOfCall { account };
                (l1.to_string(), view(client, l1, call).await?.map_err(no_token(l1))?)
            }
        };
        let amount = self.amount;
        if balance < amount {
            return Err(BridgeError::Balance { account, token, balance, amount });
        }
        Ok(())
    }
}

pub(super) fn no_token(address: Address) -> impl Fn(String) -> BridgeError {
    move |reason| BridgeError::NoToken { address, reason }
}

pub(super) fn succeeded(what: &'static str, receipt: &Receipt) -> Result<B256, BridgeError> {
    let transaction = receipt.transaction;
    if receipt.success { Ok(transaction) } else { Err(BridgeError::Failed { what, transaction }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deposit(bytes: usize, gas_limit: u32) -> Deposit {
        Deposit {
            asset: Asset::Ether,
            amount: U256::from(1),
            to: Address::repeat_byte(1),
            gas_limit,
            extra_data: vec![1; bytes].into(),
        }
    }

    #[test]
    fn a_message_that_could_get_lost_is_refused() {
        assert!(deposit(0, 21_000).check().is_ok());
        assert!(deposit(12_000, 680_000).check().is_ok());
        let error = deposit(12_000, 679_999).check().unwrap_err().to_string();
        assert!(error.contains("at least 680000") && error.contains("--gas-limit"), "{error}");
        let nothing = Deposit { amount: U256::ZERO, ..deposit(0, 21_000) };
        assert!(matches!(nothing.check(), Err(BridgeError::NoAmount)));
    }

    #[test]
    fn ether_goes_along_and_tokens_are_taken() {
        let bridge = Address::repeat_byte(9);
        let ether = deposit(0, 7).request(bridge);
        assert_eq!((ether.to, ether.value), (Some(bridge), U256::from(1)));
        let call = L1StandardBridge::depositETHToCall::abi_decode(&ether.input).unwrap();
        assert_eq!((call.to, call.minGasLimit), (Address::repeat_byte(1), 7));
        let (l1, l2) = (Address::repeat_byte(3), Address::repeat_byte(4));
        let token = Deposit { asset: Asset::Token { l1, l2 }, ..deposit(0, 7) }.request(bridge);
        let call = L1StandardBridge::depositERC20ToCall::abi_decode(&token.input).unwrap();
        assert_eq!((token.value, call.l1Token, call.l2Token), (U256::ZERO, l1, l2));
        assert_eq!(call.amount, U256::from(1));
    }
}
