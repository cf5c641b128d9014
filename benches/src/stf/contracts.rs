//! The contracts of the benchmark's chain and the calls to them: Uniswap v2 as npm has it, with the
//! ERC-20 token of its own tests.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, Bytes, TxKind, U256, hex, utils::Unit};
use alloy_sol_types::{SolCall, SolValue, sol};
use anyhow::{Context, Result};

/// Chain id of the benchmark's chain.
pub(crate) const CHAIN_ID: u64 = 4242;

sol! {
    function approve(address spender, uint256 value) external returns (bool);
    function transfer(address to, uint256 value) external returns (bool);
    function addLiquidityETH(
        address token,
        uint256 amountTokenDesired,
        uint256 amountTokenMin,
        uint256 amountETHMin,
        address to,
        uint256 deadline
    ) external payable returns (uint256 amountToken, uint256 amountETH, uint256 liquidity);
    function swapExactETHForTokens(
        uint256 amountOutMin,
        address[] path,
        address to,
        uint256 deadline
    ) external payable returns (uint256[] amounts);
    function swapExactTokensForETH(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] path,
        address to,
        uint256 deadline
    ) external returns (uint256[] amounts);
}

/// Where the contracts are: they follow from the deployer's nonces 0 to 3.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contracts {
    pub(crate) token: Address,
    pub(crate) weth: Address,
    pub(crate) factory: Address,
    pub(crate) router: Address,
}

impl Contracts {
    pub(crate) fn of(deployer: Address) -> Self {
        let [token, weth, factory, router] = [0, 1, 2, 3].map(|nonce| deployer.create(nonce));
        Self { token, weth, factory, router }
    }

    /// The deployer's first transactions: the four contracts, and a pool of `ether` and as many
    /// tokens; the factory makes the pair in the last.
    pub(crate) fn deployments(&self, deployer: Address, ether: u64) -> Result<Vec<TxEip1559>> {
        let wei = Unit::ETHER.wei() * U256::from(ether);
        let pool = addLiquidityETHCall {
            token: self.token,
            amountTokenDesired: wei,
            amountTokenMin: wei,
            amountETHMin: wei,
            to: deployer,
            deadline: U256::MAX,
        };
        let supply: U256 = U256::ONE << 128;
        let transactions = [
            create(TOKEN, supply.abi_encode())?,
            create(WETH, Vec::new())?,
            create(FACTORY, deployer.abi_encode())?,
            create(ROUTER, (self.factory, self.weth).abi_encode_params())?,
            self.approve_router(),
            call(self.router, wei, 5_000_000, &pool),
        ];
        Ok((0..).zip(transactions).map(|(nonce, tx)| TxEip1559 { nonce, ..tx }).collect())
    }

    /// Lets the router take the sender's tokens.
    pub(crate) fn approve_router(&self) -> TxEip1559 {
        let approve = approveCall { spender: self.router, value: U256::MAX };
        call(self.token, U256::ZERO, 100_000, &approve)
    }

    /// Moves tokens.
    pub(crate) fn transfer(&self, to: Address, value: U256) -> TxEip1559 {
        call(self.token, U256::ZERO, 100_000, &transferCall { to, value })
    }

    /// Buys tokens for wei.
    pub(crate) fn buy(&self, to: Address, wei: U256) -> TxEip1559 {
        let path = vec![self.weth, self.token];
        let deadline = U256::MAX;
        let swap = swapExactETHForTokensCall { amountOutMin: U256::ONE, path, to, deadline };
        call(self.router, wei, 300_000, &swap)
    }

    /// Sells tokens for wei.
    pub(crate) fn sell(&self, to: Address, tokens: U256) -> TxEip1559 {
        let swap = swapExactTokensForETHCall {
            amountIn: tokens,
            amountOutMin: U256::ONE,
            path: vec![self.token, self.weth],
            to,
            deadline: U256::MAX,
        };
        call(self.router, U256::ZERO, 300_000, &swap)
    }
}

/// Sends wei.
pub(crate) fn send(to: Address, value: U256) -> TxEip1559 {
    TxEip1559 { to: TxKind::Call(to), value, gas_limit: 21_000, ..unaddressed() }
}

fn call(to: Address, value: U256, gas_limit: u64, call: &impl SolCall) -> TxEip1559 {
    let input = Bytes::from(call.abi_encode());
    TxEip1559 { to: TxKind::Call(to), value, gas_limit, input, ..unaddressed() }
}

fn create(artifact: &str, arguments: Vec<u8>) -> Result<TxEip1559> {
    let artifact: serde_json::Value = serde_json::from_str(artifact)?;
    let code = artifact["bytecode"].as_str().context("an artifact without bytecode")?;
    let input = Bytes::from([hex::decode(code)?, arguments].concat());
    Ok(TxEip1559 { to: TxKind::Create, gas_limit: 8_000_000, input, ..unaddressed() })
}

fn unaddressed() -> TxEip1559 {
    TxEip1559 {
        max_fee_per_gas: 1_000_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        ..TxEip1559::default()
    }
}

macro_rules! artifact {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/artifacts/", $path))
    };
}

const TOKEN: &str = artifact!("uniswap-v2-core/ERC20.json");
const FACTORY: &str = artifact!("uniswap-v2-core/UniswapV2Factory.json");
const WETH: &str = artifact!("uniswap-v2-periphery/WETH9.json");
const ROUTER: &str = artifact!("uniswap-v2-periphery/UniswapV2Router02.json");
