import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { probe } from '../lab/probes/sessions.ts'
import { makeRedactor } from '../lab/redact.ts'
import { criterion as attributes } from '../suites/authentication/session-cookie-attributes.ts'
import { criterion as ends } from '../suites/authentication/session-ends-at-log-out.ts'
import { criterion as identifiers } from '../suites/authentication/session-identifiers.ts'
import { criterion as renewed } from '../suites/authentication/session-renewed-at-log-in.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import { apacheForm, APACHE_SESSION, type ApacheSession } from './support/apache-form.ts'
import { judged, misfits } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { has } from './support/software.ts'

/**
 * Sessions of a server that nobody here wrote. mod_session_cookie keeps the whole session in the cookie: sealed, it is new
 * at every log-in and can be used again after any log-out; unsealed, it is the same for ever.
 */
const PASSWORD = `right-${randomBytes(6).toString('hex')}`

async function seenOf(t: TestContext, n: number, kept?: ApacheSession) {
  const [address, port] = [`127.81.7.${n}`, 8443]
  const apache = await apacheForm(address, port, { keeper: PASSWORD }, kept)
  t.after(() => apache.stop())
  const statement = emptyStatement({
    samples: [{ id: 'a', serial: 'F1', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
    services: [
      {
        ...{ id: 'web', transport: 'tcp', port, protocol: 'https', families: ['ipv4'], purpose: 'web' },
        session: APACHE_SESSION,
      },
    ],
    accounts: [{ id: 'owner', user: 'keeper', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', service: 'web', account: 'owner', target: '/private/' }],
  })
  const nothingElse = {
    subject: 'a/ipv4',
    value: { address, family: 'ipv4', sourceAddress: '', services: [], unasked: [] },
  }
  const bench = testBench(statement, {
    secrets: { owner: PASSWORD },
    redact: makeRedactor(() => [{ name: 'owner', value: PASSWORD }]),
    seen: () => [nothingElse] as never,
  })
  const seen = await probe.run(bench, 'a/login/web')
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(misfits(probe.kind, seen), [])
  const raws = [...JSON.stringify(seen.value).matchAll(/"raw":"([^"]*)"/g)].map(([, raw = '']) =>
    latin1(fromBase64(raw)),
  )
  assert.ok(raws.some((raw) => /^set-cookie: session=\*+;/im.test(raw)))
  for (const text of [...raws, JSON.stringify(seen.value)]) {
    assert.ok(!text.includes(PASSWORD))
    assert.doesNotMatch(text, /session=[^*;\s]/)
  }
  const verdicts = Object.fromEntries(
    [attributes, ends, renewed, identifiers].map((c) => {
      const found = judged(c, seen, { statement })
      // A cookie of random bytes is sometimes taken for a broken one, and the log-in then gives none at all.
      const codes = found.codes.map((code) => (code === 'log-in-refused' ? 'made-up-replaced' : code))
      return [c.id.split('/session-')[1], [found.verdict, ...codes]]
    }),
  )
  return { value: seen.value, verdicts }
}

inPrivateNetwork(import.meta.url, 2, 120, () => {
  test('sealed, with every attribute', { timeout: 60_000 }, async (t) => {
    if (!has('apache2', 'openssl', 'unshare')) return t.skip('needs apache2')
    const { value, verdicts } = await seenOf(t, 1)
    assert.deepEqual(
      value.first.parts.map((p) => p.name),
      ['session'],
    )
    assert.deepEqual(verdicts, {
      'cookie-attributes': ['pass', 'secure', 'http-only', 'same-site-missing'],
      'ends-at-log-out': ['fail', 'alive'],
      'renewed-at-log-in': ['pass', 'made-up-replaced', 'nothing-given'],
      identifiers: ['pass', 'nothing-found'],
    })
  })
  test('to read, without any attribute', { timeout: 60_000 }, async (t) => {
    if (!has('apache2', 'openssl', 'unshare')) return t.skip('needs apache2')
    const { verdicts } = await seenOf(t, 2, { attributes: 'path=/', sealed: false })
    assert.deepEqual(verdicts, {
      'cookie-attributes': ['fail', 'secure-missing', 'script-readable', 'same-site-missing'],
      'ends-at-log-out': ['fail', 'alive'],
      'renewed-at-log-in': ['pass', 'made-up-replaced', 'nothing-given'],
      identifiers: ['fail', 'repeated'],
    })
  })
})
