import { randomBytes } from 'node:crypto'
import { sessionLogins } from '../../suites/observations/log-ins.ts'
import { clearEndpoints } from '../../suites/observations/challenges.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { kind as services } from '../../suites/observations/services.ts'
import { kind, type Entry, type Sessions } from '../../suites/observations/sessions.ts'
import { FAMILIES } from '../../suites/statement.ts'
import { addressSubject, declaredOf, endpointOf } from '../../suites/subject.ts'
import type { Asked } from '../instruments/conversation.ts'
import { copyOf, nothing, type Holding } from '../instruments/session-parts.ts'
import { sessionWalk, type SessionWalk } from '../instruments/session-walk.ts'
import { defineProbe } from '../probe.ts'
import { placeOf, unanswered } from './log-in-place.ts'
import { hiddenRenewal, renewalOf } from './session-renewal.ts'
import { comparedValues, madeUpLike, toldOf, valuesOf } from './session-values.ts'

/** Log-ins beside the first, to compare what they give. */
const MORE = 5
/** Cookies beyond these are not left out one by one. */
const MOST_PARTS = 8
/** Log-ins of one second may rightly be told apart by nothing but the second. */
const NEXT_SECOND_MS = 1_100

/** Follows sessions of one log-in from the first cookie to the log-out, and logs in over and over. No log-in fails on purpose. */
export const probe = defineProbe<Sessions>({
  id: 'sessions',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 6,
  states: ['in-service'],
  seconds: (statement) => 10 * statement.samples.length * sessionLogins(statement).length,
  async run(bench, subject) {
    const place = placeOf(bench, subject, 'http', 'sessions')
    if (!('to' in place)) return place
    const { login, service, to } = place
    const { session } = service
    if (!session) return unanswered('operator', 'sessions.no-such-login', { login: login.id })
    // Its steps cannot be made one by one, and log-ins of another form would count as failed.
    if (session.browser) return unanswered('lab', 'sessions.in-browser', { login: login.id })
    const walk = sessionWalk(bench, to, session, bench.credential(place.account.id))
    const asked: Asked = { method: login.method ?? 'GET', target: login.target }
    const key = randomBytes(32)
    const told = (holding: Holding): Entry['gave'] => toldOf(valuesOf(holding, tokenName), key)
    const tokenName = session.token?.header ?? session.token?.query ?? 'token'
    const entryOf = async (at: SessionWalk, holding: Holding): Promise<Entry> => {
      const rounds = await at.enter(holding)
      return { rounds, gave: told(holding) }
    }
    /** Logs in, asks with what that gave, and out again; a device may keep few sessions. */
    const through = async (at: SessionWalk): Promise<{ entry: Entry; opened: Exchange; gave: typeof lead.values }> => {
      const holding = nothing()
      const entry = await entryOf(at, holding)
      const gave = valuesOf(holding, tokenName)
      const opened = await at.ask(asked, holding)
      await at.leave(holding)
      return { entry, opened, gave }
    }

    const anonymous = await walk.ask(asked, nothing())
    const lead = await firstSession(walk, asked, tokenName, entryOf)
    const values = [lead.values]
    const renewal = session.refresh ? await renewalOf({ walk, asked, told, entryOf }) : null

    const given = nothing()
    const visits = [await walk.ask(asked, given)]
    visits.push(await walk.ask({ method: 'GET', target: session.page?.target ?? '/' }, given))
    const made = nothing()
    for (const [name, value] of lead.cookies) made.cookies.set(name, madeUpLike(value))
    const planted: Sessions['planted'] = []
    for (const [how, known] of [
      ['given', given],
      ['made-up', made],
    ] as const) {
      if (known.cookies.size === 0 || bench.signal.aborted) continue
      const before = await walk.ask(asked, copyOf(known))
      const holding = copyOf(known)
      const entry = await entryOf(walk, holding)
      const opened = await walk.ask(asked, holding)
      const then = await walk.ask(asked, copyOf(known))
      await walk.leave(holding)
      planted.push({ how, names: [...known.cookies.keys()].sort(), before, entry, opened, known: then })
    }

    const more: Sessions['more'] = []
    for (let waits = 0; more.length < MORE && !bench.signal.aborted;) {
      const { entry, opened, gave } = await through(walk)
      const before = [lead.first.entry, ...more.map((m) => m.entry)].flatMap((e) => e.gave.map((g) => g.digest))
      values.push(gave)
      more.push({ entry, opened })
      const isRepeated = entry.gave.length > 0 && entry.gave.every((g) => before.includes(g.digest))
      if (isRepeated && waits++ < 2 && more.length < MORE)
        await bench.wait(NEXT_SECOND_MS, { code: 'sessions.next-second', values: {} })
    }

    const seen = new Set(bench.seen(services).map((o) => o.subject))
    const undiscovered = FAMILIES.filter(
      (f) => bench.endpoint(f, 1, false) !== null && !seen.has(addressSubject(bench.sample.id, f)),
    )
    const clear: Sessions['clear'] = []
    for (const endpoint of clearEndpoints(subject, 'http', bench)) {
      const { family, port } = endpointOf(endpoint)
      const at = bench.endpoint(family, port, false)
      if (!at) return unanswered('lab', 'sessions.no-address', { subject: endpoint })
      if (!to.tls && port === to.port) continue
      const { entry, opened } = await through(walk.at(at))
      clear.push({ family, port, entry, opened })
    }
    if (bench.signal.aborted) return unanswered('lab', 'sessions.cancelled', { login: declaredOf(subject).id })
    const { family, port, tls } = to
    const value: Sessions = {
      ...{ family, port, tls, target: login.target, anonymous },
      ...(renewal ? { renewal } : {}),
      ...{ first: lead.first, visits, planted, more, values: comparedValues(values), clear, undiscovered },
    }
    return { answered: true, value: hidden(value, walk), controls: [], artifacts: [] }
  },
})

/** From the log-in to what becomes of it after the log-out. */
async function firstSession(
  walk: SessionWalk,
  asked: Asked,
  tokenName: string,
  entryOf: (at: SessionWalk, holding: Holding) => Promise<Entry>,
) {
  const holding = nothing()
  const entry = await entryOf(walk, holding)
  const begun = copyOf(holding)
  const opened = await walk.ask(asked, holding)
  const names = [...begun.cookies.keys()].filter((name) => holding.cookies.has(name))
  const parts: Sessions['first']['parts'] = []
  for (const name of names.slice(0, MOST_PARTS)) {
    const without = copyOf(holding)
    without.cookies.delete(name)
    const alone: Holding = { ...nothing(), cookies: new Map([[name, holding.cookies.get(name) ?? '']]) }
    parts.push({ is: 'cookie', name, ...(await tried(walk, asked, { without, alone, holding })) })
  }
  if (holding.token !== null) {
    const without: Holding = { ...copyOf(holding), token: null }
    const alone: Holding = { ...nothing(), token: holding.token }
    parts.push({ is: 'token', name: tokenName, ...(await tried(walk, asked, { without, alone, holding })) })
  }
  const sent = copyOf(holding)
  const before = await walk.ask(asked, holding)
  const last = copyOf(holding)
  const out = await walk.leave(holding)
  const left = out && (await walk.ask(asked, copyOf(holding)))
  const replayed: Exchange[] = []
  if (out) replayed.push(await walk.ask(asked, copyOf(sent)))
  if (out && [...last.cookies].some(([name, value]) => sent.cookies.get(name) !== value))
    replayed.push(await walk.ask(asked, last))
  const elsewhere = out && sent.token !== null ? await walk.leave(copyOf(sent), randomBytes(4).toString('hex')) : null
  return {
    first: { entry, opened, parts, tooMany: names.length > MOST_PARTS, before, out, left, replayed, elsewhere },
    cookies: begun.cookies,
    values: valuesOf(begun, tokenName),
  }
}

/** One thing left out, then alone, then everything again: whether the session still lives. */
async function tried(walk: SessionWalk, asked: Asked, held: Record<'without' | 'alone' | 'holding', Holding>) {
  const without = await walk.ask(asked, held.without)
  const alone = await walk.ask(asked, held.alone)
  return { without, alone, after: await walk.ask(asked, held.holding) }
}

/** The whole observation with every cookie and token hidden in it, also those that came later. */
function hidden(value: Sessions, walk: SessionWalk): Sessions {
  const { exchange: hide } = walk.hider()
  const entry = ({ rounds, gave }: Entry): Entry => ({ rounds: rounds.map(hide), gave })
  const { first, renewal } = value
  return {
    ...value,
    anonymous: hide(value.anonymous),
    first: {
      ...first,
      entry: entry(first.entry),
      opened: hide(first.opened),
      parts: first.parts.map((p) => ({ ...p, without: hide(p.without), alone: hide(p.alone), after: hide(p.after) })),
      before: hide(first.before),
      out: first.out && hide(first.out),
      left: first.left && hide(first.left),
      replayed: first.replayed.map(hide),
      elsewhere: first.elsewhere ? hide(first.elsewhere) : null,
    },
    ...(renewal ? { renewal: { ...hiddenRenewal(renewal, hide), entry: entry(renewal.entry) } } : {}),
    visits: value.visits.map(hide),
    planted: value.planted.map((p) => ({
      ...p,
      before: hide(p.before),
      entry: entry(p.entry),
      opened: hide(p.opened),
      known: hide(p.known),
    })),
    more: value.more.map((m) => ({ entry: entry(m.entry), opened: hide(m.opened) })),
    clear: value.clear.map((c) => ({ ...c, entry: entry(c.entry), opened: hide(c.opened) })),
  }
}
