import { appliesWhereRemote, LOG_IN_PROTOCOLS, undeclaredRemote } from '../authentication/remote-claims.ts'
import { defineCriterion, evidence, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { clearLogin, offersTls } from '../facts/remote-outcome.ts'
import { kind, type RemoteCredentials } from '../observations/remote-credentials.ts'
import { kind as services } from '../observations/services.ts'
import { obj } from '../schema.ts'

/**
 * No password crosses the network in clear (EN 303 645 provision 5.5-1): Telnet, FTP without TLS and MQTT without TLS
 * neither ask for one nor accept one. FTP that offers TLS must also demand it (RFC 4217 section 4).
 */
export const criterion = defineCriterion({
  id: 'encryption/no-plain-remote-login',
  version: '1.1.0',
  area: 'encryption',
  over: kind,
  also: [services],
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: appliesWhereRemote(LOG_IN_PROTOCOLS),
  contradicts: (context) =>
    undeclaredRemote(LOG_IN_PROTOCOLS, (value: RemoteCredentials, c) => [finding(value, c)])(context),
  judge: ({ value }, context) => [finding(value, context)],
})

function finding(value: RemoteCredentials, { cite }: JudgeContext<unknown>): Finding {
  const values = { protocol: value.protocol, port: value.port, family: value.family }
  const cites = [cite('/anonymous'), cite('/knownBad'), ...(value.knownGood ? [cite('/knownGood')] : [])]
  switch (clearLogin(value)) {
    case 'asked':
      return offersTls(value)
        ? violation('tls-not-demanded', values, [...cites, cite('/authTls')])
        : violation('password-asked-in-clear', values, cites)
    case 'accepted':
      return violation('log-in-accepted-in-clear', values, cites)
    case 'refused':
      return value.inClear
        ? evidence('refused-before-tls', values, [cite('/inClear/user'), cite('/authTls')])
        : evidence('refused-in-clear', values, [cite('/knownBad')])
    case 'encrypted':
      return evidence('encrypted', values, cites)
    case 'not-asked':
      return gap('no-log-in-seen', values, cites)
    case 'unclear':
      return gap('clear-unsettled', values, cites)
  }
}
