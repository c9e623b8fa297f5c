import { answerOf } from '../../suites/facts/answer.ts'
import { rtspPaths } from '../../suites/facts/catalogue.ts'
import { outcomeOf } from '../../suites/authentication/no-anonymous-stream.ts'
import { parseSdp } from '../../suites/facts/sdp.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { kind, type RtspAttempt, type RtspVisit } from '../../suites/observations/rtsp-anonymous.ts'
import { endpointOf } from '../../suites/subject.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import { defineProbe, type Bench, type Credential, type Endpoint } from '../probe.ts'
import { credentialAt, speakingAt, targetsAt } from './anonymous-targets.ts'
import { decoyPath, unanswered, whileBusy } from './log-in-place.ts'

/** Requests without a log-in between two controls: every one is a 401 that a ban may count. */
const BETWEEN_CONTROLS = 8
/** The first picture of an encoder that was idle may take long. */
const PATIENCE_MS = 20_000
/** So many packets show that media flows; the time allows for a late key frame. */
const MEDIA = { milliseconds: 6_000, packets: 10 }
const ACCEPT: [string, string][] = [['Accept', 'application/sdp']]

/** DESCRIBE, and where it is answered with a description SETUP and PLAY, on a connection of its own. */
async function attempt(
  bench: Bench,
  to: Endpoint,
  target: string,
  credential: Credential | null = null,
  { method = 'DESCRIBE', milliseconds = PATIENCE_MS } = {},
): Promise<RtspAttempt> {
  const client = rtspClient(bench, to, { milliseconds })
  const log = credential ? { credential } : {}
  const ask = () => client.send({ method, target, headers: ACCEPT, ...log })
  const describe = credential ? await whileBusy(bench, ask) : await ask()
  const body = answerOf(describe)?.body
  const played = body && parseSdp(body) ? await client.play(describe, MEDIA, credential ?? undefined) : null
  client.close()
  return { describe, played }
}

/** To refuse takes no picture of an idle encoder. */
const REFUSING = { milliseconds: 5_000 }

interface Trick {
  how: string
  run(): Promise<RtspAttempt>
}

/**
 * Ways to the same stream that some servers check in another way than its address, and none that is a log-in. The last
 * leaves out the description, which somebody who was here before may know.
 */
function tricksFor(bench: Bench, to: Endpoint, { target, genuine }: RtspVisit): Trick[] {
  const [, path = '', query = ''] = /^([^?]*)(.*)$/.exec(target) ?? []
  const local = `${to.tls ? 'rtsps' : 'rtsp'}://${to.family === 'ipv6' ? '[::1]' : '127.0.0.1'}:${to.port}${target}`
  const targets = [
    `${path}/${query}`,
    `${path}/trackID=0${query}`,
    `${target}${query === '' ? '?' : '&'}x=1`,
    `/${target}`,
    `/.${target}`,
    `${path.toUpperCase()}${query}`,
    local,
  ]
  const tricks = [...new Set(targets)]
    .filter((changed) => changed !== target)
    .map((changed): Trick => ({ how: `DESCRIBE ${changed}`, run: () => attempt(bench, to, changed, null, REFUSING) }))
  const lower = {
    how: `describe ${target}`,
    run: () => attempt(bench, to, target, null, { ...REFUSING, method: 'describe' }),
  }
  const described = genuine?.describe
  const setUp = async (describe: Exchange): Promise<RtspAttempt> => {
    const client = rtspClient(bench, to, { milliseconds: PATIENCE_MS })
    const played = await client.play(describe, MEDIA)
    client.close()
    return { describe, played }
  }
  return [...tricks, lower, ...(described ? [{ how: 'SETUP', run: () => setUp(described) }] : [])]
}

/** Streams without a log-in: declared paths (with their logged-in twin), well-known paths, and a decoy; then ways round. */
export const probe = defineProbe({
  id: 'rtsp-anonymous',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 10,
  states: ['factory-fresh', 'in-service'],
  sideBySide: true,
  seconds: (statement) =>
    30 * statement.samples.length * Math.max(1, statement.services.filter((s) => /^rtsps?$/.test(s.protocol)).length),
  async run(bench, subject) {
    const endpoint = speakingAt(bench, 'rtsp', subject)
    const { family, port } = endpointOf(subject)
    const to = endpoint && bench.endpoint(family, port, endpoint.tls)
    if (!endpoint || !to) return unanswered('lab', 'rtsp-anonymous.no-address', { subject })
    const account = credentialAt(bench, 'rtsp', endpoint)
    const options = async (): Promise<Exchange> => {
      const client = rtspClient(bench, to, { milliseconds: PATIENCE_MS })
      const exchange = await client.send({ method: 'OPTIONS', target: '/' })
      client.close()
      return exchange
    }
    const control = async (): Promise<Exchange> =>
      account ? await describeOnly(bench, to, account.target, account.credential) : await options()
    const first = await options()
    const opening = first.failure ? await options() : first
    if (opening.failure)
      return unanswered(opening.failure.code === 'lab' ? 'lab' : 'device', 'rtsp-anonymous.no-answer', {
        subject,
        failure: opening.failure.code,
      })

    const paths = rtspPaths(bench.catalogue('rtsp-paths')).map((target) => ({ target, holds: 'stream' }))
    const targets = targetsAt(bench, 'rtsp', endpoint, paths, [decoyPath('')])
    const visits: RtspVisit[] = []
    const controls: Exchange[] = [await control()]
    const statusAtFirst = statusOf(controls[0])
    const holds = (): boolean => statusOf(controls.at(-1)) === statusAtFirst && statusAtFirst !== 0
    for (const [i, { target, source, access }] of targets.entries()) {
      if (i % BETWEEN_CONTROLS === 0 && i > 0) controls.push(await control())
      if (!holds() || bench.signal.aborted) break
      const anonymous = await attempt(bench, to, target)
      const genuine = access === 'protected' && account ? await attempt(bench, to, target, account.credential) : null
      visits.push({ target, source, access, anonymous, genuine })
      bench.progress({ code: 'rtsp-anonymous.asked', values: { done: visits.length, all: targets.length } })
    }
    controls.push(await control())
    const isWhole = visits.length === targets.length && holds()
    const chosen = visits.find((v) => v.access === 'protected' && flows(v.genuine) && !isDescribed(v.anonymous))
    if (isWhole && chosen) {
      const tricks = tricksFor(bench, to, chosen)
      chosen.bypasses = []
      for (const [i, { how, run }] of tricks.entries()) {
        if (i % BETWEEN_CONTROLS === 0 && i > 0) controls.push(await control())
        if (!holds() || bench.signal.aborted) break
        chosen.bypasses.push({ how, attempt: await run() })
      }
      controls.push(await control())
    }
    const complete = isWhole && holds()
    return {
      answered: true,
      value: { family, port, tls: to.tls, opening, visits, controls, complete },
      controls: [{ id: 'door-open', ok: holds(), about: { code: 'rtsp-anonymous.door-open', values: {} } }],
      artifacts: [],
    }
  },
})

const statusOf = (exchange: Exchange | undefined): number => answerOf(exchange ?? null)?.status ?? 0

const flows = (attempt: RtspAttempt | null): boolean => attempt !== null && outcomeOf(attempt) === 'flows'
const isDescribed = ({ describe }: RtspAttempt): boolean => parseSdp(answerOf(describe)?.body ?? NOTHING) !== null
const NOTHING = new Uint8Array()

async function describeOnly(bench: Bench, to: Endpoint, target: string, credential: Credential): Promise<Exchange> {
  const client = rtspClient(bench, to, { milliseconds: PATIENCE_MS })
  const exchange = await whileBusy(bench, () =>
    client.send({ method: 'DESCRIBE', target, headers: ACCEPT, credential }),
  )
  client.close()
  return exchange
}
