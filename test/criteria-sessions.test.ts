import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probe } from '../lab/probes/sessions.ts'
import { criterion as attributes } from '../suites/authentication/session-cookie-attributes.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import { isTakenBack, parseSetCookie, setCookiesOf } from '../suites/facts/set-cookie.ts'
import { parseMessage } from '../suites/facts/http-message.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Sessions } from '../suites/observations/sessions.ts'
import { doorOf } from './support/door.ts'

/** Sessions of log-ins by form: what the probe sees of the reference camera, and what the criteria make of it. */
const LIMIT = { timeout: 60_000 }
const COOKIE = 'camera-session'

/** The same exchange with another text in its answers; null for none. */
const answering = (exchange: Exchange, change: ((text: string) => string) | null): Exchange =>
  change === null
    ? { ...exchange, rounds: [], failure: { code: 'timeout', detail: 'no byte of an answer' } }
    : {
        ...exchange,
        rounds: exchange.rounds.map((r) => {
          const raw = Buffer.from(change(latin1(fromBase64(r.answer.raw))), 'latin1')
          return { ...r, answer: { ...r.answer, raw: raw.toString('base64'), length: raw.length } }
        }),
      }

/** Every header that sets a cookie, written otherwise. */
const cookiesAs = (value: Sessions, change: (line: string) => string): void => {
  const entries = [value.first.entry, ...value.more.map((m) => m.entry), ...value.clear.map((c) => c.entry)]
  for (const entry of entries)
    entry.rounds = entry.rounds.map((r) => answering(r, (text) => text.replace(/^set-cookie:.*$/gim, change)))
}

test('the conforming camera passes; its cookies stand nowhere in the evidence', LIMIT, async (t) => {
  const door = await doorOf(t, 40, { formLogin: true })
  const seen = await door.seen(probe)
  const { value } = seen
  assert.deepEqual(
    value.first.parts.map(({ is, name }) => [is, name]),
    [['cookie', COOKIE]],
  )
  assert.deepEqual(
    [value.more.length, value.planted.map((p) => p.how), value.clear.length, value.first.replayed.length],
    [5, ['made-up'], 1, 1],
  )
  const raws = JSON.stringify(seen.value).matchAll(/"raw":"([^"]*)"/g)
  const texts = [...raws].map(([, raw = '']) => latin1(fromBase64(raw)))
  assert.ok(texts.some((text) => text.includes(`${COOKIE}=${'*'.repeat(32)}; Path=/; Secure; HttpOnly`)))
  for (const text of texts) assert.doesNotMatch(text, new RegExp(`${COOKIE}=[^*;\\s]`))
  const result = door.judged(attributes, seen)
  assert.deepEqual([result.verdict, result.codes], ['pass', ['secure', 'http-only', 'same-site', 'not-in-clear']])
})

test('a cookie without Secure or HttpOnly fails; without SameSite it is noted', LIMIT, async (t) => {
  const door = await doorOf(t, 41, { formLogin: true, weaknesses: ['session-cookie-open'] })
  const seen = await door.seen(probe)
  const open = door.judged(attributes, seen)
  assert.deepEqual(
    [open.verdict, open.codes],
    ['fail', ['secure-missing', 'script-readable', 'same-site-missing', 'not-in-clear']],
  )
  const set = (line: string, parameters: unknown = {}, more: (v: Sessions) => void = () => undefined) => {
    const { verdict, codes } = door.judged(attributes, seen, {
      parameters,
      change: (v) => {
        cookiesAs(v, () => line)
        more(v)
      },
    })
    return [verdict, ...codes.filter((c) => c !== 'not-in-clear')]
  }
  const kept = `Set-Cookie: ${COOKIE}=****; secure; HTTPONLY`
  assert.deepEqual(set(kept), ['pass', 'secure', 'http-only', 'same-site-missing'])
  assert.equal(set(kept, { sameSite: 'asked' })[0], 'fail')
  assert.deepEqual(set(`${kept}; SameSite=None`), ['pass', 'secure', 'http-only', 'same-site-missing'])
  assert.deepEqual(set(`${kept}; samesite=LAX`), ['pass', 'secure', 'http-only', 'same-site'])
  assert.deepEqual(set(`Set-Cookie: ${COOKIE}=****; Secure`), [
    'fail',
    'secure',
    'script-readable',
    'same-site-missing',
  ])
  assert.equal(set(`Set-Cookie: ${COOKIE}=****; Secure`, { scripts: 'noted' })[0], 'pass')
  assert.deepEqual(set(`Set-Cookie: ${COOKIE}=****; HttpOnly; SameSite=Lax`).slice(0, 2), ['fail', 'secure-missing'])
  assert.deepEqual(set('Set-Cookie: other=****; Secure; HttpOnly'), ['inconclusive', 'not-seen'])
  const twice = `Set-Cookie: ${COOKIE}=; Max-Age=0\r\nSet-Cookie: lang=vi\r\n${kept}`
  assert.equal(set(twice)[0], 'pass', 'what is taken back, and what is no session, does not count')
  const plain = set(`Set-Cookie: ${COOKIE}=****; HttpOnly; SameSite=Lax`, {}, (v) => (v.tls = false))
  assert.deepEqual(plain, ['fail', 'http-only', 'same-site', 'given-in-clear'])
})

test('cookie attributes: an unproven log-in, an unknown carrier and silence in clear are no pass', LIMIT, async (t) => {
  const door = await doorOf(t, 42, { formLogin: true })
  const seen = await door.seen(probe)
  const changed = (change: (v: Sessions) => void) => {
    const { verdict, codes } = door.judged(attributes, seen, { change })
    return [verdict, ...codes.filter((c) => !['secure', 'http-only', 'same-site', 'not-in-clear'].includes(c))]
  }
  const unproven = ['inconclusive', 'log-in-unproven']
  assert.deepEqual(
    changed((v) => (v.first.opened = v.anonymous)),
    unproven,
  )
  assert.deepEqual(
    changed((v) => (v.anonymous = v.first.opened)),
    unproven,
    'what is open needs no session',
  )
  assert.deepEqual(
    changed((v) => (v.anonymous = answering(v.anonymous, null))),
    unproven,
  )
  const unknown = ['inconclusive', 'carrier-unknown']
  assert.deepEqual(
    changed((v) => (v.first.parts = [])),
    unknown,
  )
  assert.deepEqual(
    changed((v) => (v.first.parts[0]!.after = v.first.parts[0]!.alone = v.anonymous)),
    unknown,
    'a session that is gone shows nothing of what it needs',
  )
  assert.deepEqual(
    changed((v) => (v.clear[0]!.entry.rounds[0] = answering(v.clear[0]!.entry.rounds[0]!, null))),
    ['inconclusive', 'clear-unanswered'],
  )
  assert.deepEqual(
    changed((v) => (v.undiscovered = ['ipv6'])),
    ['inconclusive', 'undiscovered'],
  )
  const given = (v: Sessions): void => {
    v.clear[0]!.entry = structuredClone(v.first.entry)
  }
  assert.deepEqual(changed(given), ['pass'], 'a cookie that opens nothing is no session')
  assert.deepEqual(
    changed((v) => {
      given(v)
      v.clear[0]!.opened = v.first.opened
    }),
    ['fail', 'given-in-clear'],
  )
  assert.deepEqual(
    changed((v) => (v.first.parts[0]!.is = 'token')),
    ['pass', 'no-cookie'],
  )
})

test('Set-Cookie is read as a browser reads it, and hostile ones break nothing', () => {
  const read = (line: string) => {
    const found = parseSetCookie(line)
    return found && [found.name, found.value, found.secure, found.httpOnly, found.sameSite, isTakenBack(found)]
  }
  assert.deepEqual(read('a=b'), ['a', 'b', false, false, null, false])
  assert.deepEqual(read(' a = b=c ;Secure;;HttpOnly=0; SameSite = Strict ;samesite=lax'), [
    'a',
    'b=c',
    true,
    true,
    'lax',
    false,
  ])
  assert.deepEqual(read('a="Secure; HttpOnly'), ['a', '"Secure', false, true, null, false])
  for (const none of ['', '=b', 'Secure', ';a=b', ' = ']) assert.equal(parseSetCookie(none), null, none)
  for (const gone of [
    'a=',
    'a=b; Max-Age=0',
    'a=b; max-age=-1',
    'a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'a=b; expires=Thu, 01-Jan-70 00:00:00 GMT',
  ])
    assert.equal(read(gone)?.[5], true, gone)
  for (const stays of [
    'a=b; Max-Age=1',
    'a=b; Max-Age=x',
    'a=b; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
    'a=b; Expires=Thu, 01-Jan-27 19:70:00 GMT',
    'a=b; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  ])
    assert.equal(read(stays)?.[5], false, stays)
  let state = 11
  const random = (most: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % most
  const words = ['a', '=', ';', ' ', '\t', '"', ',', 'Secure', 'Expires', 'Max-Age', '1970', '-70', '\0', 'é', '\r\n ']
  for (let i = 0; i < 3000; i++) {
    const line = Array.from({ length: random(40) }, () => words[random(words.length)]).join('')
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nSet-Cookie: ${line}\r\n\r\n`, 'latin1')
    for (const cookie of setCookiesOf(parseMessage(bytes))) {
      assert.ok(cookie.name.length > 0 && cookie.value.length <= line.length)
      isTakenBack(cookie)
    }
  }
  const long = `a=${'b'.repeat(100_000)}${';x'.repeat(100_000)}`
  assert.ok((parseSetCookie(long)?.value.length ?? 0) <= 16_384)
  parseSetCookie(`a=b;Expires=${'1-'.repeat(50_000)}`)
})
