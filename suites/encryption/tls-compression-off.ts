import { defineCriterion, evidence, gap, type Finding } from '../criterion.ts'
import { shakesOf } from '../facts/tls-handshakes.ts'
import { VERSION_NAME } from '../facts/tls-records.ts'
import { byRule, offersOf, overHandshakes } from './tls-endpoint.ts'
import { absentIn13 } from './tls-only-13.ts'
import { ruleNamed, tlsRules } from './tls-rules.ts'

/**
 * Nothing is compressed by TLS (RFC 9325 section 3.3). Where compression was offered, the device chose none or refused;
 * TLS 1.3 has none (RFC 8446 section 4.1.2).
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-compression-off',
  version: '1.1.0',
  ...overHandshakes(({ value }, context) => {
    const rule = ruleNamed(tlsRules(context.catalogue('tls'), 'compression'), 'compression-accepted')
    const offers = offersOf(context)
    if (!offers || offers.accepted.length === 0) return [gap('no-control', { port: value.port }, [])]
    if (offers.accepted.every((o) => o.version === 'tls1.3'))
      return [absentIn13('compression-absent', value.port, offers)]
    const asked = shakesOf(value).filter((s) => s.asked.compressions.some((c) => c !== 0))
    if (asked.length === 0) return [gap('compression-unasked', { port: value.port }, [])]
    return asked.map(({ at, asked: hello, answer, outcome }): Finding => {
      const cites = [context.cite(`/hellos/${at}/sent`), context.cite(`/hellos/${at}/answer`)]
      const values = { port: value.port, version: VERSION_NAME[hello.version] }
      if (outcome.is === 'undecided') return gap('compression-undecided', values, cites)
      if (outcome.is === 'refused') return evidence('compression-refused', values, cites)
      const method = answer.hello?.compression ?? 0
      return method === 0 ? evidence('compression-declined', values, cites) : byRule(rule, { ...values, method }, cites)
    })
  }),
})
