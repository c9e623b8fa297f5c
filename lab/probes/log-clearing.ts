import { readLog } from '../../suites/facts/log-entries.ts'
import { speaksOf } from '../../suites/facts/log-events.ts'
import { kind, type LogClearing } from '../../suites/observations/log-clearing.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Account, Action, Login } from '../../suites/statement.ts'
import { defineProbe, type Bench } from '../probe.ts'
import { familyTowards, openChannels, storable, type LogChannels } from '../services/log-channels.ts'
import { doorOf } from './login-door.ts'

const ID = kind.id
/** Entries that say the same within a second cannot be told apart: what the lab does after a reading comes a second later. */
const NEXT_SECOND_MS = 1_100
/** Records may come a second or two late. */
const CONTROL_MS = 2_500
const SETTLE_MS = 300
const about = (key: string) => ({ code: `${ID}.${key}`, values: {} })

/** A viewer tries to empty the log, then the administrator does, with the log channels pointed at the lab. */
export const probe = defineProbe<LogClearing>({
  id: ID,
  version: '1.2.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 45,
  states: ['in-service'],
  leaves: about('leaves'),
  seconds: (statement) => (statement.logging.api ? 10 : 1),
  async run(bench) {
    const { api } = bench.statement.logging
    if (!api)
      return { answered: true, value: { declared: false, clear: false, tries: null }, controls: [], artifacts: [] }
    const unanswered = (cause: 'lab' | 'operator', key: string) => ({
      answered: false as const,
      cause,
      why: about(key),
      artifacts: [],
    })
    const viewer = viewerOf(bench)
    if (!viewer) return unanswered('operator', 'no-viewer')
    const { read } = api
    const clear: Action = api.clear ?? {
      service: read.service,
      method: 'DELETE',
      target: read.target,
      ...(read.account === undefined ? {} : { account: read.account }),
    }
    const family = familyTowards(bench, read)
    const channels = family === null ? null : await openChannels(bench, `${ID}/${bench.sample.id}`, family)
    try {
      bench.progress(about('trying'))
      const [login, nobody] = [await viewer.ask(), await viewer.askAsNobody()]
      const before = await bench.perform(read, {})
      await bench.wait(NEXT_SECOND_MS, about('next-second'))
      const byViewer = await bench.perform({ ...clear, account: viewer.account.id }, {})
      await bench.wait(NEXT_SECOND_MS, about('next-second'))
      const between = await bench.perform(read, {})
      await bench.wait(NEXT_SECOND_MS, about('next-second'))
      if (bench.signal.aborted) return unanswered('lab', 'cancelled')
      let byAdministrator: Exchange | null = null
      const clearedAt = bench.now()
      await bench.change(`${ID}/${bench.sample.id}`, about('clearing'), null, async () => {
        byAdministrator = await bench.perform(clear, {})
      })
      const after = await bench.perform(read, {})
      const readLater = () => bench.perform(read, {})
      const told = channels && (await tellings(bench, channels, { clearedAt, after, logIn: viewer.ask, readLater }))
      await channels?.restore(SETTLE_MS)
      const administrator = byAdministrator as Exchange | null
      if (bench.signal.aborted || !administrator) return unanswered('lab', 'cancelled')
      const tries = {
        viewer: viewer.account.id,
        login,
        nobody,
        before,
        byViewer,
        between,
        byAdministrator: administrator,
        after,
        ...(told ? { told } : {}),
      }
      return {
        answered: true,
        value: { declared: true, clear: api.clear !== undefined, tries },
        controls: [],
        artifacts: [],
      }
    } finally {
      await channels?.close()
    }
  },
})

type Tellings = NonNullable<NonNullable<LogClearing['tries']>['told']>

/** What came by the channels since the clearing; where nothing spoke of it, also after a log-in that shows that logs work. */
async function tellings(
  bench: Bench,
  channels: LogChannels,
  asked: { clearedAt: number; after: Exchange; logIn(): Promise<Exchange>; readLater(): Promise<Exchange> },
): Promise<Tellings> {
  const { clearedAt, after } = asked
  const isTold =
    readLog(after)?.entries.some(speaks) === true ||
    channels.since(clearedAt).some((r) => speaks(Buffer.from(r.bytes).toString('latin1')))
  let control: Tellings['control'] = null
  if (!isTold) {
    const login = await asked.logIn()
    await bench.wait(CONTROL_MS, about('control'))
    control = { login, later: await asked.readLater() }
  }
  const until = bench.now()
  const arrived = channels.since(clearedAt).filter((r) => r.at <= until)
  return { channels: channels.list, clearedAt, until, ...storable(bench, arrived), control }
}

const speaks = (text: string): boolean => speaksOf('log-cleared', text)

/** An account that may only look, with a log-in that shows that its password is right: its own, else that of anybody. */
function viewerOf(
  bench: Bench,
): { account: Account; ask(): Promise<Exchange>; askAsNobody(): Promise<Exchange> } | null {
  const { accounts, logins } = bench.statement
  for (const account of accounts.filter((a) => a.role === 'viewer'))
    for (const login of [...logins].sort((a, b) => isOf(account, b) - isOf(account, a))) {
      const door = doorOf(bench, login)
      if (!door) continue
      return { account, ask: () => door.ask(bench.credential(account.id)), askAsNobody: () => door.ask(null) }
    }
  return null
}

const isOf = ({ id }: Account, { account }: Login): number => (account === id ? 1 : 0)
