import { messageEnd } from '../../suites/facts/http-message.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { logInAtPage, type Entered } from './browser.ts'
import {
  authorityOf,
  converse,
  withGiven,
  type Asked,
  type ClientOptions,
  type Conversation,
  type Dialect,
  type Header,
  type Heard,
} from './conversation.ts'
import { isInSession } from '../../suites/observations/log-ins.ts'
import { pageEnd } from './page-traffic.ts'
import { inSession } from './web-session.ts'

export interface HttpClient {
  /** One request, with its challenge answered, or in a session (and then not heard), where a credential is given. Never throws for what the device does. */
  send(request: Asked, heard?: Heard): Promise<Exchange>
  close(): void
}

/** Pages bring scripts of megabytes; of an answer no more is kept than of any other. */
const MOST_PAGE_BYTES = 4 * 1024 * 1024
const MOST_KEPT_BYTES = 65_536

function clientOf(bench: Bench, to: Endpoint, enough: Dialect['enough'], options: ClientOptions): Conversation {
  const authority = authorityOf(to)
  const host = to.port === (to.tls ? 443 : 80) ? authority.replace(/:\d+$/, '') : authority
  return converse(
    bench,
    to,
    {
      version: 'HTTP/1.1',
      headersOf({ method, body, headers }) {
        const usual: Header[] = [
          ['Host', host],
          ['User-Agent', 'camseal'],
          ['Accept', '*/*'],
          ['Accept-Encoding', 'identity'],
          ['Connection', 'keep-alive'],
          ...(options.always ?? []),
        ]
        if (body || /^(POST|PUT|PATCH)$/.test(method)) usual.push(['Content-Length', String(body?.length ?? 0)])
        return withGiven(usual, headers)
      },
      enough,
      start: () => 0,
      before: 0,
      repeatable: ['GET', 'HEAD', 'OPTIONS'],
    },
    options,
  )
}

/** A client for all that a page asks for. */
export const pageClient = (bench: Bench, to: Endpoint, options: ClientOptions): Conversation =>
  clientOf(bench, to, pageEnd, { ...options, maxBytes: MOST_PAGE_BYTES, keepBytes: MOST_KEPT_BYTES })

/** A raw HTTP/1.1 client for devices that strict libraries refuse. */
export function httpClient(bench: Bench, to: Endpoint, options: ClientOptions = {}): HttpClient {
  const { send, close } = clientOf(bench, to, messageEnd, options)
  return {
    async send(asked, heard) {
      const { credential } = asked
      const { session } = to
      if (!session || !credential || !isInSession(session, asked.target)) return await send(asked, heard)
      const { browser } = session
      // Who may hold one connection holds none while the page is at work.
      const enter = async (recipe: NonNullable<typeof browser>): Promise<Entered> => {
        close()
        const times = asked.milliseconds === undefined ? {} : { milliseconds: asked.milliseconds }
        const client = pageClient(bench, to, { ...options, ...times })
        return await logInAtPage(bench, to, { ...session, browser: recipe }, credential, client)
      }
      return await inSession(bench, session, { ...asked, credential }, send, browser ? () => enter(browser) : null)
    },
    close,
  }
}
