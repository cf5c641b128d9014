// Foundry's `forge` on both chains: scripts and single contracts are deployed as its users do it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { castAt } from './support/cast.mjs'
import { forgeProject } from './support/forge.mjs'
import { startNetwork } from './support/network.mjs'
import { rpc } from './support/rpc.mjs'

let network, project

before(async () => {
  ;[network, project] = await Promise.all([startNetwork(), forgeProject()])
})
after(async () => {
  await project?.remove()
  await network?.stop()
})

// One after the other: both write in the same project.
describe('forge', { concurrency: 1 }, () => {
  for (const [name, chainId] of [['l1', 900], ['l2', 901]]) {
    describe(`on the ${name}`, { concurrency: 1 }, () => onChain(name, chainId))
  }
})

function onChain(name, chainId) {
  let cast, at

  before(() => {
    cast = castAt(network[name].http)
    at = ['--rpc-url', network[name].http, '--private-key', network.accounts[0].privateKey]
  })

  const call = (address, signature) => cast('call', address, signature)

  test('forge script --broadcast: deploys, calls and pays, and every receipt is there', async () => {
    const before = BigInt(await cast('balance', '0x000000000000000000000000000000000000bEEF'))
    await project.forge('script', 'script/Deploy.s.sol', '--broadcast', ...at)
    const written = join(project.directory, 'broadcast/Deploy.s.sol', String(chainId), 'run-latest.json')
    const { transactions, receipts } = JSON.parse(await readFile(written, 'utf8'))
    assert.deepEqual(
      transactions.map(({ transactionType }) => transactionType),
      ['CREATE', 'CALL', 'CALL'],
    )
    for (const receipt of receipts) {
      const ours = await rpc(network[name].http, 'eth_getTransactionReceipt', receipt.transactionHash)
      assert.deepEqual([receipt.status, receipt.blockHash], ['0x1', ours.blockHash])
      assert.equal(receipt.gasUsed, ours.gasUsed)
    }
    const [{ contractAddress: counter }] = transactions
    assert.equal(await call(counter, 'number()(uint256)'), '42')
    assert.equal(await cast('balance', counter), '3')
    assert.equal(BigInt(await cast('balance', '0x000000000000000000000000000000000000bEEF')), before + 7n)
  })

  test('forge create: a contract with an argument and ether', async () => {
    const said = await project.forge(
      'create', 'src/Counter.sol:Counter', ...at, '--broadcast', '--json', '--value', 5,
      '--constructor-args', 7,
    )
    const { deployedTo, transactionHash } = JSON.parse(said)
    assert.equal(await call(deployedTo, 'number()(uint256)'), '7')
    assert.equal(await cast('balance', deployedTo), '5')
    const { contractAddress } = await rpc(network[name].http, 'eth_getTransactionReceipt', transactionHash)
    assert.equal(contractAddress, deployedTo.toLowerCase())
  })
}
