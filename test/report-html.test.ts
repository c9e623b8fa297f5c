import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { renderHtml } from '../reports/formats/html.ts'
import { LAYOUT } from '../reports/formats/styles/layout.ts'
import { reportSchema } from '../reports/report.ts'
import { regulationSchema } from '../suites/regulation.ts'
import { statementSchema } from '../suites/statement.ts'
import { HOSTILE, largeSource, reportSource } from './support/report-source.ts'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p))
const NAMES = ['official', 'rehearsal'] as const
let directory: string
let browser: Browser | undefined

before(
  async () => {
    directory = mkdtempSync(join(tmpdir(), 'report-html-'))
    if (CHROMIUM)
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
  },
  { timeout: 60_000 },
)

after(async () => {
  await browser?.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Opens a rendering as a reader would; whatever the page complains of or asks the network for is collected. */
async function opened(
  html: string,
  options: BrowserContextOptions,
  use: (page: Page, noises: string[]) => Promise<void>,
): Promise<void> {
  const file = join(directory, `${Math.floor(html.length)}-${JSON.stringify(options).length}.html`)
  writeFileSync(file, html)
  const context = await browser!.newContext(options)
  const noises: string[] = []
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('console', (m) => noises.push(`console: ${m.text()}`))
  page.on('pageerror', (e) => noises.push(`error: ${e.message}`))
  page.on('dialog', (d) => noises.push(`dialog: ${d.message()}`))
  page.on('request', (r) => r.url() === pathToFileURL(file).href || noises.push(`request: ${r.url()}`))
  try {
    await page.goto(pathToFileURL(file).href)
    await use(page, noises)
  } finally {
    await context.close()
  }
}

test('golden sources fit the published schemas', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  for (const name of NAMES) {
    const source = reportSource(name)
    for (const [schema, value] of [
      [reportSchema, source.report],
      [statementSchema, source.statement],
      ...source.regulations.map((r) => [regulationSchema, r] as const),
    ] as const)
      assert.ok(ajv.validate(schema, value), `${name}: ${ajv.errorsText()}`)
  }
})

test('equal sources give equal bytes', () => {
  for (const name of NAMES)
    for (const language of ['vi', 'en'] as const)
      assert.equal(renderHtml(reportSource(name), { language }), renderHtml(reportSource(name), { language }))
})

test('the file refers to nothing outside itself and holds no script', () => {
  for (const name of NAMES) {
    const html = renderHtml(reportSource(name))
    assert.match(
      html,
      /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:/,
    )
    const references = [
      ...html.matchAll(/<[a-z][^>]*\s(?:src|href|xlink:href|action|srcset|data|poster)="([^"]*)"/g),
    ].map((m) => m[1])
    assert.ok(references.length > 20)
    assert.deepEqual(
      references.filter((r) => !r?.startsWith('#')),
      [],
    )
    assert.deepEqual(
      [...html.matchAll(/url\(([^)]*)\)/g)].map((m) => m[1]).filter((u) => u !== '#hatch'),
      [],
    )
    assert.doesNotMatch(html, /<(script|iframe|object|embed|link|base|img|form)\b/i)
    assert.doesNotMatch(html, /<[a-z][^>]*\son[a-z]+=/i)
    assert.doesNotMatch(html, /@import/)
  }
})

test('every link within the page has its one target', () => {
  for (const name of NAMES) {
    const html = renderHtml(reportSource(name))
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map((m) => m[1])
    assert.deepEqual(
      ids.filter((id, i) => ids.indexOf(id) !== i),
      [],
      'ids given twice',
    )
    const links = new Set([...html.matchAll(/\shref="#([^"]*)"/g)].map((m) => m[1]))
    assert.deepEqual(
      [...links].filter((l) => !ids.includes(l)),
      [],
      'links without a target',
    )
  }
})

test('headings leave out no level, and one is the title', () => {
  for (const name of NAMES) {
    const html = renderHtml(reportSource(name), { language: 'en' })
    const levels = [...html.matchAll(/<h([1-6])[ >]/g)].map((m) => Number(m[1]))
    assert.ok(levels.length > 20, String(levels.length))
    assert.equal(levels.filter((l) => l === 1).length, 1)
    assert.ok(
      levels.every((l, i) => i === 0 || l <= (levels[i - 1] ?? 0) + 1),
      name,
    )
  }
})

test('hidden, control and bidirectional characters are made visible', () => {
  const html = renderHtml(reportSource('official'))

  assert.doesNotMatch(html, /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u)
  for (const mark of ['U+202E', 'U+202C', 'U+200B', 'U+0007'])
    assert.ok(html.includes(`<b class="ctl">${mark}</b>`), mark)
})

test('the report says what it must say', () => {
  const text = (html: string) =>
    html
      .replace(/<style>[\s\S]*<\/style>/, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
  const official = text(renderHtml(reportSource('official')))
  for (const expected of [
    'Không phù hợp',
    'Does not conform',
    'Chưa xác định',
    'The results relate only to the items tested.',
    'This does not prove that the evidence itself is true.',
    'What “undetermined” means',
    'Clause texts not verified against the gazette',
    'Recalled; clause text not verified.',
    'Needs the contents of the flash memory',
    'not stated',
    'không được nêu',
    'Not taken back',
    'Taken back',
    'Suspected violation, not confirmed',
    'Fail: a violation is confirmed.',
    'Expected',
    'openssl cms -verify',
    'camseal verify report.asice',
    'This copy does not hold this observation.',
    'Interrupted'.toLowerCase(),
    'Indicative',
    'failures = 5',
  ])
    assert.ok(official.includes(expected), expected)
  assert.ok(!official.includes('Rehearsal') || official.includes('Official run'))
  const rehearsal = text(renderHtml(reportSource('rehearsal')))
  for (const expected of [
    'Trình diễn',
    'Demo',
    'Chạy thử',
    'Rehearsal',
    'Bộ tiêu chí chưa phát hành',
    'Undetermined in the selection',
    'Left out of this rehearsal.',
    '(demonstration, no laboratory)',
    'not qualified on this bench',
    'The test changed nothing on the device on purpose.',
  ])
    assert.ok(rehearsal.includes(expected), expected)
  assert.match(
    renderHtml(reportSource('rehearsal'), { language: 'en' }),
    /<title>\[Demo · Rehearsal · Unreleased suite\] /,
  )
})

test('exchanges are shown as they went over the wire, cited answers marked', () => {
  const html = renderHtml(reportSource('official'))
  assert.doesNotMatch(html, /report:[a-z]/, 'a text is missing')
  assert.match(
    html,
    /<div class="got cited">[\s\S]{0,400}<pre class="dev">HTTP\/1\.1 200 OK\nContent-Type: text\/plain\nContent-Length: 58\n\nroot\.Brand/,
  )
  assert.match(html, /WWW-Authenticate: Digest realm=&quot;IPC&quot;/)
  assert.match(html, /<div class="cited"><dt><bdi class="dev">declaredIsListed<\/bdi><\/dt>/)
})

test('a report far too large stays below the limit and says what it shortened', () => {
  const started = performance.now()
  const html = renderHtml(largeSource(6000))
  const bytes = Buffer.byteLength(html)
  assert.ok(bytes < 5_000_000, `${bytes} bytes`)
  assert.ok(performance.now() - started < 30_000)
  assert.match(html, /Shortened: \d+ of 6000 cited observations are shown in full/)
  assert.match(html, /further judgements are in report\.json/)
  const ids = new Set([...html.matchAll(/\sid="([^"]*)"/g)].map((m) => m[1]))
  const dead = [...html.matchAll(/\shref="#([^"]*)"/g)].map((m) => m[1]).filter((l) => !ids.has(l ?? ''))
  assert.deepEqual(dead.slice(0, 5), [], 'links without a target')
})

/** WCAG 2.2 success criterion 1.4.3. */
test('text colours have contrast 4.5 on every ground they stand on, light and dark', () => {
  const palettes = [...LAYOUT.matchAll(/:root\{([^}]*)\}/g)].map(
    (m) =>
      new Map([...(m[1] ?? '').matchAll(/--([\w-]+):(#[0-9a-f]{3,6})/g)].map((p) => [p[1], p[2]] as [string, string])),
  )
  assert.equal(palettes.length, 2)
  const luminance = (hex: string) => {
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((i) => parseInt(full.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const pairs = [
    ...['ink', 'soft', 'accent'].flatMap((ink) => ['ground', 'sheet', 'tint'].map((ground) => [ink, ground])),
    ...['pass', 'fail', 'open', 'mute'].flatMap((o) => [
      [o, `${o}-bg`],
      [o, 'sheet'],
      [o, 'ground'],
    ]),
    ['ink', 'fail-bg'],
    ['ink', 'open-bg'],
    ['ink', 'accent-soft'],
    ['accent', 'accent-soft'],
    ['soft', 'fail-bg'],
    ['soft', 'open-bg'],
    ['stamp-ink', 'stamp'],
    ['fail', 'fail-bg'],
  ]
  for (const palette of palettes)
    for (const [ink = '', ground = ''] of pairs) {
      const [a, b] = [luminance(palette.get(ink) ?? ''), luminance(palette.get(ground) ?? '')]
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      assert.ok(ratio >= 4.5, `${ink} on ${ground}: ${ratio.toFixed(2)}`)
    }
})

test('in a browser without scripts: silent, both languages, no hostile element', { timeout: 60_000 }, async (t) => {
  if (!browser) return t.skip('needs chromium')
  for (const javaScriptEnabled of [false, true])
    for (const name of NAMES)
      await opened(
        renderHtml(reportSource(name), { language: 'vi' }),
        { javaScriptEnabled, viewport: { width: 1280, height: 900 } },
        async (page, noises) => {
          assert.equal(await page.locator('img, script, iframe, object').count(), 0)
          assert.ok((await page.locator('main').innerText()).includes(HOSTILE), 'hostile text is there as text')
          assert.equal(await page.locator('h1 b').count(), 0)
          const heading = page.locator('#identification > h2')
          assert.equal(await heading.innerText(), 'Đối tượng thử nghiệm')
          await page.getByText('English', { exact: true }).click()
          assert.equal(await heading.innerText(), 'What was tested')
          assert.equal(await page.locator('span[lang=vi]:visible').count(), 0)
          await page.getByText('Tiếng Việt', { exact: true }).click()
          assert.equal(await heading.innerText(), 'Đối tượng thử nghiệm')
          assert.equal(await page.locator('span[lang=en]:visible').count(), 0)
          assert.deepEqual(noises, [])
        },
      )
})

test('chips show one outcome; evidence and the way back are one click away', { timeout: 60_000 }, async (t) => {
  if (!browser) return t.skip('needs chromium')
  await opened(
    renderHtml(reportSource('official'), { language: 'en' }),
    { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } },
    async (page, noises) => {
      const visible = () => page.locator('#r0 .clause:visible .number').allInnerTexts()
      assert.equal((await visible()).length, 8)
      await page.locator('#r0 .chip', { hasText: 'Fail' }).click()
      assert.deepEqual(await visible(), ['CORE-1', 'CORE-3'])
      await page.locator('#r0 .chip', { hasText: 'All' }).click()
      assert.equal((await visible()).length, 8)
      assert.equal(await page.locator('#r1 .clause:visible').count(), 3, 'the other regulation keeps its own filter')

      await page.locator('#r0 .cites a').first().click()
      const target = page.locator(':target')
      assert.ok((await target.getAttribute('id'))?.startsWith('e'))
      assert.match(await page.locator('details:has(> summary:target)').innerText(), /2323/)
      const favourable = page.locator('#r0 details.how', { hasText: 'What speaks for the device' }).first()
      await favourable.locator('summary').click()
      await favourable.locator('.cites a').first().click()
      assert.ok(
        await page.locator('details.part:has(> summary:target) > .meta').isVisible(),
        'a closed part shows itself when a link leads to it',
      )
      const part = page
        .locator('.evidence details.part', { has: page.locator('a', { hasText: /TLS|tls-versions/ }) })
        .first()
      await part.locator('summary').click()
      await part.locator('.back a').first().click()
      assert.ok(await page.locator('summary:target').isVisible(), 'the closed clause opened for the link into it')
      assert.deepEqual(noises, [])
    },
  )
})

test('the keyboard reaches language, chips and clauses', { timeout: 60_000 }, async (t) => {
  if (!browser) return t.skip('needs chromium')
  await opened(renderHtml(reportSource('official'), { language: 'vi' }), { javaScriptEnabled: false }, async (page) => {
    await page.keyboard.press('Tab')
    assert.equal(await page.locator('.skip:focus').count(), 1)
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.locator('#identification > h2').innerText(), 'What was tested')
    await page.locator('#r0 .clause summary').nth(4).focus()
    const body = page.locator('#r0 .clause').filter({ hasText: 'CORE-2' }).locator('.body')
    await page.locator('#r0-c1').focus()
    assert.equal(await body.isVisible(), false)
    await page.keyboard.press('Enter')
    assert.equal(await body.isVisible(), true)
  })
})

test('no width makes the page scroll sideways', { timeout: 60_000 }, async (t) => {
  if (!browser) return t.skip('needs chromium')
  for (const name of NAMES)
    for (const language of ['vi', 'en'] as const)
      for (const width of [320, 390, 768, 1280])
        await opened(
          renderHtml(reportSource(name), { language }),
          { javaScriptEnabled: false, viewport: { width, height: 844 } },
          async (page) => {
            const wide = await page.locator('html').evaluate((e) => e.scrollWidth)
            assert.ok(wide <= width, `${name} ${language}: ${wide} > ${width}`)
            const stamps = await page.locator('.stamps').innerText()
            for (const stamp of name === 'official'
              ? [/indicative|tham khảo/i]
              : [/demo|trình diễn/i, /rehearsal|chạy thử/i, /unreleased|chưa phát hành/i])
              assert.match(stamps, stamp, `${width} px`)
          },
        )
})

test('on paper: the chosen language only, stamps on every page, details open', { timeout: 60_000 }, async (t) => {
  if (!browser) return t.skip('needs chromium')
  if (!existsSync('/usr/bin/pdftotext')) return t.skip('needs pdftotext')
  await opened(
    renderHtml(reportSource('rehearsal'), { language: 'vi' }),
    { javaScriptEnabled: false },
    async (page) => {
      await page.getByText('English', { exact: true }).click()
      const path = join(directory, 'print.pdf')
      await page.pdf({ path, preferCSSPageSize: true, printBackground: true })
      const pages = execFileSync('/usr/bin/pdftotext', ['-layout', path, '-'], {
        timeout: 20_000,
        maxBuffer: 10_000_000,
      })
        .toString('utf8')
        .split('\f')
        .slice(0, -1)
      assert.ok(pages.length > 3)
      for (const [i, text] of pages.entries())
        assert.match(text, /DEMO · REHEARSAL · UNRELEASED SUITE/, `page ${i + 1}`)
      const all = pages.join('\n')
      assert.match(all, /What was tested/)
      assert.doesNotMatch(all, /Đối tượng thử nghiệm/)
      assert.match(all, /all of them allowed|only-allowed/, 'the closed clause is printed')
    },
  )
})
