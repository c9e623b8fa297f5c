import {
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Applies,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { addressKey } from '../facts/log-words.ts'
import { answerTime, showsWhatItSays, takenBy, watchedFor, type ClientOutcome } from '../facts/tls-client.ts'
import { kind as failedLoginLog, type FailedLoginLog } from '../observations/failed-login-log.ts'
import { IMPOSTORS, kind as tlsClients, STRIPPERS, type TlsServer } from '../observations/tls-clients.ts'
import { obj } from '../schema.ts'
import type { Statement } from '../statement.ts'

/**
 * The device as a TLS client sends nothing to a server whose certificate it cannot trust (EN 303 645 provision 5.5-1, RFC
 * 5280 section 6, RFC 9525), and no mail without TLS where the server keeps it from beginning (RFC 3207 section 6). Only a genuine server that is taken before and after, at the same port, makes a refusal one.
 */
export const criterion = defineCriterion({
  id: 'encryption/server-certificate-checked',
  version: '1.1.0',
  area: 'encryption',
  over: tlsClients,
  also: [failedLoginLog],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies,
  contradicts,
  judge({ value }, { statement, subject, cite }) {
    const sample = statement.samples.find((s) => s.id === subject.split('/')[0])
    const addresses = [sample?.addresses.ipv4 ?? null, sample?.addresses.ipv6 ?? null].filter((a) => a !== null)
    const client = value.client
    const met = value.servers.map((server, i) => {
      const taken = takenBy(server, addresses)
      const connections = taken?.connections.map((c) => cite(`/servers/${i}/connections/${c}`))
      const alert = taken ? (server.connections[taken.connections[0] ?? 0]?.alert ?? '') : ''
      return {
        shows: server.shows,
        outcome: taken?.outcome ?? ('not-met' as const),
        values: { client, alert: alert === '' ? '-' : alert },
        cites: connections ?? [cite(`/servers/${i}/connections`)],
        watched: watchedFor(server),
        isTrue: showsWhatItSays(server, value),
      }
    })
    const wrong = met.findIndex((m) => !m.isTrue)
    if (wrong >= 0) return [gap('certificate-not-so', { client, server: wrong + 1 }, [cite(`/servers/${wrong}/chain`)])]
    const [before, after] = [met[0], met.at(-1)]
    if (before?.shows !== 'genuine') return [gap('genuine-unseen', { client }, [cite('/servers')])]
    const isMail = value.protocol === 'smtp-starttls'
    const without = isMail ? met.filter((m) => m.outcome === 'in-clear').map(inClear) : []
    if (before.outcome !== 'sent' && without.length > 0) return without
    if (before.outcome !== 'sent') return [gap(NOT_TAKEN[before.outcome], before.values, before.cites)]
    const own: Finding[] =
      value.authority.origin === 'unknown'
        ? [violation('unknown-authority-trusted', { client }, [...before.cites, cite('/authority')])]
        : [evidence('genuine-taken', { client }, before.cites)]
    const first = value.servers[0]
    const needed = first ? answerTime(first, value.enable) : 0
    const isAgain = met.length > 1 && after?.shows === 'genuine'
    return [
      ...own,
      ...[...IMPOSTORS, ...(isMail ? STRIPPERS : [])].flatMap((shows) => {
        const all = met.filter((m) => m.shows === shows)
        return all.length === 0
          ? [gap('impostor-missing', { client, impostor: shows }, [cite('/servers')])]
          : all.map((m) => byImpostor(m, needed, isMail))
      }),
      isAgain && after.outcome === 'sent'
        ? evidence('genuine-taken-again', { client }, after.cites)
        : gap('genuine-not-again', { client }, isAgain ? after.cites : [cite('/servers')]),
    ]
  },
})

interface Met {
  shows: TlsServer['shows']
  outcome: ClientOutcome | 'not-met'
  values: Record<string, string>
  cites: Finding['cites']
  watched: number
}

/** Why nothing can be said where the genuine server got no data. */
const NOT_TAKEN: Record<Exclude<Met['outcome'], 'sent'>, string> = {
  'not-met': 'genuine-not-met',
  refused: 'genuine-refused',
  kept: 'genuine-got-nothing',
  'in-clear': 'genuine-in-clear',
  unclear: 'genuine-unclear',
}

/** Mail or a log-in without TLS, whatever the server was: no twin is needed to know it. */
const inClear = ({ shows, values, cites }: Pick<Met, 'shows' | 'values' | 'cites'>): Finding =>
  shows === 'genuine'
    ? violation('genuine-mail-in-clear', values, cites)
    : violation('mail-in-clear', { ...values, impostor: shows }, cites)

/**
 * Data is a violation. To come, to see the certificate and to go without a word of the application is what is wanted, if it
 * was watched for longer than the genuine server needed: a device that is restarting goes, too, and comes again.
 */
function byImpostor({ shows, outcome, values, cites, watched }: Met, needed: number, isMail: boolean): Finding {
  const more = { ...values, impostor: shows }
  switch (outcome) {
    case 'sent':
      return violation(`trusted-${shows}`, values, cites)
    case 'refused':
      if (watched < needed) return gap('impostor-watched-too-short', more, cites)
      return evidence(values.alert === '-' ? 'impostor-left' : 'impostor-refused', more, cites)
    case 'kept':
      return suspicion('impostor-kept', more, cites)
    case 'in-clear':
      return isMail ? inClear({ shows, values, cites }) : suspicion('impostor-in-clear', more, cites)
    case 'not-met':
      return gap('impostor-not-met', more, cites)
    case 'unclear':
      return gap('impostor-unclear', more, cites)
  }
}

const isOverTls = ({ protocol }: { protocol: string }): boolean => protocol === 'syslog-tls'

/** A statement that says nothing of such connections does not say that there are none; one that contradicts itself neither. */
function applies({ tlsClients, logging }: Statement): Applies {
  const without = (answer: 'no' | 'unknown', code: string): Applies => ({ answer, why: { code, values: {} } })
  if (tlsClients === undefined) return without('unknown', 'clients-not-stated')
  if (tlsClients.length > 0) return { answer: 'yes' }
  return logging.channels.some(isOverTls)
    ? without('unknown', 'channel-not-among-clients')
    : without('no', 'no-client-declared')
}

/** The statement says that the device makes no connection over TLS, and records came over one (rule 5). */
function contradicts({ statement, others }: JudgeContext<unknown>): Finding[] {
  if (!statement.tlsClients) return []
  const own = new Set(
    statement.samples.flatMap((s) => [s.addresses.ipv4, s.addresses.ipv6]).map((a) => addressKey(a ?? '')),
  )
  return others<FailedLoginLog>(failedLoginLog).flatMap(({ seen, cite }) => {
    if (!seen.answered) return []
    const { channels, records } = seen.value
    const overTls = new Set(channels.filter(isOverTls).map((c) => c.id))
    const at = records.findIndex((r) => overTls.has(r.channel) && own.has(addressKey(r.from)))
    return at < 0
      ? []
      : [violation('client-undeclared', { channel: records[at]?.channel ?? '' }, [cite(`/records/${at}`)])]
  })
}
