import { isIP } from 'node:net'
import snmp, { type Session } from 'net-snmp'

/** An agent with what it is asked with: a community (RFC 3416, version 2c) or a user (RFC 3414, version 3). */
export interface SnmpAgent {
  address: string
  port: number
  source?: string | undefined
  as: { community: string } | SnmpUser
}

export interface SnmpUser {
  user: string
  auth?: { protocol: 'sha' | 'sha256' | 'sha512'; password: string } | undefined
  privacy?: { protocol: 'aes'; password: string } | undefined
}

/** `silent`: no answer at all; who asks with a wrong community hears nothing. `refused`: the agent says no, and why. */
export type SnmpFailure = { code: 'silent' | 'refused' | 'unreachable'; detail: string }
export type SnmpIntegers = { values: (number | null)[] } | { failure: SnmpFailure }

/** An answer comes at once or not at all; a lost datagram is asked for again twice. */
const ANSWER_MS = 1_000
const RETRIES = 2
const LONGEST_MS = 12_000

/** Integers at these places; null where the agent has no such object (RFC 3416 section 4.2.1). */
export function getIntegers(agent: SnmpAgent, oids: string[]): Promise<SnmpIntegers> {
  return ask(agent, (session, done) => session.get(oids, done), oids)
}

/** Writes an integer; what the agent then holds. */
export function setInteger(agent: SnmpAgent, oid: string, value: number): Promise<SnmpIntegers> {
  const varbind = { oid, type: snmp.ObjectType.Integer, value }
  return ask(agent, (session, done) => session.set([varbind], done), [oid])
}

type Done = Parameters<Session['get']>[1]

async function ask(agent: SnmpAgent, send: (s: Session, done: Done) => void, oids: string[]): Promise<SnmpIntegers> {
  let session: Session
  try {
    session = open(agent)
  } catch (e) {
    return { failure: { code: 'unreachable', detail: (e as Error).name } }
  }
  let clock: NodeJS.Timeout | undefined
  try {
    return await new Promise<SnmpIntegers>((resolve) => {
      clock = setTimeout(() => resolve({ failure: { code: 'silent', detail: 'no answer' } }), LONGEST_MS)
      session.on('error', () => undefined)
      session.dgram.on('error', (e: Error) => resolve({ failure: failureOf(e) }))
      send(session, (fault, varbinds = []) => {
        if (fault) return resolve({ failure: failureOf(fault) })
        const found = oids.map((oid) => varbinds.find((v) => v.oid === oid))
        resolve({ values: found.map((v) => (v?.type === snmp.ObjectType.Integer ? integerOf(v.value) : null)) })
      })
    })
  } finally {
    clearTimeout(clock)
    try {
      session.close()
    } catch {
      // a socket that never opened is closed already
    }
  }
}

const integerOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null

/** Only the agent is listened to, and nothing that it sends can throw: an answer that is none is no answer. */
function open({ address, port, source, as }: SnmpAgent): Session {
  const transport: 'udp4' | 'udp6' = isIP(address) === 6 ? 'udp6' : 'udp4'
  const options = {
    port,
    transport,
    timeout: ANSWER_MS,
    retries: RETRIES,
    ...(source === undefined ? {} : { sourceAddress: source }),
  }
  const session =
    'community' in as
      ? snmp.createSession(address, as.community, { ...options, version: snmp.Version2c })
      : snmp.createV3Session(address, userOf(as), { ...options, version: snmp.Version3 })
  session.dgram.removeAllListeners('message')
  session.dgram.on('message', (bytes, from) => {
    if (from.address !== address || from.port !== port) return
    try {
      session.onMsg(bytes)
    } catch {
      // malformed: the time-out tells
    }
  })
  return session
}

const userOf = ({ user, auth, privacy }: SnmpUser) => ({
  name: user,
  level: snmp.SecurityLevel[auth ? (privacy ? 'authPriv' : 'authNoPriv') : 'noAuthNoPriv'],
  ...(auth ? { authProtocol: snmp.AuthProtocols[auth.protocol], authKey: auth.password } : {}),
  ...(auth && privacy ? { privProtocol: snmp.PrivProtocols[privacy.protocol], privKey: privacy.password } : {}),
})

/** A message of the library may hold the communities themselves. */
function failureOf(fault: Error): SnmpFailure {
  if (fault instanceof snmp.RequestTimedOutError) return { code: 'silent', detail: 'no answer' }
  const system = (fault as NodeJS.ErrnoException).code
  if (typeof system === 'string') return { code: 'unreachable', detail: system }
  const isPlain = fault instanceof snmp.RequestFailedError || /^[A-Z][a-z ]+$/.test(fault.message)
  return { code: 'refused', detail: isPlain ? fault.message.slice(0, 120) : fault.name }
}
