export interface MqttPacket {
  /** Control packet type (MQTT 3.1.1 section 2.2.1). */
  type: number
  /** Behind the fixed header, as much as came. */
  body: Uint8Array
  /** Bytes of the whole packet. */
  length: number
}

/** The first packet; null where its fixed header is not complete, `bad` where its length is malformed (section 2.2.3). */
export function mqttPacket(bytes: Uint8Array): MqttPacket | 'bad' | null {
  let size = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[1 + i]
    if (byte === undefined) return null
    size += (byte & 0x7f) << (7 * i)
    if ((byte & 0x80) === 0)
      return { type: (bytes[0] ?? 0) >> 4, body: bytes.subarray(2 + i, 2 + i + size), length: 2 + i + size }
  }
  return 'bad'
}

/** Return or reason code of a CONNACK (MQTT 3.1.1 section 3.2.2.3, MQTT 5 section 3.2.2.2); null where it is none. */
export function connackCode(bytes: Uint8Array): number | null {
  const packet = mqttPacket(bytes)
  return packet !== null && packet !== 'bad' && packet.type === 2 ? (packet.body[1] ?? null) : null
}

/** Code of the only topic filter in a SUBACK (MQTT 3.1.1 section 3.9.3, MQTT 5 section 3.9.3): its last byte. */
export function subackCode(bytes: Uint8Array): number | null {
  const packet = mqttPacket(bytes)
  if (packet === null || packet === 'bad' || packet.type !== 9) return null
  return packet.body.length >= 3 && packet.body.length + 2 <= packet.length ? (packet.body.at(-1) ?? null) : null
}

/** Refusals of a log-in: bad user name or password, not authorised; in MQTT 5 also a banned client (section 3.2.2.2). */
export const refusesLogin = (code: number): boolean => [4, 5, 0x86, 0x87].includes(code)
/** The password itself was looked at and found wrong. */
export const refusesPassword = (code: number): boolean => code === 4 || code === 0x86
