//! The calls, as Solidity has them, and the gas that they may use.

use super::{Addresses, CREATE2_PROXY, Contract, Gas, Request};
use crate::{
    action::{Action, Failure},
    actors::Who,
};
use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolCall, sol};

sol! {
    interface Erc20 {
        function mint(address to, uint256 value) external;
        function transfer(address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function totalSupply() external view returns (uint256);
    }

    interface Wrapped {
        function deposit() external payable;
        function withdraw(uint256 wad) external;
    }

    interface Pair {
        function getReserves() external view returns (uint112 first, uint112 second, uint32 at);
    }

    interface Router {
        function addLiquidityETH(address token, uint256 amountTokenDesired, uint256 amountTokenMin, uint256 amountETHMin, address to, uint256 deadline) external payable returns (uint256 amountToken, uint256 amountETH, uint256 liquidity);
        function removeLiquidityETH(address token, uint256 liquidity, uint256 amountTokenMin, uint256 amountETHMin, address to, uint256 deadline) external returns (uint256 amountToken, uint256 amountETH);
        function swapExactETHForTokens(uint256 amountOutMin, address[] path, address to, uint256 deadline) external payable returns (uint256[] amounts);
        function swapExactTokensForETH(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) external returns (uint256[] amounts);
    }

    interface CallBatch {
        struct Call { address to; uint256 value; bytes data; }
        function execute(Call[] calls) external payable;
    }

    interface Portal {
        function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) external payable;
    }
}

/// Gas of a plain transfer to an account without code.
const PLAIN: u64 = 21_000;
/// To an account that may have delegated to [`Contract::CallBatch`], whose code runs then.
const FUNDING: u64 = 60_000;
/// Of one call of a token or of wrapped ether: they use up to 70,000.
const TOKEN: u64 = 100_000;
/// Of a trade: up to 150,000.
const TRADE: u64 = 250_000;
/// Of adding to the pool; the first one makes it, which takes some 2,600,000.
const ADD: u64 = 4_000_000;
/// Of taking from it: up to 200,000.
const REMOVE: u64 = 400_000;
/// Of making the largest of the contracts, the router: 4,300,000.
const DEPLOY: u64 = 6_000_000;
/// Of making an actor's own contract.
const CREATE: u64 = 120_000;
/// Of two gifts of ether by a delegated account, which may make two accounts, and the delegation.
const BATCH: u64 = 250_000;
/// Gas on the rollup that a deposit of ether buys on the L1.
const DEPOSIT: u64 = PLAIN;

/// No trade is too late.
const NO_DEADLINE: U256 = U256::MAX;
/// Every trade is.
const LONG_AGO: U256 = U256::ONE;
/// Nobody has so much.
const TOO_MUCH: U256 = U256::MAX;

/// A contract whose code makes a log at each call. It takes ether when it is made:
/// `PUSH5 <PUSH0 PUSH0 PUSH0 LOG1 STOP> PUSH0 MSTORE PUSH1 5 PUSH1 27 RETURN`.
const LOG_MAKER: [u8; 13] = hex!("645f5f5fa1005f526005601bf3");

/// What `who`, whose address is `own`, sends for an action; `None` if an account is unknown or the portal is.
pub fn request(
    action: &Action,
    own: Address,
    addresses: &Addresses,
    address_of: impl Fn(Who) -> Option<Address>,
) -> Option<Request> {
    let to = |who: Who| address_of(who);
    Some(match action {
        Action::Fund { to: who, wei } => plain(to(*who)?, *wei, FUNDING),
        Action::Send { to: who, wei } => plain(to(*who)?, *wei, PLAIN),
        Action::Deploy(contract) => Request {
            to: Some(CREATE2_PROXY),
            value: U256::ZERO,
            input: addresses.deployment(*contract),
            gas: Gas::Limit(DEPLOY),
        },
        Action::Create { wei } => {
            let input = Bytes::from_static(&LOG_MAKER);
            Request { to: None, value: *wei, input, gas: Gas::Limit(CREATE) }
        }
        Action::Mint { tokens } => {
            call(addresses.token, TOKEN, &Erc20::mintCall { to: own, value: *tokens })
        }
        Action::Transfer { to: who, tokens } => {
            call(addresses.token, TOKEN, &Erc20::transferCall { to: to(*who)?, value: *tokens })
        }
        Action::ApproveTokens => call(addresses.token, TOKEN, &approve(addresses)),
        Action::ApproveShares => call(addresses.pair, TOKEN, &approve(addresses)),
        Action::Wrap { wei } => {
            paying(*wei, call(addresses.wrapped, TOKEN, &Wrapped::depositCall {}))
        }
        Action::Unwrap { wei } => {
            call(addresses.wrapped, TOKEN, &Wrapped::withdrawCall { wad: *wei })
        }
        Action::Delegate { gifts } | Action::Batch { gifts } => batch(own, gifts, &to)?,
        Action::Undelegate => plain(own, U256::ZERO, BATCH),
        Action::Fill => plain(own, U256::ZERO, FUNDING),
        Action::Deposit { wei } => deposit(own, *wei, addresses.portal?),
        Action::Fail(failure) => fail(*failure, own, addresses),
        Action::Buy { .. }
        | Action::Sell { .. }
        | Action::AddLiquidity { .. }
        | Action::RemoveLiquidity { .. } => pool(action, own, addresses)?,
    })
}

/// What is done with the pool, through the router.
fn pool(action: &Action, own: Address, addresses: &Addresses) -> Option<Request> {
    let Addresses { router, token, wrapped, .. } = *addresses;
    let deadline = NO_DEADLINE;
    Some(match *action {
        Action::Buy { wei, least } => {
            let path = vec![wrapped, token];
            let swap =
                Router::swapExactETHForTokensCall { amountOutMin: least, path, to: own, deadline };
            paying(wei, call(router, TRADE, &swap))
        }
        Action::Sell { tokens, least } => sell(addresses, own, [tokens, least, deadline]),
        Action::AddLiquidity { wei, tokens, least_per_mille } => {
            let least = |amount: U256| {
                amount.saturating_mul(U256::from(least_per_mille)) / U256::from(1_000)
            };
            let add = Router::addLiquidityETHCall {
                token,
                amountTokenDesired: tokens,
                amountTokenMin: least(tokens),
                amountETHMin: least(wei),
                to: own,
                deadline,
            };
            paying(wei, call(router, ADD, &add))
        }
        Action::RemoveLiquidity { shares, least_wei, least_tokens } => {
            let remove = Router::removeLiquidityETHCall {
                token,
                liquidity: shares,
                amountTokenMin: least_tokens,
                amountETHMin: least_wei,
                to: own,
                deadline,
            };
            call(router, REMOVE, &remove)
        }
        _ => return None,
    })
}

/// Tokens, what they must bring, and until when.
fn sell(addresses: &Addresses, own: Address, [tokens, least, deadline]: [U256; 3]) -> Request {
    let swap = Router::swapExactTokensForETHCall {
        amountIn: tokens,
        amountOutMin: least,
        path: vec![addresses.token, addresses.wrapped],
        to: own,
        deadline,
    };
    call(addresses.router, TRADE, &swap)
}

fn fail(failure: Failure, own: Address, addresses: &Addresses) -> Request {
    match failure {
        Failure::TooManyTokens => {
            call(addresses.token, TOKEN, &Erc20::transferCall { to: own, value: TOO_MUCH })
        }
        Failure::Expired => sell(addresses, own, [U256::ONE, U256::ZERO, LONG_AGO]),
        Failure::TooDear => sell(addresses, own, [U256::ONE, TOO_MUCH, NO_DEADLINE]),
        Failure::TooMuchWrapped => {
            call(addresses.wrapped, TOKEN, &Wrapped::withdrawCall { wad: TOO_MUCH })
        }
    }
}

fn batch(
    own: Address,
    gifts: &[(Who, U256)],
    to: &impl Fn(Who) -> Option<Address>,
) -> Option<Request> {
    let gift = |&(who, value): &(Who, U256)| {
        Some(CallBatch::Call { to: to(who)?, value, data: Bytes::new() })
    };
    let calls = gifts.iter().map(gift).collect::<Option<Vec<_>>>()?;
    Some(call(own, BATCH, &CallBatch::executeCall { calls }))
}

/// To oneself. What the portal burns depends on the deposits of others in the same block, so its gas is estimated.
fn deposit(own: Address, wei: U256, portal: Address) -> Request {
    let deposit = Portal::depositTransactionCall {
        to: own,
        value: wei,
        gasLimit: DEPOSIT,
        isCreation: false,
        data: Bytes::new(),
    };
    Request { gas: Gas::Estimate, ..paying(wei, call(portal, 0, &deposit)) }
}

const fn approve(addresses: &Addresses) -> Erc20::approveCall {
    Erc20::approveCall { spender: addresses.router, value: U256::MAX }
}

const fn plain(to: Address, value: U256, gas: u64) -> Request {
    Request { to: Some(to), value, input: Bytes::new(), gas: Gas::Limit(gas) }
}

fn call(to: Address, gas: u64, call: &impl SolCall) -> Request {
    let input = call.abi_encode().into();
    Request { to: Some(to), value: U256::ZERO, input, gas: Gas::Limit(gas) }
}

fn paying(value: U256, request: Request) -> Request {
    Request { value, ..request }
}

/// A question of one word, or of a pool's reserves, to a contract: who is asked, and the input.
pub(crate) type Question = (Address, Bytes);

/// What is asked of the contracts.
pub(crate) mod reading {
    use super::{Addresses, Erc20, Pair, Question};
    use alloy_primitives::{Address, U256};
    use alloy_sol_types::SolCall;

    /// A balance of tokens, wrapped ether or shares.
    pub(crate) fn balance(token: Address, account: Address) -> Question {
        (token, Erc20::balanceOfCall { account }.abi_encode().into())
    }

    /// What the router may take.
    pub(crate) fn allowance(token: Address, owner: Address, addresses: &Addresses) -> Question {
        let spender = addresses.router;
        (token, Erc20::allowanceCall { owner, spender }.abi_encode().into())
    }

    /// The pool's reserves.
    pub(crate) fn reserves(addresses: &Addresses) -> Question {
        (addresses.pair, Pair::getReservesCall {}.abi_encode().into())
    }

    /// The pool's shares.
    pub(crate) fn shares(addresses: &Addresses) -> Question {
        (addresses.pair, Erc20::totalSupplyCall {}.abi_encode().into())
    }

    /// A word of an answer; `None` where there is no contract.
    pub(crate) fn word(answer: &[u8], place: usize) -> Option<U256> {
        let from = place.checked_mul(32)?;
        let word = answer.get(from..from.checked_add(32)?)?;
        Some(U256::from_be_slice(word))
    }
}

/// Which contract has a balance, for the kinds that one account may have.
pub(crate) const fn balances(addresses: &Addresses) -> [Address; 3] {
    [addresses.token, addresses.of(Contract::Wrapped), addresses.pair]
}
