import { connackCode, mqttPacket, subackCode } from '../../suites/facts/mqtt-packet.ts'
import type { RemoteAttempt, RemoteCredentials } from '../../suites/observations/remote-credentials.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import type { Chunk, Line } from './line.ts'
import { attempt } from './remote-attempt.ts'

export type MqttVersion = '3.1.1' | '5'

const PATIENCE_MS = 15_000
/** Retained messages come at once; live ones are not waited for. */
const LISTEN_MS = 1500
const MOST_MESSAGE = 256 * 1024
const MOST_MESSAGES = 1000

const u16 = (n: number): number[] => [n >> 8, n & 0xff]
const text = (value: string): number[] => {
  const bytes = [...Buffer.from(value, 'utf8').subarray(0, 0xffff)]
  return [...u16(bytes.length), ...bytes]
}
/** Remaining length (MQTT 3.1.1 section 2.2.3). */
const packet = (first: number, body: number[]): Uint8Array => {
  const length: number[] = []
  for (let left = body.length; ;) {
    const digit = left % 128
    left = Math.floor(left / 128)
    length.push(left > 0 ? digit | 0x80 : digit)
    if (left === 0) break
  }
  return Uint8Array.from([first, ...length, ...body])
}

/** CONNECT with a clean session (MQTT 3.1.1 section 3.1, MQTT 5 section 3.1). */
export function mqttConnect(version: MqttVersion, credential: Credential | null): Uint8Array {
  const flags = 0x02 | (credential ? 0xc0 : 0)
  const properties = version === '5' ? [0] : []
  return packet(0x10, [
    ...text('MQTT'),
    version === '5' ? 5 : 4,
    flags,
    ...u16(60),
    ...properties,
    ...text(''),
    ...(credential ? [...text(credential.user), ...text(credential.password)] : []),
  ])
}

/** SUBSCRIBE to one filter at QoS 0 (MQTT 3.1.1 section 3.8, MQTT 5 section 3.8). */
const subscribe = (version: MqttVersion, filter: string): Uint8Array =>
  packet(0x82, [...u16(1), ...(version === '5' ? [0] : []), ...text(filter), 0])

/** Exactly one packet; a malformed length ends the reading. */
const onePacket = (line: Line, milliseconds: number): Promise<Chunk> =>
  line.read(
    (b) => {
      const found = mqttPacket(b)
      return found === 'bad' ? b.length : (found?.length ?? null)
    },
    { milliseconds, maxBytes: MOST_MESSAGE },
  )

export interface MqttTry {
  attempt: RemoteAttempt
  /** Only where an anonymous client was let in. */
  subscription: RemoteCredentials['subscription']
}

/** One MQTT log-in; without a credential the client also asks for every topic. Messages are counted and dropped. */
export async function tryMqtt(
  bench: Bench,
  to: Endpoint,
  version: MqttVersion,
  credential: Credential | null,
): Promise<MqttTry> {
  let subscription: MqttTry['subscription'] = null
  const made = await attempt(bench, to, credential, async (line, recording) => {
    line.write(mqttConnect(version, credential))
    const answer = await onePacket(line, PATIENCE_MS)
    recording.step('connect', answer)
    if (connackCode(answer.bytes) !== 0) return
    if (credential === null) subscription = await listen(line, version)
    line.write(packet(0xe0, []))
  })
  return { attempt: made, subscription }
}

async function listen(line: Line, version: MqttVersion): Promise<NonNullable<MqttTry['subscription']>> {
  line.write(subscribe(version, '#'))
  let answer = ''
  let messages = 0
  let deadline = performance.now() + PATIENCE_MS
  while (messages < MOST_MESSAGES) {
    const { bytes, end } = await onePacket(line, Math.max(0, deadline - performance.now()))
    if (end !== 'complete') break
    if (subackCode(bytes) !== null && answer === '') {
      answer = Buffer.from(bytes).toString('base64')
      deadline = performance.now() + LISTEN_MS
    } else if ((bytes[0] ?? 0) >> 4 === 3) messages++
  }
  return { answer, messages }
}
