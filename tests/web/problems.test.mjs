// What is unknown, missing or silent: a page that says what to do.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { barriers, openBrowser, openWindow } from './support/browser.mjs'
import { chainsOnly, folder, up, web } from './support/network.mjs'
import { waitFor } from './support/wait.mjs'

const hash = `0x${'11'.repeat(32)}`

let home, network, site, origin, browser

before(async () => {
  home = await folder()
  network = await up(home.path, { flags: chainsOnly })
  site = await web(['--node', network.l2.http])
  origin = site.web
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await site?.stop()
  await network?.stop()
  await home?.remove()
})

async function look(see) {
  const window = await openWindow(browser, origin)
  try {
    await see(window)
    return window.problems
  } finally {
    await window.close()
  }
}

/// The words of a page, which has its navigation and search as every other.
async function words({ page, visit }, path, status) {
  await visit(path, status)
  assert.equal(await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link').count(), 3, path)
  assert.ok(await page.getByRole('searchbox', { name: 'Search' }).isVisible(), path)
  return page.locator('main').innerText()
}

describe('the dashboard of a node alone', () => {
  test('says what it lacks, and how to give it', async () => {
    const problems = await look(async (window) => {
      assert.match(await words(window, '/earnings', 404), /No books.*--db/s)
      assert.match(await words(window, '/line/1', 404), /No books.*--db/s)
      assert.match(await words(window, '/l1/block/latest', 404), /--l1/)
      assert.match(await words(window, '/', 200), /--l1/)
      const { address } = network.accounts[0]
      assert.match(await words(window, `/account/${address}`, 200), /Balance.*No books/s)
      assert.match(await words(window, '/explorer', 200), /Newest blocks of the L2/)
    })
    assert.deepEqual(problems, [])
  })

  test('says of what does not exist that it does not, on a page', async () => {
    const problems = await look(async (window) => {
      for (const [path, status] of [
        ['/l2/block/999999999', 404],
        [`/l2/block/${hash}`, 404],
        ['/l2/block/-1', 400],
        [`/l2/block/99999999999999999999999999`, 400],
        [`/l2/tx/${hash}`, 404],
        ['/l2/tx/0x11', 400],
        ['/account/0x11', 400],
        ['/account/nobody', 400],
        ['/line/x', 400],
        ['/search?q=', 400],
        [`/search?q=${'x'.repeat(101)}`, 400],
        ['/search?q=nobody', 404],
        [`/search?q=${hash}`, 404],
        ['/search?q=999999999', 404],
        ['/nowhere', 404],
        ['/l3/block/1', 400],
        ['/l2/block/1?from=x', 400],
        ['/earnings?chain=x', 400],
      ]) {
        const said = await words(window, path, status)
        assert.ok(said.split('\n').filter((line) => line.trim()).length >= 3, `${path}: what is wrong, and what to do: ${said}`)
        assert.deepEqual(await barriers(window.page), [], path)
      }
    })
    assert.deepEqual(problems, [])
  })

  test('only shows: what would change something is refused, to people on a page and to programs in JSON', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      for (const path of ['/', '/earnings', '/assets/style.css', '/api/v1/network', '/api/v1/events']) {
        const response = await fetch(origin + path, { method })
        assert.equal(response.status, 405, `${method} ${path}`)
        const words = path.startsWith('/api/') ? /^\{"error":"This dashboard only shows/ : /<h1>Read-only<\/h1>/
        assert.match(await response.text(), words, `${method} ${path}`)
      }
    }
  })

  test('answers to no name but its own, so that no page of others reads it', async () => {
    const { port } = new URL(origin)
    const status = (host, path) =>
      new Promise((answered, failed) => {
        const headers = { host }
        const asked = request({ host: '127.0.0.1', port, path, headers }, (response) => {
          response.resume()
          answered(response.statusCode)
        })
        asked.on('error', failed).end()
      })
    for (const path of ['/', '/api/v1/network', '/api/v1/events', '/assets/app.js', '/nowhere']) {
      for (const host of ['evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`, `127.0.0.1.evil.example`]) {
        assert.equal(await status(host, path), 421, `${host}${path}`)
      }
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) assert.equal(await status(host, '/'), 200, host)
  })
})

test('a node that dies is said to be silent while all that it said stays; when it is back, the page goes on', async () => {
  const [l1, l2] = ['l1', 'l2'].map((name) => new URL(network[name].http).port)
  await look(async ({ page, visit }) => {
    await visit('/')
    await page.evaluate(() => (globalThis.sameDocument = true))
    const head = page.locator('[data-live="l2.latest.number"]')
    const silence = page.locator('[data-live="l2.silent"]')
    const number = async () => Number((await head.innerText()).replaceAll(',', ''))
    await waitFor('blocks', async () => (await number()) > 1)
    assert.ok(await silence.isHidden())

    await network.kill()
    await waitFor('the page to say that the node is silent', () => silence.isVisible())
    assert.match(await silence.innerText(), /does not answer/)
    const last = await number()
    assert.ok(last > 1, 'what it said last is shown')
    await look(async (window) => {
      // Again and again: whoever comes while the node is left alone after it failed must hear it too.
      for (let round = 0; round < 5; round++) {
        const said = await words(window, '/', 200)
        assert.match(said, /does not answer/)
        assert.match(await words(window, '/l2/block/1', 502), /does not answer.*See whether/s)
        assert.match(await words(window, `/search?q=${hash}`, 502), /does not answer/)
        await words(window, '/explorer', 200)
      }
    })

    network = await up(home.path, { l1, l2, flags: chainsOnly })
    await waitFor('new blocks on the same page', async () => (await number()) > last)
    assert.ok(await silence.isHidden(), 'nothing is said of silence any more')
    assert.ok(await page.evaluate(() => globalThis.sameDocument), 'the same document all the time')
  })
})

test('a page whose dashboard is gone says so, and goes on when it is back', async () => {
  const { port } = new URL(origin)
  await look(async ({ page, visit }) => {
    await visit('/')
    const banner = page.locator('#connection')
    const head = page.locator('[data-live="l2.latest.number"]')
    await site.stop()
    await waitFor('the page to say that the dashboard is gone', () => banner.isVisible())
    assert.ok((await banner.innerText()).length > 10)
    const last = await head.innerText()
    site = await web(['--node', network.l2.http], port)
    await waitFor('the page to go on', async () => (await banner.isHidden()) && (await head.innerText()) !== last)
  })
})
