import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import { isInSession } from '../../suites/observations/log-ins.ts'
import type { BrowserStep, Session } from '../../suites/statement.ts'
import { chunksOf } from '../body.ts'
import type { Bench, Body, Credential, Endpoint } from '../probe.ts'
import { enterAt, lastRound, misfitText, type Recipe } from './browser.ts'
import { takeSteps, type Misfit } from './browser-steps.ts'
import { inTime } from './chromium.ts'
import type { Conversation, Header } from './conversation.ts'
import { pageClient } from './http.ts'
import { keepPicture, settle, shownOn, withPage, type OpenPage } from './page.ts'
import { pathOf, type Named } from './page-request.ts'
import { firstGroup, hiderOf, logInRequest, nothing, takeCookies, withHolding, type Holding } from './session-parts.ts'
import { unsent } from './web-session.ts'

/** Longest time for all that is done at a page, log-in included; with a package, and for one answer then. */
const ACTION_MILLISECONDS = 75_000
const UPLOAD_MILLISECONDS = 300_000
const PACKAGE_MILLISECONDS = 120_000
const ANSWER_MILLISECONDS = 15_000
const LOG_OUT_MILLISECONDS = 3_000
/** A shorter cookie may be a word that stands on the page by chance. */
const SHORTEST_TOKEN = 16

/** What shall be done at a page. */
export interface Doing {
  /** Method and target as the statement has them: for evidence, without any value. */
  declared: { method: string; target: string }
  steps: readonly BrowserStep[]
  values: Record<string, string>
  /** The request in which the page sends it, placeholders filled. */
  named: Named
  credential: Credential | null
  /** The package, its file name, and where the challenge for it can be learnt (`Asked.learnFrom`). */
  upload: { body: Body; name: string; learnFrom: string | null } | null
  /** Something is only looked at: a device that does not answer is no fault of the lab. */
  isReading: boolean
}

/** How somebody is logged in at a page: by its own steps, with the cookies of a form, or by the client itself. */
type Way = { is: 'browser'; session: Recipe } | { is: 'form'; session: Session } | { is: 'client' } | { is: 'nobody' }

function wayOf({ session }: Endpoint, { credential, named }: Doing): Way {
  if (!credential) return { is: 'nobody' }
  if (!session || !isInSession(session, named.target)) return { is: 'client' }
  const { browser } = session
  return browser ? { is: 'browser', session: { ...session, browser } } : { is: 'form', session }
}

/**
 * Does something at a page as a person would, logged in where a credential is given, and out again. The exchange is the
 * last one in which the page made the named request; where it made none, or the page could not be used to the end, nothing
 * was done that can be relied on: a fault of the lab.
 */
export async function doAtPage(bench: Bench, to: Endpoint, doing: Doing): Promise<Exchange> {
  const at = bench.now()
  const client = pageClient(bench, to, { milliseconds: ANSWER_MILLISECONDS })
  const whole = doing.upload ? UPLOAD_MILLISECONDS : ACTION_MILLISECONDS
  const inPage = (file: string | null) =>
    withPage(bench, to, client, whole, (open) => atPage(bench, open, client, to, doing, file))
  const opened = await (doing.upload ? withFile(doing.upload, inPage) : inPage(null))
  const exchange = 'value' in opened ? opened.value : { ...unsent(bench, doing.declared), failure: opened.failure }
  return { ...exchange, at, elapsed: bench.now() - at }
}

async function atPage(
  bench: Bench,
  open: OpenPage,
  client: Conversation,
  to: Endpoint,
  doing: Doing,
  file: string | null,
): Promise<Exchange> {
  const way = wayOf(to, doing)
  const { traffic } = open
  const secrets = new Set<string>()
  const entered = await enter(open, client, way, doing, secrets)
  const logIns = way.is === 'form' ? 1 : traffic.sent
  const failure = entered.failure ? notIn(entered.failure, doing) : await doSteps(open, doing, file)
  const cookies = await open.cookies()
  for (const [, value] of cookies) secrets.add(value)
  const hider = hiderOf(secrets, 'session' in way ? way.session : {})
  const long = hiderOf(
    [...secrets].filter((s) => s.length >= SHORTEST_TOKEN),
    {},
  )
  const shown = await shownOn(bench, open.page, long.bytes)
  await keepPicture(bench, open.page, `page after ${nameOf(doing)}`)
  const said = entered.failure === null ? traffic.said : null
  const sent = entered.failure === null ? traffic.sent : 0
  await logOut(open, client, way, { cookies: new Map(cookies), token: entered.token })
  const exchange = said?.exchange ?? { ...unsent(bench, doing.declared), failure }
  const hidden = hider.exchange({ ...exchange, rounds: [...entered.rounds, ...exchange.rounds] })
  const { accepted } = open.dialogs
  return {
    ...hidden,
    request: requestOf(hidden.request, doing, way),
    failure: failure ?? exchange.failure,
    browser: { ...open.browsed(), logIns, sent, accepted, shown },
  }
}

/** Whoever is not let in has sent nothing: no silence of the device is an answer to what should have been done. */
const notIn = ({ code, detail }: Failure, { isReading }: Doing): Failure => ({
  code: isReading ? code : 'lab',
  detail: `log-in: ${detail}${isReading || code === 'lab' ? '' : ` (${code})`}`,
})

interface Entry {
  rounds: Exchange['rounds']
  token: string | null
  failure: Failure | null
}

/** Logs in, and sees to it that the page's requests go out as those of who is logged in. */
async function enter(
  open: OpenPage,
  client: Conversation,
  way: Way,
  { credential, upload }: Doing,
  secrets: Set<string>,
): Promise<Entry> {
  const { traffic } = open
  if (way.is === 'nobody' || credential === null) return { rounds: [], token: null, failure: null }
  if (way.is === 'client') {
    const learns = upload ? { learnFrom: upload.learnFrom } : {}
    traffic.attach = (asked) => ({
      ...asked,
      credential,
      ...(asked.body && !(asked.body instanceof Uint8Array) ? learns : {}),
    })
    return { rounds: [], token: null, failure: null }
  }
  if (way.is === 'form') return await enterByForm(open, client, way.session, credential, secrets)
  const failure = await enterAt(open, way.session, credential)
  const token = tokenIn(way.session, traffic.said?.text ?? '', secrets)
  return { rounds: traffic.said ? lastRound(traffic.said.exchange) : [], token, failure }
}

function tokenIn({ token: declared }: Session, text: string, secrets: Set<string>): string | null {
  const token = declared ? firstGroup(declared.pattern, text) : null
  if (token !== null) secrets.add(token)
  return token
}

/** Logs in by the form of the statement, and gives the browser the cookies of it. */
async function enterByForm(
  { traffic, context, origin }: OpenPage,
  client: Conversation,
  session: Session,
  credential: Credential,
  secrets: Set<string>,
): Promise<Entry> {
  const holding: Holding = nothing()
  const ask = async (asked: Parameters<Conversation['send']>[0]) => {
    let text = ''
    const exchange = await client.send(withHolding(asked, session, holding), (bytes) => {
      text = Buffer.from(bytes.subarray(0, 65_536)).toString('latin1')
      for (const value of takeCookies(holding.cookies, bytes, asked.method)) secrets.add(value)
    })
    return { exchange, text }
  }
  let page: string | null = null
  if (session.page) {
    const { exchange, text } = await ask({ method: 'GET', target: session.page.target })
    page = firstGroup(session.page.pattern, text)
    const lab: Failure = { code: 'lab', detail: 'the page before it does not hold what the statement says' }
    if (page === null) return { rounds: [], token: null, failure: exchange.failure ?? lab }
    secrets.add(page)
  }
  const { exchange, text } = await ask(logInRequest(session, credential, page))
  const token = tokenIn(session, text, secrets)
  traffic.attach = (asked) => withHolding(asked, session, { cookies: new Map(), token })
  await context.addCookies([...holding.cookies].map(([name, value]) => ({ name, value, url: `${origin}/` })))
  return { rounds: lastRound(exchange), token, failure: exchange.failure }
}

/** Takes the steps; null where the page made the named request and all was done that had to be. */
async function doSteps(open: OpenPage, doing: Doing, file: string | null): Promise<Failure | null> {
  const { steps, values, named, upload, isReading } = doing
  const { traffic, left, dialogs } = open
  traffic.watch(named)
  traffic.file = upload?.body ?? null
  // What a page sends before anything was given to it is not what it is given.
  const first = isReading ? 0 : beginOf(steps)
  const patience = { left, quiet: traffic.quiet, ...(upload ? { step: PACKAGE_MILLISECONDS } : {}) }
  const run = async (): Promise<{ misfit: Misfit | null }> => {
    const misfit = await takeSteps(open.page, open.origin, steps, values, patience, {
      ...(file === null ? {} : { file }),
      before(i, step) {
        if (i === first) traffic.watch(named)
        if (step.expect === undefined) dialogs.accepts = step.click?.accept === true
      },
    })
    await settle(open, misfit)
    return { misfit }
  }
  const done = await inTime(run(), left())
  const lab = (detail: string): Failure => ({ code: 'lab', detail })
  const cause = traffic.failure === null ? '' : ` (${traffic.failure.code})`
  if (done === null) return lab(`the page did not come to an end in time${cause}`)
  const { misfit } = done
  // A page that shows something else than expected may say that the device refused.
  const isLeft = misfit !== null && (isReading || steps.slice(misfit.step - 1).some((s) => s.expect === undefined))
  if (traffic.said && !isLeft) return null
  if (isReading && traffic.failure) return traffic.failure
  if (misfit) return lab(`${misfitText(misfit)}${cause}`)
  return lab(`step ${steps.length}: the page did not send ${nameOf(doing)}${cause}`)
}

const nameOf = ({ declared: { method, target } }: Doing): string => `${method} ${pathOf(target)}`

/** The first step that gives the page something, or else the first click. */
function beginOf(steps: readonly BrowserStep[]): number {
  const gives = steps.findIndex((s) => s.fill ?? s.select ?? s.upload)
  return Math.max(0, gives === -1 ? steps.findIndex((s) => s.click) : gives)
}

/** Many devices keep few sessions. */
async function logOut({ traffic }: OpenPage, client: Conversation, way: Way, holding: Holding): Promise<void> {
  const over = await inTime(
    traffic.stop().then(() => true),
    LOG_OUT_MILLISECONDS,
  )
  if (!('session' in way) || !way.session.logOut || over !== true) return
  if (holding.cookies.size === 0 && holding.token === null) return
  await client.send(withHolding({ ...way.session.logOut, milliseconds: LOG_OUT_MILLISECONDS }, way.session, holding))
}

/** Headers in which no page hides a token of its own. */
const OPEN_HEADERS =
  /^(host|user-agent|accept|accept-[a-z]+|connection|content-(type|length)|origin|referer|sec-[a-z-]+|cache-control|pragma|expect|x-requested-with)$/i

/** The request as evidence: values that the page made up itself may open the door, and are hidden. */
function requestOf(request: Exchange['request'], { credential, named }: Doing, way: Way): Exchange['request'] {
  const known = new URLSearchParams(named.target.includes('?') ? named.target.slice(named.target.indexOf('?') + 1) : '')
  const target = request.target.replace(
    /([?&])([^=&#]*)=([^&#]*)/g,
    (all, mark: string, name: string, value: string) =>
      known.has(name) ? all : `${mark}${name}=${'*'.repeat(value.length)}`,
  )
  return {
    ...request,
    target,
    headers: request.headers.map(([n, v]): Header => [n, OPEN_HEADERS.test(n) ? v : '*'.repeat(v.length)]),
    credential: credential && {
      user: credential.user,
      secret: credential.secret,
      published: credential.published,
    },
    scheme: way.is === 'browser' || way.is === 'form' ? way.is : request.scheme,
  }
}

/** The package as a file for the browser, which asks for its name, size and content. */
async function withFile<T>(
  { body, name }: NonNullable<Doing['upload']>,
  use: (file: string) => Promise<T>,
): Promise<T | { failure: Failure }> {
  const directory = await mkdtemp(join(tmpdir(), 'camseal-page-')).catch(() => null)
  const lab: Failure = { code: 'lab', detail: 'no room for a copy of the package' }
  if (directory === null) return { failure: lab }
  try {
    const path = join(directory, basename(name))
    const isWritten = await pipeline(chunksOf(body), createWriteStream(path, { flags: 'wx', mode: 0o600 })).then(
      () => true,
      () => false,
    )
    return isWritten ? await use(path) : { failure: lab }
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined)
  }
}
