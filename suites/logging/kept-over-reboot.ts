import { defineCriterion, evidence, gap, suspicion, violation } from '../criterion.ts'
import { newEntries, readLog } from '../facts/log-entries.ts'
import { holdsTime } from '../facts/log-events.ts'
import { kind as rebootLog } from '../observations/reboot-log.ts'
import { obj } from '../schema.ts'
import { needs } from './declared.ts'

/**
 * What the device's own log gained shortly before a reboot can still be read after it. Only entries that a log-in of the
 * lab brought count: what surrounds a log on its page would be there after any reboot.
 */
export const criterion = defineCriterion({
  id: 'logging/kept-over-reboot',
  version: '1.0.0',
  area: 'logging',
  over: rebootLog,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: needs(
    ['no-own-log-declared', ({ logging }) => logging.api !== undefined],
    ['no-reboot-declared', ({ actions }) => actions.reboot !== undefined],
  ),
  judge({ value }, { cite }) {
    const { api, closed, open } = value
    if (!api) return [gap('log-not-read', {}, [cite('/api')])]
    if (closed === null || open === null) return [gap('reboot-not-shown', {}, [cite('/closed'), cite('/open')])]
    const [first, before, after] = [api.first, api.before, api.after].map(readLog)
    if (!first || !before || !after) return [gap('log-not-read', {}, [cite('/api')])]
    const gained = newEntries(first.entries, before.entries)
    if (gained.length === 0) return [gap('nothing-gained', {}, [cite('/api/first'), cite('/api/before')])]
    const still = new Set(after.entries)
    const lost = gained.filter((e) => !still.has(e))
    const cites = [cite('/api/before'), cite('/closed'), cite('/api/after')]
    if (lost.length === 0) return [evidence('kept', { entries: gained.length }, cites)]
    // As many as before may be all that the page shows at once.
    const isFull = after.mayBePart && after.entries.length >= before.entries.length
    if (!after.whole || isFull) return [gap('log-cut', {}, cites)]
    if (lost.length < gained.length) return [suspicion('lost-in-part', { entries: lost.length }, cites)]
    // An entry that reads otherwise each time, by its number or its age, cannot be found again.
    const isSteady = first.entries.some((e) => before.entries.includes(e)) && gained.every(holdsTime)
    if (!isSteady) return [suspicion('not-steady', { entries: gained.length }, cites)]
    return [violation('lost', { entries: gained.length }, cites)]
  },
})
