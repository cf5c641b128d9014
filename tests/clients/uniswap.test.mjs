// Uniswap v2 on both chains: deployed from its authors' builds, and used with viem.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseEther, zeroAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { feeOf, freshAddress } from './support/check.mjs'
import { erc20, uniswap } from './support/contracts.mjs'
import { startNetwork } from './support/network.mjs'
import { chainOf, connect } from './support/viem.mjs'

const supply = parseEther('1000000')
const never = 2n ** 64n
/// Shares that the pair keeps for ever, so that a share never gets too dear.
const locked = 1000n
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe('Uniswap v2', { concurrency: true }, () => {
  for (const name of ['l1', 'l2']) {
    describe(`on the ${name}`, { concurrency: 1 }, () => onChain(name))
  }
})

/// What the pair gives for `amount`, after its fee of three in a thousand (whitepaper, 3.2.1).
function given(amount, reserveIn, reserveOut) {
  const afterFee = amount * 997n
  return (afterFee * reserveOut) / (reserveIn * 1000n + afterFee)
}

function sqrt(value) {
  let root = value
  for (let next = (root + 1n) / 2n; next < root; next = (root + value / root) / 2n) root = next
  return root
}

function onChain(name) {
  let reader, wallet, account, factory, weth, router, tokens, pair

  const mined = async (hash) => {
    const receipt = await reader.waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success')
    return receipt
  }
  const deploy = async ({ abi, bytecode }, ...args) => {
    const receipt = await mined(await wallet.deployContract({ account, abi, bytecode, args }))
    return { abi, address: receipt.contractAddress }
  }
  const read = (contract, functionName, ...args) => reader.readContract({ ...contract, functionName, args })
  const write = async (contract, functionName, args, fields = {}) => {
    const call = { account, ...contract, functionName, args, ...fields }
    const { request } = await reader.simulateContract(call)
    // A pair writes more in a later block than in the one of its last change: what the newest block
    // would need is not enough for the next.
    const gas = await reader.estimateContractGas({ ...call, blockTag: 'pending' })
    return mined(await wallet.writeContract({ ...request, gas }))
  }
  const balances = () => Promise.all(tokens.map((token) => read(token, 'balanceOf', account.address)))
  /// What the pair holds of each token, in the order of `of`.
  const reserves = async (pair, of) => {
    const [first, second] = await read(pair, 'getReserves')
    const inOrder = (await read(pair, 'token0')).toLowerCase() === of.address
    return inOrder ? [first, second] : [second, first]
  }
  const pairOf = async (a, b) => ({
    abi: uniswap.pair.abi, address: await read(factory, 'getPair', a.address, b.address),
  })

  before(async () => {
    const chain = chainOf(name, network[name])
    ;({ publicClient: reader, walletClient: wallet } = await connect(chain, 'http'))
    account = privateKeyToAccount(network.accounts[0].privateKey)
  })

  test('factory, WETH, router and two tokens are deployed', async () => {
    factory = await deploy(uniswap.factory, account.address)
    weth = await deploy(uniswap.weth)
    router = await deploy(uniswap.router, factory.address, weth.address)
    tokens = [await deploy(erc20, supply), await deploy(erc20, supply)]
    assert.equal((await read(router, 'factory')).toLowerCase(), factory.address)
    for (const token of tokens) await write(token, 'approve', [router.address, 2n ** 256n - 1n])
  })

  test('liquidity: the pair is created, and its first shares are the root of both amounts', async () => {
    const amounts = [parseEther('1000'), parseEther('4000')]
    const [a, b] = tokens.map(({ address }) => address)
    await write(router, 'addLiquidity', [a, b, ...amounts, ...amounts, account.address, never])
    pair = await pairOf(...tokens)
    assert.notEqual(pair.address, zeroAddress)
    assert.deepEqual(await reserves(pair, tokens[0]), amounts)
    const shares = sqrt(amounts[0] * amounts[1])
    assert.equal(await read(pair, 'totalSupply'), shares)
    assert.equal(await read(pair, 'balanceOf', account.address), shares - locked)
    assert.deepEqual(await balances(), amounts.map((amount) => supply - amount))
  })

  test('swaps of an exact amount give what the formula says, to the wei', async () => {
    for (const [amount, from] of [[parseEther('10') + 7n, 0], [parseEther('33') + 1n, 1]]) {
      const [give, take] = [tokens[from], tokens[1 - from]]
      const before = await balances()
      const [reserveIn, reserveOut] = await reserves(pair, give)
      const expected = given(amount, reserveIn, reserveOut)
      const path = [give.address, take.address]
      assert.deepEqual(await read(router, 'getAmountsOut', amount, path), [amount, expected])
      const args = [amount, expected, path, account.address, never]
      const { logs } = await write(router, 'swapExactTokensForTokens', args)
      // Two transfers, Sync and Swap.
      assert.equal(logs.length, 4)
      const after = await balances()
      assert.equal(after[from], before[from] - amount)
      assert.equal(after[1 - from], before[1 - from] + expected)
      assert.deepEqual(await reserves(pair, give), [reserveIn + amount, reserveOut - expected])
    }
  })

  test('a swap that would give less than asked for is refused', async () => {
    const path = tokens.map(({ address }) => address)
    const [, out] = await read(router, 'getAmountsOut', 1000n, path)
    const args = [1000n, out + 1n, path, account.address, never]
    await assert.rejects(write(router, 'swapExactTokensForTokens', args), /INSUFFICIENT_OUTPUT_AMOUNT/)
    const late = [1000n, out, path, account.address, 1n]
    await assert.rejects(write(router, 'swapExactTokensForTokens', late), /UniswapV2Router: EXPIRED/)
  })

  test('ether is swapped both ways, to the wei', async () => {
    const [token] = tokens
    const pool = [parseEther('500'), parseEther('5')]
    await write(
      router, 'addLiquidityETH', [token.address, pool[0], ...pool, account.address, never], { value: pool[1] },
    )
    const to = freshAddress()
    const bought = given(parseEther('1'), pool[1], pool[0])
    const buy = [bought, [weth.address, token.address], to, never]
    await write(router, 'swapExactETHForTokens', buy, { value: parseEther('1') })
    assert.equal(await read(token, 'balanceOf', to), bought)

    const amount = parseEther('20')
    const reserve = await reserves(await pairOf(token, weth), token)
    const paid = given(amount, ...reserve)
    const had = await reader.getBalance(account)
    const sell = [amount, paid, [token.address, weth.address], account.address, never]
    const receipt = await write(router, 'swapExactTokensForETH', sell)
    assert.equal(await reader.getBalance(account), had + paid - feeOf(receipt))
  })

  test('liquidity is taken back, in the share that is owned', async () => {
    const shares = await read(pair, 'balanceOf', account.address)
    const total = await read(pair, 'totalSupply')
    const [before, held] = [await balances(), await reserves(pair, tokens[0])]
    await write(pair, 'approve', [router.address, shares])
    const [a, b] = tokens.map(({ address }) => address)
    await write(router, 'removeLiquidity', [a, b, shares, 0n, 0n, account.address, never])
    const returned = held.map((reserve) => (reserve * shares) / total)
    assert.deepEqual(await balances(), before.map((amount, index) => amount + returned[index]))
    assert.equal(await read(pair, 'totalSupply'), locked)
  })
}
