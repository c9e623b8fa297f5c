import { defineCriterion, evidence, gap, suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import { fromBase64, latin1 } from '../facts/bytes.ts'
import { gainedBetween, readLog } from '../facts/log-entries.ts'
import { kind as eventLog, type EventLog } from '../observations/event-log.ts'
import { kind as failedLoginLog } from '../observations/failed-login-log.ts'
import { obj } from '../schema.ts'
import type { Statement } from '../statement.ts'
import { needs } from './declared.ts'
import { isProven } from './recorded.ts'
import { after, toldBy } from './telling.ts'

/** What the redactor writes in a secret's place; cut to the secret's length, so that its end may be missing. */
const TOKEN = /\{secret:([A-Za-z0-9._-]{0,64})(\}?)/g
/** A record is kept up to this, and what was cut off is not known. */
const KEPT_BYTES = 4_096

/**
 * No password that the lab tried or set stands in a record, in any encoding the redactor knows (plain, Base64, URL,
 * hexadecimal): the token in its place tells whose it was. Only a log in which events with passwords left records says so.
 */
export const criterion = defineCriterion({
  id: 'logging/no-secrets-in-log',
  version: '1.1.0',
  area: 'logging',
  over: eventLog,
  also: [failedLoginLog],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: needs(),
  judge({ value }, context) {
    const sample = context.subject
    const logIns = context
      .others(failedLoginLog)
      .flatMap(({ subject, seen, cite }) =>
        seen.answered && subject.startsWith(`${sample}/`) ? [{ value: seen.value, cite }] : [],
      )
    const texts = [{ value, cite: context.cite }, ...logIns].flatMap((o) =>
      o.value.records.map(({ raw }, i) => ({ text: latin1(fromBase64(raw)), cite: o.cite(`/records/${i}`) })),
    )
    const own = value.api ? readLog(value.api.after) : null
    if (own) texts.push({ text: own.body, cite: context.cite('/api/after') })
    const found = texts.flatMap(({ text, cite }) => secretsIn(text, cite, context.statement))
    if (found.length > 0) return found

    const told = toldBy(value, context)
    const bearing = value.events.filter((e) => BEARS_SECRET.has(e.what) && isProven(value, e, context))
    const [first] = bearing
    if (!first) return [gap('no-secret-used', {}, [context.cite('/events')])]
    const looked = after(first, told)
    if (looked.length === 0) return [gap('empty-log', {}, [context.cite('/records')])]
    return [
      ...incomplete(value, texts, own === null || (own.whole && reachesBack(value.api)), context.cite),
      evidence('none', { records: texts.length, events: bearing.length }, [
        ...bearing.map((e) => context.cite(`/events/${value.events.indexOf(e)}`)),
        ...looked.slice(0, 3).map((r) => context.cite(r.pointer)),
      ]),
    ]
  },
})

const BEARS_SECRET: ReadonlySet<string> = new Set(['account-added', 'password-changed', 'injected'])

/** A secret of the lab is a violation; one that is declared may be a word that stands there for another reason. */
function secretsIn(text: string, cite: Cite, statement: Statement): Finding[] {
  const names = new Set([...text.matchAll(TOKEN)].map(([, name = '']) => name))
  return [...names].slice(0, 5).map((name) => {
    const isDeclared = statement.accounts.some(
      (a) => a.password.published === undefined && a.id.replace(/[^A-Za-z0-9._-]/g, '_').startsWith(name),
    )
    return (isDeclared ? suspicion : violation)('secret-recorded', { secret: name }, [cite])
  })
}

/** What ends with its connection may have been broken off after any line; a later reading that holds the earlier one was not. */
function reachesBack(api: EventLog['api']): boolean {
  const after = api && readLog(api.after)
  return !api || !after?.mayBePart || after.isPage || gainedBetween(api.before, api.after)?.lack === null
}

function incomplete(
  { left }: EventLog,
  texts: readonly { text: string; cite: Cite }[],
  isWhole: boolean,
  cite: (pointer: string) => Cite,
): Finding[] {
  const cut = texts.filter(({ text, cite: c }) => text.length === KEPT_BYTES && c.at.startsWith('/records/'))
  return [
    ...(left > 0 ? [gap('event-log.too-many-records', { left }, [cite('/left')])] : []),
    ...(cut.length > 0
      ? [
          gap(
            'record-cut',
            { records: cut.length },
            cut.slice(0, 3).map((c) => c.cite),
          ),
        ]
      : []),
    ...(isWhole ? [] : [gap('log-cut', {}, [cite('/api/after')])]),
  ]
}
