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
import { answerOf } from '../facts/answer.ts'
import { addressKey } from '../facts/log-words.ts'
import { responseTo } from '../facts/onvif.ts'
import { addressesInPage, addressesInResponse, isPlain, type ToldAddress } from '../facts/told-addresses.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind as httpAnonymous, type HttpAnonymous } from '../observations/http-anonymous.ts'
import { onvifAt } from '../observations/onvif-endpoints.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { obj, oneOf, opt, type Static } from '../schema.ts'

const parameters = obj({
  /** How an address of the unit itself without encryption is judged; a suspicion where nothing is said. */
  addresses: opt(oneOf('noted', 'suspicion', 'violation')),
  /** The same of streams over RTSP where the statement declares RTSP without TLS at that port; noted where nothing is said. */
  declaredStreams: opt(oneOf('noted', 'suspicion', 'violation')),
})
type Context = JudgeContext<Static<typeof parameters>>

/** An address with the answer that told it. */
interface Told extends ToldAddress {
  cite: Cite
  by: string
}

/**
 * Nothing that the device says within TLS leads its reader out of it: redirects, parts of pages, addresses of ONVIF services
 * and pictures at the device itself are not plain `http://` or `rtsp://` (EN 303 645 provision 5.5-1). What leads to somebody
 * else is noted and never followed.
 */
export const criterion = defineCriterion({
  id: 'encryption/no-plain-addresses',
  version: '1.0.0',
  area: 'encryption',
  over: httpAnonymous,
  also: [onvifOperations],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const { port } = value
    if (!value.tls) return [withoutTls(value, context)]
    const pages = sayingsOf(value, context)
    const onvif = onvifSayings(context)
    const told = [...pages, ...onvif.told].flatMap((s) =>
      s.addresses.map((a): Told => ({ ...a, cite: s.cite, by: s.by })),
    )
    const hosts = ownHosts(context)
    // What ONVIF gives are places of the device; a name may be the device's own.
    const isOwn = (a: Told) => hosts.has(addressKey(a.host)) || (a.by !== 'page' && isName(a))
    const plain = told.filter(isPlain)
    const own = plain.filter(isOwn)
    const others = plain.filter((a) => !isOwn(a) && a.by !== 'page')
    const cites = [context.cite('/opening'), ...onvif.told.slice(0, 3).map((s) => s.cite)]
    return [
      ...each(own, context),
      ...(others.length > 0
        ? [
            evidence(
              'elsewhere',
              { addresses: textsOf(others) },
              others.slice(0, MOST_CITED).map((a) => a.cite),
            ),
          ]
        : []),
      ...onvif.gaps,
      ...unopened(value, context),
      evidence('looked', { port, answers: pages.length + onvif.told.length, addresses: told.length }, cites),
    ]
  },
})

const MOST_CITED = 4
const textsOf = (list: readonly ToldAddress[]): string =>
  [...new Set(list.map((a) => a.text))].slice(0, MOST_CITED).join(', ')

/** Nothing here is protected to begin with; that is said elsewhere. Without any TLS there is nothing to be led out of. */
function withoutTls({ port }: HttpAnonymous, { others, cite, subject }: Context): Finding {
  const sample = subject.split('/')[0] ?? ''
  const protectedOnes = others(httpAnonymous).filter(
    (o) => o.subject.startsWith(`${sample}/`) && o.seen.answered && o.seen.value.tls,
  )
  return protectedOnes.length > 0
    ? evidence('without-tls', { port }, [cite('/opening')])
    : gap('no-protected-session', { port }, [cite('/opening')])
}

function ownHosts({ statement, subject }: Context): Set<string | null> {
  const addresses = statement.samples.find((s) => s.id === subject.split('/')[0])?.addresses
  return new Set([addresses?.ipv4, addresses?.ipv6].flatMap((a) => (a ? (addressKey(a) ?? []) : [])))
}

const isName = ({ host }: ToldAddress): boolean => addressKey(host) === null

interface Saying {
  addresses: ToldAddress[]
  cite: Cite
  by: string
}

const sayingsOf = (value: HttpAnonymous, { cite }: Context): Saying[] =>
  [
    [value.opening, '/opening'] as const,
    ...value.visits.flatMap((v, i): (readonly [Exchange | null, string])[] => [
      [v.anonymous, `/visits/${i}/anonymous`],
      [v.genuine, `/visits/${i}/genuine`],
    ]),
  ].flatMap(([exchange, at]) => {
    const answer = answerOf(exchange)
    return answer ? [{ addresses: addressesInPage(answer), cite: cite(at), by: 'page' }] : []
  })

/** What ONVIF tells at the same endpoint, with and without a log-in. */
function onvifSayings({ statement, subject, others }: Context): { told: Saying[]; gaps: Finding[] } {
  const here = others(onvifOperations).find((o) => o.subject === subject)
  if (!here?.seen.answered)
    return { told: [], gaps: onvifAt(statement, subject) ? [gap('onvif-not-observed', { subject }, [])] : [] }
  const { services, asked } = here.seen.value
  const answers = [
    { operation: 'GetServices', service: 'device' as const, exchange: services, at: '/services' },
    ...asked.flatMap(({ operation, service, anonymous, genuine }, i) => [
      { operation, service, exchange: anonymous, at: `/asked/${i}/anonymous` },
      { operation, service, exchange: genuine, at: `/asked/${i}/genuine` },
    ]),
  ]
  const told = answers.flatMap(({ operation, service, exchange, at }): Saying[] => {
    const response = responseTo(operation, service, answerOf(exchange))
    return response ? [{ addresses: addressesInResponse(response), cite: here.cite(at), by: `ONVIF ${operation}` }] : []
  })
  return { told, gaps: [] }
}

/** One finding for each address, however often it was told. */
function each(own: readonly Told[], { statement, parameters: given }: Context): Finding[] {
  const found = new Map<string, Told[]>()
  for (const a of own) found.set(a.text, [...(found.get(a.text) ?? []), a])
  return [...found.values()].flatMap((list): Finding[] => {
    const first = list.find((a) => a.isFollowed) ?? list[0]
    if (!first) return []
    const isDeclared =
      first.scheme === 'rtsp' &&
      statement.services.some((s) => s.transport === 'tcp' && s.protocol === 'rtsp' && s.port === first.port)
    const asGiven = isDeclared ? (given.declaredStreams ?? 'noted') : (given.addresses ?? 'suspicion')
    // A link is the reader's choice.
    const isSure = first.isFollowed && !isName(first)
    const how = asGiven === 'violation' && !isSure ? 'suspicion' : asGiven
    const values = { address: first.text, by: [...new Set(list.map((a) => a.by))].join(', ') }
    const cites = list.slice(0, MOST_CITED).map((a) => a.cite)
    if (how === 'noted') return [evidence(isDeclared ? 'declared-stream' : 'noted', values, cites)]
    return [how === 'violation' ? violation('leads-out', values, cites) : suspicion('leads-out', values, cites)]
  })
}

/** What is behind the log-in was not seen. */
function unopened({ visits, port }: HttpAnonymous, { cite }: Context): Finding[] {
  const behind = visits.filter((v) => v.access === 'protected')
  const isOpened = behind.some(({ genuine }) => {
    const status = answerOf(genuine)?.status ?? 0
    return status >= 200 && status < 400
  })
  return behind.length === 0 || isOpened ? [] : [gap('not-opened', { port }, [cite('/visits')])]
}
