// More of `cast` on both chains: what developers ask of a contract and of a transaction.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { castAt, castJsonAt } from './support/cast.mjs'
import { freshAddress } from './support/check.mjs'
import { compile } from './support/compile.mjs'
import { startNetwork } from './support/network.mjs'
import { assertProven } from './support/trie.mjs'

const counter = compile('Counter')
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe('cast', { concurrency: true }, () => {
  for (const name of ['l1', 'l2']) {
    describe(`on the ${name}`, { concurrency: 1 }, () => onChain(name))
  }
})

function onChain(name) {
  let cast, json, alice, key, address

  before(async () => {
    cast = castAt(network[name].http)
    json = castJsonAt(network[name].http)
    alice = network.accounts[0]
    key = ['--private-key', alice.privateKey]
    const creation = ['--create', counter.bytecode, 'constructor(uint256)', 40]
    ;({ contractAddress: address } = await json('send', '--json', ...key, '--value', 3, ...creation))
  })

  const increase = async (step, ...flags) => {
    const call = ['send', '--json', ...flags, ...key, address, 'increase(uint256)', step]
    return json('receipt', '--json', (await json(...call)).transactionHash)
  }

  test('call: at any block, with values, and with what is not on the chain', async () => {
    const { blockNumber } = await increase(2)
    const number = (...flags) => cast('call', ...flags, address, 'number()(uint256)')
    assert.equal(await number(), '42')
    assert.equal(await number('--block', Number(blockNumber) - 1), '40')
    assert.equal(await number('--override-state-diff', `${address}:0:0x07`), '7')
    const sender = ['--from', alice.address]
    assert.equal(await cast('call', ...sender, address, 'increase(uint256)(uint256)', 5), '47')
    assert.equal(await number(), '42')
  })

  test('an error of the contract is told with its data', async () => {
    const failing = cast('call', address, 'increase(uint256)', 101)
    const { data } = await failing.then(() => assert.fail('it must fail'), ({ stderr }) => ({ data: stderr }))
    const encoded = await cast('abi-encode', 'TooMuch(uint256,uint256)', 101, 100)
    assert.ok(data.includes(encoded.slice(2)), data)
    await assert.rejects(cast('call', address, 'refuse(bool)', false), /it must be well/)
    await assert.rejects(cast('call', address, 'overflow(uint256)', 1), /arithmetic|Panic|0x4e487b71/i)
  })

  test('estimate and receipt agree', async () => {
    const gas = await cast('estimate', '--from', alice.address, address, 'increase(uint256)', 1)
    const { gasUsed } = await increase(1, '--gas-limit', gas)
    assert.ok(BigInt(gasUsed) <= BigInt(gas))
  })

  test('logs of one step alone', async () => {
    const { transactionHash, blockNumber } = await increase(9)
    const event = 'Increased(address indexed,uint256 indexed,uint256)'
    const logs = await json(
      'logs', '--json', '--from-block', 0, '--address', address, event, alice.address, 9,
    )
    assert.deepEqual(logs.map((log) => [log.transactionHash, log.blockNumber]), [[transactionHash, blockNumber]])
  })

  test('storage at a slot and at a block', async () => {
    const before = await cast('block-number')
    const value = await cast('storage', address, 0, '--block', before)
    await increase(1)
    assert.equal(BigInt(await cast('storage', address, 0)), BigInt(value) + 1n)
    assert.equal(await cast('storage', address, 0, '--block', before), value)
  })

  test('a proof follows from the state root', async () => {
    const { number, stateRoot } = await json('block', '--json')
    const proof = await json('proof', address, 0, 1, '--block', Number(number))
    const storageProof = proof.storageProof.map((slot) => ({ ...slot, value: BigInt(slot.value) }))
    assertProven(stateRoot, { ...proof, address, storageProof })
    assert.equal(storageProof[1].value, 0n)
    assert.equal(BigInt(proof.balance), 3n)
  })

  test('rpc: parameters as JSON, and from stdin', async () => {
    const block = await json('rpc', 'eth_getBlockByNumber', '0x0', 'false')
    assert.equal(block.number, '0x0')
    const raw = await json('rpc', 'eth_getBlockByNumber', '--raw', '["0x0", false]')
    assert.equal(raw.hash, block.hash)
    await assert.rejects(cast('rpc', 'eth_noSuchMethod'), /-32601|not found/i)
  })

  test('nonce, code, balance in ether, codehash, and an address before it is there', async () => {
    const nonce = Number(await cast('nonce', alice.address))
    const said = await cast('compute-address', alice.address, '--nonce', nonce)
    const created = await json('send', '--json', ...key, '--create', counter.bytecode, 'constructor(uint256)', 1)
    assert.ok(said.toLowerCase().endsWith(created.contractAddress))
    assert.equal(await cast('codehash', created.contractAddress), await cast('codehash', address))
    assert.equal(await cast('balance', '--ether', freshAddress()), '0.000000000000000000')
  })

  test('a transaction is signed apart and sent later', async () => {
    const to = freshAddress()
    const raw = await cast('mktx', ...key, to, '--value', '1gwei')
    const decoded = await cast('decode-transaction', raw)
    assert.match(decoded, new RegExp(to.slice(2), 'i'))
    const { transactionHash } = JSON.parse(await cast('publish', raw))
    assert.equal((await json('receipt', '--json', transactionHash)).status, '0x1')
    assert.equal(BigInt(await cast('balance', to)), 10n ** 9n)
  })

  test('access-list: what a call touches', async () => {
    const list = await json('access-list', '--json', '--from', alice.address, address, 'increase(uint256)', 1)
    const [entry] = list.accessList
    assert.equal(entry.address, address)
    assert.deepEqual(entry.storageKeys.map(BigInt), [0n])
  })

  // For a chain whose id it does not know `cast run` reads no deposits.
  const onlyEthereum = { skip: name === 'l2' && 'cast run knows the OP Stack by chain id alone' }
  test('run: a transaction is executed again here, and comes to the same', onlyEthereum, async () => {
    const { transactionHash, gasUsed } = await increase(3)
    const said = await cast('run', '--quick', transactionHash)
    assert.match(said, /Transaction successfully executed/)
    assert.match(said, new RegExp(`Gas used: ${Number(gasUsed)}`))
    const whole = await cast('run', transactionHash)
    assert.match(whole, new RegExp(`Gas used: ${Number(gasUsed)}`))
  })
}
