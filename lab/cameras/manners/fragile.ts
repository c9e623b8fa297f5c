import { readFileSync } from 'node:fs'
import { isIPv4, type Socket } from 'node:net'
import type { Manner } from '../manner.ts'

const MOST = 1
const GRACE_MILLISECONDS = 250

/** Serves one TCP connection, and says so; a second one at once makes it restart. */
export const manner: Manner = {
  id: 'fragile',
  title: {
    en: 'restarts when a second connection is opened at once',
    vi: 'khởi động lại khi có kết nối thứ hai được mở cùng lúc',
  },
  declare: (statement) => ({ ...statement, budgets: { ...statement.budgets, connections: MOST } }),
  front({ breakDown }) {
    const open = new Map<Socket, string>()
    let most = 0
    return {
      connected(socket, serve) {
        const count = () => 1 + stillOpen([...open].flatMap(([other, ends]) => (other === socket ? [] : [ends])))
        const settle = (now: number) => {
          most = Math.max(most, now)
          if (now > MOST) breakDown('more connections at once than it can bear')
          else serve()
        }
        open.set(
          socket,
          `${listedAs(socket.localAddress, socket.localPort)} ${listedAs(socket.remoteAddress, socket.remotePort)}`,
        )
        socket.once('close', () => open.delete(socket))
        const now = count()
        // On a busy machine the last packet of the one before may be behind the first of this one.
        if (now > MOST) setTimeout(() => settle(count()), GRACE_MILLISECONDS)
        else settle(now)
      },
      mostConnections: () => most,
    }
  },
}

/**
 * How many the client has not closed yet. The system knows of a close before this process is told: where it lists its
 * connections (state 01 is ESTABLISHED), it is asked.
 */
function stillOpen(connections: readonly string[]): number {
  if (connections.length === 0) return 0
  const table = ['tcp', 'tcp6'].map(listed)
  if (table.every((text) => text === '')) return connections.length
  return connections.filter((ends) => table.some((text) => new RegExp(`${ends} 01 `).test(text))).length
}

/** An end of a connection in that list: IPv4 with its last byte first; by an IPv6 address none is told apart. */
function listedAs(address = '', port = 0): string {
  const bytes = isIPv4(address) ? address.split('.').map(Number).reverse() : null
  return `${bytes ? Buffer.from(bytes).toString('hex').toUpperCase() : '[0-9A-F]{32}'}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

function listed(name: string): string {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'latin1')
  } catch {
    return ''
  }
}
