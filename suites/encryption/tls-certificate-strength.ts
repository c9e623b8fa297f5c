import { defineCriterion, evidence, gap, type Finding } from '../criterion.ts'
import { shownCertificates, type ShownCertificate } from '../facts/tls-certificates.ts'
import { dayOf, timeOf } from '../facts/der.ts'
import type { Certificate } from '../facts/x509.ts'
import { certificateKind } from '../facts/tls-handshakes.ts'
import { type TlsHandshakes } from '../observations/tls-handshakes.ts'
import { byRule, offersOf, overHandshakes, type Offers } from './tls-endpoint.ts'
import { ruleFitting, ruleNamed, tlsRules, type TlsRule } from './tls-rules.ts'

/**
 * Every certificate that an endpoint shows has a strong key and a sound signature (RFC 9325 section 4.5), whichever
 * kind of key the client asks for. Self-signed is normal on a LAN; what the dates are worth stands in the catalogue.
 */
export const criterion = defineCriterion({
  id: 'encryption/tls-certificate-strength',
  version: '1.1.0',
  ...overHandshakes(({ value }, context) => {
    const data = context.catalogue('tls')
    const rules = {
      keys: tlsRules(data, 'keys'),
      signatures: tlsRules(data, 'signatures'),
      validity: tlsRules(data, 'validity'),
    }
    const offers = offersOf(context)
    if (!offers || offers.accepted.length === 0) return [gap('no-control', { port: value.port }, [])]
    const shown = shownCertificates(value)
    return [
      ...shown.flatMap((one) => {
        const cites = [context.cite(one.at)]
        const { certificate } = one
        const values = { port: value.port, subject: certificate?.subject ?? '', position: one.position + 1 }
        if (!certificate) return [gap('certificate-unreadable', values, cites)]
        return [
          ...keyFindings(certificate, rules.keys).map((f) => f(values, cites)),
          ...signatureFindings(one, certificate, rules.signatures).map((f) => f(values, cites)),
          ...(one.position === 0
            ? validityFindings(one, certificate, rules.validity).map((f) => f(values, cites))
            : []),
        ]
      }),
      ...unseen(value, offers, shown),
    ]
  }),
})

/** A finding that waits for what all findings on a certificate have in common. */
type Draft = (values: Record<string, string | number>, cites: Finding['cites']) => Finding

function keyFindings({ key }: Certificate, rules: TlsRule[]): Draft[] {
  const { type, bits, curve } = key
  const more = { key: `${type}${curve === '' ? '' : ` ${curve}`}`, bits: bits ?? 0 }
  const rule = ruleFitting(rules, { type, ...(bits === null ? {} : { bits }) })
  if (rule) return [(values, cites) => byRule(rule, { ...values, ...more }, cites)]
  const known = type !== 'unknown' && bits !== null
  return [
    (values, cites) =>
      known
        ? evidence('key-allowed', { ...values, ...more }, cites)
        : gap('key-unknown', { ...values, ...more, oid: key.oid }, cites),
  ]
}

/** What a root certificate behind the server's own says of itself binds nobody: who trusts it, trusts its key. */
function signatureFindings(
  { position }: ShownCertificate,
  { signature, selfIssued }: Certificate,
  rules: TlsRule[],
): Draft[] {
  const more = { hash: signature.hash, oid: signature.oid }
  const own: Draft[] = selfIssued
    ? [(values, cites) => evidence(position === 0 ? 'self-signed' : 'root-signature', { ...values, ...more }, cites)]
    : []
  if (selfIssued && position > 0) return own
  const rule = ruleFitting(rules, { hash: signature.hash })
  if (rule) return [...own, (values, cites) => byRule(rule, { ...values, ...more }, cites)]
  if (signature.hash === 'unknown')
    return [...own, (values, cites) => gap('signature-unknown', { ...values, ...more }, cites)]
  return [...own, (values, cites) => evidence('signature-allowed', { ...values, ...more }, cites)]
}

const DAY = 86400

function validityFindings(
  { seenAt }: ShownCertificate,
  { notBefore, notAfter }: Certificate,
  rules: TlsRule[],
): Draft[] {
  if (notBefore === null || notAfter === null) return [(values, cites) => gap('validity-unreadable', values, cites)]
  const ancient = ruleNamed(rules, 'validity-ancient')
  const long = ruleNamed(rules, 'validity-long')
  const since = timeOf(fixedTime(ancient.before ?? ''))
  const holds: Record<string, boolean> = {
    'validity-reversed': notAfter < notBefore,
    'validity-over': notAfter < seenAt,
    'validity-future': notBefore > seenAt + DAY,
    'validity-ancient': since !== null && notBefore < since,
    'validity-long': long.days !== undefined && notAfter - notBefore > long.days * DAY,
  }
  const more = { from: dayOf(notBefore), to: dayOf(notAfter) }
  return rules
    .filter((r) => holds[r.id])
    .map(
      (rule): Draft =>
        (values, cites) =>
          byRule(rule, { ...values, ...more }, cites),
    )
}

/** Midnight of a day of the catalogue, in the form of a certificate. */
const fixedTime = (day: string) => {
  const content = Uint8Array.from(`${day}000000Z`, (c) => c.charCodeAt(0))
  return { tag: 0x18, content, raw: content }
}

/** Certificates that the endpoint must have and that were not seen. */
function unseen(value: TlsHandshakes, { accepted, cite }: Offers, shown: ShownCertificate[]): Finding[] {
  const port = value.port
  const older = accepted.filter((o) => o.version !== 'tls1.3').flatMap((o) => o.accepted)
  const kinds = [...new Set(older.flatMap((a) => certificateKind(a.suite) ?? []))]
  const findings = kinds
    .filter((k) => !shown.some((s) => s.position === 0 && s.kinds.includes(k)))
    .map((k) => gap('certificate-unseen', { port, kind: k }, [cite('/hellos')]))
  if (accepted.some((o) => o.version === 'tls1.3')) {
    // An alert and an orderly close are the device's word; any other end of a handshake may be the lab's.
    const answered = value.peers.filter(
      ({ chain, failure }) => chain.length > 0 || failure?.code === 'closed' || /ALERT/.test(failure?.detail ?? ''),
    )
    if (!value.peers.some((p) => p.chain.length > 0) || answered.length < 2)
      findings.push(gap('certificate-unseen', { port, kind: 'TLS 1.3' }, [cite('/hellos')]))
  }
  return kinds.length === 0 && findings.length === 0 && shown.length === 0
    ? [gap('no-certificate', { port }, [cite('/hellos')])]
    : findings
}
