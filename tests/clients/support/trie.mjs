// Checks a proof of EIP-1186 against a root, with nothing of Seam: hashes link every node to the
// one above it.

import assert from 'node:assert/strict'
import { fromRlp, hexToBytes, keccak256, toHex, toRlp, trim } from 'viem'

const emptyRoot = keccak256(toRlp('0x'))

/// The value at `key` (hex, already hashed) in the trie with this root, or undefined if the proof
/// shows that there is none.
export function provenValue(root, key, proof) {
  if (root === emptyRoot && proof.length === 0) return undefined
  const path = [...key.slice(2)].map((digit) => Number.parseInt(digit, 16))
  const nodes = new Map(proof.map((node) => [keccak256(node), node]))
  let node = fromRlp(nodes.get(root) ?? assert.fail('the root is not of this proof'), 'hex')
  for (;;) {
    let next
    if (node.length === 17) {
      next = path.length === 0 ? node[16] : node[path.shift()]
    } else {
      const { nibbles, leaf } = compact(node[0])
      if (nibbles.some((nibble) => nibble !== path.shift())) return undefined
      next = node[1]
      if (leaf) return path.length === 0 ? next : undefined
    }
    if (next === '0x') return undefined
    if (path.length === 0 && node.length === 17) return next
    // A node of less than 32 bytes is inside the one above it.
    node = Array.isArray(next) ? next : fromRlp(nodes.get(next) ?? assert.fail('a node is missing'), 'hex')
  }
}

/// Hex-prefix encoding (yellow paper, appendix C).
function compact(encoded) {
  const digits = [...encoded.slice(2)].map((digit) => Number.parseInt(digit, 16))
  return { nibbles: digits.slice(digits[0] & 1 ? 1 : 2), leaf: digits[0] >= 2 }
}

/// That an answer to `eth_getProof` follows from the state root.
export function assertProven(stateRoot, { address, balance, nonce, storageHash, codeHash, accountProof, storageProof }) {
  const account = provenValue(stateRoot, keccak256(address), accountProof)
  const number = (value) => (BigInt(value) === 0n ? '0x' : trim(toHex(BigInt(value))))
  assert.equal(account, toRlp([number(nonce), number(balance), storageHash, codeHash]))
  for (const { key, value, proof } of storageProof) {
    const slot = keccak256(hexToBytes(toHex(BigInt(key), { size: 32 })))
    const found = provenValue(storageHash, slot, proof)
    assert.equal(found === undefined ? 0n : BigInt(fromRlp(found, 'hex')), value)
  }
}
