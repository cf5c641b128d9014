// Every page of the dashboard, of a network with traffic, as people meet it.

import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { rpc } from '../clients/support/rpc.mjs'
import { barriers, desktop, openBrowser, openWindow, phone, tooWide } from './support/browser.mjs'
import { api, folder, grown, up } from './support/network.mjs'
import { waitFor } from './support/wait.mjs'

/// Pictures for the documentation, of a network that ran for a while.
const pictures = process.env.SEAM_SCREENSHOTS === '1'
const enough = pictures ? { batches: 30, transactions: 400, seconds: 500 } : { batches: 1, transactions: 20 }

let home, network, origin, browser
/// A transaction of the rollup in which contracts called each other, and one that posted a batch.
let swap, batch
/// Paths of all pages, by name.
let pages

before(async () => {
  home = await folder()
  network = await up(home.path, { flags: ['--web-port', '0'] })
  origin = network.web
  browser = await openBrowser()
  await grown(network, enough)
  swap = await busiest()
  batch = (await api(origin, '/network/batches'))[0]
  pages = await allPages()
})
after(async () => {
  await browser?.close()
  await network?.stop()
  await home?.remove()
})

/// The transaction of the rollup with the most logs so far.
async function busiest() {
  const receipts = []
  const head = Number(await rpc(network.l2.http, 'eth_blockNumber'))
  for (let block = 0; block <= head; block++) {
    receipts.push(...(await rpc(network.l2.http, 'eth_getBlockReceipts', `0x${block.toString(16)}`)))
  }
  const most = receipts.reduce((most, one) => (one.logs.length > most.logs.length ? one : most))
  assert.ok(most.logs.length >= 2, 'the traffic has transactions in which contracts call others')
  return most
}

async function allPages() {
  const accounts = await api(origin, '/earnings/accounts')
  const { address } = accounts.find(({ role }) => role === 'batcher')
  const { lines } = await api(origin, `/earnings/accounts/${address}/lines`)
  return {
    network: '/',
    explorer: '/explorer',
    'earnings by role': '/earnings',
    'earnings by account': '/earnings?by=account',
    'earnings by source': '/earnings?by=source',
    'earnings by day': '/earnings?by=day',
    account: `/account/${address}`,
    contract: `/account/${swap.to}`,
    line: `/line/${lines[0].id}`,
    'a search for a name': '/search?q=a',
    'a search for a number': '/search?q=1',
    'block of the rollup': `/l2/block/${Number(swap.blockNumber)}`,
    'block of the L1': `/l1/block/latest`,
    'transaction of the rollup': `/l2/tx/${swap.transactionHash}`,
    'transaction of the L1': `/l1/tx/${batch.transaction}`,
  }
}

/// Looks through a window, in which nothing may go wrong.
async function look(options, see) {
  const window = await openWindow(browser, origin, options)
  try {
    await see(window)
    assert.deepEqual(window.problems, [])
  } finally {
    await window.close()
  }
}

describe('the dashboard of seam up', () => {
  test('loads every page without an error, and asks nobody else for anything', () =>
    look(desktop, async ({ page, visit }) => {
      for (const [name, path] of Object.entries(pages)) {
        await visit(path)
        assert.match(await page.title(), /\S+ · Seam$/, name)
        assert.ok((await page.locator('main').innerText()).length > 20, `${name} says something`)
      }
    }))

  test('leads from the network to a batch, its blocks and their transactions', () =>
    look(desktop, async ({ page, visit, follow, path }) => {
      await visit('/')
      await follow(() => page.locator('#batches tbody a[href^="/l1/tx/"]').first().click())
      assert.match(path(), /^\/l1\/tx\/0x[0-9a-f]{64}$/)
      await follow(() => page.locator('main dd a[href^="/l1/block/"]').first().click())
      await follow(() => page.getByRole('link', { name: 'Network' }).click())
      await follow(() => page.locator('#batches tbody a[href^="/l2/block/"]').first().click())
      await follow(() => page.locator('main a[href^="/l2/tx/"]').first().click())
      await follow(() => page.locator('main dd a[href^="/account/"]').first().click())
      await follow(() => page.getByRole('link', { name: 'Network' }).click())
      await follow(() => page.locator('main a[href="/l2/block/latest"]').click())
      await follow(() => page.getByRole('link', { name: 'Before' }).click())
      await follow(() => page.getByRole('link', { name: 'After' }).click())
    }))

  test('leads from what everybody earns to an account, a line, and the transaction that it came from', () =>
    look(desktop, async ({ page, visit, follow, path }) => {
      await visit('/')
      await follow(() => page.getByRole('link', { name: 'Earnings' }).click())
      await follow(() => page.getByRole('link', { name: 'By account' }).click())
      await follow(() => page.locator(`#report tbody a[href="${pages.account}" i]`).first().click())
      const withTransaction = page.locator('main tr', { has: page.locator('a[href*="/tx/"]') }).first()
      await follow(() => withTransaction.locator('a[href^="/line/"]').click())
      assert.match(path(), /^\/line\/\d+$/)
      await follow(() => page.locator('main dd a[href*="/tx/"]').click())
      await page.locator('#booked ~ details > summary').first().click()
      await page.locator('#booked ~ details').first().getByText('The whole entry').waitFor()
      await follow(() => page.locator('#booked ~ details > a[href^="/line/"]').first().click())
      await follow(() => page.locator('main dd a[href*="/block/"]').first().click())
      await page.goBack()
      await follow(() => page.locator('main dd a[href*="/account/"]').first().click())
      assert.match(path(), /^\/account\/0x/)
    }))

  test('shows what a transaction said and called, in words', () =>
    look(desktop, async ({ page, visit, follow }) => {
      await visit(`/l2/block/${Number(swap.blockNumber)}`)
      await follow(() => page.locator(`main a[href="/l2/tx/${swap.transactionHash}"]`).click())
      const logs = page.locator('ol.logs > li')
      assert.equal(await logs.count(), swap.logs.length)
      const transfer = logs.filter({ hasText: 'Transfer' }).first()
      assert.deepEqual(await transfer.locator('dt').allInnerTexts(), ['from', 'to', 'value'])
      const calls = page.locator('ul.trace')
      assert.ok((await calls.locator('li li').count()) > 0, 'calls within calls')
      assert.match(await calls.innerText(), /CALL .*\(.*\).* gas/)
    }))

  test('shows new blocks and batches without being loaded again', () =>
    look(desktop, async ({ page, visit }) => {
      await visit('/')
      await page.evaluate(() => (globalThis.sameDocument = true))
      const number = async (name) => {
        const text = await page.locator(`[data-live="${name}.latest.number"]`).innerText()
        return Number(text.replaceAll(',', ''))
      }
      for (const name of ['l1', 'l2']) {
        const first = await number(name)
        await waitFor(`the head of the ${name} to rise twice`, async () => (await number(name)) >= first + 2)
        assert.ok((await number(name)) <= Number(await rpc(network[name].http, 'eth_blockNumber')))
      }
      const newest = () => page.locator('#batches tbody td').first().innerText()
      const seen = Number(await newest())
      await waitFor('one more batch', async () => Number(await newest()) > seen)
      await waitFor('three charts', async () => (await page.locator('.chart canvas').count()) === 3)
      assert.ok(await page.evaluate(() => globalThis.sameDocument), 'the same document all the time')
    }))

  test('fits a phone: no page scrolls sideways, and one gets around by touch', () =>
    look(phone, async ({ page, visit, follow, path }) => {
      for (const [name, where] of Object.entries(pages)) {
        await visit(where)
        assert.deepEqual(await tooWide(page), [], name)
      }
      for (const [name, where] of [['Earnings', '/earnings'], ['Explorer', '/explorer'], ['Network', '/']]) {
        const link = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name })
        await follow(() => link.tap())
        assert.equal(path(), where)
      }
      const search = page.getByRole('searchbox', { name: 'Search' })
      await search.tap()
      await search.fill(swap.transactionHash)
      await follow(() => page.getByRole('button', { name: 'Search' }).tap())
      assert.equal(path(), `/l2/tx/${swap.transactionHash}`)
    }))

  test('keeps nobody out, in light and dark, on a phone and on a desk, as far as axe sees', () =>
    look(desktop, async ({ page, visit }) => {
      const found = []
      for (const [name, where] of Object.entries(pages)) {
        await visit(where)
        for (const { viewport } of [desktop, phone]) {
          await page.setViewportSize(viewport)
          for (const colorScheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme })
            const barred = await barriers(page)
            found.push(...barred.map((one) => `${name}, ${viewport.width} wide, ${colorScheme}: ${one}`))
          }
        }
      }
      assert.deepEqual(found, [])
    }))

  test('is used without a mouse', () =>
    look(desktop, async ({ page, visit, follow, path }) => {
      await visit('/')
      const focused = page.locator(':focus')
      await page.keyboard.press('Tab')
      assert.equal(await focused.innerText(), 'Skip to content')
      const { x, y } = await focused.boundingBox()
      assert.ok(x >= 0 && y >= 0, 'it is seen once it has the focus')
      await page.keyboard.press('Enter')
      assert.equal(await focused.getAttribute('id'), 'main')

      await visit('/')
      const isSearch = async () => (await focused.getAttribute('id')) === 'search'
      for (let steps = 0; steps < 10; steps++) {
        await page.keyboard.press('Tab')
        if (await isSearch()) break
      }
      assert.ok(await isSearch(), 'the search comes soon')
      await page.keyboard.type(swap.transactionHash)
      await follow(() => page.keyboard.press('Enter'))
      assert.equal(path(), `/l2/tx/${swap.transactionHash}`)
    }))

  test('is pictured in light and dark', async () => {
    const repository = fileURLToPath(new URL('../../docs/screenshots', import.meta.url))
    const place = pictures ? repository : join(home.path, 'screenshots')
    await mkdir(place, { recursive: true })
    for (const colorScheme of ['light', 'dark']) {
      await look({ ...desktop, colorScheme }, async ({ page, visit }) => {
        for (const [name, where, drawn] of [['network', '/', '.chart canvas'], ['earnings', '/earnings', 'main svg']]) {
          await visit(where)
          await page.locator(drawn).last().waitFor()
          const values = page.locator('.chart-box .value')
          await waitFor('values of all charts', async () => (await values.allInnerTexts()).every((text) => !text.includes('–')))
          const path = join(place, `${name}-${colorScheme}.png`)
          await page.screenshot({ path, fullPage: true })
          assertPicture(await readFile(path))
        }
      })
    }
  })
})

/// Signature, width, and more than an empty page would have.
function assertPicture(png) {
  assert.equal(png.subarray(1, 4).toString(), 'PNG')
  assert.equal(png.readUInt32BE(16), desktop.viewport.width)
  assert.ok(png.length > 20_000, `${png.length} bytes`)
}

describe('the API of the dashboard', () => {
  test('has everything that its description names, and answers as it says', async () => {
    const description = await api(origin, '/openapi.json')
    assert.match(description.openapi, /^3\./)
    const accounts = await api(origin, '/earnings/accounts')
    const { lines } = await api(origin, `/earnings/accounts/${accounts[0].address}/lines`)
    const known = { address: accounts[0].address, id: lines[0].id, hash: swap.transactionHash, layer: 'l2' }
    const asked = Object.entries(description.paths)
    assert.ok(asked.length > 10)
    for (const [path, methods] of asked) {
      assert.deepEqual(Object.keys(methods).filter((name) => name !== 'parameters'), ['get'], path)
      const parameters = [...(methods.parameters ?? []), ...(methods.get.parameters ?? [])]
      const named = (name) => known[name] ?? assert.fail(`${path} asks for ${name}, which this test does not know`)
      const required = parameters.filter((one) => one.in === 'query' && one.required)
      const query = new URLSearchParams(required.map(({ name }) => [name, named(name)]))
      await assertAnswers(path.replaceAll(/\{(\w+)\}/g, (_, name) => named(name)), query, methods.get)
    }
  })

  test('streams the network and its new blocks to whoever listens', async () => {
    const stop = new AbortController()
    const response = await fetch(`${origin}/api/v1/events`, { signal: stop.signal })
    let text = ''
    for await (const bytes of response.body) {
      text += Buffer.from(bytes).toString()
      const told = [...text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(([, name, data]) => [name, JSON.parse(data)])
      if (['network', 'blocks'].every((name) => told.some(([event]) => event === name))) {
        assert.equal(told[0][0], 'network')
        assert.ok(told[0][1].l2.latest.number > 0)
        break
      }
    }
    stop.abort()
  })

  test('refuses in JSON', async () => {
    for (const [path, status] of [
      ['/earnings/report?by=nothing', 400],
      ['/earnings/lines/999999999', 404],
      ['/earnings/accounts/nobody/lines', 400],
      ['/network/blocks', 400],
    ]) {
      const response = await fetch(`${origin}/api/v1${path}`)
      assert.equal(response.status, status, path)
      assert.ok((await response.json()).error.length > 10, path)
    }
  })
})

async function assertAnswers(path, query, { responses }) {
  const stop = new AbortController()
  const response = await fetch(`${origin}${path}?${query}`, { signal: stop.signal })
  assert.equal(response.status, 200, path)
  const type = response.headers.get('content-type').split(';')[0]
  assert.ok(Object.keys(responses['200'].content).includes(type), `${path}: ${type} is not as described`)
  if (type === 'application/json') await response.json()
  stop.abort()
}
