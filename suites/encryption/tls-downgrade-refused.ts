import { defineCriterion, evidence, gap, type Finding } from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { shakesOf } from '../facts/tls-handshakes.ts'
import { tlsAnswerOf, VERSION_NAME } from '../facts/tls-records.ts'
import { kind as tlsOffers } from '../observations/tls-offers.ts'
import { byRule, isDecided, offersOf, overHandshakes } from './tls-endpoint.ts'
import { ruleNamed, tlsRules } from './tls-rules.ts'

/** The end of the random bytes of a server that could do more: for TLS 1.2 and for what is older. */
const MARKS = ['444f574e47524401', '444f574e47524400']
const INAPPROPRIATE_FALLBACK = 86

/**
 * A handshake in an older version than the newest is marked (RFC 8446 section 4.1.3) or, where the client says that it
 * gave up a newer one, refused (RFC 7507 section 3). With one version there is nothing to be forced down to.
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-downgrade-refused',
  version: '1.1.0',
  ...overHandshakes(({ value }, context) => {
    const rules = tlsRules(context.catalogue('tls'), 'downgrade')
    const own = offersOf(context)
    const seen = context.others(tlsOffers).find((o) => o.subject === context.subject)?.seen
    if (!own || !seen?.answered || own.accepted.length === 0) return [gap('no-control', { port: value.port }, [])]
    const newest = own.accepted.at(-1)?.version ?? 'ssl3'
    const port = value.port
    const hello = (at: number) => own.cite(`/hellos/${at}`)
    const unknown = own.offers.filter((o) => !isDecided(o)).map((o) => VERSION_NAME[o.version])
    const findings: Finding[] =
      unknown.length > 0
        ? [gap('versions-undecided', { port, versions: unknown.join(', ') }, [own.cite('/hellos')])]
        : []
    const older = own.accepted.slice(0, -1)
    if (older.length === 0) {
      const cites = own.offers.flatMap((o) => [...o.refused, ...o.accepted.slice(0, 1).map((a) => a.at)]).map(hello)
      return [...findings, evidence('one-version', { port, version: VERSION_NAME[newest] }, cites)]
    }
    if (newest === 'tls1.3')
      for (const { version, accepted } of older) {
        const values = { port, version: VERSION_NAME[version] }
        const unmarked = accepted.filter(({ at }) => {
          const random = tlsAnswerOf(fromBase64(seen.value.hellos[at]?.answer ?? '')).hello?.random ?? ''
          return !MARKS.some((m) => random.endsWith(m))
        })
        findings.push(
          unmarked.length > 0
            ? byRule(
                ruleNamed(rules, 'sentinel-missing'),
                values,
                unmarked.map((a) => hello(a.at)),
              )
            : evidence(
                'sentinel-set',
                values,
                accepted.map((a) => hello(a.at)),
              ),
        )
      }
    const rule = rules.find((r) => r.newest?.includes(newest))
    const tried = shakesOf(value).filter((s) => s.asked.fallback)
    if (tried.length === 0 && rule?.verdict === 'forbidden') findings.push(gap('fallback-unasked', { port }, []))
    for (const { at, asked, answer, outcome } of tried) {
      const values = { port, version: VERSION_NAME[asked.version] }
      const cites = [context.cite(`/hellos/${at}/sent`), context.cite(`/hellos/${at}/answer`)]
      const said = answer.alert?.description === INAPPROPRIATE_FALLBACK
      if (outcome.is === 'refused')
        findings.push(evidence(said ? 'fallback-refused' : 'fallback-refused-otherwise', values, cites))
      else if (outcome.is === 'accepted' && rule) findings.push(byRule(rule, values, cites))
      else if (rule?.verdict === 'forbidden' || !rule) findings.push(gap('fallback-undecided', values, cites))
    }
    return findings
  }),
})
