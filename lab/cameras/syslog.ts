import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Behaviour } from './behaviour.ts'
import type { LogEvent, LogRecord } from './log.ts'
import type { SyslogTarget } from './options.ts'
import { sendOverTls } from './syslog-tls.ts'

const AUTHPRIV = 10
const LOCAL0 = 16
const SEVERITIES: Partial<Record<LogEvent, number>> = {
  'login-failed': 4,
  'account-locked': 4,
  'update-refused': 4,
  'factory-reset': 4,
  'log-cleared': 4,
  'log-settings-changed': 4,
  'login-succeeded': 6,
  started: 6,
}
const NOTICE = 5

const TEXTS: Record<LogEvent, string> = {
  'login-failed': 'Failed login',
  'login-succeeded': 'Successful login',
  'account-locked': 'Account locked after failed logins',
  'set-up-completed': 'First-use set-up completed',
  'user-added': 'User added',
  'user-removed': 'User removed',
  'password-changed': 'Password changed',
  'setting-changed': 'Configuration changed',
  'log-settings-changed': 'Log settings changed',
  'time-changed': 'Time changed',
  'log-exported': 'Log exported',
  'log-cleared': 'Log cleared',
  'update-accepted': 'Firmware update accepted',
  'update-refused': 'Firmware update refused',
  reboot: 'Rebooting',
  started: 'Started',
  'factory-reset': 'Reset to factory settings',
}

/** One RFC 5424 message. The fields stand in the structured data (section 6.3) and once more in the text. */
export function syslogMessage(record: LogRecord, host: string, encode: (value: string) => string = escaped): string {
  const isLogin = record.event.startsWith('login') || record.event === 'account-locked'
  const priority = (isLogin ? AUTHPRIV : LOCAL0) * 8 + (SEVERITIES[record.event] ?? NOTICE)
  const fields = Object.entries(record.values).map(([name, value]) => `${name}="${encode(value)}"`)
  const data = fields.length === 0 ? '-' : `[event@32473 ${fields.join(' ')}]`
  const text = [TEXTS[record.event], ...fields].join(' ')
  return `<${priority}>1 ${record.time} ${host} camera - ${record.event.toUpperCase()} ${data} ${text}`
}

/** Quotes, brackets and backslashes (section 6.3.3); everything that is not printable ASCII as \\xNN. */
const escaped = (value: string): string =>
  value
    .slice(0, 128)
    .replace(/["\]\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (one) => `\\\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)

interface Senders {
  send(target: SyslogTarget, record: LogRecord): void
  close(): Promise<void>
}

/**
 * Syslog over UDP (RFC 5426), or over TLS where the target says so, from the camera's own addresses. The sockets are connected, so that nobody but the
 * server finds an open port. What cannot be delivered is lost: the local log has it.
 */
export function sendersFrom(
  addresses: { ipv4: string; ipv6: string | null },
  { encodesLogValues, checksServer }: Behaviour,
  authority: () => string | null,
): Senders {
  const ownFor = (target: SyslogTarget): string => {
    const own = isIPv6(target.address) ? addresses.ipv6 : addresses.ipv4
    if (own === null) throw new Error('no address of that family')
    return own
  }
  const sockets = new Map<string, Promise<Socket>>()
  const pending = new Set<Promise<void>>()

  const open = async (target: SyslogTarget): Promise<Socket> => {
    const own = ownFor(target)
    const socket = createSocket(isIPv6(own) ? 'udp6' : 'udp4')
    socket.unref()
    try {
      socket.bind(0, own)
      await once(socket, 'listening')
      socket.connect(target.port, target.address)
      await once(socket, 'connect')
    } catch (error) {
      socket.close()
      throw error
    }
    socket.on('error', () => undefined)
    return socket
  }

  const sent = (socket: Socket, message: Buffer): Promise<boolean> =>
    new Promise((resolve) => {
      socket.send(message, (error) => resolve(error === null))
    })

  const deliver = async (target: SyslogTarget, record: LogRecord): Promise<void> => {
    const message = Buffer.from(syslogMessage(record, addresses.ipv4, encodesLogValues ? escaped : (value) => value))
    if (target.transport === 'tls') return sendOverTls(target, ownFor(target), message, authority(), checksServer)
    const key = `${target.address} ${target.port}`
    const opening = sockets.get(key) ?? open(target)
    sockets.set(key, opening)
    try {
      const socket = await opening
      // The refusal of an earlier datagram is reported by the next send, which then sends nothing.
      if (!(await sent(socket, message))) await sent(socket, message)
    } catch {
      sockets.delete(key)
    }
  }

  return {
    send(target, record) {
      const delivery = deliver(target, record).finally(() => pending.delete(delivery))
      pending.add(delivery)
    },
    async close() {
      await Promise.all(pending)
      const open = [...sockets.values()]
      sockets.clear()
      for (const socket of await Promise.allSettled(open)) if (socket.status === 'fulfilled') socket.value.close()
    },
  }
}
