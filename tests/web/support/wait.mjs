// Waiting for what happens by itself.

import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'

/// Asks again and again until the answer is something, which it hands back. `what` says in a failure what never came;
/// `limit` is in seconds, far more than it takes, so that a slow machine is no failure.
export async function waitFor(what, ask, limit = 120) {
  const end = performance.now() + limit * 1_000
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    assert.ok(performance.now() < end, `${limit} seconds were not enough for: ${what}`)
    await pause(100)
  }
}
