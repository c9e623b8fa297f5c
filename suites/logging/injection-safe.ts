import { defineCriterion, evidence, gap, violation, type Finding } from '../criterion.ts'
import { fromBase64, latin1 } from '../facts/bytes.ts'
import { readLog } from '../facts/log-entries.ts'
import { forgeryIn, hasForgedLine } from '../facts/log-forgery.ts'
import { kind as eventLog } from '../observations/event-log.ts'
import { obj } from '../schema.ts'
import { needs } from './declared.ts'
import { recordsOf, toldBy } from './telling.ts'

/**
 * A user name that holds a line break, the head of a record and markup forges nothing: no record begins with that head,
 * no record breaks there (RFC 5424 section 6.4 and 8.2 on control characters), and a log page shows no live markup.
 */
export const criterion = defineCriterion({
  id: 'logging/injection-safe',
  version: '1.0.0',
  area: 'logging',
  over: eventLog,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: needs(),
  judge({ value }, context) {
    const i = value.events.findIndex((e) => e.what === 'injected')
    const event = value.events[i]
    const forgery = event && forgeryIn(event.value)
    if (!event || !forgery) return [gap('not-tried', {}, [context.cite('/events')])]
    const own = context.cite(`/events/${i}`)
    const told = toldBy(value, context)

    const broken = value.records.flatMap(({ raw, from, at }, k): Finding[] => {
      const text = latin1(fromBase64(raw))
      if (at < event.at || !told.records[k]?.fromDevice) return []
      if (text.trimStart().startsWith(forgery.head))
        return [violation('record-forged', { from }, [own, context.cite(`/records/${k}`)])]
      return hasForgedLine(text, forgery.head)
        ? [violation('line-break-kept', {}, [own, context.cite(`/records/${k}`)])]
        : []
    })
    const log = value.api ? readLog(value.api.after) : null
    const inLog = log && told.entries !== null ? context.cite('/api/after') : null
    if (log && inLog && hasForgedLine(log.body, forgery.head)) broken.push(violation('line-forged', {}, [own, inLog]))
    if (log && inLog && /html|xml/.test(log.type) && log.body.includes(forgery.markup))
      broken.push(violation('markup-kept', {}, [own, inLog]))
    const split = told.records.flatMap((r, k) =>
      r.fromDevice && r.at >= event.at ? [{ text: r.text, pointer: `/records/${k}` }] : [],
    )
    const entries = (told.entries ?? []).map((r) => ({ text: r.text, pointer: r.pointer }))
    for (const rows of [split, entries]) {
      const rest = rows.find(({ text }) => isRestOfName(text, event.word, forgery.head))
      if (rest && rows.some(({ text }) => text.includes(event.word) && !text.includes(forgery.head)))
        broken.push(violation('record-split', {}, [own, context.cite(rest.pointer)]))
    }
    if (broken.length > 0) return broken

    const { named } = recordsOf(event, told)
    if (named.length === 0) return [gap('name-not-recorded', {}, [own])]
    // What a page shows has been through the browser: line breaks are folded, and markup does what it says.
    if (log?.isPage && named.every((r) => r.channel === 'log')) return [gap('only-on-page', {}, [own])]
    return [evidence('encoded', { word: event.word }, [own, ...named.slice(0, 3).map((r) => context.cite(r.pointer))])]
  },
})

/**
 * What stood behind the line break, in a record that does not hold what stood before it: whoever writes the log made two
 * records of one name, the second with any text that the name's owner likes.
 */
function isRestOfName(text: string, word: string, head: string): boolean {
  const at = text.indexOf(head)
  return at !== -1 && !text.slice(0, at).includes(word)
}
