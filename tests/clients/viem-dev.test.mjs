// viem's test client on both chains: what it does by hand to a development chain.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestClient, http, parseEther, parseGwei, publicActions, toHex, walletActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { freshAddress } from './support/check.mjs'
import { compile } from './support/compile.mjs'
import { startNetwork } from './support/network.mjs'
import { chainOf } from './support/viem.mjs'

const counter = compile('Counter')
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe("viem's test client", { concurrency: true }, () => {
  for (const name of ['l1', 'l2']) {
    // One after the other: both change the same chain.
    describe(`on the ${name}`, { concurrency: 1 }, () => {
      for (const mode of ['anvil', 'hardhat']) {
        describe(`with the methods of ${mode}`, { concurrency: 1 }, () => onChain(name, mode))
      }
    })
  }
})

function onChain(name, mode) {
  let client, account

  before(() => {
    const chain = chainOf(name, network[name])
    client = createTestClient({ chain, mode, transport: http(), pollingInterval: 100, cacheTime: 0 })
      .extend(publicActions)
      .extend(walletActions)
    account = privateKeyToAccount(network.accounts[0].privateKey)
  })

  test('a snapshot, what is done after it, and back', async () => {
    const to = freshAddress()
    const before = await client.getBlock()
    const id = await client.snapshot()
    const hash = await client.sendTransaction({ account, to, value: 9n })
    await client.mine({ blocks: 3 })
    assert.equal((await client.getTransactionReceipt({ hash })).status, 'success')
    assert.equal(await client.getBalance({ address: to }), 9n)
    await client.revert({ id })
    await assert.rejects(client.getTransactionReceipt({ hash }), /could not be found/)
    assert.equal(await client.getBalance({ address: to }), 0n)
    assert.equal((await client.getBlock({ blockHash: before.hash })).number, before.number)
  })

  test('time', async () => {
    const { number, timestamp } = await client.getBlock()
    await client.setNextBlockTimestamp({ timestamp: timestamp + 5000n })
    await client.mine({ blocks: 1 })
    // A block at the chain's own time may have come before or after the one that was asked for.
    const later = []
    for (let next = number + 1n; next <= (await client.getBlockNumber()); next += 1n) {
      later.push((await client.getBlock({ blockNumber: next })).timestamp)
    }
    assert.ok(later.includes(timestamp + 5000n), `${timestamp}: ${later}`)
    await client.increaseTime({ seconds: 100_000 })
    await client.mine({ blocks: 2, interval: 60 })
    assert.ok((await client.getBlock()).timestamp >= timestamp + 105_060n)
  })

  test('balance, nonce, code and storage of anybody', async () => {
    const address = freshAddress()
    await client.setBalance({ address, value: parseEther('3') })
    await client.setNonce({ address, nonce: 11 })
    await client.setCode({ address, bytecode: '0x5f545f5260205ff3' })
    await client.setStorageAt({ address, index: 0, value: toHex(77n, { size: 32 }) })
    assert.equal(await client.getBalance({ address }), parseEther('3'))
    assert.equal(await client.getTransactionCount({ address }), 11)
    const { data } = await client.call({ to: address })
    assert.equal(BigInt(data), 77n)
  })

  test('an account without a key sends, and deploys', async () => {
    const address = freshAddress()
    await client.setBalance({ address, value: parseEther('3') })
    await client.impersonateAccount({ address })
    const hash = await client.deployContract({ account: address, ...counter, args: [40n], maxFeePerGas: parseGwei('100') })
    await client.mine({ blocks: 1 })
    const { status, from, contractAddress } = await client.getTransactionReceipt({ hash })
    assert.deepEqual([status, from], ['success', address.toLowerCase()])
    const number = { abi: counter.abi, address: contractAddress, functionName: 'number' }
    assert.equal(await client.readContract(number), 40n)
    await client.stopImpersonatingAccount({ address })
    const again = client.sendTransaction({ account: address, to: freshAddress(), value: 1n })
    await assert.rejects(again, /unknown account/)
  })

  test('blocks that come with transactions alone', async () => {
    await client.setAutomine(true)
    assert.equal(await client.getAutomine(), true)
    const number = await client.getBlockNumber()
    const hash = await client.sendTransaction({ account, to: freshAddress(), value: 1n })
    const receipt = await client.waitForTransactionReceipt({ hash })
    assert.equal(receipt.blockNumber, number + 1n)
    assert.equal(await client.getBlockNumber(), number + 1n)
    await client.setAutomine(false)
    const waiting = await client.sendTransaction({ account, to: freshAddress(), value: 1n })
    await client.dropTransaction({ hash: waiting })
    await client.mine({ blocks: 1 })
    await assert.rejects(client.getTransactionReceipt({ hash: waiting }), /could not be found/)
    await client.setIntervalMining({ interval: name === 'l1' ? 2 : 1 })
    assert.equal(await client.getAutomine(), false)
  })
}
