// Foundry's anvil, as another L1 than ours.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

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
