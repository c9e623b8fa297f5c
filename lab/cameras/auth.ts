import type { Behaviour, LoginInterface } from './behaviour.ts'
import { credentialsOf, makeDigest, NOBODY, REALM, secretsOf } from './digest.ts'
import { makeLockout } from './lockout.ts'
import type { Log } from './log.ts'
import type { CameraOptions } from './options.ts'
import type { StateStore } from './state.ts'
import type { User } from './users.ts'

/** Who asks, from where, and what for. */
export interface LogInAttempt {
  interface: LoginInterface
  source: string
  /** Digest nonces are bound to it; empty where a nonce may serve several connections. */
  connection: string
  /** The Authorization header. */
  authorization: string | undefined
  /** The X-Forwarded-For header. */
  forwarded?: string | undefined
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
}

/** Whom a Basic credential belongs to; null where it is none or wrong (RFC 7617 section 2). */
function userOfBasic(authorization: string, users: readonly User[]): User | null {
  const given = /^basic\s+([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1] ?? ''
  const text = Buffer.from(given, 'base64').toString('utf8')
  const at = text.indexOf(':')
  const secrets = at < 0 ? NOBODY : secretsOf(text.slice(0, at), text.slice(at + 1))
  return users.find((u) => u.name === text.slice(0, at) && u.secrets['SHA-256'] === secrets['SHA-256']) ?? null
}

const FACTORY_SECRETS = secretsOf('admin', 'admin')
/** Who is there before the first set-up where that can be left out. */
const FACTORY_ADMIN: User = { name: 'admin', role: 'admin', secrets: FACTORY_SECRETS }

/**
 * The one gate of every interface. A locked account, a wrong password and an unknown user get the same answer;
 * a stale nonce is only called stale when the password was right, else it would be a free guess.
 */
export function makeGate(options: CameraOptions, behaviour: Behaviour, store: StateStore, log: Log): Gate {
  const digest = makeDigest(behaviour.nonces)
  const lockout = makeLockout(options.lock)

  const failed = (attempt: LogInAttempt, user: string, reason: string): void => {
    if (!behaviour.logsFailedLogins) return
    log.write('login-failed', { user, source: attempt.source, interface: attempt.interface, reason })
  }

  return {
    logIn(attempt) {
      const { authorization, source, connection } = attempt
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

      const name = credentials.get('username')!
      const unused = store.state.factoryFresh && !behaviour.setUpFirst && name === 'admin'
      const user = unused ? FACTORY_ADMIN : store.state.users.find((one) => one.name === name)
      const request = { method: attempt.method, credentials, connection, qopRequired: attempt.interface !== 'rtsp' }
      const factory = name === 'admin' && behaviour.factoryPasswordWorks.includes(attempt.interface)
      const isOwn = digest.proves(request, user?.secrets ?? NOBODY)
      const isRight = user !== undefined && (isOwn || (factory && digest.proves(request, FACTORY_SECRETS)))

      const counts = behaviour.locksOver.includes(attempt.interface)
      const key = behaviour.believesForwarded ? `${name} ${attempt.forwarded ?? ''}` : name
      if (counts && lockout.isLocked(key) && (behaviour.lockRefusesRightPassword || !isRight)) {
        failed(attempt, name, 'account locked')
        return refuse(false)
      }
      if (!isRight) {
        failed(attempt, name, 'wrong user or password')
        if (counts && lockout.failed(key, source, user !== undefined)) {
          log.write('account-locked', { user: name, source, interface: attempt.interface })
        }
        return refuse(false)
      }
      const fresh = digest.isFresh(request)
      if (fresh === 'stale') return refuse(true)
      lockout.succeeded(key, source)
      if (fresh === 'first') log.write('login-succeeded', { user: name, source, interface: attempt.interface })
      return { granted: true, user }
    },
  }
}
