import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { compare, countsOf, exitOfComparison, type Comparison } from '../reports/compare.ts'
import { renderHtml } from '../reports/formats/html.ts'
import { renderJunit } from '../reports/formats/junit.ts'
import { renderSummary } from '../reports/formats/summary.ts'
import { itemsOf } from '../reports/items.ts'
import { readReportAt } from '../reports/opened.ts'
import type { Report } from '../reports/report.ts'
import { cameraUnit } from './support/camera-unit.ts'
import { camseal } from './support/camseal.ts'
import { writeShortLocks } from './support/regulation.ts'
import { reportSource } from './support/report-source.ts'

const work = mkdtempSync(join(tmpdir(), 'camseal-diff-'))
after(() => rmSync(work, { recursive: true, force: true }))

/** A report of the sound demonstration camera, checked against its schema, and the same of a later run. */
async function soundReport(): Promise<Report> {
  const opened = await readReportAt('test/golden/sound.asice')
  assert.ok(opened.ok, JSON.stringify(opened))
  return opened.value.report
}
async function twoRuns(): Promise<{ older: Report; newer: Report }> {
  const older = await soundReport()
  const newer = structuredClone(older)
  newer.run.id = 'f'.repeat(32)
  newer.run.startedAt += 1_000_000
  newer.run.endedAt += 1_000_000
  return { older, newer }
}
type Verdict = Report['verdicts']['judgements'][number]['verdict']
const set = (report: Report, n: number, verdict: Verdict): void => {
  const judgement = report.verdicts.judgements[n]
  assert.ok(judgement)
  judgement.verdict = verdict
}
const compared = (older: Report, newer: Report): Comparison => {
  const result = compare(older, newer)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}
const fileOf = (name: string, report: Report): string => {
  const path = join(work, `${name}.json`)
  writeFileSync(path, JSON.stringify(report))
  return path
}

test('every change of a verdict has its kind, and only what got worse has an exit code', async () => {
  const { older, newer } = await twoRuns()
  const cases: [Verdict, Verdict, string | null, number][] = [
    ['pass', 'fail', 'new-failure', 1],
    ['inconclusive', 'fail', 'new-failure', 1],
    ['not-applicable', 'fail', 'new-failure', 1],
    ['fail', 'fail', 'still-failing', 0],
    ['fail', 'pass', 'mended', 0],
    ['fail', 'not-applicable', 'mended', 0],
    ['fail', 'inconclusive', 'now-undetermined', 2],
    ['pass', 'inconclusive', 'now-undetermined', 2],
    ['inconclusive', 'inconclusive', null, 0],
    ['inconclusive', 'pass', null, 0],
    ['pass', 'pass', null, 0],
  ]
  for (const [before, now, kind, exit] of cases) {
    set(older, 0, before)
    set(newer, 0, now)
    const { changes, warnings } = compared(older, newer)
    assert.deepEqual([...new Set(changes.map((c) => c.change))], kind === null ? [] : [kind], `${before} → ${now}`)
    assert.equal(exitOfComparison({ changes, warnings }), exit, `${before} → ${now}`)
    assert.deepEqual(warnings, [])
  }
})

test('a failure that was not judged again is never called mended', async () => {
  const { older, newer } = await twoRuns()
  const gone = older.verdicts.judgements[0]
  assert.ok(gone)
  set(older, 0, 'fail')
  for (const r of newer.verdicts.regulations)
    for (const c of r.clauses) c.judgements = c.judgements.filter((n) => n !== 0)
  const { changes, warnings } = compared(older, newer)
  assert.deepEqual([...new Set(changes.map((c) => `${c.criterion} ${c.change}`))], [`${gone.criterion} not-judged`])
  assert.equal(exitOfComparison({ changes, warnings }), 2)
})

test('where nothing was judged nothing is known to be as good as before', async () => {
  const { older, newer } = await twoRuns()
  for (const r of newer.verdicts.regulations) for (const c of r.clauses) c.judgements = []
  for (const [i] of older.verdicts.judgements.entries()) set(older, i, 'pass')
  const comparison = compared(older, newer)
  assert.deepEqual(comparison.changes, [])
  assert.deepEqual(
    comparison.warnings.map((w) => w.code),
    ['warning.nothing-judged'],
  )
  assert.equal(exitOfComparison(comparison), 2)
})

test('ids are unique and do not depend on run, time, order or position', async () => {
  const { older, newer } = await twoRuns()
  const ids = itemsOf(older).map((i) => i.id)
  assert.ok(ids.length >= 12, `${ids.length}`)
  assert.equal(new Set(ids).size, ids.length)
  const last = newer.verdicts.judgements.length - 1
  newer.verdicts.judgements.reverse()
  for (const r of newer.verdicts.regulations)
    for (const c of r.clauses) c.judgements = c.judgements.map((n) => last - n).reverse()
  assert.deepEqual(
    itemsOf(newer).map((i) => i.id),
    ids,
  )
  assert.deepEqual(compared(older, newer).changes, [])
})

test('another model or no common regulation is refused, another edition is a warning', async () => {
  const { older, newer } = await twoRuns()
  const codes = (a: Report, b: Report) => {
    const result = compare(a, b)
    return result.ok ? result.value.warnings.map((w) => w.code) : result.faults.map((f) => f.code)
  }
  const other = structuredClone(newer)
  ;(other.dut as { model: string }).model = 'Another'
  assert.deepEqual(codes(older, other), ['baseline-other-model'])
  const foreign = structuredClone(newer)
  for (const r of foreign.regulations) r.id = 'another-regulation'
  assert.deepEqual(codes(older, foreign), ['baseline-other-regulation'])
  for (const r of newer.regulations) Object.assign(r, { edition: '2027-01', digest: 'a'.repeat(64) })
  newer.tool.suiteDigest = 'b'.repeat(64)
  newer.run.startedAt = older.run.startedAt - 1
  assert.deepEqual(codes(older, newer), ['warning.other-edition', 'warning.other-suite', 'warning.order'])
})

test('summary, JUnit and page say what changed', () => {
  const source = reportSource('official')
  const failing = itemsOf(source.report).find((i) => i.verdict === 'fail')
  assert.ok(failing)
  const older = structuredClone(source.report)
  set(older, failing.judgement, 'pass')
  source.comparison = compared(older, source.report)
  assert.equal(
    countsOf(source.comparison)['new-failure'],
    itemsOf(source.report).filter((i) => i.judgement === failing.judgement).length,
  )
  const summary = renderSummary(source, { language: 'en', width: 200 })
  assert.match(summary, /NEW FAILURES \(\d\)/)
  assert.ok(summary.includes(failing.id), summary)
  assert.match(renderSummary(source, { language: 'vi' }), /LỖI MỚI \(\d\)/)
  assert.match(renderJunit(source, 'en'), /Compared with an earlier report: new failures/)
  const page = renderHtml(source, { language: 'vi' })
  assert.match(page, /So sánh với báo cáo trước/)
  assert.ok(page.includes(`<code>${failing.id}</code>`))
})

test('camseal diff: a bundle against a report.json, in words and as JSON', async () => {
  const older = 'test/golden/sound.asice'
  const { newer } = await twoRuns()
  set(newer, 0, 'fail')
  const path = fileOf('newer', newer)
  const [words, json, back, broken] = await Promise.all([
    camseal(['diff', older, path]),
    camseal(['diff', older, path, '--json']),
    camseal(['diff', path, older, '--lang', 'vi']),
    camseal(['diff', older, 'package.json']),
  ])
  assert.equal(words.code, 1, words.stderr)
  assert.match(words.stdout, /NEW FAILURES/)
  assert.equal(json.code, 1)
  const result = JSON.parse(json.stdout) as Comparison & { counts: Record<string, number>; exitCode: number }
  assert.equal(result.exitCode, 1)
  assert.ok((result.counts['new-failure'] ?? 0) > 0)
  assert.equal(result.changes[0]?.criterion, newer.verdicts.judgements[0]?.criterion)
  assert.equal(back.code, 0, back.stderr)
  assert.match(back.stdout, /LỖI|ĐÃ KHẮC PHỤC/)
  assert.match(back.stdout, /được lập sau/)
  assert.equal(broken.code, 3)
})

test('a run refuses a baseline of another model and a retest without a reason before anything is sent', async () => {
  const { newer } = await twoRuns()
  ;(newer.dut as { model: string }).model = 'Another'
  const path = fileOf('other-model', newer)
  const run = [
    'run',
    '--statement',
    'docs/examples/camera.yaml',
    '--regulation',
    'camseal-core',
    '--out',
    join(work, 'run'),
  ]
  const [baseline, retest] = await Promise.all([
    camseal([...run, '--baseline', path]),
    camseal([...run, '--retest-of', path]),
  ])
  assert.equal(baseline.code, 3)
  assert.match(baseline.stderr, /another model/)
  assert.equal(retest.code, 3)
  assert.match(retest.stderr, /--reason belong together/)
})

test(
  'a run with a baseline ends well although it fails as before, and names what it repeats',
  { timeout: 90_000 },
  async (t) => {
    const { older } = await twoRuns()
    const CRITERION = 'authentication/no-default-credentials'
    // The unit below is in service; the camera of the older report was met out of its box as well.
    const comparable = older.verdicts.judgements.filter(
      (j) => j.criterion === CRITERION && j.state === 'in-service' && j.subject === 'a/login/web-owner',
    )
    assert.equal(comparable.length, 1)
    for (const j of comparable) j.verdict = 'fail'
    const baseline = fileOf('failed-before', older)
    const unit = await cameraUnit(t, { n: 63, work, criteria: [] })
    const statement = join(unit.directory, 'statement.yaml')
    const reason = 'a new power supply'
    const args = [
      'run',
      '--statement',
      statement,
      '--regulation',
      writeShortLocks(join(unit.directory, 'regulation.yaml'), { failures: 5, windowSeconds: 1, lockSeconds: 1 }),
      '--only',
      CRITERION,
      '--ports',
      'declared',
      '--pace',
      'fast',
    ]
    const ran = await camseal(
      [...args, '--out', unit.out, '--baseline', baseline, '--retest-of', baseline, '--reason', reason, '--json'],
      { env: unit.environment },
    )
    assert.equal(ran.code, 0, ran.stderr)
    const last = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as { comparison: Comparison }
    const mended = last.comparison.changes.filter((c) => c.change === 'mended')
    assert.ok(mended.length > 0 && mended.every((c) => c.criterion === CRITERION), JSON.stringify(last.comparison))
    const report = await readReportAt(unit.out)
    assert.ok(report.ok)
    const digest = createHash('sha256').update(readFileSync(baseline)).digest('hex')
    assert.deepEqual(report.value.report.run.retestOf, { report: digest, why: reason })
    const resumed = await camseal(['resume', unit.out, '--baseline', baseline, '--json'], { env: unit.environment })
    assert.equal(resumed.code, 0, resumed.stderr)
    assert.match(resumed.stdout, /"comparison":/)
    ;(older.dut as { model: string }).model = 'Another'
    const refused = await camseal(['resume', unit.out, '--baseline', fileOf('another-model', older)], {
      env: unit.environment,
    })
    assert.deepEqual([refused.code, /another model/.test(refused.stderr)], [3, true], refused.stderr)
    const exported = await camseal(['export', unit.out, '--format', 'sarif', '--baseline', baseline])
    assert.equal(exported.code, 0, exported.stderr)
    assert.equal((JSON.parse(exported.stdout) as { version: string }).version, '2.1.0')
  },
)
