// Chromium, and what one sees in it.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const desktop = { viewport: { width: 1280, height: 800 } }
export const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

/// Debian's Chromium, or the one that CHROMIUM names. It asks nobody for anything by itself.
export function openBrowser() {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'chromium'))
  const executablePath = process.env.CHROMIUM ?? places.find(existsSync)
  assert.ok(executablePath, 'no chromium on the PATH, and CHROMIUM names none: see README.md')
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  })
}

/// A window on the dashboard at `origin`, and everything that goes wrong in it: errors in its console or its scripts,
/// dialogs, and requests to anybody else.
export async function openWindow(browser, origin, options = desktop) {
  const context = await browser.newContext(options)
  // Before any page and outside its policy, which lets nothing in from elsewhere.
  await context.addInitScript({ content: axe })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const problems = watch(page, origin)

  /// Goes to a page as one who types its address.
  const visit = async (path, status = 200) => checked(await page.goto(origin + path), status)
  /// Clicks, or whatever else leads to another page.
  const follow = async (act, status = 200) => {
    const isPage = (response) =>
      response.request().isNavigationRequest() && (response.status() < 300 || response.status() >= 400)
    const [response] = await Promise.all([page.waitForResponse(isPage), page.waitForEvent('load'), act()])
    return checked(response, status)
  }
  const checked = async (response, status) => {
    const where = response.url()
    assert.equal(response.status(), status, where)
    assert.match(response.headers()['content-security-policy'] ?? '', /default-src 'none'/, where)
    assert.match(response.headers()['content-type'], /^text\/html/, where)
    assert.equal(await page.locator('h1').count(), 1, `${where}: one title`)
    return response
  }
  const path = () => page.url().slice(origin.length)
  return { page, problems, visit, follow, path, close: () => context.close() }
}

function watch(page, origin) {
  const problems = []
  const isOurs = (url) => url.startsWith(`${origin}/`) || url.startsWith('data:')
  page.on('console', (message) => {
    // That a page is one of an error is told by its status.
    const isPage = message.location().url === page.url() && message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isPage) problems.push(`${page.url()}: console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error}`))
  page.on('request', (request) => {
    if (!isOurs(request.url())) problems.push(`${page.url()}: asks ${request.url()}`)
  })
  page.on('dialog', (dialog) => {
    problems.push(`${page.url()}: a dialog says ${dialog.message()}`)
    return dialog.dismiss()
  })
  return problems
}

/// What axe finds that keeps people from using the page: each with where it is.
export const barriers = (page) =>
  page.evaluate(async () => {
    // Until the window has its new size and colours.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    const { violations } = await globalThis.axe.run(document, { preload: false, resultTypes: ['violations'] })
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    return grave.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary.replaceAll('\n', ' ')}`),
    )
  })

/// What makes the whole page scroll sideways in a window that wide; tables that scroll by themselves do not.
export const tooWide = (page) =>
  page.evaluate((width) => {
    const needed = document.documentElement.scrollWidth
    if (needed <= width) return []
    const scrolls = (element) => element !== document.body && getComputedStyle(element).overflowX !== 'visible'
    const isInside = (element) => {
      for (let at = element.parentElement; at; at = at.parentElement) if (scrolls(at)) return true
      return false
    }
    const isWide = (element) => element.getBoundingClientRect().right > width || element.scrollWidth > width
    const beyond = [...document.body.querySelectorAll('*')].filter((element) => isWide(element) && !isInside(element))
    return [`${needed} pixels`, ...beyond.slice(-5).map((element) => element.outerHTML.slice(0, 160))]
  }, page.viewportSize().width)

/// The figures of a page by their names: the text, and the exact amount where there is one.
export const figures = async (page) => {
  const found = await page.locator('main dl.figures > .figure, main dl > .figure').evaluateAll((all) =>
    all.map((one) => [
      one.querySelector('dt').textContent,
      { text: one.querySelector('dd').textContent, value: one.querySelector('dd data')?.value },
    ]),
  )
  return Object.fromEntries(found)
}
