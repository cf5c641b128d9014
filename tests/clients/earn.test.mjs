// The books that `seam up` keeps, against what viem reads from both chains: another reader, which adds up receipts and
// asks for balances itself.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createPublicClient, erc20Abi, getAddress, hexToBigInt, http } from 'viem'
import { until } from './support/check.mjs'
import { quiet, seam, startUp } from './support/network.mjs'

/// Transactions of the traffic that are waited for.
const transactions = 60
/// By the fee vault: what a receipt pays into it, of gas at a block's base fee.
const vaults = {
  '0x4200000000000000000000000000000000000011': ({ gas, price, base }) => gas * (price - base),
  '0x4200000000000000000000000000000000000019': ({ gas, base }) => gas * base,
  '0x420000000000000000000000000000000000001a': ({ l1Fee }) => l1Fee,
  '0x420000000000000000000000000000000000001b': ({ operatorFee }) => operatorFee,
}
const chains = { 900: 'l1', 901: 'l2' }

let home, network, books, clients, accounts, rows

const earn = async (...args) => JSON.parse(await seam('earn', ...args, '--db', books, '--json'))
const number = (hex) => (hex === undefined || hex === null ? 0n : hexToBigInt(hex))
const rowOf = (chain, owner, token = 'ether') =>
  rows.find((row) => row.chain === chain && getAddress(row.group) === getAddress(owner) && row.token === token)
const balanceOf = (row) =>
  ['income', 'costs', 'flows', 'opening', 'unexplained'].reduce((sum, name) => sum + BigInt(row[name]), 0n)

/// What a receipt says about money, in wei.
function paid(receipt, base) {
  const [gas, price] = [number(receipt.gasUsed), number(receipt.effectiveGasPrice)]
  const charged = (gas * number(receipt.operatorFeeScalar)) / 1_000_000n + number(receipt.operatorFeeConstant)
  const isDeposit = receipt.type === '0x7e'
  const [l1Fee, operatorFee] = isDeposit ? [0n, 0n] : [number(receipt.l1Fee), charged]
  const blobs = number(receipt.blobGasUsed) * number(receipt.blobGasPrice)
  const execution = isDeposit ? 0n : gas * price
  return { gas: isDeposit ? 0n : gas, price, base, l1Fee, operatorFee, total: execution + l1Fee + operatorFee + blobs }
}

/// All receipts of a chain up to a block, with what they cost.
async function receipts(chain, last) {
  const client = clients[chain]
  const all = []
  for (let at = 0n; at <= last; at++) {
    const block = await client.getBlock({ blockNumber: at })
    const found = await client.request({ method: 'eth_getBlockReceipts', params: [`0x${at.toString(16)}`] })
    all.push(...found.map((receipt) => ({ receipt, ...paid(receipt, block.baseFeePerGas) })))
  }
  return all
}

/// Whether the books have what the tests look at: somebody who paid, and a batcher who did.
async function hasEnough() {
  const found = await earn('profit')
  return found.transactions >= transactions && found.batches > 0
}

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'seam-earn-'))
  const busy = await startUp(home)
  books = busy.books
  await until(hasEnough, `${transactions} transactions and a batch in the books`)
  await busy.stop()
  // Nobody writes to the books any more, and both chains can be asked.
  network = await startUp(home, ...quiet)
  clients = Object.fromEntries(
    Object.entries(chains).map(([id, name]) => [id, createPublicClient({ transport: http(network[name].http) })]),
  )
  accounts = await earn('accounts')
  rows = (await earn('report', '--by', 'account')).rows
})
after(async () => {
  await network?.stop()
  await rm(home, { recursive: true, force: true })
})

describe('the books of seam up', () => {
  test('are as far for every account of a chain, and explain all', () => {
    for (const chain of [900, 901]) {
      const of = accounts.filter(({ account }) => account.chain === chain)
      assert.ok(of.length > 10)
      assert.equal(new Set(of.map(({ booked }) => booked)).size, 1)
    }
    assert.ok(rows.every((row) => BigInt(row.unexplained) === 0n))
    const roles = new Set(accounts.map(({ account }) => account.role))
    for (const role of ['user', 'batcher', 'vault', 'liquidity-provider']) assert.ok(roles.has(role), role)
  })

  test('have every balance that viem reads, of ether and of tokens', async () => {
    let tokens = 0
    for (const { account, booked } of accounts) {
      const [client, blockNumber] = [clients[account.chain], BigInt(booked)]
      const owned = rows.filter((row) => row.chain === account.chain && getAddress(row.group) === getAddress(account.address))
      for (const row of owned) {
        const address = account.address
        const read =
          row.token === 'ether'
            ? await client.getBalance({ address, blockNumber })
            : await client.readContract({ address: row.token, abi: erc20Abi, functionName: 'balanceOf', args: [address], blockNumber })
        assert.equal(balanceOf(row), read, `${account.label} on ${account.chain}: ${row.token}`)
        if (row.token !== 'ether') tokens += 1
      }
    }
    assert.ok(tokens > 5, `${tokens} balances of tokens`)
  })

  test('have as costs what the receipts say that everybody paid, and as income what the vaults got', async () => {
    for (const chain of [900, 901]) {
      const tracked = accounts.filter(({ account }) => account.chain === chain)
      const all = await receipts(chain, BigInt(tracked[0].booked))
      for (const { account } of tracked) {
        const own = all.filter(({ receipt }) => getAddress(receipt.from) === getAddress(account.address))
        const costs = own.reduce((sum, { total }) => sum + total, 0n)
        const row = rowOf(chain, account.address)
        assert.equal(row ? -BigInt(row.costs) : 0n, costs, `${account.label} on ${chain}`)
        const share = account.role === 'vault' && vaults[account.address.toLowerCase()]
        if (!share) continue
        const income = all.reduce((sum, one) => sum + share(one), 0n)
        assert.equal(row ? BigInt(row.income) : 0n, income, account.label)
      }
    }
    const batcher = accounts.find(({ account }) => account.role === 'batcher').account
    assert.ok(BigInt(rowOf(900, batcher.address).costs) < 0n, 'the batcher paid for batches')
  })
})
