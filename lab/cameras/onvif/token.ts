import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { WSSE, WSU } from '../../../suites/facts/onvif.ts'
import { childOf, type XmlElement } from '../../../suites/facts/xml.ts'

/** Username tokens with a password digest (OASIS Web Services Security UsernameToken Profile 1.1.1, section 3.1). */

export interface UsernameToken {
  user: string
  digest: Buffer
  nonce: Buffer
  created: string
}

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'
const MOST_NONCE = 128

/** What a token with this password would hold. */
const digestOf = (nonce: Buffer, created: string, password: string): Buffer =>
  createHash('sha1').update(nonce).update(created, 'utf8').update(password, 'utf8').digest()

/**
 * The token of a SOAP header; null where there is none, `malformed` where it lacks nonce or date or is no digest. Where
 * the password itself is taken too, such a token stands for the one with its digest.
 */
export function tokenIn(header: XmlElement | null, takesText: boolean): UsernameToken | 'malformed' | null {
  const token = childOf(childOf(header, 'Security', WSSE), 'UsernameToken', WSSE)
  if (token === null) return null
  const password = childOf(token, 'Password', WSSE)
  const text = (element: XmlElement | null): string => element?.text.trim() ?? ''
  const bytes = (element: XmlElement | null): Buffer => Buffer.from(text(element), 'base64')
  const nonce = bytes(childOf(token, 'Nonce', WSSE))
  const [user, created] = [text(childOf(token, 'Username', WSSE)), text(childOf(token, 'Created', WSU))]
  const type = password?.attributes['Type']
  const isText = takesText && type === `${PROFILE}#PasswordText`
  const digest = isText ? digestOf(nonce, created, text(password)) : bytes(password)
  const isDigest = isText || (type === `${PROFILE}#PasswordDigest` && digest.length === 20)
  if (!isDigest || user === '' || created === '' || nonce.length === 0 || nonce.length > MOST_NONCE) return 'malformed'
  return { user, digest, nonce, created }
}

export interface Tokens {
  /** Whether the digest follows from the password; null is the password of nobody. */
  proves(token: UsernameToken, password: string | null): boolean
  /** Whether it was made just now and not used before (section 3.1: nonces are kept for as long as dates are good). */
  isFresh(token: UsernameToken): boolean
}

const GOOD_FOR = 300_000
const MOST_KEPT = 4096

/** Recognises tokens by a clock of its own. */
export function makeTokens(now: () => number): Tokens {
  const nobody = randomBytes(24).toString('hex')
  const used = new Map<string, number>()
  /** Tokens dated before this are forgotten, and so can no longer be told from used ones. */
  let horizon = 0

  const keep = (key: string, created: number): void => {
    used.set(key, created)
    if (used.size <= MOST_KEPT) return
    for (const [old, at] of used) if (at < now() - GOOD_FOR) used.delete(old)
    while (used.size > MOST_KEPT) {
      const [oldest, at] = used.entries().next().value!
      horizon = Math.max(horizon, at)
      used.delete(oldest)
    }
  }

  return {
    proves({ digest, nonce, created }, password) {
      const expected = digestOf(nonce, created, password ?? nobody)
      return timingSafeEqual(expected, digest) && password !== null
    },
    isFresh({ user, nonce, created }) {
      const at = dateOf(created)
      if (at === null || Math.abs(now() - at) > GOOD_FOR || at <= horizon) return false
      const key = `${user}\n${nonce.toString('base64')}`
      if (used.has(key)) return false
      keep(key, at)
      return true
    },
  }
}

/** A date with its time zone (XML Schema part 2, section 3.2.7), in milliseconds; without one it could be any hour. */
function dateOf(text: string): number | null {
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  const at = isDate ? Date.parse(text) : NaN
  return Number.isNaN(at) ? null : at
}
