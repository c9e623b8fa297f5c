import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { canIsolate } from '../lab/isolation.ts'
import { isClear, qualificationSchema, type Qualification } from '../lab/qualification/qualification.ts'
import { qualificationCases } from '../lab/qualification/qualify.ts'
import { caseResultSchema, type CaseResult } from '../lab/qualification/result.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { digestOf } from '../suites/canonical.ts'
import { registry } from '../suites/registry.generated.ts'
import { camseal, type Ran } from './support/camseal.ts'

/** `camseal qualify` as a user runs it: every weakness is found by every criterion it lists, and the sound camera passes. */
const work = mkdtempSync(join(tmpdir(), 'camseal-weak-'))
after(() => rmSync(work, { recursive: true, force: true }))

describe('qualification', { skip: canIsolate() ? false : 'needs user namespaces or root, unshare and ip' }, () => {
  let ran: Ran
  let qualification: Qualification
  const state = join(work, 'state')
  const qualify = () => camseal(['qualify', '--out', work, '--json'], { env: { CAMSEAL_STATE: state }, seconds: 960 })
  before(
    async () => {
      ran = await qualify()
      const line = ran.stdout.trim().split('\n').at(-1) ?? ''
      assert.match(line, /"event":"qualification"/, ran.stderr)
      const file = JSON.parse(readFileSync(join(work, 'qualification.json'), 'utf8')) as unknown
      const checked = checkValue(qualificationSchema, file)
      assert.ok(checked.ok, JSON.stringify(checked))
      qualification = checked.value
    },
    { timeout: 980_000 },
  )

  /** Verdict of a criterion on a camera, with what kept it from passing. */
  function verdictOn(id: string, criterion: string): string {
    const path = join(work, 'results', `${id}.json`)
    if (!existsSync(path)) return `not tested: ${ran.stderr.slice(-2000)}`
    const result = checkValue(caseResultSchema, JSON.parse(readFileSync(path, 'utf8')) as unknown)
    assert.ok(result.ok)
    const tried = (result.value as CaseResult).criteria.find((c) => c.criterion === criterion)
    return `${tried?.verdict} ${tried?.because.join() ?? ''}`
  }

  for (const { id, criteria, undecided = [] } of weaknesses)
    test(`${id} is found`, () => {
      for (const c of criteria) assert.match(verdictOn(id, c), /^fail/, `${id}: ${c}`)
      for (const c of undecided) assert.match(verdictOn(id, c), /^inconclusive/, `${id}: ${c}`)
    })

  test('the bench keeps for its later runs that it was qualified', () => {
    const kept = JSON.parse(readFileSync(join(state, 'qualification.json'), 'utf8')) as Record<string, string>
    assert.deepEqual([kept.digest, kept.suite], [digestOf(qualification), qualification.suite.digest])
  })

  test('the sound camera passes every criterion', () => {
    const others = qualification.criteria.filter((c) => !isClear(c.sound))
    assert.deepEqual(
      others.map((c) => `${c.criterion}: ${verdictOn(`sound-${c.criterion.split('/')[0]}`, c.criterion)}`),
      [],
    )
    assert.equal(qualification.criteria.length, registry.criteria.size)
  })

  test('each criterion has a weakness that goes unnoticed when its judge is replaced by a constant pass', () => {
    const blind = qualification.criteria.filter((c) => !c.weaknesses.some((w) => w.unnoticedWithoutJudge))
    assert.deepEqual(
      blind.map((c) => c.criterion),
      [],
    )
    assert.equal(ran.code, 0, `${JSON.stringify(qualification.totals)}\n${ran.stderr}`)
  })

  test('results are kept: qualifying again tests no camera', async () => {
    const again = await qualify()
    assert.equal(again.code, 0, again.stderr)
    assert.ok(again.seconds < 60, `${again.seconds} s`)
    const lines = again.stderr.split('\n').filter((l) => /^\d+\/\d+ /.test(l))
    assert.equal(lines.length, qualificationCases([]).length)
    assert.ok(lines.every((l) => l.includes('kept from before')))
    assert.deepEqual(JSON.parse(readFileSync(join(work, 'qualification.json'), 'utf8')), qualification)
  })
})
