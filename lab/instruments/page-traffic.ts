import type { CDPSession } from 'playwright-core'
import { latin1, messageEnd, parseMessage, type HttpMessage } from '../../suites/facts/http-message.ts'
import type { Browsed, Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Asked, Conversation, Header } from './conversation.ts'
import { bareHeader, bodyOf, isBare, isThat, type Entry, type Named } from './page-request.ts'
import type { Body } from '../probe.ts'

/** Requests of one page with all it leads to, and bytes that it gets in all. */
const MOST_REQUESTS = 300
/** Pages, frames included, that lead on to one another. */
const MOST_DOCUMENTS = 30
const MOST_BYTES = 32 * 1024 * 1024
const MOST_NAMED = 20
const LONGEST_NAMED = 200
/** What the lab's own client says of the connection and the coding. */
const OWN_HEADERS = /^(host|connection|content-length|accept-encoding|proxy-.*|upgrade-insecure-requests)$/i
/** The browser gets the body whole and plain. */
const TRANSFER_HEADERS = /^(content-length|transfer-encoding|content-encoding|connection|keep-alive)$/
const STREAMS = new Set(['Media', 'EventSource', 'WebSocket', 'Ping', 'Prefetch'])

interface Paused {
  requestId: string
  /** The same for a request and what it is redirected to. */
  networkId?: string
  resourceType: string
  request: {
    url: string
    method: string
    headers: Record<string, string>
    postDataEntries?: Entry[]
  }
}

export interface NamedAnswer {
  exchange: Exchange
  /** As it came, before anything was hidden. */
  text: string
}

/** What a page has asked for so far. */
export interface Traffic {
  /** The last answer to a request that was the one watched for; null where the page has made none. */
  said: NamedAnswer | null
  /** How often it was made. */
  sent: number
  /** The first page that came. */
  page: Exchange | null
  /** Why the last request to the device that was answered by nothing got no answer. */
  failure: Failure | null
  userAgent: string | null
  facts: Pick<Browsed, 'requests' | 'refused' | 'refusals'>
  /** From now on this is the request that matters; what was made before is forgotten. */
  watch(named: Named): void
  /** Goes with every request from now on. */
  attach: (asked: Asked) => Asked
  /** What is sent in the place of a file that the page sends. */
  file: Body | null
  refuse(what: string, why: Browsed['refused'][number]['why']): void
  /** Milliseconds since anything was under way; 0 while something is. */
  quiet(): number
  /** Nothing more is sent; kept when what is under way has come to its end. */
  stop(): Promise<void>
}

/**
 * Answers every request of a page out of the lab's own client, one after the other over one connection: the browser has no
 * network. Only the service itself is asked; all else is refused and named.
 */
export async function carryTraffic(cdp: CDPSession, origin: string, client: Conversation): Promise<Traffic> {
  let turn: Promise<void> = Promise.resolve()
  let waiting = 0
  let since = performance.now()
  let bytes = 0
  let documents = 0
  let isOver = false
  let named: Named | null = null
  /** The watched request while it is redirected, with its own answer. */
  let redirected: { id: string; exchange: Exchange } | null = null
  const traffic: Traffic = {
    said: null,
    sent: 0,
    page: null,
    failure: null,
    userAgent: null,
    facts: { requests: 0, refused: [], refusals: 0 },
    watch(other) {
      named = { ...other }
      redirected = null
      traffic.said = null
      traffic.sent = 0
      traffic.failure = null
    },
    attach: (asked) => asked,
    file: null,
    refuse(what, why) {
      traffic.facts.refusals++
      const told = {
        what: what
          .replace(/[?#].*/s, '')
          .slice(0, LONGEST_NAMED)
          .toWellFormed(),
        why,
      }
      const { refused } = traffic.facts
      if (refused.length < MOST_NAMED && !refused.some((r) => r.what === told.what && r.why === why)) refused.push(told)
    },
    quiet: () => (isOver ? Infinity : waiting > 0 ? 0 : performance.now() - since),
    stop: () => {
      isOver = true
      return turn
    },
  }
  const fail = (requestId: string, errorReason: 'BlockedByClient' | 'Failed' | 'TimedOut'): Promise<void> =>
    cdp.send('Fetch.failRequest', { requestId, errorReason }).then(
      () => undefined,
      () => undefined,
    )

  /** What was said to the watched request; of one that is redirected, by the page that it leads to. */
  function hear(exchange: Exchange, raw: Uint8Array, isNamed: boolean, networkId: string | undefined): void {
    const text = Buffer.from(raw.subarray(0, 65_536)).toString('latin1')
    const { status } = parseMessage(raw, exchange.request.method)
    if (isNamed) traffic.said = { exchange, text }
    else if (redirected && exchange.failure === null) {
      const { exchange: first } = redirected
      traffic.said = { exchange: { ...first, rounds: [...first.rounds, ...exchange.rounds] }, text }
    }
    const first = isNamed ? exchange : redirected?.exchange
    const goesOn = named?.follows === true && networkId !== undefined && status >= 300 && status < 400
    redirected = goesOn && first ? { id: networkId, exchange: first } : null
  }

  /** `watched` is what was watched for when the page asked: its answer may come when that is over. */
  async function answer({ requestId, networkId, resourceType, request }: Paused, watched: Named | null): Promise<void> {
    const target = request.url.slice(origin.length).replace(/#.*/s, '') || '/'
    const { method } = request
    const entries = request.postDataEntries ?? []
    const body = bodyOf(entries, traffic.file)
    const isThis = watched !== null && isThat(watched, method, target, body)
    const isNamed = (): boolean => isThis && watched === named
    traffic.facts.requests++
    traffic.userAgent ??= request.headers['User-Agent'] ?? null
    if (body === null) {
      traffic.failure = { code: 'lab', detail: 'the page sends a file that nobody gave it' }
      return await fail(requestId, 'Failed')
    }
    if (isNamed()) traffic.sent++
    let raw: Uint8Array = new Uint8Array()
    const asked = traffic.attach({
      method,
      target,
      headers: Object.entries(request.headers)
        .filter(([n]): boolean => !OWN_HEADERS.test(n))
        .map((header): Header => (isBare(entries) ? bareHeader(header) : header)),
      ...(body.length > 0 ? { body } : {}),
    })
    const exchange = await client.send(asked, (heard) => (raw = heard))
    bytes += raw.length
    if (isNamed() || (redirected && networkId === redirected.id)) hear(exchange, raw, isNamed(), networkId)
    else if (resourceType === 'Document') traffic.page ??= exchange
    traffic.failure = exchange.failure
    if (exchange.failure) return await fail(requestId, exchange.failure.code === 'timeout' ? 'TimedOut' : 'Failed')
    const message = parseMessage(raw, method)
    const end = exchange.rounds.at(-1)?.answer.end
    const isCut = end === 'too-long' || end === 'timeout'
    if (isCut || isEndless(message)) {
      traffic.refuse(request.url, isCut ? 'too-long' : 'stream')
      return await fail(requestId, 'Failed')
    }
    const { headers, content } = plain(message)
    await cdp
      .send('Fetch.fulfillRequest', {
        requestId,
        responseCode: message.status >= 200 && message.status < 600 ? message.status : 502,
        responseHeaders: headers.map(([name, value]) => ({ name, value })),
        body: Buffer.from(content).toString('base64'),
      })
      .catch(() => undefined)
  }

  cdp.on('Fetch.requestPaused', (paused: Paused) => {
    const { requestId, resourceType, request } = paused
    if (resourceType === 'Document') documents++
    const refusal = !isWithin(request.url, origin)
      ? 'elsewhere'
      : STREAMS.has(resourceType)
        ? 'stream'
        : traffic.facts.requests + waiting >= MOST_REQUESTS || documents > MOST_DOCUMENTS || bytes > MOST_BYTES
          ? 'too-many'
          : null
    if (refusal) traffic.refuse(request.url, refusal)
    if (refusal === 'too-many') isOver = true
    if (refusal || isOver) return void fail(requestId, 'BlockedByClient')
    waiting++
    const watched = named
    turn = turn
      .then(() => (isOver ? fail(requestId, 'BlockedByClient') : answer(paused, watched)))
      .catch(() => undefined)
      .finally(() => {
        waiting--
        since = performance.now()
      })
  })
  cdp.on('Network.webSocketCreated', ({ url }) => traffic.refuse(url, isWithin(url, origin) ? 'stream' : 'elsewhere'))
  await cdp.send('Network.enable')
  await cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] })
  return traffic
}

const isWithin = (url: string, origin: string): boolean =>
  /^[/?#]/.test(url.slice(origin.length)) && url.startsWith(origin)

/** Pictures after pictures, or events: nothing that a page waits for. */
const isEndless = ({ headers }: HttpMessage): boolean =>
  headers.some(([n, v]) => n === 'content-type' && /^\s*(multipart\/x-mixed-replace|text\/event-stream)/i.test(v))

/** Where an answer ends for a page: of what never ends the head is enough. */
export function pageEnd(received: Uint8Array, method: string): number | null {
  const end = messageEnd(received, method)
  if (end !== null) return end
  return HEAD_END.test(latin1(received.subarray(0, 65_536))) && isEndless(parseMessage(received, method))
    ? received.length
    : null
}
const HEAD_END = /\n\r?\n/

/** What a page is given: whole, and unpacked already. */
const plain = ({ headers, body }: HttpMessage): { headers: Header[]; content: Uint8Array } => ({
  headers: headers.filter(([n]) => !TRANSFER_HEADERS.test(n)),
  content: body,
})
