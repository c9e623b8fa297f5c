import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import { GATEWAY_WAYS, type PortMappings } from '../../suites/observations/port-mappings.ts'
import { SEARCH_GROUP, SEARCH_PORT, type Gateway } from './gateway.ts'
import { NAT_PORT } from './nat-pmp.ts'

const PATIENCE_MS = 1_000
const TRIES = 3
const WANTED = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1'
const ACTION = 'urn:schemas-upnp-org:service:WANIPConnection:1'

/** The lab's own questions to its gateway, by every way that a device has: whether each was answered. */
export async function askGateway(gateway: Gateway, when: 'before' | 'after'): Promise<PortMappings['controls']> {
  const asked = await Promise.all(GATEWAY_WAYS.map((way) => CONTROLS[way](gateway).catch(() => false)))
  return GATEWAY_WAYS.map((way, i) => ({ when, way, answered: asked[i] ?? false }))
}

const CONTROLS: Record<(typeof GATEWAY_WAYS)[number], (gateway: Gateway) => Promise<boolean>> = {
  search: (gateway) => {
    const lines = [
      'M-SEARCH * HTTP/1.1',
      `HOST: ${SEARCH_GROUP}:${SEARCH_PORT}`,
      'MAN: "ssdp:discover"',
      'MX: 1',
      `ST: ${WANTED}`,
    ]
    const isOwn = (answer: Buffer) => gateway.identities.some(({ root }) => answer.includes(`USN: ${root}::${WANTED}`))
    return answered(gateway, SEARCH_GROUP, SEARCH_PORT, Buffer.from([...lines, '', ''].join('\r\n')), isOwn)
  },
  http: async (gateway) => {
    const description = await asksHttp(gateway, 'GET', '/1/gateway.xml', '')
    const body = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:GetExternalIPAddress xmlns:u="${ACTION}"/></s:Body></s:Envelope>`
    const told = await asksHttp(gateway, 'POST', '/1/WANIPConn1/control', body)
    return gateway.identities.some(({ root }) => description.includes(root)) && told.includes(`>${gateway.outside}<`)
  },
  'nat-pmp': (gateway) =>
    answered(
      gateway,
      gateway.address,
      NAT_PORT,
      Buffer.from([0, 0]),
      (a) => a.length === 12 && a[1] === 128 && a[3] === 0,
    ),
  pcp: (gateway) => {
    const announce = Buffer.concat([Buffer.from([2, 0]), Buffer.alloc(16), Buffer.from([0xff, 0xff])])
    const bytes = Buffer.concat([announce, Buffer.from(gateway.address.split('.').map(Number))])
    return answered(gateway, gateway.address, NAT_PORT, bytes, (a) => a.length === 24 && a[1] === 128 && a[3] === 0)
  },
}

/** One datagram of the lab, again where no answer comes. Searches do not leave the link. */
async function answered(
  gateway: Gateway,
  to: string,
  port: number,
  bytes: Buffer,
  isAnswer: (bytes: Buffer) => boolean,
): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) if (await answeredOnce(gateway, to, port, bytes, isAnswer)) return true
  return false
}

function answeredOnce(
  gateway: Gateway,
  to: string,
  port: number,
  bytes: Buffer,
  isAnswer: (bytes: Buffer) => boolean,
): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    const done = (ok: boolean) => {
      clearTimeout(clock)
      socket.removeAllListeners().on('error', () => undefined)
      socket.close()
      resolve(ok)
    }
    const clock = setTimeout(() => done(false), PATIENCE_MS)
    socket.once('error', () => done(false))
    socket.on('message', (answer) => {
      if (isAnswer(answer)) done(true)
    })
    socket.bind({ address: gateway.address, port: 0 }, () => {
      if (to === SEARCH_GROUP) {
        gateway.answerOwn(socket.address().port)
        socket.setMulticastInterface(gateway.address)
        socket.setMulticastTTL(1)
      }
      socket.send(bytes, port, to, (fault) => {
        if (fault) done(false)
      })
    })
  })
}

function asksHttp(gateway: Gateway, method: string, path: string, body: string): Promise<string> {
  const { address, httpPort } = gateway
  const headers = {
    'Content-Type': 'text/xml',
    ...(body === '' ? {} : { SOAPAction: `"${ACTION}#GetExternalIPAddress"` }),
  }
  const how = {
    host: address,
    port: httpPort,
    localAddress: address,
    method,
    path,
    headers,
    agent: false,
    timeout: PATIENCE_MS,
  }
  return new Promise((resolve, reject) => {
    const asking = request(how, (response) => {
      let text = ''
      response.setEncoding('latin1').on('data', (part: string) => (text += part))
      response.on('end', () => resolve(text)).on('error', reject)
    })
    asking.on('timeout', () => asking.destroy(new Error('no answer')))
    asking.on('error', reject)
    asking.end(body)
  })
}
