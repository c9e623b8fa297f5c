import { isAt, offsetOf, STEP_SECONDS } from '../../suites/facts/time-sync.ts'
import {
  kind,
  TIME_IMPOSTORS,
  type ClockReading,
  type TimeServer,
  type TimeSync,
} from '../../suites/observations/time-sync.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { TimeClient } from '../../suites/statement.ts'
import { declaredOf } from '../../suites/subject.ts'
import { read } from '../actions.ts'
import { defineProbe, type Bench } from '../probe.ts'
import { familyTowards, point } from '../services/log-channels.ts'
import type { NtpAnswer, NtpServer, TimeShown } from '../services/ntp.ts'
import { unanswered } from './log-in-place.ts'

const LOOK_MILLISECONDS = 50
const POLL_SECONDS = 30
/** A lost datagram or a setting that was there already: the device is asked again. */
const MOST_ASKS = 3
/** An impostor is watched for twice as long as the genuine server needed, and this. */
const LONGER_MICROSECONDS = 150_000
const MOST_REQUEST_BYTES = 128

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })

/** Genuine time server, impostors that tell another time, genuine server again; where the device's clock then stands. */
export const probe = defineProbe<TimeSync>({
  id: ID,
  version: '1.0.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 6,
  states: ['in-service'],
  seconds: ({ time = [] }) => 3 * time.length,
  async run(bench, subject) {
    const client = bench.statement.time?.find((c) => c.id === declaredOf(subject).id)
    if (!client) return unanswered('operator', `${ID}.no-such-client`, { client: declaredOf(subject).id })
    const values = { client: client.id, port: client.port }
    const family = familyTowards(bench, client.enable ?? client.trigger)
    const address = family && bench.sources(family)[0]
    if (!family || !address) return unanswered('lab', `${ID}.no-address`, values)
    const server = await bench
      .ntp(client.port, family)
      .catch((e: unknown) => (e instanceof Error ? e.message : String(e)))
    if (typeof server === 'string') return unanswered('lab', `${ID}.no-server`, { ...values, detail: server })
    const id = `${ID}/${subject}`
    try {
      const clock = await lookAt(bench, client)
      const usual = offsetOf(clock)
      const value: TimeSync = {
        client: client.id,
        protocol: client.protocol,
        address,
        port: client.port,
        clock,
        before: null,
        enable: null,
        after: null,
        servers: [],
      }
      // Where the clock cannot be read there is nothing to change the device for.
      if (!usual) return { answered: true, value, controls: [], artifacts: [] }
      // A clock that is there already could not be seen to go there.
      const near = isAt(usual, STEP_SECONDS) ? 2 * STEP_SECONDS : STEP_SECONDS
      server.show({ shows: 'genuine', shift: near })
      const from = bench.now()
      const set = await point(bench, client, id, family, about('pointing', { client: client.id }))
      Object.assign(value, set)
      const where = { 'lab-address': address, 'lab-port': String(client.port) }
      await meet({ bench, client, server, where, needs: null }, value, { near, from })
      if (bench.signal.aborted) return unanswered('lab', `${ID}.cancelled`, { client: client.id })
      return { answered: true, value, controls: [], artifacts: [] }
    } finally {
      await bench.undo(id)
      await server.close()
    }
  },
})

interface Meeting {
  bench: Bench
  client: TimeClient
  server: NtpServer
  where: Record<string, string>
  /** What the genuine server needed until the clock had followed it. */
  needs: { answers: number; micros: number } | null
}

/**
 * Impostors tell the time at which the clock is not, `far` unless one was followed; the genuine server then tells it, too.
 * At the end it tells the right time.
 */
async function meet(meeting: Meeting, value: TimeSync, { near, from }: { near: number; from: number }): Promise<void> {
  const { bench, server } = meeting
  const far = near + STEP_SECONDS
  const first = await watch(
    meeting,
    { shows: 'genuine', shift: near },
    from,
    meeting.client.trigger ? await ask(meeting) : [],
  )
  value.servers.push(first.server)
  if (!isFollowed(first.server)) return
  meeting.needs = first.needed
  let standing = near
  for (const shows of [...TIME_IMPOSTORS, 'genuine', 'genuine'] as const) {
    if (bench.signal.aborted) return
    const isLast = value.servers.length > TIME_IMPOSTORS.length + 1
    const shown: TimeShown = { shows, shift: isLast ? 0 : standing === near ? far : near }
    const shownAt = bench.now()
    server.show(shown)
    const met = await watch(meeting, shown, shownAt, await ask(meeting))
    value.servers.push(met.server)
    if (isFollowed(met.server)) standing = shown.shift
  }
}

const isFollowed = ({ clock, shift }: Pick<TimeServer, 'clock' | 'shift'>): boolean => {
  const offset = offsetOf(clock)
  return offset !== null && isAt(offset, shift)
}

/** Makes the device ask for the time; nothing where it does so by itself. */
async function ask({ bench, client, where }: Meeting): Promise<Exchange[]> {
  const asking = client.trigger ?? client.enable
  return asking ? [await bench.perform(asking, where)] : []
}

const lookAt = async (bench: Bench, { clock }: TimeClient): Promise<ClockReading> => await read(bench, clock)

/** Until the clock has followed, or an impostor was watched for long enough. Who asks for nothing is asked again. */
async function watch(
  meeting: Meeting,
  shown: TimeShown,
  from: number,
  asked: Exchange[],
): Promise<{ server: TimeServer; needed: { answers: number; micros: number } }> {
  const { bench, client, server } = meeting
  bench.progress(about(`showing-${shown.shows}`, { client: client.id }))
  const begun = bench.now()
  const most = (client.pollSeconds ?? POLL_SECONDS) * 1_000_000
  const why = about('waiting', { client: client.id })
  let clock = await lookAt(bench, client)
  for (let part = 1; ;) {
    const { list } = server.answers()
    if (isFollowed({ clock, shift: shown.shift }) && list.length > 0) break
    if (shown.shows !== 'genuine' && isEnough(meeting, list, clock)) break
    const now = bench.now()
    if (now >= begun + most || !(await bench.wait(LOOK_MILLISECONDS, why))) break
    if (now >= begun + (most * part) / MOST_ASKS && part++ < MOST_ASKS && list.length === 0)
      asked.push(...(await ask(meeting)))
    clock = await lookAt(bench, client)
  }
  const { list, left } = server.answers()
  const seen = clock.exchange.at + clock.exchange.elapsed
  return {
    server: { ...shown, from, until: bench.now(), asked, answers: list.map((a) => stored(bench, a)), left, clock },
    needed: { answers: list.length, micros: seen - (list[0]?.at ?? seen) },
  }
}

/** As many answers as the genuine server had to give, and twice as long from the first of them until the clock was read. */
function isEnough({ needs }: Meeting, list: readonly NtpAnswer[], { exchange }: ClockReading): boolean {
  const [first] = list
  if (!needs || !first || list.length < needs.answers) return false
  return exchange.at - first.at >= 2 * needs.micros + LONGER_MICROSECONDS
}

const stored = (bench: Bench, { request, sent, ...rest }: NtpAnswer): TimeServer['answers'][number] => ({
  ...rest,
  request: Buffer.from(bench.redact(request).subarray(0, MOST_REQUEST_BYTES)).toString('base64'),
  sent: Buffer.from(sent).toString('base64'),
})
