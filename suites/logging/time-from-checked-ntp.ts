import { defineCriterion, evidence, gap, violation, type Applies, type Cite, type Finding } from '../criterion.ts'
import { answersAsItSays, meetingsOf, offsetOf, type TimeMeeting, type TimeOutcome } from '../facts/time-sync.ts'
import { kind as timeSync, TIME_IMPOSTORS, type TimeImpostor, type TimeSync } from '../observations/time-sync.ts'
import { obj } from '../schema.ts'
import type { Statement } from '../statement.ts'

/**
 * The clock that dates the records follows no answer that does not belong to a request (RFC 5905 section 8, test 2), comes
 * from an unsynchronised server (test 6), or is a kiss-o'-death (section 7.4). Only a clock that follows the genuine
 * server before and after, to the very time the impostors told, makes staying where it was a refusal.
 */
export const criterion = defineCriterion({
  id: 'logging/time-from-checked-ntp',
  version: '1.0.0',
  area: 'logging',
  over: timeSync,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies,
  judge({ value }, { statement, subject, cite }) {
    const sample = statement.samples.find((s) => s.id === subject.split('/')[0])
    const addresses = [sample?.addresses.ipv4 ?? null, sample?.addresses.ipv6 ?? null].filter((a) => a !== null)
    const { client } = value
    if (!offsetOf(value.clock)) return [gap('clock-unread', { client }, [cite('/clock')])]
    const wrong = value.servers.findIndex((_, i) => !answersAsItSays(value, i))
    if (wrong >= 0) return [gap('answer-not-so', { client, server: wrong + 1 }, [cite(`/servers/${wrong}/answers`)])]
    const met = meetingsOf(value, addresses).map((m, i) => ({ ...m, cites: citesOf(m, i, cite) }))
    const [first] = met
    if (first?.shows !== 'genuine') return [gap('genuine-unseen', { client }, [cite('/servers')])]
    if (first.outcome !== 'followed')
      return [gap(NOT_FOLLOWED[first.outcome], { client }, [...first.cites, cite('/clock')])]
    const last = met.findLastIndex((m) => m.shows !== 'genuine')
    const again = last < 0 ? undefined : met[last + 1]
    return [
      ...clockFinding(value, cite),
      evidence('genuine-followed', { client }, first.cites),
      ...TIME_IMPOSTORS.flatMap((shows) => {
        const all = met.filter((m) => m.shows === shows)
        return all.length === 0
          ? [gap('impostor-missing', { client, impostor: shows }, [cite('/servers')])]
          : all.map((m) => byImpostor(client, shows, m, first))
      }),
      again?.outcome === 'followed'
        ? evidence('genuine-followed-again', { client }, again.cites)
        : gap('genuine-not-again', { client }, again?.cites ?? [cite('/servers')]),
    ]
  },
})

interface Met extends TimeMeeting {
  cites: Cite[]
}

const citesOf = ({ answers }: TimeMeeting, i: number, cite: (pointer: string) => Cite): Cite[] => [
  ...(answers.length === 0
    ? [cite(`/servers/${i}/answers`)]
    : answers.slice(0, 3).map((a) => cite(`/servers/${i}/answers/${a}`))),
  cite(`/servers/${i}/clock`),
]

/** Why nothing can be said where the clock did not follow the genuine server. */
const NOT_FOLLOWED: Record<Exclude<TimeOutcome, 'followed'>, string> = {
  'not-met': 'genuine-not-met',
  unread: 'clock-unread',
  stayed: 'genuine-not-followed',
  elsewhere: 'genuine-not-followed',
}

/** To follow is a violation. To stay, after as many answers and as long as the genuine server needed, is what is wanted. */
function byImpostor(client: string, shows: TimeImpostor, met: Met, genuine: Met): Finding {
  const values = { client, impostor: shows }
  switch (met.outcome) {
    case 'followed':
      return violation(`followed-${shows}`, { client }, met.cites)
    case 'stayed':
      return met.answers.length < genuine.answers.length || met.watched < genuine.watchedAtMost
        ? gap('impostor-watched-too-short', values, met.cites)
        : evidence('impostor-refused', values, met.cites)
    case 'elsewhere':
      return gap('impostor-elsewhere', values, met.cites)
    case 'unread':
      return gap('impostor-unread', values, met.cites)
    case 'not-met':
      return gap('impostor-not-met', values, met.cites)
  }
}

/** How far the device's clock was off before; a wall clock without a zone does not say. */
function clockFinding({ client, clock }: TimeSync, cite: (pointer: string) => Cite): Finding[] {
  const offset = offsetOf(clock)
  if (!offset || offset.isLocal) return []
  const half = Math.ceil((offset.most - offset.least) / 2)
  return [evidence('clock-read', { client, offset: offset.least + half, uncertainty: half }, [cite('/clock')])]
}

/** A statement that says nothing of the time does not say that the device takes it from nowhere. */
function applies({ time }: Statement): Applies {
  if (time === undefined) return { answer: 'unknown', why: { code: 'time-not-stated', values: {} } }
  if (time.length > 0) return { answer: 'yes' }
  return { answer: 'no', why: { code: 'no-time-source-declared', values: {} } }
}
