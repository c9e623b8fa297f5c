import { headersOf, type HttpMessage } from './http-message.ts'

/** One Set-Cookie header as a browser reads it (RFC 6265 section 5.2). */
export interface SetCookie {
  name: string
  /** Without the white space around it; in evidence hidden at the same length. */
  value: string
  secure: boolean
  httpOnly: boolean
  /** In lower case, the last one where there are several; null where there is none. */
  sameSite: string | null
  domain: string | null
  path: string | null
  maxAge: string | null
  expires: string | null
}

const LONGEST_LINE = 16_384
const MOST_ATTRIBUTES = 64
const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')

/** Null where a browser takes no cookie from it. Attributes count by their presence, whatever value they are given. */
export function parseSetCookie(line: string): SetCookie | null {
  const [pair = '', ...rest] = line.slice(0, LONGEST_LINE).split(';', MOST_ATTRIBUTES)
  const equals = pair.indexOf('=')
  const name = trimmed(pair.slice(0, Math.max(0, equals)))
  if (name === '') return null
  const attributes = rest.map((text): [name: string, value: string] => {
    const at = text.indexOf('=')
    return at < 0
      ? [trimmed(text).toLowerCase(), '']
      : [trimmed(text.slice(0, at)).toLowerCase(), trimmed(text.slice(at + 1))]
  })
  const last = (wanted: string): string | null => attributes.filter(([n]) => n === wanted).at(-1)?.[1] ?? null
  return {
    name,
    value: trimmed(pair.slice(equals + 1)),
    secure: last('secure') !== null,
    httpOnly: last('httponly') !== null,
    sameSite: last('samesite')?.toLowerCase() ?? null,
    domain: last('domain'),
    path: last('path'),
    maxAge: last('max-age'),
    expires: last('expires'),
  }
}

/** A cookie that is taken away: its time is over when it comes (sections 5.2.1, 5.2.2), or nothing is left in it. */
export function isTakenBack({ value, maxAge, expires }: SetCookie): boolean {
  if (value === '') return true
  if (maxAge !== null && /^-?[0-9]+$/.test(maxAge)) return /^(-|0+$)/.test(maxAge)
  const [, four, two] =
    /(?:^|[^0-9:])(?:([0-9]{4})|[0-9]{1,2}-[A-Za-z]{3}-([0-9]{2}))(?![0-9:])/.exec(expires ?? '') ?? []
  return four !== undefined ? Number(four) < 2000 : two !== undefined && Number(two) >= 70
}

/** Every cookie that an answer sets or takes back, in order. */
export const setCookiesOf = (message: HttpMessage): SetCookie[] =>
  headersOf(message, 'set-cookie').flatMap((line) => parseSetCookie(line) ?? [])
