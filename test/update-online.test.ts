import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import Ajv from 'ajv/dist/2020.js'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { probe } from '../lab/probes/update-refusal.ts'
import { messageText } from '../reports/locales/index.ts'
import type { Cite, Criterion, JudgeContext } from '../suites/criterion.ts'
import { verdictOf } from '../suites/judge.ts'
import { kind, VARIANTS, type UpdateRefusal } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Statement } from '../suites/statement.ts'
import { liveBench } from './support/live-bench.ts'

/** Packages that the device fetches from the lab's update server. */
const directory = mkdtempSync(join(tmpdir(), 'camseal-online-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const validate = new Ajv.default({ allErrors: true }).compile(kind.schema)
const SUBJECT = 'a/update/web-update-server'
const AREA = [...registry.criteria.values()].filter((c) => c.area === 'update-integrity') as Criterion<
  UpdateRefusal,
  unknown
>[]

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

function judge(criterion: Criterion<UpdateRefusal, unknown>, value: UpdateRefusal, statement: Statement) {
  assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 3)))
  const cite = (at: string): Cite => ({ kind: kind.id, subject: SUBJECT, state: 'in-service', at })
  const context: JudgeContext<unknown> = {
    statement,
    parameters: { required: true },
    subject: SUBJECT,
    state: 'in-service',
    cite,
    others: () => [],
    catalogue: () => null,
  }
  const findings = criterion.judge({ answered: true, value, controls: [], artifacts: [] }, context)
  for (const f of findings)
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, f.message, criterion.id), /^[a-z-]+$|\{[a-z-]+\}/, f.message.code)
  return { verdict: verdictOf(findings), codes: findings.map((f) => f.message.code).sort() }
}

/** Of the criteria that concern a path without upload, those that do not pass. */
const notPassed = (value: UpdateRefusal, statement: Statement): Record<string, string> =>
  Object.fromEntries(
    AREA.filter((c) => c.concerns?.(statement, SUBJECT) ?? true).flatMap((c) => {
      const { verdict, codes } = judge(c, value, statement)
      return verdict === 'pass' ? [] : [[c.id, `${verdict} ${codes.join()}`]]
    }),
  )

describe('the reference camera', { concurrency: true, timeout: 60_000 }, () => {
  const cases: [string | null, string][] = [
    [null, '1.6.0'],
    ['update-online-unchecked', '1.6.0'],
    ['update-rollback-accepted', '1.3.0'],
  ]
  for (const [i, [id, version]] of cases.entries())
    test(`${id ?? 'as it should be'}, by its update server alone`, async () => {
      const address = `127.77.5.${20 + i}`
      const camera = await startReferenceCamera({
        addresses: { ipv4: address, ipv6: null },
        ports: { https: 0, rtsp: 0 },
        weaknesses: id ? [id] : [],
        serial: 'T-1',
        syslog: null,
        updatePort: await freePort(),
        lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
        bootSeconds: 0.2,
        factoryFresh: false,
        adminPassword: 'Owner-Pass-1x',
        users: [{ name: 'spare', password: 'Spare-Pass-1x', role: 'viewer', spare: true }],
      })
      try {
        await camera.writePackages(mkdtempSync(join(directory, 'packages-')))
        const statement = camera.statement()
        const [channel] = statement.logging.channels
        assert.ok(channel)
        channel.port = await freePort()
        statement.updates = statement.updates.filter((u) => u.online)
        const bench = liveBench(statement, { owner: 'Owner-Pass-1x', spare: 'Spare-Pass-1x' })
        const began = performance.now()
        const seen = await probe.run(bench, SUBJECT)
        assert.ok(seen.answered, JSON.stringify(seen))
        const { value } = seen
        const weakness = weaknesses.find((w) => w.id === id)
        const expected = [
          ...(weakness?.criteria ?? []).map((c) => [c, 'fail']),
          ...(weakness?.undecided ?? []).map((c) => [c, 'inconclusive']),
        ]
        assert.deepEqual(
          Object.entries(notPassed(value, statement))
            .map(([c, got]) => [c, got.split(' ')[0]])
            .sort(),
          expected.sort(),
          JSON.stringify(notPassed(value, statement)),
        )
        assert.equal(camera.firmwareVersion, version)
        assert.ok(bench.undone.includes(`update-server/${SUBJECT}/server`))
        if (id !== null) return
        console.log(`${Math.round(performance.now() - began)} ms`)
        assert.deepEqual(
          value.variants.map((v) => v.id),
          VARIANTS.filter((v) => !['middle-bit', 'first-bit', 'last-bit', 'repacked', 'maker-unsigned'].includes(v)),
        )
        for (const v of [...value.variants, value.genuine ?? assert.fail()]) {
          assert.equal(v.upload, undefined)
          assert.equal(v.fetch?.covered, v.bytes, v.id)
          assert.deepEqual(
            v.fetch.requests.map((r) => [r.method, r.target.replace(/\?.*/, ''), r.status, r.sent === r.promised]),
            [
              ['GET', '/RC-1.json', 200, true],
              ['GET', '/RC-1-1.6.0.csfw', 200, true],
            ],
          )
        }
        assert.deepEqual(value.doors, [])
        assert.deepEqual(value.older?.fetch?.requests.length, 1, 'the manifest was enough')
        assert.match(value.online?.after ?? '', new RegExp(String(statement.updates[0]?.online?.port)))
      } finally {
        await camera.stop()
      }
    })
})
