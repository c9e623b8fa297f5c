import { latin1 } from './bytes.ts'

/** One syslog message, read as leniently as devices write. Text is Latin-1, a character for each byte. */
export interface SyslogMessage {
  format: 'rfc5424' | 'rfc3164' | 'none'
  /** Facility times 8 plus severity. */
  pri: number | null
  facility: number | null
  severity: number | null
  /** As the device wrote it: its clock and time zone prove nothing. */
  timestamp: string | null
  host: string | null
  app: string | null
  /** RFC 5424 section 6.3, with brackets and escapes. */
  structuredData: string | null
  message: string
  /** The whole record without the priority. */
  text: string
}

const NIL = '-'
const orNil = (field: string | undefined): string | null =>
  field === undefined || field === NIL || field === '' ? null : field
const VERSION_1 = /^1 (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,128}) (\S{1,64})(?: |$)/
const TIMESTAMP =
  /^\*?[ .]?((?:[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?(?: \d{4})?)|(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?))(?::? |$)/
const TAG = /^([^\s:[\]]{1,48})(?:\[[^\]\s]{0,32}\])?:(?: |$)/
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/** RFC 5424, else RFC 3164 section 4.1 with the habits of senders: ISO dates, no host, tag or priority. Never throws. */
export function parseSyslog(bytes: Uint8Array): SyslogMessage {
  const raw = latin1(bytes).replace(/[\r\n\0]+$/, '')
  const priority = /^<(\d{1,3})>/.exec(raw)
  const text = priority ? raw.slice(priority[0].length) : raw
  const pri = priority && Number(priority[1]) <= 191 ? Number(priority[1]) : null
  const levels = { pri, facility: pri === null ? null : pri >> 3, severity: pri === null ? null : pri & 7 }
  return { ...levels, text, ...(readNew(text) ?? readOld(text, priority !== null)) }
}

type Body = Omit<SyslogMessage, 'pri' | 'facility' | 'severity' | 'text'>

function readNew(text: string): Body | null {
  const header = VERSION_1.exec(text)
  if (!header) return null
  const rest = text.slice(header[0].length)
  const end = structuredDataEnd(rest)
  const message = rest.slice(end).replace(/^ /, '')
  return {
    format: 'rfc5424',
    timestamp: orNil(header[1]),
    host: orNil(header[2]),
    app: orNil(header[3]),
    structuredData: orNil(rest.slice(0, end)),
    message: message.startsWith(BYTE_ORDER_MARK) ? message.slice(BYTE_ORDER_MARK.length) : message,
  }
}

/** The length of the structured data; a closing bracket may be escaped (section 6.3.3). Broken data has none. */
function structuredDataEnd(rest: string): number {
  if (rest === NIL || rest.startsWith(`${NIL} `)) return 1
  let at = 0
  while (rest[at] === '[') {
    let quoted = false
    let i = at + 1
    for (; i < rest.length && (quoted || rest[i] !== ']'); i++) {
      if (rest[i] === '\\' && quoted) i++
      else if (rest[i] === '"') quoted = !quoted
    }
    if (i >= rest.length) return 0
    at = i + 1
  }
  return at
}

function readOld(text: string, hasPriority: boolean): Body {
  const time = TIMESTAMP.exec(text)
  let rest = time ? text.slice(time[0].length).replace(/^ +/, '') : text
  const word = /^(\S{1,255}) +(?=\S)/.exec(rest)
  const hasHost = time !== null && word !== null && !TAG.test(rest) && TAG.test(rest.slice(word[0].length))
  if (hasHost) rest = rest.slice(word[0].length)
  const tag = time || hasPriority ? TAG.exec(rest) : null
  return {
    format: hasPriority || time ? 'rfc3164' : 'none',
    timestamp: time?.[1] ?? null,
    host: hasHost ? (word[1] ?? null) : null,
    app: tag?.[1] ?? null,
    structuredData: null,
    message: tag ? rest.slice(tag[0].length) : rest,
  }
}
