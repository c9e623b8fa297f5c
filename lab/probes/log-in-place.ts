import { randomBytes, randomInt } from 'node:crypto'
import { answerOf } from '../../suites/facts/answer.ts'
import type { Unanswered } from '../../suites/observation.ts'
import type { Spoken } from '../../suites/observations/endpoints.ts'
import { familyOf, isTls, loginsOver, type DeclaredLogin } from '../../suites/observations/log-ins.ts'
import type { Service } from '../../suites/statement.ts'
import { declaredOf } from '../../suites/subject.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Asked, ClientOptions } from '../instruments/conversation.ts'
import { httpClient } from '../instruments/http.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'

export interface LoginPlace extends DeclaredLogin {
  to: Endpoint
}

export const unanswered = (
  cause: Unanswered['cause'],
  code: string,
  values: Record<string, string | number> = {},
): Unanswered => ({ answered: false, cause, why: { code, values }, artifacts: [] })

/** Where a service is reached: the first family it is declared for and the sample has. */
export function endpointOfService(bench: Bench, service: Service): Endpoint | null {
  const family = familyOf(service, bench.sample)
  return family && bench.endpoint(family, service.port, isTls(service))
}

/** Where the service is reached over the other family that it is declared for; null where there is none. */
export function otherEndpointOf(bench: Bench, service: Service): Endpoint | null {
  const family = familyOf(
    { ...service, families: service.families.filter((f) => f !== familyOf(service, bench.sample)) },
    bench.sample,
  )
  return family && bench.endpoint(family, service.port, isTls(service))
}

/** The log-in of a subject with its endpoint; unanswered where the statement leads nowhere. Messages are `<kind>.no-such-login`. */
export function placeOf(bench: Bench, subject: string, protocol: Spoken, kind: string): LoginPlace | Unanswered {
  const { id } = declaredOf(subject)
  const found = loginsOver(bench.statement, protocol).find(({ login }) => login.id === id)
  const to = found && endpointOfService(bench, found.service)
  return found && to ? { ...found, to } : unanswered('operator', `${kind}.no-such-login`, { login: id })
}

/** A password of random letters and digits that is on no list; it is no secret, for it opens nothing. */
export const wrongPassword = (user: string): Credential => ({
  user,
  password: `Wr0ng-${randomBytes(9).toString('hex')}`,
  secret: 'random wrong password',
  published: false,
})

/** A path that no device has. Some choose their answer by the ending. */
export const decoyPath = (ending: string): string => `/${randomBytes(5).toString('hex')}${randomInt(10, 99)}${ending}`

export type Asking = Asked

/** Servers of streams are busy for a moment after a session. */
const BUSY_TRIES = 4
const BUSY_MS = 500

/** A stream that is still being put away answers 503 to the right password: asked again, it is not taken for a refusal. */
export async function whileBusy(bench: Bench, ask: () => Promise<Exchange>): Promise<Exchange> {
  let exchange = await ask()
  for (let n = 1; n < BUSY_TRIES && answerOf(exchange)?.status === 503; n++) {
    if (!(await bench.wait(BUSY_MS, { code: 'run.stream-busy', values: {} }))) break
    exchange = await ask()
  }
  return exchange
}

/** Asks at a log-in in its protocol; every DESCRIBE wants a session description. */
export function clientAt(
  bench: Bench,
  to: Endpoint,
  protocol: Spoken,
  options: ClientOptions = { milliseconds: 15_000 },
): { send(asked: Asking): Promise<Exchange>; close(): void } {
  if (protocol === 'http') return httpClient(bench, to, options)
  const { send, close } = rtspClient(bench, to, options)
  return {
    send(asked) {
      const request: Asking = { ...asked, headers: [['Accept', 'application/sdp'], ...(asked.headers ?? [])] }
      return asked.credential ? whileBusy(bench, () => send(request)) : send(request)
    },
    close,
  }
}
