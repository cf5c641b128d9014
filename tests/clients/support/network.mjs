// Starts `seam up` as its users do, and ends it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/// A development network on free ports, in a directory of its own, that has only what a test sends to it. What
/// `seam up --json` says, and `stop()`.
export async function startNetwork(...flags) {
  const dataDir = await mkdtemp(join(tmpdir(), 'seam-clients-'))
  const network = await startUp(dataDir, ...quiet, ...flags)
  const stop = async () => {
    await network.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { ...network, stop }
}

/// Neither traffic nor books nor a dashboard.
export const quiet = ['--no-traffic', '--no-earnings', '--no-web']

/// A network in a directory that stays, as its users have it: with traffic, and books of what everybody earns.
export async function startUp(dataDir, ...flags) {
  const seam = run(['up', '--json', '--l1-port', '0', '--l2-port', '0', '--web-port', '0', '--data-dir', dataDir, ...flags])
  const stop = async () => {
    const [code, log] = await end(seam)
    assert.equal(code, 0, `seam up ended with ${code}:\n${log}`)
  }
  return { ...(await ready(seam)), stop }
}

/// Lines of a node's log that are told when a test fails.
const logged = 40

/// One chain on a free port. What `seam node --json` says, `stop()`, `kill()`, and `last()`: what it logged last.
export async function startNode(...flags) {
  const seam = run(['node', '--json', ...(flags.includes('--http-port') ? [] : ['--http-port', '0']), ...flags])
  const stop = async () => {
    const [code, log] = await end(seam)
    assert.equal(code, 0, `seam node ended with ${code}:\n${log}`)
  }
  const kill = async () => {
    seam.child.kill('SIGKILL')
    await seam.ended
  }
  const last = () => seam.log().split('\n').slice(-logged).join('\n')
  return { ...(await ready(seam)), stop, kill, last }
}

/// Runs the program to its end; what it wrote to stdout.
export const seam = (...args) => seamWith({}, ...args)

/// The same with these variables in its environment.
export async function seamWith(env, ...args) {
  const { child, ended, log } = run(args, env)
  const out = []
  child.stdout.on('data', (bytes) => out.push(bytes))
  const code = await ended
  assert.equal(code, 0, `seam ${args[0]} ended with ${code}:\n${log()}`)
  return Buffer.concat(out).toString()
}

/// Starts the program: the process, how it ended, and what it wrote to stderr.
export function run(args, env = {}) {
  const binary = process.env.SEAM_BIN
  assert.ok(binary, 'SEAM_BIN must name the built binary `seam`: see README.md')
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  // Also when a test program ends without its hooks.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const log = []
  child.stderr.on('data', (bytes) => log.push(bytes))
  const ended = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', kill)
    return code ?? signal
  })
  return { child, ended, log: () => Buffer.concat(log).toString() }
}

/// The line that it prints once both chains have produced a block.
async function ready({ child, ended, log }) {
  const line = once(createInterface({ input: child.stdout }), 'line').then(([line]) => line)
  const failed = ended.then((code) => {
    throw new Error(`seam ended with ${code} before it was ready:\n${log()}`)
  })
  return JSON.parse(await Promise.race([line, failed]))
}

async function end({ child, ended, log }) {
  child.kill('SIGINT')
  return [await ended, log()]
}
