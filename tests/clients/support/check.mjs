// What several test programs check in the same way.

import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'

/// An address that has nothing and never sent anything.
export const freshAddress = () => privateKeyToAddress(generatePrivateKey())

/// What a transaction took from its sender beside its value, in wei. `receipt` is as JSON-RPC has it
/// or as viem reads it. The fee for data on L1 is the rollup's alone; there is no operator fee on a
/// development network.
export function feeOf({ gasUsed, effectiveGasPrice, l1Fee = 0n }) {
  return BigInt(gasUsed) * BigInt(effectiveGasPrice) + BigInt(l1Fee)
}

/// Asks again and again until the answer is something. After `seconds` it fails with what it has waited for. That says
/// nothing about speed: without it a hang ends the whole program, and nobody learns where.
export async function until(ask, what = String(ask), seconds = 180) {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (performance.now() > end) {
      throw new Error(`waited ${seconds} s in vain for ${what}: the last answer was ${inspect(answer)}`)
    }
    await pause(50)
  }
}

/// That a transaction whose hash came back when the newest block was `head` is in a block soon
/// enough: in the one that was due next, or in the one after that if the builder had closed the next.
export function assertMinedNext(blockNumber, head) {
  const next = BigInt(head) + 1n
  assert.ok(BigInt(blockNumber) <= next + 1n, `in block ${blockNumber}, and ${next} was next`)
}
