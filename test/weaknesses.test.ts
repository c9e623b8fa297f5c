import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { hostsFor } from '../lab/qualification/observe-case.ts'
import { exitOfQualification, isClear, type Qualification } from '../lab/qualification/qualification.ts'
import { qualify, type CaseDone } from '../lab/qualification/qualify.ts'
import { registry } from '../suites/registry.generated.ts'
import { inPrivateNetwork } from './support/private-network.ts'

/** Every weakness is found by every criterion it lists, none accuses the sound camera, and no criterion is blind. */
inPrivateNetwork(import.meta.url, hostsFor(weaknesses.length + 1), 700, () => {
  const work = mkdtempSync(join(tmpdir(), 'camseal-weak-'))
  const cases = new Map<string, CaseDone>()
  let qualification: Qualification
  after(() => rmSync(work, { recursive: true, force: true }))
  const qualified = async () =>
    qualify({
      directory: work,
      only: [],
      signal: new AbortController().signal,
      onCase: (done) => cases.set(done.id, done),
    })
  before(
    async () => {
      const result = await qualified()
      assert.ok(result.ok, JSON.stringify(result))
      qualification = result.value
    },
    { timeout: 690_000 },
  )

  for (const { id, criteria, undecided = [] } of weaknesses)
    test(`${id} is found`, () => {
      const done = cases.get(id)
      assert.ok(done?.result, `${id}: ${JSON.stringify(done?.faults)}`)
      const verdict = (c: string) => {
        const tried = done.result?.criteria.find((x) => x.criterion === c)
        return `${tried?.verdict} ${tried?.verdict === 'fail' ? '' : tried?.because.join()}`.trim()
      }
      for (const c of criteria) assert.equal(verdict(c), 'fail', `${id}: ${c} is ${verdict(c)}`)
      for (const c of undecided) assert.match(verdict(c), /^inconclusive/, `${id}: ${c}`)
    })

  test('the sound camera passes every criterion', () => {
    assert.deepEqual(cases.get('sound')?.faults, [])
    const others = qualification.criteria.filter((c) => !isClear(c.sound)).map((c) => `${c.criterion}: ${c.sound}`)
    const tried = cases.get('sound')?.result?.criteria.filter((c) => c.verdict !== 'pass')
    assert.deepEqual(others, [], JSON.stringify(tried))
    assert.equal(qualification.criteria.length, registry.criteria.size)
  })

  test('each criterion has a weakness that goes unnoticed when its judge is replaced by a constant pass', () => {
    const blind = qualification.criteria.filter((c) => !c.weaknesses.some((w) => w.unnoticedWithoutJudge))
    assert.deepEqual(
      blind.map((c) => c.criterion),
      [],
    )
    assert.equal(exitOfQualification(qualification), 0, JSON.stringify(qualification.totals))
  })

  test('results are kept: qualifying again tests no camera', async () => {
    const began = performance.now()
    cases.clear()
    const again = await qualified()
    assert.ok(again.ok)
    assert.deepEqual(again.value, qualification)
    assert.ok([...cases.values()].every((c) => c.kept))
    assert.ok(performance.now() - began < 20_000)
  })
})
