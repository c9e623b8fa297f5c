import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'
import type { Family } from '../suites/statement.ts'

/** The address this machine would use towards a device; nothing is sent. Null where there is no route. */
export function sourceTowards(address: string): Promise<string | null> {
  const version = isIP(address.split('%')[0] ?? '')
  if (version === 0) return Promise.resolve(null)
  return new Promise((resolve) => {
    const socket = createSocket(version === 6 ? 'udp6' : 'udp4')
    const done = (value: string | null) => {
      socket.close()
      resolve(value)
    }
    socket.once('error', () => done(null))
    socket.connect(9, address, ((fault?: Error) => done(fault ? null : socket.address().address)) as () => void)
  })
}

/** Lab addresses for one family: those of the bench record, else the one the system would take. */
export async function sourcesFor(family: Family, given: readonly string[], device: string | null): Promise<string[]> {
  if (device === null) return []
  const fitting = given.filter((a) => isIP(a.split('%')[0] ?? '') === (family === 'ipv4' ? 4 : 6))
  if (fitting.length > 0) return [...fitting]
  const found = await sourceTowards(device)
  return found === null ? [] : [found]
}
