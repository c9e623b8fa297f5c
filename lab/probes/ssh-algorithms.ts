import { kexInit, sshPayload } from '../../suites/facts/ssh-packet.ts'
import type { Seen } from '../../suites/observation.ts'
import { remoteProtocolOf } from '../../suites/observations/remote-endpoints.ts'
import { kind, type SshAlgorithms } from '../../suites/observations/ssh-algorithms.ts'
import { endpointOf } from '../../suites/subject.ts'
import { hearSsh, hostKey } from '../instruments/ssh.ts'
import { defineProbe } from '../probe.ts'
import { unanswered } from './log-in-place.ts'

/** Signature algorithms of one and the same RSA key (RFC 8332 section 3). */
const RSA = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']

/** Reads what an SSH server offers; a key exchange is made only to see its RSA key. */
export const probe = defineProbe<SshAlgorithms>({
  id: 'ssh-algorithms',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => 2 * statement.services.filter((s) => remoteProtocolOf(s)?.protocol === 'ssh').length,
  async run(bench, subject): Promise<Seen<SshAlgorithms>> {
    const { family, port } = endpointOf(subject)
    const to = bench.endpoint(family, port, false)
    if (!to) return unanswered('lab', 'ssh-algorithms.no-address', { subject })
    const heard = await hearSsh(bench, to)
    if (bench.signal.aborted) return unanswered('lab', 'ssh-algorithms.cancelled', { subject })
    if ('failure' in heard) {
      const { code } = heard.failure
      return unanswered(code === 'lab' ? 'lab' : 'device', 'ssh-algorithms.not-reached', { subject, failure: code })
    }
    const offered = kexInit(sshPayload(heard.kexInit) ?? new Uint8Array())?.hostKey ?? []
    const algorithm = RSA.find((name) => offered.includes(name))
    const rsaKeys: SshAlgorithms['rsaKeys'] = []
    if (algorithm) {
      const { key, failure } = await hostKey(bench, to, algorithm)
      rsaKeys.push({ algorithm, key: key && Buffer.from(key).toString('base64'), failure })
    }
    const value: SshAlgorithms = {
      family,
      port,
      sourceAddress: heard.sourceAddress,
      identification: Buffer.from(heard.identification).toString('base64'),
      kexInit: Buffer.from(heard.kexInit).toString('base64'),
      end: heard.end,
      rsaKeys,
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})
