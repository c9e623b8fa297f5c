import { answerOf } from '../../suites/facts/answer.ts'
import { parseSdp } from '../../suites/facts/sdp.ts'
import type { LaterTcpPorts } from '../../suites/observations/later-tcp-ports.ts'
import { isTls, loginsOver } from '../../suites/observations/log-ins.ts'
import type { Family } from '../../suites/statement.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import type { Bench } from '../probe.ts'
import { whileBusy } from './log-in-place.ts'

/** Enough to be a stream, before anything else begins. */
const FIRST = { milliseconds: 4_000, packets: 3 }
const LONG = { milliseconds: 20_000, packets: 2_000 }
/** A device that bears fewer is not asked for a stream and anything else at once. */
const LEAST_CONNECTIONS = 3
const PATIENCE_MS = 10_000

export interface Watching {
  /** Ends it; what was seen of the stream, null where none is declared for the family. */
  end(): Promise<LaterTcpPorts['stream']>
}

/** Watches the first declared stream as a client does: once, and then again and again until the end where the device bears it. */
export async function watchStream(bench: Bench, family: Family): Promise<Watching> {
  const place = loginsOver(bench.statement, 'rtsp').find(({ service }) => service.families.includes(family))
  const to = place && bench.endpoint(family, place.service.port, isTls(place.service))
  if (!place || !to) return { end: () => Promise.resolve(null) }
  const credential = bench.credential(place.account.id)
  const seen = { login: place.login.id, packets: 0 }
  const ending = new AbortController()
  const signal = AbortSignal.any([bench.signal, ending.signal])
  const watching: Bench = Object.assign(Object.create(bench) as Bench, { signal })

  /** Whether media came. */
  const play = async (limits: typeof FIRST): Promise<boolean> => {
    const client = rtspClient(watching, to, { milliseconds: PATIENCE_MS })
    const headers: [string, string][] = [['Accept', 'application/sdp']]
    const describe = await whileBusy(watching, () =>
      client.send({ method: 'DESCRIBE', target: place.login.target, headers, credential }),
    )
    const body = answerOf(describe)?.body
    const played = body && parseSdp(body) ? await client.play(describe, limits, credential) : null
    client.close()
    seen.packets += played?.media?.packets ?? 0
    return (played?.media?.packets ?? 0) > 0
  }
  const isThere = await play(FIRST)
  const goOn = async (): Promise<void> => {
    if (!isThere || bench.budgets.connections < LEAST_CONNECTIONS) return
    while (!signal.aborted) if (!(await play(LONG))) return
  }
  const going = goOn()
  return {
    async end() {
      ending.abort()
      await going
      return seen
    },
  }
}
