import { createHash, randomBytes } from 'node:crypto'
import type { Behaviour } from './behaviour.ts'

/** Sessions of people who logged in by the form or the call, held on the camera and named by a cookie (RFC 6265). */
export interface Sessions {
  /** A new session of somebody whose password was right; the value of its Set-Cookie header. */
  begin(user: string, cookies: string | undefined): string
  /** Whose session the cookies of a request name; null where it is none, or over. */
  userOf(cookies: string | undefined): string | null
  /** Ends the session that the cookies name; the value of the Set-Cookie header that takes the cookie back. */
  end(cookies: string | undefined): string
  endAllOf(user: string): void
  clear(): void
}

const COOKIE = 'camera-session'
const IDENTIFIER_BYTES = 24
const IDLE_SECONDS = 10 * 60
const ABSOLUTE_MILLISECONDS = 8 * 3600_000
const MOST = 64

interface Session {
  user: string
  begun: number
  used: number
}

type Switches = Pick<
  Behaviour,
  'sessionCookieAttributes' | 'sessionIdentifiers' | 'logOutEndsSession' | 'adoptsIdentifiers' | 'idleEndsSession'
>

/** `now` in milliseconds. Only digests of identifiers are kept. */
export function makeSessions(behaviour: Switches, now: () => number, idleSeconds = IDLE_SECONDS): Sessions {
  const sessions = new Map<string, Session>()
  let count = 100_000
  const attributes = ['Path=/', ...behaviour.sessionCookieAttributes].join('; ')
  const digestOf = (identifier: string): string => createHash('sha256').update(identifier).digest('hex')
  const isOver = ({ begun, used }: Session): boolean =>
    (behaviour.idleEndsSession && now() - used > idleSeconds * 1000) || now() - begun > ABSOLUTE_MILLISECONDS
  const fresh = (): string =>
    behaviour.sessionIdentifiers === 'counted' ? String(++count) : randomBytes(IDENTIFIER_BYTES).toString('base64url')

  return {
    begin(user, cookies) {
      for (const [key, session] of sessions) if (isOver(session)) sessions.delete(key)
      const oldest = sessions.size < MOST ? undefined : sessions.keys().next().value
      if (oldest !== undefined) sessions.delete(oldest)
      const identifier = (behaviour.adoptsIdentifiers ? identifierIn(cookies) : null) ?? fresh()
      sessions.set(digestOf(identifier), { user, begun: now(), used: now() })
      return `${COOKIE}=${identifier}; ${attributes}`
    },
    userOf(cookies) {
      const session = sessions.get(digestOf(identifierIn(cookies) ?? ''))
      if (session === undefined || isOver(session)) return null
      session.used = now()
      return session.user
    },
    end(cookies) {
      if (behaviour.logOutEndsSession) sessions.delete(digestOf(identifierIn(cookies) ?? ''))
      return `${COOKIE}=; ${attributes}; Max-Age=0`
    },
    endAllOf(user) {
      for (const [key, session] of sessions) if (session.user === user) sessions.delete(key)
    },
    clear: () => sessions.clear(),
  }
}

/** The identifier among the cookies of a request; null where there is none (RFC 6265 section 4.2.1). */
function identifierIn(cookies: string | undefined): string | null {
  for (const pair of cookies?.split(';') ?? []) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    if (name === COOKIE && value !== '') return value
  }
  return null
}
