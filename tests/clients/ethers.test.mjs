// ethers 6 on both chains, over HTTP and over WebSocket.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  Contract, ContractFactory, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider, getAddress,
  getCreateAddress, isError, parseEther, toBeHex, verifyMessage, zeroPadValue,
} from 'ethers'
import { assertMinedNext, freshAddress, until } from './support/check.mjs'
import { compile } from './support/compile.mjs'
import { multicall3 } from './support/contracts.mjs'
import { startNetwork } from './support/network.mjs'

const counterArtifact = compile('Counter')
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe('ethers', { concurrency: true }, () => {
  for (const [index, [name, kind]] of [['l1', 'http'], ['l1', 'ws'], ['l2', 'http'], ['l2', 'ws']].entries()) {
    describe(`on the ${name} over ${kind}`, { concurrency: 1 }, () => onChain(name, kind, index))
  }
})

/// That it is refused with this code of ethers, and what else was said.
async function refused(promise, code) {
  const error = await promise.then(() => assert.fail(`${code} was expected`), (error) => error)
  assert.ok(isError(error, code), `${code} was expected, not ${error.code}: ${error.message}`)
  return error
}

function onChain(name, kind, index) {
  let provider, wallet, counter

  before(async () => {
    const { http, ws } = network[name]
    // Without its cache of a quarter of a second, an answer is of the moment that it was asked for.
    const options = { cacheTimeout: -1 }
    const [Provider, url] = kind === 'ws' ? [WebSocketProvider, ws] : [JsonRpcProvider, http]
    provider = new Provider(url, undefined, options)
    if (kind === 'http') provider.pollingInterval = 100
    wallet = new Wallet(network.accounts[index].privateKey, provider)
  })
  after(() => provider?.destroy())

  const send = async (request, from = wallet) => (await from.sendTransaction(request)).wait()

  test('the network and its blocks', async () => {
    const { chainId } = await provider.getNetwork()
    assert.equal(chainId, BigInt(network[name].chainId))
    const block = await provider.getBlock('latest', true)
    assert.equal((await provider.getBlock(block.hash)).number, block.number)
    assert.equal(block.prefetchedTransactions.length, block.length)
    for (const tag of ['safe', 'finalized', 'earliest']) {
      assert.ok((await provider.getBlock(tag)).number <= block.number)
    }
  })

  test('a transfer is in the next block and costs what the receipt says, to the wei', async () => {
    const [to, value, had] = [freshAddress(), parseEther('1'), await provider.getBalance(wallet)]
    const response = await wallet.sendTransaction({ to, value })
    const accepted = await provider.getBlockNumber()
    const receipt = await response.wait()
    assertMinedNext(receipt.blockNumber, accepted)
    assert.equal(await provider.getBalance(to), value)
    const { l1Fee = '0x0' } = await provider.send('eth_getTransactionReceipt', [receipt.hash])
    assert.equal(await provider.getBalance(wallet), had - value - receipt.fee - BigInt(l1Fee))
    assert.deepEqual([receipt.status, receipt.type, receipt.gasUsed], [1, 2, 21000n])
    assert.equal((await provider.getTransaction(receipt.hash)).blockHash, receipt.blockHash)
    assert.equal(await provider.getBalance(to, receipt.blockNumber - 1), 0n)
  })

  describe('every type of transaction', () => {
    const accessList = [{ address: multicall3.address, storageKeys: [toBeHex(0, 32)] }]
    for (const [type, fields] of [[0, {}], [1, { accessList }], [2, { accessList }]]) {
      test(`type ${type}`, async () => {
        const receipt = await send({ to: freshAddress(), value: 1n, type, ...fields })
        assert.deepEqual([receipt.type, receipt.status], [type, 1])
        const { type: found, accessList } = await provider.getTransaction(receipt.hash)
        assert.deepEqual([found, accessList], [type, fields.accessList ?? null])
      })
    }

    test('type 4: an account runs the code that it chose', async () => {
      const owner = Wallet.createRandom(provider)
      const authorization = await owner.authorize({ address: multicall3.address })
      const receipt = await send({ type: 4, to: freshAddress(), authorizationList: [authorization] })
      assert.deepEqual([receipt.type, receipt.status], [4, 1])
      const { authorizationList: [found] } = await provider.getTransaction(receipt.hash)
      assert.equal(found.address, getAddress(multicall3.address))
      assert.equal(found.signature.serialized, authorization.signature.serialized)
      const designation = `0xef0100${multicall3.address.slice(2).toLowerCase()}`
      assert.equal(await provider.getCode(owner), designation)
      const abi = ['function getChainId() view returns (uint256)']
      const delegated = new Contract(owner, abi, provider)
      assert.equal(await delegated.getChainId(), BigInt(network[name].chainId))
      assert.equal(await provider.getTransactionCount(owner), 1)
    })
  })

  test('an unlocked account sends and signs', async () => {
    const address = getAddress(network.accounts[index + 4].address)
    const signer = await provider.getSigner(address)
    const receipt = await send({ to: freshAddress(), value: 1n }, signer)
    assert.deepEqual([receipt.from, receipt.status], [address, 1])
    assert.equal(verifyMessage('hello', await signer.signMessage('hello')), address)
    assert.equal((await provider.listAccounts()).length, network.accounts.length)
  })

  test('NonceManager: many at once, in the order of their nonces', async () => {
    const signer = new NonceManager(wallet)
    const to = freshAddress()
    const values = Array.from({ length: 20 }, (_, value) => BigInt(value))
    const sent = await Promise.all(values.map((value) => signer.sendTransaction({ to, value })))
    const receipts = await Promise.all(sent.map((response) => response.wait()))
    assert.ok(receipts.every(({ status }) => status === 1))
    assert.equal(await provider.getBalance(to), values.reduce((sum, value) => sum + value))
    const nonces = sent.map(({ nonce }) => nonce)
    assert.deepEqual(nonces, nonces.map((_, more) => nonces[0] + more))
  })

  test('many calls at once are one batch', async () => {
    const lengths = []
    const count = ({ action, payload }) => {
      if (action === 'sendRpcPayload') lengths.push(Array.isArray(payload) ? payload.length : 1)
    }
    provider.on('debug', count)
    const balances = await Promise.all(network.accounts.map(({ address }) => provider.getBalance(address)))
    provider.off('debug', count)
    assert.ok(balances.every((balance) => balance > 0n))
    if (kind === 'http') assert.ok(Math.max(...lengths) >= network.accounts.length)
  })

  describe('a contract', () => {
    before(async () => {
      const factory = new ContractFactory(counterArtifact.abi, counterArtifact.bytecode, wallet)
      const nonce = await wallet.getNonce()
      counter = await factory.deploy(40n, { value: 3n })
      await counter.waitForDeployment()
      assert.equal(await counter.getAddress(), getCreateAddress({ from: wallet.address, nonce }))
    })

    test('is read and written, and its events are parsed', async () => {
      assert.equal(await counter.number(), 40n)
      assert.equal(await counter.increase.staticCall(2n), 42n)
      const gas = await counter.increase.estimateGas(2n)
      const receipt = await (await counter.increase(2n, { gasLimit: gas })).wait()
      const [{ fragment, args }] = receipt.logs
      assert.equal(fragment.name, 'Increased')
      assert.deepEqual([...args], [wallet.address, 2n, 42n])
      assert.equal(await counter.number(), 42n)
      assert.equal(await counter.number({ blockTag: receipt.blockNumber - 1 }), 40n)
      const found = await counter.queryFilter(counter.filters.Increased(wallet.address, 2n))
      assert.deepEqual(found.map(({ transactionHash }) => transactionHash), [receipt.hash])
      assert.deepEqual(await counter.queryFilter(counter.filters.Increased(freshAddress())), [])
    })

    test('its events are heard as they happen', async () => {
      const heard = []
      const filter = counter.filters.Increased(wallet.address, 5n)
      await counter.on(filter, ({ args, log }) => heard.push([args.number, log.transactionHash]))
      const receipt = await (await counter.increase(5n)).wait()
      await (await counter.increase(6n)).wait()
      await until(() => heard.length > 0)
      await counter.off(filter)
      assert.deepEqual(heard, [[47n, receipt.hash]])
    })

    test('says why it reverts: an error of its own', async () => {
      const expected = counter.interface.encodeErrorResult('TooMuch', [101n, 100n])
      for (const call of [counter.increase, counter.increase.staticCall, counter.increase.estimateGas]) {
        assert.equal((await refused(call(101n), 'CALL_EXCEPTION')).data, expected)
      }
      const { revert } = await refused(counter.increase.staticCall(101n), 'CALL_EXCEPTION')
      assert.deepEqual([revert.name, [...revert.args]], ['TooMuch', [101n, 100n]])
    })

    test('says why it reverts: Error(string), Panic, nothing', async () => {
      const { reason } = await refused(counter.refuse(false), 'CALL_EXCEPTION')
      assert.equal(reason, 'it must be well')
      const { revert } = await refused(counter.overflow(1n), 'CALL_EXCEPTION')
      assert.deepEqual([revert.name, [...revert.args]], ['Panic', [0x11]])
      const silent = await refused(counter.silent(), 'CALL_EXCEPTION')
      assert.deepEqual([silent.reason, silent.data], ['require(false)', '0x'])
    })

    test('a mined transaction that reverted has no logs and a failed receipt', async () => {
      const response = await counter.increase(101n, { gasLimit: 100_000n })
      const { receipt } = await refused(response.wait(), 'CALL_EXCEPTION')
      assert.deepEqual([receipt.status, receipt.logs.length], [0, 0])
    })

    test('its storage and the proof of it', async () => {
      const address = await counter.getAddress()
      const slot = toBeHex(0, 32)
      const { number } = await provider.getBlock('latest')
      const tag = toBeHex(number).replace(/^0x0/, '0x')
      const value = await provider.getStorage(address, slot, number)
      const proof = await provider.send('eth_getProof', [address, [slot], tag])
      assert.equal(zeroPadValue(toBeHex(proof.storageProof[0].value), 32), value)
      assert.equal(BigInt(proof.balance), 3n)
      assert.ok(proof.accountProof.length > 0 && proof.storageProof[0].proof.length > 0)
    })
  })

  describe('what cannot be mined is refused with the codes of ethers', () => {
    const to = freshAddress()

    test('NONCE_EXPIRED', () => refused(wallet.sendTransaction({ to, nonce: 0 }), 'NONCE_EXPIRED'))

    test('INSUFFICIENT_FUNDS', async () => {
      const request = { to, value: parseEther('1000000') }
      await refused(wallet.sendTransaction({ ...request, gasLimit: 21000n }), 'INSUFFICIENT_FUNDS')
      await refused(provider.estimateGas({ from: wallet.address, ...request }), 'INSUFFICIENT_FUNDS')
    })

    test('REPLACEMENT_UNDERPRICED', async () => {
      // Behind a gap, so that no block takes it.
      const request = { to, nonce: (await wallet.getNonce()) + 50, gasLimit: 21000n }
      await wallet.sendTransaction({ ...request, value: 1n })
      await refused(wallet.sendTransaction({ ...request, value: 2n }), 'REPLACEMENT_UNDERPRICED')
    })

    test('CALL_EXCEPTION', () => refused(wallet.sendTransaction({ to: multicall3.address, data: '0x12345678' }), 'CALL_EXCEPTION'))
  })

  test('blocks are heard, one after the other', async () => {
    const numbers = []
    await provider.on('block', (number) => numbers.push(number))
    await until(() => numbers.length >= 3)
    await provider.off('block')
    assert.deepEqual(numbers, numbers.map((_, more) => numbers[0] + more))
  })

  if (kind === 'ws') {
    test('transactions that wait are heard', async () => {
      const seen = new Set()
      await provider.on('pending', (hash) => seen.add(hash))
      for (let sent; !seen.has(sent); ) sent = (await send({ to: freshAddress(), value: 1n })).hash
      await provider.off('pending')
    })
  }

  test('fees', async () => {
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData()
    assert.ok(maxFeePerGas > maxPriorityFeePerGas && maxPriorityFeePerGas > 0n && gasPrice > 0n)
  })
}
