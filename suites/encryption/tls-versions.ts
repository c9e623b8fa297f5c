import { defineCriterion, evidence, gap, violation, type Finding } from '../criterion.ts'
import { VERSION_NAME } from '../facts/tls-records.ts'
import { versionOffers } from '../facts/tls-offers.ts'
import { tlsCatalogue } from './tls-catalogue.ts'
import { overOffers } from './tls-endpoint.ts'

/**
 * No outdated version of TLS is accepted (RFC 8996; RFC 9325 section 3.1.1). A version is refused only where the device
 * said so, by an alert, an orderly close or an older ServerHello, between two accepted controls.
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-versions',
  version: '1.1.0',
  ...overOffers(({ value }, { catalogue, cite }) => {
    const offers = new Map(versionOffers(value).map((o) => [o.version, o]))
    const hello = (at: number) => cite(`/hellos/${at}`)
    const findings: Finding[] = value.control ? [] : [gap('no-control', { port: value.port }, [cite('/hellos')])]
    let modern = false
    for (const { version, verdict } of tlsCatalogue(catalogue('tls')).versions) {
      const offer = offers.get(version)
      const values = { version: VERSION_NAME[version], port: value.port }
      const accepted = offer?.accepted[0]
      if (verdict === 'forbidden') {
        if (accepted) findings.push(violation('old-version-accepted', values, [hello(accepted.at)]))
        else if (offer && offer.asked.size > 0 && offer.open.size === 0)
          findings.push(evidence('old-version-refused', values, offer.refused.map(hello)))
        else findings.push(gap('version-undecided', values, (offer?.undecided ?? []).map(hello)))
      } else if (accepted) {
        modern = true
        findings.push(evidence('modern-version-accepted', values, [hello(accepted.at)]))
      }
    }
    if (!modern && value.control) findings.push(gap('no-modern-version', { port: value.port }, [cite('/hellos')]))
    return findings
  }),
})
