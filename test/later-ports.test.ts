import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { perform } from '../lab/actions.ts'
import { bodyOf, ropeOf } from '../lab/packages/rope.ts'
import { probe } from '../lab/probes/later-tcp-ports.ts'
import { startReferenceCamera, type ReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { validatorOf } from '../profiles/validator.ts'
import { kind, type LaterTcpPorts } from '../suites/observations/later-tcp-ports.ts'
import type { Statement } from '../suites/statement.ts'
import { liveBench } from './support/live-bench.ts'

/** The sweep at the end, on a camera that opens Telnet once it was used, and on one that does not. */
const SECRETS = { owner: 'Owner-Pass-1x', guard: 'Guard-Pass-1x' }
const TELNET = 2325
const validate = validatorOf(kind.schema)
const work = mkdtempSync(join(tmpdir(), 'camseal-later-'))
after(() => rmSync(work, { recursive: true, force: true }))

async function withCamera(
  n: number,
  weaknesses: string[],
  use: (camera: ReferenceCamera, statement: Statement) => Promise<void>,
): Promise<void> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.3.${n}`, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses,
    serial: `T-${n}`,
    syslog: null,
    lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
    bootSeconds: 0.2,
    factoryFresh: false,
    adminPassword: SECRETS.owner,
    users: [{ name: 'guard', password: SECRETS.guard, role: 'viewer', spare: true }],
  })
  try {
    await camera.writePackages(mkdtempSync(join(work, 'packages-')))
    await use(camera, camera.statement())
  } finally {
    await camera.stop()
  }
}

async function observe(statement: Statement, connections = 8): Promise<LaterTcpPorts> {
  const budgets = { connections, attemptsPerSecond: 500 }
  const bench = liveBench(statement, SECRETS, { ports: [[2300, 2400]], budgets })
  const seen = await probe.run(bench, 'a/ipv4')
  assert.ok(seen.answered && validate(seen.value), JSON.stringify([seen, validate.errors]))
  await sleep(100)
  assert.equal(bench.open(), 0)
  return seen.value
}

describe('the sweep at the end', { concurrency: true, timeout: 60_000 }, () => {
  test('a sound camera: a stream is watched, nothing new is open', () =>
    withCamera(51, [], async (_camera, statement) => {
      for (const connections of [8, 1]) {
        const { stream, sweep, again, services } = await observe(statement, connections)
        assert.ok(stream && stream.packets >= 3 && stream.login === 'stream-owner')
        assert.deepEqual([again, services], [[], []])
        assert.ok(sweep.canary.port !== null && sweep.canary.missed === 0 && sweep.refused.length > 0)
      }
    }))

  test('Telnet that opens with the first stream is found, still open a while later, and speaks', () =>
    withCamera(52, ['telnet-opens-later'], async (_camera, statement) => {
      const { again, services, sweep } = await observe(statement)
      assert.ok(sweep.open.some((o) => o.port === TELNET))
      assert.deepEqual(
        again.map((a) => [a.port, a.open]),
        [[TELNET, true]],
      )
      assert.match(Buffer.from(services[0]?.greeting ?? '', 'base64').toString('latin1'), /camera login/)
    }))

  test('Telnet that opens after an update is found where no stream is declared', () =>
    withCamera(53, ['telnet-opens-later'], async (camera, statement) => {
      statement.logins = statement.logins.filter((l) => l.service !== 'stream')
      assert.deepEqual((await observe(statement)).again, [])
      const [update] = statement.updates
      const rope = ropeOf(update?.packages.genuine.file ?? '')
      assert.ok(update?.upload && rope)
      await perform(liveBench(statement, SECRETS), update.upload, {}, bodyOf(rope))
      for (let i = 0; i < 300 && camera.firmwareVersion !== '1.5.0'; i++) await sleep(100)
      assert.equal(camera.firmwareVersion, '1.5.0')
      await sleep(1_500)
      const { again, stream } = await observe(statement)
      assert.equal(stream, null)
      assert.deepEqual(
        again.map((a) => [a.port, a.open]),
        [[TELNET, true]],
      )
    }))
})
