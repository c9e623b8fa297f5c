import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { probe } from '../lab/probes/update-refusal.ts'
import type { Criterion } from '../suites/criterion.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { requestsOf } from '../suites/facts/update-steps.ts'
import type { UpdateRefusal } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Statement } from '../suites/statement.ts'
import { liveBench } from './support/live-bench.ts'
import { has } from './support/programs.ts'
import { startStepDevice, type StepManners } from './support/step-device.ts'
import { judgedAt } from './support/update-judging.ts'

/** Uploads in several steps: what the device answers to one is asked for by the next. */
const directory = mkdtempSync(join(tmpdir(), 'camseal-steps-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const SUBJECT = 'a/update/web-update'
const AREA = [...registry.criteria.values()].filter(
  (c) => c.area === 'update-integrity' && c.over.id === probe.kind.id,
) as Criterion<UpdateRefusal, unknown>[]

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}
const verdicts = (value: UpdateRefusal, statement: Statement): Record<string, string> =>
  Object.fromEntries(
    AREA.map((c) => {
      const { verdict, codes } = judgedAt(SUBJECT, c, value, statement)
      return [c.id.replace('update-integrity/', ''), `${verdict} ${[...new Set(codes)].join()}`]
    }),
  )
/** Both devices are back at once. */
const inHalf = ({ updates }: Statement) => updates.forEach((u) => (u.bootSeconds = 0.5))
const statuses = (a: UpdateRefusal['genuine']) => a && requestsOf(a).map((e) => answerOf(e)?.status ?? e.failure?.code)

describe('the reference camera, which stages uploads', { concurrency: true, timeout: 60_000 }, () => {
  const cases = [null, 'update-altered-accepted', 'update-anonymous-upload']
  for (const [i, id] of cases.entries())
    test(id ?? 'as it should be', async () => {
      const camera = await startReferenceCamera({
        addresses: { ipv4: `127.77.7.${20 + i}`, ipv6: null },
        ports: { https: 0, rtsp: 0 },
        weaknesses: id ? [id] : [],
        serial: 'T-1',
        syslog: null,
        stagedUpdates: true,
        lock: { failures: 5, windowSeconds: 60, lockSeconds: 4 },
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
        inHalf(statement)
        const seen = await probe.run(liveBench(statement, { owner: 'Owner-Pass-1x', spare: 'Spare-Pass-1x' }), SUBJECT)
        assert.ok(seen.answered, JSON.stringify(seen))
        const { value } = seen
        const weakness = weaknesses.find((w) => w.id === id)
        const bad = Object.entries(verdicts(value, statement)).filter(([, v]) => !v.startsWith('pass'))
        assert.deepEqual(
          bad.map(([c, v]) => [c, v.split(' ')[0]]).sort(),
          [
            ...(weakness?.criteria ?? []).map((c) => [c.replace('update-integrity/', ''), 'fail']),
            ...(weakness?.undecided ?? []).map((c) => [c.replace('update-integrity/', ''), 'inconclusive']),
          ].sort(),
          JSON.stringify(bad),
        )
        if (id !== null) return
        for (const v of value.variants.filter((v) => v.id !== 'interrupted'))
          assert.deepEqual(
            [v.steps?.ended, statuses(v)?.[0]],
            ['all', 200],
            'taken by the first step, refused by the second',
          )
        assert.deepEqual(value.variants.find((v) => v.id === 'interrupted')?.steps, {
          before: [],
          after: [],
          ended: 'no-value',
        })
        assert.deepEqual(
          value.doors.map((d) => [d.id, d.steps?.ended, statuses(d)]),
          [
            ['no-login', 'no-value', [401]],
            ['wrong-login', 'not-done', [401]],
          ],
        )
        assert.deepEqual(statuses(value.genuine), [200, 200])
      } finally {
        await camera.stop()
      }
    })
})

describe(
  'a device in another language: prepare, upload, install',
  { concurrency: true, timeout: 60_000, skip: !has('python3') && 'needs python3' },
  () => {
    const ASKED = ['altered', 'truncated', 'unsigned', 'older']
      .map((a) => `${a}-update-refused`)
      .concat('upload-needs-login')
    const observed = async (manners: StepManners) => {
      const { statement, stop } = await startStepDevice(mkdtempSync(join(directory, 'device-')), manners)
      try {
        inHalf(statement)
        const seen = await probe.run(liveBench(statement, { owner: 'right-Pass-1' }), SUBJECT)
        assert.ok(seen.answered, JSON.stringify(seen))
        const all = verdicts(seen.value, statement)
        return { value: seen.value, said: ASKED.map((a) => all[a]) }
      } finally {
        await stop()
      }
    }

    test('one that checks before it installs', async () => {
      const { value, said } = await observed({ checks: true })
      assert.deepEqual(said, Array(5).fill('pass refused'))
      assert.deepEqual(statuses(value.genuine), [200, 200, 200])
      for (const v of value.variants.filter((v) => v.id !== 'interrupted'))
        assert.deepEqual([v.steps?.ended, statuses(v)], ['all', [200, 200, 200]], v.id)
      assert.deepEqual(value.doors.map(statuses), [[401], [401]])
      assert.match(value.genuine?.steps?.after[0]?.request.target ?? '', /^\/install\?file=up%2B\d+%26a\.bin$/)
    })

    test('one that checks nothing when it installs', async () => {
      const { said } = await observed({ checks: false })
      assert.equal(said[0], 'fail installed')
      assert.match(said[2] ?? '', /^inconclusive .*row-ended/)
    })

    test('one that never installs has refused nothing', async () => {
      const { value, said } = await observed({ checks: true, idle: true })
      for (const s of said.slice(0, 3)) assert.equal(s, 'inconclusive genuine-not-installed')
      assert.equal(said[4], 'inconclusive genuine-not-installed')
      assert.deepEqual(statuses(value.genuine), [200, 200, 200])
    })

    test('one that is never ready took no package', async () => {
      const { value, said } = await observed({ checks: true, busy: true })
      for (const s of said.slice(0, 3)) assert.equal(s, 'inconclusive not-uploaded')
      assert.ok(value.variants.every((v) => !v.upload && v.steps?.ended === 'not-done'))
    })

    test('who is turned away at the first step goes on to the next', async () => {
      const { value, said } = await observed({ checks: true, ticketless: true, open: ['upload', 'install'] })
      assert.match(said[4] ?? '', /^fail .*installed/)
      assert.deepEqual(statuses(value.doors[0] ?? null), [401, 200, 200])
    })

    test('what only a log-in gives keeps the later steps closed', async () => {
      const { value, said } = await observed({ checks: true, open: ['upload', 'install'] })
      assert.deepEqual(said, Array(5).fill('pass refused'))
      assert.deepEqual(
        value.doors.map((d) => [d.steps?.ended, statuses(d)]),
        [
          ['no-value', [401]],
          ['not-done', [401]],
        ],
      )
    })
  },
)
