import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Browsed, Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { answerDialog, takeSteps, type Misfit } from './browser-steps.ts'
import { abandon, inTime, isSandboxed, withChromium } from './chromium.ts'
import { authorityOf, type Conversation } from './conversation.ts'
import { carryTraffic, type Traffic } from './page-traffic.ts'

/** Longest time for a whole log-in at a page. */
const LOG_IN_MILLISECONDS = 45_000
/** A page that has asked for nothing for so long waits for nobody; where it has not sent the password yet, longer. */
const QUIET_MILLISECONDS = 250
const UNSENT_MILLISECONDS = 2_500
/** What a page still does after the log-in was answered. */
const SETTLE_MILLISECONDS = 3_000
const CLOSE_MILLISECONDS = 3_000
const PICTURE_MILLISECONDS = 5_000
const LOOK_MILLISECONDS = 50

/** What came of a log-in at a page. */
export interface Entered {
  /** The first page, and the answer to the password, as far as they came. */
  rounds: Exchange['rounds']
  /** The answer to the password as it came, before anything was hidden. */
  text: string
  cookies: [name: string, value: string][]
  userAgent: string | null
  failure: Failure | null
  browser?: Browsed
}

type Recipe = Session & { browser: NonNullable<Session['browser']> }

/**
 * Logs in as a person does, in a browser without a network: every request of the page is made by `client`, which stays
 * within the budgets. Each log-in has a context of its own: a page remembers nothing of the one before.
 */
export async function logInAtPage(
  bench: Bench,
  to: Endpoint,
  session: Recipe,
  credential: Credential,
  client: Conversation,
): Promise<Entered> {
  const entered = await withChromium((browser) => inContext(bench, browser, to, session, credential, client))
  client.close()
  if (!('missing' in entered)) return entered
  bench.lack({ code: 'framework.no-browser', values: { tried: entered.missing } })
  return nothing({ code: 'lab', detail: 'no browser' })
}

const nothing = (failure: Failure): Entered => ({ rounds: [], text: '', cookies: [], userAgent: null, failure })

async function inContext(
  bench: Bench,
  browser: Browser,
  to: Endpoint,
  session: Recipe,
  credential: Credential,
  client: Conversation,
): Promise<Entered> {
  let context: BrowserContext | null = null
  const stop = (): void => client.close()
  bench.signal.addEventListener('abort', stop, { once: true })
  try {
    context = await browser.newContext({
      serviceWorkers: 'block',
      acceptDownloads: false,
      viewport: { width: 1280, height: 800 },
    })
    return await atPage(bench, context, browser.version(), to, session, credential, client)
  } catch {
    return nothing({ code: 'lab', detail: 'the browser ended' })
  } finally {
    bench.signal.removeEventListener('abort', stop)
    const closed =
      context === null ||
      (await inTime(
        context.close().then(() => true),
        CLOSE_MILLISECONDS,
      ))
    if (closed !== true) await abandon(browser)
  }
}

async function atPage(
  bench: Bench,
  context: BrowserContext,
  version: string,
  to: Endpoint,
  session: Recipe,
  credential: Credential,
  client: Conversation,
): Promise<Entered> {
  const origin = originOf(to)
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  const { userAgent } = (await cdp.send('Browser.getVersion')) as { userAgent: string }
  // Some pages turn away what does not call itself a usual browser.
  await cdp.send('Network.setUserAgentOverride', { userAgent: userAgent.replace('HeadlessChrome', 'Chrome') })
  const traffic = await carryTraffic(cdp, origin, client, session.logIn)
  let dialogs = 0
  page.on('dialog', (dialog) => {
    dialogs++
    answerDialog(dialog)
  })
  page.on('download', (download) => {
    traffic.refuse(download.url(), 'download')
    void download.cancel().catch(() => undefined)
  })
  context.on('page', (other) => {
    if (other === page) return
    traffic.refuse(other.url(), 'window')
    void other.close().catch(() => undefined)
  })
  const end = performance.now() + LOG_IN_MILLISECONDS
  const left = (): number => (bench.signal.aborted ? 0 : end - performance.now())
  const done = await inTime(logIn(page, origin, session, credential, traffic, left), LOG_IN_MILLISECONDS)
  const cookies = (await inTime(context.cookies(), CLOSE_MILLISECONDS)) ?? []
  await keepPicture(bench, page, credential)
  traffic.stop()
  const { page: first, logIn: said } = traffic
  return {
    rounds: [...(first ? lastRound(first) : []), ...(said ? lastRound(said.exchange) : [])],
    text: said?.text ?? '',
    cookies: cookies.map((c) => [c.name, c.value]),
    userAgent: traffic.userAgent,
    failure: said ? said.exchange.failure : (traffic.failure ?? unsent(done)),
    browser: { name: `Chromium ${version}`, sandbox: isSandboxed(), ...redacted(bench, traffic.facts), dialogs },
  }
}

/** The steps, then as long as the page still works at the log-in. */
async function logIn(
  page: Page,
  origin: string,
  { browser }: Recipe,
  { user, password }: Credential,
  traffic: Traffic,
  left: () => number,
): Promise<{ misfit: Misfit | null }> {
  const misfit = await takeSteps(page, origin, browser.logIn, { user, password }, { left, quiet: traffic.quiet })
  const settled = performance.now() + SETTLE_MILLISECONDS
  const isBusy = (): boolean =>
    traffic.logIn
      ? traffic.quiet() < QUIET_MILLISECONDS && performance.now() < settled
      : traffic.quiet() < (misfit ? QUIET_MILLISECONDS : UNSENT_MILLISECONDS)
  while (left() > 0 && isBusy()) await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS))
  return { misfit }
}

const unsent = (done: { misfit: Misfit | null } | null): Failure => ({
  code: 'lab',
  detail:
    done === null
      ? 'the page did not come to an end in time'
      : done.misfit === null
        ? 'the page did not send the log-in that the statement names'
        : `the page is not as the statement says: step ${done.misfit.step}, ${done.misfit.what}: ${done.misfit.why}`,
})

const lastRound = ({ rounds }: Exchange): Exchange['rounds'] => rounds.slice(-1).filter((r) => r.answer.length > 0)

/** Whatever a page wants by name may hold a secret that it was given. */
const redacted = (bench: Bench, facts: Traffic['facts']): Traffic['facts'] => ({
  ...facts,
  refused: facts.refused.map(({ what, why }) => ({
    what: Buffer.from(bench.redact(Buffer.from(what, 'utf8'))).toString('utf8'),
    why,
  })),
})

const originOf = (to: Endpoint): string => new URL(`${to.tls ? 'https' : 'http'}://${authorityOf(to)}/`).origin

/** The page after the log-in, its password fields covered; none where a secret of the lab stands on it. */
async function keepPicture(bench: Bench, page: Page, { secret, published }: Credential): Promise<void> {
  const name = `page after the log-in with ${published ? 'a published password' : secret}`
  if (!bench.wantsPicture(name)) return
  const isBare = await inTime(showsSecret(bench, page), PICTURE_MILLISECONDS).catch(() => null)
  if (isBare !== false) return
  const mask = page.frames().map((f) => f.locator('input[type=password]'))
  const picture = await page
    .screenshot({ mask, timeout: PICTURE_MILLISECONDS, animations: 'disabled' })
    .catch(() => null)
  if (picture)
    bench.attach(await bench.store(picture, { name: `${name}.png`, mediaType: 'image/png', disclosure: 'lab' }))
}

async function showsSecret(bench: Bench, page: Page): Promise<boolean> {
  for (const frame of page.frames()) {
    const text = await frame.evaluate(VISIBLE_TEXT)
    const bytes = Buffer.from(String(text), 'utf8')
    if (!Buffer.from(bench.redact(bytes)).equals(bytes)) return true
  }
  return false
}

/** Runs in the page. */
const VISIBLE_TEXT = `(() => [document.body ? document.body.innerText : '',
  ...[...document.querySelectorAll('input:not([type=password]),textarea')].map((e) => e.value)].join('\\n').slice(0, 1000000))()`
