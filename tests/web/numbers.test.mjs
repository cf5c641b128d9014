// What the dashboard shows, against `seam earn` and JSON-RPC: the same to the wei. Names of others are text.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { seam } from '../clients/support/network.mjs'
import { rpc } from '../clients/support/rpc.mjs'
import { figures, openBrowser, openWindow } from './support/browser.mjs'
import { api, chainsOnly, folder, grown, up, web } from './support/network.mjs'
import { creation, mint, symbol } from './support/hostile.mjs'
import { waitFor } from './support/wait.mjs'

/// What somebody may call an account, and whose that is.
const label = '<script>alert(2)</script>'
const victim = '0x00000000000000000000000000000000bad0cafe'
const amount = 1_234_567_890_123_456_789_012_345n
const deposit = '0x7e'

let home, books, network, site, browser, window
/// Number of a line of a deposit that both chains have in the books.
let deposited
/// The hostile token, and the transaction that made some of it.
let token, minted

before(async () => {
  home = await folder()
  const busy = await up(home.path, { flags: ['--web-port', '0'] })
  books = busy.books
  await grown(busy, { batches: 2, transactions: 40 })
  deposited = await waitFor('a deposit in the books of both chains', () => aDeposit(busy.web))
  await busy.stop()
  // From now on nobody writes to the books but this program, and both chains can be asked.
  network = await up(home.path, { flags: chainsOnly })
  await beHostile()
  site = await web(['--node', network.l2.http, '--l1', network.l1.http, '--db', books])
  await waitFor('the batches of the L1', async () => (await api(site.web, '/network/batches')).length >= 2)
  browser = await openBrowser()
  window = await openWindow(browser, site.web)
})
after(async () => {
  await browser?.close()
  await site?.stop()
  await network?.stop()
  await home?.remove()
})

const ask = (name, method, ...params) => rpc(network[name].http, method, ...params)
const earn = async (...args) => JSON.parse(await seam('earn', ...args, '--db', books, '--json'))
const hex = (number) => `0x${number.toString(16)}`

/// A token with a hostile name, some of it for an account with a hostile name.
async function beHostile() {
  const from = network.accounts[0].address
  const sent = async (transaction) => {
    const hash = await ask('l2', 'eth_sendTransaction', { from, ...transaction })
    const receipt = await waitFor(`the receipt of ${hash}`, () => ask('l2', 'eth_getTransactionReceipt', hash))
    assert.equal(receipt.status, '0x1')
    return receipt
  }
  token = (await sent({ data: creation })).contractAddress
  minted = await sent({ to: token, data: mint(victim, amount) })
  await seam('earn', 'track', '--db', books, '--rpc', network.l2.http, '--account', victim, '--label', label)
}

/// The balances on the page of an account and those of both chains, in wei: nothing if they changed while one looked,
/// for the batcher goes on posting.
async function look({ address }) {
  const balances = () => Promise.all(['l2', 'l1'].map(async (name) => BigInt(await ask(name, 'eth_getBalance', address, 'latest'))))
  const before = await balances()
  await window.visit(`/account/${address}`)
  const cells = await window.page.locator('main .card').locator('data').evaluateAll((all) => all.map(({ value }) => value))
  const held = await balances()
  return isDeepStrictEqual(before, held) ? { shown: cells.map(BigInt), held } : null
}

/// The number of a line of a deposit with its other half, if there is one by now.
async function aDeposit(origin) {
  for (const { address } of await api(origin, '/earnings/accounts')) {
    const { lines } = await api(origin, `/earnings/accounts/${address}/lines?limit=500`)
    for (const { id } of lines.filter(({ source }) => source === 'deposit')) {
      if ((await api(origin, `/earnings/lines/${id}`)).counterparts.length > 0) return id
    }
  }
}

/// What a receipt says that its sender paid beside the value, in wei.
function paid(receipt) {
  if (receipt.type === deposit) return 0n
  const of = (name) => BigInt(receipt[name] ?? 0)
  const operator = (of('gasUsed') * of('operatorFeeScalar')) / 1_000_000n + of('operatorFeeConstant')
  return of('gasUsed') * of('effectiveGasPrice') + of('blobGasUsed') * of('blobGasPrice') + of('l1Fee') + operator
}

describe('amounts of the books', () => {
  for (const by of ['role', 'account', 'source', 'day']) {
    test(`by ${by} are those of seam earn report, every row to the wei`, async () => {
      await window.visit(`/earnings?by=${by}`)
      const shown = await window.page.locator('#report tbody tr').evaluateAll((rows) =>
        rows.map(({ dataset, children }) => ({
          group: dataset.group,
          chain: Number(dataset.chain),
          token: dataset.token.toLowerCase(),
          amounts: [...children].flatMap((cell) => [...cell.querySelectorAll('data')].map(({ value }) => value)),
        })),
      )
      const { rows, sums } = await earn('report', '--by', by)
      const expected = [...rows, ...sums].map(({ group, chain, token, ...row }) => ({
        group,
        chain,
        token: token.toLowerCase(),
        amounts: ['income', 'costs', 'net', 'flows', 'unexplained'].map((name) => row[name]),
      }))
      assert.ok(rows.length > 1)
      assert.deepEqual(shown, expected)
    })
  }

  test('of the operator are those of seam earn profit', async () => {
    await window.visit('/earnings')
    const shown = await figures(window.page)
    const profit = await earn('profit')
    const amounts = { Revenue: 'revenue', Costs: 'costs', Net: 'margin', 'Margin a batch': 'margin_per_batch' }
    for (const [name, key] of Object.entries(amounts)) assert.equal(shown[name].value, profit[key], name)
    assert.equal(shown['Paying transactions'].text.replaceAll(',', ''), String(profit.transactions))
    assert.equal(shown.Batches.text.replaceAll(',', ''), String(profit.batches))
  })

  test('of an account are those of its lines, and its balance is the chain’s', async () => {
    const accounts = await earn('accounts')
    for (const role of ['batcher', 'liquidity-provider', 'user']) {
      const { account } = accounts.find(({ account }) => account.role === role)
      const { shown: balances, held } = await waitFor(`a look at a ${role} who paid nothing meanwhile`, () => look(account))
      assert.deepEqual(balances, held)
      const table = window.page.getByRole('region', { name: 'Lines' }).locator('tbody tr')
      const shown = await table.evaluateAll((rows) =>
        rows.map((row) => [row.cells[0].textContent, ...[...row.querySelectorAll('data')].map(({ value }) => value)]),
      )
      const { lines } = await api(site.web, `/earnings/accounts/${account.address}/lines?limit=50`)
      assert.deepEqual(shown, lines.map(({ id, amount, balance }) => [String(id), amount, balance]))
      assert.ok(lines.length > 0)
    }
  })

  test('of a line are those of seam earn explain', async () => {
    const [{ account }] = await earn('accounts')
    const { lines } = await api(site.web, `/earnings/accounts/${account.address}/lines`)
    for (const { id, amount, balance } of lines.slice(0, 5)) {
      await window.visit(`/line/${id}`)
      const shown = await figures(window.page)
      assert.equal(shown.Amount.value, amount)
      assert.equal(shown['Balance after'].value, balance)
      const said = await seam('earn', 'explain', String(id), '--db', books)
      const summary = await window.page.locator('.why > p').first().innerText()
      assert.ok(said.includes(summary), `${said} has ${summary}`)
    }
  })
})

test('a deposit leads to its other half on the other chain, and back', async () => {
  const seen = []
  await window.visit(`/line/${deposited}`)
  for (let side = 0; side < 2; side++) {
    const { Amount } = await figures(window.page)
    const link = await window.page.locator('.why dl a[href*="/tx/"]').first().getAttribute('href')
    seen.push({ line: window.path(), amount: Amount.value, hash: link.split('/').at(-1) })
    const other = window.page.locator('.other-sides li')
    assert.equal(await other.count(), 1)
    await window.follow(() => other.locator('a[href^="/line/"]').click())
  }
  assert.equal(window.path(), seen[0].line)
  const found = await Promise.all(['l1', 'l2'].map((name) =>
    Promise.all(seen.map(({ hash }) => ask(name, 'eth_getTransactionByHash', hash))),
  ))
  const [locked] = found[0].filter(Boolean)
  const [made] = found[1].filter(Boolean)
  assert.equal(made.type, deposit)
  for (const { hash, amount } of seen) {
    const wei = BigInt(made.mint)
    assert.equal(BigInt(amount), hash === made.hash ? wei : -wei, hash)
  }
  assert.notEqual(locked.hash, made.hash)
})

describe('what the chains say', () => {
  test('is on the network’s page: heads', async () => {
    for (const name of ['l2', 'l1']) {
      for (const [tag, field] of [['latest', 'latest.number'], ['safe', 'safe'], ['finalized', 'finalized']]) {
        const head = async () => Number((await ask(name, 'eth_getBlockByNumber', tag, false))?.number ?? -1)
        const at = window.page.locator(`[data-live="${name}.${field}"]`)
        const shown = async () => Number((await at.innerText()).replaceAll(',', '').replace('–', '-1'))
        await window.visit('/')
        const before = await head()
        await waitFor(`the ${tag} head of the ${name} on the page`, async () => (await shown()) >= before)
        const last = await shown()
        assert.ok(last <= (await head()), `${name} ${tag}: ${last} is shown`)
      }
    }
  })

  test('is on the network’s page: batches and what posting them cost', async () => {
    await window.visit('/')
    const rows = await window.page.locator('#batches tbody tr').evaluateAll((rows) =>
      rows.map(({ cells }) => ({
        hash: cells[0].querySelector('a').getAttribute('href').split('/').at(-1),
        blocks: [...cells[2].querySelectorAll('a')].map((link) => Number(link.textContent)),
        transactions: Number(cells[3].textContent.replaceAll(',', '')),
        cost: cells[6].querySelector('data').value,
      })),
    )
    assert.ok(rows.length >= 2)
    for (const { hash, blocks, transactions, cost } of rows) {
      assert.equal(BigInt(cost), paid(await ask('l1', 'eth_getTransactionReceipt', hash)), hash)
      const [first, last] = blocks
      let counted = 0
      for (let block = first; block <= last; block++) {
        counted += Number(await ask('l2', 'eth_getBlockTransactionCountByNumber', hex(block))) - 1
      }
      assert.equal(transactions, counted, `transactions of users in ${first} to ${last}`)
    }
  })

  test('is on the page of a block: its hash, transactions and gas', async () => {
    for (const name of ['l1', 'l2']) {
      const head = Number(await ask(name, 'eth_blockNumber'))
      for (const number of [0, 1, Math.floor(head / 2), head]) {
        const block = await ask(name, 'eth_getBlockByNumber', hex(number), false)
        await window.visit(`/${name}/block/${number}`)
        const shown = await figures(window.page)
        assert.equal(shown.Hash.text, block.hash)
        assert.equal(shown.Transactions.text.replaceAll(',', ''), String(block.transactions.length))
        assert.equal(Number(shown['Gas used'].value), Number(block.gasUsed))
        const listed = await window.page.locator('main td a[href*="/tx/"]').allInnerTexts()
        assert.deepEqual(listed, block.transactions.slice(0, 100))
      }
    }
  })

  test('is on the page of a transaction: value and all its fees', async () => {
    const kinds = new Map()
    for (const name of ['l1', 'l2']) {
      const head = Number(await ask(name, 'eth_blockNumber'))
      for (let block = 1; block <= head; block++) {
        for (const receipt of await ask(name, 'eth_getBlockReceipts', hex(block))) {
          kinds.set(`${name}, type ${receipt.type}, ${Math.min(receipt.logs.length, 3)} logs`, { name, receipt })
        }
      }
    }
    assert.ok([...kinds.keys()].some((kind) => kind.startsWith(`l2, type ${deposit}`)))
    for (const [kind, { name, receipt }] of kinds) {
      const hash = receipt.transactionHash
      const { value } = await ask(name, 'eth_getTransactionByHash', hash)
      await window.visit(`/${name}/tx/${hash}`)
      const shown = await figures(window.page)
      assert.equal(BigInt(shown.Value.value), BigInt(value), `${kind}: ${hash}`)
      assert.equal(BigInt(shown['Paid in fees'].value), paid(receipt), `${kind}: ${hash}`)
    }
  })
})

describe('names of others', () => {
  /// Shown as they are written, and nothing came of them.
  async function assertText(...names) {
    const shown = await window.page.locator('main').textContent()
    for (const name of names) assert.ok(shown.includes(name), `${window.path()} shows ${name}`)
    assert.equal(await window.page.locator('main :is(img, script)').count(), 0)
  }

  test('are text wherever they are shown', async () => {
    await window.visit('/earnings?by=account')
    const row = window.page.locator(`#report tr[data-token="${token}" i][data-group="${victim}" i]`)
    assert.equal(await row.locator('th').innerText(), label)
    assert.equal(await row.locator('td').nth(1).innerText(), symbol)
    await assertText(label, symbol)
    await window.visit(`/account/${victim}`)
    await assertText(label, symbol)
    await window.follow(() => window.page.locator('main a[href^="/line/"]').first().click())
    await assertText(label, symbol)
    await window.visit(`/l2/tx/${minted.transactionHash}`)
    await assertText(symbol, Buffer.from(symbol).toString('hex'))
  })

  test('are text where they are searched for, and where they are part of an address', async () => {
    const words = encodeURIComponent(label)
    await window.visit(`/search?q=${words}`)
    await assertText(label)
    await window.visit(`/search?q=${encodeURIComponent(symbol)}`, 404)
    await assertText(symbol)
    for (const path of [`/account/${words}`, `/line/${words}`, `/l2/tx/${words}`, `/l2/block/${words}`]) {
      await window.visit(path.replaceAll('/script', '%2Fscript'), 400)
      await assertText(label)
    }
    for (const path of [`/earnings?by=${words}`, `/earnings?since=${words}`]) {
      await window.visit(path, 400)
      await assertText(label)
    }
    await window.visit('/<b>nowhere</b>', 404)
    await assertText('nowhere')
  })
})

test('nothing went wrong in the window all the while', () => assert.deepEqual(window.problems, []))
