import { ONVIF_NAMESPACES } from '../../../suites/facts/onvif.ts'
import { childOf, descendantsOf } from '../../../suites/facts/xml.ts'
import type { Answer } from '../api.ts'
import { serialOf } from '../device.ts'
import { MODEL } from '../firmware.ts'
import { DEVICE_PATH, MEDIA_PATH, type OperationRequest, type Operations } from './operation.ts'
import { content, escape, sender } from './soap.ts'
import { USER_OPERATIONS } from './user-operations.ts'

/** The device service (ONVIF Core, device management), as far as a fixed camera on a cable needs it. */

export const SCOPES = [
  'onvif://www.onvif.org/type/video_encoder',
  'onvif://www.onvif.org/Profile/Streaming',
  `onvif://www.onvif.org/hardware/${MODEL}`,
  'onvif://www.onvif.org/name/Camseal',
] as const

export const addressOf = ({ host, ports }: Pick<OperationRequest, 'host' | 'ports'>, path: string): string =>
  `https://${host}:${ports.https}${path}`

const SECURITY =
  'TLS1.1="false" TLS1.2="true" OnboardKeyGeneration="false" AccessPolicyConfig="false" DefaultAccessPolicy="true" ' +
  'Dot1X="false" RemoteUserHandling="false" X.509Token="false" SAMLToken="false" KerberosToken="false" ' +
  'UsernameToken="true" HttpDigest="true" RELToken="false"'
const CAPABILITIES = `<tds:Network NTP="0"/><tds:Security ${SECURITY}/><tds:System DiscoveryResolve="true" SystemLogging="true"/>`

function services(request: OperationRequest): string {
  const withCapabilities = childOf(request.element, 'IncludeCapability')?.text.trim() === 'true'
  const one = (namespace: string, path: string, capabilities: string): string =>
    `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${addressOf(request, path)}</tds:XAddr>` +
    `${withCapabilities ? `<tds:Capabilities>${capabilities}</tds:Capabilities>` : ''}` +
    `<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`
  return (
    one(ONVIF_NAMESPACES.device, DEVICE_PATH, `<tds:Capabilities>${CAPABILITIES}</tds:Capabilities>`) +
    one(ONVIF_NAMESPACES.media, MEDIA_PATH, `<trt:Capabilities SnapshotUri="true"/>`)
  )
}

function capabilities(request: OperationRequest): string {
  const streaming =
    '<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP>' +
    '<tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities>'
  return (
    `<tds:Capabilities><tt:Device><tt:XAddr>${addressOf(request, DEVICE_PATH)}</tt:XAddr></tt:Device>` +
    `<tt:Media><tt:XAddr>${addressOf(request, MEDIA_PATH)}</tt:XAddr>${streaming}</tt:Media></tds:Capabilities>`
  )
}

const clockOf = ({ device }: OperationRequest): Date => new Date(Date.now() + device.store.state.clockOffset)

function dateAndTime(request: OperationRequest): string {
  const now = clockOf(request)
  const utc =
    `<tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute>` +
    `<tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year>` +
    `<tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date>`
  return (
    '<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>' +
    `<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>${utc}</tt:UTCDateTime>` +
    `<tt:LocalDateTime>${utc}</tt:LocalDateTime></tds:SystemDateAndTime>`
  )
}

function setDateAndTime({ device, element, actor }: OperationRequest): Answer {
  const utc = childOf(element, 'UTCDateTime')
  const numbers = ['Year', 'Month', 'Day', 'Hour', 'Minute', 'Second'].map((name) =>
    Number((utc && descendantsOf(utc, name)[0]?.text.trim()) || NaN),
  )
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers
  const at = Date.UTC(year, month - 1, day, hour, minute, second)
  const isDate = numbers.every(Number.isInteger) && year >= 2000 && year < 2100 && new Date(at).getUTCDate() === day
  if (childOf(element, 'DateTimeType')?.text.trim() !== 'Manual' || !isDate)
    return sender(['InvalidArgVal', 'InvalidDateTime'], 'a date and time of UTC, set by hand')
  device.store.change({ clockOffset: at - Date.now() })
  device.log.write('setting-changed', { ...actor, setting: 'clock', value: new Date(at).toISOString() })
  return content('<tds:SetSystemDateAndTimeResponse/>')
}

/** Another interface, of the type of IEEE 802.11 (IANA ifType 71). */
const WIRELESS =
  '<tds:NetworkInterfaces token="wlan0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>wlan0</tt:Name>' +
  '<tt:HwAddress>02:00:00:00:00:02</tt:HwAddress></tt:Info><tt:Extension><tt:InterfaceType>71</tt:InterfaceType>' +
  '</tt:Extension></tds:NetworkInterfaces>'

/** One label of a host name (RFC 1123 section 2.1). */
function setHostname({ device, element, actor }: OperationRequest): Answer {
  const hostname = childOf(element, 'Name')?.text.trim() ?? ''
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(hostname))
    return sender(['InvalidArgVal', 'InvalidHostname'], 'letters, digits and hyphens')
  device.store.change({ hostname })
  device.log.write('setting-changed', { ...actor, setting: 'hostname', value: hostname })
  return content('<tds:SetHostnameResponse/>')
}

function interfaces({ device }: OperationRequest): string {
  const { ipv4, ipv6 } = device.options.addresses
  const six =
    ipv6 === null
      ? ''
      : '<tt:IPv6><tt:Enabled>true</tt:Enabled><tt:Config><tt:DHCP>Off</tt:DHCP><tt:Manual>' +
        `<tt:Address>${escape(ipv6)}</tt:Address><tt:PrefixLength>64</tt:PrefixLength></tt:Manual></tt:Config></tt:IPv6>`
  return (
    '<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name>' +
    '<tt:HwAddress>02:00:00:00:00:01</tt:HwAddress></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>' +
    `<tt:Manual><tt:Address>${escape(ipv4)}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual>` +
    `<tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>${six}</tds:NetworkInterfaces>${device.behaviour.hasWireless ? WIRELESS : ''}`
  )
}

function systemLog({ device }: OperationRequest): string {
  const lines = device.log.records.slice(-200).map(({ time, event, values }) => {
    const about = Object.entries(values).map(([name, value]) => `${name}=${value}`)
    return `${time} ${event} ${about.join(' ')}`
  })
  return `<tds:SystemLog><tt:String>${escape(lines.join('\n'))}</tt:String></tds:SystemLog>`
}

const information = ({ device }: OperationRequest): string =>
  `<tds:Manufacturer>Camseal</tds:Manufacturer><tds:Model>${MODEL}</tds:Model>` +
  `<tds:FirmwareVersion>${escape(device.store.state.firmware.version)}</tds:FirmwareVersion>` +
  `<tds:SerialNumber>${escape(serialOf(device))}</tds:SerialNumber><tds:HardwareId>software</tds:HardwareId>`

const answering =
  (name: string, inner: (request: OperationRequest) => string) =>
  (request: OperationRequest): Answer =>
    content(`<tds:${name}Response>${inner(request)}</tds:${name}Response>`)

const reading = (
  access: 'public' | 'viewer' | 'admin',
  name: string,
  inner: (request: OperationRequest) => string,
) => ({
  [name]: { access, run: answering(name, inner) },
})

export const DEVICE_OPERATIONS: Operations = {
  ...reading('public', 'GetSystemDateAndTime', (request) => dateAndTime(request)),
  ...reading('public', 'GetServices', services),
  ...reading('public', 'GetServiceCapabilities', () => `<tds:Capabilities>${CAPABILITIES}</tds:Capabilities>`),
  ...reading('public', 'GetCapabilities', capabilities),
  ...reading('public', 'GetWsdlUrl', () => '<tds:WsdlUrl>https://www.onvif.org/ver10/device/wsdl</tds:WsdlUrl>'),
  ...reading(
    'public',
    'GetHostname',
    ({ device }) =>
      '<tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>' +
      `<tt:Name>${escape(device.behaviour.hostnameNamesUnit ? serialOf(device) : device.store.state.hostname)}</tt:Name>` +
      '</tds:HostnameInformation>',
  ),
  ...reading('viewer', 'GetDeviceInformation', information),
  ...reading('viewer', 'GetNetworkInterfaces', interfaces),
  ...reading('viewer', 'GetScopes', () =>
    SCOPES.map(
      (scope) =>
        `<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${escape(scope)}</tt:ScopeItem></tds:Scopes>`,
    ).join(''),
  ),
  ...reading('admin', 'GetSystemLog', systemLog),
  SetHostname: { access: 'admin', run: setHostname },
  SetSystemDateAndTime: { access: 'admin', run: setDateAndTime },
  SystemReboot: {
    access: 'admin',
    run: ({ device }) => ({
      ...content('<tds:SystemRebootResponse><tds:Message>rebooting</tds:Message></tds:SystemRebootResponse>'),
      afterwards: () => device.reboot('requested', {}),
    }),
  },
  ...USER_OPERATIONS,
}
