// Deposits into a rollup on the L1 of seam up.

import { after, before, describe } from 'node:test'
import { bridgeTests } from './support/bridge.mjs'
import { startEmbedded } from './support/rollup.mjs'

let site

before(async () => {
  site = await startEmbedded()
})
after(() => site?.stop())

describe('deposits from the L1 of seam up', { concurrency: 1 }, () => bridgeTests(() => site, { deposits: 1_000 }))
