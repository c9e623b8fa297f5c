import { setTimeout as delay } from 'node:timers/promises'
import { isOfLength, outcomeOf } from '../../suites/facts/tls-offers.ts'
import { tlsAnswerOf, TLS_VERSIONS, VERSION_NAME, type TlsVersion } from '../../suites/facts/tls-records.ts'
import { SUITES } from '../../suites/facts/tls-suites.ts'
import type { Seen } from '../../suites/observation.ts'
import {
  declaredOverTls,
  kind,
  startTlsAt,
  type TlsHello,
  type TlsOffers,
} from '../../suites/observations/tls-offers.ts'
import { endpointOf } from '../../suites/subject.ts'
import { clientHello, sayHello } from '../instruments/tls-hello.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'

const PATIENCE_MS = 6000
/** Most suites in one hello for stacks that do not answer longer ones. */
const SMALL = 128
const hex = (suites: readonly number[]): string => suites.map((s) => s.toString(16).padStart(4, '0')).join('')
const CLASSIC = SUITES.filter((s) => !s.tls13).map((s) => s.id)
const NEW = SUITES.filter((s) => s.tls13).map((s) => s.id)
/** Neighbours, which stacks accept together, in different halves. */
const half = (odd: number): number[] => CLASSIC.filter((_, i) => i % 2 === odd)
/** Lists 0 and 1 are asked first; the others are list 0 in halves, whose chains run side by side, and in pieces. */
const LISTS: readonly number[][] = [
  CLASSIC,
  NEW,
  half(0),
  half(1),
  ...Array.from({ length: Math.ceil(CLASSIC.length / SMALL) }, (_, i) => CLASSIC.slice(i * SMALL, (i + 1) * SMALL)),
]
const HEX_LISTS = LISTS.map(hex)
const HALVES = [2, 3]
const PIECES = LISTS.map((_, i) => i).slice(4)
/** The likeliest first: what is accepted becomes the control. */
const SEARCH: readonly TlsVersion[] = ['tls1.2', 'tls1.3', 'tls1.0', 'tls1.1', 'ssl3']

interface Chain {
  version: TlsVersion
  list: number
  without: number[]
  hellos: TlsHello[]
  decided: boolean
}

/** Every version and suite an endpoint accepts, by elimination: offer all, leave out the chosen one, until refused. */
export const probe = defineProbe<TlsOffers>({
  id: 'tls-offers',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => 5 * declaredOverTls(statement).length,
  async run(bench, subject): Promise<Seen<TlsOffers>> {
    const { family, port } = endpointOf(subject)
    const at = bench.endpoint(family, port, false)
    if (!at)
      return {
        answered: false,
        cause: 'lab',
        why: { code: 'tls-offers.no-address', values: { subject } },
        artifacts: [],
      }
    const startTls = startTlsAt(bench, subject)
    const to = startTls ? { ...at, startTls } : at
    let sourceAddress = ''
    const ask = async (version: TlsVersion, list: number, without: number[], whole = false): Promise<TlsHello> => {
      const { answer, sourceAddress: source, ...rest } = await askOnce(bench, to, version, list, without, whole)
      sourceAddress ||= source
      return { ...rest, version, list, without: hex(without), answer: Buffer.from(answer).toString('base64') }
    }
    const { hellos, pieces } = await findControl(bench, ask)
    const first = hellos.at(-1)
    if (bench.signal.aborted) return cancelled(subject)
    if (hellos.every((h) => h.failure !== null))
      return {
        answered: false,
        cause: hellos.some((h) => h.failure?.code === 'lab') ? 'lab' : 'device',
        why: { code: 'tls-offers.not-reached', values: { subject, failure: first?.failure?.code ?? '' } },
        partial: hellos,
        artifacts: [],
      }
    const chosen = first ? outcomeOf(first) : { is: 'undecided' as const }
    const control =
      chosen.is === 'accepted' && first ? { before: hellos.length - 1, hello: first, suite: chosen.suite } : null
    const chains = TLS_VERSIONS.flatMap((version) =>
      (version === 'tls1.3' ? [1] : pieces ? PIECES : HALVES).map((list): Chain => {
        const isKnown = control?.hello.version === version && LISTS[list]?.includes(control.suite) === true
        return { version, list, without: isKnown ? [control.suite] : [], hellos: [], decided: false }
      }),
    )
    if (control) {
      await Promise.all(chains.map((c) => follow(bench, c, ask)))
      for (const chain of chains.filter((c) => !c.decided)) {
        await delay(500)
        await follow(bench, chain, ask)
      }
      const tooLong = chains.filter((c) => isTooLong(c, [...hellos, ...chains.flatMap((o) => o.hellos)]))
      const shorter = [...new Set(tooLong.map((c) => c.version))].flatMap(inPieces)
      await Promise.all(shorter.map((c) => follow(bench, c, ask)))
      chains.push(...shorter)
    }
    for (const chain of chains) hellos.push(...chain.hellos)
    if (control) hellos.push(await ask(control.hello.version, control.hello.list, []))
    if (bench.signal.aborted) return cancelled(subject)
    const value: TlsOffers = {
      address: to.address,
      family,
      port,
      sourceAddress: sourceAddress || '-',
      ...(startTls ? { startTls } : {}),
      serverName: null,
      lists: HEX_LISTS,
      hellos,
      control: control && { before: control.before, after: hellos.length - 1 },
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

type Ask = (version: TlsVersion, list: number, without: number[], whole?: boolean) => Promise<TlsHello>

async function askOnce(
  bench: Bench,
  to: Endpoint,
  version: TlsVersion,
  list: number,
  without: number[],
  whole: boolean,
) {
  const suites = (LISTS[list] ?? []).filter((s) => !without.includes(s))
  const hello = clientHello({ versions: [version], suites, serverName: null })
  return sayHello(bench, to, hello, { milliseconds: PATIENCE_MS, whole })
}

/** Hellos until one is accepted; where a long one decides nothing, also in pieces. The last one is the control. */
async function findControl(bench: Bench, ask: Ask): Promise<{ hellos: TlsHello[]; pieces: boolean }> {
  const hellos: TlsHello[] = []
  for (const version of SEARCH) {
    for (const list of version === 'tls1.3' ? [1] : [0, ...PIECES]) {
      if (bench.signal.aborted) return { hellos, pieces: false }
      const hello = await ask(version, list, [], true)
      hellos.push(hello)
      const { is } = outcomeOf(hello)
      if (is === 'accepted') return { hellos, pieces: list > 1 }
      const isSilent = is === 'undecided' && tlsAnswerOf(Buffer.from(hello.answer, 'base64')).is === 'none'
      const isOpen = isSilent || (is === 'refused' && isOfLength({ lists: HEX_LISTS, hellos }, hello))
      if (list === 0 && (hello.failure !== null || !isOpen)) break
    }
  }
  return { hellos, pieces: false }
}

/** Whether a version was refused perhaps because the stack cannot read so long a list. */
const isTooLong = ({ hellos, list }: Chain, all: TlsHello[]): boolean => {
  const last = hellos.at(-1)
  return (
    HALVES.includes(list) &&
    last !== undefined &&
    outcomeOf(last).is === 'refused' &&
    isOfLength({ lists: HEX_LISTS, hellos: all }, last)
  )
}

const inPieces = (version: TlsVersion): Chain[] =>
  PIECES.map((list) => ({ version, list, without: [], hellos: [], decided: false }))

/** Leaves out what was chosen until the device refuses the rest. */
async function follow(bench: Bench, chain: Chain, ask: Ask): Promise<void> {
  bench.progress({ code: 'tls-offers.asking', values: { version: VERSION_NAME[chain.version] } })
  const offered = LISTS[chain.list] ?? []
  while (chain.without.length < offered.length) {
    if (bench.signal.aborted) return
    const hello = await ask(chain.version, chain.list, chain.without)
    chain.hellos.push(hello)
    const outcome = outcomeOf(hello)
    if (outcome.is === 'undecided') return
    if (outcome.is === 'refused' || !offered.includes(outcome.suite) || chain.without.includes(outcome.suite)) break
    chain.without = [...chain.without, outcome.suite]
  }
  chain.decided = true
}

const cancelled = (subject: string): Seen<TlsOffers> => ({
  answered: false,
  cause: 'lab',
  why: { code: 'tls-offers.cancelled', values: { subject } },
  artifacts: [],
})
