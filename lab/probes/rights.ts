import type { Exchange } from '../../suites/observations/exchange.ts'
import { isSpoken, loginsOver } from '../../suites/observations/log-ins.ts'
import { kind, type Rights } from '../../suites/observations/rights.ts'
import { defineProbe, type Bench, type Credential, type Endpoint } from '../probe.ts'
import { logSettings, samePassword } from './harmless-actions.ts'
import { clientAt, endpointOfService, unanswered } from './log-in-place.ts'
import { onceUnlocked } from './once-unlocked.ts'

/** Asks as a viewer for what is declared for administrators only, the administrator first. Nothing is changed. */
export const probe = defineProbe<Rights>({
  id: 'rights',
  version: '1.1.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 4,
  states: ['in-service'],
  seconds: () => 5,
  async run(bench) {
    const { statement } = bench
    const logins = loginsOver(statement, 'http')
    const viewers = statement.accounts.filter((a) => a.role === 'viewer')
    // One who may only see the stream, or only come by another door, tells nothing here.
    const viewer = viewers.find((v) => logins.some((l) => l.account.id === v.id)) ?? viewers[0]
    const administrator = statement.accounts.find((a) => a.role === 'administrator')
    if (!viewer || !administrator) return unanswered('operator', 'rights.no-viewer')
    const place = logins.find((l) => l.account.id === viewer.id) ?? logins[0]
    const at = place && endpointOfService(bench, place.service)
    if (!place || !at) return unanswered('operator', 'rights.no-log-in', { account: viewer.id })
    const [asViewer, asAdministrator] = [bench.credential(viewer.id), bench.credential(administrator.id)]
    const value: Rights = {
      administrator: administrator.id,
      viewer: viewer.id,
      anonymous: await ask(bench, at, place.login.target),
      login: await onceUnlocked(
        bench,
        viewer.id,
        () => ask(bench, at, place.login.target, asViewer),
        () => ask(bench, at, place.login.target),
      ),
      visits: [],
      actions: [],
      complete: true,
    }
    for (const { service: id, target, role } of statement.resources) {
      const service = statement.services.find((s) => s.id === id)
      const to = service && isSpoken(service, 'http') ? endpointOfService(bench, service) : null
      if (role !== 'administrator' || !to) continue
      if (bench.signal.aborted) value.complete = false
      else
        value.visits.push({
          port: to.port,
          tls: to.tls,
          target,
          anonymous: await ask(bench, to, target),
          administrator: await ask(bench, to, target, asAdministrator),
          viewer: await ask(bench, to, target, asViewer),
        })
    }
    const byViewer = [...logSettings(bench), ...samePassword(bench, asAdministrator)]
    for (const [i, { id, action, done, values }] of [
      ...logSettings(bench),
      ...samePassword(bench, asViewer),
    ].entries()) {
      if (bench.signal.aborted) value.complete = false
      else
        value.actions.push({
          id,
          done,
          administrator: await bench.perform(action, values),
          viewer: await bench.perform({ ...action, account: viewer.id }, byViewer[i]?.values ?? values),
        })
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

async function ask(bench: Bench, to: Endpoint, target: string, credential?: Credential): Promise<Exchange> {
  const client = clientAt(bench, to, 'http')
  const exchange = await client.send({ method: 'GET', target, ...(credential ? { credential } : {}) })
  client.close()
  return exchange
}
