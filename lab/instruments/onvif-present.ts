import { childOf, descendantsOf, type XmlElement } from '../../suites/facts/xml.ts'
import { escapeXml } from './username-token.ts'

const textOf = (element: XmlElement | null): string => element?.text.trim() ?? ''
const MOST_ITEMS = 64

/** An element with all that is in it, under another name where one is given; its namespace stands with it. */
function written(element: XmlElement, name = element.name): string {
  const attributes = Object.entries(element.attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
  const inner = element.children.length > 0 ? element.children.map((c) => written(c)).join('') : escapeXml(element.text)
  return `<${name} xmlns="${escapeXml(element.namespace)}"${attributes.join('')}>${inner}</${name}>`
}

/** The request that sets what a response told; null where it would not set just that (ONVIF Core, device management). */
const PRESENT: Readonly<Record<string, (response: XmlElement) => string | null>> = {
  SetHostname(response) {
    const name = textOf(descendantsOf(response, 'Name')[0] ?? null)
    // To set a name by hand turns off that it comes by DHCP.
    const isOwn = textOf(descendantsOf(response, 'FromDHCP')[0] ?? null) === 'false'
    return isOwn && name !== '' ? `<Name>${escapeXml(name)}</Name>` : null
  },
  SetDiscoveryMode(response) {
    const mode = textOf(childOf(response, 'DiscoveryMode'))
    return mode === '' ? null : `<DiscoveryMode>${escapeXml(mode)}</DiscoveryMode>`
  },
  /** All that can be set at all; without any, nothing could be set but nothing. */
  SetScopes(response) {
    const items = response.children
      .filter((c) => c.name === 'Scopes' && textOf(childOf(c, 'ScopeDef')) === 'Configurable')
      .map((c) => textOf(childOf(c, 'ScopeItem')))
    const isWhole = items.length > 0 && items.length <= MOST_ITEMS && items.every((i) => i !== '')
    return isWhole ? items.map((i) => `<Scopes>${escapeXml(i)}</Scopes>`).join('') : null
  },
  SetNTP(response) {
    const [told] = descendantsOf(response, 'NTPInformation')
    const servers = told?.children.filter((c) => c.name === 'NTPManual') ?? []
    const fromDhcp = textOf(childOf(told, 'FromDHCP'))
    if (fromDhcp === 'true') return '<FromDHCP>true</FromDHCP>'
    if (fromDhcp !== 'false' || servers.length === 0 || servers.length > MOST_ITEMS) return null
    const inner = (server: XmlElement): string => server.children.map((c) => written(c)).join('')
    return `<FromDHCP>false</FromDHCP>${servers.map((s) => `<NTPManual>${inner(s)}</NTPManual>`).join('')}`
  },
}

/** XML inside the element of an operation, so that it sets the value that is set already. */
export const presentValue = (operation: string, response: XmlElement): string | null =>
  (Object.hasOwn(PRESENT, operation) ? PRESENT[operation]?.(response) : null) ?? null
