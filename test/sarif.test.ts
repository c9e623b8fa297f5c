import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { compare } from '../reports/compare.ts'
import { renderJunit } from '../reports/formats/junit.ts'
import { renderSarif } from '../reports/formats/sarif.ts'
import type { ReportSource } from '../reports/formats/source.ts'
import { itemsOf } from '../reports/items.ts'
import { HOSTILE, reportSource } from './support/report-source.ts'

/** What SARIF 2.1.0 (OASIS, 27 March 2020) requires of the properties used here: sections 3.13 to 3.52. */
const message = { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } }
const level = { enum: ['none', 'note', 'warning', 'error'] }
const guid = { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' }
const rule = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: {
    id: { type: 'string', minLength: 1 },
    name: { type: 'string' },
    shortDescription: message,
    fullDescription: message,
    help: { ...message, properties: { ...message.properties, markdown: { type: 'string' } } },
    defaultConfiguration: { type: 'object', properties: { level } },
    properties: { type: 'object' },
  },
}
const result = {
  type: 'object',
  additionalProperties: false,
  required: ['message'],
  properties: {
    ruleId: { type: 'string' },
    ruleIndex: { type: 'integer', minimum: 0 },
    level,
    message,
    locations: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          logicalLocations: {
            type: 'array',
            uniqueItems: true,
            items: {
              type: 'object',
              additionalProperties: false,
              properties: {
                name: { type: 'string' },
                fullyQualifiedName: { type: 'string' },
                kind: { type: 'string' },
              },
            },
          },
        },
      },
    },
    partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
    baselineState: { enum: ['new', 'unchanged', 'updated', 'absent'] },
    properties: { type: 'object' },
  },
}
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' }
const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'runs'],
  properties: {
    $schema: { type: 'string', format: 'uri' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['tool'],
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                additionalProperties: false,
                required: ['name'],
                properties: {
                  name: { type: 'string' },
                  version: { type: 'string' },
                  semanticVersion: { type: 'string' },
                  language: { type: 'string', pattern: '^[a-z]{2}(-[A-Z]{2})?$' },
                  rules: { type: 'array', uniqueItems: true, items: rule },
                },
              },
            },
          },
          automationDetails: { type: 'object', properties: { id: { type: 'string' }, guid } },
          invocations: {
            type: 'array',
            items: {
              type: 'object',
              required: ['executionSuccessful'],
              properties: { executionSuccessful: { type: 'boolean' }, startTimeUtc: time, endTimeUtc: time },
            },
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          results: { type: 'array', items: result },
          properties: { type: 'object' },
        },
      },
    },
  },
}
const validate = new Ajv2020({ validateFormats: false, allErrors: true }).compile(schema)

interface Log {
  runs: {
    tool: { driver: { rules: { id: string; help: { text: string } }[] } }
    results: {
      ruleId: string
      ruleIndex: number
      level: string
      message: { text: string }
      partialFingerprints: Record<string, string>
      baselineState?: string
      properties: { id: string; verdict: string }
    }[]
  }[]
}
function logOf(source: ReportSource, language: 'en' | 'vi' = 'en'): Log['runs'][number] {
  const log = JSON.parse(renderSarif(source, language)) as Log
  assert.ok(validate(log), JSON.stringify(validate.errors, null, 1))
  assert.ok(log.runs[0])
  return log.runs[0]
}

for (const name of ['official', 'rehearsal'] as const)
  test(`SARIF of the ${name} report: every failed and undecided item is a result of a known rule`, () => {
    const source = reportSource(name)
    const { tool, results } = logOf(source)
    const expected = itemsOf(source.report).filter((i) => ['fail', 'inconclusive'].includes(i.verdict))
    assert.ok(expected.length > 0)
    assert.deepEqual(
      results.map((r) => r.properties.id),
      expected.map((i) => i.id),
    )
    for (const r of results) {
      assert.equal(tool.driver.rules[r.ruleIndex]?.id, r.ruleId)
      if (r.properties.verdict === 'inconclusive') assert.equal(r.level, 'warning')
    }
    assert.ok(
      results.some((r) => r.level === 'error') || !expected.some((i) => i.verdict === 'fail' && i.level === 'required'),
    )
    const known = tool.driver.rules.find((r) => r.id === 'encryption/tls-versions')
    assert.match(known?.help.text ?? '', /No outdated version of TLS/)
    assert.match(known?.help.text ?? '', /Không dùng phiên bản TLS lỗi thời/)
  })

/** The same camera tested again: another run, another time, judgements in another order. */
function later(source: ReportSource): ReportSource {
  const again = { ...source, report: structuredClone(source.report) }
  const { run, verdicts } = again.report
  run.id = 'fedcba9876543210fedcba9876543210'
  run.startedAt += 86_400_000_000
  run.endedAt += 86_400_000_000
  const last = verdicts.judgements.length - 1
  verdicts.judgements.reverse()
  for (const r of verdicts.regulations) for (const c of r.clauses) c.judgements = c.judgements.map((n) => last - n)
  return again
}

test('fingerprints and JUnit names stay from run to run', () => {
  const source = reportSource('official')
  const prints = (s: ReportSource) => logOf(s).results.map((r) => r.partialFingerprints['camsealItem/v1'])
  assert.deepEqual(prints(later(source)), prints(source))
  assert.equal(new Set(prints(source)).size, prints(source).length)
  const names = (s: ReportSource) =>
    [...renderJunit(s, 'en').matchAll(/<testcase name="([^"]*)" classname="([^"]*)"/g)]
      .map((m) => `${m[2]} ${m[1]}`)
      .sort()
  assert.deepEqual(names(later(source)), names(source))
  assert.ok(names(source).length > 5)
})

test('with a baseline each result says whether it is new', () => {
  const source = reportSource('official')
  const older = structuredClone(source.report)
  const failing = itemsOf(source.report).filter((i) => i.verdict === 'fail')
  const [first] = failing
  assert.ok(first)
  const before = older.verdicts.judgements[first.judgement]
  assert.ok(before)
  before.verdict = 'pass'
  const comparison = compare(older, source.report)
  assert.ok(comparison.ok)
  const { results } = logOf({ ...source, comparison: comparison.value })
  for (const r of results) {
    const item = itemsOf(source.report).find((i) => i.id === r.properties.id)
    assert.equal(r.baselineState, item?.judgement === first.judgement ? 'new' : 'unchanged', r.properties.id)
  }
  assert.equal(logOf(source).results[0]?.baselineState, undefined)
})

test('text of a hostile device stays text', () => {
  const source = reportSource('official')
  source.statement.dut.model = `${HOSTILE}\u202e\u0000`
  const text = JSON.stringify(logOf(source, 'vi'))
  assert.ok(!text.includes('\u202e') && !text.includes('\\u0000'))
})
