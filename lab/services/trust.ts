import { readFileSync } from 'node:fs'
import type { Message } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Family, LogChannel, TlsClient } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import {
  makeAuthority,
  makeServers,
  readAuthority,
  type Authority,
  type ServerIdentity,
} from './server-certificates.ts'

/** The declared authority, else one of the lab made now. */
export async function authorityOf(
  bench: Bench,
  { authority }: Pick<TlsClient, 'authority'>,
): Promise<Authority | { fault: string }> {
  if (!authority) return makeAuthority('CN=Camseal lab authority')
  const file = (path: string) => readFileSync(bench.resolve(path), 'utf8')
  try {
    return await readAuthority(file(authority.certificate), file(authority.key))
  } catch (e) {
    return { fault: e instanceof Error ? ((e as NodeJS.ErrnoException).code ?? e.message) : String(e) }
  }
}

/** Gives the device the certificate of the authority, where the statement says how; journalled under `id`. */
export async function giveAuthority(
  bench: Bench,
  { trust }: Pick<TlsClient, 'trust'>,
  authority: Authority,
  where: Record<string, string>,
  id: string,
  why: Message,
): Promise<Exchange | null> {
  if (!trust) return null
  let install: Exchange | null = null
  const given = { ...where, 'ca-certificate': authority.certificate.toString('pem') }
  await bench.change(id, why, { action: trust.remove, values: where }, async () => {
    install = await bench.perform(trust.install, given)
  })
  return install
}

/** The certificate of this authority that a device must accept here: for the declared name, where there is one, and the address. */
export async function genuineServer(
  authority: Authority,
  { serverName }: Pick<TlsClient, 'serverName'>,
  address: string,
): Promise<ServerIdentity> {
  const [genuine] = await makeServers(authority, [...(serverName === undefined ? [] : [serverName]), address])
  if (!genuine) throw new Error('no genuine server')
  return genuine
}

/**
 * What the lab's receiver shows to a device that looks at the certificate of its log server, as the TLS client declared for
 * the same port says; null where none is declared or nothing is known of whom it trusts.
 */
export async function receiverIdentity(
  bench: Bench,
  { protocol, port }: LogChannel,
  family: Family,
): Promise<{ client: TlsClient; authority: Authority; identity: { key: string; cert: string } } | null> {
  const client = (bench.statement.tlsClients ?? []).find((c) => c.protocol === protocol && c.port === port)
  if (!client || (!client.trust && !client.authority)) return null
  const authority = await authorityOf(bench, client)
  const address = bench.sources(family)[0]
  if ('fault' in authority || address === undefined) return null
  const genuine = await genuineServer(authority, client, address)
  const cert = genuine.certificates.map((c) => c.toString('pem')).join('\n')
  return { client, authority, identity: { key: genuine.key, cert } }
}
