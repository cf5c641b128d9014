// Deposits into a rollup on anvil.

import { after, before, describe } from 'node:test'
import { bridgeTests } from './support/bridge.mjs'
import { startOnAnvil } from './support/rollup.mjs'

let site

before(async () => {
  site = await startOnAnvil()
})
after(() => site?.stop())

describe('deposits from anvil', { concurrency: 1 }, () => bridgeTests(() => site, { deposits: 1_000 }))
