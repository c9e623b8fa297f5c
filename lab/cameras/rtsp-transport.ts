import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6, type Socket } from 'node:net'

/** Media ports of the camera, declared as such: even ones RTP, the next one RTCP (RFC 3550 section 11). */
export const MEDIA_PORTS = { first: 50_000, last: 50_099 }

export interface Transport {
  /** The Transport header of the answer, without ssrc. */
  header: string
  media(packet: Buffer): void
  control(packet: Buffer): void
  close(): void
}

const MOST_QUEUED = 1024 * 1024

/** The first transport of the header that the camera can do (RFC 2326 section 12.39), or null. */
export async function openTransport(
  header: string,
  connection: Socket,
  { interleaves }: { interleaves: boolean },
  heard: () => void,
): Promise<Transport | null> {
  for (const offer of header.split(',').map((one) => one.trim())) {
    const [profile = '', ...parameters] = offer.split(';').map((one) => one.trim().toLowerCase())
    if (parameters.includes('multicast')) continue
    const pair = (name: string): [number, number] | null => {
      const found = parameters.map((one) => new RegExp(`^${name}=(\\d{1,5})(?:-(\\d{1,5}))?$`).exec(one)).find(Boolean)
      return found ? [Number(found[1]), Number(found[2] ?? Number(found[1]) + 1)] : null
    }
    if (profile === 'rtp/avp/tcp' && interleaves) return interleaved(connection, pair('interleaved') ?? [0, 1])
    const client = pair('client_port')
    if ((profile === 'rtp/avp' || profile === 'rtp/avp/udp') && client !== null) {
      const transport = await datagrams(connection, client, heard)
      if (transport !== null) return transport
    }
  }
  return null
}

function interleaved(connection: Socket, [media, control]: [number, number]): Transport | null {
  if (media > 255 || control > 255) return null
  const send = (channel: number, packet: Buffer): void => {
    if (connection.writableLength > MOST_QUEUED) return
    const frame = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff])
    connection.write(Buffer.concat([frame, packet]))
  }
  return {
    header: `RTP/AVP/TCP;unicast;interleaved=${media}-${control}`,
    media: (packet) => send(media, packet),
    control: (packet) => send(control, packet),
    close: () => undefined,
  }
}

/** To the address that asked and to no other: a camera must not be made to flood a third party. */
async function datagrams(connection: Socket, client: [number, number], heard: () => void): Promise<Transport | null> {
  const { localAddress: own, remoteAddress: peer } = connection
  if (own === undefined || peer === undefined || client.some((port) => port < 1024 || port > 65535)) return null
  const pairs = (MEDIA_PORTS.last - MEDIA_PORTS.first + 1) / 2
  const start = Math.floor(Math.random() * pairs)
  for (let i = 0; i < pairs; i += 1) {
    const port = MEDIA_PORTS.first + ((start + i) % pairs) * 2
    const media = await bound(own, port, peer, client[0])
    if (media === null) continue
    const control = await bound(own, port + 1, peer, client[1])
    if (control === null) {
      media.close()
      continue
    }
    control.on('message', heard)
    return {
      header: `RTP/AVP;unicast;client_port=${client[0]}-${client[1]};server_port=${port}-${port + 1}`,
      media: (packet) => media.send(packet),
      control: (packet) => control.send(packet),
      close: () => {
        media.close()
        control.close()
      },
    }
  }
  return null
}

async function bound(own: string, port: number, peer: string, peerPort: number): Promise<UdpSocket | null> {
  const socket = createSocket(isIPv6(own) ? 'udp6' : 'udp4')
  try {
    socket.bind(port, own)
    await once(socket, 'listening')
    socket.connect(peerPort, peer)
    await once(socket, 'connect')
    socket.on('error', () => undefined)
    return socket
  } catch {
    socket.close()
    return null
  }
}
