// Networks with a dashboard, as their users start them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { run } from '../../clients/support/network.mjs'
import { waitFor } from './wait.mjs'

/// A folder of its own for a test program, and what removes it.
export async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'seam-web-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/// `seam up` with its data there. A port that is not named is any free one.
export const up = (dataDir, { l1 = 0, l2 = 0, flags = [] } = {}) =>
  start('up', '--l1-port', l1, '--l2-port', l2, '--l1-block-time', 1, '--data-dir', dataDir, ...flags)

/// Only the chains, and what a test sends to them.
export const chainsOnly = ['--no-traffic', '--no-earnings', '--no-web']

/// `seam web`: the dashboard of nodes that run elsewhere.
export const web = (flags, port = 0) => start('web', '--port', port, ...flags)

/// Waits until the books have what a page can show: posted batches and transactions that paid.
export const grown = (network, { batches, transactions, seconds }) => {
  const has = async () => {
    const [posted, profit] = await Promise.all([
      api(network.web, '/network/batches'),
      api(network.web, '/earnings/profit'),
    ])
    const booked = posted.filter(({ margin }) => margin !== null)
    return booked.length >= batches && profit.transactions >= transactions
  }
  return waitFor(`${batches} batches and ${transactions} transactions in the books`, has, seconds)
}

/// An answer of the dashboard's API.
export async function api(origin, path) {
  const response = await fetch(`${origin}/api/v1${path}`)
  assert.equal(response.status, 200, `${path}: ${response.status}`)
  return response.json()
}

/// Starts what runs until it is stopped: what it says when it is ready, `stop()` and `kill()`.
async function start(...args) {
  const { child, ended, log } = run([...args, '--json'].map(String))
  const line = once(createInterface({ input: child.stdout }), 'line').then(([line]) => line)
  const failed = ended.then((code) => {
    throw new Error(`seam ${args[0]} ended with ${code} before it was ready:\n${log()}`)
  })
  const said = JSON.parse(await Promise.race([line, failed]))
  failed.catch(() => {})
  const stop = async () => {
    child.kill('SIGINT')
    const code = await ended
    assert.equal(code, 0, `seam ${args[0]} ended with ${code}:\n${log()}`)
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { ...said, stop, kill }
}
