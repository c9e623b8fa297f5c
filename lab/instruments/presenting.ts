import { challengesOf, type Challenge } from '../../suites/facts/challenge.ts'
import type { HttpMessage } from '../../suites/facts/http-message.ts'
import type { Credential } from '../probe.ts'
import { authorize, coversBody, isStale, preferred, type Authorization, type Entity } from './digest.ts'

interface Request {
  method: string
  uri: string
  /** What the request carries; only challenges that protect it too ask for it, since a package is long. */
  entity?: () => Promise<Entity | undefined>
  credential: Credential | undefined
}

/** A credential as it went out, and why it may go out once more. */
export interface Presented {
  authorization: Authorization
  challenge: Challenge
  /** The nonce had been accepted from this user before: a refusal now may only mean that it has had its day. */
  proven: boolean
  /** Times the password was presented because the device asked for it. */
  asked: number
  /** The challenge came with the answer to another request: it may not fit this one. */
  borrowed?: true
}

/** When a client presents a password. Every refusal may count towards a ban, so it never asks or presents more than it must. */
export interface Presenting {
  /** For a new request: what can be presented without a challenge first. */
  first(request: Request): Promise<Presented | null>
  /** After an answer: what to present now; null where the answer stands. */
  next(request: Request, answer: HttpMessage, last: Presented | null): Promise<Presented | null>
  /** The connection is gone, and with it nonces that may have been bound to it. */
  forget(): void
}

/** A challenge not answered yet is good for the next request this long. */
const FRESH_MICROS = 5_000_000

const answerTo = async (
  challenge: Challenge,
  credential: Credential,
  { entity, ...request }: Omit<Request, 'credential'>,
  uses?: number,
): Promise<Authorization> =>
  authorize(challenge, credential, { ...request, entity: coversBody(challenge) ? await entity?.() : undefined }, uses)

export function makePresenting(now: () => number): Presenting {
  let unused: { challenge: Challenge; at: number } | null = null
  let proven: { user: string; password: string; challenge: Challenge; uses: number } | null = null

  return {
    async first({ credential, ...request }) {
      if (!credential) return null
      if (proven?.user === credential.user && proven.password === credential.password)
        return {
          authorization: await answerTo(proven.challenge, credential, request, ++proven.uses),
          challenge: proven.challenge,
          proven: true,
          asked: 0,
        }
      if (unused === null || (unused.challenge.scheme === 'digest' && now() - unused.at > FRESH_MICROS)) return null
      const { challenge } = unused
      if (challenge.scheme === 'digest') unused = null
      return { authorization: await answerTo(challenge, credential, request), challenge, proven: false, asked: 1 }
    },
    async next({ credential, ...request }, answer, last) {
      if (answer.status !== 401) {
        if (credential && last && !last.proven && last.challenge.scheme === 'digest')
          proven = { user: credential.user, password: credential.password, challenge: last.challenge, uses: 1 }
        return null
      }
      proven = null
      const challenges = challengesOf(answer)
      const challenge = preferred(challenges)
      unused = challenge && { challenge, at: now() }
      const misfit = last?.borrowed && !(last.challenge.scheme === 'basic' && challenge?.scheme === 'basic')
      const again = last === null || last.proven || ((isStale(challenges) || misfit) && last.asked < 2)
      if (!credential || !challenge || !again) return null
      if (challenge.scheme === 'digest') unused = null
      return {
        authorization: await answerTo(challenge, credential, request),
        challenge,
        proven: false,
        asked: (last?.asked ?? 0) + 1,
      }
    },
    forget() {
      proven = null
      if (unused?.challenge.scheme === 'digest') unused = null
    },
  }
}
