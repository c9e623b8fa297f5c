import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { IMPOSTORS, STRIPPERS } from '../suites/observations/tls-clients.ts'
import { has } from './support/software.ts'
import {
  curlMail,
  deviceAround,
  judgedOf,
  MAIL_PASSWORD,
  msmtp,
  observe,
  type Inside,
} from './support/tls-client-device.ts'

/** Mail clients that others wrote, set up well and badly: what the lab's mail servers see of each, and what follows. */
type Make = (ca: string, directory: string) => Inside
interface Client {
  program: 'msmtp' | 'curl'
  make: (t: TestContext) => Make
  /** Sorted codes of violations. */
  violations: string[]
}
const TRUSTED = IMPOSTORS.map((i) => `trusted-${i}`)
const CLIENTS: Record<string, Client> = {
  'msmtp, STARTTLS': { program: 'msmtp', make: (t) => msmtp(t, 'smtp-starttls'), violations: [] },
  'msmtp, TLS first': { program: 'msmtp', make: (t) => msmtp(t, 'smtps'), violations: [] },
  'msmtp, certificates unchecked': {
    program: 'msmtp',
    make: (t) => msmtp(t, 'smtp-starttls', '--tls-trust-file=', '--tls-certcheck=off'),
    violations: TRUSTED,
  },
  'msmtp, without TLS': {
    program: 'msmtp',
    make: (t) => msmtp(t, 'smtp-starttls', '--tls=off'),
    violations: ['mail-in-clear', 'mail-in-clear'],
  },
  'curl, without TLS': {
    program: 'curl',
    make: (t) => curlMail(t, 'smtp-starttls', '--user', ''),
    violations: ['genuine-mail-in-clear', 'genuine-mail-in-clear', 'mail-in-clear', 'mail-in-clear'],
  },
  'curl, TLS demanded': { program: 'curl', make: (t) => curlMail(t, 'smtp-starttls', '--ssl-reqd'), violations: [] },
  'curl, TLS first': { program: 'curl', make: (t) => curlMail(t, 'smtps'), violations: [] },
  'curl, TLS first, insecure': { program: 'curl', make: (t) => curlMail(t, 'smtps', '-k'), violations: TRUSTED },
  'curl, TLS where it is offered': {
    program: 'curl',
    make: (t) => curlMail(t, 'smtp-starttls', '--ssl'),
    violations: STRIPPERS.map(() => 'mail-in-clear'),
  },
}

test('mail clients of others', { timeout: 120_000, concurrency: true }, async (t) => {
  await Promise.all(
    Object.entries(CLIENTS).map(([name, { program, make, violations }]) =>
      t.test(name, async (s) => {
        if (!has(program)) return s.skip(`needs ${program}`)
        const { statement } = await deviceAround(s, make(s))
        const seen = await observe(statement)
        const { verdict, findings, codes } = judgedOf(statement, seen)
        const found = findings.filter((f) => f.is === 'violation' && f.certainty === 'confirmed')
        assert.deepEqual(found.map((f) => f.message.code).sort(), [...violations].sort(), codes.join())
        assert.equal(verdict, violations.length > 0 ? 'fail' : 'pass', codes.join())
        const all = JSON.stringify(seen)
        for (const form of [MAIL_PASSWORD, `camera\0camera\0${MAIL_PASSWORD}`, `\0camera\0${MAIL_PASSWORD}`])
          for (const text of [form, Buffer.from(form).toString('base64')]) {
            assert.ok(!all.includes(text))
            assert.ok(!all.includes(Buffer.from(text).toString('base64').slice(0, 16)))
          }
      }),
    ),
  )
})
