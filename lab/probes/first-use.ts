import { answerOf } from '../../suites/facts/answer.ts'
import { looksGranted } from '../../suites/facts/likeness.ts'
import type { Spoken } from '../../suites/observations/endpoints.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { kind, type FirstUse } from '../../suites/observations/first-use.ts'
import { kind as httpCredentials } from '../../suites/observations/http-credentials.ts'
import { isSpoken } from '../../suites/observations/log-ins.ts'
import { kind as rtspCredentials } from '../../suites/observations/rtsp-credentials.ts'
import type { Service } from '../../suites/statement.ts'
import { defineProbe, type Bench, type Credential, type Endpoint } from '../probe.ts'
import { clientAt, endpointOfService } from './log-in-place.ts'

const PROTOCOLS = ['http', 'rtsp'] as const
/** More published credentials than these say nothing new. */
const MOST = 3

/** Asks for everything that is protected before the first set-up: without a log-in, and with published credentials. */
export const probe = defineProbe<FirstUse>({
  id: 'first-use',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 25,
  states: ['factory-fresh'],
  seconds: () => 5,
  async run(bench) {
    const value: FirstUse = { visits: [], starts: [], complete: true }
    const places = bench.statement.services.flatMap((service) => {
      const protocol = PROTOCOLS.find((p) => isSpoken(service, p))
      const to = endpointOfService(bench, service)
      return protocol && to ? [{ service, protocol, to }] : []
    })
    const starting = async (to: Endpoint) => ask(bench, to, 'http', '/')
    for (const { protocol, to } of places)
      if (protocol === 'http') {
        const before = await starting(to)
        value.starts.push({ port: to.port, before, after: before })
      }
    for (const { service, protocol, to } of places) {
      const credentials = publishedAt(bench, service, protocol)
      for (const [target, holds] of targetsOf(bench, service)) {
        if (bench.signal.aborted) {
          value.complete = false
          break
        }
        const anonymous = await ask(bench, to, protocol, target)
        const published: Exchange[] = []
        for (const credential of credentials) published.push(await ask(bench, to, protocol, target, credential))
        const { family, port, tls } = to
        value.visits.push({ protocol, family, port, tls, target, holds, anonymous, published })
      }
    }
    for (const start of value.starts) {
      const place = places.find((p) => p.to.port === start.port)
      if (place) start.after = await starting(place.to)
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

async function ask(
  bench: Bench,
  to: Endpoint,
  protocol: Spoken,
  target: string,
  credential?: Credential,
): Promise<Exchange> {
  const client = clientAt(bench, to, protocol)
  const method = protocol === 'rtsp' ? 'DESCRIBE' : 'GET'
  const exchange = await client.send({ method, target, ...(credential ? { credential } : {}) })
  client.close()
  return exchange
}

/** What is protected at a service, with what it holds; a log-in's target holds what a log-in gives. */
function targetsOf({ statement }: Bench, { id }: Service): Map<string, string> {
  const targets = new Map<string, string>()
  for (const l of statement.logins) if (l.service === id) targets.set(l.target, 'log-in')
  for (const r of statement.resources) if (r.service === id && r.access === 'protected') targets.set(r.target, r.holds)
  return targets
}

/** Published credentials that the tries of this state found to work at the service: no log-in is failed here. */
function publishedAt(bench: Bench, { port }: Service, protocol: Spoken): Credential[] {
  const kind = protocol === 'http' ? httpCredentials : rtspCredentials
  const found = new Map<string, Credential>()
  for (const { value } of bench.seen(kind)) {
    if (value.port !== port) continue
    for (const { request, ...exchange } of [value.knownGood, ...value.batches.flatMap((b) => b.tries)]) {
      const { credential } = request
      if (!credential?.published || request.scheme === 'none') continue
      if (!looksGranted(answerOf({ request, ...exchange }))) continue
      const { user, secret } = credential
      found.set(`${user}\n${secret}`, { user, password: secret, secret, published: true })
    }
  }
  return [...found.values()].slice(0, MOST)
}
