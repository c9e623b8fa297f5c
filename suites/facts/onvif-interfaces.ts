import { childOf, descendantsOf, type XmlElement } from './xml.ts'

/** A network interface as ONVIF lists it. */
export interface ListedInterface {
  name: string
  /** Number of IANA's ifType registry (ONVIF Core, GetNetworkInterfaces); null where none is told. */
  type: number | null
  isEnabled: boolean
}

/** ieee80211, a radio interface (IANA ifType). */
export const WIRELESS = 71

const MOST_INTERFACES = 32

/** What an answer to GetNetworkInterfaces lists; settings for IEEE 802.11 make an interface wireless as its type does. */
export const networkInterfaces = (response: XmlElement): ListedInterface[] =>
  descendantsOf(response, 'NetworkInterfaces')
    .slice(0, MOST_INTERFACES)
    .map((one) => {
      const extension = childOf(one, 'Extension')
      const told = childOf(childOf(one, 'Link'), 'InterfaceType') ?? childOf(extension, 'InterfaceType')
      const type = /^\s*([0-9]{1,5})\s*$/.exec(told?.text ?? '')?.[1]
      const name = childOf(childOf(one, 'Info'), 'Name')?.text.trim() || (one.attributes['token'] ?? '')
      return {
        name: name.slice(0, 64),
        type: childOf(extension, 'Dot11') ? WIRELESS : type === undefined ? null : Number(type),
        isEnabled: /^\s*(true|1)\s*$/.test(childOf(one, 'Enabled')?.text ?? ''),
      }
    })
