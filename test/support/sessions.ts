import assert from 'node:assert/strict'
import { probe } from '../../lab/probes/sessions.ts'
import { makeRedactor } from '../../lab/redact.ts'
import { criterion as attributes } from '../../suites/authentication/session-cookie-attributes.ts'
import { criterion as ends } from '../../suites/authentication/session-ends-at-log-out.ts'
import { criterion as identifiers } from '../../suites/authentication/session-identifiers.ts'
import { criterion as renewed } from '../../suites/authentication/session-renewed-at-log-in.ts'
import { fromBase64, latin1 } from '../../suites/facts/bytes.ts'
import type { Sessions } from '../../suites/observations/sessions.ts'
import type { Session } from '../../suites/statement.ts'
import { judged, misfits } from './authentication.ts'
import { emptyStatement, testBench } from './bench.ts'

export interface SessionsOf {
  value: Sessions
  /** Every answer that is kept, as text. */
  raws: string[]
  /** Verdict and codes of each criterion, in the order attributes, log-out, renewal, identifiers. */
  verdicts: string[][]
}

export interface SessionServer {
  address: string
  port: number
  tls: boolean
  target: string
  user: string
  password: string
  session: Session
}

/** What the probe sees of the sessions of a server at loopback, and what the criteria make of it. */
export async function sessionsOf({
  address,
  port,
  tls,
  target,
  user,
  password,
  session,
}: SessionServer): Promise<SessionsOf> {
  const statement = emptyStatement({
    samples: [{ id: 'a', serial: 'F1', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port,
        protocol: tls ? 'https' : 'http',
        families: ['ipv4'],
        purpose: 'web',
        session,
      },
    ],
    accounts: [{ id: 'owner', user, password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', service: 'web', account: 'owner', target }],
  })
  const nothingElse = { address, family: 'ipv4', sourceAddress: '', services: [], unasked: [] }
  const bench = testBench(statement, {
    secrets: { owner: password },
    redact: makeRedactor(() => [{ name: 'owner', value: password }]),
    seen: () => [{ subject: 'a/ipv4', value: nothingElse }] as never,
  })
  const seen = await probe.run(bench, 'a/login/web')
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(misfits(probe.kind, seen), [])
  const kept = JSON.stringify(seen.value)
  const raws = [...kept.matchAll(/"raw":"([^"]*)"/g)].map(([, raw = '']) => latin1(fromBase64(raw)))
  for (const text of [kept, ...raws]) {
    assert.ok(!text.includes(password))
    assert.doesNotMatch(text, /^set-cookie:[^=\r\n]*=[^*;\s]/im)
  }
  const verdicts = [attributes, ends, renewed, identifiers].map((criterion) => {
    const found = judged(criterion, seen, { statement })
    return [found.verdict, ...found.codes]
  })
  return { value: seen.value, raws, verdicts }
}
