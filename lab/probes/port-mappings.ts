import { kind, MOST_ASKS, SECONDS_AFTER_REBOOT, type PortMappings } from '../../suites/observations/port-mappings.ts'
import { kind as rebootLog } from '../../suites/observations/reboot-log.ts'
import type { Seen } from '../../suites/observation.ts'
import { defineProbe, type Bench, type Watch } from '../probe.ts'
import { askGateway } from '../services/gateway-controls.ts'
import { OUTSIDE } from '../services/gateway-documents.ts'
import { startGateway } from '../services/gateway.ts'
import { unanswered } from './log-in-place.ts'

const ID = kind.id
/** Where everything else of the state takes less, the gateway is there a little longer. */
const LEAST_MS = 30_000
const MOST_BYTES = 4096

/** Answers the device as its gateway to the Internet while all else of the state is done, and keeps what it was asked. */
export const probe = defineProbe<PortMappings>({
  id: ID,
  version: '1.0.0',
  kind,
  tier: 'P',
  grade: 'offline',
  // Just before the end of the capture, which shows the gateway's conversations too.
  order: 99_000,
  states: ['in-service'],
  seconds: () => 1,
  watch: (bench, _subject, before) => begin(bench, before),
  run: async (bench) => (await begin(bench, 0)).end(bench),
})

async function begin(bench: Bench, before: number): Promise<Watch<PortMappings>> {
  const never = (seen: Seen<PortMappings>): Watch<PortMappings> => ({
    end: () => Promise.resolve(seen),
    stop: () => undefined,
  })
  const device = bench.sample.addresses.ipv4
  const address = bench.sources('ipv4')[0]
  if (device === null || address === undefined) return never(unanswered('lab', `${ID}.no-address`))
  if (device === address) return never(unanswered('lab', `${ID}.one-address`, { address }))
  const outside = bench.outside ?? OUTSIDE
  const asks = new Map<string, PortMappings['asks'][number]>()
  let left = 0
  const started = await startGateway({
    address,
    outside,
    device: new Set([device]),
    onMessage(way, from, raw) {
      const bytes = Buffer.from(bench.redact(raw).subarray(0, MOST_BYTES)).toString('base64')
      const key = `${way} ${bytes}`
      const known = asks.get(key)
      if (known) known.times++
      else if (asks.size >= MOST_ASKS) left++
      else asks.set(key, { way, from, at: bench.now(), times: 1, bytes })
    },
  })
  if ('failure' in started) return never(unanswered('lab', `${ID}.no-gateway`, { detail: started.failure.detail }))
  const { gateway } = started
  const from = bench.now()
  const controls = await askGateway(gateway, 'before')
  return {
    stop: () => void gateway.close(),
    async end(now) {
      const rest = Math.max(LEAST_MS - (now.now() - from) / 1000, afterReboot(now))
      if (rest > 0) await now.wait(rest, { code: `${ID}.waiting`, values: { seconds: Math.ceil(rest / 1000) } })
      controls.push(...(await askGateway(gateway, 'after')))
      const until = now.now()
      await gateway.close()
      if (now.signal.aborted) return unanswered('lab', `${ID}.cancelled`)
      const { httpPort } = gateway
      const value = { address, httpPort, outside, from, until, before, asks: [...asks.values()], left, controls }
      return { answered: true, value, controls: [], artifacts: [] }
    },
  }
}

/** Milliseconds until the device has been back from its reboot for long enough. */
function afterReboot(bench: Bench): number {
  const backAt = bench.seen(rebootLog).find((o) => o.subject === bench.sample.id)?.value.open ?? null
  return backAt === null ? 0 : SECONDS_AFTER_REBOOT * 1000 + 500 - (bench.now() - backAt) / 1000
}
