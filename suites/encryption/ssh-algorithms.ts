import { appliesWhereRemote, undeclaredRemote } from '../authentication/remote-claims.ts'
import { defineCriterion, evidence, gap, violation, type Cite, type Finding } from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { kexInit, rsaBits, sshHello, sshPayload, type SshOffers } from '../facts/ssh-packet.ts'
import { kind as services } from '../observations/services.ts'
import { kind, type SshAlgorithms } from '../observations/ssh-algorithms.ts'
import { obj } from '../schema.ts'
import { LISTS_OF, SSH_PARTS, sshCatalogue, sshRule, type SshCatalogue, type SshPart } from './ssh-catalogue.ts'

/**
 * SSH offers no weak algorithm (RFC 9142, RFC 8758) and no old version: what a server lists in KEXINIT it will use with
 * a client that asks (RFC 4253 section 7.1). Which are weak, and why, stands in the catalogue.
 */
export const criterion = defineCriterion({
  id: 'encryption/ssh-algorithms',
  version: '1.0.0',
  area: 'encryption',
  over: kind,
  also: [services],
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: ['ssh'],
  applies: appliesWhereRemote(['ssh']),
  contradicts: (context) => undeclaredRemote(['ssh'])(context),
  judge({ value }, { catalogue, cite }) {
    const rules = sshCatalogue(catalogue('ssh'))
    const hello = sshHello(fromBase64(value.identification))
    const offers = kexInit(sshPayload(fromBase64(value.kexInit)) ?? new Uint8Array())
    const { port } = value
    const findings: Finding[] = []
    const at = cite('/identification')
    const version = rules.protocols.find((p) => p.version === hello?.protocol)
    if (!hello || !version) findings.push(gap('version-unknown', { port, version: hello?.protocol ?? '-' }, [at]))
    else if (version.verdict === 'forbidden')
      findings.push(violation('old-protocol', { port, version: hello.protocol, software: hello.software }, [at]))
    if (!offers) return [...findings, gap('offers-unknown', { port, end: value.end }, [cite('/kexInit')])]
    const algorithms = SSH_PARTS.flatMap((part) => partFindings(part, offers, rules, port, cite('/kexInit')))
    findings.push(...algorithms, ...value.rsaKeys.map((key, i) => keyFinding(key, rules, port, cite(`/rsaKeys/${i}`))))
    if (findings.every((f) => f.is === 'evidence') && hello)
      findings.push(evidence('only-allowed', { port, software: hello.software }, [at, cite('/kexInit')]))
    return findings
  },
})

/** Offered algorithms of one part by the rule they fall under, in the order of the rules. One without a rule is unknown. */
function partFindings(part: SshPart, offers: SshOffers, rules: SshCatalogue, port: number, at: Cite): Finding[] {
  const names = [...new Set(LISTS_OF[part].flatMap((list) => offers[list]))]
  const groups = new Map<string, string[]>()
  const unknown: string[] = []
  for (const name of names) {
    const rule = sshRule(part, name, rules)
    if (!rule) unknown.push(name)
    else if (rule.verdict !== 'allowed') groups.set(rule.id, [...(groups.get(rule.id) ?? []), name])
  }
  const told = rules.rules.flatMap(({ id, of, verdict }): Finding[] => {
    const found = of === part ? groups.get(id) : undefined
    if (!found) return []
    return [(verdict === 'forbidden' ? violation : evidence)(id, { port, names: found.join(', ') }, [at])]
  })
  if (names.length === 0) told.push(gap('nothing-offered', { port, part }, [at]))
  if (unknown.length > 0) told.push(gap('unknown-algorithms', { port, names: unknown.slice(0, 16).join(', ') }, [at]))
  return told
}

function keyFinding({ algorithm, key }: SshAlgorithms['rsaKeys'][number], rules: SshCatalogue, port: number, at: Cite) {
  const bits = key === null ? null : rsaBits(fromBase64(key))
  if (bits === null) return gap('host-key-unread', { port, algorithm }, [at])
  return bits < rules.leastRsaBits
    ? violation('rsa-key-short', { port, bits, least: rules.leastRsaBits }, [at])
    : evidence('rsa-key-long', { port, bits }, [at])
}
