// Hardhat 2 with Seam as its network: the project in `hardhat/` is tested on both chains.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startNetwork } from './support/network.mjs'

const project = fileURLToPath(new URL('hardhat/', import.meta.url))
const program = join(project, 'node_modules/hardhat/internal/cli/cli.js')
// One for each chain: the L2 loses its newest blocks, and with them what was sent to it and its snapshots, when
// the L1 under it goes back to a snapshot of its own.
const networks = {}
let scratch

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'seam-hardhat-'))
  for (const name of ['l1', 'l2']) networks[name] = await startNetwork()
  await hardhat(environment('l1'), 'compile')
})
after(async () => {
  for (const network of Object.values(networks)) await network.stop()
  await rm(scratch, { recursive: true, force: true })
})

/// Its build output is outside the clone; it asks nobody anything and tells nobody anything.
function environment(name) {
  return {
    ...process.env,
    SEAM_URL: networks[name][name].http,
    SEAM_MNEMONIC: networks[name].mnemonic,
    SEAM_CACHE: join(scratch, 'cache'),
    SEAM_ARTIFACTS: join(scratch, 'artifacts'),
    HOME: scratch,
    XDG_CONFIG_HOME: scratch,
    XDG_DATA_HOME: scratch,
    XDG_CACHE_HOME: scratch,
    HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
  }
}

/// Runs it; what it printed, or an error with that if it failed.
function hardhat(env, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: project, env })
    const said = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes))
    child.once('error', reject)
    child.once('close', (code) => {
      const text = Buffer.concat(said).toString()
      if (code === 0) resolve(text)
      else reject(new Error(`hardhat ${args.join(' ')} ended with ${code}:\n${text}`))
    })
  })
}

describe('hardhat', { concurrency: true }, () => {
  for (const name of ['l1', 'l2']) {
    describe(`on the ${name}`, { concurrency: 1 }, () => {
      for (const [spec, chain, passing] of [['token', 'seam', 6], ['development', 'unlocked', 22]]) {
        test(spec, async () => {
          const said = await hardhat(
            environment(name), 'test', '--no-compile', '--network', chain, `specs/${spec}.cjs`,
          )
          assert.match(said, new RegExp(`^  ${passing} passing`, 'm'))
        })
      }
    })
  }
})
