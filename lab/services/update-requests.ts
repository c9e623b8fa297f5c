import type { IncomingHttpHeaders } from 'node:http'

/** Values that say nothing of whom the device is to its maker. */
const HARMLESS = new Set([
  'host',
  'user-agent',
  'accept',
  'accept-encoding',
  'accept-ranges',
  'connection',
  'range',
  'if-range',
  'if-none-match',
  'if-modified-since',
  'content-type',
  'content-length',
  'cache-control',
  'te',
])
const SECRET = /auth|cred|hash|hmac|key|pass|pwd|secret|sess|sig|sid|token/i
const MOST_HEADERS = 32
const MOST_VALUE = 256
const MOST_TARGET = 1_024

const hidden = (value: string): string => '*'.repeat(value.length)
/** What a device sends need not be text. */
const printable = (value: string): string => value.replace(/[^\x20-\x7e]/g, '?')

/** Headers as evidence: those that are not well known keep their name and their length. */
export function shownHeaders(raw: readonly string[]): [string, string][] {
  const shown: [string, string][] = []
  for (let i = 0; i + 1 < raw.length && shown.length < MOST_HEADERS; i += 2) {
    const name = printable(raw[i] ?? '').slice(0, 64) || '?'
    const value = printable(raw[i + 1] ?? '').slice(0, MOST_VALUE)
    shown.push([name, HARMLESS.has(name.toLowerCase()) ? value : hidden(value)])
  }
  return shown
}

/** A target as evidence: members of its query that sound secret keep their name and their length. */
export function shownTarget(target: string): string {
  const [path = '', ...query] = printable(target).slice(0, MOST_TARGET).split('?')
  const members = query
    .join('?')
    .split('&')
    .map((m) =>
      m.replace(/^([^=]*=)(.*)$/, (all, name: string, value: string) =>
        SECRET.test(name) ? name + hidden(value) : all,
      ),
    )
  return query.length > 0 ? `${path}?${members.join('&')}` : path
}

/** What is answered with: the whole, one range of it, that it is the same as before, or that there is no such range. */
export function conditionOf(
  headers: IncomingHttpHeaders,
  size: number,
  tag: string,
): { status: 200 | 206 | 304 | 416; from: number; to: number } {
  if (headers['if-none-match']?.split(',').some((t) => t.trim().replace(/^W\//, '') === tag))
    return { status: 304, from: 0, to: 0 }
  const whole = { status: 200 as const, from: 0, to: size }
  const ifRange = headers['if-range']
  const range = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range?.trim() ?? '')
  if (!range || (ifRange !== undefined && String(ifRange).trim() !== tag)) return whole
  const [, first = '', last = ''] = range
  if (first === '' && last === '') return whole
  if (first !== '' && last !== '' && Number(last) < Number(first)) return whole
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  return from < to ? { status: 206, from, to } : { status: 416, from: 0, to: 0 }
}

type Range = readonly [from: number, to: number]

/** Which bytes of a file the device has. */
export interface Cover {
  /** An answer ended: whole, or broken off after so much had gone out. */
  ended(from: number, to: number, complete: boolean): void
  /** It asks to go on from there: what went out before that place has arrived. */
  resumed(at: number): void
  /** How many, with those of answers that are under way. */
  bytes(more?: readonly Range[]): number
}

const MOST_RANGES = 1_024

export function makeCover(): Cover {
  let ranges: Range[] = []
  let broken: Range[] = []
  /** A new connection may come before the old one is known to have ended. */
  let places: number[] = []
  const merged = (all: readonly Range[]): Range[] => {
    const out: [number, number][] = []
    for (const [from, to] of [...all].sort((a, b) => a[0] - b[0])) {
      const last = out.at(-1)
      if (last && from <= last[1]) last[1] = Math.max(last[1], to)
      else if (to > from) out.push([from, to])
    }
    return out
  }
  const add = (range: Range): void => {
    ranges = merged([...ranges, range]).slice(0, MOST_RANGES)
  }
  return {
    ended(from, to, complete) {
      if (complete) add([from, to])
      else {
        broken = [...broken, [from, to] as const].slice(-MOST_RANGES)
        for (const at of places) if (from < at && at <= to) add([from, at])
      }
    },
    resumed(at) {
      places = [...places, at].slice(-MOST_RANGES)
      const before = broken.filter(([from, to]) => from < at && at <= to)
      for (const [from] of before) add([from, at])
    },
    bytes: (more = []) => merged([...ranges, ...more]).reduce((sum, [from, to]) => sum + to - from, 0),
  }
}
