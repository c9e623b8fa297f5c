import { latin1 } from '../../suites/facts/bytes.ts'
import type { Browsed, Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import type { Bench, Credential } from '../probe.ts'
import type { Entered } from './browser.ts'
import type { Asked, Header, Heard } from './conversation.ts'
import {
  firstGroup,
  heldRequest,
  hiderOf,
  logInRequest,
  MOST_COOKIES,
  MOST_READ,
  nothing,
  takeCookies,
  takeTokens,
  withHolding,
} from './session-parts.ts'

/** Longest time for a log-out; what becomes of it says nothing. */
const LOG_OUT_MILLISECONDS = 3_000

/** Sends one request without a credential; `heard` is given each answer as it came, before anything is hidden. */
type Send = (asked: Asked, heard: Heard) => Promise<Exchange>

/**
 * One request in a session of its own: the page where one is declared, the log-in, the request with what the log-in gave,
 * and out again. The request is made also where the log-in gave nothing: only its answer shows who was let in. Cookies and
 * tokens are hidden in the evidence. `enter` logs in at the page itself, where the statement says how.
 */
export async function inSession(
  bench: Bench,
  session: Session,
  asked: Asked & { credential: Credential },
  send: Send,
  enter: (() => Promise<Entered>) | null,
): Promise<Exchange> {
  const at = bench.now()
  const { credential, ...request } = asked
  const holding = nothing()
  const secrets = new Set<string>()
  const rounds: Exchange['rounds'] = []
  let browser: Browsed | null = null
  let userAgent: Header[] = []
  const times = request.milliseconds === undefined ? {} : { milliseconds: request.milliseconds }

  const step = async (one: Asked): Promise<{ exchange: Exchange; text: string }> => {
    let text = ''
    const asking = { ...one, headers: [...userAgent, ...(one.headers ?? [])] }
    const exchange = await send(withHolding(asking, session, holding), (bytes) => {
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
        scheme: enter ? 'browser' : 'form',
      },
      failure,
      ...(browser ? { browser } : {}),
    }
  }
  /** With what the log-in said: the request, and out again. */
  const proceed = async (text: string): Promise<Exchange> => {
    for (const value of takeTokens(holding, session, text)) secrets.add(value)
    const last = await step(request)
    if (session.logOut && last.exchange.failure === null && (holding.token !== null || holding.cookies.size > 0)) {
      const kept = rounds.length
      await step({ ...heldRequest(session.logOut, holding), milliseconds: LOG_OUT_MILLISECONDS })
      rounds.length = kept
    }
    return shown(last.exchange, last.exchange.failure)
  }

  if (enter) {
    const entered = await enter()
    rounds.push(...entered.rounds)
    for (const [name, value] of entered.cookies.slice(0, MOST_COOKIES)) holding.cookies.set(name, value)
    for (const [, value] of entered.cookies) secrets.add(value)
    if (entered.userAgent !== null) userAgent = [['User-Agent', entered.userAgent]]
    browser = entered.browser ?? null
    return entered.failure ? shown(unsent(bench, request), entered.failure) : await proceed(entered.text)
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
  return await proceed(entered.text)
}

/** The request that could not be made. */
export const unsent = (bench: Bench, { method, target, body }: Asked): Exchange => ({
  at: bench.now(),
  elapsed: 0,
  connection: 0,
  sourceAddress: bench.sources('ipv4')[0] ?? bench.sources('ipv6')[0] ?? 'unknown',
  request: { method, target, headers: [], bodyBytes: body?.length ?? 0, credential: null, scheme: 'none' },
  rounds: [],
  failure: null,
})
