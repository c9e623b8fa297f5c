import { messageEnd } from '../../suites/facts/http-message.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Bench, Endpoint } from '../probe.ts'
import {
  authorityOf,
  converse,
  withGiven,
  type Asked,
  type ClientOptions,
  type Header,
  type Heard,
} from './conversation.ts'
import { isInSession } from '../../suites/observations/log-ins.ts'
import { inSession } from './web-session.ts'

export interface HttpClient {
  /** One request, with its challenge answered, or in a session (and then not heard), where a credential is given. Never throws for what the device does. */
  send(request: Asked, heard?: Heard): Promise<Exchange>
  close(): void
}

/** A raw HTTP/1.1 client for devices that strict libraries refuse. */
export function httpClient(bench: Bench, to: Endpoint, options: ClientOptions = {}): HttpClient {
  const authority = authorityOf(to)
  const host = to.port === (to.tls ? 443 : 80) ? authority.replace(/:\d+$/, '') : authority
  const { send, close } = converse(
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
        ]
        if (body || /^(POST|PUT|PATCH)$/.test(method)) usual.push(['Content-Length', String(body?.length ?? 0)])
        return withGiven(usual, headers)
      },
      enough: messageEnd,
      start: () => 0,
      before: 0,
      repeatable: ['GET', 'HEAD', 'OPTIONS'],
    },
    options,
  )
  return {
    send(asked, heard) {
      const { credential } = asked
      const { session } = to
      return session && credential && isInSession(session, asked.target)
        ? inSession(bench, session, { ...asked, credential }, send)
        : send(asked, heard)
    },
    close,
  }
}
