import { defineCriterion, evidence, gap, violation, type Finding } from '../criterion.ts'
import { VERSION_NAME } from '../facts/tls-records.ts'
import { SUITES, suiteById, suiteName } from '../facts/tls-suites.ts'
import { versionOffers, type VersionOffer } from '../facts/tls-offers.ts'
import { ruleFor, tlsCatalogue, type TlsCatalogue } from './tls-catalogue.ts'
import { overOffers } from './tls-endpoint.ts'

/**
 * No weak cipher suite is accepted in any version (RFC 9325 section 4.1), and every suite that could be was asked for
 * until the device refused the rest. Which are weak, and why, stands in the catalogue.
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-cipher-suites',
  version: '1.1.0',
  ...overOffers(({ value }, { catalogue, cite }) => {
    const rules = tlsCatalogue(catalogue('tls'))
    const hello = (at: number) => cite(`/hellos/${at}`)
    const findings: Finding[] = value.control ? [] : [gap('no-control', { port: value.port }, [cite('/hellos')])]
    for (const offer of versionOffers(value)) {
      const version = VERSION_NAME[offer.version]
      const groups = groupsOf(offer, rules)
      for (const { rule, verdict, accepted } of groups)
        if (verdict !== 'allowed') {
          const values = {
            version,
            port: value.port,
            count: accepted.length,
            suites: accepted.map((a) => suiteName(a.suite)).join(', '),
          }
          findings.push(
            (verdict === 'forbidden' ? violation : evidence)(
              rule,
              values,
              accepted.map((a) => hello(a.at)),
            ),
          )
        }
      const left = unasked(offer, rules)
      if (left > 0) findings.push(gap('suites-not-asked', { version, count: left }, [cite('/lists')]))
      if (offer.open.size > 0)
        findings.push(gap('suites-undecided', { version, count: offer.open.size }, offer.undecided.map(hello)))
      else if (offer.accepted.length > 0 && groups.every((g) => g.verdict !== 'forbidden') && offer.refused.length > 0)
        findings.push(
          evidence(
            'only-allowed',
            { version, port: value.port, count: offer.accepted.length },
            [...offer.accepted.map((a) => a.at), ...offer.refused].map(hello),
          ),
        )
      else if (offer.accepted.length === 0 && offer.refused.length > 0)
        findings.push(evidence('version-refused', { version, port: value.port }, offer.refused.map(hello)))
    }
    return findings
  }),
})

interface Group {
  rule: string
  verdict: TlsCatalogue['suites'][number]['verdict']
  accepted: VersionOffer['accepted']
}

/** Accepted suites by the rule they fall under, in the order of the rules. A suite without a name is not allowed. */
function groupsOf({ accepted }: VersionOffer, rules: TlsCatalogue): Group[] {
  const groups = new Map<string, Group>(
    rules.suites.map(({ id, verdict }) => [id, { rule: id, verdict, accepted: [] }]),
  )
  const unknown: Group = { rule: 'offers-unknown', verdict: 'forbidden', accepted: [] }
  for (const entry of accepted) {
    const suite = suiteById(entry.suite)
    const rule = suite && ruleFor(suite, rules)
    if (!suite) unknown.accepted.push(entry)
    else if (rule) groups.get(rule.id)?.accepted.push(entry)
  }
  return [...groups.values(), unknown].filter((g) => g.accepted.length > 0)
}

/** Forbidden suites that were never offered in this version. */
const unasked = ({ version, asked }: VersionOffer, rules: TlsCatalogue): number =>
  SUITES.filter(
    (s) => s.tls13 === (version === 'tls1.3') && !asked.has(s.id) && ruleFor(s, rules)?.verdict === 'forbidden',
  ).length
