// viem on both chains, over HTTP and over WebSocket.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  getContractAddress, keccak256, parseAbiItem, parseEther, recoverMessageAddress,
  recoverTypedDataAddress, serializeTransaction, toHex,
} from 'viem'
import { generatePrivateKey, nonceManager, privateKeyToAccount } from 'viem/accounts'
import { publicActionsL2 } from 'viem/op-stack'
import { assertMinedNext, feeOf, freshAddress } from './support/check.mjs'
import { erc20, multicall3 } from './support/contracts.mjs'
import { startNetwork } from './support/network.mjs'
import { assertProven, provenValue } from './support/trie.mjs'
import { chainOf, collect, connect } from './support/viem.mjs'

const supply = parseEther('1000')
const transferEvent = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
const getL1Fee = parseAbiItem('function getL1Fee(bytes) view returns (uint256)')
let network

before(async () => {
  network = await startNetwork()
})
after(() => network?.stop())

describe('viem', { concurrency: true }, () => {
  // Each client has an account of its own: two would take each other's nonces.
  for (const [index, [name, kind]] of [['l1', 'http'], ['l1', 'ws'], ['l2', 'http'], ['l2', 'ws']].entries()) {
    describe(`on the ${name} over ${kind}`, { concurrency: 1 }, () => onChain(name, kind, index))
  }
})

function onChain(name, kind, index) {
  let chain, reader, wallet, close, account, unlocked, token

  before(async () => {
    chain = chainOf(name, network[name])
    ;({ publicClient: reader, walletClient: wallet, close } = await connect(chain, kind))
    account = privateKeyToAccount(network.accounts[index].privateKey)
    unlocked = network.accounts[index + 4].address
  })
  after(() => close?.())

  const mined = (hash) => reader.waitForTransactionReceipt({ hash })
  const send = async (request) => mined(await wallet.sendTransaction({ account, ...request }))
  const write = async (request) =>
    mined(await wallet.writeContract({ account, ...erc20, address: token, ...request }))
  const read = (functionName, args) =>
    reader.readContract({ ...erc20, address: token, functionName, args })

  test('the chain and its accounts', async () => {
    assert.equal(await reader.getChainId(), chain.id)
    assert.deepEqual(
      (await wallet.getAddresses()).map((address) => address.toLowerCase()),
      network.accounts.map(({ address }) => address),
    )
    const [latest, safe] = await Promise.all(
      ['latest', 'safe'].map((blockTag) => reader.getBlock({ blockTag })),
    )
    assert.ok(latest.number >= safe.number)
  })

  test('a transfer is in the next block and costs what the receipt says, to the wei', async () => {
    const [to, value] = [freshAddress(), parseEther('1')]
    const had = await reader.getBalance(account)
    const hash = await wallet.sendTransaction({ account, to, value })
    const accepted = await reader.getBlockNumber({ cacheTime: 0 })
    const receipt = await mined(hash)
    assertMinedNext(receipt.blockNumber, accepted)
    assert.equal(await reader.getBalance({ address: to }), value)
    assert.equal(await reader.getBalance(account), had - value - feeOf(receipt))
    assert.equal(name === 'l2', (receipt.l1Fee ?? 0n) > 0n)
  })

  describe('every type of transaction', () => {
    for (const [type, fields] of [
      ['legacy', {}],
      ['eip2930', { accessList: [{ address: multicall3.address, storageKeys: [] }] }],
      ['eip1559', { accessList: [{ address: multicall3.address, storageKeys: [] }] }],
    ]) {
      test(type, async () => {
        const receipt = await send({ to: freshAddress(), value: 1n, type, ...fields })
        assert.deepEqual([receipt.type, receipt.status], [type, 'success'])
        const transaction = await reader.getTransaction({ hash: receipt.transactionHash })
        assert.deepEqual([transaction.type, transaction.value], [type, 1n])
        assert.equal(transaction.from, account.address.toLowerCase())
        assert.equal(transaction.accessList?.length, fields.accessList?.length)
      })
    }

    test('eip7702: an account runs the code that it chose, and no longer', async () => {
      const owner = privateKeyToAccount(generatePrivateKey())
      const delegate = async (contractAddress) => {
        const authorization = await wallet.signAuthorization({ account: owner, contractAddress })
        const receipt = await send({ to: freshAddress(), authorizationList: [authorization] })
        assert.deepEqual([receipt.type, receipt.status], ['eip7702', 'success'])
        return reader.getTransaction({ hash: receipt.transactionHash })
      }
      const { authorizationList } = await delegate(multicall3.address)
      assert.equal(authorizationList[0].address, multicall3.address.toLowerCase())
      assert.equal(await reader.getCode(owner), `0xef0100${multicall3.address.slice(2).toLowerCase()}`)
      assert.equal((await reader.getDelegation(owner)).toLowerCase(), multicall3.address.toLowerCase())
      const call = { ...multicall3, address: owner.address, functionName: 'getChainId' }
      assert.equal(await reader.readContract(call), BigInt(chain.id))
      await delegate('0x0000000000000000000000000000000000000000')
      assert.equal(await reader.getCode(owner), undefined)
    })
  })

  test('many transactions at once, in the order of their nonces', async () => {
    const sender = privateKeyToAccount(network.accounts[index].privateKey, { nonceManager })
    const to = freshAddress()
    const numbers = Array.from({ length: 20 }, (_, number) => BigInt(number))
    const hashes = await Promise.all(
      numbers.map((value) => wallet.sendTransaction({ account: sender, to, value })),
    )
    const receipts = await Promise.all(hashes.map(mined))
    assert.ok(receipts.every(({ status }) => status === 'success'))
    assert.equal(await reader.getBalance({ address: to }), numbers.reduce((sum, value) => sum + value))
  })

  describe('an unlocked account', () => {
    test('sends', async () => {
      const receipt = await send({ account: unlocked, to: freshAddress(), value: 1n })
      assert.deepEqual([receipt.from, receipt.status], [unlocked, 'success'])
    })

    test('signs messages and typed data', async () => {
      const message = 'hello'
      let signature = await wallet.signMessage({ account: unlocked, message })
      const signer = await recoverMessageAddress({ message, signature })
      assert.equal(signer.toLowerCase(), unlocked)
      const data = {
        domain: { name: 'Seam', version: '1', chainId: chain.id, verifyingContract: multicall3.address },
        types: {
          Person: [{ name: 'name', type: 'string' }, { name: 'wallets', type: 'address[]' }],
          Mail: [{ name: 'from', type: 'Person' }, { name: 'amount', type: 'uint256' }],
        },
        primaryType: 'Mail',
        message: { from: { name: 'Cow', wallets: [unlocked] }, amount: 2n ** 255n },
      }
      signature = await wallet.signTypedData({ account: unlocked, ...data })
      assert.equal((await recoverTypedDataAddress({ ...data, signature })).toLowerCase(), unlocked)
    })
  })

  describe('a contract', () => {
    before(async () => {
      const { address } = account
      const nonce = await reader.getTransactionCount({ address })
      const receipt = await mined(await wallet.deployContract({ account, ...erc20, args: [supply] }))
      token = receipt.contractAddress
      assert.equal(token, getContractAddress({ from: address, nonce: BigInt(nonce) }).toLowerCase())
    })

    test('is read, one call at a time and many in one', async () => {
      assert.equal(await read('balanceOf', [account.address]), supply)
      const contract = { ...erc20, address: token }
      const [symbol, held, failed, number] = await reader.multicall({
        contracts: [
          { ...contract, functionName: 'symbol' },
          { ...contract, functionName: 'balanceOf', args: [account.address] },
          { ...contract, functionName: 'transfer', args: [account.address, 1n] },
          { ...multicall3, functionName: 'getBlockNumber' },
        ],
      })
      assert.deepEqual([symbol.result, held.result], ['UNI-V2', supply])
      // Multicall3 itself has no tokens.
      assert.match(failed.error.message, /ds-math-sub-underflow/)
      assert.ok(number.result > 0n)
    })

    test('is written, with the gas that was estimated', async () => {
      const to = freshAddress()
      const { request, result } = await reader.simulateContract({
        account, ...erc20, address: token, functionName: 'transfer', args: [to, 7n],
      })
      assert.equal(result, true)
      const receipt = await write(request)
      assert.deepEqual([receipt.status, receipt.logs.length], ['success', 1])
      assert.equal(await read('balanceOf', [to]), 7n)
    })

    test('says why it reverts', async () => {
      const call = { ...erc20, address: token, functionName: 'transfer', args: [unlocked, supply * 2n] }
      const why = /ds-math-sub-underflow/
      await assert.rejects(reader.simulateContract({ account, ...call }), why)
      await assert.rejects(reader.estimateContractGas({ account, ...call }), why)
      const receipt = await write({ ...call, gas: 100_000n })
      assert.deepEqual([receipt.status, receipt.logs.length], ['reverted', 0])
    })

    test('its events are watched as they happen, and found afterwards', async () => {
      const [to, filter] = [freshAddress(), { address: token, event: transferEvent }]
      const seen = collect(2, (onLogs, onError) =>
        reader.watchEvent({ ...filter, args: { to }, onLogs, onError }),
      )
      const sent = []
      for (const value of [1n, 2n]) {
        sent.push(await write({ functionName: 'transfer', args: [to, value] }))
        await write({ functionName: 'transfer', args: [freshAddress(), value] })
      }
      const values = (logs) => logs.map(({ args }) => args.value)
      assert.deepEqual(values(await seen), [1n, 2n])
      const logs = await reader.getLogs({ ...filter, args: { to }, fromBlock: sent[0].blockNumber })
      assert.deepEqual(values(logs), [1n, 2n])
      assert.deepEqual(logs.map((log) => log.blockHash), sent.map((receipt) => receipt.blockHash))
    })

    test('its storage and the proof of it', async () => {
      const slot = `0x${'0'.repeat(64)}`
      assert.equal(BigInt(await reader.getStorageAt({ address: token, slot })), supply)
      const proof = await reader.getProof({ address: token, storageKeys: [slot] })
      assert.equal(proof.storageProof[0].value, supply)
      assert.equal(proof.codeHash, keccak256(await reader.getCode({ address: token })))
    })

    test('proofs follow from the state root, of what is there and of what is not', async () => {
      const { number: blockNumber, stateRoot } = await reader.getBlock()
      const slots = [0n, 1n, 99n].map((slot) => toHex(slot, { size: 32 }))
      for (const address of [token, account.address.toLowerCase()]) {
        const proof = await reader.getProof({ address, storageKeys: slots, blockNumber })
        assertProven(stateRoot, { ...proof, address })
      }
      const address = freshAddress()
      const { accountProof } = await reader.getProof({ address, storageKeys: [], blockNumber })
      assert.equal(provenValue(stateRoot, keccak256(address), accountProof), undefined)
    })

    test('filters tell what is new since they were asked last', async () => {
      const to = freshAddress()
      const filter = await reader.createEventFilter({ address: token, event: transferEvent, args: { to } })
      const blocks = await reader.createBlockFilter()
      const pending = await reader.createPendingTransactionFilter()
      const receipt = await write({ functionName: 'transfer', args: [to, 3n] })
      const changes = (filter) => reader.getFilterChanges({ filter })
      const logs = await changes(filter)
      assert.deepEqual(logs.map(({ args, blockHash }) => [args.value, blockHash]), [[3n, receipt.blockHash]])
      assert.deepEqual(await changes(filter), [])
      assert.ok((await changes(blocks)).includes(receipt.blockHash))
      assert.ok((await changes(pending)).includes(receipt.transactionHash))
      assert.equal((await reader.getFilterLogs({ filter })).length, 1)
      assert.equal(await reader.uninstallFilter({ filter }), true)
      await assert.rejects(changes(filter), /filter not found/)
    })
  })

  test('blocks are watched, each on the one before', async () => {
    const blocks = await collect(3, (each, onError) =>
      reader.watchBlocks({ onBlock: (block) => each([block]), onError, emitMissed: true }),
    )
    for (const [parent, child] of [blocks.slice(0, 2), blocks.slice(1)]) {
      assert.deepEqual([child.number, child.parentHash], [parent.number + 1n, parent.hash])
    }
  })

  test('transactions that wait are watched', async () => {
    const seen = new Set()
    let failure
    const unwatch = reader.watchPendingTransactions({
      onTransactions: (hashes) => hashes.forEach((hash) => seen.add(hash)),
      onError: (error) => (failure = error),
    })
    // One that comes before the watcher is ready is not seen.
    for (let sent; !seen.has(sent); assert.ifError(failure)) {
      sent = (await send({ to: freshAddress(), value: 1n })).transactionHash
    }
    unwatch()
  })

  test('fees', async () => {
    const { maxFeePerGas, maxPriorityFeePerGas } = await reader.estimateFeesPerGas()
    assert.ok(maxFeePerGas > maxPriorityFeePerGas && maxPriorityFeePerGas > 0n)
    const history = await reader.getFeeHistory({ blockCount: 3, rewardPercentiles: [10, 90] })
    assert.deepEqual([history.baseFeePerGas.length, history.reward.length], [4, 3])
  })

  if (name === 'l2') {
    test("a rollup's fees", async () => {
      const rollup = reader.extend(publicActionsL2())
      const request = { account, to: freshAddress(), value: 1n }
      const fee = await rollup.estimateL1Fee(request)
      assert.ok(fee > 0n)
      assert.ok((await rollup.estimateTotalFee(request)) > fee)
      const [gas, l1Gas] = [await reader.estimateGas(request), await rollup.estimateL1Gas(request)]
      assert.equal(await rollup.estimateTotalGas(request), gas + l1Gas)
      assert.ok(l1Gas > 0n && (await rollup.getL1BaseFee()) > 0n)
      assert.equal(await rollup.estimateOperatorFee(request), 0n)
      const data = `0x${randomBytes(500).toString('hex')}`
      assert.ok((await rollup.estimateL1Fee({ ...request, data })) > fee)
    })

    test("a receipt's fee for L1 is what the rollup's own contract computes", async () => {
      const to = freshAddress()
      const { blockNumber, l1Fee } = await send({ to, value: 1n })
      // Of the least size that is charged, as any transfer.
      const unsigned = serializeTransaction({ type: 'eip1559', chainId: chain.id, gas: 21000n, to, value: 1n })
      const call = { abi: [getL1Fee], functionName: 'getL1Fee', args: [unsigned], blockNumber }
      const { address } = chain.contracts.gasPriceOracle
      assert.equal(await reader.readContract({ ...call, address }), l1Fee)
    })

    test("each block begins with a deposit from L1's attributes", async () => {
      const { transactions } = await reader.getBlock({ includeTransactions: true })
      const [{ type, from, to, sourceHash }] = transactions
      assert.deepEqual(
        [type, from, to, typeof sourceHash],
        ['deposit', '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001', '0x4200000000000000000000000000000000000015', 'string'],
      )
    })
  }
}
