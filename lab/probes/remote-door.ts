import { defaultPasswords } from '../../suites/facts/catalogue.ts'
import { ftpCode, goesAhead } from '../../suites/facts/ftp-reply.ts'
import { connackCode } from '../../suites/facts/mqtt-packet.ts'
import type { RemoteAttempt, RemoteCredentials } from '../../suites/observations/remote-credentials.ts'
import type { RemoteEndpoint } from '../../suites/observations/remote-endpoints.ts'
import type { Account, BruteForce } from '../../suites/statement.ts'
import { nameFtpUser, offerOfTls, tryFtp, tryFtpOverTls } from '../instruments/ftp.ts'
import { tryMqtt } from '../instruments/mqtt.ts'
import { trySsh } from '../instruments/ssh.ts'
import { tryConsole, tryTelnet } from '../instruments/telnet.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { wrongPassword } from './log-in-place.ts'

/** One endpoint with what is asked of it in its own protocol. */
export interface RemoteDoor {
  to: Endpoint
  /** From another address of the lab, or at another one of the device, where that is said. */
  knock: (credential: Credential | null, via?: Bench, at?: Endpoint) => Promise<RemoteAttempt>
  /** The account declared for a log-in at this service. */
  account: Account | null
  rule: BruteForce | null
  start: Pick<RemoteCredentials, 'anonymous' | 'mqttVersion' | 'authTls' | 'inClear' | 'subscription'>
}

/** Knocks without a credential, in the version of the protocol that the server speaks. */
export async function openDoor(
  bench: Bench,
  endpoint: Pick<RemoteEndpoint, 'service' | 'protocol'>,
  to: Endpoint,
): Promise<RemoteDoor> {
  const login = bench.statement.logins.find((l) => l.service === endpoint.service)
  const account = bench.statement.accounts.find((a) => a.id === login?.account) ?? null
  const rule = bench.statement.bruteForce.find((r) => r.login === login?.id) ?? null
  const nothing = { mqttVersion: null, authTls: null, subscription: null }
  if (endpoint.protocol === 'mqtt') {
    const older = await tryMqtt(bench, to, '3.1.1', null)
    const version = wantsNewer(older.attempt) ? ('5' as const) : ('3.1.1' as const)
    const first = version === '5' ? await tryMqtt(bench, to, version, null) : older
    const knock: RemoteDoor['knock'] = async (credential, via = bench, at = to) =>
      (await tryMqtt(via, at, version, credential)).attempt
    const start = { ...nothing, anonymous: first.attempt, mqttVersion: version, subscription: first.subscription }
    return { to, knock, account, rule, start }
  }
  if (endpoint.protocol === 'ftp') {
    const user = account ? bench.credential(account.id).user : 'admin'
    const { knock, ...start } = await openFtp(bench, to, user)
    return { to, knock, account, rule, start: { ...nothing, ...start } }
  }
  const how = { ssh: trySsh, telnet: tryTelnet, console: tryConsole }[endpoint.protocol]
  const knock: RemoteDoor['knock'] = (credential, via = bench, at = to) => how(via, at, credential)
  return { to, knock, account, rule, start: { ...nothing, anonymous: await knock(null) } }
}

/** FTP that offers TLS and asks for no password without it is knocked at in TLS (RFC 4217 section 4). */
async function openFtp(
  bench: Bench,
  to: Endpoint,
  name: string,
): Promise<Pick<RemoteDoor, 'knock'> & Pick<RemoteCredentials, 'anonymous' | 'authTls' | 'inClear'>> {
  const anonymous = await tryFtp(bench, to, null)
  const offer = await offerOfTls(bench, to)
  const authTls = Buffer.from(offer).toString('base64')
  if (goesAhead(offer)) {
    const user = await nameFtpUser(bench, to, wrongPassword(name))
    const code = ftpCode(Buffer.from(user.steps.at(-1)?.answer ?? '', 'base64')) ?? 0
    if (code < 200 || code >= 400) {
      const knock: RemoteDoor['knock'] = (credential, via = bench, at = to) => tryFtpOverTls(via, at, credential)
      return { knock, authTls, inClear: { anonymous, user }, anonymous: await knock(null) }
    }
  }
  return { knock: (credential, via = bench, at = to) => tryFtp(via, at, credential), authTls, anonymous }
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
