// Foundry's `cast`, as people type it.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const program = fileURLToPath(new URL('../node_modules/.bin/cast', import.meta.url))
const execute = promisify(execFile)

/// Variables that would change what they do.
const foreign = /^(ETH_|FOUNDRY_|CAST_|DAPP_|CHAIN$|https?_proxy$|all_proxy$)/i

/// The variables that Foundry's programs run with.
export function environment() {
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return { ...Object.fromEntries(inherited), NO_COLOR: '1' }
}

/// A function that runs `cast` with its arguments against a URL. What it prints, without the last
/// line's end; an error with what it complains of if it fails.
export function castAt(url) {
  const env = { ...environment(), ETH_RPC_URL: url }
  return async (...args) => {
    const { stdout } = await execute(program, args.map(String), { env, maxBuffer: 64 << 20 })
    return stdout.trimEnd()
  }
}

/// As `castAt`, for commands that print JSON.
export function castJsonAt(url) {
  const cast = castAt(url)
  return async (...args) => JSON.parse(await cast(...args))
}
