/** A request as it came (RFC 2326 section 6). Header names in lower case; a repeated header keeps its first value. */
export interface RtspRequest {
  method: string
  uri: string
  version: string
  headers: Map<string, string>
}

export type Parsed =
  | { is: 'request'; request: RtspRequest; used: number }
  /** Interleaved data (section 10.12), or empty lines between requests. */
  | { is: 'other'; used: number }
  | { is: 'incomplete' }
  | { is: 'malformed' }

const MOST_HEAD = 8192
const MOST_BODY = 16_384

/** Takes the first message off the bytes received so far. */
export function parseRtsp(bytes: Buffer): Parsed {
  const first = bytes[0]
  if (first === undefined) return { is: 'incomplete' }
  if (first === 0x24) {
    if (bytes.length < 4) return { is: 'incomplete' }
    const used = 4 + bytes.readUInt16BE(2)
    return bytes.length < used ? { is: 'incomplete' } : { is: 'other', used }
  }
  if (first === 0x0d || first === 0x0a) return { is: 'other', used: 1 }
  if (first < 0x41 || first > 0x7a) return { is: 'malformed' }

  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1')
  if (end === -1) return { is: bytes.length > MOST_HEAD ? 'malformed' : 'incomplete' }
  if (end > MOST_HEAD) return { is: 'malformed' }
  const [start = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const line = /^([A-Z_]{1,32}) ([\x21-\x7e]{1,2048}) RTSP\/(\d\.\d)$/.exec(start)
  const headers = headersOf(lines)
  if (line === null || headers === null) return { is: 'malformed' }

  const length = headers.get('content-length') ?? '0'
  if (!/^\d{1,5}$/.test(length) || Number(length) > MOST_BODY) return { is: 'malformed' }
  const used = end + 4 + Number(length)
  if (bytes.length < used) return { is: 'incomplete' }
  const [, method, uri, version] = line as unknown as [string, string, string, string]
  return { is: 'request', used, request: { method, uri, version, headers } }
}

function headersOf(lines: readonly string[]): Map<string, string> | null {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/.exec(line)
    if (header === null) return null
    const name = header[1]!.toLowerCase()
    if (!headers.has(name)) headers.set(name, header[2]!)
  }
  return headers
}

/** The path of an RTSP address without the track, or null. `*` is null too. */
export function streamPath(uri: string): string | null {
  const path = /^(?:rtsps?:\/\/[^/?#]+)?(\/[^?#]*)?$/i.exec(uri.replace(/\?.*$/, ''))?.[1]
  return path === undefined ? null : path.replace(/\/trackID=0$/, '').replace(/(.)\/$/, '$1')
}

const REASONS: Record<number, string> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  505: 'RTSP Version Not Supported',
}

export interface RtspAnswer {
  status: number
  headers?: readonly (readonly [string, string])[]
  body?: string
}

/** The bytes of an answer. */
export function rtspAnswer({ status, headers = [], body = '' }: RtspAnswer, cseq: string | undefined): string {
  const lines = [
    `RTSP/1.0 ${status} ${REASONS[status] ?? ''}`,
    ...(cseq === undefined ? [] : [`CSeq: ${cseq}`]),
    `Date: ${new Date().toUTCString()}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
