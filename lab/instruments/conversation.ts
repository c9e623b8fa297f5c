import { isReusable, parseMessage } from '../../suites/facts/http-message.ts'
import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { openLine, type Line } from './line.ts'
import { makePresenting } from './presenting.ts'

export type Header = [string, string]

export interface Asked {
  method: string
  target: string
  /** Replace the usual ones of the same name. */
  headers?: Header[]
  body?: Uint8Array
  credential?: Credential
  /** Longest time for one answer; else that of the client. */
  milliseconds?: number
}

export interface ClientOptions {
  /** Longest time for a connection to open, and for one answer. */
  milliseconds?: number
  /** Most bytes kept of one answer. */
  maxBytes?: number
  /** Address of the lab to connect from. */
  source?: string
}

/** What HTTP and RTSP do differently. */
export interface Dialect {
  version: string
  /** Headers of the request that is the `count`th of this client. */
  headersOf(asked: Asked, count: number): Header[]
  /** How many of the received bytes are this answer, with what the protocol lets come before it. */
  enough(received: Uint8Array, method: string): number | null
  /** Index of the first byte of the status line. */
  start(received: Uint8Array): number
  /** Most bytes that may come before the status line. */
  before: number
  /** Methods that may be sent again when a kept connection turns out to be closed (RFC 9110 section 9.2.2). */
  repeatable: readonly string[]
}

export interface Conversation {
  send(asked: Asked): Promise<Exchange>
  /** The open line, for what follows an answer on it. */
  line(): Line | null
  close(): void
}

const SECRET_HEADERS = /^(authorization|cookie|proxy-authorization)$/i
const MOST_ROUNDS = 5
/** Read beyond what is kept: a secret cut in half would not be recognised. */
const SECRET_BYTES = 1024

/**
 * Asks over one connection that is kept where the device allows, answering challenges. Redirects are never followed.
 * An empty round shows that a kept connection was closed and the request sent again on a new one.
 */
export function converse(bench: Bench, to: Endpoint, dialect: Dialect, options: ClientOptions): Conversation {
  const { milliseconds = 10_000, maxBytes = 65_536 } = options
  const presenting = makePresenting(() => bench.now())
  let open: Line | null = null
  let connections = 0
  let requests = 0

  const drop = (): void => {
    open?.close()
    open = null
    presenting.forget()
  }
  const scrub = (text: string): string => Buffer.from(bench.redact(Buffer.from(text, 'utf8'))).toString('utf8')

  /** One request and its answer, on the open line or a new one. */
  async function round(asked: Asked, headers: Header[]) {
    const kept = open !== null
    if (open === null) {
      const opened = await openLine(bench, to, { milliseconds, ...(options.source ? { source: options.source } : {}) })
      if ('failure' in opened)
        return { kept, failure: opened.failure, bytes: new Uint8Array(), length: 0, end: 'closed' as const }
      open = opened.line
      connections++
    }
    open.write(encode(asked, headers, dialect.version))
    const { bytes, end } = await open.read((received) => dialect.enough(received, asked.method), {
      milliseconds: asked.milliseconds ?? milliseconds,
      maxBytes: maxBytes + dialect.before + SECRET_BYTES,
    })
    const answer = bytes.subarray(dialect.start(bytes))
    const code = end === 'reset' || end === 'timeout' ? end : 'closed'
    const failure: Failure | null = answer.length === 0 ? { code, detail: 'no byte of an answer' } : null
    return { kept, failure, bytes: answer, length: answer.length, end }
  }

  async function send(asked: Asked): Promise<Exchange> {
    const { method, target, credential } = asked
    const request = { method, uri: target, credential }
    const at = bench.now()
    const rounds: Exchange['rounds'] = []
    let headers: Header[] = []
    let failure: Failure | null = null
    let source = options.source ?? bench.sources(to.family)[0] ?? 'unknown'
    if (!dialect.repeatable.includes(method)) drop()
    let presented = presenting.first(request)

    while (rounds.length < MOST_ROUNDS) {
      headers = dialect.headersOf(asked, ++requests)
      if (presented) headers.push(['Authorization', presented.authorization.value])
      const began = bench.now()
      const result = await round(asked, headers)
      source = open?.sourceAddress || source
      failure = result.failure
      if (failure === null || result.kept)
        rounds.push({
          elapsed: bench.now() - began,
          answer: {
            raw: Buffer.from(bench.redact(result.bytes).subarray(0, maxBytes)).toString('base64'),
            length: result.length,
            end: result.end,
          },
        })
      if (failure !== null) {
        drop()
        if (!result.kept || failure.code === 'timeout' || bench.signal.aborted) break
        continue
      }
      const next = presenting.next(request, parseMessage(result.bytes, method), presented)
      if (result.end !== 'complete' || !isReusable(result.bytes, method)) drop()
      if (next === null) break
      presented = next
    }
    return {
      at,
      elapsed: bench.now() - at,
      connection: Math.max(0, connections - 1),
      sourceAddress: source,
      request: {
        method,
        target: scrub(target),
        headers: headers.map(([n, v]): Header => [n, SECRET_HEADERS.test(n) ? '*'.repeat(v.length) : scrub(v)]),
        bodyBytes: asked.body?.length ?? 0,
        credential: credential
          ? { user: credential.user, secret: credential.secret, published: credential.published }
          : null,
        scheme: presented?.authorization.scheme ?? 'none',
      },
      rounds,
      failure,
    }
  }
  return { send, line: () => open, close: drop }
}

function encode(asked: Asked, headers: Header[], version: string): Uint8Array {
  const head = [`${asked.method} ${asked.target} ${version}`, ...headers.map(([n, v]) => `${n}: ${v}`), '', ''].join(
    '\r\n',
  )
  return asked.body ? Buffer.concat([Buffer.from(head, 'utf8'), asked.body]) : Buffer.from(head, 'utf8')
}

/** The usual headers without those that are given, then the given ones. */
export function withGiven(usual: Header[], given: Header[] = []): Header[] {
  const names = new Set(given.map(([n]) => n.toLowerCase()))
  return [...usual.filter(([n]) => !names.has(n.toLowerCase())), ...given]
}

/** `address:port` as in a Host header or a URL; IPv6 in brackets. */
export const authorityOf = (to: Endpoint): string =>
  `${to.family === 'ipv6' ? `[${to.address.replace(/%.*/, '')}]` : to.address}:${to.port}`
