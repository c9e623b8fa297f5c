import { latin1 } from '../../suites/facts/bytes.ts'
import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import type { Bench, Credential } from '../probe.ts'
import type { Asked, Heard } from './conversation.ts'
import { firstGroup, hiderOf, logInRequest, MOST_READ, nothing, takeCookies, withHolding } from './session-parts.ts'

/** Longest time for a log-out; what becomes of it says nothing. */
const LOG_OUT_MILLISECONDS = 3_000

/** Sends one request without a credential; `heard` is given each answer as it came, before anything is hidden. */
type Send = (asked: Asked, heard: Heard) => Promise<Exchange>

/**
 * One request in a session of its own: the page where one is declared, the log-in, the request with what the log-in gave,
 * and out again. The request is made also where the log-in gave nothing: only its answer shows who was let in. Cookies and
 * tokens are hidden in the evidence.
 */
export async function inSession(
  bench: Bench,
  session: Session,
  asked: Asked & { credential: Credential },
  send: Send,
): Promise<Exchange> {
  const at = bench.now()
  const { credential, ...request } = asked
  const holding = nothing()
  const secrets = new Set<string>()
  const rounds: Exchange['rounds'] = []
  const times = request.milliseconds === undefined ? {} : { milliseconds: request.milliseconds }

  const step = async (one: Asked): Promise<{ exchange: Exchange; text: string }> => {
    let text = ''
    const exchange = await send(withHolding(one, session, holding), (bytes) => {
      text = latin1(bytes.subarray(0, MOST_READ))
      for (const value of takeCookies(holding.cookies, bytes, one.method)) secrets.add(value)
    })
    rounds.push(...exchange.rounds.filter((r) => r.answer.length > 0))
    return { exchange, text }
  }
  const shown = (last: Exchange, failure: Failure | null): Exchange => {
    const hider = hiderOf(secrets, session)
    const hidden = hider.exchange({ ...last, rounds })
    return {
      ...hidden,
      at,
      elapsed: bench.now() - at,
      request: {
        ...hidden.request,
        method: asked.method,
        target: failure === null ? hidden.request.target : asked.target,
        bodyBytes: asked.body?.length ?? 0,
        credential: { user: credential.user, secret: credential.secret, published: credential.published },
        scheme: 'form',
      },
      failure,
    }
  }

  let page: string | null = null
  if (session.page) {
    const { exchange, text } = await step({ method: 'GET', target: session.page.target, ...times })
    if (exchange.failure) return shown(exchange, exchange.failure)
    page = firstGroup(session.page.pattern, text)
    if (page === null)
      return shown(exchange, {
        code: 'lab',
        detail: 'the page before the log-in does not hold what the statement says',
      })
    secrets.add(page)
  }
  const entered = await step({ ...logInRequest(session, credential, page), ...times })
  if (entered.exchange.failure) return shown(entered.exchange, entered.exchange.failure)
  holding.token = session.token ? firstGroup(session.token.pattern, entered.text) : null
  if (holding.token !== null) secrets.add(holding.token)
  const last = await step(request)
  if (session.logOut && last.exchange.failure === null && (holding.token !== null || holding.cookies.size > 0)) {
    const kept = rounds.length
    await step({ ...session.logOut, milliseconds: LOG_OUT_MILLISECONDS })
    rounds.length = kept
  }
  return shown(last.exchange, last.exchange.failure)
}
