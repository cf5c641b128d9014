// A rollup with its L1, as the bridge's tests want it: in one process, or on anvil.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mnemonicToAccount } from 'viem/accounts'
import { chainConfig } from 'viem/op-stack'
import { defineChain, toHex } from 'viem'
import { reorg as reorgAnvil, startAnvil } from './anvil.mjs'
import { seam, startNetwork, startNode } from './network.mjs'
import { rpc } from './rpc.mjs'

const mnemonic = 'test test test test test test test test test test test junk'
/// Who acts for the rollup: the accounts after the ten that everyone has.
const roles = { owner: 10, batcher: 11, proposer: 12, guardian: 13, unsafe_signer: 14 }
const acting = (role) => mnemonicToAccount(mnemonic, { addressIndex: roles[role] })

/// The rollup of `seam up`.
export async function startEmbedded() {
  const network = await startNetwork('--l1-block-time', '1')
  const home = await mkdtemp(join(tmpdir(), 'seam-home-'))
  const reorg = (depth) => rpc(network.l1.http, 'seam_reorg', depth, network.adminToken)
  const stop = async () => {
    await network.stop()
    await rm(home, { recursive: true, force: true })
  }
  return { ...(await site(network.rollup, network.l1.http, network.l2.http)), home, reorg, stop }
}

/// A rollup that `seam deploy` puts on anvil, with `seam node` as its sequencer. With `posting` it posts
/// batches, and signs its blocks for followers; else it only makes blocks.
export async function startOnAnvil({ posting = false } = {}) {
  const anvil = await startAnvil('--block-time', '1', '--accounts', '15')
  const folder = await mkdtemp(join(tmpdir(), 'seam-bridge-'))
  const [config, out] = ['rollup.toml', 'out'].map((name) => join(folder, name))
  await writeFile(config, toml(anvil.chainId, posting))
  const keyOf = async (role) => {
    const path = join(folder, role)
    await writeFile(path, toHex(acting(role).getHdKey().privateKey), { mode: 0o600 })
    return path
  }
  const key = await keyOf('owner')
  const keys = posting
    ? ['--batcher-key-file', await keyOf('batcher'), '--signer-key-file', await keyOf('unsafe_signer')]
    : []
  await seam(
    'deploy', '--l1-rpc', anvil.url, '--config', config, '--out', out, '--private-key-file', key, '--together', '--yes',
    '--json',
  )
  const rollup = join(out, 'rollup.json')
  const sequencer = [
    '--role', 'sequencer', '--rollup', rollup, '--l1-rpc', anvil.url, '--l1-confirmations', '0',
    '--l1-slot-seconds', '1', ...keys, '--data-dir', join(folder, 'data'),
  ]
  let node = await startNode(...sequencer)
  /// As when the machine of the sequencer fails, and starts again at the same port.
  const killSequencer = async () => {
    await node.kill()
    node = await startNode(...sequencer, '--http-port', new URL(node.http).port)
  }
  const stop = async () => {
    await node.stop()
    await anvil.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const reorg = (depth) => reorgAnvil(anvil.url, depth, 1)
  const last = () => node.last()
  return { ...(await site(rollup, anvil.url, node.http)), ws: node.ws, home: folder, reorg, killSequencer, last, stop }
}

const toml = (chainId, posting) => `
[l1]
chain_id = ${chainId}
block_time = 1
[l2]
chain_id = 4243
${posting ? '[batcher]\nmax_age = 3' : ''}
[roles]
${Object.keys(roles).map((role) => `${role} = "${acting(role).address}"`).join('\n')}
`

async function site(rollup, l1Url, l2Url) {
  const file = JSON.parse(await readFile(rollup, 'utf8'))
  const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
  const { OptimismPortal2, Multicall3, ...others } = file.contracts
  const l1 = defineChain({
    id: file.l1.chainId, name: 'L1', nativeCurrency, rpcUrls: { default: { http: [l1Url] } },
    contracts: { multicall3: { address: Multicall3 } },
  })
  const l2 = defineChain({
    ...chainConfig, id: file.l2.chainId, sourceId: l1.id, name: 'rollup', nativeCurrency,
    rpcUrls: { default: { http: [l2Url] } },
    contracts: { ...chainConfig.contracts, portal: { [l1.id]: { address: OptimismPortal2 } } },
  })
  const contracts = {
    portal: OptimismPortal2, multicall3: Multicall3, systemConfig: others.SystemConfig, batchInbox: others.BatchInbox,
    l1StandardBridge: others.L1StandardBridge, l1CrossDomainMessenger: others.L1CrossDomainMessenger,
  }
  return { l1, l2, contracts, rollup, owner: roles.owner }
}
