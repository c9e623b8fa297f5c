import { defineCriterion, evidence, gap, type Finding } from '../criterion.ts'
import { groupById, groupName } from '../facts/tls-groups.ts'
import { exchangeOf, groupOffers, primesOf, primesUnseen, shakesOf } from '../facts/tls-handshakes.ts'
import { VERSION_NAME } from '../facts/tls-records.ts'
import { byRule, offersOf, overHandshakes, type Offers } from './tls-endpoint.ts'
import { ruleFitting, tlsRules } from './tls-rules.ts'

/**
 * Keys are agreed on in strong groups only (RFC 9325 section 4.5): every curve and finite field that the device could
 * choose was offered until it refused the rest, and primes of its own were measured.
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-key-exchange-groups',
  version: '1.1.0',
  ...overHandshakes(({ value }, context) => {
    const rules = tlsRules(context.catalogue('tls'), 'groups')
    const offers = offersOf(context)
    const port = value.port
    if (!offers || offers.accepted.length === 0 || !value.control) return [gap('no-control', { port }, [])]
    const shakes = shakesOf(value)
    const hello = (at: number) => context.cite(`/hellos/${at}`)
    const groups = groupOffers(shakes)
    const primes = primesOf(shakes)
    const findings: Finding[] = []
    for (const offer of groups) {
      const version = VERSION_NAME[offer.version]
      const good: typeof offer.accepted = []
      for (const accepted of offer.accepted) {
        const found = groupById(accepted.group)
        const rule = found && ruleFitting(rules, found)
        const values = { port, version, group: groupName(accepted.group) }
        if (!found) findings.push(gap('group-unknown', values, [hello(accepted.at)]))
        else if (rule) findings.push(byRule(rule, values, [hello(accepted.at)]))
        else good.push(accepted)
      }
      if (good.length > 0) {
        const names = good.map((g) => groupName(g.group)).join(', ')
        findings.push(
          evidence(
            'groups-allowed',
            { port, version, groups: names },
            good.map((g) => hello(g.at)),
          ),
        )
      }
      if (offer.open.size > 0 || offer.accepted.length === 0)
        findings.push(gap('groups-undecided', { port, version, count: offer.open.size }, offer.undecided.map(hello)))
      else if (offer.refused.length > 0)
        findings.push(evidence('groups-refused', { port, version }, offer.refused.map(hello)))
    }
    for (const bits of new Set(primes.map((p) => p.bits))) {
      const rule = ruleFitting(rules, { kind: 'finite-field', bits })
      const seen = primes.filter((p) => p.bits === bits)
      const cites = seen.map((p) => hello(p.at))
      const version = VERSION_NAME[seen[0]?.version ?? 'tls1.2']
      const values = { port, bits, group: `DHE ${bits}`, version }
      findings.push(rule ? byRule(rule, values, cites) : evidence('prime-allowed', values, cites))
    }
    findings.push(...primesUnseen(shakes).map((at) => gap('prime-unseen', { port }, [hello(at)])))
    findings.push(
      ...unseen(
        port,
        offers,
        groups.map((g) => g.version),
        primes.length,
      ),
    )
    return findings.length > 0 ? findings : [gap('no-ephemeral', { port }, [offers.cite('/hellos')])]
  }),
})

/** Ways of exchanging keys that the endpoint accepts and that were not looked at. */
function unseen(port: number, { accepted, cite }: Offers, asked: string[], primes: number): Finding[] {
  const older = accepted.filter((o) => o.version !== 'tls1.3').flatMap((o) => o.accepted)
  const found = new Set(older.map((a) => exchangeOf(a.suite)))
  const cites = [cite('/hellos')]
  const unasked = [
    ...(found.has('groups') && !asked.some((v) => v !== 'tls1.3') ? ['TLS 1.2'] : []),
    ...(accepted.some((o) => o.version === 'tls1.3') && !asked.includes('tls1.3') ? ['TLS 1.3'] : []),
  ]
  return [
    ...unasked.map((version) => gap('groups-unasked', { port, version }, cites)),
    ...(found.has('prime') && primes === 0 ? [gap('prime-unseen', { port }, cites)] : []),
    ...(found.has('unread') ? [gap('exchange-unread', { port }, cites)] : []),
  ]
}
