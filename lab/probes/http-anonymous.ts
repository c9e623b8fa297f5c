import { declaresProtected } from '../../suites/authentication/declared-protected.ts'
import { httpPaths } from '../../suites/facts/catalogue.ts'
import type { Control } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { kind, type HttpVisit } from '../../suites/observations/http-anonymous.ts'
import { answerOf } from '../../suites/facts/answer.ts'
import { endpointOf } from '../../suites/subject.ts'
import { authorityOf } from '../instruments/conversation.ts'
import { httpClient } from '../instruments/http.ts'
import { defineProbe } from '../probe.ts'
import { credentialAt, speakingAt, targetsAt } from './anonymous-targets.ts'
import { NAMELESS, tryBypasses } from './http-bypasses.ts'
import { decoyPath, unanswered } from './log-in-place.ts'

/** Most requests in a row without an answer that ends. */
const MOST_SILENT = 3
/** A device that takes longer for one resource is slow. */
const SLOW_MICROSECONDS = 700_000

/** GET without a log-in: declared resources (with their logged-in twin), well-known paths, and decoys; then ways round. */
export const probe = defineProbe({
  id: 'http-anonymous',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  failsLogins: (statement) => (declaresProtected(statement, 'http') ? NAMELESS : 0),
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) =>
    30 * statement.samples.length * Math.max(1, statement.services.filter((s) => /^https?$/.test(s.protocol)).length),
  async run(bench, subject) {
    const endpoint = speakingAt(bench, 'http', subject)
    const { family, port } = endpointOf(subject)
    const to = endpoint && bench.endpoint(family, port, endpoint.tls)
    if (!endpoint || !to) return unanswered('lab', 'http-anonymous.no-address', { subject })
    const account = credentialAt(bench, 'http', endpoint)
    const client = httpClient(bench, to, { milliseconds: 8_000 })
    const ask = (target: string): Promise<Exchange> => client.send({ method: 'GET', target })
    /**
     * On a connection of its own, and the only one: a device may serve no second. Where no log-in is asked for with a
     * challenge (a page that says no with 200), the one of the declared log-in is used, which is good for the whole
     * server (RFC 7616 section 3.6).
     */
    const asTwin = async (target: string): Promise<Exchange | null> => {
      if (account === null) return null
      client.close()
      const { credential } = account
      const logged = httpClient(bench, to, { milliseconds: 8_000 })
      const twin = () => logged.send({ method: 'GET', target, credential })
      let exchange = await twin()
      if (exchange.failure === null && exchange.request.scheme === 'none') {
        await logged.send({ method: 'GET', target: account.target, credential })
        exchange = await twin()
      }
      logged.close()
      return exchange
    }
    const opening = await ask('/')
    if (opening.failure && (await ask('/')).failure) {
      client.close()
      return unanswered(opening.failure.code === 'lab' ? 'lab' : 'device', 'http-anonymous.no-answer', {
        subject,
        failure: opening.failure.code,
      })
    }
    const decoys = [decoyPath('.html'), decoyPath('.cgi'), decoyPath('.jpg')]
    const targets = targetsAt(bench, 'http', endpoint, httpPaths(bench.catalogue('http-paths')), decoys)
    const visits: HttpVisit[] = []
    const began = bench.now()
    let silent = 0
    for (const { target, source, access, holds } of targets) {
      if (silent >= MOST_SILENT || bench.signal.aborted) break
      const first = await ask(target)
      // Some servers close on what they call an attack; any may do so once by accident.
      const anonymous = first.failure?.code === 'closed' ? await ask(target) : first
      const unended = anonymous.failure !== null || anonymous.rounds.at(-1)?.answer.end === 'timeout'
      silent = unended ? silent + 1 : 0
      const genuine = access === 'protected' ? await asTwin(target) : null
      visits.push({ target, source, access, holds, anonymous, genuine })
      bench.progress({ code: 'http-anonymous.asked', values: { done: visits.length, all: targets.length } })
    }
    const isWhole = visits.length === targets.length
    const isByPage = to.session?.browser !== undefined
    const bypasses = {
      isSlow: bench.now() - began > SLOW_MICROSECONDS * visits.length,
      isByPage,
      authority: `${to.tls ? 'https' : 'http'}://${authorityOf(to)}`,
      ask: client.send,
      genuine: asTwin,
    }
    const decoyTries = isWhole ? await tryBypasses(bench, visits, bypasses) : null
    const closing = await ask('/')
    client.close()
    const same = answerOf(opening)?.status === answerOf(closing)?.status && answerOf(closing) !== null
    const controls: Control[] = [{ id: 'door-open', ok: same, about: { code: 'http-anonymous.door-open', values: {} } }]
    const place = { family, port, tls: to.tls, opening, visits, closing, complete: isWhole }
    const value = decoyTries === null ? place : { ...place, decoyTries }
    return { answered: true, value, controls, artifacts: [] }
  },
})
