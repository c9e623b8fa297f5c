import { defaultPasswords } from '../../suites/facts/catalogue.ts'
import { connackCode } from '../../suites/facts/mqtt-packet.ts'
import type { RemoteAttempt, RemoteCredentials } from '../../suites/observations/remote-credentials.ts'
import type { RemoteEndpoint } from '../../suites/observations/remote-endpoints.ts'
import type { Account, BruteForce } from '../../suites/statement.ts'
import { askAuthTls, tryFtp } from '../instruments/ftp.ts'
import { tryMqtt } from '../instruments/mqtt.ts'
import { trySsh } from '../instruments/ssh.ts'
import { tryConsole, tryTelnet } from '../instruments/telnet.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'

/** One endpoint with what is asked of it in its own protocol. */
export interface RemoteDoor {
  to: Endpoint
  knock: (credential: Credential | null) => Promise<RemoteAttempt>
  /** The account declared for a log-in at this service. */
  account: Account | null
  rule: BruteForce | null
  start: Pick<RemoteCredentials, 'anonymous' | 'mqttVersion' | 'authTls' | 'subscription'>
}

/** Knocks without a credential, in the version of the protocol that the server speaks. */
export async function openDoor(bench: Bench, endpoint: RemoteEndpoint, to: Endpoint): Promise<RemoteDoor> {
  const login = bench.statement.logins.find((l) => l.service === endpoint.service)
  const account = bench.statement.accounts.find((a) => a.id === login?.account) ?? null
  const rule = bench.statement.bruteForce.find((r) => r.login === login?.id) ?? null
  const nothing = { mqttVersion: null, authTls: null, subscription: null }
  if (endpoint.protocol === 'mqtt') {
    const older = await tryMqtt(bench, to, '3.1.1', null)
    const version = wantsNewer(older.attempt) ? ('5' as const) : ('3.1.1' as const)
    const first = version === '5' ? await tryMqtt(bench, to, version, null) : older
    const knock = async (credential: Credential | null) => (await tryMqtt(bench, to, version, credential)).attempt
    const start = { ...nothing, anonymous: first.attempt, mqttVersion: version, subscription: first.subscription }
    return { to, knock, account, rule, start }
  }
  const how = { ssh: trySsh, ftp: tryFtp, telnet: tryTelnet, console: tryConsole }[endpoint.protocol]
  const knock = (credential: Credential | null) => how(bench, to, credential)
  const anonymous = await knock(null)
  const authTls =
    endpoint.protocol === 'ftp' ? Buffer.from(await askAuthTls(bench, to)).toString('base64') : nothing.authTls
  return { to, knock, account, rule, start: { ...nothing, anonymous, authTls } }
}

/** A broker that knows MQTT 5 only refuses the version (MQTT 3.1.1 section 3.2.2.3, MQTT 5 section 3.2.2.2). */
function wantsNewer({ steps }: RemoteAttempt): boolean {
  const code = connackCode(Buffer.from(steps[0]?.answer ?? '', 'base64'))
  return code === 1 || code === 0x84
}

/** Users whom devices have although no statement names them. */
const USUAL_USERS = ['root', 'admin']

/** The pairs of the catalogue, then blank and user = password for every declared and usual user, each once. */
export function listedCredentials({ statement, catalogue }: Bench): Credential[] {
  const users = [...new Set([...statement.accounts.map((a) => a.user), ...USUAL_USERS])]
  const pairs = [
    ...defaultPasswords(catalogue('default-passwords')),
    ...users.flatMap((user) => [
      { user, password: '' },
      { user, password: user },
    ]),
  ]
  const once = new Map(pairs.map((p) => [`${p.user}\n${p.password}`, p]))
  return [...once.values()].map(({ user, password }) => ({ user, password, secret: password, published: true }))
}
