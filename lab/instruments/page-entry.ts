import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import { isInSession } from '../../suites/observations/log-ins.ts'
import type { Session } from '../../suites/statement.ts'
import type { Credential, Endpoint } from '../probe.ts'
import { enterAt, lastRound, type Recipe } from './browser.ts'
import { inTime } from './chromium.ts'
import type { Conversation } from './conversation.ts'
import type { OpenPage } from './page.ts'
import {
  firstGroup,
  heldRequest,
  logInRequest,
  nothing,
  takeCookies,
  withHolding,
  type Holding,
} from './session-parts.ts'

const LOG_OUT_MILLISECONDS = 3_000

/** How somebody is logged in at a page: by its own steps, with the cookies of a form, or by the client itself. */
export type Way =
  { is: 'browser'; session: Recipe } | { is: 'form'; session: Session } | { is: 'client' } | { is: 'nobody' }

export function wayOf({ session }: Endpoint, target: string, credential: Credential | null): Way {
  if (!credential) return { is: 'nobody' }
  if (!session || !isInSession(session, target)) return { is: 'client' }
  const { browser } = session
  return browser ? { is: 'browser', session: { ...session, browser } } : { is: 'form', session }
}

/** What came of logging in. */
export interface Entry {
  rounds: Exchange['rounds']
  token: string | null
  failure: Failure | null
}

/** Logs in, and sees to it that the page's requests go out as those of who is logged in. */
export async function enter(
  open: OpenPage,
  client: Conversation,
  way: Way,
  credential: Credential | null,
  /** As `Asked.learnFrom`, for what goes out as a stream. */
  learnFrom: string | null,
  secrets: Set<string>,
): Promise<Entry> {
  const { traffic } = open
  if (way.is === 'nobody' || credential === null) return { rounds: [], token: null, failure: null }
  if (way.is === 'client') {
    traffic.attach = (asked) => ({
      ...asked,
      credential,
      ...(asked.body && !(asked.body instanceof Uint8Array) ? { learnFrom } : {}),
    })
    return { rounds: [], token: null, failure: null }
  }
  if (way.is === 'form') return await enterByForm(open, client, way.session, credential, secrets)
  const failure = await enterAt(open, way.session, credential)
  const token = tokenIn(way.session, traffic.said?.text ?? '', secrets)
  return { rounds: traffic.said ? lastRound(traffic.said.exchange) : [], token, failure }
}

function tokenIn({ token: declared }: Session, text: string, secrets: Set<string>): string | null {
  const token = declared ? firstGroup(declared.pattern, text) : null
  if (token !== null) secrets.add(token)
  return token
}

/** Logs in by the form of the statement, and gives the browser the cookies of it. */
async function enterByForm(
  { traffic, context, origin }: OpenPage,
  client: Conversation,
  session: Session,
  credential: Credential,
  secrets: Set<string>,
): Promise<Entry> {
  const holding: Holding = nothing()
  const ask = async (asked: Parameters<Conversation['send']>[0]) => {
    let text = ''
    const exchange = await client.send(withHolding(asked, session, holding), (bytes) => {
      text = Buffer.from(bytes.subarray(0, 65_536)).toString('latin1')
      for (const value of takeCookies(holding.cookies, bytes, asked.method)) secrets.add(value)
    })
    return { exchange, text }
  }
  let page: string | null = null
  if (session.page) {
    const { exchange, text } = await ask({ method: 'GET', target: session.page.target })
    page = firstGroup(session.page.pattern, text)
    const lab: Failure = { code: 'lab', detail: 'the page before it does not hold what the statement says' }
    if (page === null) return { rounds: [], token: null, failure: exchange.failure ?? lab }
    secrets.add(page)
  }
  const { exchange, text } = await ask(logInRequest(session, credential, page))
  const token = tokenIn(session, text, secrets)
  traffic.attach = (asked) => withHolding(asked, session, { cookies: new Map(), token })
  await context.addCookies([...holding.cookies].map(([name, value]) => ({ name, value, url: `${origin}/` })))
  return { rounds: lastRound(exchange), token, failure: exchange.failure }
}

type Held = Pick<Holding, 'cookies' | 'token'>

/** Many devices keep few sessions. */
export async function logOut({ traffic }: OpenPage, client: Conversation, way: Way, holding: Held): Promise<void> {
  const over = await inTime(
    traffic.stop().then(() => true),
    LOG_OUT_MILLISECONDS,
  )
  if (!('session' in way) || !way.session.logOut || over !== true) return
  if (holding.cookies.size === 0 && holding.token === null) return
  const asked = heldRequest(way.session.logOut, { ...holding, refresh: null })
  await client.send(withHolding({ ...asked, milliseconds: LOG_OUT_MILLISECONDS }, way.session, holding))
}
