import { accessSync, constants, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'

/** Names under which systems install Chromium or a browser of its kind. */
export const CHROMIUM_NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
]
const IDLE_MILLISECONDS = 2_000
const START_MILLISECONDS = 30_000
const CLOSE_MILLISECONDS = 3_000

/** Chromium has no sandbox for root. */
export const isSandboxed = (): boolean => process.getuid?.() !== 0

/** The browser of this system: what CAMSEAL_CHROMIUM names, else the first one on the path; null where there is none. */
export function chromiumPath(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env['CAMSEAL_CHROMIUM']
  if (named !== undefined && named !== '') return isProgram(named) ? named : null
  const folders = (env['PATH'] ?? '').split(delimiter).filter((f) => f !== '')
  return CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram) ?? null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * No packet of its own ever leaves the browser: no name and no address resolves, and what goes by its proxy finds none.
 * What a page gets, it gets from whoever answers its requests over the debugging pipe.
 */
const ARGUMENTS = [
  '--host-resolver-rules=MAP * ~NOTFOUND',
  '--proxy-server=socks5://nowhere.invalid:1',
  '--proxy-bypass-list=<-loopback>',
  '--disable-quic',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--js-flags=--max-old-space-size=256',
]

let shared: { browser: Promise<Browser>; path: string } | null = null
let users = 0
let idle: NodeJS.Timeout | null = null

/** Lends the one browser of this process, started when it is first wanted and ended when it has been idle; why not, else. */
export async function withChromium<T>(use: (browser: Browser) => Promise<T>): Promise<T | { missing: string }> {
  const path = chromiumPath()
  if (path === null) return { missing: process.env['CAMSEAL_CHROMIUM'] ?? CHROMIUM_NAMES.join(', ') }
  if (idle) clearTimeout(idle)
  users++
  try {
    if (shared?.path !== path || !(await isUsable(shared.browser))) {
      const before = shared
      shared = { path, browser: start(path) }
      if (before) void end(before.browser)
    }
    const { browser } = shared
    const started = await browser.catch((e: unknown) => ({ missing: firstLine(e) }))
    return 'missing' in started ? started : await use(started)
  } finally {
    users--
    idle = setTimeout(() => {
      if (users > 0 || !shared) return
      void end(shared.browser)
      shared = null
    }, IDLE_MILLISECONDS)
  }
}

/** A page that cannot be put away takes the browser with it. */
export async function abandon(browser: Browser): Promise<void> {
  const current = await shared?.browser.catch(() => null)
  if (current === browser) shared = null
  await end(Promise.resolve(browser))
}

async function start(path: string): Promise<Browser> {
  const { chromium } = await import('playwright-core')
  return await chromium.launch({
    executablePath: path,
    chromiumSandbox: isSandboxed(),
    args: ARGUMENTS,
    // Nothing of the lab's environment: secrets may stand in it.
    env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), LANG: 'C.UTF-8' },
    timeout: START_MILLISECONDS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
}

const isUsable = (browser: Promise<Browser>): Promise<boolean> =>
  browser.then(
    (b) => b.isConnected(),
    () => false,
  )

async function end(browser: Promise<Browser>): Promise<void> {
  const closed = browser.then((b) => b.close()).catch(() => undefined)
  await inTime(closed, CLOSE_MILLISECONDS)
}

/** The result, or null when it did not come in time. */
export async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((done) => (timer = setTimeout(() => done(null), Math.max(0, milliseconds))))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const firstLine = (e: unknown): string =>
  (e instanceof Error ? e.message : 'unknown').split('\n')[0]?.slice(0, 200) ?? ''
