import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { BrowserStep } from '../../suites/statement.ts'
import { chunksOf } from '../body.ts'
import type { Bench, Body, Credential, Endpoint } from '../probe.ts'
import { misfitText } from './browser.ts'
import { takeSteps, type Misfit } from './browser-steps.ts'
import { inTime } from './chromium.ts'
import type { Conversation, Header } from './conversation.ts'
import { pageClient } from './http.ts'
import { keepPicture, settle, shownOn, untilQuiet, withPage, type OpenPage } from './page.ts'
import { enter, logOut, wayOf, type Way } from './page-entry.ts'
import { BARE_FILES, pathOf, type Named } from './page-request.ts'
import { hiderOf } from './session-parts.ts'
import { unsent } from './web-session.ts'

/** Longest time for all that is done at a page, log-in included; with a package, and for one answer then. */
const ACTION_MILLISECONDS = 75_000
const UPLOAD_MILLISECONDS = 300_000
const PACKAGE_MILLISECONDS = 120_000
const ANSWER_MILLISECONDS = 15_000
/** A script may compute for a while before it sends anything. */
const UNSENT_MILLISECONDS = 5_000
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
  const way = wayOf(to, doing.named.target, doing.credential)
  const { traffic } = open
  const secrets = new Set<string>()
  if (file !== null) await open.page.addInitScript(BARE_FILES)
  const entered = await enter(open, client, way, doing.credential, doing.upload?.learnFrom ?? null, secrets)
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
      async before(i, step) {
        if (i === first) await untilQuiet(open)
        if (i === first) traffic.watch(named)
        if (step.expect === undefined) dialogs.accepts = step.click?.accept === true
      },
    })
    await settle(open, misfit, UNSENT_MILLISECONDS)
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
