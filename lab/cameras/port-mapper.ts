import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { request } from 'node:http'
import type { UdpListener } from './udp-listener.ts'

const GROUP = '239.255.255.250'
const SEARCH_PORT = 1900
const EVERY_MILLISECONDS = 1_000
const PATIENCE_MILLISECONDS = 2_000
const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1'
const SEARCH = [
  'M-SEARCH * HTTP/1.1',
  `HOST: ${GROUP}:${SEARCH_PORT}`,
  'MAN: "ssdp:discover"',
  'MX: 1',
  `ST: ${SERVICE}`,
  '',
  '',
].join('\r\n')

/**
 * For the weakness that opens the camera to the Internet: looks for a gateway when it starts, until one maps its web port
 * (UPnP Device Architecture 1.1 section 1.3.2, WANIPConnection:1 section 2.4.16). Searches do not leave the link.
 */
export function makePortMapper(ipv4: string, webPort: () => number): UdpListener {
  let open: { socket: Socket; clock: NodeJS.Timeout; stopping: AbortController } | null = null
  return {
    async open() {
      const socket = createSocket('udp4')
      socket.bind({ address: ipv4, port: 0 })
      await once(socket, 'listening')
      socket.on('error', () => undefined)
      socket.setMulticastInterface(ipv4)
      socket.setMulticastTTL(1)
      const search = () => socket.send(SEARCH, SEARCH_PORT, GROUP, () => undefined)
      const clock = setInterval(search, EVERY_MILLISECONDS)
      const stopping = new AbortController()
      let isAsking = false
      socket.on('message', (answer, from) => {
        const [, host, port, path] = LOCATION.exec(answer.toString('latin1')) ?? []
        // Who answers is asked, and nobody else.
        if (isAsking || host !== from.address || port === undefined || path === undefined) return
        isAsking = true
        const gateway = { host, port: Number(port), localAddress: ipv4, signal: stopping.signal }
        void map(gateway, path, webPort()).then((isMapped) => {
          isAsking = isMapped
          if (isMapped) clearInterval(clock)
        })
      })
      search()
      open = { socket, clock, stopping }
    },
    async close() {
      const closing = open
      open = null
      if (!closing) return
      closing.stopping.abort()
      clearInterval(closing.clock)
      await new Promise<void>((done) => closing.socket.close(() => done()))
    },
  }
}

const LOCATION = /^LOCATION:\s*http:\/\/([\d.]+):(\d{1,5})(\/\S*)/im

interface Way {
  host: string
  port: number
  localAddress: string
  signal: AbortSignal
}

/** Reads the description, and asks for the port. */
async function map(gateway: Way, path: string, port: number): Promise<boolean> {
  const description = (await told(gateway, { path })).body
  const service = description.slice(description.indexOf(SERVICE))
  const control = /<controlURL>(\/[^<]+)<\/controlURL>/.exec(service)?.[1]
  if (control === undefined) return false
  const given = {
    NewRemoteHost: '',
    NewExternalPort: port,
    NewProtocol: 'TCP',
    NewInternalPort: port,
    NewInternalClient: gateway.localAddress,
    NewEnabled: 1,
    NewPortMappingDescription: 'web interface',
    NewLeaseDuration: 0,
  }
  const content = Object.entries(given).map(([name, value]) => `<${name}>${value}</${name}>`)
  const action = `<u:AddPortMapping xmlns:u="${SERVICE}">${content.join('')}</u:AddPortMapping>`
  const body = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>${action}</s:Body></s:Envelope>`
  const headers = { 'Content-Type': 'text/xml; charset="utf-8"', SOAPAction: `"${SERVICE}#AddPortMapping"` }
  return (await told(gateway, { path: control, method: 'POST', headers }, body)).status === 200
}

const MOST_ANSWER = 65_536

/** Status and text of an answer; 0 for whatever goes wrong. */
function told(
  gateway: Way,
  how: { path: string; method?: string; headers?: Record<string, string> },
  body = '',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const asking = request({ ...gateway, ...how, agent: false, timeout: PATIENCE_MILLISECONDS }, (response) => {
      let text = ''
      response.setEncoding('latin1').on('data', (part: string) => {
        text += part
        if (text.length > MOST_ANSWER) asking.destroy()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      response.on('error', () => undefined)
    })
    asking.on('timeout', () => asking.destroy())
    asking.on('error', () => undefined)
    asking.on('close', () => resolve({ status: 0, body: '' }))
    asking.end(body)
  })
}
