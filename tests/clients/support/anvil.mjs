// Foundry's anvil, as another L1 than ours.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toHex } from 'viem'
import { rpc } from './rpc.mjs'

const binary = fileURLToPath(import.meta.resolve('@foundry-rs/anvil-linux-amd64/bin/anvil'))

/// An anvil on a free port with these flags: its URL, and `stop()`.
export async function startAnvil(...flags) {
  const child = spawn(binary, ['--port', '0', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const address = line.match(/^Listening on (\S+)$/)?.[1]
    if (address) {
      // It goes on writing, and would wait for a reader.
      child.stdout.resume()
      const stop = async () => {
        child.kill('SIGINT')
        await ended
      }
      return { url: `http://${address}`, chainId: 31337, stop }
    }
  }
  throw new Error('anvil ended before it listened')
}

/// Replaces the newest blocks of an anvil that makes one every `seconds`. Nothing else may be made meanwhile: anvil 1.7.1
/// puts a block that it is just making on top of those that have gone, where it stays, with transactions that its state
/// does not have. From then on nobody can post to that L1 or follow it.
export async function reorg(url, depth, seconds) {
  await rpc(url, 'evm_setIntervalMining', 0)
  // A block that was being made is there by then.
  await pause(seconds * 1000)
  await rpc(url, 'anvil_reorg', depth, [])
  await assertWhole(url, depth)
  await rpc(url, 'evm_setIntervalMining', seconds)
}

/// That each block is the parent of the next, of those that were made anew and of as many before them.
async function assertWhole(url, depth) {
  const head = Number(await rpc(url, 'eth_blockNumber'))
  const numbers = Array.from({ length: 2 * depth + 1 }, (_, back) => head - back).filter((number) => number >= 0)
  const blocks = await Promise.all(numbers.map((number) => rpc(url, 'eth_getBlockByNumber', toHex(number), false)))
  blocks.slice(1).forEach((parent, at) => {
    assert.equal(parent?.hash, blocks[at]?.parentHash, `anvil lost block ${numbers[at + 1]} in its reorganisation`)
  })
}
