// The Solidity of these tests, compiled by the solc of npm.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const solc = createRequire(import.meta.url)('solc')

/// ABI and init code of a contract in `forge/src`, which has a file of its name.
export function compile(name) {
  const file = `${name}.sol`
  const content = readFileSync(new URL(`../forge/src/${file}`, import.meta.url), 'utf8')
  const settings = {
    evmVersion: 'cancun',
    optimizer: { enabled: true },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  }
  const input = { language: 'Solidity', sources: { [file]: { content } }, settings }
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input)))
  assert.deepEqual(errors.map(({ formattedMessage }) => formattedMessage), [])
  const { abi, evm } = contracts[file][name]
  return { abi, bytecode: `0x${evm.bytecode.object}` }
}
