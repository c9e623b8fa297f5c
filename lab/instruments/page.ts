import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Answer, Browsed, Failure } from '../../suites/observations/exchange.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { answerDialog, type Misfit } from './browser-steps.ts'
import { abandon, inTime, isSandboxed, withChromium } from './chromium.ts'
import { authorityOf, type Conversation } from './conversation.ts'
import { carryTraffic, type Traffic } from './page-traffic.ts'

/** A page that has asked for nothing for so long waits for nobody; where it has not sent yet what it shall, longer. */
const QUIET_MILLISECONDS = 250
const UNSENT_MILLISECONDS = 2_500
/** What a page still does after it was answered. */
const SETTLE_MILLISECONDS = 3_000
const CLOSE_MILLISECONDS = 3_000
const PICTURE_MILLISECONDS = 5_000
const LOOK_MILLISECONDS = 50
const MOST_SHOWN = 65_536

/** A page in a browser without a network: every request of it is made by the lab's own client, within the budgets. */
export interface OpenPage {
  page: Page
  context: BrowserContext
  origin: string
  traffic: Traffic
  /** Milliseconds left for all that is done at it. */
  left(): number
  dialogs: { seen: number; accepted: number; accepts: boolean }
  browsed(): Omit<Browsed, 'logIns'>
  cookies(): Promise<[name: string, value: string][]>
}

/** Opens a page in a context of its own, which remembers nothing of the ones before. Why it could not, else. */
export async function withPage<T>(
  bench: Bench,
  to: Endpoint,
  client: Conversation,
  milliseconds: number,
  use: (open: OpenPage) => Promise<T>,
): Promise<{ value: T } | { failure: Failure }> {
  const opened = await withChromium((browser) => inContext(bench, browser, to, client, milliseconds, use))
  client.close()
  if (!('missing' in opened)) return opened
  bench.lack({ code: 'framework.no-browser', values: { tried: opened.missing } })
  return { failure: { code: 'lab', detail: 'no browser' } }
}

async function inContext<T>(
  bench: Bench,
  browser: Browser,
  to: Endpoint,
  client: Conversation,
  milliseconds: number,
  use: (open: OpenPage) => Promise<T>,
): Promise<{ value: T } | { failure: Failure }> {
  let context: BrowserContext | null = null
  const stop = (): void => client.close()
  bench.signal.addEventListener('abort', stop, { once: true })
  try {
    context = await browser.newContext({
      serviceWorkers: 'block',
      acceptDownloads: false,
      viewport: { width: 1280, height: 800 },
    })
    return { value: await use(await openPage(bench, context, browser.version(), to, client, milliseconds)) }
  } catch {
    return { failure: { code: 'lab', detail: 'the browser ended' } }
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

async function openPage(
  bench: Bench,
  context: BrowserContext,
  version: string,
  to: Endpoint,
  client: Conversation,
  milliseconds: number,
): Promise<OpenPage> {
  const origin = originOf(to)
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  const { userAgent } = (await cdp.send('Browser.getVersion')) as { userAgent: string }
  // Some pages turn away what does not call itself a usual browser.
  await cdp.send('Network.setUserAgentOverride', { userAgent: userAgent.replace('HeadlessChrome', 'Chrome') })
  const traffic = await carryTraffic(cdp, origin, client)
  const dialogs = { seen: 0, accepted: 0, accepts: false }
  page.on('dialog', (dialog) => {
    dialogs.seen++
    if (answerDialog(dialog, dialogs.accepts)) dialogs.accepted++
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
  const end = performance.now() + milliseconds
  return {
    page,
    context,
    origin,
    traffic,
    left: () => (bench.signal.aborted ? 0 : end - performance.now()),
    dialogs,
    browsed: () => ({
      name: `Chromium ${version}`,
      sandbox: isSandboxed(),
      ...redacted(bench, traffic.facts),
      dialogs: dialogs.seen,
    }),
    async cookies() {
      const all = (await inTime(context.cookies(), CLOSE_MILLISECONDS)) ?? []
      return all.map((c) => [c.name, c.value])
    },
  }
}

const originOf = (to: Endpoint): string => new URL(`${to.tls ? 'https' : 'http'}://${authorityOf(to)}/`).origin

/** Whatever a page wants by name may hold a secret that it was given. */
const redacted = (bench: Bench, facts: Traffic['facts']): Traffic['facts'] => ({
  ...facts,
  refused: facts.refused.map(({ what, why }) => ({
    what: Buffer.from(bench.redact(Buffer.from(what, 'utf8'))).toString('utf8'),
    why,
  })),
})

/** Until the page asks for nothing any more, or goes on as it always does. */
export async function untilQuiet({ traffic, left }: OpenPage): Promise<void> {
  const settled = performance.now() + SETTLE_MILLISECONDS
  while (left() > 0 && traffic.quiet() < QUIET_MILLISECONDS && performance.now() < settled)
    await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS))
}

/** As long as the page still works at what it shall send, or at the answer to it. */
export async function settle(
  { traffic, left }: OpenPage,
  misfit: Misfit | null,
  unsent = UNSENT_MILLISECONDS,
): Promise<void> {
  const settled = performance.now() + SETTLE_MILLISECONDS
  const isBusy = (): boolean =>
    traffic.said
      ? traffic.quiet() < QUIET_MILLISECONDS && performance.now() < settled
      : traffic.quiet() < (misfit ? QUIET_MILLISECONDS : unsent)
  while (left() > 0 && isBusy()) await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS))
}

/** What the page shows, as evidence: without secrets of the lab, and with the tokens of its session hidden. */
export async function shownOn(bench: Bench, page: Page, hide: (bytes: Buffer) => Buffer): Promise<Answer> {
  const text = (await inTime(textOf(page), PICTURE_MILLISECONDS).catch(() => null)) ?? ''
  const bytes = hide(Buffer.from(bench.redact(Buffer.from(text, 'utf8'))))
  const isWhole = bytes.length <= MOST_SHOWN
  return {
    raw: bytes.subarray(0, MOST_SHOWN).toString('base64'),
    length: bytes.length,
    end: isWhole ? 'complete' : 'too-long',
  }
}

/** A picture of the page, its password fields covered; none where a secret of the lab stands on it. */
export async function keepPicture(bench: Bench, page: Page, name: string): Promise<void> {
  if (!bench.wantsPicture(name)) return
  const text = await inTime(textOf(page), PICTURE_MILLISECONDS).catch(() => null)
  if (text === null) return
  const bytes = Buffer.from(text, 'utf8')
  if (!Buffer.from(bench.redact(bytes)).equals(bytes)) return
  const mask = page.frames().map((f) => f.locator('input[type=password]'))
  const picture = await page
    .screenshot({ mask, timeout: PICTURE_MILLISECONDS, animations: 'disabled' })
    .catch(() => null)
  if (picture)
    bench.attach(await bench.store(picture, { name: `${name}.png`, mediaType: 'image/png', disclosure: 'lab' }))
}

async function textOf(page: Page): Promise<string> {
  const texts: string[] = []
  for (const frame of page.frames()) texts.push(String(await frame.evaluate(VISIBLE_TEXT)))
  return texts.join('\n').toWellFormed()
}

/** Runs in the page: its text, then every field to be seen with what stands in it, passwords left out. */
const VISIBLE_TEXT = `(() => {
  const fields = document.querySelectorAll(
    'textarea,select,input:not([type=password],[type=hidden],[type=file],[type=submit],[type=button],[type=reset],[type=image])')
  const nameOf = (e) => (e.labels?.[0] && [...e.labels[0].childNodes].filter((n) => n.nodeType === 3 || !n.contains(e))
    .map((n) => n.textContent).join(' ').trim()) || e.getAttribute('aria-label') || e.placeholder || e.name || e.id
  const valueOf = (e) => e.localName === 'select' ? [...e.selectedOptions].map((o) => o.textContent.trim()).join(', ')
    : e.type === 'checkbox' || e.type === 'radio' ? (e.checked ? 'on' : 'off') : e.value
  const lines = [...fields].filter((e) => e.getClientRects().length > 0).map((e) => nameOf(e) + ': ' + valueOf(e))
  return [document.body ? document.body.innerText : '', ...lines].join('\\n').slice(0, 1000000)
})()`
