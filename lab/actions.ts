import { bodyText } from '../suites/facts/http-text.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { FAMILIES, type Action, type Reading, type Service } from '../suites/statement.ts'
import { joined } from './body.ts'
import { unknownIn } from './instruments/browser-steps.ts'
import { httpClient } from './instruments/http.ts'
import { doAtPage } from './instruments/page-action.ts'
import { fill, formOf } from './placeholders.ts'
import type { Bench, Body, Credential, Endpoint } from './probe.ts'

/** Longest time for an answer; a device may work on a package before it answers. */
const ANSWER_MILLISECONDS = 15_000
const PACKAGE_MILLISECONDS = 120_000
/** A pattern of the statement runs over no more than this. */
const MOST_READ = 65_536
/** A log holds thousands of entries, and what was done last may stand at its end. */
const MOST_OF_LOG = 262_144

type Values = Record<string, string>

/**
 * Carries out an action of the statement, logged in as its account. Placeholders are written as their place asks:
 * percent-encoded in targets and forms, escaped in JSON and XML. Never throws; what the lab cannot do is a `lab` failure.
 */
export const perform = (
  bench: Bench,
  action: Action,
  values: Values,
  upload?: Body,
  as?: Credential,
): Promise<Exchange> => carryOut(bench, action, values, { upload, as, isReading: false })

async function carryOut(
  bench: Bench,
  action: Action,
  values: Values,
  { upload, as, isReading }: { upload?: Body | undefined; as?: Credential | undefined; isReading: boolean },
): Promise<Exchange> {
  const credential = as ?? (action.account === undefined ? null : bench.credential(action.account))
  const all = { ...ownValues(bench, credential), ...timeValues(bench, values['time-shift']), ...values }
  const target = fill(action.target, all, 'target')
  const { browser } = action
  const [before = '', after] = action.body?.split(PACKAGE) ?? []
  const isPackage = after !== undefined || (browser?.some((s) => s.upload) ?? false)
  const texts = (after !== undefined ? [before, after] : action.body === undefined ? [] : [action.body]).map((t) =>
    fill(t, all, formOf(action.contentType)),
  )
  const unknown = [
    ...[target, ...texts].flatMap((t) => ('unknown' in t ? t.unknown : [])),
    ...unknownIn(browser ?? [], all),
  ]
  const at = endpointOf(bench, action.service)
  const failed = (detail: string) => labFailure(bench, action.method, action.target, detail)
  if (unknown.length > 0) return failed(`no value for ${unknown.join(', ')}`)
  if (isPackage && upload === undefined) return failed('no package')
  if (at === null) return failed(`no HTTP service ${action.service} at an address of the sample`)
  const learnFrom = protectedTarget(bench, action.service)
  const filled = 'text' in target ? target.text : action.target
  if (browser)
    return await doAtPage(bench, at, {
      declared: action,
      steps: browser,
      values: all,
      named: {
        method: action.method,
        target: filled,
        follows: true,
        ...(action.sends === undefined ? {} : { sends: action.sends }),
      },
      credential,
      upload: isPackage && upload ? { body: upload, name: packageName(bench, action), learnFrom } : null,
      isReading,
    })
  const [head = new Uint8Array(), tail] = texts.map((t) => Buffer.from('text' in t ? t.text : '', 'utf8'))
  const payload = isPackage ? joined([head, upload ?? new Uint8Array(), tail ?? new Uint8Array()]) : head
  const { api } = bench.statement.logging
  const isLog = action === api?.read || action === api?.export
  const limits = isLog ? { maxBytes: MOST_OF_LOG } : {}
  const client = httpClient(bench, at, { milliseconds: ANSWER_MILLISECONDS, ...limits })
  try {
    return await client.send({
      method: action.method,
      target: filled,
      ...(action.contentType ? { headers: [['Content-Type', action.contentType] as [string, string]] } : {}),
      ...(texts.length > 0 ? { body: payload } : {}),
      ...(credential ? { credential } : {}),
      ...(isPackage ? { milliseconds: PACKAGE_MILLISECONDS, learnFrom } : {}),
    })
  } finally {
    client.close()
  }
}

/**
 * Reads one fact: the first group of the pattern in the answer's body as Latin-1, or in what the page shows; null without
 * answer or match.
 */
export async function read(bench: Bench, reading: Reading): Promise<{ exchange: Exchange; text: string | null }> {
  const { exchange, all } = await readText(bench, reading)
  return { exchange, text: firstGroup(reading.pattern, all) }
}

/** Reads a list: the first group of each match, one more than `most` where there are more; none without answer or match. */
export async function readAll(
  bench: Bench,
  reading: Reading,
  most: number,
): Promise<{ exchange: Exchange; texts: string[] }> {
  const { exchange, all } = await readText(bench, reading)
  try {
    const texts: string[] = []
    for (const [, text] of (all ?? '').slice(0, MOST_READ).matchAll(new RegExp(reading.pattern, 'g')))
      if (texts.length <= most && text !== undefined) texts.push(text)
    return { exchange, texts }
  } catch {
    return { exchange, texts: [] }
  }
}

/** All that the pattern of a reading runs over; null without answer. */
async function readText(bench: Bench, reading: Reading): Promise<{ exchange: Exchange; all: string | null }> {
  const { pattern: _, ...asked } = reading
  const exchange = await carryOut(bench, { ...asked, method: 'GET' }, {}, { isReading: true })
  const shown = exchange.failure === null ? exchange.browser?.shown : undefined
  return { exchange, all: shown ? Buffer.from(shown.raw, 'base64').toString('utf8') : bodyText(exchange) }
}

/** The statement's lint has compiled the pattern before; one that does not compile finds nothing. */
function firstGroup(pattern: string, text: string | null): string | null {
  if (text === null) return null
  try {
    return new RegExp(pattern).exec(text.slice(0, MOST_READ))?.[1] ?? null
  } catch {
    return null
  }
}

const PACKAGE = '{{package}}'

/** Pages look at the ending: the name of the genuine package, whatever is uploaded. */
const packageName = ({ statement }: Bench, { service, target }: Action): string =>
  statement.updates.find(({ upload }) => upload?.service === service && upload.target === target)?.packages.genuine
    .file ?? 'package.bin'

/** Where the service asks for a log-in without doing anything: a declared log-in by GET. */
const protectedTarget = ({ statement }: Bench, service: string): string | null =>
  statement.logins.find((l) => l.service === service && (l.method ?? 'GET') === 'GET')?.target ?? null

/** What every action knows of itself. */
function ownValues(bench: Bench, credential: Credential | null): Values {
  return {
    serial: bench.sample.serial,
    ...(credential ? { user: credential.user, password: credential.password } : {}),
  }
}

/** What a clock is set to: the lab's time at the moment of asking, and `time-shift` milliseconds more. */
function timeValues(bench: Bench, shift = '0'): Values {
  const at = Math.round(bench.now() / 1_000_000 + Number(shift) / 1000)
  return { time: new Date(at * 1000).toISOString().replace('.000Z', 'Z'), 'time-seconds': String(at) }
}

/** The first address family in which the sample and the service meet. */
export function endpointOf(bench: Bench, service: string): Endpoint | null {
  const found = bench.statement.services.find((s) => s.id === service)
  if (!found || !isHttp(found)) return null
  for (const family of FAMILIES.filter((f) => found.families.includes(f))) {
    const endpoint = bench.endpoint(family, found.port, found.protocol === 'https')
    if (endpoint) return endpoint
  }
  return null
}

const isHttp = ({ protocol }: Service): boolean => protocol === 'http' || protocol === 'https'

const labFailure = (bench: Bench, method: string, target: string, detail: string): Exchange => ({
  at: bench.now(),
  elapsed: 0,
  connection: 0,
  sourceAddress: bench.sources('ipv4')[0] ?? bench.sources('ipv6')[0] ?? 'unknown',
  request: { method, target, headers: [], bodyBytes: 0, credential: null, scheme: 'none' },
  rounds: [],
  failure: { code: 'lab', detail },
})
