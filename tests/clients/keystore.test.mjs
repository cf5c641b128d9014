// Keystores: those of `seam key` open elsewhere, and those of others open here.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { Wallet } from 'ethers'
import { castAt } from './support/cast.mjs'

const execute = promisify(execFile)
const cast = castAt('http://127.0.0.1:1')
const password = 'correct horse'
let folder

before(async () => {
  assert.ok(process.env.SEAM_BIN, 'SEAM_BIN must name the built binary `seam`: see README.md')
  folder = await mkdtemp(join(tmpdir(), 'seam-keys-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function seamKey(...args) {
  const env = { ...process.env, SEAM_KEY_PASSWORD: password }
  const { stdout } = await execute(process.env.SEAM_BIN, ['key', ...args, '--keystore', folder], { env })
  return stdout.trim()
}

describe('keystores', () => {
  test('one of ours opens with ethers and with cast', async () => {
    const address = await seamKey('new', 'ours')
    const key = await seamKey('show', 'ours', '--private-key')
    const wallet = await Wallet.fromEncryptedJson(await readFile(join(folder, 'ours.json'), 'utf8'), password)
    assert.deepEqual([wallet.address, wallet.privateKey], [address, key])
    const flags = ['--keystore-dir', folder, '--unsafe-password', password]
    const text = await cast('wallet', 'decrypt-keystore', 'ours.json', ...flags)
    assert.ok(text.includes(key), text)
    const theirs = await cast('wallet', 'address', '--keystore', join(folder, 'ours.json'), '--password', password)
    assert.equal(theirs, address)
  })

  test('one of ethers opens here', async () => {
    const wallet = Wallet.createRandom()
    const file = join(folder, 'ethers.json')
    await writeFile(file, await wallet.encrypt(password))
    await chmod(file, 0o600)
    assert.equal(await seamKey('show', 'ethers', '--private-key'), wallet.privateKey)
  })

  test('one of cast opens here, too, though its file does not name the account', async () => {
    const { privateKey } = Wallet.createRandom()
    const flags = ['--private-key', privateKey, '--keystore-dir', folder, '--unsafe-password', password]
    await cast('wallet', 'import', 'theirs.json', ...flags)
    await chmod(join(folder, 'theirs.json'), 0o600)
    assert.equal(await seamKey('show', 'theirs', '--private-key'), privateKey)
    assert.match(await seamKey('show', 'theirs'), /encrypted/)
  })
})
