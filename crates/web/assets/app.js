// What pages do while somebody looks: numbers follow the server's events, charts grow, sections are fetched anew.
// Without this every page still shows what was true when it was asked for.

'use strict'

/// Where nothing is known.
const dash = '–'
/// Blocks of each layer that charts show: as many as the server keeps.
const mostBlocks = 300
/// Milliseconds between two fetches of the page, and before a stream that was refused is tried again.
const refreshPause = 3_000
const retryPause = 5_000
const outage = 'The dashboard does not answer: trying again. What is shown is from before.'

// --- Text: each of these says exactly what the server says (src/text.rs, src/pages/network.rs). ---

/// A number with its thousands apart.
function integer(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',')
}

/// Wei as ether, cut after nine digits; what would become nothing keeps its first three.
function ether(wei) {
  const digits = (wei < 0n ? -wei : wei).toString().padStart(19, '0')
  const fraction = digits.slice(-18).replace(/0+$/, '')
  const zeros = fraction.search(/[1-9]/)
  const cut = fraction.slice(0, Math.max(9, zeros + 3)).replace(/0+$/, '')
  return `${wei < 0n ? '-' : ''}${digits.slice(0, -18)}${cut && '.'}${cut} ETH`
}

/// Whether a follower has the same chain.
function agreement({ state, block, reason }) {
  switch (state) {
    case 'agrees': return `A follower that derives everything from L1 agrees up to block ${integer(block)}.`
    case 'differs': return `THE FOLLOWER DIFFERS at or before block ${integer(block)}: do not trust this chain.`
    case 'rests': return `Nobody compares now: ${reason}`
    default: return 'No follower is compared with.'
  }
}

function silence(reason) {
  return `${reason}. What is shown is what it said last; it is asked again all the time. See whether it runs.`
}

const formats = {
  integer,
  agreement,
  silent: silence,
  decimal: number => number.toFixed(2),
  whole: number => integer(number.toFixed(0)),
  times: times => (times === 0 ? 'nothing now: the L1 is cheaper' : `${integer(times)} times cheaper`),
}

// --- Numbers that live. ---

/// Writes only what is new, so that what somebody has selected stays selected.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

function showEther(element, value) {
  const wei = BigInt(value)
  let amount = element.querySelector(':scope > data.amount')
  if (!amount) {
    amount = document.createElement('data')
    amount.className = 'amount'
    element.replaceChildren(amount)
  }
  amount.value = String(wei)
  amount.title = `${wei} wei`
  amount.classList.toggle('negative', wei < 0n)
  setText(amount, ether(wei))
}

function show(element, value) {
  const format = element.dataset.format
  if (format === 'silent') element.hidden = value === null
  if (value === null) setText(element, format === 'silent' ? '' : dash)
  else if (format === 'ether') showEther(element, value)
  else if (format in formats) setText(element, formats[format](value))
}

function showNetwork(network) {
  for (const element of document.querySelectorAll('[data-live]')) {
    show(element, element.dataset.live.split('.').reduce((at, key) => at?.[key], network) ?? null)
  }
}

// --- Charts. ---

const blocks = { l1: [], l2: [] }
const charts = new Map()

/// What each chart shows: names of its lines, layers that it needs, columns (time first), and how a value reads.
const kinds = {
  transactions: { lines: ['L2'], layers: ['l2'], data: () => rates(block => block.transactions), text: short },
  gas: { lines: ['L2'], layers: ['l2'], data: () => rates(block => block.gas_used), text: short },
  // Between the layers are powers of ten.
  fees: { lines: ['L2', 'L1'], layers: ['l2', 'l1'], data: baseFees, text: short, isLogarithmic: true },
  balance: { lines: ['ETH'], layers: [], data: chart => chart.balances, text: exact, hasSteps: true },
}

/// What the blocks of each second held, a second. Where blocks are missing nothing is known.
function rates(value) {
  const [times, values] = [[], []]
  let [before, seconds, sum] = [null, 0, 0]
  for (const block of blocks.l2) {
    const isNext = before !== null && block.number === before.number + 1
    if (isNext && block.time === before.time && times.length) {
      // Several blocks in one second are one point.
      sum += value(block)
      values[values.length - 1] = seconds ? sum / seconds : null
    } else if (before !== null) {
      ;[seconds, sum] = [isNext ? block.time - before.time : 0, value(block)]
      times.push(block.time)
      values.push(seconds > 0 ? sum / seconds : null)
    }
    before = block
  }
  return [times, values]
}

/// Base fees of both layers in gwei, over the time that the L2's blocks span.
function baseFees() {
  const column = of => {
    // A logarithm has no place for nothing.
    const fees = new Map(of.map(({ time, base_fee: fee }) => [time, fee === null ? null : Number(fee) / 1e9 || null]))
    return [[...fees.keys()], [...fees.values()]]
  }
  const first = blocks.l2[0]?.time ?? 0
  return uPlot.join([column(blocks.l2), column(blocks.l1.filter(block => block.time >= first))])
}

/// A value for the eye: 1.23M, 12.5, 0.0071, 7e-9.
function short(value) {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(2).replace(/\.?0*e/, 'e')
  return new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 }).format(value)
}

/// Ether of which every millionth counts.
function exact(value) {
  return new Intl.NumberFormat('en', { maximumFractionDigits: 6 }).format(value)
}

/// A time of UTC, as everywhere on the pages: as much of it as tells two of `span` seconds apart.
function utc(seconds, span) {
  const text = new Date(seconds * 1_000).toISOString()
  if (span > 2 * 86_400) return text.slice(5, 10)
  return text.slice(11, span > 1_800 ? 16 : 19)
}

/// A colour of style.css, asked for at every drawing: it changes with the scheme.
function colour(name) {
  return () => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function options(chart) {
  const { kind, element } = chart
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  }
  const times = (plot, splits) => splits.map(at => utc(at, plot.scales.x.max - plot.scales.x.min))
  const line = (name, place) => ({
    label: name,
    stroke: colour(`--chart-${place + 1}`),
    fill: place === 0 && !kind.isLogarithmic ? colour('--chart-fill') : undefined,
    // Lines differ by more than their colour.
    dash: place === 0 ? undefined : [6, 4],
    width: 1.5,
    spanGaps: kind.lines.length > 1,
    paths: kind.hasSteps ? uPlot.paths.stepped({ align: 1 }) : undefined,
    points: { show: kind.hasSteps ? undefined : false },
  })
  return {
    ...sizeOf(element),
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    tzDate: seconds => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    scales: {
      y: kind.isLogarithmic
        ? { distr: 3, range: (_, min, max) => (min > 0 ? uPlot.rangeLog(min, max, 10, true) : [0.1, 10]) }
        : { range: (_, min, max) => spread(kind.hasSteps ? min : 0, max) },
    },
    axes: [
      { ...axis, values: times, space: 70, size: 28 },
      {
        ...axis,
        grid: { ...axis.grid, ...(kind.isLogarithmic && { filter: powers }) },
        values: (_, splits) => splits.map(at => (at === null ? '' : short(at))),
        space: 30,
        size: 60,
      },
    ],
    series: [{}, ...kind.lines.map(line)],
    hooks: { setCursor: [() => readOut(chart)] },
  }
}

/// The powers of ten: lines for all that is between them would be all that is seen.
function powers(_, splits) {
  return splits.map(at => (Math.abs(Math.log10(at) % 1) < 1e-9 ? at : null))
}

/// With some air. A balance need not begin at nothing: its changes could not be seen.
function spread(min, max) {
  if (!(max > 0)) return [0, 1]
  const air = (max - min || max) / 10
  return [Math.max(0, min - air), max + air]
}

function sizeOf(element) {
  return { width: element.clientWidth, height: element.clientHeight }
}

/// The newest value at a place: lines of two layers have their values at different times.
function valueAt(values, place) {
  while (place >= 0 && values[place] == null) place -= 1
  return place < 0 ? null : values[place]
}

/// Says beside the title what is under the cursor, or the newest.
function readOut(chart) {
  if (!chart.plot) return
  const { kind, plot: { data: [times, ...lines], cursor } } = chart
  const isNamed = lines.length > 1
  const said = (values, place, index) => {
    const value = valueAt(values, place)
    return `${isNamed ? `${kind.lines[index]} ` : ''}${value === null ? dash : kind.text(value)}`
  }
  const place = cursor.idx ?? times.length - 1
  chart.values.forEach((element, index) => setText(element, said(lines[index], place, index)))
  setText(chart.when, cursor.idx == null ? '' : `${utc(times[place], 0)} UTC`)
  if (cursor.idx == null) {
    const newest = lines.map((values, index) => said(values, times.length - 1, index)).join(', ')
    chart.element.setAttribute('aria-label', `${chart.title}: ${newest}`)
  }
}

function draw(chart) {
  chart.plot.setData(chart.kind.data(chart))
  readOut(chart)
}

/// Starts the charts that are new on the page, and forgets those that have left it.
function findCharts() {
  if (!window.uPlot) return
  for (const [element, chart] of charts) {
    if (element.isConnected) continue
    sizes.unobserve(element)
    chart.plot.destroy()
    charts.delete(element)
  }
  for (const element of document.querySelectorAll('[data-chart]')) {
    const kind = kinds[element.dataset.chart]
    if (kind && !charts.has(element)) charts.set(element, newChart(element, kind))
  }
}

function newChart(element, kind) {
  const span = (name, ...content) => {
    const made = Object.assign(document.createElement('span'), { className: name })
    made.append(...content)
    return made
  }
  const values = kind.lines.map((_, place) => span(`chart-${place + 1}`))
  const title = element.getAttribute('aria-label')
  const chart = { element, kind, values, title, when: span('when'), balances: [[], []] }
  element.closest('figure')?.querySelector('figcaption')?.append(' ', span('values', ...values.flatMap(it => [it, ' '])))
  element.append(chart.when)
  chart.plot = new uPlot(options(chart), [[], ...kind.lines.map(() => [])], element)
  readOut(chart)
  sizes.observe(element)
  return chart
}

const sizes = new ResizeObserver(entries => {
  for (const { target } of entries) charts.get(target)?.plot.setSize(sizeOf(target))
})

/// Takes in new blocks. After a reorg they are in the place of those that are lost.
function append(layer, added) {
  if (!added.length) return
  const kept = blocks[layer].filter(block => block.number < added[0].number)
  blocks[layer] = [...kept, ...added].slice(-mostBlocks)
}

function drawBlocks() {
  for (const chart of charts.values()) if (chart.kind.layers.length) draw(chart)
}

/// An answer of the API; null if there is none now: the next event asks again.
async function ask(url) {
  try {
    const response = await fetch(url)
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}

/// Loads what was before the stream began. What the stream has told meanwhile comes after it.
async function loadBlocks() {
  const layers = new Set([...charts.values()].flatMap(chart => chart.kind.layers))
  await Promise.all([...layers].map(async layer => {
    const history = await ask(`/api/v1/network/blocks?layer=${layer}`)
    if (!history?.length) return
    const later = blocks[layer].filter(block => block.number > history.at(-1).number)
    blocks[layer] = [...history, ...later].slice(-mostBlocks)
  }))
  drawBlocks()
}

/// Loads the balances of accounts: ether in the wallet, the last of each time.
async function loadBalances() {
  for (const chart of [...charts.values()].filter(({ element }) => element.dataset.source)) {
    const { source, chain } = chart.element.dataset
    const page = await ask(source)
    if (!page) continue
    const balances = new Map()
    for (const line of [...page.lines].reverse()) {
      const isShown = line.token === 'ether' && line.position === 'wallet' && String(line.chain) === chain
      if (isShown) balances.set(line.time, Number(line.balance) / 1e18)
    }
    chart.balances = [[...balances.keys()], [...balances.values()]]
    if (charts.has(chart.element)) draw(chart)
  }
}

// --- Sections that are fetched anew. ---

/// What they may depend on, as it was last told.
let told = {}
/// What has changed since they were fetched.
const stale = new Set()
let fetched = 0
let timer = null

function noteChanges({ books, batches, l1, l2 }) {
  // What batches brought comes from the books.
  const depends = { books, batches: [batches, books], blocks: [l1?.latest, l2.latest] }
  for (const [name, value] of Object.entries(depends)) {
    const now = JSON.stringify(value)
    if (name in told && told[name] !== now) stale.add(name)
    told[name] = now
  }
  if (stale.size && timer === null) timer = setTimeout(refresh, Math.max(0, fetched + refreshPause - Date.now()))
}

async function refresh() {
  if (!document.hidden) {
    const names = [...stale]
    stale.clear()
    await Promise.all([refreshSections(names), names.includes('books') && loadBalances()])
  }
  ;[fetched, timer] = [Date.now(), null]
}

/// Whether somebody is busy in it: it stays as it is until the next change.
function isInUse(section) {
  const selection = getSelection()
  const isSelected = selection.type === 'Range' && selection.containsNode(section, true)
  return isSelected || section.contains(document.activeElement)
}

async function refreshSections(names) {
  const sections = [...document.querySelectorAll('section[id][data-refresh]')]
  const wanted = sections.filter(section => names.includes(section.dataset.refresh) && !isInUse(section))
  if (!wanted.length) return
  let page
  try {
    const response = await fetch(location.href)
    if (!response.ok) return
    page = new DOMParser().parseFromString(await response.text(), 'text/html')
  } catch {
    return
  }
  for (const section of wanted) {
    const fresh = page.getElementById(section.id)
    if (fresh && !isInUse(section) && !fresh.isEqualNode(section)) replace(section, fresh)
  }
  findCharts()
}

/// Charts, and where tables were scrolled to, stay.
function replace(section, fresh) {
  for (const [element] of charts) {
    if (!section.contains(element)) continue
    const { chart, source = '', chain = '' } = element.dataset
    const same = [...fresh.querySelectorAll('[data-chart]')].find(({ dataset }) =>
      dataset.chart === chart && (dataset.source ?? '') === source && (dataset.chain ?? '') === chain)
    same?.closest('figure')?.replaceWith(element.closest('figure'))
  }
  const scrolled = [...section.querySelectorAll('.scroll')].map(region => [region.scrollLeft, region.scrollTop])
  section.replaceChildren(...fresh.childNodes)
  section.querySelectorAll('.scroll').forEach((region, place) => region.scrollTo(...(scrolled[place] ?? [0, 0])))
}

// --- The stream. ---

let stream = null
let retry = null

function open() {
  clearTimeout(retry)
  stream?.close()
  stream = new EventSource('/api/v1/events')
  stream.addEventListener('open', () => {
    tell(null)
    loadBlocks()
  })
  stream.addEventListener('error', () => {
    tell(outage)
    // A browser does not try again by itself after an answer that is no stream.
    if (stream?.readyState === EventSource.CLOSED) retry = setTimeout(open, retryPause)
  })
  stream.addEventListener('network', ({ data }) => {
    const network = JSON.parse(data)
    showNetwork(network)
    noteChanges(network)
  })
  stream.addEventListener('blocks', ({ data }) => {
    const { l1, l2 } = JSON.parse(data)
    append('l1', l1)
    append('l2', l2)
    drawBlocks()
  })
}

function close() {
  clearTimeout(retry)
  stream?.close()
  stream = null
}

function tell(words) {
  const banner = document.getElementById('connection')
  banner.hidden = words === null
  setText(banner, words ?? '')
}

/// A page that nobody sees holds no stream: a browser has six connections to a server, and a stream keeps one.
function followVisibility() {
  if (document.hidden) close()
  else if (!stream) open()
}

findCharts()
loadBalances()
followVisibility()
document.addEventListener('visibilitychange', followVisibility)
addEventListener('pagehide', close)
addEventListener('pageshow', followVisibility)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of charts.values()) chart.plot.redraw()
})
