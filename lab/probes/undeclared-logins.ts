import { answerOf } from '../../suites/facts/answer.ts'
import { challengesOf } from '../../suites/facts/challenge.ts'
import { asksForPassword } from '../../suites/facts/http-text.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { SpeakingEndpoint, Spoken } from '../../suites/observations/endpoints.ts'
import { kind as httpAnonymous } from '../../suites/observations/http-anonymous.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind as rtspAnonymous } from '../../suites/observations/rtsp-anonymous.ts'
import { kind, type UndeclaredLogin } from '../../suites/observations/undeclared-logins.ts'
import type { Service } from '../../suites/statement.ts'
import { endpointOf } from '../../suites/subject.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'
import { speakingAt } from './anonymous-targets.ts'
import { tryCredentials } from './credential-tries.ts'
import { clientAt, unanswered, type LoginPlace } from './log-in-place.ts'

/** Looks in what was asked without a log-in for an endpoint that wants one and has none declared, and tries listed credentials there. */
export const probe = defineProbe<UndeclaredLogin>({
  id: 'undeclared-logins',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 21,
  failsLogins: true,
  states: ['factory-fresh', 'in-service'],
  seconds: () => 1,
  async run(bench, subject) {
    const found = (['http', 'rtsp'] as const).flatMap((protocol) => {
      const endpoint = speakingAt(bench, protocol, subject)
      const isDeclared = loginsOver(bench.statement, protocol).some((l) => l.service.id === endpoint?.service)
      return endpoint && !isDeclared ? [{ protocol, endpoint }] : []
    })
    const { family, port } = endpointOf(subject)
    const [{ protocol, endpoint } = { protocol: 'http' as const, endpoint: null }] = found
    const to = endpoint && bench.endpoint(family, port, endpoint.tls)
    const seen = given(bench, subject, protocol)
    if (!endpoint || !to || seen === null) return unanswered('lab', 'undeclared-logins.not-looked-at', { subject })
    const asked = askedIn(seen)
    const place = asked?.by === 'challenge' ? placeAt(bench, endpoint, to, protocol, asked.target) : null
    const tried = place && (await tryAt(bench, place, protocol))
    if (tried && !tried.answered) return tried
    const value = { protocol, family, port, tls: to.tls, asked, tries: tried?.value ?? null }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

/** What was asked for without a log-in there; null where it was not. */
function given(bench: Bench, subject: string, protocol: Spoken): { target: string; exchange: Exchange }[] | null {
  if (protocol === 'http') {
    const value = bench.seen(httpAnonymous).find((o) => o.subject === subject)?.value
    return value
      ? [
          { target: '/', exchange: value.opening },
          ...value.visits.map(({ target, anonymous }) => ({ target, exchange: anonymous })),
        ]
      : null
  }
  const value = bench.seen(rtspAnonymous).find((o) => o.subject === subject)?.value
  return value?.visits.map(({ target, anonymous }) => ({ target, exchange: anonymous.describe })) ?? null
}

/** The first challenge, else the first page that asks for a password. */
function askedIn(seen: readonly { target: string; exchange: Exchange }[]): UndeclaredLogin['asked'] {
  const by = (test: (exchange: Exchange) => boolean) => seen.find(({ exchange }) => test(exchange))
  const challenged = by((exchange) => {
    const answer = answerOf(exchange)
    return answer !== null && challengesOf(answer).some((c) => c.scheme === 'basic' || c.scheme === 'digest')
  })
  if (challenged) return { by: 'challenge', ...challenged }
  const page = by((exchange) => {
    const answer = answerOf(exchange)
    return answer !== null && asksForPassword(answer.body)
  })
  return page ? { by: 'form', ...page } : null
}

/** A log-in as a maker would have declared it, for the account that may most; null where no account is declared. */
function placeAt(
  { statement }: Bench,
  { service: id }: SpeakingEndpoint,
  to: Endpoint,
  protocol: Spoken,
  target: string,
): LoginPlace | null {
  const account = statement.accounts.find((a) => a.role === 'administrator') ?? statement.accounts[0]
  if (!account) return null
  const service: Service = statement.services.find((s) => s.id === id) ?? {
    id: `port-${to.port}`,
    transport: 'tcp',
    port: to.port,
    protocol: to.tls ? `${protocol}s` : protocol,
    families: [to.family],
    purpose: '',
  }
  return {
    login: { id: `undeclared-${service.id}`, service: service.id, account: account.id, target },
    service,
    account,
    to,
  }
}

const tryAt = (bench: Bench, place: LoginPlace, protocol: Spoken) =>
  tryCredentials(bench, place, async (credential) => {
    const client = clientAt(bench, place.to, protocol)
    const method = protocol === 'http' ? 'GET' : 'DESCRIBE'
    const exchange = await client.send({ method, target: place.login.target, ...(credential ? { credential } : {}) })
    client.close()
    return exchange
  })
