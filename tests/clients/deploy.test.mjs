// `seam deploy` to the L1 of `seam up` and to anvil, and viem with the chain files that it writes.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createPublicClient, createWalletClient, http, parseAbi, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getL2TransactionHashes, publicActionsL1, walletActionsL1 } from 'viem/op-stack'
import { startAnvil } from './support/anvil.mjs'
import { freshAddress } from './support/check.mjs'
import { run as start, seam, startNetwork } from './support/network.mjs'

const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const account = privateKeyToAccount(KEY)
const getters = parseAbi([
  'function owner() view returns (address)',
  'function batcherHash() view returns (bytes32)',
  'function respectedGameType() view returns (uint32)',
  'function version() view returns (string)',
])

const config = (chainId) => `
[l1]
chain_id = ${chainId}
block_time = 1
[l2]
chain_id = 4242
[roles]
owner = "${account.address}"
batcher = "0x1000000000000000000000000000000000000002"
proposer = "0x1000000000000000000000000000000000000003"
guardian = "0x1000000000000000000000000000000000000004"
unsafe_signer = "0x1000000000000000000000000000000000000005"
`

describe('seam deploy', { concurrency: true }, () => {
  describe('to the L1 of seam up', { concurrency: 1 }, () =>
    onL1(async () => {
      const network = await startNetwork('--l1-block-time', '1', '--l1-finality-depth', '2')
      return { url: network.l1.http, chainId: network.l1.chainId, stop: network.stop }
    }, 'has'))
  describe('to anvil', { concurrency: 1 }, () =>
    onL1(() => startAnvil('--block-time', '1'), 'lacks'))
})

// The same with the L1 of `seam up` is in bin/seam/tests/it/deploy.rs.
test('seam deploy to anvil, killed at every step, ends as if it had not been', async () => {
  // No blocks but by hand: so a step waits until its run has been killed.
  const l1 = await startAnvil('--no-mining')
  const client = createPublicClient({ transport: http(l1.url) })
  const folder = await mkdtemp(join(import.meta.dirname, 'deploy-'))
  try {
    const [toml, key, out] = ['rollup.toml', 'key', 'out'].map((name) => join(folder, name))
    await writeFile(toml, config(l1.chainId))
    await writeFile(key, KEY, { mode: 0o600 })
    const args = ['deploy', '--yes', '--l1-rpc', l1.url, '--private-key-file', key]
    const journal = join(out, 'transactions.journal')
    const signed = async () => (await readFile(journal, 'utf8').catch(() => '')).split('"signed"').length - 1
    const begun = await client.request({ method: 'evm_snapshot' })
    let kills = 0
    const mine = () => client.request({ method: 'evm_mine' })
    while (await killed([...args, '--config', toml, '--out', out], signed, mine)) kills++
    const count = await client.getTransactionCount({ address: account.address })
    // All but the deployment proxy and its sender's ether. One may be killed a step late.
    assert.equal(count, 31)
    assert.ok(kills >= 29 && kills <= 31, `${kills}`)

    await client.request({ method: 'evm_setAutomine', params: [true] })
    await client.request({ method: 'evm_revert', params: [begun] })
    const whole = join(folder, 'whole')
    await seam(...args, '--config', join(out, 'deployment.toml'), '--out', whole, '--together')
    for (const name of ['rollup.json', 'deployment.toml', 'genesis.json', 'l1.chain.mjs', 'l2.chain.mjs']) {
      assert.deepEqual(await readFile(join(whole, name)), await readFile(join(out, name)), name)
    }
  } finally {
    await l1.stop()
    await rm(folder, { recursive: true, force: true })
  }
})

/// Kills a run as soon as it has signed another transaction; false if it ended well before.
async function killed(args, signed, mine) {
  const before = await signed()
  const run = start(args)
  let code
  run.ended.then((ended) => (code = ended))
  for (let looks = 1; code === undefined; looks++) {
    if ((await signed()) > before) {
      run.child.kill('SIGKILL')
      return (await run.ended) === 'SIGKILL'
    }
    await pause(1)
    if (looks % 50 === 0) await mine()
  }
  assert.equal(code, 0, run.log())
  return false
}

/// On an L1 that `has` or `lacks` Multicall3.
function onL1(start, multicall3) {
  let l1, folder, out, args, rollup, chains

  before(async () => {
    l1 = await start()
    // In here, so that the chain files find viem.
    folder = await mkdtemp(join(import.meta.dirname, 'deploy-'))
    out = join(folder, 'out')
    const [toml, key] = [join(folder, 'rollup.toml'), join(folder, 'key')]
    await writeFile(toml, config(l1.chainId))
    await writeFile(key, KEY, { mode: 0o600 })
    args = ['deploy', '--l1-rpc', l1.url, '--config', toml, '--out', out, '--private-key-file', key]
    rollup = JSON.parse(await seam(...args, '--yes', '--json', '--together'))
    const load = (name) => import(pathToFileURL(join(out, name)).href)
    chains = { ...(await load('l1.chain.mjs')), ...(await load('l2.chain.mjs')) }
  })
  after(async () => {
    await l1?.stop()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  const client = () =>
    createPublicClient({ chain: chains.l1, transport: http(), pollingInterval: 100 }).extend(publicActionsL1())

  test('the contracts answer, all in one call through Multicall3', async () => {
    const usual = '0xcA11bde05977b3631167028862bE2a173976CA11'
    assert.equal(chains.l1.contracts.multicall3.address === usual, multicall3 === 'has')
    const { SystemConfig, OptimismPortal2, DisputeGameFactory } = rollup.contracts
    const call = (address, functionName) => ({ address, abi: getters, functionName })
    const answers = await client().multicall({
      allowFailure: false,
      contracts: [
        call(SystemConfig, 'owner'),
        call(SystemConfig, 'batcherHash'),
        call(OptimismPortal2, 'respectedGameType'),
        call(OptimismPortal2, 'version'),
        call(DisputeGameFactory, 'owner'),
      ],
    })
    const batcher = '0x0000000000000000000000001000000000000000000000000000000000000002'
    assert.deepEqual(answers, [account.address, batcher, 24228, '3.10.0', account.address])
    assert.equal(rollup.versions.SystemConfig, '2.3.0-beta.2')
  })

  test("a deposit by viem's op-stack actions reaches the portal", async () => {
    const wallet = createWalletClient({ account, chain: chains.l1, transport: http() })
      .extend(walletActionsL1())
    const portal = chains.l2.contracts.portal[l1.chainId].address
    assert.equal(portal.toLowerCase(), rollup.contracts.OptimismPortal2)
    const mint = parseEther('0.5')
    const request = { gas: 100_000n, mint, to: freshAddress(), value: mint }
    const hash = await wallet.depositTransaction({ request, targetChain: chains.l2 })
    const receipt = await client().waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success')
    assert.equal(getL2TransactionHashes(receipt).length, 1)
    assert.equal(await client().getBalance({ address: portal }), mint)
  })

  test('run again it sends nothing and writes the same', async () => {
    const names = ['rollup.json', 'deployment.toml', 'l1.chain.mjs', 'l2.chain.mjs', 'genesis.json']
    const files = () => Promise.all(names.map((name) => readFile(join(out, name), 'utf8')))
    const nonce = () => client().getTransactionCount({ address: account.address })
    const [text, count] = [await files(), await nonce()]
    assert.match(await seam(...args), /nothing was left to do/)
    assert.deepEqual(await files(), text)
    assert.equal(await nonce(), count)
  })
}
