import { createHash } from 'node:crypto'
import { latin1 } from '../../suites/facts/bytes.ts'
import { parseMessage } from '../../suites/facts/http-message.ts'
import type { Browsed, Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import { fill, formOf } from '../placeholders.ts'
import type { Bench, Credential } from '../probe.ts'
import type { Entered } from './browser.ts'
import type { Asked, Header } from './conversation.ts'

/** Longest time for a log-out; what becomes of it says nothing. */
const LOG_OUT_MILLISECONDS = 3_000
/** A pattern of the statement runs over no more than this. */
const MOST_READ = 65_536
const MOST_COOKIES = 50
/** A shorter value is no secret, and stands in an answer by chance. */
const SHORTEST_SECRET = 6

/** Sends one request without a credential; `heard` is given each answer as it came, before anything is hidden. */
type Send = (asked: Asked, heard: (answer: Uint8Array) => void) => Promise<Exchange>

/**
 * One request in a session of its own: the page where one is declared, the log-in, the request with what the log-in gave,
 * and out again. The request is made also where the log-in gave nothing: only its answer shows who was let in. Cookies and
 * tokens are hidden in the evidence. `enter` logs in at the page itself, where the statement says how.
 */
export async function inSession(
  bench: Bench,
  session: Session,
  asked: Asked & { credential: Credential },
  send: Send,
  enter: (() => Promise<Entered>) | null,
): Promise<Exchange> {
  const at = bench.now()
  const { credential, ...request } = asked
  const jar = new Map<string, string>()
  const secrets = new Set<string>()
  const rounds: Exchange['rounds'] = []
  let browser: Browsed | null = null
  let userAgent: Header[] = []
  const times = request.milliseconds === undefined ? {} : { milliseconds: request.milliseconds }

  const step = async (one: Asked): Promise<{ exchange: Exchange; text: string }> => {
    let text = ''
    const cookie: Header[] = jar.size === 0 ? [] : [['Cookie', [...jar].map(([n, v]) => `${n}=${v}`).join('; ')]]
    const exchange = await send({ ...one, headers: [...userAgent, ...(one.headers ?? []), ...cookie] }, (bytes) => {
      text = latin1(bytes.subarray(0, MOST_READ))
      for (const [name, value] of cookiesOf(bytes, one.method)) {
        if (value === '') jar.delete(name)
        else if (jar.size < MOST_COOKIES) jar.set(name, value)
        secrets.add(value)
      }
    })
    rounds.push(...exchange.rounds.filter((r) => r.answer.length > 0))
    return { exchange, text }
  }
  const shown = (last: Exchange, failure: Failure | null): Exchange => {
    const hide = hider([...secrets])
    return {
      ...last,
      at,
      elapsed: bench.now() - at,
      request: {
        ...last.request,
        method: asked.method,
        target: failure === null ? hide(Buffer.from(last.request.target)).toString() : asked.target,
        headers: last.request.headers.map(([n, v]): Header => [n, hide(Buffer.from(v)).toString()]),
        bodyBytes: asked.body?.length ?? 0,
        credential: { user: credential.user, secret: credential.secret, published: credential.published },
        scheme: enter ? 'browser' : 'form',
      },
      rounds: rounds.map((r) => ({
        ...r,
        answer: { ...r.answer, raw: hide(Buffer.from(r.answer.raw, 'base64')).toString('base64') },
      })),
      failure,
      ...(browser ? { browser } : {}),
    }
  }
  const proceed = async (text: string): Promise<Exchange> => {
    const given = session.token ? firstGroup(session.token.pattern, text) : null
    if (given !== null) secrets.add(given)
    const withGiven = (one: Asked): Asked =>
      given === null || !session.token ? one : withToken(one, session.token, given)
    const last = await step(withGiven(request))
    if (session.logOut && last.exchange.failure === null && (given !== null || jar.size > 0)) {
      const kept = rounds.length
      await step(withGiven({ ...session.logOut, milliseconds: LOG_OUT_MILLISECONDS }))
      rounds.length = kept
    }
    return shown(last.exchange, last.exchange.failure)
  }

  if (enter) {
    const entered = await enter()
    rounds.push(...entered.rounds)
    for (const [name, value] of entered.cookies.slice(0, MOST_COOKIES)) jar.set(name, value)
    for (const [, value] of entered.cookies) secrets.add(value)
    if (entered.userAgent !== null) userAgent = [['User-Agent', entered.userAgent]]
    browser = entered.browser ?? null
    return entered.failure ? shown(unsent(bench, request), entered.failure) : await proceed(entered.text)
  }
  const values: Record<string, string> = formsOf(credential)
  if (session.page) {
    const { exchange, text } = await step({ method: 'GET', target: session.page.target, ...times })
    if (exchange.failure) return shown(exchange, exchange.failure)
    const found = firstGroup(session.page.pattern, text)
    if (found === null)
      return shown(exchange, {
        code: 'lab',
        detail: 'the page before the log-in does not hold what the statement says',
      })
    values['page'] = found
    secrets.add(found)
  }
  const { logIn } = session
  const target = fill(logIn.target, values, 'target')
  const body = logIn.body === undefined ? null : fill(logIn.body, values, formOf(logIn.contentType))
  const entered = await step({
    method: logIn.method,
    target: 'text' in target ? target.text : logIn.target,
    headers: logIn.contentType ? [['Content-Type', logIn.contentType]] : [],
    ...(body && 'text' in body ? { body: Buffer.from(body.text, 'utf8') } : {}),
    ...times,
  })
  if (entered.exchange.failure) return shown(entered.exchange, entered.exchange.failure)
  return await proceed(entered.text)
}

/** The request that could not be made. */
const unsent = (bench: Bench, { method, target, body }: Asked): Exchange => ({
  at: bench.now(),
  elapsed: 0,
  connection: 0,
  sourceAddress: bench.sources('ipv4')[0] ?? bench.sources('ipv6')[0] ?? 'unknown',
  request: { method, target, headers: [], bodyBytes: body?.length ?? 0, credential: null, scheme: 'none' },
  rounds: [],
  failure: null,
})

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

/** RFC 6265 section 5.2; a cookie that is taken back has no value here. */
function cookiesOf(answer: Uint8Array, method: string): [name: string, value: string][] {
  return parseMessage(answer, method).headers.flatMap(([name, line]): [string, string][] => {
    if (name !== 'set-cookie') return []
    const [pair = '', ...attributes] = line.split(';')
    const equals = pair.indexOf('=')
    if (equals < 1) return []
    const isGone = attributes.some((a) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(a))
    return [[pair.slice(0, equals).trim(), isGone ? '' : pair.slice(equals + 1).trim()]]
  })
}

/** Puts stars in the place of secrets, as they are and percent-encoded; the length stays. */
function hider(secrets: readonly string[]): (bytes: Buffer) => Buffer {
  const all = [...new Set(secrets.flatMap((s) => [s, encodeURIComponent(s.toWellFormed())]))]
    .filter((s) => s.length >= SHORTEST_SECRET)
    .map((s) => Buffer.from(s, 'latin1'))
  return (bytes) => {
    const out = Buffer.from(bytes)
    for (const secret of all)
      for (let i = out.indexOf(secret); i !== -1; i = out.indexOf(secret, i + secret.length))
        out.fill('*', i, i + secret.length)
    return out
  }
}

/** The statement's lint has compiled the pattern before; one that does not compile finds nothing. */
function firstGroup(pattern: string, text: string): string | null {
  try {
    return new RegExp(pattern).exec(text)?.[1] ?? null
  } catch {
    return null
  }
}
