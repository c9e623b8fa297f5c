import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { packetOf, type Packet } from '../../suites/facts/packet.ts'
import { addressKey } from '../../suites/facts/log-words.ts'
import { trafficReducer } from '../../suites/facts/traffic.ts'
import type { Seen } from '../../suites/observation.ts'
import { kind, type Traffic } from '../../suites/observations/traffic.ts'
import { FAMILIES, type Family } from '../../suites/statement.ts'
import { sleep } from '../bench.ts'
import { defineProbe, type Bench, type Watch } from '../probe.ts'
import { capturePlace } from '../services/capture-place.ts'
import { clearSecrets } from '../services/clear-secrets.ts'
import { startCapture } from '../services/capture.ts'
import { unanswered } from './log-in-place.ts'

const ID = kind.id
/** Where everything else of the state takes less, the device is watched a little longer. */
const LEAST_MS = 30_000
/** Above the ports that systems give to clients, and nobody's service. */
const CANARY_PORT = 61_996
const CANARY_BYTES = 16
const CANARY_TRIES = 3
/** A captured packet may take a second to come. */
const CANARY_MS = 2_500

type Canary = Traffic['canaries'][number] & { token: Buffer }

/** Listens to the device from its coming into service until all else was done with it, and keeps whom it talked to. */
export const probe = defineProbe<Traffic>({
  id: ID,
  version: '1.0.0',
  kind,
  tier: 'P',
  grade: 'offline',
  // What it saw is complete when everything else of the state is done.
  order: 100_000,
  states: ['in-service'],
  seconds: () => 2,
  watch: (bench, _subject, before) => begin(bench, before),
  run: async (bench) => (await begin(bench, 0)).end(bench),
})

async function begin(bench: Bench, before: number): Promise<Watch<Traffic>> {
  const never = (seen: Seen<Traffic>): Watch<Traffic> => ({ end: () => Promise.resolve(seen), stop: () => undefined })
  const place = capturePlace(bench.sample, (family) => bench.sources(family), bench.capture?.interface)
  if (!place) return never(unanswered('lab', `${ID}.no-interface`, {}))
  const shared = FAMILIES.flatMap((family) => bench.sources(family)).find((a) => place.device.includes(a))
  if (shared !== undefined) return never(unanswered('lab', `${ID}.one-address`, { address: shared }))
  const device = new Set(place.device.map((a) => addressKey(a) ?? a))
  const reducer = trafficReducer(device)
  const isOfDevice = ({ source, sourceMac }: Packet) =>
    device.has(source) || (sourceMac !== null && device.has(sourceMac))
  const clear = clearSecrets((bytes) => bench.redact(bytes))
  const canaries: Canary[] = []
  const started = await startCapture({
    interface: place.interface,
    filter: place.filter,
    take({ at, bytes, length }, link) {
      const packet = packetOf(link, bytes)
      const canary = packet && canaries.find((c) => isCanary(c, packet.destinationPort, packet.payload))
      if (canary) return void canary.seen++
      reducer.take(packet, at, length)
      if (packet && !packet.isLaterFragment) clear.take(packet, at, isOfDevice(packet))
    },
  })
  if ('fault' in started) return never(unanswered('lab', `${ID}.no-capture`, { detail: started.fault }))
  const { capture } = started
  const from = bench.now()
  await sendCanaries(bench, 'before', canaries)
  return {
    stop: () => capture.kill(),
    async end(now) {
      const rest = LEAST_MS - (now.now() - from) / 1000
      if (rest > 0) await now.wait(rest, { code: `${ID}.waiting`, values: { seconds: Math.ceil(rest / 1000) } })
      await awaited(now, await sendCanaries(now, 'after', canaries))
      const until = now.now()
      const died = capture.died()
      if (died !== null) return unanswered('lab', `${ID}.died`, { detail: died })
      const counters = await capture.end()
      const value: Traffic = {
        interface: place.interface,
        sees: place.link === 'loopback' ? 'device' : (now.capture?.sees ?? 'lab'),
        link: place.link,
        device: place.device,
        lab: FAMILIES.flatMap((family) => now.sources(family)),
        from,
        until,
        before,
        filter: place.filter,
        canaries: canaries.map(({ token: _, ...c }) => c),
        counters,
        ...reducer.result(),
        clear: clear.result(),
      }
      return { answered: true, value, controls: [], artifacts: [] }
    },
  }
}

const isCanary = ({ token }: Canary, port: number, payload: Uint8Array): boolean =>
  port === CANARY_PORT && payload.length === CANARY_BYTES && token.equals(payload)

/** A datagram of the lab's own to each address of the device, at an unused port. */
async function sendCanaries(bench: Bench, when: Canary['when'], canaries: Canary[]): Promise<Canary[]> {
  const made: Canary[] = []
  for (const family of FAMILIES) {
    const address = bench.endpoint(family, CANARY_PORT, false)?.address
    if (address === undefined) continue
    const canary: Canary = { family, when, sent: 0, seen: 0, token: randomBytes(CANARY_BYTES) }
    canaries.push(canary)
    made.push(canary)
    for (let i = 0; i < CANARY_TRIES && canary.sent === 0; i++) {
      await bench.attempt()
      if (await datagram(family, address, bench.sources(family)[0], canary.token)) canary.sent++
    }
  }
  return made
}

/** Until all were seen, or are late beyond hope. */
async function awaited(bench: Bench, canaries: readonly Canary[]): Promise<void> {
  const end = bench.now() + CANARY_MS * 1000
  while (canaries.some((c) => c.seen < c.sent) && bench.now() < end) if (!(await sleep(20, bench.signal))) return
}

/** False where it could not be sent. */
function datagram(family: Family, address: string, source: string | undefined, bytes: Uint8Array): Promise<boolean> {
  const socket = createSocket(family === 'ipv6' ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    const done = (ok: boolean) => {
      socket.close()
      resolve(ok)
    }
    socket.once('error', () => done(false))
    socket.bind({ address: source, port: 0 }, () => {
      socket.send(bytes, CANARY_PORT, address, (fault) => done(fault === null))
    })
  })
}
