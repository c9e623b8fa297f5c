import { createHash } from 'node:crypto'
import { isReusable, parseMessage } from '../../suites/facts/http-message.ts'
import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Bench, Body, Credential, Endpoint } from '../probe.ts'
import { unpacked } from './content-coding.ts'
import type { Entity } from './digest.ts'
import { openLine, type Line } from './line.ts'
import { makePresenting } from './presenting.ts'

export type Header = [string, string]

export interface Asked {
  method: string
  target: string
  /** Replace the usual ones of the same name. */
  headers?: Header[]
  body?: Body
  credential?: Credential
  /**
   * For a body that shall go out once: the target of a small request that asks for the challenge beforehand; null where
   * none is known, the device is then asked before the body is sent (RFC 9110 section 10.1.1).
   */
  learnFrom?: string | null
  /** Longest time for one answer; else that of the client. */
  milliseconds?: number
}

export interface ClientOptions {
  /** Longest time for a connection to open, and for one answer. */
  milliseconds?: number
  /** Most bytes read of one answer, and kept of it where no less is asked for. */
  maxBytes?: number
  keepBytes?: number
  /** Address of the lab to connect from. */
  source?: string
  /** Sent with every HTTP request, those of a log-in too, where the request has no other of the name. */
  always?: Header[]
}

/** What an answer was before anything in it was hidden. */
export type Heard = (answer: Uint8Array) => void

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
  send(asked: Asked, heard?: Heard): Promise<Exchange>
  /** The open line, for what follows an answer on it. */
  line(): Line | null
  close(): void
}

const SECRET_HEADERS = /^(authorization|cookie|proxy-authorization)$/i
const MOST_ROUNDS = 5
/** A device that knows of no expectations says nothing (RFC 9110 section 10.1.1). */
const EXPECTATION_MILLISECONDS = 1_500
/** A device may refuse what it has not yet got whole; after this the connection is cut. */
const CUT_MILLISECONDS = 500
/** Longest time in which a device takes nothing of a body. */
const STALL_MILLISECONDS = 30_000
/** Read beyond what is kept: a secret cut in half would not be recognised. */
const SECRET_BYTES = 1024

/**
 * Asks over one connection that is kept where the device allows, answering challenges. Redirects are never followed.
 * An empty round shows that a kept connection was closed and the request sent again on a new one.
 */
export function converse(bench: Bench, to: Endpoint, dialect: Dialect, options: ClientOptions): Conversation {
  const { milliseconds = 10_000, maxBytes = 65_536, keepBytes = maxBytes } = options
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
  async function round(asked: Asked, headers: Header[], expects = false) {
    const kept = open !== null
    if (open === null) {
      const opened = await openLine(bench, to, { milliseconds, ...(options.source ? { source: options.source } : {}) })
      if ('failure' in opened)
        return {
          kept,
          failure: opened.failure,
          bytes: new Uint8Array(),
          length: 0,
          end: 'closed' as const,
          withheld: false,
        }
      open = opened.line
      connections++
    }
    open.write(encode(asked, headers, dialect.version))
    const withheld = expects && (await answeredAtOnce(open, asked.method))
    if (asked.body && !(asked.body instanceof Uint8Array) && !withheld)
      await open.send(asked.body.chunks(), STALL_MILLISECONDS)
    const isCut = asked.body !== undefined && !(asked.body instanceof Uint8Array) && asked.body.isCut === true
    const { bytes, end } = await open.read((received) => dialect.enough(received, asked.method), {
      milliseconds: isCut && !withheld ? CUT_MILLISECONDS : (asked.milliseconds ?? milliseconds),
      maxBytes: maxBytes + dialect.before + SECRET_BYTES,
    })
    const answer = bytes.subarray(dialect.start(bytes))
    const code = end === 'reset' || end === 'timeout' ? end : 'closed'
    const silence: Failure =
      isCut && end === 'timeout'
        ? { code: 'lab', detail: 'connection cut in the middle of the body' }
        : { code, detail: 'no byte of an answer' }
    const failure = answer.length === 0 ? silence : null
    return { kept, failure, bytes: unpacked(answer, asked.method), length: answer.length, end, withheld }
  }

  /** Asks for the challenge of an upload by a request without a body, on a line of its own. */
  async function learn(target: string, rounds: Exchange['rounds']): Promise<void> {
    const small = { method: 'GET', target }
    const began = bench.now()
    const result = await round(small, dialect.headersOf(small, ++requests))
    open?.close()
    open = null
    if (result.failure !== null) return
    rounds.push(roundOf(result, began))
    await presenting.next(
      { method: 'GET', uri: target, credential: undefined },
      parseMessage(result.bytes, 'GET'),
      null,
    )
  }

  const roundOf = (result: Awaited<ReturnType<typeof round>>, began: number): Exchange['rounds'][number] => ({
    elapsed: bench.now() - began,
    answer: {
      raw: Buffer.from(
        bench.redact(result.bytes.subarray(0, keepBytes + SECRET_BYTES)).subarray(0, keepBytes),
      ).toString('base64'),
      length: result.length,
      end: result.end,
    },
  })

  async function send(asked: Asked, heard?: Heard): Promise<Exchange> {
    const { method, target, credential } = asked
    const at = bench.now()
    const request = { method, uri: target, credential, entity: () => entityOf(asked.body) }
    const rounds: Exchange['rounds'] = []
    let headers: Header[] = []
    let failure: Failure | null = null
    let source = options.source ?? bench.sources(to.family)[0] ?? 'unknown'
    if (!dialect.repeatable.includes(method)) drop()
    const learns = asked.learnFrom !== undefined && credential !== undefined
    if (learns && asked.learnFrom) await learn(asked.learnFrom, rounds)
    let presented = await presenting.first(request)
    if (learns && presented) presented.borrowed = true
    let expects = learns && presented === null

    while (rounds.length < MOST_ROUNDS) {
      headers = dialect.headersOf(asked, ++requests)
      if (presented) headers.push(['Authorization', presented.authorization.value])
      if (expects) headers.push(['Expect', '100-continue'])
      const began = bench.now()
      const result = await round(asked, headers, expects)
      source = open?.sourceAddress || source
      failure = result.failure
      if (failure === null || result.kept) rounds.push(roundOf(result, began))
      if (failure !== null) {
        drop()
        if (!result.kept || ['timeout', 'lab'].includes(failure.code) || bench.signal.aborted) break
        continue
      }
      heard?.(result.bytes)
      const answer = parseMessage(result.bytes, method)
      const next = await presenting.next(request, answer, presented)
      if (result.withheld || result.end !== 'complete' || !isReusable(result.bytes, method)) drop()
      const isUnexpected = expects && answer.status === 417
      expects = false
      if (next === null && !isUnexpected) break
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

/** What a body is known by: the largest is never held whole. */
async function entityOf(body: Body | undefined): Promise<Entity | undefined> {
  if (body === undefined || body instanceof Uint8Array) return body
  const [md5, sha256] = [createHash('md5'), createHash('sha256')]
  for await (const chunk of body.chunks()) for (const hash of [md5, sha256]) hash.update(chunk)
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex') }
}

/** Whether a final answer came in place of the permission to send the body; nothing of it is taken. */
async function answeredAtOnce(line: Line, method: string): Promise<boolean> {
  let status = 0
  await line.read(
    (received) => {
      status = parseMessage(received, method).status
      return status > 0 ? 0 : null
    },
    { milliseconds: EXPECTATION_MILLISECONDS, maxBytes: 65_536 },
  )
  return status >= 200
}

/** The head, with the body where it is at hand and the device is not asked first. */
function encode(asked: Asked, headers: Header[], version: string): Uint8Array {
  const head = [`${asked.method} ${asked.target} ${version}`, ...headers.map(([n, v]) => `${n}: ${v}`), '', ''].join(
    '\r\n',
  )
  return asked.body instanceof Uint8Array
    ? Buffer.concat([Buffer.from(head, 'utf8'), asked.body])
    : Buffer.from(head, 'utf8')
}

/** The usual headers without those that are given, then the given ones. */
export function withGiven(usual: Header[], given: Header[] = []): Header[] {
  const names = new Set(given.map(([n]) => n.toLowerCase()))
  return [...usual.filter(([n]) => !names.has(n.toLowerCase())), ...given]
}

/** `address:port` as in a Host header or a URL; IPv6 in brackets. */
export const authorityOf = (to: Endpoint): string =>
  `${to.family === 'ipv6' ? `[${to.address.replace(/%.*/, '')}]` : to.address}:${to.port}`
