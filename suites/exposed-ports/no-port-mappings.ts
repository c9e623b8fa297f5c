import { always, defineCriterion, evidence, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { addressKey } from '../facts/log-words.ts'
import {
  isOfInternet,
  natAskOf,
  searchTargetOf,
  upnpAskOf,
  type GatewayAsk,
  type PortMapping,
} from '../facts/port-mapping.ts'
import {
  GATEWAY_WAYS,
  kind,
  SECONDS_AFTER_REBOOT,
  type GatewayMessage,
  type PortMappings,
} from '../observations/port-mappings.ts'
import { kind as rebootLog } from '../observations/reboot-log.ts'
import { int, obj, opt, type Static } from '../schema.ts'
import type { Statement } from '../statement.ts'

/** How long the device must have had a gateway; 30 where nothing is said. */
const parameters = obj({ leastSeconds: opt(int(1, 604_800)) })
type Context = JudgeContext<Static<typeof parameters>>

/**
 * The device asks no gateway to open a port to the Internet that its maker has not declared (EN 303 645 provision 5.6-1:
 * exposed network interfaces), over UPnP IGD, NAT-PMP (RFC 6886) or PCP (RFC 6887). To look for a gateway is no mapping.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/no-port-mappings',
  version: '1.0.0',
  area: 'exposed-ports',
  over: kind,
  also: [rebootLog],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const read = value.asks.map((message, i) => ({ ask: readOf(message), cites: [context.cite(`/asks/${i}`)] }))
    const mappings = read.flatMap(({ ask, cites }) => (ask.is === 'mapping' ? [byMapping(ask, cites, context)] : []))
    const outside = read.find(({ ask }) => ask.is === 'outside')
    const unread = read.filter(({ ask }) => ask.is === 'unread')
    return [
      ...mappings,
      ...(outside && mappings.length === 0 ? [stopped(value, [...outside.cites, context.cite('/outside')])] : []),
      ...(unread.length > 0
        ? [
            gap(
              'unread',
              { messages: unread.length },
              unread.flatMap((u) => u.cites),
            ),
          ]
        : []),
      ...looked(value, context),
      ...sight(value, context),
    ]
  },
})

function readOf({ way, bytes }: GatewayMessage): GatewayAsk {
  const raw = fromBase64(bytes)
  if (way === 'http') return upnpAskOf(raw)
  if (way === 'port-5351') return natAskOf(raw)
  return { is: 'question', how: searchTargetOf(raw) ?? '' }
}

/** Who asks for the address outside may want to map: some clients go on only where it is one of the Internet. */
const stopped = ({ outside }: PortMappings, cites: Finding['cites']): Finding =>
  (isOfInternet(outside) ? evidence : gap)(
    isOfInternet(outside) ? 'asked-address' : 'stopped-at-address',
    { address: outside },
    cites,
  )

function byMapping(
  { how, mapping }: Extract<GatewayAsk, { is: 'mapping' }>,
  cites: Finding['cites'],
  { statement, subject }: Context,
): Finding {
  const { transport, internal, external, seconds, client, description } = mapping
  const values = { how, transport, internal, external, seconds, client, description }
  const own = Object.values(
    statement.samples.find((s) => subject.startsWith(`${s.id}/`) || s.id === subject)?.addresses ?? {},
  )
  const isToItself =
    client === '' || own.some((address) => address !== null && addressKey(address) === addressKey(client))
  const declared = isToItself ? statement.portMappings?.find((d) => isDeclared(d, mapping)) : undefined
  return declared
    ? evidence('declared', { ...values, mapping: declared.id }, cites)
    : violation('undeclared', values, cites)
}

const isDeclared = (d: NonNullable<Statement['portMappings']>[number], asked: PortMapping): boolean =>
  d.transport === asked.transport && d.port === asked.internal && (d.external ?? asked.external) === asked.external

/** That a device looks for gateways is told and says nothing against it. */
function looked({ asks }: PortMappings, { cite }: Context): Finding[] {
  const first = asks.findIndex((a) => a.way === 'search')
  return first < 0 ? [] : [evidence('looked', {}, [cite(`/asks/${first}`)])]
}

/** What keeps silence from counting: a gateway that did not answer, too short a time, no start of the device in it. */
function sight(value: PortMappings, context: Context): Finding[] {
  const { cite, parameters } = context
  const seconds = Math.floor((value.until - value.from) / 1_000_000)
  const least = parameters.leastSeconds ?? 30
  const deaf = GATEWAY_WAYS.flatMap((way) =>
    (['before', 'after'] as const)
      .filter((when) => !value.controls.some((c) => c.way === way && c.when === when && c.answered))
      .map((when) => gap(DEAF[when], { way }, [cite('/controls')])),
  )
  const watched = { seconds, address: value.address, messages: value.asks.length }
  return [
    ...deaf,
    ...(seconds < least ? [gap('too-short', { seconds, least }, [cite('/from'), cite('/until')])] : []),
    ...(value.left > 0 ? [gap('list-cut', { left: value.left }, [cite('/left')])] : []),
    evidence('watched', watched, [cite('/from'), cite('/until'), cite('/controls')]),
    ...(value.before > 0 ? [gap('watched-in-part', { before: value.before }, [cite('/before')])] : []),
    ...reboots(value, context),
  ]
}

const DEAF = { before: 'deaf-before', after: 'deaf-after' } as const

/** Many devices ask once, when they start: where a reboot is declared, one must lie in the time. */
function reboots({ from, until }: PortMappings, { statement, subject, cite, others }: Context): Finding[] {
  if (!statement.actions.reboot) return []
  const found = others(rebootLog).find((o) => o.subject === subject)
  const { open } = found?.seen.answered ? found.seen.value : { open: null }
  if (!found || open === null || open < from || open > until) return [gap('no-reboot', {}, [])]
  const seconds = Math.floor((until - open) / 1_000_000)
  const cites = [found.cite('/closed'), found.cite('/open'), cite('/until')]
  return [
    seconds < SECONDS_AFTER_REBOOT
      ? gap('too-short-after-reboot', { seconds, least: SECONDS_AFTER_REBOOT }, cites)
      : evidence('over-reboot', { seconds }, cites),
  ]
}
