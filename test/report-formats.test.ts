import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SaxesParser } from 'saxes'
import { chromium } from 'playwright-core'
import { renderAllure, writeAllure } from '../reports/formats/allure.ts'
import { renderHtml } from '../reports/formats/html.ts'
import { renderJunit } from '../reports/formats/junit.ts'
import { renderSummary } from '../reports/formats/summary.ts'
import { bytesOfBase64, clipped, textOfBytes, visible } from '../reports/formats/visible.ts'
import { resolve, type ReportSource } from '../reports/formats/source.ts'
import { HOSTILE, largeSource, reportSource } from './support/report-source.ts'

const NAMES = ['official', 'rehearsal'] as const
const LANGUAGES = ['vi', 'en'] as const
let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'report-formats-'))
})
after(() => rmSync(directory, { recursive: true, force: true }))

interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

/** Parses strictly; throws on the first fault. */
function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const stack = [root]
  const parser = new SaxesParser()
  parser.on('error', (e) => {
    throw e
  })
  parser.on('opentag', (tag) => {
    const element: Element = {
      name: tag.name,
      attributes: tag.attributes as Record<string, string>,
      children: [],
      text: '',
    }
    stack.at(-1)?.children.push(element)
    stack.push(element)
  })
  parser.on('text', (t) => {
    stack.at(-1)!.text += t
  })
  parser.on('closetag', () => {
    stack.pop()
  })
  parser.write(text).close()
  return root.children[0]!
}

const all = (element: Element, name: string): Element[] =>
  element.children.flatMap((c) => [...(c.name === name ? [c] : []), ...all(c, name)])

/** Everything hostile at once: one string in every place that takes text. */
function poisoned(text: string): ReportSource {
  const source = structuredClone({ ...reportSource('official'), objects: undefined }) as unknown as ReportSource
  source.objects = () => new TextEncoder().encode(text)
  const { report, statement } = source
  Object.assign(statement.dut, { model: text, hardware: text, brand: text })
  Object.assign(statement.dut.maker, { name: text })
  statement.dut.firmware.version = text
  Object.assign(report.bench.laboratory, { name: text, place: text })
  report.notes = [text]
  for (const judgement of report.verdicts.judgements) {
    judgement.subject += `/${text}`
    for (const finding of judgement.findings) {
      finding.message.values = {
        detail: text,
        reason: text,
        [text]: text,
        control: text,
        kind: text,
        cause: text,
        subject: text,
      }
      for (const cite of finding.cites) cite.subject += `/${text}`
    }
  }
  for (const observation of source.observations) {
    observation.subject += `/${text}`
    observation.probe = text
    observation.seen = {
      answered: true,
      value: JSON.parse(
        JSON.stringify(observation.seen, (k, v: unknown) => (typeof v === 'string' && k !== 'raw' ? text : v)),
      ) as unknown,
      controls: [{ id: text, ok: true, about: { code: text, values: {} } }],
      artifacts: [{ digest: 'a'.repeat(64), bytes: 1, mediaType: 'text/plain', disclosure: 'public', name: text }],
    }
  }
  return source
}

const POISONS = [
  HOSTILE,
  ']]>',
  '&amp;&#0;&',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '-->',
  '\0\u0001\u001b[2J\u009b31m',
  '\u202e\u2066\u200f',
  '\ud800x\udfff',
  '\ufffe\uffff',
  '{port}{cause}$&$1',
  '${x}',
  '\u{e0041}\ufe0f',
  'a'.repeat(5000),
  '\n\n\r\t',
  '__proto__',
  '</style><b>',
  '%s%n',
]

test('JUnit: well-formed, counted, every case named once', () => {
  for (const name of NAMES)
    for (const language of LANGUAGES) {
      const xml = renderJunit(reportSource(name), language)
      assert.equal(xml, renderJunit(reportSource(name), language), 'equal sources give equal bytes')
      const root = parseXml(xml)
      assert.equal(root.name, 'testsuites')
      for (const element of [root, ...all(root, 'testsuite')]) {
        const cases = all(element, 'testcase')
        const having = (child: string) => cases.filter((c) => c.children.some((x) => x.name === child)).length
        assert.deepEqual(
          ['tests', 'failures', 'errors', 'skipped'].map((k) => Number(element.attributes[k])),
          [cases.length, having('failure'), having('error'), having('skipped')],
        )
        if (element !== root) assert.equal(new Set(cases.map((c) => c.attributes['name'])).size, cases.length)
      }
    }
})

test('JUnit: fail, inconclusive, not applicable, not assessed and not run are told apart', () => {
  const cases = all(parseXml(renderJunit(reportSource('official'), 'en')), 'testcase')
  const find = (name: string) => cases.find((c) => c.attributes['name'] === name)?.children[0]
  const failure = find('exposed-ports/undeclared-tcp-ports[a/ipv4@in-service]')
  assert.equal(failure?.name, 'failure')
  assert.ok(failure.attributes['message']?.includes(HOSTILE))
  assert.match(failure.text, /Expected: /)
  assert.match(failure.text, /Clause: CORE-1/)
  const open = find('exposed-ports/undeclared-tcp-ports[a/ipv6@in-service]')
  assert.equal(open?.name, 'error')
  assert.match(open.attributes['message'] ?? '', /Not finished within 300 s/)
  assert.match(
    find('authentication/no-anonymous-stream[a/ipv4/00554@in-service]')?.attributes['type'] ?? '',
    /inconclusive/,
  )
  assert.match(
    find('update-integrity/older-update-refused[@]')?.attributes['message'] ?? '',
    /^Not applicable: Declared not applicable/,
  )
  assert.match(find('clause storage')?.attributes['message'] ?? '', /^Not assessed: Needs the contents of the flash/)
  assert.equal(find('encryption/login-encrypted[a/login/web@in-service]')?.name, 'system-out')
  const rehearsal = all(parseXml(renderJunit(reportSource('rehearsal'), 'en')), 'testcase')
  const unrun = rehearsal.find((c) => c.attributes['name'] === 'logging/failed-login-recorded[@]')?.children[0]
  assert.equal(unrun?.name, 'skipped')
  assert.equal(unrun.attributes['message'], 'Not run: Left out of this rehearsal.')
})

test('one criterion asked twice by one regulation keeps two names', () => {
  const source = reportSource('official')
  const { report } = source
  const [core] = report.verdicts.regulations
  const second = report.verdicts.judgements.findIndex(
    (j, i) =>
      j.criterion === 'authentication/login-lockout' &&
      i > report.verdicts.judgements.findIndex((x) => x.criterion === j.criterion),
  )
  core!.clauses[0]!.judgements.push(second)
  report.verdicts.demand
    .filter((d) => d.criterion === 'authentication/login-lockout')
    .forEach((d) => d.askedBy.push({ regulation: core!.regulation, clause: 'CORE-1' }))
  const names = all(parseXml(renderJunit(source, 'en')), 'testsuite')
    .flatMap((s) => (s.attributes['name'] === 'camseal-core/authentication' ? all(s, 'testcase') : []))
    .map((c) => c.attributes['name'])
  const lockouts = names.filter((n) => n?.startsWith('authentication/login-lockout'))
  assert.equal(lockouts.length, 2)
  assert.equal(new Set(lockouts).size, 2)
})

test('whatever text a device sends, XML stays XML, pages stay pages, terminals stay quiet', () => {
  for (const poison of POISONS) {
    const source = poisoned(poison)
    const root = parseXml(renderJunit(source, 'vi'))
    assert.deepEqual([...new Set(root.children.map((c) => c.name))], ['testsuite'], JSON.stringify(poison))
    const html = renderHtml(source)
    assert.doesNotMatch(html, /<(script|img|iframe)\b/i, JSON.stringify(poison))

    assert.doesNotMatch(
      html,
      /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]/u,
      JSON.stringify(poison),
    )
    assert.ok(html.isWellFormed())
    const opened = [
      ...html.matchAll(/<(\/?)(div|span|li|p|details|summary|article|section|bdi|ul|ol|dl|table|td|tr)\b/g),
    ]
    const depth = opened.reduce((n, m) => n + (m[1] === '' ? 1 : -1), 0)
    assert.equal(depth, 0, `unbalanced for ${JSON.stringify(poison)}`)
    for (const colour of [false, true]) {
      const summary = renderSummary(source, { language: 'en', colour })

      assert.doesNotMatch(
        colour ? summary.replace(/\u001b\[[0-9;]+m/g, '') : summary,
        /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/u,
      )
    }
  }
})

test('summary: overall, fails with expected and actual, causes, counts; eighty columns', () => {
  for (const name of NAMES)
    for (const language of LANGUAGES) {
      const lines = renderSummary(reportSource(name), { language }).split('\n')
      for (const line of lines) assert.ok([...line].length <= 80, line)
      assert.equal(lines.at(-1), '')
    }
  const english = renderSummary(reportSource('official'), { language: 'en' })
  for (const expected of [
    'x DOES NOT CONFORM',
    '? UNDETERMINED [INDICATIVE]',
    '2 pass · 2 fail · 3 inconclusive · 1 not applicable',
    'Expected: ',
    'Actual: ',
    'FAIL (2)',
    'INCONCLUSIVE (6)',
    '[CORE-1]',
    'cause: the laboratory',
    'x CORE-1 ',
    'relate only to the items tested',
  ])
    assert.ok(english.includes(expected), expected)
  assert.match(
    renderSummary(reportSource('rehearsal'), { language: 'vi' }),
    /^\[TRÌNH DIỄN\] [\s\S]*\[CHẠY THỬ\] [\s\S]*CHƯA XÁC ĐỊNH TRONG PHẠM VI ĐÃ CHỌN/,
  )
  assert.ok(renderSummary(reportSource('official'), { colour: true }).includes('\u001b[31m'))
  assert.ok(!renderSummary(reportSource('official'), { colour: false }).includes('\u001b'))
  for (const line of renderSummary(poisoned('安'.repeat(300)), { width: 60 }).split('\n')) {
    const columns = [...line].reduce((n, c) => n + (c === '安' ? 2 : 1), 0)
    assert.ok(columns <= 60, `${columns}: ${line}`)
  }
})

test('a large report does not become slow', () => {
  const source = largeSource(3000)
  const started = performance.now()
  parseXml(renderJunit(source, 'en'))
  renderSummary(source)
  assert.ok(performance.now() - started < 20_000)
})

test('text helpers: marks, cuts and bytes', () => {
  assert.equal(visible('a\u202eb\0\n'), 'a⟨U+202E⟩b⟨U+0000⟩⟨U+000A⟩')
  assert.equal(visible('a\nb\t', true), 'a\nb\t')
  assert.equal(visible('Tiếng Việt: ằ ữ 😀'), 'Tiếng Việt: ằ ữ 😀')
  assert.deepEqual(clipped('a😀b', 2), { text: 'a', missing: 3 })
  assert.equal(textOfBytes(Uint8Array.of(0xff, 0xfb, 0x41, 0x0d, 0x0a)), '\\xff\\xfbA\n')
  assert.equal(textOfBytes(new TextEncoder().encode('Cài đặt')), 'Cài đặt')
  assert.equal(
    textOfBytes(new TextEncoder().encode('Cài đặt').subarray(0, 8)),
    'Cài đ',
    'a cut inside a character does not spoil the rest',
  )
  assert.equal(bytesOfBase64('not base64!'), null)
  assert.equal(resolve({ 'a/b': [{ '~': 1 }] }, '/a~1b/0/~0')?.value, 1)
  assert.equal(resolve({ a: 1 }, '/__proto__'), null)
  assert.equal(resolve([1], '/-'), null)
})

test('Allure: results for every judgement, and a page that stays at home', { timeout: 300_000 }, async (t) => {
  const results = join(directory, 'allure-results')
  const source = reportSource('official')
  const written = writeAllure(source, results, 'en')
  assert.equal(written.tests, source.report.verdicts.judgements.length)
  const files = readdirSync(results)
  const tests = files
    .filter((f) => f.endsWith('-result.json'))
    .map(
      (f) =>
        JSON.parse(readFileSync(join(results, f), 'utf8')) as {
          fullName: string
          status: string
          steps: { status: string; attachments: { source: string }[] }[]
          labels: { name: string; value: string }[]
        },
    )
  assert.equal(tests.length, written.tests)
  const statuses = tests.map((x) => x.status).sort()
  assert.deepEqual(statuses, [
    ...Array(6).fill('broken'),
    ...Array(2).fill('failed'),
    ...Array(4).fill('passed'),
    ...Array(2).fill('skipped'),
  ])
  const failed = tests.find((x) => x.fullName.startsWith('exposed-ports/undeclared-tcp-ports[a/ipv4@'))
  assert.deepEqual(
    failed?.steps.map((s) => s.status),
    ['failed', 'passed'],
  )
  assert.equal(failed?.steps[0]?.attachments.length, 2)
  assert.ok(failed?.steps.flatMap((s) => s.attachments).every((a) => files.includes(a.source)))
  assert.ok(failed?.labels.some((l) => l.name === 'feature' && l.value === 'camseal-core CORE-1'))
  assert.equal(failed?.labels.find((l) => l.name === 'parentSuite')?.value, 'exposed-ports')

  if (spawnSync('java', ['-version'], { timeout: 20_000 }).status !== 0) return t.skip('needs java')
  const made = await renderAllure(results, join(directory, 'allure'))
  assert.ok(made.ok, JSON.stringify(made))
  assert.ok(existsSync(made.page))
  if (!existsSync('/usr/bin/chromium')) return t.skip('needs chromium')
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const page = await browser.newPage()
    const noises: string[] = []
    page.on('dialog', (d) => {
      noises.push(`dialog ${d.message()}`)
      void d.dismiss()
    })
    page.on('request', (r) => {
      if (!/^(file|data|blob):/.test(r.url())) noises.push(`request ${r.url()}`)
    })
    await page.goto(`${pathToFileURL(made.page).href}#suites`)
    await page.getByText('exposed-ports', { exact: false }).first().click({ timeout: 20_000 })
    await page.goto(`${pathToFileURL(made.page).href}#categories`)
    await page.waitForTimeout(1000)
    assert.deepEqual(noises, [])
  } finally {
    await browser.close()
  }
})

test('Allure without Java says so as data', { timeout: 60_000 }, async () => {
  const home = process.env['JAVA_HOME']
  process.env['JAVA_HOME'] = join(directory, 'no-such-java')
  try {
    const made = await renderAllure(join(directory, 'nothing'), join(directory, 'nowhere'))
    assert.equal(made.ok, false)
    assert.equal(made.ok === false && made.why, 'no-java')
  } finally {
    if (home === undefined) delete process.env['JAVA_HOME']
    else process.env['JAVA_HOME'] = home
  }
})
