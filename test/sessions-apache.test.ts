import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { apacheForm, APACHE_SESSION, type ApacheSession } from './support/apache-form.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { sessionsOf } from './support/sessions.ts'
import { has } from './support/software.ts'

/**
 * Sessions of a server that nobody here wrote. mod_session_cookie keeps the whole session in the cookie: sealed, it is new
 * at every log-in and can be used again after any log-out; unsealed, it is the same for ever.
 */
async function seenOf(t: TestContext, n: number, kept?: ApacheSession) {
  const [address, port, password] = [`127.81.7.${n}`, 8443, `right-${randomBytes(6).toString('hex')}`]
  const apache = await apacheForm(address, port, { keeper: password }, kept)
  t.after(() => apache.stop())
  const place = { address, port, tls: true, target: '/private/', session: APACHE_SESSION }
  const seen = await sessionsOf({ ...place, user: 'keeper', password })
  assert.deepEqual(
    seen.value.first.parts.map((p) => p.name),
    ['session'],
  )
  // A cookie of random bytes is sometimes taken for a broken one, and the log-in then gives none at all.
  return seen.verdicts.map((codes) => codes.map((code) => (code === 'log-in-refused' ? 'made-up-replaced' : code)))
}

inPrivateNetwork(import.meta.url, 2, 120, () => {
  test('sealed, with every attribute', { timeout: 60_000 }, async (t) => {
    if (!has('apache2', 'openssl', 'unshare')) return t.skip('needs apache2')
    assert.deepEqual(await seenOf(t, 1), [
      ['pass', 'secure', 'http-only', 'same-site-missing'],
      ['fail', 'alive'],
      ['pass', 'made-up-replaced', 'nothing-given'],
      ['pass', 'nothing-found'],
    ])
  })
  test('to read, without any attribute', { timeout: 60_000 }, async (t) => {
    if (!has('apache2', 'openssl', 'unshare')) return t.skip('needs apache2')
    assert.deepEqual(await seenOf(t, 2, { attributes: 'path=/', sealed: false }), [
      ['fail', 'secure-missing', 'script-readable', 'same-site-missing'],
      ['fail', 'alive'],
      ['pass', 'made-up-replaced', 'nothing-given'],
      ['fail', 'repeated'],
    ])
  })
})
