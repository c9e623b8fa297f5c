import { answerOf } from '../../suites/facts/answer.ts'
import { onvifOperations, type OnvifOperation } from '../../suites/facts/catalogue.ts'
import {
  ONVIF_NAMESPACES,
  ONVIF_SERVICES,
  onvifOutcome,
  responseTo,
  serviceAddresses,
  speaksOnvif,
  type OnvifService,
} from '../../suites/facts/onvif.ts'
import { descendantsOf } from '../../suites/facts/xml.ts'
import type { Control } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { onvifAt, onvifServices, USUAL_TARGET } from '../../suites/observations/onvif-endpoints.ts'
import { kind, type OnvifAsked, type OnvifWays } from '../../suites/observations/onvif-operations.ts'
import { endpointOf } from '../../suites/subject.ts'
import { authorityOf } from '../instruments/conversation.ts'
import { onvifClient, type OnvifCall } from '../instruments/onvif.ts'
import { escapeXml } from '../instruments/username-token.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'
import { speakingAt } from './anonymous-targets.ts'
import { unanswered, wrongPassword } from './log-in-place.ts'
import { clockCall, PROTECTED, ruleOf } from './onvif-place.ts'

const USUAL_MEDIA = '/onvif/media_service'
const LONGEST_WAIT_S = 120
/** A device that takes only the declared way counts the other ones as failures. */
const OTHER_WAYS = 2
const OPEN = 'PRE_AUTH'
/** As opening, and to find the media service. */
const ASKED_BEFORE: ReadonlySet<string> = new Set(['GetSystemDateAndTime', 'GetServices'])
/** Most operations in a row that nothing was answered to. */
const MOST_SILENT = 3

/** Asks one endpoint for every reading operation: without log-in, with a wrong one, and with the right one, and for one by every way to log in. */
export const probe = defineProbe({
  id: 'onvif-operations',
  version: '1.3.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 20,
  // Without a declared account there is no log-in to get wrong.
  failsLogins: (statement) => (onvifServices(statement).length > 0 ? true : 0),
  states: ['in-service'],
  seconds: (statement) => 5 + 60 * statement.samples.length * onvifServices(statement).length,
  async run(bench, subject) {
    const endpoint = speakingAt(bench, 'http', subject)
    const { family, port } = endpointOf(subject)
    const to = endpoint && bench.endpoint(family, port, endpoint.tls)
    if (!endpoint || !to) return unanswered('lab', 'onvif-operations.no-address', { subject })
    const target = onvifAt(bench.statement, subject)?.onvif.target ?? USUAL_TARGET
    const client = onvifClient(bench, to)
    let opening = await client.call(clockCall(target))
    if (opening.failure) opening = await client.call(clockCall(target))
    if (opening.failure)
      return unanswered(opening.failure.code === 'lab' ? 'lab' : 'device', 'onvif-operations.no-answer', {
        subject,
        failure: opening.failure.code,
      })
    const place = { family, port, tls: to.tls, target, opening }
    if (!speaksOnvif(answerOf(opening))) {
      const value = { ...place, services: null, elsewhere: [], asked: [], closing: null, complete: true }
      return { answered: true, value, controls: [], artifacts: [] }
    }
    client.setClock(opening)
    const body = '<IncludeCapability>false</IncludeCapability>'
    const listing: OnvifCall = { service: 'device', operation: 'GetServices', target, body }
    let services = await client.call(listing)
    const as = loginAt(bench, subject)
    if (as && responseTo('GetServices', 'device', answerOf(services)) === null)
      services = await client.call({ ...listing, as })
    const { targets, elsewhere } = addressesIn(services, to)
    const { asked, ways, complete } = await askAll(bench, subject, client, { ...targets, device: target })
    const closing = await client.call(clockCall(target))
    const same = answerOf(opening)?.status === answerOf(closing)?.status && answerOf(closing) !== null
    const controls: Control[] = [
      { id: 'door-open', ok: same, about: { code: 'onvif-operations.door-open', values: {} } },
    ]
    return {
      answered: true,
      value: { ...place, services, elsewhere, asked, ways, closing, complete },
      controls,
      artifacts: [],
    }
  },
})

type Targets = Partial<Record<OnvifService, string>>

/** Where the services are, by the device's own word; an address of somebody else is noted and not followed. */
function addressesIn(services: Exchange, to: Endpoint): { targets: Targets; elsewhere: string[] } {
  const response = responseTo('GetServices', 'device', answerOf(services))
  const addresses = (response ? serviceAddresses(response) : []).slice(0, 32)
  const here = `${to.tls ? 'https' : 'http'}://${authorityOf(to)}`
  const hostOf = (address: string): string => /^https?:\/\/[^/?#]*/.exec(address)?.[0] ?? ''
  const isHere = (address: string): boolean =>
    [here, here.replace(to.tls ? /:443$/ : /:80$/, '')].includes(hostOf(address))
  const targets: Targets = { media: USUAL_MEDIA }
  for (const service of ONVIF_SERVICES) {
    const own = addresses.find(({ of, address }) => of === ONVIF_NAMESPACES[service] && isHere(address))?.address
    const path = own?.slice(hostOf(own).length).replace(/[^\x21-\x7e]/g, '')
    if (path) targets[service] = path
  }
  return {
    targets,
    elsewhere: addresses.filter(({ address }) => address !== '' && !isHere(address)).map(({ address }) => address),
  }
}

/**
 * All operations, the right log-in after each wrong one. Where it then fails, a lock is waited out once and no wrong log-in
 * is sent any more; where bans go by address, only as many as the declaration allows.
 */
async function askAll(
  bench: Bench,
  subject: string,
  client: ReturnType<typeof onvifClient>,
  targets: Targets,
): Promise<{ asked: OnvifAsked[]; ways: OnvifWays | null; complete: boolean }> {
  const { statement } = bench
  const declared = onvifAt(statement, subject) ?? onvifServices(statement)[0]
  const rule = declared && ruleOf(statement, declared, declared.onvif.account)
  const right = loginAt(bench, subject)
  const lockSeconds = Math.min(rule?.lockSeconds ?? 60, LONGEST_WAIT_S)
  const most = rule?.scope === 'account' ? Infinity : (rule?.failures ?? 4) - 1
  let wrongs = Math.max(0, most - OTHER_WAYS)
  let profile: string | null = null
  let source: string | null = null
  let silent = 0

  const ask = async (one: OnvifOperation, target: string): Promise<OnvifAsked> => {
    const { service, operation } = one
    const call: OnvifCall = {
      service,
      operation,
      target,
      body: one.body
        .replaceAll('{{profile}}', () => escapeXml(profile ?? ''))
        .replaceAll('{{source}}', () => escapeXml(source ?? '')),
    }
    const anonymous = await client.call(call)
    // What is open to everybody shows nothing of a log-in.
    if (one.access === OPEN) return { service, operation, target, anonymous, wrong: null, genuine: null }
    const as = right && { credential: wrongPassword(right.credential.user), scheme: right.scheme }
    const wrong = as && wrongs-- > 0 ? await client.call({ ...call, as }) : null
    let genuine = right && (await client.call({ ...call, as: right }))
    const isLocked =
      genuine !== null && wrong !== null && onvifOutcome(operation, service, answerOf(genuine)) === 'refused'
    if (right && isLocked && (await works(client, targets.device ?? USUAL_TARGET, right)) === false) {
      wrongs = 0
      await bench.wait((lockSeconds + 2) * 1000, { code: 'onvif-operations.waiting', values: { seconds: lockSeconds } })
      genuine = await client.call({ ...call, as: right })
    }
    return { service, operation, target, anonymous, wrong, genuine }
  }

  const operations = onvifOperations(bench.catalogue('onvif-operations')).filter(
    (o) => !ASKED_BEFORE.has(o.operation) && targets[o.service] !== undefined,
  )
  const asked: OnvifAsked[] = []
  for (const one of operations) {
    if (bench.signal.aborted || silent >= MOST_SILENT) break
    const target = targets[one.service]
    if (target === undefined || (one.body.includes('{{profile}}') && profile === null)) continue
    if (one.body.includes('{{source}}') && source === null) continue
    const result = await ask(one, target)
    asked.push(result)
    silent = result.anonymous.failure ? silent + 1 : 0
    const told = result.genuine ?? result.anonymous
    if (one.operation === 'GetProfiles') profile ??= firstToken(told, one, 'Profiles')
    if (one.operation === 'GetVideoSources') source ??= firstToken(told, one, 'VideoSources')
    bench.progress({ code: 'onvif-operations.asked', values: { done: asked.length, all: operations.length } })
  }
  const complete = !bench.signal.aborted && silent < MOST_SILENT
  const ways = right && complete && most >= OTHER_WAYS ? await everyWay(client, asked, right) : null
  if (right && ways && onvifOutcome(ways.operation, ways.service, answerOf(ways.after)) === 'refused') {
    await bench.wait((lockSeconds + 2) * 1000, { code: 'onvif-operations.waiting', values: { seconds: lockSeconds } })
    ways.after = await client.call({ ...ways, as: right })
  }
  return { asked, ways, complete }
}

/** An operation that is refused to nobody and works for the account, by every way to log in; null where there is none. */
async function everyWay(
  client: ReturnType<typeof onvifClient>,
  asked: readonly OnvifAsked[],
  right: NonNullable<OnvifCall['as']>,
): Promise<OnvifWays | null> {
  const found = asked.find(({ service, operation, anonymous, genuine }) => {
    const [without, withIt] = [anonymous, genuine].map((e) => onvifOutcome(operation, service, answerOf(e)))
    return PROTECTED.includes(operation) && withIt === 'given' && (without === 'refused' || without === 'fault')
  })
  if (!found) return null
  const { service, operation, target } = found
  const call: OnvifCall = { service, operation, target }
  const { credential } = right
  return {
    ...{ service, operation, target },
    challenge: await client.call({ ...call, as: { credential, scheme: 'digest' } }),
    token: await client.callWith(call, client.token(credential)),
    text: await client.callWith(call, client.textToken(credential)),
    after: await client.call({ ...call, as: right }),
  }
}

/** Whether the log-in opens what every user may read. */
const works = async (
  client: ReturnType<typeof onvifClient>,
  target: string,
  as: NonNullable<OnvifCall['as']>,
): Promise<boolean> => {
  const operation = 'GetDeviceInformation'
  return (
    onvifOutcome(operation, 'device', answerOf(await client.call({ service: 'device', operation, target, as }))) ===
    'given'
  )
}

const firstToken = (exchange: Exchange, { operation, service }: OnvifOperation, element: string): string | null => {
  const response = responseTo(operation, service, answerOf(exchange))
  return (response && descendantsOf(response, element)[0]?.attributes['token']?.slice(0, 64)) ?? null
}

/** The declared log-in of the endpoint; where none is declared there, of another one. */
function loginAt(bench: Bench, subject: string): NonNullable<OnvifCall['as']> | null {
  const declared = onvifAt(bench.statement, subject) ?? onvifServices(bench.statement)[0]
  const scheme = declared?.onvif.authentication[0]
  return declared && scheme ? { credential: bench.credential(declared.onvif.account), scheme } : null
}
