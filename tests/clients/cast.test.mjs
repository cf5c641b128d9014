// `cast` on both chains: send, watch, read.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { castAt, castJsonAt } from './support/cast.mjs'
import { assertMinedNext, feeOf, freshAddress, until } from './support/check.mjs'
import { erc20, multicall3 } from './support/contracts.mjs'
import { startNetwork } from './support/network.mjs'

const ether = 10n ** 18n
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe('cast', { concurrency: true }, () => {
  for (const [name, chainId] of [['l1', 900], ['l2', 901]]) {
    describe(`on the ${name}`, { concurrency: 1 }, () => onChain(name, chainId))
  }
})

function onChain(name, chainId) {
  let cast, json, alice, bob
  const as = ({ privateKey }) => ['--private-key', privateKey]
  const balance = async (address, ...more) => BigInt(await cast('balance', address, ...more))
  const head = async () => Number(await cast('block-number'))
  /// Sends, waits, and returns the receipt as the node gives it, with a rollup's fields.
  const send = async (...args) => {
    const { transactionHash } = await json('send', '--json', ...args)
    return json('rpc', 'eth_getTransactionReceipt', transactionHash)
  }

  before(() => {
    cast = castAt(network[name].http)
    json = castJsonAt(network[name].http)
    ;[alice, bob] = network.accounts
  })

  test('it says who it is', async () => {
    assert.equal(await cast('chain-id'), String(chainId))
    assert.match(await cast('client'), /^seam\/v\d/)
    assert.equal(await cast('rpc', 'net_version'), `"${chainId}"`)
  })

  test('it produces blocks, each on the one before', async () => {
    const first = await head()
    await until(async () => (await head()) >= first + 2)
    const [parent, child] = await Promise.all(
      [first + 1, first + 2].map((number) => json('block', number, '--json')),
    )
    assert.equal(child.parentHash, parent.hash)
    assert.ok(BigInt(child.timestamp) > BigInt(parent.timestamp))
    const found = await cast('find-block', Number(child.timestamp))
    assert.equal(Number(found), first + 2)
  })

  test('a transfer is in the next block', async () => {
    const hash = await cast('send', freshAddress(), '--value', '1ether', '--async', ...as(alice))
    const accepted = await head()
    const receipt = await json('receipt', hash, '--json')
    assert.equal(receipt.status, '0x1')
    assertMinedNext(receipt.blockNumber, accepted)
  })

  test('a transfer moves its value and costs what the receipt says, to the wei', async () => {
    const to = freshAddress()
    const [had, nonce] = [await balance(alice.address), Number(await cast('nonce', alice.address))]
    const receipt = await send(to, '--value', '1ether', ...as(alice))
    assert.deepEqual([receipt.status, receipt.type, receipt.gasUsed], ['0x1', '0x2', '0x5208'])
    assert.equal(await balance(to), ether)
    assert.equal(await balance(alice.address), had - ether - feeOf(receipt))
    assert.equal(Number(await cast('nonce', alice.address)), nonce + 1)
    assert.equal(await balance(to, '--block', Number(receipt.blockNumber) - 1), 0n)
    assert.equal(name === 'l2', BigInt(receipt.l1Fee ?? 0) > 0n)
  })

  test('a transaction and its receipt agree with the block', async () => {
    const receipt = await send(freshAddress(), '--value', '1', ...as(alice))
    const transaction = await json('tx', receipt.transactionHash, '--json')
    const block = await json('block', receipt.blockHash, '--json')
    for (const found of [transaction, receipt]) {
      assert.equal(found.blockHash, block.hash)
      assert.equal(block.transactions[Number(found.transactionIndex)], receipt.transactionHash)
    }
    const raw = await cast('tx', receipt.transactionHash, '--raw')
    assert.equal(await cast('keccak', raw), receipt.transactionHash)
  })

  test('every way to sign', async (t) => {
    const to = freshAddress()
    const mnemonic = ['--mnemonic', network.mnemonic, '--mnemonic-index', '3']
    for (const [how, from, flags] of [
      ['unlocked', 2, ['--unlocked', '--from', network.accounts[2].address]],
      ['mnemonic', 3, mnemonic],
    ]) {
      await t.test(how, async () => {
        const receipt = await send(to, '--value', '1', ...flags)
        assert.deepEqual([receipt.status, receipt.from], ['0x1', network.accounts[from].address])
      })
    }
    await t.test('a key that `cast wallet` derives', async () => {
      const privateKey = await cast('wallet', 'private-key', ...mnemonic)
      assert.equal(privateKey, network.accounts[3].privateKey)
      assert.equal((await send(to, '--value', '1', ...as({ privateKey }))).status, '0x1')
    })
    await t.test('a message, as `cast wallet` signs it', async () => {
      const ours = await json('rpc', 'personal_sign', '0x68656c6c6f', bob.address)
      assert.equal(ours, await cast('wallet', 'sign', 'hello', ...as(bob)))
    })
  })

  test('every type of transaction', async (t) => {
    const to = freshAddress()
    const list = JSON.stringify([{ address: to, storageKeys: [] }])
    for (const [type, flags] of [
      ['0x0', ['--legacy']],
      ['0x1', ['--legacy', '--access-list', list]],
      ['0x2', ['--access-list', list]],
    ]) {
      await t.test(type, async () => {
        const receipt = await send(to, '--value', '1', ...flags, ...as(bob))
        assert.deepEqual([receipt.type, receipt.status], [type, '0x1'])
      })
    }
    await t.test('0x4', async () => {
      const receipt = await send(to, '--auth', multicall3.address, ...as(bob))
      assert.deepEqual([receipt.type, receipt.status], ['0x4', '0x1'])
      const designation = `0xef0100${multicall3.address.slice(2).toLowerCase()}`
      assert.equal(await cast('code', bob.address), designation)
      assert.equal(await cast('call', bob.address, 'getChainId()(uint256)'), String(chainId))
    })
  })

  test('a contract: deploy, call, estimate, logs, storage, proof', async (t) => {
    const supply = 1000n
    const creation = ['--create', erc20.bytecode, 'constructor(uint256)', supply]
    const { contractAddress: token, blockNumber } = await send(...as(alice), ...creation)
    const balanceOf = async (of) =>
      BigInt((await cast('call', token, 'balanceOf(address)(uint256)', of)).split(' ')[0])

    await t.test('call', async () => {
      assert.equal(await balanceOf(alice.address), supply)
      assert.equal(await cast('call', token, 'symbol()(string)'), '"UNI-V2"')
    })
    await t.test('estimate, which is enough', async () => {
      const call = [token, 'transfer(address,uint256)', bob.address, 1]
      const gas = await cast('estimate', ...call, '--from', alice.address)
      const receipt = await send(...call, '--gas-limit', gas, ...as(alice))
      assert.equal(receipt.status, '0x1')
      assert.ok(BigInt(receipt.gasUsed) <= BigInt(gas))
    })
    await t.test('logs', async () => {
      const to = freshAddress()
      const { transactionHash } = await send(token, 'transfer(address,uint256)', to, 5, ...as(alice))
      const event = 'Transfer(address indexed,address indexed,uint256)'
      const since = ['logs', '--json', '--address', token, '--from-block', Number(blockNumber)]
      assert.equal((await json(...since, event)).length, 3)
      const [log, ...others] = await json(...since, event, '', to)
      assert.equal(others.length, 0)
      assert.deepEqual([log.transactionHash, BigInt(log.data)], [transactionHash, 5n])
    })
    await t.test('storage and code', async () => {
      assert.equal(BigInt(await cast('storage', token, 0)), supply)
      const code = await cast('code', token)
      assert.equal(Number(await cast('codesize', token)), code.length / 2 - 1)
    })
    await t.test('proof', async () => {
      const proof = await json('proof', token, 0)
      assert.equal(BigInt(proof.storageProof[0].value), supply)
      assert.equal(proof.codeHash, await cast('codehash', token))
      assert.ok(proof.accountProof.length > 0)
    })
    await t.test('a revert, with its reason', async () => {
      const call = ['transfer(address,uint256)', bob.address, supply + 1n, '--from', alice.address]
      for (const how of ['call', 'estimate']) {
        await assert.rejects(cast(how, token, ...call), /execution reverted: ds-math-sub-underflow/)
      }
    })
  })

  test('prices', async () => {
    const number = await head()
    const { baseFeePerGas } = await json('block', number, '--json')
    assert.equal(await cast('base-fee', number), String(BigInt(baseFeePerGas)))
    const methods = ['eth_baseFee', 'eth_maxPriorityFeePerGas']
    const { price, parts } = await until(async () => {
      const before = await head()
      const price = BigInt(await cast('gas-price'))
      const parts = await Promise.all(methods.map((method) => json('rpc', method)))
      return (await head()) === before && { price, parts }
    })
    assert.equal(price, BigInt(parts[0]) + BigInt(parts[1]))
  })

  test('what cannot be mined is refused, with words that clients look for', async () => {
    const to = [freshAddress(), '--value']
    await assert.rejects(
      cast('send', ...to, '1', '--nonce', 0, ...as(alice)),
      /nonce too low: next nonce \d+, tx nonce 0/,
    )
    await assert.rejects(
      cast('send', ...to, '20000ether', '--gas-limit', 21000, ...as(alice)),
      /insufficient funds for gas \* price \+ value/,
    )
    const raw = await cast('mktx', ...to, '1', ...as(alice))
    const hash = JSON.parse(await cast('publish', raw)).transactionHash
    assert.equal(hash, await cast('keccak', raw))
    await assert.rejects(cast('publish', raw), /nonce too low|already known/)
  })
}
