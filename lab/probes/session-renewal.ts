import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Entry, Renewal, Sessions } from '../../suites/observations/sessions.ts'
import type { Asked } from '../instruments/conversation.ts'
import { copyOf, nothing, type Holding } from '../instruments/session-parts.ts'
import type { SessionWalk } from '../instruments/session-walk.ts'

interface Steps {
  walk: SessionWalk
  asked: Asked
  told(holding: Holding): Entry['gave']
  entryOf(at: SessionWalk, holding: Holding): Promise<Entry>
}

/** A session in which a new token is had before the log-out and asked for after it, and one more in which that works again. */
export async function renewalOf(steps: Steps): Promise<NonNullable<Sessions['renewal']>> {
  const { walk, entryOf } = steps
  const holding = nothing()
  const entry = await entryOf(walk, holding)
  const before: Renewal[] = []
  for (const withToken of [false, true]) {
    if (before.at(-1)?.opened || (withToken && holding.token === null)) continue
    if (!withToken && holding.refresh === null && holding.cookies.size === 0) continue
    before.push(...(await renewed(steps, holding, withToken)))
  }
  const way = before.at(-1)?.opened ? before.at(-1) : undefined
  const sent = copyOf(holding)
  const out = await walk.leave(holding)
  if (!way || !out) return { entry, before, out, after: null, later: null }
  const [after = null] = await renewed(steps, sent, way.withToken)
  const other = nothing()
  await entryOf(walk, other)
  const [later = null] = await renewed(steps, other, way.withToken)
  await walk.leave(other)
  return { entry, before, out, after, later }
}

/** The new token in the place of the old one; nothing where no such request is declared. */
async function renewed({ walk, asked, told }: Steps, holding: Holding, withToken: boolean): Promise<Renewal[]> {
  const had = new Set(told(holding).map((g) => g.digest))
  const exchange = await walk.renew(holding, withToken)
  if (!exchange) return []
  const gave = told(holding).filter((g) => !had.has(g.digest))
  const opened = gave.length > 0 ? await walk.ask(asked, holding) : null
  return [{ withToken, asked: exchange, gave, opened }]
}

/** With every cookie and token hidden. */
export function hiddenRenewal(
  value: NonNullable<Sessions['renewal']>,
  hide: (exchange: Exchange) => Exchange,
): NonNullable<Sessions['renewal']> {
  const one = (r: Renewal): Renewal => ({ ...r, asked: hide(r.asked), opened: r.opened && hide(r.opened) })
  return {
    ...value,
    before: value.before.map(one),
    out: value.out && hide(value.out),
    after: value.after && one(value.after),
    later: value.later && one(value.later),
  }
}
