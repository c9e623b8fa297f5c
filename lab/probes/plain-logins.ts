import { kind, plainEndpoints, type PlainLogins } from '../../suites/observations/plain-logins.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind as services } from '../../suites/observations/services.ts'
import { FAMILIES } from '../../suites/statement.ts'
import { addressSubject, endpointOf } from '../../suites/subject.ts'
import { httpClient } from '../instruments/http.ts'
import { defineProbe } from '../probe.ts'
import { placeOf, unanswered } from './log-in-place.ts'

/** Tries the declared credential of each HTTP log-in wherever the sample speaks HTTP without TLS. */
export const probe = defineProbe<PlainLogins>({
  id: 'plain-logins',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['in-service'],
  seconds: (statement) => 5 * statement.samples.length * loginsOver(statement, 'http').length,
  async run(bench, subject) {
    const place = placeOf(bench, subject, 'http', 'plain-logins')
    if (!('to' in place)) return place
    const known = new Set(bench.seen(services).map((o) => o.subject))
    const undiscovered = FAMILIES.filter(
      (f) => bench.endpoint(f, 1, false) !== null && !known.has(addressSubject(bench.sample.id, f)),
    )
    const { target, method = 'GET' } = place.login
    const credential = bench.credential(place.account.id)
    const tries: PlainLogins['tries'] = []
    for (const endpoint of plainEndpoints(subject, bench)) {
      const { family, port } = endpointOf(endpoint)
      const to = bench.endpoint(family, port, false)
      if (!to) return unanswered('lab', 'plain-logins.no-address', { subject: endpoint })
      if (bench.signal.aborted) return unanswered('lab', 'plain-logins.cancelled', { login: place.login.id })
      const ask = async (as?: typeof credential) => {
        const client = httpClient(bench, place.to.session ? { ...to, session: place.to.session } : to, {
          milliseconds: 15_000,
        })
        const exchange = await client.send({ method, target, ...(as ? { credential: as } : {}) })
        client.close()
        return exchange
      }
      tries.push({ family, port, anonymous: await ask(), login: await ask(credential) })
    }
    return { answered: true, value: { target, undiscovered, tries }, controls: [], artifacts: [] }
  },
})
