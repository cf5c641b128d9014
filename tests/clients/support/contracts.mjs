// Compiled contracts of others that the repository has.

import { readFileSync } from 'node:fs'
import { parseAbi } from 'viem'

const artifacts = new URL('../../../contracts/artifacts/', import.meta.url)

function artifact(path) {
  const { abi, bytecode } = JSON.parse(readFileSync(new URL(path, artifacts), 'utf8'))
  return { abi, bytecode: bytecode.startsWith('0x') ? bytecode : `0x${bytecode}` }
}

/// Uniswap v2's ERC-20 with a constructor that gives the supply to whoever deploys it.
export const erc20 = artifact('uniswap-v2-core/ERC20.json')

/// Uniswap v2, as its npm packages have it: built by its authors.
export const uniswap = {
  factory: artifact('uniswap-v2-core/UniswapV2Factory.json'),
  pair: artifact('uniswap-v2-core/UniswapV2Pair.json'),
  router: artifact('uniswap-v2-periphery/UniswapV2Router02.json'),
  weth: artifact('uniswap-v2-periphery/WETH9.json'),
}

/// In the genesis of both chains.
export const multicall3 = {
  address: '0xcA11bde05977b3631167028862bE2a173976CA11',
  abi: parseAbi([
    'function getBlockNumber() view returns (uint256)',
    'function getChainId() view returns (uint256)',
    'function getEthBalance(address) view returns (uint256)',
  ]),
}
