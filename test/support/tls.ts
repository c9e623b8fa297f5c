import assert from 'node:assert/strict'
import { places } from '../../lab/budget.ts'
import { probe as handshakesProbe } from '../../lab/probes/tls-handshakes.ts'
import { probe as offersProbe } from '../../lab/probes/tls-offers.ts'
import { bilingual } from '../../reports/locales/index.ts'
import type { Criterion } from '../../suites/criterion.ts'
import type { Judgement } from '../../suites/judge.ts'
import type { ObservationKind } from '../../suites/observation.ts'
import type { Service } from '../../suites/statement.ts'
import { kind as services, type Services } from '../../suites/observations/services.ts'
import { kind as tlsHandshakes, type TlsHandshakes } from '../../suites/observations/tls-handshakes.ts'
import { kind as tlsOffers, type TlsOffers } from '../../suites/observations/tls-offers.ts'
import { criterion as certificate } from '../../suites/encryption/tls-certificate-strength.ts'
import { criterion as suites } from '../../suites/encryption/tls-cipher-suites.ts'
import { criterion as compression } from '../../suites/encryption/tls-compression-off.ts'
import { criterion as downgrade } from '../../suites/encryption/tls-downgrade-refused.ts'
import { criterion as groups } from '../../suites/encryption/tls-key-exchange-groups.ts'
import { criterion as renegotiation } from '../../suites/encryption/tls-renegotiation-secure.ts'
import { criterion as versions } from '../../suites/encryption/tls-versions.ts'
import { emptyStatement, testBench } from './bench.ts'
import { answered, judgeBy } from './judging.ts'

export interface TlsSeen {
  offers: TlsOffers
  handshakes: TlsHandshakes
}

export const TLS_CRITERIA = { certificate, suites, compression, downgrade, groups, renegotiation, versions }

/** Both TLS observations of a port of this machine, four connections at once, and how many were made for both. */
export async function observeTls(port: number, found: Services[] = []): Promise<TlsSeen & { connections: number }> {
  const subject = `a/ipv4/${port}`
  let connections = 0
  const attempt = () => {
    connections++
    return Promise.resolve()
  }
  const connection = places(4)
  const rows = found.map((value) => ({ subject: 'a/ipv4', value }))
  const before = <T>(kind: ObservationKind<T>) =>
    kind.id === services.id ? (rows as { subject: string; value: T }[]) : []
  const offers = await offersProbe.run(testBench(emptyStatement(), { attempt, connection, seen: before }), subject)
  assert.ok(offers.answered, JSON.stringify(offers).slice(0, 500))
  const seen = <T>(kind: ObservationKind<T>) =>
    kind.id === tlsOffers.id ? [{ subject, value: offers.value as unknown as T }] : before(kind)
  const handshakes = await handshakesProbe.run(testBench(emptyStatement(), { attempt, connection, seen }), subject)
  assert.ok(handshakes.answered, JSON.stringify(handshakes).slice(0, 500))
  return { offers: offers.value, handshakes: handshakes.value, connections }
}

const web = (port: number): Service => ({
  id: 'web',
  transport: 'tcp',
  port,
  protocol: 'https',
  families: ['ipv4'],
  purpose: 'Web interface',
})

/** One criterion over what was seen; every message has its text in both languages. */
export function judgeTls(
  name: keyof typeof TLS_CRITERIA,
  { offers, handshakes }: TlsSeen,
  spoken?: Services,
  declared: Service[] = [web(offers.port)],
): Judgement {
  const criterion = TLS_CRITERIA[name] as Criterion
  const { address, port } = offers
  const subject = `a/ipv4/${port}`
  const none: Services = { address, family: 'ipv4', sourceAddress: address, services: [], unasked: [] }
  const [found] = judgeBy(criterion, {
    statement: emptyStatement({ services: declared }),
    observations: [
      answered(tlsOffers, subject, offers),
      answered(tlsHandshakes, subject, handshakes),
      answered(services, 'a/ipv4', spoken ?? none),
    ],
    kinds: [tlsOffers, tlsHandshakes, services],
  })
  assert.ok(found)
  for (const { message } of found.findings)
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), `${criterion.id} ${message.code}`)
  return found
}

/** Criteria of TLS by verdict. */
export const verdictsOf = (seen: TlsSeen): Record<string, string> =>
  Object.fromEntries(
    (Object.keys(TLS_CRITERIA) as (keyof typeof TLS_CRITERIA)[]).map((name) => [name, judgeTls(name, seen).verdict]),
  )
