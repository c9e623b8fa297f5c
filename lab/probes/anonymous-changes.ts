import { answerOf } from '../../suites/facts/answer.ts'
import { onvifWrites } from '../../suites/facts/catalogue.ts'
import { responseTo } from '../../suites/facts/onvif.ts'
import type { Control } from '../../suites/observation.ts'
import { kind, type AnonymousChanges } from '../../suites/observations/anonymous-changes.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import { onvifServices, type OnvifDeclared } from '../../suites/observations/onvif-endpoints.ts'
import type { Action } from '../../suites/statement.ts'
import { onvifClient, type OnvifCall } from '../instruments/onvif.ts'
import { presentValue } from '../instruments/onvif-present.ts'
import { defineProbe, type Bench, type Credential } from '../probe.ts'
import { isHidden, logSettings, samePassword, sameSettings, type Harmless } from './harmless-actions.ts'
import { clientAt, decoyPath, endpointOfService, unanswered } from './log-in-place.ts'
import { onceUnlocked } from './once-unlocked.ts'
import { clockCall } from './onvif-place.ts'

/**
 * Sets values again that are set already, as nobody and then as the administrator. What could not be without effect is left
 * out: reboot, reset, update, whatever makes or deletes.
 */
export const probe = defineProbe<AnonymousChanges>({
  id: 'anonymous-changes',
  version: '1.0.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 4,
  states: ['in-service'],
  seconds: () => 3,
  async run(bench) {
    const { accounts } = bench.statement
    const administrator = accounts.find((a) => a.role === 'administrator')
    if (!administrator) return unanswered('operator', 'anonymous-changes.no-administrator')
    const { changePassword } = bench.statement.actions
    const others = accounts.filter((a) => a.id !== changePassword?.account)
    // Services may have accounts of their own, which no other one can change.
    const isThere = (id: string) =>
      bench.statement.logins.some((l) => l.account === id && l.service === changePassword?.service)
    const other = others.find((a) => isThere(a.id)) ?? others[0]
    const login = await administratorIn(bench, administrator.id)
    const harmless = [
      ...logSettings(bench),
      ...(other ? samePassword(bench, bench.credential(other.id)) : []),
      ...(await sameSettings(bench)),
    ].filter(({ action }) => action.browser === undefined)
    const value: AnonymousChanges = { administrator: administrator.id, login, actions: [], sets: [], complete: true }
    for (const one of harmless)
      if (bench.signal.aborted) value.complete = false
      else value.actions.push(await tried(bench, one))
    const controls: Control[] = []
    for (const service of onvifServices(bench.statement)) await trySets(bench, service, value.sets, controls)
    if (bench.signal.aborted) value.complete = false
    return { answered: true, value, controls, artifacts: [] }
  },
})

async function administratorIn(bench: Bench, account: string): Promise<Exchange | null> {
  const place = loginsOver(bench.statement, 'http').find((l) => l.account.id === account)
  const to = place && endpointOfService(bench, place.service)
  if (!place || !to) return null
  const ask = async (credential?: Credential): Promise<Exchange> => {
    const client = clientAt(bench, to, 'http')
    const log = credential ? { credential } : {}
    const exchange = await client.send({ method: 'GET', target: place.login.target, ...log })
    client.close()
    return exchange
  }
  return await onceUnlocked(
    bench,
    account,
    () => ask(bench.credential(account)),
    () => ask(),
  )
}

/** The administrator comes last: the door was open after nobody had been there. */
async function tried(
  bench: Bench,
  { id, action, done, values }: Harmless,
): Promise<AnonymousChanges['actions'][number]> {
  const asNobody = Object.fromEntries(Object.entries(action).filter(([key]) => key !== 'account')) as unknown as Action
  const decoy: Action = { service: action.service, method: action.method, target: decoyPath('') }
  return {
    id,
    done,
    nobody: await bench.perform(asNobody, values),
    decoy: await bench.perform(decoy, {}),
    administrator: await bench.perform(action, values),
  }
}

/** Every operation of the catalogue whose present value the device tells; the value is read once more afterwards. */
async function trySets(
  bench: Bench,
  service: OnvifDeclared,
  sets: AnonymousChanges['sets'],
  controls: Control[],
): Promise<void> {
  const to = endpointOfService(bench, service)
  const [scheme] = service.onvif.authentication
  if (!to || !scheme) return
  const { target, account } = service.onvif
  const client = onvifClient(bench, to)
  client.setClock(await client.call(clockCall(target)))
  const as = { credential: bench.credential(account), scheme }
  for (const { operation, reads } of onvifWrites(bench.catalogue('onvif-operations'))) {
    if (bench.signal.aborted) break
    const reading: OnvifCall = { service: 'device', operation: reads, target, as }
    const before = await client.call(reading)
    const body = bodyFor(operation, reads, before)
    if (body === null) continue
    const setting: OnvifCall = { service: 'device', operation, target, body }
    const nobody = await client.call(setting)
    const genuine = await client.call({ ...setting, as })
    const after = await client.call(reading)
    sets.push({ operation, target, before, nobody, genuine, after })
    const about = { code: 'anonymous-changes.as-before', values: { operation } }
    controls.push({ id: `as-before-${operation}`, ok: bodyFor(operation, reads, after) === body, about })
  }
}

/** From an answer that came whole: a list that was cut off would be set shorter than it is. */
function bodyFor(operation: string, reads: string, before: Exchange): string | null {
  const isWhole = before.rounds.at(-1)?.answer.end === 'complete'
  const response = isWhole ? responseTo(reads, 'device', answerOf(before)) : null
  const body = response && presentValue(operation, response)
  return body === null || isHidden(body) ? null : body
}
