import { latin1 } from '../../suites/facts/bytes.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import type { Asked } from './conversation.ts'
import { httpClient } from './http.ts'
import {
  firstGroup,
  heldRequest,
  hiderOf,
  logInRequest,
  MOST_READ,
  takeCookies,
  takeTokens,
  withHolding,
  type Hider,
  type Holding,
} from './session-parts.ts'

/** The steps of a session one by one, each on a connection of its own; `inSession` makes them all at once. */
export interface SessionWalk {
  /** One request with what is held. What the answer sets is put into the holding. */
  ask(asked: Asked, holding: Holding): Promise<Exchange>
  /** The page, where one is declared, and the log-in; what they give is put into the holding. */
  enter(holding: Holding): Promise<Exchange[]>
  /** The declared log-out, or the same request at a target that ends otherwise; null where none is. */
  leave(holding: Holding, end?: string): Promise<Exchange | null>
  /** The declared request for a new token, with the token itself or without; what it gives is put into the holding. */
  renew(holding: Holding, withToken: boolean): Promise<Exchange | null>
  /** Knows every cookie and token that came by so far, here or elsewhere. */
  hider(): Hider
  /** The same at another endpoint. */
  at(to: Endpoint): SessionWalk
}

const MILLISECONDS = 15_000

export function sessionWalk(
  bench: Bench,
  { session: _, ...to }: Endpoint,
  session: Session,
  credential: Credential,
  secrets = new Set<string>(),
): SessionWalk {
  const heardAt = async (asked: Asked, holding: Holding): Promise<{ exchange: Exchange; text: string }> => {
    let text = ''
    for (const value of holding.cookies.values()) secrets.add(value)
    const client = httpClient(bench, to, { milliseconds: MILLISECONDS })
    const exchange = await client.send(withHolding(asked, session, holding), (bytes) => {
      text = latin1(bytes.subarray(0, MOST_READ))
      for (const value of takeCookies(holding.cookies, bytes, asked.method)) secrets.add(value)
    })
    client.close()
    return { exchange: { ...exchange, request: { ...exchange.request, target: asked.target } }, text }
  }
  return {
    ask: async (asked, holding) => (await heardAt(asked, holding)).exchange,
    async enter(holding) {
      const rounds: Exchange[] = []
      let page: string | null = null
      if (session.page) {
        const { exchange, text } = await heardAt({ method: 'GET', target: session.page.target }, holding)
        rounds.push(exchange)
        page = firstGroup(session.page.pattern, text)
        if (page === null) return rounds
        secrets.add(page)
      }
      const asked = logInRequest(session, credential, page)
      const { exchange, text } = await heardAt(asked, holding)
      const { user, secret, published } = credential
      rounds.push({
        ...exchange,
        request: {
          ...exchange.request,
          target: session.logIn.target,
          credential: { user, secret, published },
          scheme: 'form',
        },
      })
      for (const value of takeTokens(Object.assign(holding, { token: null, refresh: null }), session, text))
        secrets.add(value)
      return rounds
    },
    async leave(holding, end) {
      if (!session.logOut) return null
      const asked = heldRequest(session.logOut, holding)
      return (await heardAt(end === undefined ? asked : { ...asked, target: `${asked.target}-${end}` }, holding))
        .exchange
    },
    async renew(holding, withToken) {
      if (!session.refresh) return null
      const { token } = holding
      const asked = heldRequest(session.refresh, holding)
      const sent = { ...holding, token: withToken ? token : null }
      const { exchange, text } = await heardAt(asked, sent)
      for (const value of takeTokens(holding, session, text)) secrets.add(value)
      return exchange
    },
    hider: () => hiderOf(secrets, session),
    at: (other) => sessionWalk(bench, other, session, credential, secrets),
  }
}
