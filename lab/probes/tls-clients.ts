import { randomBytes } from 'node:crypto'
import { answerTime } from '../../suites/facts/tls-client.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { kind, type TlsClients, type TlsConnection } from '../../suites/observations/tls-clients.ts'
import type { Family, TlsClient } from '../../suites/statement.ts'
import { declaredOf } from '../../suites/subject.ts'
import { defineProbe, type Bench } from '../probe.ts'
import { familyTowards, point } from '../services/log-channels.ts'
import { makeServers, STRIPPING, type Authority, type ServerIdentity } from '../services/server-certificates.ts'
import { startTlsServer, type LiveConnection, type TlsServer } from '../services/tls-server.ts'
import { authorityOf, giveAuthority } from '../services/trust.ts'
import { unanswered } from './log-in-place.ts'

const POLL_MILLISECONDS = 100
/** A client that was refused may come again at once, and less careful. */
const AGAIN_MICROSECONDS = 600_000
const RETRY_SECONDS = 30
/** A record that was sent into a closed connection is lost: the device is asked again. */
const MOST_ASKS = 3
const MOST_DATA_BYTES = 256

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })

/** Genuine server, impostors, genuine server again, on one port that the device connects to; how it took each. */
export const probe = defineProbe<TlsClients>({
  id: ID,
  version: '1.1.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 5,
  states: ['in-service'],
  seconds: (statement) => 8 * (statement.tlsClients ?? []).length,
  async run(bench, subject) {
    const client = bench.statement.tlsClients?.find((c) => c.id === declaredOf(subject).id)
    if (!client) return unanswered('operator', `${ID}.no-such-client`, { client: declaredOf(subject).id })
    const values = { client: client.id }
    const { enable, trigger, trust } = client
    const family = familyTowards(bench, enable ?? trigger ?? trust?.install)
    const address = family && bench.sources(family)[0]
    if (!family || !address) return unanswered('lab', `${ID}.no-address`, values)
    const authority = await authorityOf(bench, client)
    if ('fault' in authority)
      return unanswered('operator', `${ID}.no-authority`, { ...values, detail: authority.fault })
    const started = await startTlsServer({
      address,
      port: client.port,
      protocol: client.protocol,
      now: () => bench.now(),
    })
    if ('failure' in started)
      return unanswered('lab', `${ID}.no-server`, { ...values, port: client.port, detail: started.failure.detail })
    const { server } = started
    const id = `${ID}/${subject}`
    try {
      const value = await meet(bench, { client, family, address, authority, server, id })
      if (bench.signal.aborted) return unanswered('lab', `${ID}.cancelled`, values)
      return { answered: true, value, controls: [], artifacts: [] }
    } finally {
      await bench.undo(`${id}/server`)
      await bench.undo(`${id}/authority`)
      await server.close()
    }
  },
})

const der = (certificate: Authority['certificate']): string => Buffer.from(certificate.rawData).toString('base64')

interface Meeting {
  client: TlsClient
  family: Family
  address: string
  authority: Authority
  server: TlsServer
  id: string
}

/** Gives the device the authority, points it at the lab and shows it one server after the other. */
async function meet(bench: Bench, { client, family, address, authority, server, id }: Meeting): Promise<TlsClients> {
  const names = [...(client.serverName === undefined ? [] : [client.serverName]), address]
  const [genuine, ...impostors] = await makeServers(authority, names)
  if (!genuine) throw new Error('no genuine server')
  const where = { 'lab-address': address, 'lab-port': String(client.port) }
  const from = bench.now()
  server.show(genuine)
  const why = about('trusting', { client: client.id })
  const install = await giveAuthority(bench, client, authority, where, `${id}/authority`, why)
  const set = await point(bench, client, `${id}/server`, family, about('pointing', { client: client.id }))
  const value: TlsClients = {
    client: client.id,
    protocol: client.protocol,
    address,
    port: client.port,
    serverName: client.serverName ?? null,
    authority: {
      origin: client.authority ? 'declared' : client.trust ? 'given' : 'unknown',
      certificate: der(authority.certificate),
    },
    install,
    before: set?.before ?? null,
    enable: set?.enable ?? null,
    after: set?.after ?? null,
    servers: [],
  }
  const asking = client.trigger ?? client.enable
  const watching: Watching = {
    client,
    server,
    ask: async () =>
      asking ? [await bench.perform(asking, { ...where, value: `cs${randomBytes(6).toString('hex')}` })] : [],
    most: (client.retrySeconds ?? RETRY_SECONDS) * 1_000_000,
    least: AGAIN_MICROSECONDS,
  }
  const first = await watch(bench, genuine, from, client.trigger ? await watching.ask() : [], watching)
  value.servers.push(first)
  const strippers = client.protocol === 'smtp-starttls' ? STRIPPING : []
  const isTaken = first.connections.some((c) => c.bytes > 0)
  // Who does not take the genuine server shows nothing by refusing others; a mail client may do without TLS.
  if (!isTaken && !first.connections.some((c) => (c.clear ?? []).length > 0)) return value
  if (isTaken) watching.least += 2 * answerTime(first, value.enable)
  for (const identity of [...(isTaken ? impostors : []), ...strippers, genuine]) {
    const shownAt = bench.now()
    server.show(identity)
    value.servers.push(await watch(bench, identity, shownAt, await watching.ask(), watching))
    if (bench.signal.aborted) break
  }
  return value
}

interface Watching {
  client: TlsClient
  server: TlsServer
  /** Makes the device come. */
  ask(): Promise<Exchange[]>
  /** How long it may take to come; how long it is watched after it was asked, though it came and went. Microseconds. */
  most: number
  least: number
}

/** Who comes to the server, and how each of them goes. Who stays away is asked again. */
async function watch(
  bench: Bench,
  { shows, certificates }: ServerIdentity,
  from: number,
  asked: Exchange[],
  { client, server, ask, most, least }: Watching,
): Promise<TlsClients['servers'][number]> {
  bench.progress(about(`showing-${shows}`, { client: client.id }))
  const begun = bench.now()
  for (let part = 1; part <= MOST_ASKS; part++) {
    const end = begun + (most * part) / MOST_ASKS
    if (await settled(bench, server, client.id, end, (asked.at(-1)?.at ?? from) + least)) break
    if (bench.signal.aborted) break
    if (part < MOST_ASKS && tried(server).length === 0) asked.push(...(await ask()))
  }
  const until = bench.now()
  const { list, left } = server.connections()
  const connections = list.map((c) => stored(bench, c, until))
  return { shows, chain: certificates.map(der), from, until, asked, connections, left }
}

const tried = (server: TlsServer): LiveConnection[] =>
  server.connections().list.filter((c) => c.first.length > 0 || (c.clear ?? []).length > 0)

/** Whether data came before an end, or the device came, went, and stayed away for a moment and until `least`. */
async function settled(bench: Bench, server: TlsServer, client: string, end: number, least: number): Promise<boolean> {
  const why = about('waiting', { client })
  for (;;) {
    const list = tried(server)
    if (list.some((c) => c.bytes > 0)) return true
    const now = bench.now()
    const isQuiet = list.every((c) => c.end !== null && c.endedAt < now - AGAIN_MICROSECONDS)
    if (list.length > 0 && isQuiet && now >= least) return true
    if (now >= end || !(await bench.wait(POLL_MILLISECONDS, why))) return false
  }
}

/** As evidence: redacted, then cut. What is still open is ended by the lab, which shows the next certificate. */
function stored(bench: Bench, live: LiveConnection, now: number): TlsConnection {
  const { first, clear, data, end, endedAt, ...rest } = live
  const kept = (bytes: Uint8Array, most: number) =>
    Buffer.from(bench.redact(bytes).subarray(0, most)).toString('base64')
  const redacted = (text: string) => Buffer.from(bench.redact(Buffer.from(text, 'latin1'))).toString('latin1')
  return {
    ...rest,
    first: kept(first, first.length),
    ...(clear ? { clear: clear.map(({ said, reply }) => ({ said: redacted(said), reply })) } : {}),
    data: kept(data, MOST_DATA_BYTES),
    end: end ?? 'lab',
    endedAt: end === null ? now : endedAt,
  }
}
