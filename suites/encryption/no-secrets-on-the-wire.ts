import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Cite,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { lacksOf } from '../facts/capture-sight.ts'
import { kind as eventLog, type EventLog } from '../observations/event-log.ts'
import { kind, type Traffic } from '../observations/traffic.ts'
import { obj } from '../schema.ts'
import type { Statement } from '../statement.ts'

/** Fewer bytes than these may stand there by chance. */
const LEAST_BYTES = 8
const LEAST_SECONDS = 30

/**
 * The device sends no password of its users without encryption (EN 303 645 provision 5.5-1): not in answers, nor in log
 * records, nor to a server. What the lab sends in clear, to try whether that works, is for other criteria; a device that
 * only repeats it is suspected.
 */
export const criterion = defineCriterion({
  id: 'encryption/no-secrets-on-the-wire',
  version: '1.0.0',
  area: 'encryption',
  over: kind,
  also: [eventLog],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const { cite } = context
    const { conversations, encrypted, bytes, skipped, left } = value.clear
    const said = [cite('/clear/bytes'), cite('/clear/encrypted')]
    return [
      ...value.clear.secrets.flatMap((s, i) =>
        s.by === 'device' ? [bySecret(s, value, context.statement, cite(`/clear/secrets/${i}`))] : [],
      ),
      ...lacksOf(value, context, LEAST_SECONDS),
      ...(left > 0 ? [gap('list-cut', { left }, [cite('/clear/left')])] : []),
      ...passwordsUsed(value, context),
      conversations + encrypted === 0
        ? gap('nothing-said', {}, said)
        : evidence('looked-through', { conversations, encrypted, bytes }, said),
      ...(skipped > 0 ? [evidence('skipped', { skipped }, [cite('/clear/skipped')])] : []),
    ]
  },
})

/** Log-ins and set passwords that the capture can have seen: where there were none, none could be sent. */
function passwordsUsed({ from, until }: Traffic, { subject, others }: JudgeContext<unknown>): Finding[] {
  const log = others<EventLog>(eventLog).find((o) => o.subject === subject)
  const events = log?.seen.answered ? log.seen.value.events : []
  const at = events.findIndex((e) => BEARS_PASSWORD.has(e.what) && e.at >= from && e.at <= until)
  if (!log || at < 0) return [gap('no-password-used', {}, [])]
  return [evidence('password-used', {}, [log.cite(`/events/${at}`)])]
}
const BEARS_PASSWORD: ReadonlySet<string> = new Set(['accepted', 'account-added', 'password-changed'])

type Secret = Traffic['clear']['secrets'][number]

/** A secret of the lab is random; one that is declared may be a word that stands there for another reason. */
function bySecret(s: Secret, { clear }: Traffic, { accounts }: Statement, cite: Cite): Finding {
  const values = { secret: s.secret || '-', peer: s.peer, transport: s.transport, port: s.port, own: s.devicePort }
  const isEcho = clear.secrets.some(
    (o) =>
      o.by === 'peer' &&
      o.secret === s.secret &&
      o.transport === s.transport &&
      o.peer === s.peer &&
      o.port === s.port &&
      o.devicePort === s.devicePort,
  )
  const isDeclared = accounts.some((a) => a.id.replace(/[^A-Za-z0-9._-]/g, '_').startsWith(s.secret))
  if (isDeclared || s.secret === '' || s.length < LEAST_BYTES) return suspicion('maybe-by-chance', values, [cite])
  return isEcho ? suspicion('secret-repeated', values, [cite]) : violation('secret-sent', values, [cite])
}
