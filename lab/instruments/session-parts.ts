import { createHash } from 'node:crypto'
import { parseMessage } from '../../suites/facts/http-message.ts'
import { isTakenBack, setCookiesOf } from '../../suites/facts/set-cookie.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import { fill, formOf } from '../placeholders.ts'
import type { Credential } from '../probe.ts'
import type { Asked, Header } from './conversation.ts'

/** A pattern of the statement runs over no more than this. */
export const MOST_READ = 65_536
export const MOST_COOKIES = 50
/** A shorter value is no secret, and stands in an answer by chance. */
const SHORTEST_SECRET = 6

/** What a client has of a session at a moment. */
export interface Holding {
  cookies: Map<string, string>
  token: string | null
  /** What new tokens are had by, where it is no cookie. */
  refresh: string | null
}

export const nothing = (): Holding => ({ cookies: new Map(), token: null, refresh: null })
export const copyOf = (held: Holding): Holding => ({ ...held, cookies: new Map(held.cookies) })

/** The request with the cookies and the token. */
export function withHolding(
  asked: Asked,
  session: Session,
  { cookies, token }: Pick<Holding, 'cookies' | 'token'>,
): Asked {
  const cookie: Header[] = cookies.size === 0 ? [] : [['Cookie', [...cookies].map(([n, v]) => `${n}=${v}`).join('; ')]]
  const given = { ...asked, headers: [...(asked.headers ?? []), ...cookie] }
  return token === null || !session.token ? given : withToken(given, session.token, token)
}

function withToken(
  asked: Asked,
  { header, value = '{{token}}', query }: NonNullable<Session['token']>,
  token: string,
): Asked {
  const headers: Header[] = header ? [[header, value.split('{{token}}').join(token)]] : []
  const target = query
    ? `${asked.target}${asked.target.includes('?') ? '&' : '?'}${query}=${encodeURIComponent(token)}`
    : asked.target
  return { ...asked, target, headers: [...(asked.headers ?? []), ...headers] }
}

/** The request that logs in, its placeholders filled. */
export function logInRequest({ logIn }: Session, credential: Credential, page: string | null): Asked {
  const values = { ...formsOf(credential), ...(page === null ? {} : { page }) }
  const target = fill(logIn.target, values, 'target')
  const body = logIn.body === undefined ? null : fill(logIn.body, values, formOf(logIn.contentType))
  return {
    method: logIn.method,
    target: 'text' in target ? target.text : logIn.target,
    headers: logIn.contentType ? [['Content-Type', logIn.contentType]] : [],
    ...(body && 'text' in body ? { body: Buffer.from(body.text, 'utf8') } : {}),
  }
}

/** The request that logs out, or asks for a new token, with what of the log-in stands in its body. */
export function heldRequest(
  { method, target, contentType, body }: NonNullable<Session['refresh'] | Session['logOut']>,
  { token, refresh }: Pick<Holding, 'token' | 'refresh'>,
): Asked {
  const values = { token: token ?? '', refresh: refresh ?? '' }
  const filled = body === undefined ? null : fill(body, values, formOf(contentType))
  return {
    ...{ method, target, headers: contentType ? [['Content-Type', contentType]] : [] },
    ...(filled && 'text' in filled ? { body: Buffer.from(filled.text, 'latin1') } : {}),
  }
}

/** Takes the tokens from an answer, and gives those that came; one that did not come stays as it was. */
export function takeTokens(holding: Holding, { token, refresh }: Session, text: string): string[] {
  const found = {
    token: token ? firstGroup(token.pattern, text) : null,
    refresh: refresh?.pattern === undefined ? null : firstGroup(refresh.pattern, text),
  }
  holding.token = found.token ?? holding.token
  holding.refresh = found.refresh ?? holding.refresh
  return [found.token, found.refresh].filter((s) => s !== null)
}

/** The password in the forms that pages send it in. */
function formsOf({ user, password }: Credential): Record<string, string> {
  const hash = (name: string) => createHash(name).update(password, 'utf8').digest('hex')
  return {
    user,
    password,
    'password-base64': Buffer.from(password, 'utf8').toString('base64'),
    'password-md5': hash('md5'),
    'password-sha-256': hash('sha256'),
  }
}

/** Puts the cookies of an answer into the jar and takes out those that are taken back; all their values. */
export function takeCookies(jar: Map<string, string>, answer: Uint8Array, method: string): string[] {
  const cookies = setCookiesOf(parseMessage(answer, method))
  for (const cookie of cookies) {
    if (isTakenBack(cookie)) jar.delete(cookie.name)
    else if (jar.size < MOST_COOKIES) jar.set(cookie.name, cookie.value)
  }
  return cookies.map(({ value }) => value)
}

/** The statement's lint has compiled the pattern before; one that does not compile finds nothing. */
export function firstGroup(pattern: string, text: string): string | null {
  try {
    return new RegExp(pattern).exec(text)?.[1] ?? null
  } catch {
    return null
  }
}

/** Hides what opens the door in evidence, at the same length. */
export interface Hider {
  bytes(bytes: Buffer): Buffer
  /** Every answer, and the target and headers of the request. */
  exchange(exchange: Exchange): Exchange
}

/**
 * Puts stars in the place of secrets, as they are and percent-encoded, of every cookie that is set, however short, and of
 * what the patterns of the session find.
 */
export function hiderOf(
  secrets: Iterable<string>,
  { page, token, refresh }: Pick<Session, 'page' | 'token' | 'refresh'>,
): Hider {
  const all = [...new Set([...secrets].flatMap((s) => [s, encodeURIComponent(s.toWellFormed())]))]
    .filter((s) => s.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
    .map((s) => Buffer.from(s, 'latin1'))
  const bytes = (given: Buffer): Buffer => {
    const out = Buffer.from(given)
    for (const secret of all)
      for (let i = out.indexOf(secret); i !== -1; i = out.indexOf(secret, i + secret.length))
        out.fill('*', i, i + secret.length)
    return out
  }
  const text = (given: string): string => bytes(Buffer.from(given)).toString()
  const answer = (raw: string): string => {
    const out = hideCookies(bytes(Buffer.from(raw, 'base64')))
    hideTokens(out)
    for (const pattern of [page?.pattern, token?.pattern, refresh?.pattern]) hideGroup(out, pattern)
    return out.toString('base64')
  }
  return {
    bytes,
    exchange: (exchange) => ({
      ...exchange,
      request: {
        ...exchange.request,
        target: text(exchange.request.target),
        headers: exchange.request.headers.map(([n, v]): Header => [
          n,
          n.toLowerCase() === token?.header?.toLowerCase() ? '*'.repeat(v.length) : text(v),
        ]),
      },
      rounds: exchange.rounds.map((r) => ({ ...r, answer: { ...r.answer, raw: answer(r.answer.raw) } })),
    }),
  }
}

/** The value of every Set-Cookie line, folded ones too (RFC 9112 section 5.2); attributes stay. */
function hideCookies(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  for (const found of text.matchAll(/(?:^|\n)set-cookie[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)/gi)) {
    const [whole = '', line = ''] = found
    const [pair = ''] = line.split(';', 1)
    const start = found.index + whole.length - line.length
    for (let i = start + pair.indexOf('=') + 1; pair.includes('=') && i < start + pair.length; i++)
      if (!' \t\r\n'.includes(text.charAt(i))) bytes[i] = 0x2a
  }
  return bytes
}

/** Signed tokens (RFC 7519), also such as the statement does not speak of. */
function hideTokens(bytes: Buffer): void {
  for (const { index, 0: found } of bytes.toString('latin1').matchAll(/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g))
    bytes.fill('*', index, index + found.length)
}

/** What the first group of a pattern finds. */
function hideGroup(bytes: Buffer, pattern: string | undefined): void {
  if (pattern === undefined) return
  try {
    const [, group] = new RegExp(pattern, 'd').exec(bytes.toString('latin1').slice(0, MOST_READ))?.indices ?? []
    if (group) bytes.fill('*', ...group)
  } catch {
    // As with `firstGroup`.
  }
}
