//! Accounts and selectors that a dictionary names by one byte: contracts that stand at the same
//! address on most chains, the OP Stack's predeploys, and functions that most traffic calls. They are
//! part of the format: a change is a new version.

use alloy_primitives::hex;

/// Accounts, by their code less one.
pub const ACCOUNTS: [[u8; 20]; 40] = [
    // The OP Stack's predeploys.
    hex!("4200000000000000000000000000000000000006"), // WETH9
    hex!("4200000000000000000000000000000000000007"), // L2CrossDomainMessenger
    hex!("4200000000000000000000000000000000000010"), // L2StandardBridge
    hex!("4200000000000000000000000000000000000014"), // L2ERC721Bridge
    hex!("4200000000000000000000000000000000000016"), // L2ToL1MessagePasser
    hex!("420000000000000000000000000000000000000f"), // GasPriceOracle
    hex!("4200000000000000000000000000000000000012"), // OptimismMintableERC20Factory
    hex!("4200000000000000000000000000000000000011"), // SequencerFeeVault
    hex!("4200000000000000000000000000000000000042"), // governance token
    // Stand-ins.
    hex!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"), // the native coin
    hex!("000000000000000000000000000000000000dead"), // burned
    // Infrastructure at one address on most chains.
    hex!("ca11bde05977b3631167028862be2a173976ca11"), // Multicall3
    hex!("000000000022d473030f116ddee9f6b43ac78ba3"), // Permit2
    hex!("5ff137d4b0fdcd49dca30c7cf57e578a026d2789"), // EntryPoint 0.6
    hex!("0000000071727de22e5e9d8baf0edac6f37da032"), // EntryPoint 0.7
    hex!("4337084d9e255ff0702461cf8895ce9e3b5ff108"), // EntryPoint 0.8
    hex!("4e59b44847b379578588920ca78fbf26c0b4956c"), // CREATE2 deployer
    hex!("ba5ed099633d3b313e4d5f7bdc1305d3c28ba5ed"), // CreateX
    hex!("914d7fec6aac8cd542e72bca78b30650d45643d7"), // Safe's deployer
    hex!("3e5c63644e683549055b9be8653de26e0b4cd36e"), // Safe 1.3.0 for L2
    hex!("29fcb43b46531bca003ddc8fcb67ffe91900c762"), // Safe 1.4.1 for L2
    hex!("a6b71e26c5e0845f74c812102ca7114b6a896ab2"), // Safe factory 1.3.0
    hex!("4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67"), // Safe factory 1.4.1
    hex!("40a2accbd92bca938b02010e17a5b8929b49130d"), // Safe MultiSendCallOnly 1.3.0
    hex!("a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"), // USDC, named in bridged messages
    hex!("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"), // WETH on L1, named in bridged messages
    hex!("00000000000000adc04c56bf30ac9d3c0aaf14dc"), // Seaport 1.5
    hex!("0000000000000068f116a894984e2db1123eb395"), // Seaport 1.6
    // Exchanges and aggregators at one address on most chains.
    hex!("e592427a0aece92de3edee1f18e0157c05861564"), // Uniswap v3 SwapRouter
    hex!("68b3465833fb72a70ecdf485e0e4c7bd8665fc45"), // Uniswap SwapRouter02
    hex!("c36442b4a4522e871399cd717abdd847ab11fe88"), // Uniswap v3 positions
    hex!("1111111254eeb25477b68fb85ed929f73a960582"), // 1inch 5
    hex!("111111125421ca6dc452d289314280a0f8842a65"), // 1inch 6
    hex!("1231deb6f5749ef6ce6943a275a1d3e7486f4eae"), // LI.FI
    hex!("def171fe48cf0115b1d80b88dc8eab59176fee57"), // ParaSwap 5
    hex!("6131b5fae19ea4f9d964eac0408e4408b66337b5"), // KyberSwap
    hex!("6352a56caadc4f1e25cd6c75970fa768a3304e64"), // OpenOcean
    hex!("def1c0ded9bec7f1a1670819833240f027b25eff"), // 0x
    hex!("ba12222222228d8ba445958a75a0704d566bf2c8"), // Balancer vault
    hex!("794a61358d6845594f94dc1db02a252b5b4814ad"), // Aave v3 pool
];

/// Selectors, by their code less one.
pub const SELECTORS: [[u8; 4]; 52] = [
    // ERC-20 and its permits.
    hex!("a9059cbb"), // transfer(address,uint256)
    hex!("23b872dd"), // transferFrom(address,address,uint256)
    hex!("095ea7b3"), // approve(address,uint256)
    hex!("d505accf"), // permit(address,address,uint256,uint256,uint8,bytes32,bytes32)
    hex!("70a08231"), // balanceOf(address)
    hex!("dd62ed3e"), // allowance(address,address)
    hex!("40c10f19"), // mint(address,uint256)
    hex!("42966c68"), // burn(uint256)
    hex!("a0712d68"), // mint(uint256)
    hex!("1249c58b"), // mint()
    // WETH.
    hex!("d0e30db0"), // deposit()
    hex!("2e1a7d4d"), // withdraw(uint256)
    // ERC-721 and ERC-1155.
    hex!("42842e0e"), // safeTransferFrom(address,address,uint256)
    hex!("b88d4fde"), // safeTransferFrom(address,address,uint256,bytes)
    hex!("f242432a"), // safeTransferFrom(address,address,uint256,uint256,bytes)
    hex!("a22cb465"), // setApprovalForAll(address,bool)
    // Many calls in one.
    hex!("ac9650d8"), // multicall(bytes[])
    hex!("5ae401dc"), // multicall(uint256,bytes[])
    hex!("252dba42"), // aggregate((address,bytes)[])
    hex!("82ad56cb"), // aggregate3((address,bool,bytes)[])
    hex!("174dea71"), // aggregate3Value((address,bool,uint256,bytes)[])
    hex!("8d80ff0a"), // multiSend(bytes)
    hex!("b61d27f6"), // execute(address,uint256,bytes)
    hex!("e9ae5c53"), // execute(bytes32,bytes)
    hex!("6a761202"), // Safe execTransaction
    hex!("1fad948c"), // EntryPoint 0.6 handleOps
    hex!("765e827f"), // EntryPoint 0.7 handleOps
    // Exchanges.
    hex!("7ff36ab5"), // swapExactETHForTokens(uint256,address[],address,uint256)
    hex!("18cbafe5"), // swapExactTokensForETH(uint256,uint256,address[],address,uint256)
    hex!("38ed1739"), // swapExactTokensForTokens(uint256,uint256,address[],address,uint256)
    hex!("e8e33700"), // addLiquidity
    hex!("f305d719"), // addLiquidityETH
    hex!("414bf389"), // exactInputSingle, with a deadline
    hex!("04e45aaf"), // exactInputSingle
    hex!("c04b8d59"), // exactInput, with a deadline
    hex!("b858183f"), // exactInput
    hex!("128acb08"), // swap(address,bool,int256,uint160,bytes)
    hex!("49404b7c"), // unwrapWETH9(uint256,address)
    hex!("12210e8a"), // refundETH()
    hex!("88316456"), // mint of a Uniswap v3 position
    hex!("fc6f7865"), // collect of a Uniswap v3 position
    hex!("0c49ccbe"), // decreaseLiquidity of a Uniswap v3 position
    hex!("24856bc3"), // execute(bytes,bytes[])
    hex!("3593564c"), // execute(bytes,bytes[],uint256)
    hex!("12aa3caf"), // 1inch 5 swap
    // Lending and rewards.
    hex!("617ba037"), // supply(address,uint256,address,uint16)
    hex!("69328dec"), // withdraw(address,uint256,address)
    hex!("a415bcad"), // borrow(address,uint256,uint256,uint16,address)
    hex!("573ade81"), // repay(address,uint256,uint256,address)
    hex!("4e71d92d"), // claim()
    hex!("3d18b912"), // getReward()
    hex!("c9807539"), // transmit of a price feed
];
