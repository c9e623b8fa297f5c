import type { Behaviour, LoginInterface } from './behaviour.ts'
import { credentialsOf, makeDigest, NOBODY, secretsOf } from './digest.ts'
import { makeLockout } from './lockout.ts'
import type { Log } from './log.ts'
import type { CameraOptions } from './options.ts'
import type { StateStore } from './state.ts'
import { makeTokens, type UsernameToken } from './onvif/token.ts'
import { passwordOf, type User } from './users.ts'

/** Who asks from where. */
export interface Visitor {
  interface: LoginInterface
  source: string
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
  | { granted: false; because: 'challenge'; challenges: string[] }
  | { granted: false; because: 'malformed' }

export interface Gate {
  logIn(attempt: LogInAttempt): Access
  /** For whoever asked nothing yet. */
  challenges(): string[]
  /** By WS-UsernameToken; null where it is refused, for whatever reason. */
  logInByToken(visitor: Visitor, token: UsernameToken): User | null
}

/** How an account is recognised: by its own password, or by the one it left the factory with. */
interface Proof {
  own(user: User | undefined): boolean
  factory(): boolean
  /** Asked only when the password was right. */
  freshness(): 'first' | 'again' | 'stale'
}

const FACTORY_PASSWORD = 'admin'
const FACTORY_SECRETS = secretsOf('admin', FACTORY_PASSWORD)

/**
 * The one gate of every interface. A locked account, a wrong password and an unknown user get the same answer;
 * a stale nonce is only called stale when the password was right, else it would be a free guess.
 */
export function makeGate(options: CameraOptions, behaviour: Behaviour, store: StateStore, log: Log): Gate {
  const digest = makeDigest()
  const tokens = makeTokens(() => Date.now() + store.state.clockOffset)
  const lockout = makeLockout(options.lock)

  const failed = (attempt: Visitor, user: string, reason: string): void => {
    if (!behaviour.logsFailedLogins) return
    log.write('login-failed', { user, source: attempt.source, interface: attempt.interface, reason })
  }

  const admit = (visitor: Visitor, name: string, proof: Proof): User | 'refused' | 'stale' => {
    const user = store.state.users.find((one) => one.name === name)
    const factory = name === 'admin' && behaviour.factoryPasswordWorks.includes(visitor.interface)
    const isOwn = proof.own(user)
    const isRight = user !== undefined && (isOwn || (factory && proof.factory()))
    if (lockout.isLocked(name) && (behaviour.lockRefusesRightPassword || !isRight)) {
      failed(visitor, name, 'account locked')
      return 'refused'
    }
    if (!isRight) {
      failed(visitor, name, 'wrong user or password')
      if (behaviour.locksAccounts && lockout.failed(name, visitor.source, user !== undefined)) {
        log.write('account-locked', { user: name, source: visitor.source, interface: visitor.interface })
      }
      return 'refused'
    }
    const freshness = proof.freshness()
    if (freshness === 'stale') return 'stale'
    lockout.succeeded(name, visitor.source)
    if (freshness === 'first')
      log.write('login-succeeded', { user: name, source: visitor.source, interface: visitor.interface })
    return user
  }

  return {
    logIn(attempt) {
      const { authorization, connection } = attempt
      const refuse = (stale: boolean): Access => ({
        granted: false,
        because: 'challenge',
        challenges: digest.challenges(connection, stale),
      })
      if (authorization === undefined) return refuse(false)
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
      if (user === 'refused' || user === 'stale') return refuse(user === 'stale')
      return { granted: true, user }
    },

    challenges: () => digest.challenges('', false),

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
