import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join, relative } from 'node:path'
import test, { after, before } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { chromium, type Browser, type Page } from 'playwright-core'
import { canonical } from '../suites/canonical.ts'
import { turn } from '../reports/catalog/actions.ts'
import { publish } from '../reports/catalog/publish.ts'
import { openStore, type Store } from '../reports/catalog/store.ts'
import { DAY, NOW, testStore, type TestStore } from './support/catalog.ts'

const CHROMIUM = '/usr/bin/chromium'
const limit = { timeout: 120_000 }
const AS_OF = '2026-11-24'
/** What a device or its maker might call itself. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'&amp;</script>'

let s: TestStore
let site: string
let server: Server
let base: string
let browser: Browser | null = null

async function opened(): Promise<Store> {
  const store = await openStore(s.path)
  assert.ok(store.ok, JSON.stringify(store))
  return store.value
}

before(async () => {
  s = await testStore({ demo: true })
  site = join(s.directory, 'site')
  const products = [
    ['HongHa', 'HH-C210', '2.4.1'],
    ['Đại Việt', 'DV-IPC 4MP', 'V5.5.82 build 190909'],
    ['=cmd|x', HOSTILE, '1.10'],
    ['LotusCam', 'LX-20', `7.0.0-${'x'.repeat(90)}`],
    ['Sông Đà', 'SD-8', '3.0'],
  ] as const
  for (const [i, [brand, model, version]] of products.entries()) {
    const admission = await s.admit(
      {
        statement: (x) => {
          x.dut.brand = brand
          x.dut.model = model
          x.dut.firmware = { version, link: 'dumped' }
        },
      },
      NOW + i,
    )
    assert.ok(admission.admitted, JSON.stringify(admission))
  }
  assert.ok((await turn(s.writing(NOW + DAY), 'DEMO-2026-0004', 'suspended', '<b>Under examination</b>')).ok)
  assert.ok((await turn(s.writing(NOW + 2 * DAY), 'DEMO-2026-0005', 'withdrawn', 'Ảnh firmware đã bị thay.')).ok)
  const published = await publish(await opened(), site, AS_OF)
  assert.ok(published.ok, JSON.stringify(published))
  server = createServer((request, response) => {
    const path = join(site, decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname))
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.css': 'text/css',
      '.js': 'text/javascript',
      '.svg': 'image/svg+xml',
    }
    if (!existsSync(path) || !statSync(path).isFile()) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(readFileSync(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  if (existsSync(CHROMIUM))
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'], timeout: 60_000 })
}, limit)

after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  s?.remove()
})

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => relative(directory, join(f.parentPath, f.name)))
    .sort()
const htmlFiles = (): string[] => filesIn(site).filter((f) => f.endsWith('.html'))
const read = (name: string): string => readFileSync(join(site, name), 'utf8')

test('the same events and day give the same bytes, and publishing again replaces the site', limit, async () => {
  const other = join(s.directory, 'other')
  assert.ok((await publish(await opened(), other, AS_OF)).ok)
  assert.deepEqual(filesIn(other), filesIn(site))
  for (const name of filesIn(site))
    assert.equal(Buffer.compare(readFileSync(join(site, name)), readFileSync(join(other, name))), 0, name)
  writeFileSync(join(other, 'stray.html'), 'left over')
  assert.ok((await publish(await opened(), other, '2026-12-01')).ok)
  assert.ok(!existsSync(join(other, 'stray.html')))
  assert.match(readFileSync(join(other, 'index.html'), 'utf8'), /01\/12\/2026/)
  assert.deepEqual(
    readdirSync(s.directory).filter((f) => f.startsWith('.')),
    [],
  )
})

test('a foreign directory is left alone, and what was published once is not rewritten', limit, async () => {
  const codes = async (directory: string, asOf = AS_OF) => {
    const result = await publish(await opened(), directory, asOf)
    return result.ok ? [] : result.faults.map((f) => f.code)
  }
  const foreign = join(s.directory, 'foreign')
  mkdirSync(foreign)
  assert.deepEqual(await codes(foreign), [], 'an empty directory is taken')
  rmSync(foreign, { recursive: true })
  mkdirSync(foreign)
  writeFileSync(join(foreign, 'thesis.txt'), 'mine')
  assert.deepEqual(await codes(foreign), ['directory-foreign'])
  assert.equal(readFileSync(join(foreign, 'thesis.txt'), 'utf8'), 'mine')
  const another = await testStore({ demo: true })
  try {
    const store = await openStore(another.path)
    assert.ok(store.ok)
    const result = await publish(store.value, site, AS_OF)
    assert.deepEqual(result.ok ? [] : result.faults.map((f) => f.code), ['history-differs'])
  } finally {
    another.remove()
  }
  assert.deepEqual(await codes(join(s.directory, 'x'), '2026-11-22'), ['date-before-last-event'])
  assert.deepEqual(await codes(join(s.directory, 'x'), 'today'), ['date-wrong'])
  const { state, path } = await opened()
  const copy = join(path, 'reports', `${state.standings[0]!.entry.report.digest}.asice`)
  const bytes = readFileSync(copy)
  writeFileSync(copy, 'exchanged')
  assert.deepEqual(await codes(join(s.directory, 'x')), ['copy-changed'])
  rmSync(copy)
  assert.deepEqual(await codes(join(s.directory, 'x')), ['copy-missing'])
  writeFileSync(copy, bytes)
})

test("catalog.json is canonical and fits its schema; the log is the store's; tables are safe", async () => {
  const text = read('catalog.json')
  const data = JSON.parse(text) as { demo: boolean; asOf: string; entries: { status: string; entry: { id: string } }[] }
  assert.equal(text, `${canonical(data)}\n`)
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(read('catalog.schema.json')) as object)
  assert.ok(validate(data), JSON.stringify(validate.errors))
  assert.deepEqual([data.demo, data.asOf], [true, AS_OF])
  assert.deepEqual(
    data.entries.map((e) => `${e.entry.id} ${e.status}`),
    [
      'DEMO-2026-0005 withdrawn',
      'DEMO-2026-0004 suspended',
      'DEMO-2026-0003 approved',
      'DEMO-2026-0002 approved',
      'DEMO-2026-0001 approved',
    ],
  )
  assert.equal(read('events.jsonl'), readFileSync(join(s.path, 'events.jsonl'), 'utf8'))
  for (const [name, rows] of [
    ['catalog.csv', 3],
    ['ended.csv', 2],
    ['en/catalog.csv', 3],
    ['en/ended.csv', 2],
  ] as const) {
    const csv = read(name)
    assert.ok(csv.startsWith('\ufeff"'))
    const lines = csv.slice(1).split('\r\n')
    assert.deepEqual([lines.length, lines.at(-1)], [rows + 2, ''])
    for (const line of lines.slice(0, -1)) assert.equal(line.match(/"(?:[^"]|"")*"(?:,|$)/g)?.length, 18, line)
    assert.doesNotMatch(csv, /"[=+@]/)
  }
  assert.match(read('catalog.csv'), /"'=cmd\|x","<img/)
  assert.match(read('ended.csv'), /Tạm đình chỉ 22\/11\/2026/)
})

test('every page says DEMO, states its day, has a strict policy and no claim that nothing is wrong with a camera', () => {
  assert.equal(htmlFiles().length, 2 * (3 + 5))
  for (const name of htmlFiles()) {
    const page = read(name)
    assert.match(page, /<aside class="demo">/, name)
    assert.match(page, /<title>DEMO/, name)
    assert.match(page, name.startsWith('en/') ? /As of 24 Nov 2026/ : /Tính đến ngày 24\/11\/2026/, name)
    assert.match(
      page,
      /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;self&#39;; script-src &#39;self&#39;/,
      name,
    )
    assert.doesNotMatch(
      page,
      /<script(?! src="[./]*catalog\.js" defer><\/script>)|\son\w+="|style="|javascript:/i,
      name,
    )
    assert.doesNotMatch(
      page.replaceAll(/does not say that the camera has no vulnerabilities/g, ''),
      /\b(secure|safe|has no vulnerabilities)\b/i,
      name,
    )
    assert.doesNotMatch(page, /catalog:[\w.-]+/, `${name}: a text is missing`)
    assert.doesNotMatch(page, /<img/i, name)
  }
  assert.match(read('en/entry/DEMO-2026-0003.html'), /does not say that the camera has no vulnerabilities/)
})

test('all references lead to files of the site, and to nothing else', () => {
  for (const name of htmlFiles()) {
    const references = [...read(name).matchAll(/\s(?:href|src|action|srcset|poster)="([^"]*)"/g)].map((m) => m[1] ?? '')
    assert.ok(references.length > 10)
    for (const reference of references.filter((r) => r !== '#content')) {
      assert.doesNotMatch(reference, /^[a-z]+:|^\//, `${name}: ${reference}`)
      assert.ok(existsSync(join(site, dirname(name), reference)), `${name}: ${reference}`)
    }
  }
  assert.doesNotMatch(read('catalog.css'), /url\(|@import/)
})

/** A page that reports every request beyond the site and every complaint of the browser. */
async function open(
  path: string,
  options: { width?: number; javaScriptEnabled?: boolean; from?: string } = {},
): Promise<{ page: Page; complaints: string[]; close(): Promise<void> }> {
  assert.ok(browser)
  const { width = 1280, javaScriptEnabled = true, from = base } = options
  const context = await browser.newContext({
    viewport: { width, height: 844 },
    javaScriptEnabled,
    serviceWorkers: 'block',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.setDefaultTimeout(15_000)
  page.on('request', (r) => {
    if (!r.url().startsWith(from)) complaints.push(r.url())
  })
  page.on('response', (r) => {
    if (r.status() >= 400) complaints.push(`${r.status()} ${r.url()}`)
  })
  page.on('console', (m) => complaints.push(m.text()))
  page.on('pageerror', (e) => complaints.push(e.message))
  page.on('dialog', (d) => {
    complaints.push(`dialog ${d.message()}`)
    void d.dismiss()
  })
  await page.goto(from + path)
  return { page, complaints, close: () => context.close() }
}

test('no page scrolls sideways on a phone or a desk, and the browser has nothing to complain of', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  for (const width of [320, 390, 1280]) {
    const { page, complaints, close } = await open('index.html', { width })
    for (const name of htmlFiles()) {
      await page.goto(base + name)
      const [content, window] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
        number,
        number,
      ]
      assert.ok(content <= window, `${name} at ${width}: ${content}`)
      assert.deepEqual(complaints, [], name)
    }
    await close()
  }
})

test('without a script the list is whole; with one it can be searched, also without diacritics', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  const visible = 'tbody tr[data-search]:not([hidden])'
  const plain = await open('index.html', { javaScriptEnabled: false })
  assert.equal(await plain.page.locator(visible).count(), 3)
  assert.equal(await plain.page.locator('.search').isVisible(), false)
  await plain.page.getByRole('link', { name: 'English' }).click()
  assert.equal(await plain.page.locator('h1').textContent(), 'Approved cameras')
  await plain.page.getByRole('link', { name: 'Đại Việt DV-IPC 4MP' }).click()
  assert.equal(await plain.page.locator('.verdict code').textContent(), 'V5.5.82 build 190909')
  await plain.page.getByRole('link', { name: 'Tiếng Việt' }).click()
  assert.match(
    plain.page.url(),
    /127\.0\.0\.1:\d+\/entry\/DEMO-2026-0002\.html$/,
    'the language switch stays on the entry',
  )
  assert.deepEqual(plain.complaints, [])
  await plain.close()

  const { page, complaints, close } = await open('index.html')
  const find = async (query: string) => {
    await page.getByRole('searchbox').fill(query)
    return [await page.locator(visible).count(), await page.getByRole('status').textContent()]
  }
  assert.deepEqual(await find('dai viet'), [1, 'Hiển thị 1 trong 3 mục'])
  assert.deepEqual(await find('ĐẠI  5.5.82'), [1, 'Hiển thị 1 trong 3 mục'])
  assert.deepEqual(await find('demo-2026-0001'), [1, 'Hiển thị 1 trong 3 mục'])
  assert.deepEqual(await find('onerror'), [1, 'Hiển thị 1 trong 3 mục'])
  assert.equal((await find('no such camera'))[0], 0)
  assert.match(String((await find('no such camera'))[1]), /chưa được chấp thuận/)
  assert.deepEqual(await find(''), [3, ''])
  assert.deepEqual(complaints, [])
  await close()
})

test('names of the device are text and never markup', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  const { page, complaints, close } = await open('en/entry/DEMO-2026-0003.html')
  assert.equal(await page.locator('h1').textContent(), `=cmd|x ${HOSTILE}`)
  assert.equal(await page.locator('img').count(), 0)
  await page.goto(`${base}en/ended.html`)
  assert.equal(await page.getByText('<b>Under examination</b>').count(), 1)
  assert.deepEqual(complaints, [])
  await close()
})

test('a page that has grown old marks entries whose last day has passed', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  const { page, close } = await open('index.html')
  const late = page.getByText('Đã hết hiệu lực sau khi trang này được lập')
  const on = async (instant: string, path: string) => {
    await page.clock.setFixedTime(new Date(instant))
    await page.goto(base + path)
    return late.locator('visible=true').count()
  }
  await page.clock.install()
  assert.equal(await on('2029-11-20T16:59:00Z', 'index.html'), 0, 'still the last day in Viet Nam')
  assert.equal(await on('2029-11-20T17:00:00Z', 'index.html'), 3)
  assert.equal(await on('2029-11-20T17:00:00Z', 'entry/DEMO-2026-0001.html'), 1)
  assert.equal(await on('2029-11-20T17:00:00Z', 'entry/DEMO-2026-0005.html'), 0, 'withdrawn is withdrawn')
  await close()
})

test('an entry says what stands, what was tested and what it does not say', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  const { page, close } = await open('en/entry/DEMO-2026-0005.html')
  assert.match(await page.locator('.verdict').innerText(), /Withdrawn on 23 Nov 2026[\s\S]*Ảnh firmware đã bị thay\./)
  await page.goto(`${base}en/entry/DEMO-2026-0001.html`)
  assert.match(await page.locator('.verdict').innerText(), /Approved\s+In force until 20 Nov 2029/)
  assert.deepEqual(
    await page
      .locator('.clauses tbody tr')
      .allInnerTexts()
      .then((rows) => rows.map((r) => r.replace(/\s+/g, ' '))),
    [
      'CORE-1 No undeclared TCP service ✓ Met',
      'CORE-2 No cleartext log-in ✓ Met',
      'CORE-3 Guessing passwords is limited ✓ Met',
      'CORE-4 Only signed updates are installed ✓ Met',
      'CORE-5 Log-ins are recorded by syslog (recommended) ✕ Not met',
    ],
  )
  assert.equal(
    await page
      .locator('main')
      .getByText((await opened()).state.standings[0]!.entry.report.digest)
      .count(),
    1,
  )
  await close()
})

test('the site works from a disk, and by keyboard', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  const { page, complaints, close } = await open('index.html', { from: `file://${site}/` })
  assert.equal(await page.evaluate('getComputedStyle(document.body).margin'), '0px', 'the style sheet is loaded')
  await page.keyboard.press('Tab')
  assert.equal(await page.locator(':focus').textContent(), 'Đến nội dung chính')
  await page.keyboard.press('Enter')
  await page.getByRole('searchbox').fill('honghà')
  assert.equal(await page.locator('tbody tr:not([hidden])').count(), 1)
  assert.deepEqual(complaints, [])
  await close()
})

test('text stands out from its ground, in light and dark', limit, async (t) => {
  if (!browser) return t.skip('needs chromium')
  const { page, close } = await open('ended.html')
  for (const colorScheme of ['light', 'dark'] as const)
    for (const path of ['ended.html', 'entry/DEMO-2026-0001.html', 'entry/DEMO-2026-0005.html']) {
      await page.emulateMedia({ colorScheme })
      await page.goto(base + path)
      const weak = await page.evaluate(CONTRAST)
      assert.deepEqual(weak, [], `${path} ${colorScheme}`)
    }
  await close()
})

/** Elements with own text whose contrast with the nearest painted ground is below 4.5 (WCAG 2.2, 1.4.3). */
const CONTRAST = `(() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      const c = parse(style.backgroundColor)
      if (style.backgroundImage !== 'none') return [234, 183, 29]
      if (c[3] === undefined || c[3] > 0) return c
    }
    return [255, 255, 255]
  }
  const weak = []
  for (const e of document.querySelectorAll('body *')) {
    if (e.checkVisibility && !e.checkVisibility()) continue
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < 4.5) weak.push(e.className + ' ' + e.textContent.slice(0, 30) + ' ' + ratio.toFixed(2))
  }
  return weak
})()`
