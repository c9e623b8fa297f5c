import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Behaviour } from './behaviour.ts'

/** Digest access authentication (RFC 7616) for HTTP and RTSP (RFC 2326 section 1.6 takes HTTP's). */

export const REALM = 'camera'

const ALGORITHMS = ['SHA-256', 'MD5'] as const
type Algorithm = (typeof ALGORITHMS)[number]
const HASHES: Record<Algorithm, string> = { 'SHA-256': 'sha256', MD5: 'md5' }

/** H(user:realm:password) by algorithm (RFC 7616 section 3.4.2). */
export type Secrets = Record<Algorithm, string>

const hash = (algorithm: Algorithm, text: string): string =>
  createHash(HASHES[algorithm]).update(text, 'latin1').digest('hex')

export const secretsOf = (name: string, password: string): Secrets => {
  const text = `${name}:${REALM}:${password}`
  return { 'SHA-256': hash('SHA-256', text), MD5: hash('MD5', text) }
}

/** Compared with when the user does not exist, so that both cases take the same time. */
export const NOBODY: Secrets = secretsOf(randomBytes(8).toString('hex'), randomBytes(24).toString('hex'))

/** The parameters of an Authorization header, names in lower case; null where it is not well-formed Digest. */
export function credentialsOf(header: string): Map<string, string> | null {
  const scheme = /^digest[ \t]+/i.exec(header)
  if (scheme === null) return null
  const parameters = new Map<string, string>()
  const parameter = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[ \t]*(?:,[ \t,]*|$)/y
  parameter.lastIndex = scheme[0].length
  while (parameter.lastIndex < header.length) {
    const found = parameter.exec(header)
    if (found === null || parameters.has(found[1]!.toLowerCase())) return null
    parameters.set(found[1]!.toLowerCase(), found[2]?.replace(/\\(.)/g, '$1') ?? found[3] ?? '')
  }
  const extended = /^utf-8'[^']*'(.*)$/i.exec(parameters.get('username*') ?? '')
  if (extended !== null && !parameters.has('username')) {
    const name = percentDecoded(extended[1]!)
    if (name === null) return null
    parameters.set('username', name)
  }
  const required = ['username', 'realm', 'nonce', 'uri', 'response', ...(parameters.has('qop') ? ['nc', 'cnonce'] : [])]
  return required.every((name) => parameters.has(name)) ? parameters : null
}

/** The extended form of a name (RFC 8187 section 3.2.1). */
function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

export interface DigestRequest {
  method: string
  credentials: Map<string, string>
  /** Nonces are good on one connection only where this is given. */
  connection: string
  /** RTSP clients older than RFC 7616 leave qop out. */
  qopRequired: boolean
}

export interface Digest {
  /** Values of the WWW-Authenticate headers, the strongest first (RFC 7616 section 3.7). */
  challenges(connection: string, stale: boolean, isOld?: boolean): string[]
  /** Whether the response follows from the secret; says nothing of the nonce. */
  proves(request: DigestRequest, secrets: Secrets): boolean
  /** Whether the nonce is ours, young, and used with a higher count than ever before (section 3.3, 5.12). */
  isFresh(request: DigestRequest): 'first' | 'again' | 'stale'
}

export const isStale = (challenges: readonly string[]): boolean => challenges.some((one) => /stale=true/.test(one))

const NONCE_LIFE = 300_000
const MOST_NONCES = 4096

/** A digest authenticator with a key of its own. */
export function makeDigest(nonces: Behaviour['nonces'], takesMd5: boolean): Digest {
  const algorithms = ALGORITHMS.filter((one) => takesMd5 || one !== 'MD5')
  const key = randomBytes(32)
  const opaque = randomBytes(16).toString('hex')
  const highestCount = new Map<string, number>()
  /** Nonces made before this are forgotten, and so can no longer be told from replayed ones. */
  let horizon = 0

  const seal = (body: Buffer, connection: string): Buffer =>
    createHmac('sha256', key).update(body).update(connection).digest().subarray(0, 16)

  const only = randomBytes(18).toString('hex')
  const makeNonce = (connection: string): string => {
    if (nonces === 'same') return only
    if (nonces === 'replayable') return randomBytes(18).toString('hex')
    const body = Buffer.concat([Buffer.alloc(6), randomBytes(12)])
    body.writeUIntBE(Date.now(), 0, 6)
    return Buffer.concat([body, seal(body, connection)]).toString('base64url')
  }

  const madeAt = (nonce: string): number => Buffer.from(nonce, 'base64url').readUIntBE(0, 6)

  const isOurs = (nonce: string, connection: string): boolean => {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== 34 || bytes.toString('base64url') !== nonce) return false
    const age = Date.now() - madeAt(nonce)
    return (
      timingSafeEqual(seal(bytes.subarray(0, 18), connection), bytes.subarray(18)) &&
      age >= 0 &&
      age <= NONCE_LIFE &&
      madeAt(nonce) > horizon
    )
  }

  const count = (nonce: string, uses: number): void => {
    highestCount.set(nonce, uses)
    if (highestCount.size <= MOST_NONCES) return
    const oldest = highestCount.keys().next().value!
    horizon = Math.max(horizon, madeAt(oldest))
    highestCount.delete(oldest)
  }

  return {
    challenges: (connection, stale, isOld = false) =>
      algorithms
        .filter((algorithm) => !isOld || algorithm === 'MD5')
        .map(
          (algorithm) =>
            `Digest realm="${REALM}", ${isOld ? '' : 'qop="auth", '}algorithm=${algorithm}, ` +
            `nonce="${makeNonce(connection)}", opaque="${opaque}"${stale ? ', stale=true' : ''}`,
        ),

    proves({ method, credentials, qopRequired }, secrets) {
      const value = (name: string): string => credentials.get(name) ?? ''
      const algorithm = algorithms.find((one) => one.toLowerCase() === (value('algorithm') || 'MD5').toLowerCase())
      if (algorithm === undefined || value('realm') !== REALM) return false
      if (credentials.has('qop') ? value('qop').toLowerCase() !== 'auth' : qopRequired) return false
      const a2 = hash(algorithm, `${method}:${value('uri')}`)
      const middle = credentials.has('qop')
        ? `${value('nonce')}:${value('nc')}:${value('cnonce')}:${value('qop')}`
        : value('nonce')
      const expected = Buffer.from(hash(algorithm, `${secrets[algorithm]}:${middle}:${a2}`))
      const given = Buffer.from(value('response').toLowerCase(), 'latin1')
      return given.length === expected.length && timingSafeEqual(given, expected)
    },

    isFresh({ credentials, connection }) {
      if (nonces !== 'counted') return 'first'
      const nonce = credentials.get('nonce') ?? ''
      const echoed = credentials.get('opaque') ?? opaque
      if (!isOurs(nonce, connection) || echoed !== opaque) return 'stale'
      const before = highestCount.get(nonce)
      const text = credentials.get('nc')
      if (text !== undefined && (!/^[0-9a-f]{8}$/i.test(text) || parseInt(text, 16) <= (before ?? 0))) return 'stale'
      count(nonce, text === undefined ? (before ?? 0) : parseInt(text, 16))
      return before === undefined ? 'first' : 'again'
    },
  }
}
