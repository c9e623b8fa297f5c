import { createHash, randomBytes } from 'node:crypto'
import type { Challenge } from '../../suites/facts/challenge.ts'
import type { Credential } from '../probe.ts'

export type Scheme = 'basic' | 'digest-md5' | 'digest-sha-256'

/** The value of an Authorization header that answers a challenge. */
export interface Authorization {
  scheme: Scheme
  value: string
}

const HASHES: Record<string, { hash: 'md5' | 'sha256'; session: boolean; scheme: Scheme; rank: number }> = {
  'sha-256-sess': { hash: 'sha256', session: true, scheme: 'digest-sha-256', rank: 4 },
  'sha-256': { hash: 'sha256', session: false, scheme: 'digest-sha-256', rank: 4 },
  'md5-sess': { hash: 'md5', session: true, scheme: 'digest-md5', rank: 3 },
  md5: { hash: 'md5', session: false, scheme: 'digest-md5', rank: 3 },
}

const quote = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`
const algorithmOf = (challenge: Challenge): string => (challenge.parameters['algorithm'] ?? 'MD5').toLowerCase()
const qopsOf = (challenge: Challenge): string[] | null =>
  challenge.parameters['qop']?.split(',').map((q) => q.trim().toLowerCase()) ?? null

/** Protection that is answered; `auth-int` covers the body too and is taken only where nothing less is offered. */
const qopOf = (challenge: Challenge): 'auth' | 'auth-int' | null =>
  (['auth', 'auth-int'] as const).find((q) => qopsOf(challenge)?.includes(q)) ?? null

/** Whether the answer to a challenge takes in the body of the request, too. */
export const coversBody = (challenge: Challenge): boolean =>
  challenge.scheme === 'digest' && qopOf(challenge) === 'auth-int'

/** The body of a request, or its digests where it is too large to be held. */
export type Entity = Uint8Array | Readonly<Record<'md5' | 'sha256', string>>

const rankOf = (challenge: Challenge): number => {
  if (challenge.scheme === 'basic') return 1
  if (challenge.scheme !== 'digest' || challenge.parameters['nonce'] === undefined) return 0
  if (qopsOf(challenge)?.some((q) => q !== '') === true && qopOf(challenge) === null) return 0
  return HASHES[algorithmOf(challenge)]?.rank ?? 0
}

/** The strongest challenge that can be answered: SHA-256 before MD5 before Basic; null where there is none. */
export const preferred = (challenges: Challenge[]): Challenge | null =>
  challenges.reduce<Challenge | null>((best, c) => (rankOf(c) > (best ? rankOf(best) : 0) ? c : best), null)

/** Whether only the nonce was too old, so that the same password may be tried once more (RFC 7616 section 3.3). */
export const isStale = (challenges: Challenge[]): boolean =>
  challenges.some((c) => c.scheme === 'digest' && c.parameters['stale']?.toLowerCase() === 'true')

/** A name with control characters has no quoted form and is given in the extended one (RFC 7616 section 3.4, RFC 8187). */
const userName = (user: string): string =>
  /[\0-\x08\x0a-\x1f\x7f]/.test(user)
    ? `username*=UTF-8''${encodeURIComponent(user.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`
    : `username=${quote(user)}`

/** Answers a challenge by Basic (RFC 7617) or Digest (RFC 7616 section 3.4, without qop RFC 2069); `uses` counts the nonce from 1. */
export function authorize(
  challenge: Challenge,
  credential: Pick<Credential, 'user' | 'password'>,
  request: { method: string; uri: string; entity?: Entity | undefined },
  uses = 1,
  cnonce = randomBytes(12).toString('hex'),
): Authorization {
  const { user, password } = credential
  if (challenge.scheme === 'basic')
    return { scheme: 'basic', value: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}` }
  const { realm = '', nonce = '', opaque, algorithm } = challenge.parameters
  const { hash, session, scheme } = HASHES[algorithmOf(challenge)] ?? {
    hash: 'md5' as const,
    session: false,
    scheme: 'digest-md5' as const,
  }
  const h = (text: string | Uint8Array): string => createHash(hash).update(text).digest('hex')
  const secret = h(`${user}:${realm}:${password}`)
  const ha1 = session ? h(`${secret}:${nonce}:${cnonce}`) : secret
  const qop = qopOf(challenge)
  const { method, uri, entity = new Uint8Array() } = request
  const body = qop !== 'auth-int' ? '' : `:${entity instanceof Uint8Array ? h(entity) : entity[hash]}`
  const ha2 = h(`${method}:${uri}${body}`)
  const count = uses.toString(16).padStart(8, '0')
  const response = qop ? h(`${ha1}:${nonce}:${count}:${cnonce}:${qop}:${ha2}`) : h(`${ha1}:${nonce}:${ha2}`)
  const parts = [
    userName(user),
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop ? [`qop=${qop}`, `nc=${count}`] : []),
    ...(qop || session ? [`cnonce="${cnonce}"`] : []),
  ]
  return { scheme, value: `Digest ${parts.join(', ')}` }
}
