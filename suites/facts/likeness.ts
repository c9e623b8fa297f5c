import { latin1 } from './bytes.ts'
import type { HttpMessage } from './http-message.ts'
import { deniesInBody, refusesInBody } from './json-result.ts'
import { parseSdp } from './sdp.ts'

export type Likeness = 'granted' | 'refused' | 'unclear'

/** Thousandths of likeness. */
const ALIKE = 700
const APART = 200
const UNLIKE = 300
const MOST_SHINGLES = 4096

/** The kind of picture a body begins as (JPEG, PNG, GIF); null where it begins as none. */
export function pictureOf(body: Uint8Array): 'jpeg' | 'png' | 'gif' | null {
  if (body[0] === 0xff && body[1] === 0xd8 && body[2] === 0xff) return 'jpeg'
  const start = latin1(body.subarray(0, 8))
  if (start === '\x89PNG\r\n\x1a\n') return 'png'
  return start.startsWith('GIF8') ? 'gif' : null
}

/**
 * Pairs of neighbouring words; what differs from one answer to the next although it says the same (numbers, nonces,
 * times) is one word.
 */
function shinglesOf(text: string): Set<string> {
  const words = (text.toLowerCase().match(/[a-z0-9_\x80-\xff]+/g) ?? []).map((w) => (/[0-9]/.test(w) ? '#' : w))
  const shingles = new Set<string>()
  for (let i = 0; i < words.length && shingles.size < MOST_SHINGLES; i++)
    shingles.add(`${words[i] ?? ''} ${words[i + 1] ?? ''}`)
  return shingles
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

/** How much alike two bodies are, in thousandths: pictures by their kind, session descriptions as such, text by its words. */
export function similarity(a: Uint8Array, b: Uint8Array): number {
  if (isSame(a, b)) return 1000
  if (a.length === 0 || b.length === 0) return 0
  const picture = pictureOf(a)
  if (picture !== null || pictureOf(b) !== null) return picture === pictureOf(b) ? 1000 : 0
  if (parseSdp(a) !== null || parseSdp(b) !== null) return parseSdp(a) !== null && parseSdp(b) !== null ? 1000 : 0
  const [x, y] = [shinglesOf(latin1(a)), shinglesOf(latin1(b))]
  let shared = 0
  for (const shingle of x) if (y.has(shingle)) shared++
  const union = x.size + y.size - shared
  return union === 0 ? 0 : Math.floor((shared * 1000) / union)
}

const isChallenge = (m: HttpMessage): boolean =>
  m.status === 401 || m.headers.some(([name]) => name === 'www-authenticate')
/** Answers that say no, whatever they hold: RFC 9110 section 15.5, RFC 6585 section 4, RFC 4918 section 11.3. */
export const saysNo = (m: HttpMessage): boolean => [401, 403, 404, 407, 423, 429, 454, 503].includes(m.status)

/** Whether an answer can stand for a log-in that worked. */
export const looksGranted = (m: HttpMessage | null): m is HttpMessage =>
  m !== null && m.status >= 200 && m.status < 300 && !isChallenge(m) && !refusesInBody(m.body)

/**
 * Judges the answer to a log-in by its content, beside one known to be granted and one known to be refused: status
 * codes lie in both directions. Where good and bad do not differ in content, status and challenge decide together.
 * Without a good answer nothing is called granted.
 */
export function alike(answer: HttpMessage | null, good: HttpMessage | null, bad: HttpMessage | null): Likeness {
  if (answer === null) return 'unclear'
  const toGood = looksGranted(good) ? similarity(answer.body, good.body) : null
  const toBad = bad === null ? null : similarity(answer.body, bad.body)
  if (toGood === null || good === null)
    return toBad !== null && toBad >= ALIKE && answer.status === bad?.status ? 'refused' : 'unclear'
  if (toBad === null || bad === null) {
    if (toGood >= ALIKE && answer.status === good.status) return 'granted'
    return toGood < UNLIKE && saysNo(answer) ? 'refused' : 'unclear'
  }
  const denies = deniesInBody(answer.body, good.body)
  if (similarity(good.body, bad.body) >= ALIKE) {
    // Bare codes look alike: the good answer says yes in its code and the bad one does not.
    if (deniesInBody(bad.body, good.body)) return denies ? 'refused' : toGood >= ALIKE ? 'granted' : 'unclear'
    const is = (m: HttpMessage): boolean => m.status === answer.status && isChallenge(m) === isChallenge(answer)
    return is(good) === is(bad) ? 'unclear' : is(good) ? 'granted' : 'refused'
  }
  if (toGood >= ALIKE && toGood - toBad >= APART) return 'granted'
  if (toBad >= ALIKE && toBad - toGood >= APART) return 'refused'
  return toGood < UNLIKE && (saysNo(answer) || denies) ? 'refused' : 'unclear'
}
