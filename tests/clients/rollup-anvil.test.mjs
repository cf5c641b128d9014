// A rollup on anvil with all its processes: a sequencer that posts and signs, a follower that sees L1
// alone, one that listens to the sequencer; killed, and with another L1 than before.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createPublicClient, createWalletClient, http, parseEther } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { publicActionsL1, publicActionsL2, walletActionsL1, getL2TransactionHashes } from 'viem/op-stack'
import { freshAddress, until } from './support/check.mjs'
import { startNode } from './support/network.mjs'
import { rpc } from './support/rpc.mjs'
import { startOnAnvil } from './support/rollup.mjs'

const alice = mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 3 })
/// Blocks of L1 that are replaced; those that were final stay.
const depth = 5
/// Milliseconds after which a receipt does not come any more: a limit of the test, none of the node.
const timeout = 180_000

let site, one, two, alone, listening
let failed = false

/// A test that tells what the nodes logged last if it fails; those after it would only wait for what does not come.
const step = (name, body) =>
  test(name, async (t) => {
    if (failed) return t.skip('one before it failed')
    try {
      await body()
    } catch (error) {
      failed = true
      const nodes = Object.entries({ sequencer: site, alone, listening })
      const logs = nodes.map(([who, node]) => `${who}:\n${node.last()}`)
      throw new Error([error.message, ...logs].join('\n\n'), { cause: error })
    }
  })

const follow = async (name, ...more) => {
  const node = await startNode(
    '--role', 'follower', '--rollup', site.rollup, '--l1-rpc', site.l1.rpcUrls.default.http[0], '--l1-slot-seconds', '1',
    '--data-dir', join(site.home, name), ...more,
  )
  return { ...node, name }
}
const followAlone = () => follow('alone')
const followSequencer = () => follow('listening', '--sequencer', site.ws)

const block = (node, which) => rpc(node.http, 'eth_getBlockByNumber', which, false)

/// Waits until the follower's block of this name is `number` at least; the sequencer has it too.
async function agrees(follower, name, number) {
  const theirs = await until(async () => {
    const found = await block(follower, name)
    return BigInt(found.number) >= number && found
  }, `the ${name} block ${number} of the follower "${follower.name}"`)
  const ours = await two.getBlock({ blockNumber: BigInt(theirs.number) })
  assert.equal(theirs.hash, ours.hash, `${name} block ${BigInt(theirs.number)}`)
}

/// A transfer on the rollup: the block that it is in.
async function transfer(to, value) {
  const wallet = createWalletClient({ account: alice, chain: site.l2, transport: http() })
  const hash = await wallet.sendTransaction({ to, value })
  return (await two.waitForTransactionReceipt({ hash, timeout })).blockNumber
}

before(async () => {
  site = await startOnAnvil({ posting: true })
  const polling = { pollingInterval: 100 }
  one = createPublicClient({ chain: site.l1, transport: http(), ...polling }).extend(publicActionsL1())
  two = createPublicClient({ chain: site.l2, transport: http(), ...polling }).extend(publicActionsL2())
  ;[alone, listening] = await Promise.all([followAlone(), followSequencer()])
})
after(async () => {
  await Promise.all([alone?.stop(), listening?.stop()])
  await site?.stop()
})

describe('a rollup on anvil', { concurrency: 1 }, () => {
  step('ether from L1 arrives, and followers have its block', async () => {
    const { request, targetChain } = await two.buildDepositTransaction({ mint: parseEther('5'), to: alice.address })
    const wallet = createWalletClient({ account: alice, chain: site.l1, transport: http() }).extend(walletActionsL1())
    const hash = await wallet.depositTransaction({ request, targetChain, gas: 500_000n })
    const receipt = await one.waitForTransactionReceipt({ hash, timeout })
    const [l2Hash] = getL2TransactionHashes(receipt)
    const { blockNumber } = await two.waitForTransactionReceipt({ hash: l2Hash, timeout })
    await Promise.all([agrees(listening, 'latest', blockNumber), agrees(alone, 'safe', blockNumber)])
  })

  step('a follower that listens has blocks before they are on L1, and forwards transactions', async () => {
    const to = freshAddress()
    const wallet = createWalletClient({ account: alice, chain: site.l2, transport: http(listening.http) })
    const hash = await wallet.sendTransaction({ to, value: 7n })
    const { blockNumber } = await two.waitForTransactionReceipt({ hash, timeout })
    await agrees(listening, 'latest', blockNumber)
    assert.equal(BigInt(await rpc(listening.http, 'eth_getBalance', to, 'latest')), 7n)
  })

  for (const round of [1, 2]) {
    step(`all three are killed and go on (${round})`, async () => {
      const number = await transfer(freshAddress(), 1n)
      await Promise.all([alone.kill(), listening.kill(), site.killSequencer()])
      ;[alone, listening] = await Promise.all([followAlone(), followSequencer()])
      const next = await transfer(freshAddress(), 1n)
      assert.ok(next > number)
      await Promise.all([agrees(alone, 'safe', next), agrees(listening, 'latest', next)])
    })
  }

  step('L1 replaces blocks, and everybody comes to the same', async () => {
    const to = freshAddress()
    await transfer(to, 9n)
    await site.reorg(depth)
    const number = await transfer(freshAddress(), 1n)
    await Promise.all([agrees(alone, 'safe', number), agrees(listening, 'safe', number)])
    // Its block may have gone; it waited again then.
    assert.equal(await two.getBalance({ address: to }), 9n)
  })
})
