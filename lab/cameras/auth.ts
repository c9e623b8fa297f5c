import { timingSafeEqual } from 'node:crypto'
import type { Behaviour, LoginInterface } from './behaviour.ts'
import { credentialsOf, makeDigest, NOBODY, REALM, secretsOf } from './digest.ts'
import { makeLockout } from './lockout.ts'
import type { Log } from './log.ts'
import type { Front } from './manner.ts'
import type { CameraOptions } from './options.ts'
import type { StateStore } from './state.ts'
import { makeTokens, type UsernameToken } from './onvif/token.ts'
import { makeUser, passwordOf, type User } from './users.ts'

/** Who asks from where. */
export interface Visitor {
  interface: LoginInterface
  source: string
  /** The X-Forwarded-For header. */
  forwarded?: string | undefined
}

/** A log-in by Digest, and what it is for. */
export interface LogInAttempt extends Visitor {
  /** Digest nonces are bound to it; empty where a nonce may serve several connections. */
  connection: string
  /** The Authorization header. */
  authorization: string | undefined
  method: string
  /** Whether the address that was signed is the one that is asked for (RFC 7616 section 3.4.6). */
  isTarget(uri: string): boolean
}

export type Access =
  | { granted: true; user: User }
  | { granted: false; because: 'challenge'; challenges: string[]; isUnknown?: boolean }
  | { granted: false; because: 'malformed' }

export interface Gate {
  logIn(attempt: LogInAttempt): Access
  /** For whoever asked nothing yet. */
  challenges(): string[]
  /** By the password itself, from the form or the call. */
  logInByPassword(
    visitor: Visitor,
    name: string,
    password: string,
  ): { granted: true; user: User } | { granted: false; isUnknown: boolean }
  /** By WS-UsernameToken; null where it is refused, for whatever reason. */
  logInByToken(visitor: Visitor, token: UsernameToken): User | null
}

/** Whom a Basic credential belongs to; null where it is none or wrong (RFC 7617 section 2). */
function userOfBasic(authorization: string, users: readonly User[]): User | null {
  const given = /^basic\s+([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1] ?? ''
  const text = Buffer.from(given, 'base64').toString('utf8')
  const at = text.indexOf(':')
  const secrets = at < 0 ? NOBODY : secretsOf(text.slice(0, at), text.slice(at + 1))
  return users.find((u) => u.name === text.slice(0, at) && u.secrets['SHA-256'] === secrets['SHA-256']) ?? null
}

const isEqual = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** How an account is recognised: by its own password, or by the one it left the factory with. */
interface Proof {
  own(user: User | undefined): boolean
  factory(): boolean
  /** Asked only when the password was right. */
  freshness(): 'first' | 'again' | 'stale'
}

const FACTORY_PASSWORD = 'admin'
const FACTORY_SECRETS = secretsOf('admin', FACTORY_PASSWORD)
/** Who is there before the first set-up where that can be left out. */
const factoryAdmin = (key: string): User => makeUser('admin', FACTORY_PASSWORD, 'admin', key)

/**
 * The one gate of every interface. A locked account, a wrong password and an unknown user get the same answer;
 * a stale nonce is only called stale when the password was right, else it would be a free guess.
 */
export function makeGate(
  options: CameraOptions,
  behaviour: Behaviour,
  store: StateStore,
  log: Log,
  front: Pick<Required<Front>, 'failed'>,
): Gate {
  const digest = makeDigest(behaviour.nonces, behaviour.takesMd5)
  const tokens = makeTokens(() => Date.now() + store.state.clockOffset)
  const lockout = makeLockout({ ...options.lock, ...behaviour.lockInTruth })

  const failed = (attempt: Visitor, user: string, reason: string): void => {
    front.failed(attempt.source)
    if (!behaviour.logsFailedLogins) return
    log.write('login-failed', { user, source: attempt.source, interface: attempt.interface, reason })
  }

  const admit = (visitor: Visitor, name: string, proof: Proof): User | 'refused' | 'stale' => {
    const unused = store.state.factoryFresh && !behaviour.setUpFirst && name === 'admin'
    const user = unused ? factoryAdmin(store.state.passwordKey) : store.state.users.find((one) => one.name === name)
    const factory =
      name === 'admin' &&
      behaviour.factoryPasswordWorks.includes(visitor.interface) &&
      (behaviour.factoryPasswordFrom === null || visitor.source.includes(':'))
    const isOwn = proof.own(user)
    const isRight = user !== undefined && (isOwn || (factory && proof.factory()))

    const counts = behaviour.locksOver.includes(visitor.interface)
    const by = behaviour.believesForwarded ? (visitor.forwarded ?? '') : behaviour.locksByAddress ? visitor.source : ''
    const key = `${name} ${by}`
    if (counts && lockout.isLocked(key) && (behaviour.lockRefusesRightPassword || !isRight)) {
      failed(visitor, name, 'account locked')
      return 'refused'
    }
    if (!isRight) {
      failed(visitor, name, 'wrong user or password')
      if (counts && lockout.failed(key, visitor.source, user !== undefined)) {
        log.write('account-locked', { user: name, source: visitor.source, interface: visitor.interface })
      }
      return 'refused'
    }
    const freshness = proof.freshness()
    if (freshness === 'stale') return 'stale'
    lockout.succeeded(key, visitor.source)
    if (freshness === 'first')
      log.write('login-succeeded', { user: name, source: visitor.source, interface: visitor.interface })
    return user
  }

  return {
    logIn(attempt) {
      const { authorization, connection } = attempt
      const takesBasic = behaviour.basicOver.includes(attempt.interface)
      const refuse = (stale: boolean): Access => ({
        granted: false,
        because: 'challenge',
        challenges: [
          ...digest.challenges(connection, stale, behaviour.oldDigestOver.includes(attempt.interface)),
          ...(takesBasic ? [`Basic realm="${REALM}"`] : []),
        ],
      })
      if (authorization === undefined) return refuse(false)
      const basic = takesBasic ? userOfBasic(authorization, store.state.users) : null
      if (basic !== null) return { granted: true, user: basic }
      if (!/^digest\s/i.test(authorization)) {
        failed(attempt, '', 'scheme not supported')
        return refuse(false)
      }
      const credentials = credentialsOf(authorization)
      if (credentials === null || !attempt.isTarget(credentials.get('uri')!)) {
        return { granted: false, because: 'malformed' }
      }
      const request = { method: attempt.method, credentials, connection, qopRequired: attempt.interface !== 'rtsp' }
      const user = admit(attempt, credentials.get('username')!, {
        own: (one) => digest.proves(request, one?.secrets ?? NOBODY),
        factory: () => digest.proves(request, FACTORY_SECRETS),
        freshness: () => digest.isFresh(request),
      })
      if (user === 'refused' || user === 'stale') {
        const isUnknown = behaviour.tellsUsers && !store.state.users.some((u) => u.name === credentials.get('username'))
        return { ...refuse(user === 'stale'), ...(isUnknown ? { isUnknown } : {}) }
      }
      return { granted: true, user }
    },

    challenges: () => digest.challenges('', false, false),

    logInByPassword(visitor, name, password) {
      const given = secretsOf(name, password)['SHA-256']
      const user = admit(visitor, name, {
        own: (one) => isEqual((one?.secrets ?? NOBODY)['SHA-256'], given),
        factory: () => isEqual(FACTORY_SECRETS['SHA-256'], given),
        freshness: () => 'first',
      })
      if (user !== 'refused' && user !== 'stale') return { granted: true, user }
      return { granted: false, isUnknown: behaviour.tellsUsers && !store.state.users.some((u) => u.name === name) }
    },

    logInByToken(visitor, token) {
      const user = admit(visitor, token.user, {
        own: (one) => tokens.proves(token, one ? passwordOf(one, store.state.passwordKey) : null),
        factory: () => tokens.proves(token, FACTORY_PASSWORD),
        freshness: () => (!behaviour.checksTokenFreshness || tokens.isFresh(token) ? 'first' : 'stale'),
      })
      if (user === 'stale') failed(visitor, token.user, 'token used before, or not of now')
      return user === 'refused' || user === 'stale' ? null : user
    },
  }
}
