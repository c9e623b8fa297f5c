import { latin1 } from './bytes.ts'
import { headerOf, type HttpMessage } from './http-message.ts'
import { descendantsOf, type XmlElement } from './xml.ts'

/** An address that an answer tells its reader to go to. */
export interface ToldAddress {
  scheme: string
  /** Without brackets, in small letters. */
  host: string
  port: number
  /** Without user information and query, for the reader. */
  text: string
  /** Followed without anybody's choice: a redirect, a form, a part of the page, an address of ONVIF. */
  isFollowed: boolean
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  ws: 80,
  rtsp: 554,
  ftp: 21,
  https: 443,
  wss: 443,
  rtsps: 322,
  ftps: 990,
}
const PLAIN = new Set(['http', 'ws', 'rtsp', 'ftp'])

/** The address goes to a protocol that has no encryption of its own. */
export const isPlain = ({ scheme }: ToldAddress): boolean => PLAIN.has(scheme)

const URI =
  /^([a-z][a-z0-9+.-]{1,11}):\/\/(?:[^/?#@\s]{0,256}@)?(\[[0-9a-f:.%]{2,64}\]|[^:/?#\s]{1,253})(?::([0-9]{1,5}))?([^?#\s]*)/i

/** Reads an absolute address (RFC 3986 section 3) of a scheme that is known here; null for every other text. */
export function addressOf(text: string, isFollowed: boolean): ToldAddress | null {
  const [, scheme = '', host = '', port, path = ''] = URI.exec(text.trim().slice(0, 1024)) ?? []
  const known = DEFAULT_PORTS[scheme.toLowerCase()]
  if (known === undefined) return null
  return {
    scheme: scheme.toLowerCase(),
    host: host.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === undefined ? known : Number(port),
    text: `${scheme.toLowerCase()}://${host}${port === undefined ? '' : `:${port}`}${path}`.slice(0, 120),
    isFollowed,
  }
}

const MOST_ADDRESSES = 256
const TAG = /<([a-z][a-z0-9]{0,15})\b([^<>]{0,2048})>/gi
const ATTRIBUTE = /\b(href|src|action|data|poster)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
const REFRESH = /\burl\s*=\s*["']?([^"'\s>;]+)/i

/** Where a redirect (RFC 9110 section 10.2.2) and the parts, forms and links of a page lead. */
export function addressesInPage(message: HttpMessage): ToldAddress[] {
  const found: (ToldAddress | null)[] = []
  const location = headerOf(message, 'location')
  if (location !== undefined && location !== null) found.push(addressOf(location, true))
  if (/html/i.test(headerOf(message, 'content-type') ?? ''))
    for (const [, tag = '', inner = ''] of latin1(message.body).matchAll(TAG)) {
      if (found.length >= MOST_ADDRESSES) break
      const name = tag.toLowerCase()
      if (name === 'meta') found.push(addressOf(REFRESH.exec(inner)?.[1] ?? '', true))
      for (const [, , double, single, bare] of inner.matchAll(ATTRIBUTE))
        found.push(addressOf(double ?? single ?? bare ?? '', name !== 'a' && name !== 'area'))
    }
  return found.filter((a) => a !== null)
}

/** Addresses of services and of media in an answer of ONVIF (ONVIF Core, GetServices; Media, GetStreamUri). */
export const addressesInResponse = (response: XmlElement): ToldAddress[] =>
  [...descendantsOf(response, 'XAddr'), ...descendantsOf(response, 'Uri')]
    .slice(0, MOST_ADDRESSES)
    .flatMap(({ text }) => addressOf(text, true) ?? [])
