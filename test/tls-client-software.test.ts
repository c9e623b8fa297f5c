import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { has } from './support/software.ts'
import { curl, deviceAround, judgedOf, mosquitto, observe, rsyslog, type Inside } from './support/tls-client-device.ts'

/** Clients that others wrote, set up well and badly: what the lab's servers see of each, and what follows. */
const ALL = ['expired', 'not-yet-valid', 'self-signed', 'unknown-ca', 'wrong-name']

type Make = (ca: string, directory: string) => Inside | Promise<Inside>
const CLIENTS: Record<string, { program: string; make: (t: TestContext) => Make; trusts: string[] }> = {
  'rsyslog, name checked': { program: 'rsyslogd', make: (t) => rsyslog(t, 'x509/name'), trusts: [] },
  'rsyslog, chain only': { program: 'rsyslogd', make: (t) => rsyslog(t, 'x509/certvalid'), trusts: ['wrong-name'] },
  'rsyslog, expired allowed': {
    program: 'rsyslogd',
    make: (t) => rsyslog(t, 'x509/name', 'StreamDriver.PermitExpiredCerts="on"'),
    trusts: ['expired'],
  },
  'rsyslog, anybody': { program: 'rsyslogd', make: (t) => rsyslog(t, 'anon'), trusts: ALL },
  curl: { program: 'curl', make: (t) => curl(t), trusts: [] },
  'curl, insecure': { program: 'curl', make: (t) => curl(t, '-k'), trusts: ALL },
  mosquitto: { program: 'mosquitto_pub', make: (t) => mosquitto(t), trusts: [] },
  'mosquitto, insecure': { program: 'mosquitto_pub', make: (t) => mosquitto(t, '--insecure'), trusts: ['wrong-name'] },
}

test('clients of others', { timeout: 120_000, concurrency: true }, async (t) => {
  await Promise.all(
    Object.entries(CLIENTS).map(([name, { program, make, trusts }]) =>
      t.test(name, async (s) => {
        if (!has(program)) return s.skip(`needs ${program}`)
        const { statement } = await deviceAround(s, make(s))
        const seen = await observe(statement)
        const { verdict, findings, codes } = judgedOf(statement, seen)
        const trusted = findings.filter((f) => f.is === 'violation').map((f) => f.message.code.replace('trusted-', ''))
        assert.deepEqual(trusted.sort(), trusts, codes.join())
        assert.equal(verdict, trusts.length > 0 ? 'fail' : 'pass', codes.join())
      }),
    ),
  )
})
