import type { HttpMessage } from './http-message.ts'

/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case: basic, digest, … */
  scheme: string
  /** Names in lower case, the first occurrence of each. */
  parameters: Record<string, string>
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/

/**
 * The challenges of one header value. Several may share a header, separated by the same commas as their parameters;
 * a word followed by something other than `=` begins a new one. Never throws; what makes no sense is passed over.
 */
export function parseChallenges(value: string): Challenge[] {
  const found: Challenge[] = []
  let rest = value
  while (rest.length > 0) {
    rest = rest.replace(/^[\s,]+/, '')
    const word = TOKEN.exec(rest)?.[0]
    if (word === undefined) {
      rest = rest.slice(1)
      continue
    }
    rest = rest.slice(word.length)
    const current = found.at(-1)
    const given = /^[ \t]*=(?!=*[ \t]*(?:,|$))[ \t]*/.exec(rest)?.[0]
    if (given === undefined || current === undefined) {
      rest = rest.replace(/^=*/, '')
      if (/^([ \t]|$|,)/.test(rest) && !isToken68(current, word))
        found.push({ scheme: word.toLowerCase(), parameters: blank() })
      continue
    }
    rest = rest.slice(given.length)
    const quoted = /^"((?:[^"\\]|\\[^])*)(?:"|$)/.exec(rest)
    const text = quoted ? (quoted[1] ?? '').replace(/\\([^])/g, '$1') : (/^[^,\s]*/.exec(rest)?.[0] ?? '')
    rest = rest.slice(quoted ? quoted[0].length : text.length)
    current.parameters[word.toLowerCase()] ??= text
  }
  return found
}

const blank = (): Record<string, string> => Object.create(null) as Record<string, string>

/** The opaque word after a scheme such as Negotiate is no scheme of its own. */
const isToken68 = (current: Challenge | undefined, word: string): boolean =>
  current !== undefined &&
  /^(negotiate|ntlm|bearer)$/.test(current.scheme) &&
  Object.keys(current.parameters).length === 0 &&
  word.length > 12

/** The challenges of an answer, over all its headers, in order. */
export const challengesOf = (message: HttpMessage): Challenge[] =>
  message.headers.filter(([name]) => name === 'www-authenticate').flatMap(([, value]) => parseChallenges(value))

/** The challenges that ask for a password: a Bearer token (RFC 6750 section 3) is what some other log-in gave. */
export const passwordChallengesOf = (message: HttpMessage): Challenge[] =>
  challengesOf(message).filter(({ scheme }) => scheme !== 'bearer')

/** The nonces that an answer gives out: one may be for several algorithms (RFC 7616 section 3.9.1). */
export const digestNonces = (message: HttpMessage): string[] => [
  ...new Set(
    challengesOf(message).flatMap(({ scheme, parameters }) => (scheme === 'digest' ? [parameters['nonce'] ?? ''] : [])),
  ),
]
