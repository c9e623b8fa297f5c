import { defineCriterion, evidence, gap, type Finding } from '../criterion.ts'
import { remoteOutcome, remoteReading } from '../facts/remote-outcome.ts'
import { kind, remoteDeclared } from '../observations/remote-lockout.ts'
import { kind as services } from '../observations/services.ts'
import { lockoutParameters } from './lockout-case.ts'
import { lockoutFindings } from './lockout-findings.ts'
import { appliesWhereRemote, LOG_IN_PROTOCOLS, undeclaredRemote } from './remote-claims.ts'

/**
 * Guessing at a log-in over SSH, Telnet, FTP or MQTT is stopped for a time, for the guesser alone, and the account comes
 * back by itself (EN 303 645 provision 5.1-5). Every guess came on a connection of its own: that one is cut after a few is
 * no protection.
 */
export const criterion = defineCriterion({
  id: 'authentication/remote-login-lockout',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [services],
  states: ['in-service'],
  parameters: lockoutParameters,
  catalogues: [],
  applies: appliesWhereRemote(LOG_IN_PROTOCOLS),
  contradicts: undeclaredRemote(LOG_IN_PROTOCOLS),
  judge({ value }, context): Finding[] {
    const { protocol, port, family, guessing } = value
    const target = `${protocol} ${port}`
    if (guessing) {
      const { rule: row } = remoteDeclared(context.statement, context.subject)
      return lockoutFindings({
        value: guessing,
        target,
        reading: remoteReading(protocol),
        row,
        context,
        within: '/guessing',
      })
    }
    const cites = [context.cite('/anonymous'), context.cite('/wrong')]
    const outcomes = [value.anonymous, value.wrong].map((a) => remoteOutcome(protocol, a))
    if (outcomes.every((o) => o === 'no-password'))
      return [evidence('no-password-log-in', { protocol, port, family }, cites)]
    return [gap('nothing-to-guess', { protocol, port, family }, cites)]
  },
})
