// viem's simulations on both chains: `eth_simulateV1` and `eth_createAccessList`.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { encodeFunctionData, getContractAddress, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { freshAddress } from './support/check.mjs'
import { compile } from './support/compile.mjs'
import { erc20 } from './support/contracts.mjs'
import { startNetwork } from './support/network.mjs'
import { chainOf, connect } from './support/viem.mjs'

const counter = compile('Counter')
const supply = parseEther('1000')
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe('viem simulates', { concurrency: true }, () => {
  for (const name of ['l1', 'l2']) {
    describe(`on the ${name}`, { concurrency: 1 }, () => onChain(name))
  }
})

function onChain(name) {
  let reader, wallet, account, token

  before(async () => {
    ;({ publicClient: reader, walletClient: wallet } = await connect(chainOf(name, network[name]), 'http'))
    account = privateKeyToAccount(network.accounts[0].privateKey)
    const hash = await wallet.deployContract({ account, ...erc20, args: [supply] })
    const { contractAddress } = await reader.waitForTransactionReceipt({ hash })
    token = { abi: erc20.abi, address: contractAddress }
  })

  test('blocks that are not there: each sees what those before it did', async () => {
    const [from, to] = [freshAddress(), freshAddress()]
    const latest = await reader.getBlock()
    const blocks = await reader.simulateBlocks({
      blockNumber: latest.number,
      blocks: [
        {
          stateOverrides: [{ address: from, balance: parseEther('10') }],
          calls: [{ account: from, to, value: parseEther('3') }],
        },
        { calls: [{ account: to, to: from, value: parseEther('2') }] },
        { blockOverrides: { time: latest.timestamp + 1000n }, calls: [{ account: to, to: from, value: parseEther('1') }] },
      ],
    })
    assert.deepEqual(blocks.map(({ calls: [{ status }] }) => status), ['success', 'success', 'success'])
    assert.deepEqual(blocks.map(({ number }) => number - latest.number), [1n, 2n, 3n])
    assert.equal(blocks[0].parentHash, latest.hash)
    assert.equal(blocks[1].parentHash, blocks[0].hash)
    assert.equal(blocks[2].timestamp, latest.timestamp + 1000n)
    assert.equal(await reader.getBalance({ address: to }), 0n)
  })

  test('contracts are deployed, called, and say why they fail', async () => {
    const from = freshAddress()
    const address = getContractAddress({ from, nonce: 0n })
    const call = (functionName, args) => ({ account: from, abi: counter.abi, to: address, functionName, args })
    const [{ calls }] = await reader.simulateBlocks({
      blocks: [{
        stateOverrides: [{ address: from, balance: parseEther('1') }],
        calls: [
          { account: from, data: `${counter.bytecode}${'0'.repeat(62)}28` },
          call('increase', [2n]),
          call('number'),
          call('increase', [101n]),
        ],
      }],
    })
    assert.deepEqual(calls.map(({ status }) => status), ['success', 'success', 'success', 'failure'])
    assert.deepEqual([calls[1].result, calls[2].result], [42n, 42n])
    assert.equal(calls[1].logs.length, 1)
    assert.match(calls[3].error.message, /TooMuch|reverted/)
    assert.ok(calls.every(({ gasUsed }) => gasUsed > 21_000n))
  })

  test('calls one after the other, with what they change in the balances of an account', async () => {
    const to = freshAddress()
    const { results, assetChanges } = await reader.simulateCalls({
      account: account.address,
      calls: [
        { to, value: 5n },
        { ...token, to: token.address, functionName: 'transfer', args: [to, 7n] },
        { ...token, to: token.address, functionName: 'balanceOf', args: [to] },
        { ...token, to: token.address, functionName: 'transfer', args: [to, supply] },
      ],
      traceAssetChanges: true,
    })
    assert.deepEqual(results.map(({ status }) => status), ['success', 'success', 'success', 'failure'])
    assert.equal(results[2].result, 7n)
    assert.match(results[3].error.message, /ds-math-sub-underflow/)
    const change = assetChanges.find(({ token: { address } }) => address.toLowerCase() === token.address)
    assert.deepEqual([change.value.diff, change.value.pre, change.value.post], [-7n, supply, supply - 7n])
    assert.equal(await reader.readContract({ ...token, functionName: 'balanceOf', args: [to] }), 0n)
  })

  test('an access list names what a call touches, and makes it no dearer than it says', async () => {
    const to = freshAddress()
    const data = encodeFunctionData({ ...token, functionName: 'transfer', args: [to, 1n] })
    const { accessList, gasUsed } = await reader.createAccessList({ account: account.address, to: token.address, data })
    assert.deepEqual(accessList.map(({ address }) => address), [token.address])
    // The balances of both sides.
    assert.equal(accessList[0].storageKeys.length, 2)
    const hash = await wallet.sendTransaction({ account, to: token.address, data, accessList, gas: 200_000n })
    const receipt = await reader.waitForTransactionReceipt({ hash })
    assert.deepEqual([receipt.status, receipt.gasUsed], ['success', gasUsed])
  })

  test('an access list of what reverts says so', async () => {
    const data = encodeFunctionData({ ...token, functionName: 'transfer', args: [freshAddress(), supply * 2n] })
    await assert.rejects(
      reader.createAccessList({ account: account.address, to: token.address, data }),
      /ds-math-sub-underflow|reverted/,
    )
  })
}
