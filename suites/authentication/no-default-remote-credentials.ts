import { defineCriterion, evidence, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { offersTls, remoteOutcome, type RemoteOutcome } from '../facts/remote-outcome.ts'
import { kind, type RemoteAttempt, type RemoteCredentials } from '../observations/remote-credentials.ts'
import { kind as services } from '../observations/services.ts'
import type { Static } from '../schema.ts'
import { credentialParameters } from './credential-parameters.ts'
import { appliesWhereRemote, LOG_IN_PROTOCOLS, undeclaredRemote } from './remote-claims.ts'

type Context = JudgeContext<Static<typeof credentialParameters>>

/**
 * No published, blank or guessable credential opens a log-in over SSH, Telnet, FTP or MQTT (EN 303 645 provision 5.1-1).
 * Where no right credential is declared, a refusal counts only in the protocol's own words, with the door answering a
 * random password in the same way before and after.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-default-remote-credentials',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [services],
  states: ['factory-fresh', 'in-service'],
  parameters: credentialParameters,
  catalogues: ['default-passwords'],
  applies: appliesWhereRemote(LOG_IN_PROTOCOLS),
  contradicts: (context) => undeclaredRemote(LOG_IN_PROTOCOLS, findings)(context),
  judge: ({ value }, context) => findings(value, context),
})

const LET_IN: readonly RemoteOutcome[] = ['granted', 'open', 'prompt']
const REFUSED: readonly RemoteOutcome[] = ['refused', 'no-password']

function findings(value: RemoteCredentials, context: Context): Finding[] {
  const { cite } = context
  const values = { protocol: value.protocol, port: value.port, family: value.family }
  const outcome = (attempt: RemoteAttempt) => remoteOutcome(value.protocol, attempt)
  const bad = outcome(value.knownBad)
  if (LET_IN.includes(bad)) return [gap('open-to-anybody', values, [cite('/knownBad')])]
  if (!REFUSED.includes(bad))
    return [gap('refusal-unknown', { ...values, failure: value.knownBad.failure?.code ?? '-' }, [cite('/knownBad')])]
  // The user is turned away in clear and may be welcome over TLS, where nothing was tried (RFC 4217 section 4).
  if (bad === 'no-password' && offersTls(value) && !value.inClear)
    return [gap('only-over-tls', values, [cite('/authTls')])]
  const works = value.knownGood !== null && LET_IN.includes(outcome(value.knownGood))
  const found: Finding[] = []
  const refused = new Set<string>()
  const open = new Set<string>()
  const asked = new Set<string>()
  for (const [b, { tries, control }] of value.batches.entries()) {
    const held = works ? LET_IN.includes(outcome(control)) : outcome(control) === bad
    for (const [t, one] of tries.entries()) {
      const key = JSON.stringify([one.credential?.user, one.credential?.secret])
      asked.add(key)
      const came = outcome(one)
      if (LET_IN.includes(came)) {
        if (!open.has(key)) found.push(opened(one, values, cite(`/batches/${b}/tries/${t}`), context))
        open.add(key)
      } else if (REFUSED.includes(came) && held) refused.add(key)
    }
  }
  if (works && value.declaredIsListed && open.size === 0 && !isAllowed(context))
    found.push(violation('declared-is-listed', values, [cite('/declaredIsListed'), cite('/knownGood')]))
  else if (works && value.knownGood?.credential?.published === true && open.size === 0 && !isAllowed(context))
    found.push(violation('declared-is-published', values, [cite('/knownGood')]))
  if (value.knownGood && !works) found.push(gap('declared-does-not-work', values, [cite('/knownGood')]))
  const left = [...asked].filter((key) => !refused.has(key) && !open.has(key)).length
  if (left > 0 || !value.complete || asked.size === 0)
    found.push(gap('tries-undecided', { ...values, count: left }, [cite('/batches')]))
  if (value.stopped !== null) found.push(gap('stopped', { ...values, why: value.stopped }, [cite('/batches')]))
  if (refused.size > 0) {
    const cites = [cite(works ? '/knownGood' : '/knownBad'), cite('/batches')]
    const code = bad === 'no-password' ? 'no-password-log-in' : works ? 'defaults-refused' : 'defaults-refused-unproven'
    found.push(evidence(code, { ...values, count: refused.size }, cites))
  }
  return found
}

const isAllowed = ({ state, parameters }: Context): boolean =>
  state === 'factory-fresh' && parameters.inFactoryState === 'allowed'

function opened(
  one: RemoteAttempt,
  values: Finding['message']['values'],
  at: Finding['cites'][number],
  context: Context,
) {
  const told = { ...values, user: one.credential?.user ?? '', password: one.credential?.secret ?? '' }
  return isAllowed(context)
    ? evidence('default-before-first-use', told, [at])
    : violation('default-accepted', told, [at])
}
