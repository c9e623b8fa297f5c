import type { Exchange } from '../../suites/observations/exchange.ts'
import type { UpdateOnline } from '../../suites/observations/update-fetch.ts'
import type { Family, OnlineUpdate, Update } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import { authorityOf, genuineServer, giveAuthority } from '../services/trust.ts'
import { familyTowards, point } from '../services/log-channels.ts'
import type { Authority, ServerIdentity } from '../services/server-certificates.ts'
import { startUpdateServer, type UpdateServer } from '../services/update-server.ts'
import type { Way } from './offering.ts'
import { ropeOf } from './rope.ts'
import { updateFiles } from './update-files.ts'

const POLL_MILLISECONDS = 50
const CHECK_SECONDS = 30

const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `update-refusal.${key}`, values })

/** The lab in the place of the maker's update server. */
export interface OnlinePath {
  way: Way
  seen(): UpdateOnline
  /** Points the device back at its own server and closes this one. */
  close(): Promise<void>
}

type Fault = { cause: 'lab' | 'operator'; key: string; values: Record<string, string | number> }

/** Starts the server, gives the device its authority, and points the device at it. */
export async function openOnline(
  bench: Bench,
  update: Update,
  online: OnlineUpdate,
  subject: string,
): Promise<{ path: OnlinePath } | { fault: Fault }> {
  const family = familyTowards(bench, online.enable ?? online.trigger ?? online.trust?.install)
  const address = family && bench.sources(family)[0]
  const fault = (cause: Fault['cause'], key: string, values: Fault['values'] = {}) => ({
    fault: { cause, key, values },
  })
  if (!family || !address) return fault('lab', 'no-address')
  const signed = online.protocol === 'https' ? await identityOf(bench, online, address) : null
  if (signed && 'fault' in signed) return fault('operator', 'no-authority', { detail: signed.fault })
  const { genuine } = update.packages
  const rope = ropeOf(bench.resolve(genuine.file)) ?? []
  const made = updateFiles({ ...orderOf(bench, update, online, address), rope, sha256: '', of: genuine })
  if ('fault' in made) return fault('operator', 'no-file', { detail: made.fault })
  const { ipv4, ipv6 } = bench.sample.addresses
  const peers = [ipv4, ipv6].filter((a) => a !== null)
  const identity = signed?.identity ?? null
  const started = await startUpdateServer({ address, port: online.port, now: () => bench.now(), peers, identity })
  if ('failure' in started) return fault('lab', 'no-server', { port: online.port, detail: started.failure.detail })
  const { server } = started
  try {
    return { path: await pointed(bench, update, online, { subject, family, address, server, signed }) }
  } catch (e) {
    await server.close()
    throw e
  }
}

interface Started {
  subject: string
  family: Family
  address: string
  server: UpdateServer
  signed: Signed | null
}
type Signed = { authority: Authority; identity: ServerIdentity }

/** Gives the device the authority and points it at the server. */
async function pointed(
  bench: Bench,
  update: Update,
  online: OnlineUpdate,
  { subject, family, address, server, signed }: Started,
): Promise<OnlinePath> {
  const identity = signed?.identity ?? null
  const id = `update-server/${subject}`
  const where = { 'lab-address': address, 'lab-port': String(online.port) }
  const install =
    signed && (await giveAuthority(bench, online, signed.authority, where, `${id}/authority`, about('trusting')))
  const set = await point(bench, { ...online, id: update.id }, `${id}/server`, family, about('pointing'))
  return {
    way: fetchWay(bench, update, online, { address, server, where }),
    seen: () => ({
      protocol: online.protocol,
      address,
      port: online.port,
      serverName: online.serverName ?? null,
      chain: (identity?.certificates ?? []).map((c) => Buffer.from(c.rawData).toString('base64')),
      install,
      before: set?.before ?? null,
      enable: set?.enable ?? null,
      after: set?.after ?? null,
      strangers: server.strangers(),
    }),
    async close() {
      await bench.undo(`${id}/server`)
      await bench.undo(`${id}/authority`)
      await server.close()
    },
  }
}

/** Impostors are for another observation: here the server is always the genuine one. */
async function identityOf(bench: Bench, online: OnlineUpdate, address: string): Promise<Signed | { fault: string }> {
  const authority = await authorityOf(bench, online)
  if ('fault' in authority) return authority
  return { authority, identity: await genuineServer(authority, online, address) }
}

interface Place {
  address: string
  server: UpdateServer
  where: Record<string, string>
}

const orderOf = (bench: Bench, { packages }: Update, online: OnlineUpdate, address: string) => ({
  online,
  address,
  genuine: packages.genuine,
  version: packages.genuine.version,
  resolve: (path: string) => bench.resolve(path),
})

/** Puts a package on the server, makes the device look, and waits until it came. The same package again stays where it is. */
function fetchWay(bench: Bench, update: Update, online: OnlineUpdate, { address, server, where }: Place): Way {
  const most = (online.checkSeconds ?? CHECK_SECONDS) * 1_000_000
  const why = about('waiting-check', { seconds: most / 1_000_000 })
  const order = orderOf(bench, update, online, address)
  let offered = ''
  let from = 0
  let asked: Exchange[] = []
  return async ({ rope, of, sha256, version = of.version, signature }) => {
    const made = updateFiles({ ...order, rope, sha256, of, version, ...(signature ? { signature } : {}) })
    if ('fault' in made) throw new Error(`update server: ${made.fault}`)
    const name = `${version} ${sha256} ${signature ?? ''}`
    if (offered !== name) {
      offered = name
      from = bench.now()
      asked = []
      server.serve(made.files, made.package)
    }
    const begun = bench.now()
    if (online.trigger) asked.push(await bench.perform(online.trigger, where))
    while (server.fetched().busyAt === null && bench.now() - begun < most)
      if (!(await bench.wait(POLL_MILLISECONDS, why))) break
    return {
      takenAt: () => server.fetched().busyAt ?? 0,
      told: () => {
        const { requests, left, covered } = server.fetched()
        const { package: main, own, versions, lacking } = made
        const until = bench.now()
        return {
          fetch: {
            from,
            until,
            asked: [...asked],
            told: version,
            package: main,
            own,
            versions,
            ...(lacking.length > 0 ? { lacking } : {}),
            requests: requests.map((r) => ({ ...r, ...redacted(bench, r) })),
            left,
            covered,
          },
        }
      },
    }
  }
}

/** Secrets of the lab in what the device sent. */
function redacted(bench: Bench, { target, headers }: { target: string; headers: [string, string][] }) {
  const clean = (text: string) => Buffer.from(bench.redact(Buffer.from(text, 'latin1'))).toString('latin1')
  return { target: clean(target), headers: headers.map(([n, v]): [string, string] => [n, clean(v)]) }
}
