// Foundry's `forge` on a copy of the project in `forge/`, so that nothing is written beside it.

import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { environment } from './cast.mjs'

const execute = promisify(execFile)
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const program = path('../node_modules/.bin/forge')

/// The copy's directory, a function that runs `forge` in it with its arguments, and what removes it.
/// forge compiles with the solc of npm, as nothing else is fetched.
export async function forgeProject() {
  const directory = await mkdtemp(join(tmpdir(), 'seam-forge-'))
  await cp(path('../forge'), directory, { recursive: true })
  const solc = join(directory, 'solc')
  await writeFile(solc, `#!/bin/sh\nexec "${process.execPath}" "${path('solc.cjs')}" "$@"\n`)
  await chmod(solc, 0o755)
  // Its home, so that neither settings nor caches of whoever runs the tests are used.
  const env = { ...environment(), HOME: directory, FOUNDRY_SOLC: solc }
  const forge = async (...args) => {
    const options = { cwd: directory, env, maxBuffer: 64 << 20 }
    const { stdout } = await execute(program, args.map(String), options)
    return stdout.trimEnd()
  }
  const remove = () => rm(directory, { recursive: true, force: true })
  return { directory, forge, remove }
}
