import { defineCriterion, evidence, gap, violation, type Finding } from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { tlsAnswerOf, VERSION_NAME } from '../facts/tls-records.ts'
import { byRule, offersOf, overOffers } from './tls-endpoint.ts'
import { absentIn13 } from './tls-only-13.ts'
import { ruleNamed, tlsRules } from './tls-rules.ts'

/** The content of a renegotiation_info of a first handshake: no verify data, so one octet of length. */
const EMPTY = '00'

/**
 * Every accepted handshake before TLS 1.3 is answered with an empty renegotiation_info (RFC 5746 section 3.6, RFC 9325
 * section 3.5): all hellos carry the signalling suite. TLS 1.3 has no renegotiation (RFC 8446 section 4.1.2).
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-renegotiation-secure',
  version: '1.1.0',
  ...overOffers(({ value }, context) => {
    const rule = ruleNamed(tlsRules(context.catalogue('tls'), 'renegotiation'), 'renegotiation-unsignalled')
    const offers = offersOf(context)
    if (!offers || offers.accepted.length === 0) return [gap('no-control', { port: value.port }, [])]
    const older = offers.accepted.filter((o) => o.version !== 'tls1.3')
    if (older.length === 0) return [absentIn13('renegotiation-absent', value.port, offers)]
    return [
      ...older.flatMap(({ version, accepted }): Finding[] => {
        const values = { port: value.port, version: VERSION_NAME[version] }
        const marks = accepted.map(({ at }) => ({
          info: tlsAnswerOf(fromBase64(value.hellos[at]?.answer ?? '')).hello?.renegotiation ?? null,
          cite: context.cite(`/hellos/${at}/answer`),
        }))
        const cites = (wanted: (info: string | null) => boolean) =>
          marks.filter((m) => wanted(m.info)).map((m) => m.cite)
        const missing = cites((info) => info === null)
        const wrong = cites((info) => info !== null && info !== EMPTY)
        return [
          ...(missing.length > 0 ? [byRule(rule, values, missing)] : []),
          ...(wrong.length > 0 ? [violation('renegotiation-malformed', values, wrong)] : []),
          ...(missing.length + wrong.length === 0
            ? [
                evidence(
                  'renegotiation-signalled',
                  values,
                  cites((info) => info === EMPTY),
                ),
              ]
            : []),
        ]
      }),
      ...(offers.olderUnknown ? [gap('older-undecided', { port: value.port }, [context.cite('/hellos')])] : []),
    ]
  }),
})
