import type { Server, Socket } from 'node:net'
import { mqttPacket } from '../../suites/facts/mqtt-packet.ts'
import { MODEL } from './firmware.ts'
import { serve } from './remote-doors.ts'

/** An MQTT 3.1.1 broker that asks nobody who he is, for the weakness that opens it. What it passes on is of QoS 0. */

const STATUS = { topic: 'camera/status', message: `{"model":"${MODEL}","state":"recording"}` }
const MOST_RETAINED = 64
const MOST_FILTERS = 64

/** Control packet types (MQTT 3.1.1 section 2.2.1). */
const CONNECT = 1
const PUBLISH = 3
const PUBREL = 6
const SUBSCRIBE = 8
const UNSUBSCRIBE = 10
const PINGREQ = 12

const u16 = (n: number): number[] => [n >> 8, n & 0xff]

/** A packet with its remaining length (section 2.2.3); none here is longer than two digits of it can say. */
const packet = (first: number, body: Uint8Array): Uint8Array =>
  Buffer.concat([
    Uint8Array.from(body.length < 128 ? [first, body.length] : [first, (body.length & 127) | 128, body.length >> 7]),
    body,
  ])

/** A string with its length before it, and where it ends; null where it is cut off (section 1.5.3). */
function stringAt(body: Uint8Array, at: number): { text: string; end: number } | null {
  const end = at + 2 + (body[at] ?? 0) * 256 + (body[at + 1] ?? 0)
  return at + 2 > body.length || end > body.length
    ? null
    : { text: Buffer.from(body.subarray(at + 2, end)).toString(), end }
}

/** The filters of a SUBSCRIBE, each followed by its QoS, or of an UNSUBSCRIBE; null where there is none or one is cut off. */
function filtersIn(body: Uint8Array, behindEach: 0 | 1): string[] | null {
  const filters: string[] = []
  for (let at = 2; at < body.length;) {
    const filter = stringAt(body, at)
    if (filter === null || filter.text === '' || filters.length >= MOST_FILTERS) return null
    filters.push(filter.text)
    at = filter.end + behindEach
  }
  return filters.length > 0 ? filters : null
}

/** Section 4.7: `+` is one level, `#` is the rest and what is above it; neither begins with `$`. */
export function topicMatches(filter: string, topic: string): boolean {
  const [levels, wanted] = [topic.split('/'), filter.split('/')]
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const rest = wanted.indexOf('#')
  const fixed = rest < 0 ? wanted : wanted.slice(0, rest)
  return (
    (rest < 0 ? levels.length === fixed.length : levels.length >= fixed.length) &&
    fixed.every((level, i) => level === '+' || level === levels[i])
  )
}

export function makeAnonymousMqtt(): Server {
  const retained = new Map<string, Buffer>([[STATUS.topic, Buffer.from(STATUS.message)]])
  const clients = new Map<Socket, Set<string>>()

  const send = (to: Socket, topic: string, message: Uint8Array, isRetained: boolean): void => {
    const name = Buffer.from(topic)
    to.write(packet(0x30 | (isRetained ? 1 : 0), Buffer.concat([Uint8Array.from(u16(name.length)), name, message])))
  }

  /** Passes a message on and acknowledges it as its QoS asks (section 4.3). */
  const publish = (from: Socket, flags: number, body: Uint8Array): boolean => {
    const topic = stringAt(body, 0)
    const qos = (flags >> 1) & 3
    if (topic === null || topic.text === '' || /[+#]/.test(topic.text) || qos === 3) return false
    const message = Buffer.from(body.subarray(topic.end + (qos > 0 ? 2 : 0)))
    if ((flags & 1) === 1) {
      if (message.length === 0) retained.delete(topic.text)
      else if (retained.has(topic.text) || retained.size < MOST_RETAINED) retained.set(topic.text, message)
    }
    for (const [client, filters] of clients)
      if ([...filters].some((f) => topicMatches(f, topic.text))) send(client, topic.text, message, false)
    if (qos > 0) from.write(packet(qos === 1 ? 0x40 : 0x50, body.subarray(topic.end, topic.end + 2)))
    return true
  }

  /** False where the connection is over: by the client's wish, or because what it sent breaks the protocol. */
  const take = (socket: Socket, type: number, flags: number, body: Uint8Array): boolean => {
    const filters = clients.get(socket)
    const id = body.subarray(0, 2)
    if (type === CONNECT) {
      const isVersion4 = stringAt(body, 0)?.text === 'MQTT' && body[6] === 4
      if (filters === undefined) socket.write(packet(0x20, Uint8Array.from([0, isVersion4 ? 0 : 1])))
      if (!isVersion4 || filters !== undefined) return false
      clients.set(socket, new Set())
      socket.once('close', () => clients.delete(socket))
      return true
    }
    if (filters === undefined) return false
    if (type === PUBLISH) return publish(socket, flags, body)
    if (type === PUBREL) socket.write(packet(0x70, id))
    else if (type === PINGREQ) socket.write(packet(0xd0, new Uint8Array()))
    else if (type === SUBSCRIBE || type === UNSUBSCRIBE) {
      const named = filtersIn(body, type === SUBSCRIBE ? 1 : 0)
      if (named === null) return false
      if (type === UNSUBSCRIBE) {
        for (const one of named) filters.delete(one)
        socket.write(packet(0xb0, id))
        return true
      }
      for (const one of named) filters.add(one)
      if (filters.size > MOST_FILTERS) return false
      socket.write(packet(0x90, Buffer.concat([id, new Uint8Array(named.length)])))
      for (const [topic, message] of retained)
        if (named.some((one) => topicMatches(one, topic))) send(socket, topic, message, true)
    } else return false
    return true
  }

  return serve('', () => (received, socket) => {
    for (let rest = received; ;) {
      const next = mqttPacket(rest)
      if (next === null || (next !== 'bad' && next.length > rest.length)) return rest
      if (next === 'bad' || !take(socket, next.type, (rest[0] ?? 0) & 0x0f, next.body)) {
        socket.end()
        return Buffer.alloc(0)
      }
      rest = rest.subarray(next.length)
    }
  })
}
