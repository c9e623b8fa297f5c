import type { Contact, Traffic } from '../observations/traffic.ts'
import type { DeclaredContact } from '../statement.ts'
import { addressKey } from './log-words.ts'

/** Whether a declared contact is the one that was seen: its port, and its peer by address or by the name it was found with. */
export function takesContact(declared: DeclaredContact, seen: Contact, names: Traffic['names']): boolean {
  if (declared.transport !== seen.transport || declared.port !== seen.port) return false
  const { host } = declared
  if (host === undefined) return true
  const address = addressKey(host)
  if (address !== null) return address === seen.peer
  return (
    seen.names.some((name) => isDeclaredName(host, name)) ||
    names.some((n) => n.addresses.includes(seen.peer) && isDeclaredName(host, n.name))
  )
}

/** The name itself, one below `*.name`, or the name with a domain of the local network behind it (RFC 1535). */
export function isDeclaredName(host: string, name: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '')
  if (wanted.startsWith('*.')) return name.endsWith(wanted.slice(1)) && name.length > wanted.length - 1
  return name === wanted || (name.startsWith(`${wanted}.`) && isLocal(name))
}

/** A question for the name of an address, which says nothing of whom the device would talk to (RFC 1035 section 3.5). */
export const isSearched = (name: string): boolean => /(?:^|\.)(?:in-addr|ip6)\.arpa$/.test(name) || name === ''

/** A name of the network itself, such as that of the device: no name that the maker could know. */
export const withoutDomain = (name: string): boolean => !name.includes('.') || isLocal(name)

const isLocal = (name: string): boolean => /\.(?:local|localdomain|lan|home|internal|home\.arpa|test)$/.test(name)
