/** What a gateway that maps whatever it is asked for answers on UDP 5351. */
export interface NatAnswering {
  /** IPv4 address on the Internet. */
  outside: string
  /** Since the gateway began: its epoch. */
  seconds: number
  /** Of the client, as the datagram came: IPv4. */
  from: string
}

export const NAT_PORT = 5351
const RESPONSE = 0x80
const UNSUPPORTED_VERSION = 1
const MALFORMED = 3
const ADDRESS_MISMATCH = 12

/** NAT-PMP (RFC 6886 section 3) or PCP (RFC 6887 section 7); null for what is no request. */
export function natAnswer(bytes: Uint8Array, how: NatAnswering): Buffer | null {
  const [version, code] = bytes
  if (version === undefined || code === undefined || (code & RESPONSE) !== 0) return null
  if (version === 0) return natPmpAnswer(Buffer.from(bytes), code, how)
  return bytes.length < 24 ? null : pcpAnswer(Buffer.from(bytes), version, code, how)
}

function natPmpAnswer(asked: Buffer, code: number, { outside, seconds }: NatAnswering): Buffer | null {
  const isMap = code === 1 || code === 2
  if (isMap && asked.length < 12) return null
  const head = Buffer.alloc(8)
  head[1] = RESPONSE | code
  head.writeUInt16BE(code > 2 ? UNSUPPORTED_OPERATION : 0, 2)
  head.writeUInt32BE(seconds, 4)
  if (code > 2) return head
  if (!isMap) return Buffer.concat([head, inBytes(outside)])
  const lifetime = asked.readUInt32BE(8)
  const external = asked.readUInt16BE(6) === 0 ? asked.readUInt16BE(4) : asked.readUInt16BE(6)
  const rest = Buffer.alloc(8)
  rest.writeUInt16BE(asked.readUInt16BE(4))
  // What was taken away has no port outside (section 3.4).
  rest.writeUInt16BE(lifetime === 0 ? 0 : external, 2)
  rest.writeUInt32BE(lifetime, 4)
  return Buffer.concat([head, rest])
}

const UNSUPPORTED_OPERATION = 5
const UNSUPPORTED_OPCODE = 4
const UNSUPPORTED_OPTION = 5
const PREFER_FAILURE = 2

function pcpAnswer(asked: Buffer, version: number, code: number, { outside, seconds, from }: NatAnswering): Buffer {
  const head = (result: number, lifetime: number): Buffer => {
    const bytes = Buffer.alloc(24)
    bytes.set([2, RESPONSE | code, 0, result])
    bytes.writeUInt32BE(lifetime, 4)
    bytes.writeUInt32BE(seconds, 8)
    return bytes
  }
  if (version !== 2) return head(UNSUPPORTED_VERSION, 0)
  if (code > 1) return Buffer.concat([head(UNSUPPORTED_OPCODE, 0), asked.subarray(24, 1100)])
  if (!asked.subarray(8, 24).equals(mapped(from)))
    return Buffer.concat([head(ADDRESS_MISMATCH, 0), asked.subarray(24, 1100)])
  if (code === 0) return head(0, 0)
  if (asked.length < 60) return head(MALFORMED, 0)
  // Options with a code below 128 must be understood (section 7.3).
  const option = asked[60]
  if (option !== undefined && option < 128 && option !== PREFER_FAILURE)
    return Buffer.concat([head(UNSUPPORTED_OPTION, 0), asked.subarray(24, 1100)])
  const map = Buffer.from(asked.subarray(24, 60))
  if (map.readUInt16BE(18) === 0) map.writeUInt16BE(map.readUInt16BE(16), 18)
  mapped(outside).copy(map, 20)
  return Buffer.concat([head(0, asked.readUInt32BE(4)), map])
}

const inBytes = (ipv4: string): Buffer => Buffer.from(ipv4.split('.').map(Number))
/** As PCP writes IPv4 (RFC 6887 section 5). */
const mapped = (ipv4: string): Buffer => Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), inBytes(ipv4)])
