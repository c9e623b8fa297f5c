import { defineCriterion, evidence, gap, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { headerOf } from '../facts/http-message.ts'
import { parseSdp } from '../facts/sdp.ts'
import { kind, type RtspAnonymous, type RtspAttempt, type RtspVisit } from '../observations/rtsp-anonymous.ts'
import { obj, oneOf } from '../schema.ts'
import { endpointOf } from '../subject.ts'

/** What a text wants of media in clear: told only, allowed where the same can be had encrypted, or refused. */
const parameters = obj({ clear: oneOf('noted', 'beside', 'refused') })
type Clear = 'noted' | 'beside' | 'refused'

/**
 * Pictures and sound cross the network encrypted (EN 303 645 provision 5.8-2). Whether plain RTSP is allowed in a local
 * network is for the regulation to say; an endpoint that speaks TLS and sends its media beside it in clear never passes.
 */
export const criterion = defineCriterion({
  id: 'encryption/media-encrypted',
  version: '1.0.0',
  area: 'encryption',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: ({ services }) =>
    services.some(({ protocol }) => protocol === 'rtsp' || protocol === 'rtsps')
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-stream-declared', values: {} } },
  contradicts: (context) =>
    context.others(kind).flatMap(({ seen, cite, subject }) => {
      const flow = seen.answered ? flowsOf(seen.value)[0] : undefined
      return flow ? [violation('stream-claimed-absent', { subject, target: flow.target }, [cite(flow.at)])] : []
    }),
  judge({ value }, context) {
    const flows = flowsOf(value)
    const secret = flows.filter((f) => f.visit.access !== 'public')
    if (secret.length > 0) return secret.map((flow) => flowFinding(flow, value, context))
    const cites = [context.cite('/visits')]
    if (flows.length > 0) return [evidence('public-only', { count: flows.length }, cites)]
    return [gap('nothing-flowed', { port: value.port }, cites)]
  },
})

interface Flow {
  visit: RtspVisit
  target: string
  attempt: RtspAttempt
  at: string
}

/** Where media flowed: to somebody who had logged in, else to anybody. */
const flowsOf = ({ visits }: RtspAnonymous): Flow[] =>
  visits.flatMap((visit, i) =>
    (['genuine', 'anonymous'] as const).flatMap((who): Flow[] => {
      const attempt = visit[who]
      const flows = (attempt?.played?.media?.packets ?? 0) > 0
      return attempt && flows ? [{ visit, target: visit.target, attempt, at: `/visits/${i}/${who}` }] : []
    }),
  )

/** How media came: within the connection of RTSP, or in datagrams of their own, perhaps protected (RFC 3711). */
function wayOf({ attempt }: Flow): 'within' | 'datagrams' | 'srtp' {
  const description = answerOf(attempt.describe)
  const media = (description && parseSdp(description.body)?.media) ?? []
  const medium = media.find((m) => m.kind === 'video') ?? media[0]
  if (medium && /\/SAVPF?$/i.test(medium.profile)) return 'srtp'
  const answer = answerOf(attempt.played?.setup ?? null)
  const transport = (answer && headerOf(answer, 'transport')) ?? ''
  return /interleaved=|\/TCP\b/i.test(transport) ? 'within' : 'datagrams'
}

function flowFinding(flow: Flow, value: RtspAnonymous, context: JudgeContext<{ clear: Clear }>): Finding {
  const values = { target: flow.target, port: value.port, family: value.family }
  const cites = [context.cite(`${flow.at}/played`)]
  const way = wayOf(flow)
  // What SRTP carries is not looked at; its keys go in clear where the description does (RFC 4568 section 7).
  if (way === 'srtp') return gap(value.tls ? 'srtp-unverified' : 'srtp-keys-in-clear', values, cites)
  if (value.tls)
    return way === 'within' ? evidence('within-tls', values, cites) : violation('beside-tls-in-clear', values, cites)
  const { clear } = context.parameters
  if (clear === 'noted') return evidence('in-clear-noted', values, cites)
  const twin = clear === 'beside' ? encryptedTwin(flow.target, context) : null
  return twin ? evidence('encrypted-too', values, [...cites, twin]) : violation('in-clear', values, cites)
}

/** The same stream within TLS at another endpoint of the same address. */
function encryptedTwin(target: string, { subject, others }: JudgeContext<unknown>): Cite | null {
  const here = endpointOf(subject)
  for (const other of others(kind)) {
    const there = endpointOf(other.subject)
    if (!other.seen.answered || there.sample !== here.sample || there.family !== here.family) continue
    if (!other.seen.value.tls) continue
    const twin = flowsOf(other.seen.value).find((f) => f.target === target && wayOf(f) === 'within')
    if (twin) return other.cite(`${twin.at}/played`)
  }
  return null
}
