import { answerOf } from '../../suites/facts/answer.ts'
import { challengesOf, digestNonces } from '../../suites/facts/challenge.ts'
import { looksGranted } from '../../suites/facts/likeness.ts'
import { clearEndpoints, kind, type Challenges } from '../../suites/observations/challenges.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind as services } from '../../suites/observations/services.ts'
import { FAMILIES } from '../../suites/statement.ts'
import { addressSubject, declaredOf, endpointOf } from '../../suites/subject.ts'
import { authorityOf } from '../instruments/conversation.ts'
import { authorize, preferred } from '../instruments/digest.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'
import { clientAt, placeOf, unanswered, type Asking, type LoginPlace } from './log-in-place.ts'

const FRESH = 5
/** Where the genuine answer was not taken, a stream may have been busy. */
const REPLAYS = 3
const BUSY_MS = 500
/** A nonce made of the time in seconds is another one by then. */
const MOMENT_MS = 1_300

/** Looks at the challenges of one log-in, and replays one answer to them. Few log-ins fail, and only ones with the right password. */
export const probe = defineProbe<Challenges>({
  id: 'challenges',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 15,
  failsLogins: 4,
  states: ['in-service'],
  seconds: () => 5,
  async run(bench, subject) {
    const { id } = declaredOf(subject)
    const protocol = loginsOver(bench.statement, 'rtsp').some((l) => l.login.id === id) ? 'rtsp' : 'http'
    const place = placeOf(bench, subject, protocol, 'challenges')
    if (!('to' in place)) return place
    const { to, login } = place
    const asked = { method: login.method ?? (protocol === 'rtsp' ? 'DESCRIBE' : 'GET'), target: login.target }
    const credential = bench.credential(place.account.id)
    const once = async (at: Endpoint, more: Partial<Asking> = {}): Promise<Exchange> => {
      const client = clientAt(bench, at, protocol)
      const exchange = await client.send({ ...asked, ...more })
      client.close()
      return exchange
    }
    const fresh: Exchange[] = []
    while (fresh.length < FRESH && !bench.signal.aborted) fresh.push(await once(to))
    const client = clientAt(bench, to, protocol)
    const kept = [await client.send(asked), await client.send(asked)]
    client.close()
    const later = (await comesAgain(bench, [...fresh, ...kept])) ? { later: await once(to) } : {}
    const genuine = await once(to, { credential })
    let replay = await replayed(bench, place, protocol, asked)
    for (let n = 1; n < REPLAYS && replay && !looksGranted(answerOf(replay.genuine)); n++) {
      if (!(await bench.wait(BUSY_MS, { code: 'run.stream-busy', values: {} }))) break
      replay = await replayed(bench, place, protocol, asked)
    }
    const known = new Set(bench.seen(services).map((o) => o.subject))
    const undiscovered = FAMILIES.filter(
      (f) => bench.endpoint(f, 1, false) !== null && !known.has(addressSubject(bench.sample.id, f)),
    )
    const clear: Challenges['clear'] = []
    const value = `Basic ${Buffer.from(`${credential.user}:${credential.password}`, 'utf8').toString('base64')}`
    for (const endpoint of clearEndpoints(subject, protocol, bench)) {
      const { family, port } = endpointOf(endpoint)
      const at = bench.endpoint(family, port, false)
      if (!at) return unanswered('lab', 'challenges.no-address', { subject: endpoint })
      const anonymous = await once(at)
      clear.push({ family, port, anonymous, basic: await once(at, { headers: [['Authorization', value]] }) })
    }
    if (bench.signal.aborted) return unanswered('lab', 'challenges.cancelled', { login: id })
    const { family, port, tls } = to
    return {
      answered: true,
      value: {
        ...{ protocol, family, port, tls, target: login.target },
        ...{ fresh, kept, ...later, genuine, replay, undiscovered, clear },
      },
      controls: [],
      artifacts: [],
    }
  },
})

/** One nonce came twice, and a moment has passed since. */
async function comesAgain(bench: Bench, asked: readonly Exchange[]): Promise<boolean> {
  const nonces = asked.map(answerOf).flatMap((answer) => (answer ? digestNonces(answer) : []))
  return (
    new Set(nonces).size < nonces.length &&
    (await bench.wait(MOMENT_MS, { code: 'challenges.nonce-again', values: {} }))
  )
}

/** The genuine twin first, then the same bytes where they were used and on another connection, then a log-in that must still work. */
async function replayed(
  bench: Bench,
  { to, account }: LoginPlace,
  protocol: 'http' | 'rtsp',
  asked: { method: string; target: string },
): Promise<Challenges['replay']> {
  const credential = bench.credential(account.id)
  const here = clientAt(bench, to, protocol)
  const answer = answerOf(await here.send(asked))
  const challenge = answer && preferred(challengesOf(answer).filter((c) => c.scheme === 'digest'))
  if (!challenge) {
    here.close()
    return null
  }
  const uri = protocol === 'rtsp' ? `${to.tls ? 'rtsps' : 'rtsp'}://${authorityOf(to)}${asked.target}` : asked.target
  const { value } = authorize(challenge, credential, { method: asked.method, uri })
  const same: Asking = { ...asked, headers: [['Authorization', value]] }
  const genuine = await here.send(same)
  const again = await here.send(same)
  here.close()
  const there = clientAt(bench, to, protocol)
  const elsewhere = await there.send(same)
  there.close()
  const last = clientAt(bench, to, protocol)
  const after = await last.send({ ...asked, credential })
  last.close()
  const counted = /(^|[\s,])auth([\s,]|$)/i.test(challenge.parameters['qop'] ?? '')
  return { genuine, here: again, elsewhere, after, counted }
}
