import { latin1 } from './bytes.ts'

export { latin1 } from './bytes.ts'

/** One answer of HTTP or a protocol shaped like it (RTSP, ICY), read leniently: cameras break the grammar. */
export interface HttpMessage {
  /** First word of the status line in upper case: HTTP, RTSP, ICY; empty where there is no status line. */
  protocol: string
  version: string
  /** 0 where there is no status line. */
  status: number
  reason: string
  /** Names in lower case, in the order received. */
  headers: [string, string][]
  body: Uint8Array
}

const LF = 10
const CR = 13

/** Index after the empty line that ends a head, LF alone accepted (RFC 9112 section 2.2); null where it has not come. */
function headEnd(bytes: Uint8Array, from: number): number | null {
  for (let i = bytes.indexOf(LF, from); i !== -1; i = bytes.indexOf(LF, i + 1)) {
    if (bytes[i + 1] === LF) return i + 2
    if (bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3
  }
  return null
}

function skipEmptyLines(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === LF || bytes[at] === CR) at++
  return at
}

interface Head {
  start: number
  end: number | null
  protocol: string
  version: string
  status: number
  reason: string
  headers: [string, string][]
}

const STATUS_LINE = /^([A-Za-z]{2,12})(?:\/([0-9][0-9.]{0,7}))?[ \t]+([0-9]{3})(?:[ \t]+([^\r]*))?\r?$/

function readHead(bytes: Uint8Array, from: number): Head {
  const start = skipEmptyLines(bytes, from)
  const end = headEnd(bytes, start)
  const lines = latin1(bytes.subarray(start, end ?? Math.min(bytes.length, start + 65536))).split('\n')
  const [, protocol = '', version = '', status = '0', reason = ''] = STATUS_LINE.exec(lines[0] ?? '') ?? []
  const headers: [string, string][] = []
  if (protocol !== '')
    for (const raw of lines.slice(1)) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
      const last = headers.at(-1)
      if (/^[ \t]+\S/.test(line) && last) last[1] += ` ${line.trim()}`
      const colon = line.indexOf(':')
      if (colon > 0 && !/^[ \t]/.test(line))
        headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()])
    }
  return {
    start,
    end,
    protocol: protocol.toUpperCase(),
    version,
    status: Number(status),
    reason: reason.trim(),
    headers,
  }
}

/** The head of the final answer: interim ones (RFC 9110 section 15.2) are passed over, 101 is final. */
function finalHead(bytes: Uint8Array): Head {
  let head = readHead(bytes, 0)
  while (head.end !== null && head.status >= 100 && head.status < 200 && head.status !== 101) {
    const next = skipEmptyLines(bytes, head.end)
    if (next >= bytes.length) return { ...head, end: null }
    head = readHead(bytes, next)
  }
  return head
}

interface Chunks {
  body: Uint8Array
  end: number | null
}

/** Chunked coding (RFC 9112 section 7.1); on a broken size the rest is taken as it is. */
function readChunks(bytes: Uint8Array, from: number): Chunks {
  const parts: Uint8Array[] = []
  const joined = (end: number | null): Chunks => {
    const body = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
    let at = 0
    for (const p of parts) {
      body.set(p, at)
      at += p.length
    }
    return { body, end }
  }
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf(LF, at)
    if (lineEnd === -1) return joined(null)
    const size = /^[ \t]*([0-9A-Fa-f]{1,7})[ \t]*(?:;.*)?\r?$/.exec(
      latin1(bytes.subarray(at, Math.min(lineEnd, at + 1024))),
    )
    if (!size?.[1]) {
      parts.push(bytes.subarray(at))
      return joined(null)
    }
    const length = parseInt(size[1], 16)
    at = lineEnd + 1
    if (length === 0) {
      if (bytes[at] === LF) return joined(at + 1)
      if (bytes[at] === CR && bytes[at + 1] === LF) return joined(at + 2)
      return joined(headEnd(bytes, at))
    }
    parts.push(bytes.subarray(at, at + length))
    at += length
    if (bytes[at] === CR) at++
    if (bytes[at] === LF) at++
    if (at >= bytes.length) return joined(null)
  }
}

const all = (headers: [string, string][], name: string): string[] =>
  headers.filter(([n]) => n === name).map(([, v]) => v)

const isChunked = (headers: [string, string][]): boolean =>
  all(headers, 'transfer-encoding').some((v) => /\bchunked\b/i.test(v))

/** Declared lengths, repeated ones once; more than one value means that the device contradicts itself. */
const lengthsOf = (headers: [string, string][]): number[] => [
  ...new Set(
    all(headers, 'content-length')
      .flatMap((v) => v.split(','))
      .map((v) => v.trim())
      .filter((v) => /^[0-9]{1,15}$/.test(v))
      .map(Number),
  ),
]

/** Answers that have no body whatever their headers say (RFC 9112 section 6.3). RTSP has one only with a length (RFC 2326 section 12.14). */
const isBodiless = (head: Head, method: string): boolean =>
  method === 'HEAD' ||
  head.status === 204 ||
  head.status === 304 ||
  head.status === 101 ||
  (head.protocol === 'RTSP' && lengthsOf(head.headers).length === 0)

/**
 * How many of the received bytes are one answer to `method`; null where more must come, for answers without a
 * length until the peer ends. With contradicting lengths the first one counts.
 */
export function messageEnd(received: Uint8Array, method: string): number | null {
  const head = finalHead(received)
  if (head.end === null || head.protocol === '') return null
  if (isBodiless(head, method)) return head.end
  if (isChunked(head.headers)) return readChunks(received, head.end).end
  const [length] = lengthsOf(head.headers)
  return length === undefined ? null : head.end + length
}

/** An answer whose head tells no length ends with the connection (RFC 9112 section 6.3): nothing else shows that it is whole. */
export function endsWithConnection(raw: Uint8Array, method: string): boolean {
  const head = finalHead(raw)
  if (head.end === null || head.protocol === '' || isBodiless(head, method)) return false
  return !isChunked(head.headers) && lengthsOf(head.headers).length === 0
}

/** Whether another request may follow on the connection (RFC 9112 section 9.3). */
export function isReusable(raw: Uint8Array, method: string): boolean {
  const head = finalHead(raw)
  const tokens = all(head.headers, 'connection').join(',').toLowerCase()
  if (head.end === null || messageEnd(raw, method) !== raw.length || lengthsOf(head.headers).length > 1) return false
  if (/\bclose\b/.test(tokens)) return false
  return head.protocol === 'RTSP' || head.version === '1.1' || /\bkeep-alive\b/.test(tokens)
}

/** Reads an answer from raw bytes, however broken. Bytes without a status line are all body. Never throws. */
export function parseMessage(raw: Uint8Array, method = 'GET'): HttpMessage {
  const head = finalHead(raw)
  const { protocol, version, status, reason, headers } = head
  if (protocol === '') return { protocol, version, status, reason, headers: [], body: raw }
  const rest = head.end === null || isBodiless(head, method) ? new Uint8Array() : raw.subarray(head.end)
  const [length] = lengthsOf(headers)
  const body =
    head.end !== null && rest.length > 0 && isChunked(headers)
      ? readChunks(raw, head.end).body
      : rest.subarray(0, length ?? rest.length)
  return { protocol, version, status, reason, headers, body }
}

/** Every value of a header, in order; `name` in lower case. */
export const headersOf = (message: HttpMessage, name: string): string[] => all(message.headers, name)

/** The first value of a header; null where it is absent. */
export const headerOf = (message: HttpMessage, name: string): string | null => headersOf(message, name)[0] ?? null
