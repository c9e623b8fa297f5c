import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { anonymousInClear, offersTls, remoteOutcome, subscribed, type RemoteOutcome } from '../facts/remote-outcome.ts'
import { kind, type RemoteAttempt, type RemoteCredentials } from '../observations/remote-credentials.ts'
import { kind as services } from '../observations/services.ts'
import { obj } from '../schema.ts'
import { appliesWhereRemote, LOG_IN_PROTOCOLS, undeclaredRemote } from './remote-claims.ts'

/**
 * SSH, Telnet, FTP, MQTT and consoles let nobody in who did not log in (EN 303 645 provision 5.1-3, 5.6-3): no shell
 * without a password, no anonymous FTP (RFC 1635), no MQTT client without a user name that may listen.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-anonymous-remote-access',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [services],
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: appliesWhereRemote(LOG_IN_PROTOCOLS),
  contradicts: (context) => undeclaredRemote(LOG_IN_PROTOCOLS, findings, true)(context),
  judge: ({ value }, context) => findings(value, context),
})

function findings(value: RemoteCredentials, { cite }: JudgeContext<unknown>): Finding[] {
  const { protocol, port, family } = value
  const values = { protocol, port, family }
  const found = [anonymousFinding(value, remoteOutcome(protocol, value.anonymous), cite('/anonymous'))]
  const inClear = anonymousInClear(value)
  if (inClear !== null) found.push(anonymousFinding(value, inClear, cite('/inClear/anonymous')))
  const bad = remoteOutcome(protocol, value.knownBad)
  if (bad === 'granted') found.push(violation('any-password-opens', values, [cite('/knownBad')]))
  else if (bad === 'open' && protocol !== 'mqtt' && found.every((f) => f.is !== 'violation'))
    found.push(violation('opens-without-password', { ...values, user: userOf(value.knownBad) }, [cite('/knownBad')]))
  value.batches.forEach(({ tries }, b) =>
    tries.forEach((one, t) => {
      if (remoteOutcome(protocol, one) === 'open' && found.every((f) => f.is !== 'violation'))
        found.push(
          violation('opens-without-password', { ...values, user: userOf(one) }, [cite(`/batches/${b}/tries/${t}`)]),
        )
    }),
  )
  return found
}

const userOf = ({ credential }: RemoteAttempt): string => credential?.user ?? ''

/** What came of knocking without a credential. */
function anonymousFinding(
  value: RemoteCredentials,
  outcome: RemoteOutcome,
  at: ReturnType<JudgeContext<unknown>['cite']>,
): Finding {
  const { protocol, port, family, subscription } = value
  const values = { protocol, port, family }
  // Turned away in clear like everybody, and perhaps welcome over TLS, where nothing was tried (RFC 4217 section 4).
  const isShutToAll = outcome === 'no-password' && remoteOutcome(protocol, value.knownBad) === 'no-password'
  if (isShutToAll && offersTls(value) && !value.inClear)
    return gap('anonymous-only-over-tls', values, [at, { ...at, at: '/authTls' }])
  if (outcome === 'refused' || outcome === 'no-password') return evidence('anonymous-refused', values, [at])
  if (outcome === 'prompt') return suspicion('prompt-without-log-in', values, [at])
  if (outcome === 'unclear')
    return gap('anonymous-unclear', { ...values, failure: value.anonymous.failure?.code ?? '-' }, [at])
  if (protocol !== 'mqtt') return violation(protocol === 'ftp' ? 'anonymous-ftp' : 'shell-without-log-in', values, [at])
  const topics = { ...at, at: '/subscription' }
  return subscribed(value) === 'granted'
    ? violation('anonymous-mqtt', { ...values, messages: subscription?.messages ?? 0 }, [at, topics])
    : suspicion('anonymous-mqtt-connects', values, [at, topics])
}
