import { remoteOutcome, remoteReading } from '../../suites/facts/remote-outcome.ts'
import { familyOf } from '../../suites/observations/log-ins.ts'
import type { RemoteAttempt } from '../../suites/observations/remote-credentials.ts'
import { remoteProtocolOf, type RemoteProtocol } from '../../suites/observations/remote-endpoints.ts'
import { kind, remoteDeclared } from '../../suites/observations/remote-lockout.ts'
import { defineProbe, type Bench } from '../probe.ts'
import { unanswered, wrongPassword } from './log-in-place.ts'
import { attackLogin, USUAL_LOCK_S, type LockDoor } from './lockout-attack.ts'
import { askElsewhere } from './lockout-door.ts'
import { lockWaited } from './once-unlocked.ts'
import { openDoor, type RemoteDoor } from './remote-door.ts'

/** Guesses at one declared service of SSH, Telnet, FTP or MQTT with an account that may be locked. */
export const probe = defineProbe({
  id: 'remote-lockout',
  version: '1.0.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 13,
  failsLogins: true,
  states: ['in-service'],
  leaves: { code: 'remote-lockout.leaves', values: {} },
  seconds: (statement) =>
    kind
      .expected({ statement, state: 'in-service', seen: () => [] })
      .reduce((sum, subject) => sum + 60 + (remoteDeclared(statement, subject).rule?.lockSeconds ?? USUAL_LOCK_S), 0),
  async run(bench, subject) {
    const declared = remoteDeclared(bench.statement, subject)
    const { service } = declared
    const spoken = service && remoteProtocolOf(service)
    const family = service && familyOf(service, bench.sample)
    const to = family && bench.endpoint(family, service.port, spoken?.tls ?? false)
    if (!to || !spoken) return unanswered('lab', 'remote-lockout.no-address', { subject })
    const door = await openDoor(bench, { service: service.id, protocol: spoken.protocol }, to)
    const { anonymous } = door.start
    const user = bench.statement.accounts.find((a) => a.spare === true)?.user ?? door.account?.user ?? 'admin'
    const wrong = await door.knock(wrongPassword(user))
    const place = { family: to.family, port: to.port, ...spoken, anonymous, wrong }
    const outcome = remoteOutcome(spoken.protocol, wrong)
    if (outcome === 'unclear' && wrong.steps.length === 0)
      return unanswered(wrong.failure?.code === 'lab' ? 'lab' : 'device', 'remote-lockout.not-reached', {
        subject,
        failure: wrong.failure?.code ?? '-',
      })
    if (['no-password', 'granted', 'open', 'prompt'].includes(outcome))
      return { answered: true, value: { ...place, guessing: null }, controls: [], artifacts: [] }
    const guessing = await attackLogin(bench, doorOf(bench, subject, door, spoken.protocol))
    if ('answered' in guessing) return guessing
    return { answered: true, value: { ...place, guessing }, controls: [], artifacts: [] }
  },
})

function doorOf(
  bench: Bench,
  subject: string,
  { knock, to }: RemoteDoor,
  protocol: RemoteProtocol,
): LockDoor<RemoteAttempt> {
  const { service, login, rule } = remoteDeclared(bench.statement, subject)
  const reading = remoteReading(protocol)
  return {
    id: 'remote-lockout',
    login: login?.id ?? subject,
    families: service?.families ?? [],
    to,
    account: bench.statement.accounts.find((a) => a.id === login?.account) ?? null,
    rule,
    reading,
    open: (at, { source }) => ({
      send: (credential) => knock(credential, source ? { ...bench, sources: () => [source] } : bench, at),
      close: () => undefined,
    }),
    async first(ask, spare) {
      const tried = await ask()
      return reading.isGood(tried) || !(await lockWaited(bench, spare.id)) ? tried : await ask()
    },
    said: (tried) => tried.failure?.code ?? remoteOutcome(protocol, tried),
    forges: false,
    other: (spare, milliseconds) => askElsewhere(bench, spare, 'http', milliseconds),
  }
}
