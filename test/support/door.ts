import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { CameraOptions } from '../../lab/cameras/options.ts'
import { startReferenceCamera } from '../../lab/cameras/reference-camera.ts'
import type { Bench, Probe } from '../../lab/probe.ts'
import { randomPassword } from '../../lab/secrets.ts'
import type { Criterion } from '../../suites/criterion.ts'
import type { Answered, ObservationKind, State } from '../../suites/observation.ts'
import type { Services } from '../../suites/observations/services.ts'
import type { Statement } from '../../suites/statement.ts'
import { bilingual } from '../../reports/locales/index.ts'
import { catalogueData, judged, misfits, type Judged } from './authentication.ts'
import { liveBench } from './live-bench.ts'

/** A reference camera with a bench before it: what the probes of authentication see of it. */
export interface Door {
  statement: Statement
  state: State
  bench: Bench & { undone: string[] }
  /** What the probe saw of one subject; the answer fits its schema. */
  seen<T>(probe: Probe<T>, subject?: string): Promise<Answered<T>>
  /** Judged as the framework does, changed first where that is asked. */
  judged<T>(
    criterion: Criterion<T>,
    seen: Answered<T>,
    more?: { subject?: string; parameters?: unknown; change?: (value: T, statement: Statement) => void },
  ): Judged
}

export const PASSWORDS = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }

/** Before all others a viewer of the stream alone, whom the page does not know. */
export const withWatcher = (statement: Statement): Statement => ({
  ...statement,
  accounts: [{ id: 'watcher', user: 'watcher', password: { prompt: true }, role: 'viewer' }, ...statement.accounts],
})

/** Everything answers at once: no service was looked for, and none is missing. */
const nothingElse: { subject: string; value: Services } = {
  subject: 'a/ipv4',
  value: { address: '127.0.0.1', family: 'ipv4', sourceAddress: '127.0.0.1', services: [], unasked: [] },
}

/** `n` makes an address of its own; `adapt` changes what is declared of it. */
export async function doorOf(
  t: TestContext,
  n: number,
  options: Partial<CameraOptions> = {},
  adapt: (statement: Statement) => Statement = (statement) => statement,
): Promise<Door> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.11.${n}`, ipv6: null },
    ports: { https: 0, rtsp: 0, http: 0 },
    weaknesses: [],
    serial: `D${n}`,
    syslog: null,
    lock: { failures: 5, windowSeconds: 30, lockSeconds: 2 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: PASSWORDS.owner,
    users: [{ name: 'lab-spare', password: PASSWORDS['lab-spare'], role: 'viewer', spare: true }],
    ...options,
  })
  t.after(() => camera.stop())
  const statement = adapt(camera.statement())
  const state: State = options.factoryFresh ? 'factory-fresh' : 'in-service'
  const seenKinds = <T>(kind: ObservationKind<T>) =>
    kind.id === 'services' ? ([nothingElse] as unknown as { subject: string; value: T }[]) : []
  const bench = liveBench(statement, PASSWORDS, {
    state,
    catalogue: catalogueData,
    sources: () => ['127.77.11.1', '127.77.11.2'],
    seen: seenKinds,
    freshSecret: (name) => Promise.resolve({ user: '', password: randomPassword(), secret: name, published: false }),
  })
  return {
    statement,
    state,
    bench,
    async seen<T>(probe: Probe<T>, wanted?: string) {
      const subjects = probe.kind.expected({ statement, state, seen: seenKinds })
      const subject = wanted ?? subjects[0] ?? ''
      assert.ok(subjects.includes(subject), subjects.join())
      const seen = await probe.run(bench, subject)
      assert.ok(seen.answered, JSON.stringify(seen))
      assert.deepEqual(misfits(probe.kind, seen), [])
      const kept = JSON.stringify(seen.value)
      for (const password of Object.values(PASSWORDS)) {
        const basic = Buffer.from(`admin:${password}`).toString('base64')
        for (const text of [password, basic]) assert.ok(!kept.includes(text), 'no secret in evidence')
      }
      return seen
    },
    judged(criterion, seen, { subject = '', parameters = {}, change } = {}) {
      const [copy, declared] = [structuredClone(seen), structuredClone(statement)]
      change?.(copy.value, declared)
      const found = judged(criterion, copy, { statement: declared, subject, state, parameters })
      for (const { message } of found.findings)
        if (!message.code.startsWith('framework.'))
          assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
      return found
    },
  }
}
