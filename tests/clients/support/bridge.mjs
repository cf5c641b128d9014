// Deposits into a rollup with viem's op-stack actions, on any L1: every kind, and what fails.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  concatHex, createPublicClient, createWalletClient, encodeDeployData, encodeFunctionData, getAddress,
  getContractAddress, http, keccak256, pad, parseAbi, parseEther,
  parseEventLogs, toHex, zeroAddress,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import {
  extractTransactionDepositedLogs, getL2TransactionHash, getL2TransactionHashes, publicActionsL1, publicActionsL2, walletActionsL1,
} from 'viem/op-stack'
import { freshAddress, until } from './check.mjs'
import { compile } from './compile.mjs'
import { erc20 } from './contracts.mjs'
import { seamWith as seam } from './network.mjs'

const mnemonic = 'test test test test test test test test test test test junk'

const bridgeAbi = parseAbi([
  'function depositETHTo(address to, uint32 minGasLimit, bytes extraData) payable',
  'function depositERC20To(address l1Token, address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes extraData)',
  'function deposits(address l1Token, address l2Token) view returns (uint256)',
])
const portalAbi = parseAbi([
  'function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable',
  'function minimumGasLimit(uint64 byteCount) view returns (uint64)',
])
const messengerAbi = parseAbi([
  'function sendMessage(address target, bytes message, uint32 minGasLimit) payable',
  'function successfulMessages(bytes32) view returns (bool)',
  'function failedMessages(bytes32) view returns (bool)',
  'event RelayedMessage(bytes32 indexed msgHash)',
  'event FailedRelayedMessage(bytes32 indexed msgHash)',
])
const factoryAbi = parseAbi([
  'function createOptimismMintableERC20(address remoteToken, string name, string symbol) returns (address)',
  'event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer)',
])
const systemConfigAbi = parseAbi([
  'function setGasLimit(uint64)',
  'function setBatcherHash(bytes32)',
  'function setGasConfigEcotone(uint32 baseFeeScalar, uint32 blobBaseFeeScalar)',
  'function owner() view returns (address)',
])
const l1BlockAbi = parseAbi([
  'function number() view returns (uint64)',
  'function batcherHash() view returns (bytes32)',
  'function baseFeeScalar() view returns (uint32)',
  'function blobBaseFeeScalar() view returns (uint32)',
])
const multicallAbi = parseAbi([
  'struct Call { address target; bool allowFailure; uint256 value; bytes callData; }',
  'struct Result { bool success; bytes returnData; }',
  'function aggregate3Value(Call[] calls) payable returns (Result[])',
])

const factory = '0x4200000000000000000000000000000000000012'
const l2Messenger = '0x4200000000000000000000000000000000000007'
const l1BlockAddress = '0x4200000000000000000000000000000000000015'
/// Gas of all deposits of one L1 block (`deposits.max_resource_limit`).
const mostGas = 4_000_000n

/// A contract of L1 is someone else on the rollup.
const aliasOf = (address) =>
  getAddress(toHex((BigInt(address) + 0x1111000000000000000000000000000000001111n) & (2n ** 160n - 1n), { size: 20 }))

/// The tests. `site()` gives, once it runs: both chains for viem (the rollup's with the addresses of its
/// contracts on L1), those contracts by name, the owner's index in the mnemonic, the rollup.json, a folder
/// to be at home in, and `reorg(depth)` of the L1.
export function bridgeTests(site, { deposits }) {
  const person = (addressIndex) => mnemonicToAccount(mnemonic, { addressIndex })
  const polling = { pollingInterval: 100 }
  let one, two, contracts, chains

  /// Clients of both chains.
  function connect() {
    chains = site()
    contracts = chains.contracts
    const [url1, url2] = [chains.l1, chains.l2].map((chain) => chain.rpcUrls.default.http[0])
    one = createPublicClient({ chain: chains.l1, transport: http(url1), ...polling }).extend(publicActionsL1())
    two = createPublicClient({ chain: chains.l2, transport: http(url2), ...polling }).extend(publicActionsL2())
  }
  const walletOn = (chain, index) =>
    createWalletClient({ account: person(index), chain, transport: http(chain.rpcUrls.default.http[0]), ...polling })
  const wallet = (index) => walletOn(chains.l1, index).extend(walletActionsL1())

  const mined = async (hash) => {
    const receipt = await one.waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success', `${hash} failed on L1`)
    return receipt
  }
  /// The receipts on the rollup of what an L1 transaction deposited.
  const arrived = async (receipt) =>
    Promise.all(getL2TransactionHashes(receipt).map((hash) => two.waitForTransactionReceipt({ hash })))
  const balances = (addresses, client) => Promise.all(addresses.map((address) => client.getBalance({ address })))

  /// Sends a call of a contract on L1, with gas for what the portal burns when others deposit too.
  async function write(index, request) {
    const account = person(index)
    const gas = await one.estimateContractGas({ account, ...request })
    return mined(await wallet(index).writeContract({ ...request, gas: (gas * 3n) / 2n }))
  }
  const deposit = (index, { to, value = 0n, mint = value, gas = 100_000n, create = false, data = '0x' }) =>
    write(index, {
      address: contracts.portal, abi: portalAbi, functionName: 'depositTransaction',
      args: [to ?? zeroAddress, value, gas, create, data], value: mint,
    })

  test('viem knows the rollup and where its blocks stand', async () => {
    connect()
    const [number, head] = await Promise.all([
      two.readContract({ address: l1BlockAddress, abi: l1BlockAbi, functionName: 'number' }),
      one.getBlockNumber(),
    ])
    assert.ok(number <= head)
    const config = await two.request({ method: 'optimism_rollupConfig' })
    assert.equal(getAddress(config.deposit_contract_address), getAddress(contracts.portal))
    assert.equal(getAddress(config.l1_system_config_address), getAddress(contracts.systemConfig))
    assert.equal(getAddress(config.batch_inbox_address), getAddress(contracts.batchInbox))
    assert.deepEqual([config.l1_chain_id, config.l2_chain_id], [chains.l1.id, chains.l2.id])
    const status = await two.request({ method: 'optimism_syncStatus' })
    assert.ok(status.unsafe_l2.l1origin.number <= status.head_l1.number)
    const origin = await one.getBlock({ blockNumber: BigInt(config.genesis.l1.number) })
    assert.equal(origin.hash, config.genesis.l1.hash)
  })

  test('everyone brings ether for gas', async () => {
    const everyone = Array.from({ length: 10 }, (_, index) => person(index).address)
    const before = await balances(everyone, two)
    await Promise.all(everyone.map(async (to, index) => arrived(await deposit(index, { to, value: parseEther('5') }))))
    const after = await balances(everyone, two)
    assert.deepEqual(after.map((balance, index) => balance - before[index]), everyone.map(() => parseEther('5')))
  })

  test('ether by depositTransaction of viem', async () => {
    const to = freshAddress()
    const { request, targetChain } = await two.buildDepositTransaction({ mint: parseEther('1.5'), to })
    // Its own estimate is of a block in which nobody else deposits.
    const gas = 500_000n
    const hash = await wallet(1).depositTransaction({ request, targetChain, account: person(1), gas })
    const receipt = await mined(hash)
    const [onL2] = await arrived(receipt)
    assert.equal(onL2.status, 'success')
    // Without a value viem has all that is minted passed on.
    assert.equal(await two.getBalance({ address: to }), parseEther('1.5'))
    const transaction = await two.getTransaction({ hash: onL2.transactionHash })
    assert.deepEqual([transaction.type, transaction.mint], ['deposit', parseEther('1.5')])
    const [log] = extractTransactionDepositedLogs(receipt)
    assert.equal(getL2TransactionHash({ log }), onL2.transactionHash)
  })

  test('ether through the bridge, to the wei on both sides', async () => {
    const to = freshAddress()
    const locked = await one.getBalance({ address: contracts.portal })
    const receipt = await write(2, {
      address: contracts.l1StandardBridge, abi: bridgeAbi, functionName: 'depositETHTo',
      args: [to, 200_000, '0x'], value: 123_456_789n,
    })
    const [onL2] = await arrived(receipt)
    assert.equal(onL2.status, 'success')
    assert.equal(await two.getBalance({ address: to }), 123_456_789n)
    assert.equal((await one.getBalance({ address: contracts.portal })) - locked, 123_456_789n)
    assert.equal(messageEvent(onL2), 'RelayedMessage')
  })

  test('a token with its token on the rollup', async () => {
    const supply = parseEther('1000')
    const created = await mined(await wallet(3).deployContract({ ...erc20, args: [supply] }))
    const token = created.contractAddress
    const made = await walletOn(chains.l2, 3).writeContract({
      address: factory, abi: factoryAbi, functionName: 'createOptimismMintableERC20', args: [token, 'Token', 'TKN'],
    })
    const { logs } = await two.waitForTransactionReceipt({ hash: made })
    const [{ args: { localToken: l2Token } }] = parseEventLogs({ abi: factoryAbi, logs })
    const bridge = contracts.l1StandardBridge
    await write(3, { address: token, abi: erc20.abi, functionName: 'approve', args: [bridge, supply] })
    const to = freshAddress()
    const receipt = await write(3, {
      address: bridge, abi: bridgeAbi, functionName: 'depositERC20To', args: [token, l2Token, to, 77n, 300_000, '0x'],
    })
    const [onL2] = await arrived(receipt)
    assert.equal(messageEvent(onL2), 'RelayedMessage')
    const held = (client, address, account) =>
      client.readContract({ address, abi: erc20.abi, functionName: 'balanceOf', args: [account] })
    assert.equal(await held(two, l2Token, to), 77n)
    assert.equal(await held(one, token, bridge), 77n)
    assert.equal(await two.readContract({ address: l2Token, abi: erc20.abi, functionName: 'totalSupply' }), 77n)
    const booked = { address: bridge, abi: bridgeAbi, functionName: 'deposits', args: [token, l2Token] }
    assert.equal(await one.readContract(booked), 77n)
  })

  test('a message calls a contract of the rollup, and a wrong one can be tried again', async () => {
    const { abi, address } = await counter()
    const send = (step) =>
      write(4, {
        address: contracts.l1CrossDomainMessenger, abi: messengerAbi, functionName: 'sendMessage',
        args: [address, encodeFunctionData({ abi, functionName: 'increase', args: [step] }), 200_000],
      })
    const [good] = await arrived(await send(7n))
    assert.equal(messageEvent(good), 'RelayedMessage')
    assert.equal(await two.readContract({ address, abi, functionName: 'number' }), 1_007n)
    // The contract takes steps up to 100.
    const [bad] = await arrived(await send(101n))
    assert.deepEqual([bad.status, messageEvent(bad)], ['success', 'FailedRelayedMessage'])
    assert.equal(await two.readContract({ address, abi, functionName: 'number' }), 1_007n)
  })

  test('a deposit creates a contract', async () => {
    const { abi, bytecode } = compile('Counter')
    const sender = person(5).address
    const data = encodeDeployData({ abi, bytecode, args: [5n] })
    const nonce = await two.getTransactionCount({ address: sender })
    const [onL2] = await arrived(await deposit(5, { create: true, gas: 1_000_000n, data }))
    assert.equal(onL2.status, 'success')
    assert.equal(getAddress(onL2.contractAddress), getContractAddress({ from: sender, nonce: BigInt(nonce) }))
    assert.equal(await two.readContract({ address: onL2.contractAddress, abi, functionName: 'number' }), 5n)
  })

  test('a deposit that fails is minted all the same', async () => {
    const { abi, address } = await counter()
    const data = encodeFunctionData({ abi, functionName: 'increase', args: [101n] })
    const sender = person(6).address
    const [onL2] = await arrived(await deposit(6, { to: address, value: 999n, data }))
    assert.equal(onL2.status, 'reverted')
    const at = (blockNumber) => two.getBalance({ address: sender, blockNumber })
    assert.equal((await at(onL2.blockNumber)) - (await at(onL2.blockNumber - 1n)), 999n)
    assert.equal(await two.getBalance({ address }), 0n)
    // More than it has: nothing is passed on, nothing is lost.
    const to = freshAddress()
    const most = 10n ** 30n
    const [poor] = await arrived(await deposit(6, { to, value: most, mint: 5n }))
    assert.equal(poor.status, 'reverted')
    assert.equal((await at(poor.blockNumber)) - (await at(poor.blockNumber - 1n)), 5n)
  })

  test('a contract of L1 is somebody else on the rollup', async () => {
    const to = freshAddress()
    const callData = encodeFunctionData({
      abi: portalAbi, functionName: 'depositTransaction', args: [to, 11n, 100_000n, false, '0x'],
    })
    const call = { target: contracts.portal, allowFailure: false, value: 11n, callData }
    const receipt = await write(7, {
      address: contracts.multicall3, abi: multicallAbi, functionName: 'aggregate3Value', args: [[call]], value: 11n,
    })
    const [onL2] = await arrived(receipt)
    assert.equal(getAddress(onL2.from), aliasOf(contracts.multicall3))
    assert.equal(await two.getBalance({ address: to }), 11n)
  })

  test('a deposit may take all gas that there is for deposits, and no more', async () => {
    const to = freshAddress()
    const tooMuch = deposit(8, { to, value: 1n, gas: mostGas + 1n })
    await assert.rejects(tooMuch, /cannot buy more gas than available gas limit|OutOfGas|0x77ebef4d/)
    const [onL2] = await arrived(await alone(() => deposit(8, { to, value: 1n, gas: mostGas })))
    const transaction = await two.getTransaction({ hash: onL2.transactionHash })
    assert.deepEqual([onL2.status, transaction.gas], ['success', mostGas])
    const least = await one.readContract({
      address: contracts.portal, abi: portalAbi, functionName: 'minimumGasLimit', args: [0n],
    })
    await assert.rejects(deposit(8, { to, value: 1n, gas: least - 1n }), /SmallGasLimit|gas limit too small|0x4929b808/)
  })

  test('a message of 12 KB: with too little gas it is lost, with 40 a byte it is recorded (rule C5)', async () => {
    const { abi, address } = await counter()
    // It fails in the contract, so what can be seen is whether the messenger wrote it down.
    const data = concatHex([encodeFunctionData({ abi, functionName: 'increase', args: [101n] }), `0x${'ff'.repeat(12_000)}`])
    const send = (gas) =>
      alone(() =>
        write(9, {
          address: contracts.l1CrossDomainMessenger, abi: messengerAbi, functionName: 'sendMessage',
          args: [address, data, gas],
        }),
      )
    const [lost] = await arrived(await send(0))
    assert.deepEqual([lost.status, messageEvent(lost)], ['reverted', undefined])
    const [recorded] = await arrived(await send(40 * 12_004))
    assert.deepEqual([recorded.status, messageEvent(recorded)], ['success', 'FailedRelayedMessage'])
  })

  test('the owner changes the settings on L1 and the rollup follows', async () => {
    const change = (functionName, args) =>
      write(chains.owner, { address: contracts.systemConfig, abi: systemConfigAbi, functionName, args })
    const batcher = pad(freshAddress()).toLowerCase()
    await change('setGasLimit', [31_000_000n])
    await change('setGasConfigEcotone', [1_500, 900_000])
    const { blockNumber } = await change('setBatcherHash', [batcher])
    const read = (functionName) => two.readContract({ address: l1BlockAddress, abi: l1BlockAbi, functionName })
    await until(async () => (await read('number')) >= blockNumber)
    assert.equal(await read('batcherHash'), batcher)
    assert.deepEqual([await read('baseFeeScalar'), await read('blobBaseFeeScalar')], [1_500, 900_000])
    assert.equal((await two.getBlock()).gasLimit, 31_000_000n)
  })

  test('seam bridge: ether, a token with its new token on the rollup, and what is refused', async () => {
    const [l1Rpc, l2Rpc] = [chains.l1, chains.l2].map((chain) => chain.rpcUrls.default.http[0])
    const key = join(chains.home, 'user')
    await writeFile(key, toHex(person(2).getHdKey().privateKey), { mode: 0o600 })
    const places = ['--rollup', chains.rollup, '--l1-rpc', l1Rpc, '--l2-rpc', l2Rpc]
    const bridge = (...args) => seam({ HOME: chains.home }, 'bridge', ...args, ...places)
    const deposit = (...args) => bridge('deposit', ...args, '--private-key-file', key, '--json')
    const to = freshAddress()
    const done = JSON.parse(await deposit('0.25 ether', '--to', to))
    assert.deepEqual([done.progress.state, await two.getBalance({ address: to })], ['done', parseEther('0.25')])
    const shown = JSON.parse(await bridge('status', done.l1Transaction, '--json'))
    assert.deepEqual(shown, done)

    const created = await mined(await wallet(2).deployContract({ ...erc20, args: [parseEther('1000')] }))
    const token = created.contractAddress
    const moved = async (...flags) => JSON.parse(await deposit('1.5', '--token', token, '--to', to, ...flags))
    assert.equal((await moved('--create-l2-token')).progress.state, 'done')
    // The second time it is there.
    assert.equal((await moved('--create-l2-token')).progress.state, 'done')
    const head = await two.getBlockNumber()
    const logs = await two.getLogs({ address: factory, event: factoryAbi[1], args: { remoteToken: token }, fromBlock: 0n, toBlock: head })
    assert.equal(logs.length, 1)
    const l2Token = logs[0].args.localToken
    const balance = { address: l2Token, abi: erc20.abi, functionName: 'balanceOf', args: [to] }
    assert.equal(await two.readContract(balance), parseEther('3'))

    await assert.rejects(deposit('1'), /write "0.5 ether" or "7 wei"/)
    await assert.rejects(deposit('1', '--token', token), /--l2-token, or have it made with --create-l2-token/)
    await assert.rejects(deposit('1', '--token', token, '--l2-token', factory), /is no token that can be bridged/)
    await assert.rejects(deposit('1 wei', '--extra-data', `0x${'01'.repeat(12_000)}`), /at least 680000.*--gas-limit/)
    await assert.rejects(deposit('20000000 ether'), /has \d+ of wei, not/)
    await assert.rejects(bridge('status', created.transactionHash), /made no deposit into this rollup/)
  })

  test('a reorganisation of the L1: what it takes back is gone on the rollup, the rest is there once', async () => {
    const to = freshAddress()
    for (const value of [3n, 5n, 7n]) await arrived(await deposit(3, { to, value }))
    assert.equal(await two.getBalance({ address: to }), 15n)
    const before = await one.getBlock()
    await chains.reorg(4)
    await until(async () => (await one.getBlock({ blockNumber: before.number })).hash !== before.hash)
    // The rollup has gone on on the other branch.
    const { number } = await one.getBlock()
    const origin = () => two.readContract({ address: l1BlockAddress, abi: l1BlockAbi, functionName: 'number' })
    await until(async () => (await origin()) >= number + 3n)
    const canonical = async () => {
      const logs = await one.getLogs({ address: contracts.portal, fromBlock: 0n, toBlock: await origin() })
      const deposits = extractTransactionDepositedLogs({ logs }).filter(({ args }) => getAddress(args.to) === getAddress(to))
      return deposits.reduce((sum, { args }) => sum + BigInt(`0x${args.opaqueData.slice(2, 66)}`), 0n)
    }
    const held = await until(async () => {
      const [a, balance, b] = [await canonical(), await two.getBalance({ address: to }), await canonical()]
      return a === b && { expected: a, balance }
    })
    assert.equal(held.balance, held.expected)
    const status = await two.request({ method: 'optimism_syncStatus' })
    const { number: at, hash } = status.unsafe_l2.l1origin
    assert.equal((await one.getBlock({ blockNumber: BigInt(at) })).hash, hash)
  })

  test(`${deposits} random deposits add up to the wei on both sides`, async () => {
    const random = randomNumbers(keccak256(toHex(`deposits on ${chains.l1.id}`)))
    const people = Array.from({ length: 25 }, freshAddress)
    const expected = new Map(people.map((address) => [address, 0n]))
    const locked = await one.getBalance({ address: contracts.portal })
    let sum = 0n
    const receipts = []
    for (let made = 0; made < deposits; ) {
      const count = Math.min(20, deposits - made)
      const calls = Array.from({ length: count }, () => {
        const to = people[Number(random(BigInt(people.length)))]
        const value = random(10n ** 15n)
        expected.set(to, expected.get(to) + value)
        sum += value
        const args = [to, value, 21_000n + random(2_000n), false, '0x']
        const callData = encodeFunctionData({ abi: portalAbi, functionName: 'depositTransaction', args })
        return { target: contracts.portal, allowFailure: false, value, callData }
      })
      const value = calls.reduce((sum, { value }) => sum + value, 0n)
      const args = [calls]
      receipts.push(
        await write(1, { address: contracts.multicall3, abi: multicallAbi, functionName: 'aggregate3Value', args, value }),
      )
      made += count
    }
    const hashes = receipts.flatMap((receipt) => getL2TransactionHashes(receipt))
    assert.equal(new Set(hashes).size, deposits)
    await two.waitForTransactionReceipt({ hash: hashes.at(-1) })
    const statuses = await Promise.all(hashes.map((hash) => two.getTransactionReceipt({ hash })))
    assert.ok(statuses.every(({ status }) => status === 'success'))
    assert.equal((await one.getBalance({ address: contracts.portal })) - locked, sum)
    assert.deepEqual(await balances(people, two), people.map((address) => expected.get(address)))
  })

  /// What the messenger says of the message in a deposit.
  function messageEvent({ logs }) {
    const own = logs.filter(({ address }) => getAddress(address) === getAddress(l2Messenger))
    return parseEventLogs({ abi: messengerAbi, logs: own })[0]?.eventName
  }

  async function counter() {
    const { abi, bytecode } = compile('Counter')
    const hash = await walletOn(chains.l2, 0).deployContract({ abi, bytecode, args: [1_000n] })
    const { contractAddress } = await two.waitForTransactionReceipt({ hash })
    return { abi, address: contractAddress }
  }

  /// Tries again while deposits of others leave too little gas for this one in the same L1 block.
  async function alone(send) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await send()
      } catch (error) {
        if (attempt > 20 || !/gas limit|OutOfGas|0x77ebef4d|reverted/.test(String(error))) throw error
        const next = (await one.getBlockNumber()) + 1n
        await until(async () => (await one.getBlockNumber({ cacheTime: 0 })) >= next)
      }
    }
  }
}

/// The same numbers at every run: below `limit` each.
function randomNumbers(seed) {
  return (limit) => {
    seed = keccak256(seed)
    return BigInt(seed) % limit
  }
}

