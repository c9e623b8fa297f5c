import type { ServiceSeen } from '../observations/services.ts'
import { fromBase64, latin1 } from './bytes.ts'
import { ownService, type OwnSeen } from './own-services.ts'
import { serviceProtocol, startsTls } from './service-protocol.ts'

export const INSECURE = [
  'telnet',
  'ftp',
  'r-service',
  'shell',
  'console',
  'tftp',
  'snmp-v1',
  'snmp-v2c',
  'small-service',
  'rpcbind',
  'memcached',
  'vnc',
  'vnc-weak',
  'redis',
  'x11',
  'debugger',
  'modbus',
] as const
export type Insecure = (typeof INSECURE)[number]

export interface InsecureCatalogue {
  verdicts: ReadonlyMap<Insecure, 'forbidden' | 'noted'>
  /** Ports whose services say nothing unasked, with what is known there. */
  quiet: ReadonlyMap<number, string>
}

/**
 * The rows of the catalogue `insecure-services`.
 * @throws TypeError on a row it does not understand, and where a service has no row: a rule passed over would be a false pass
 */
export function insecureCatalogue(data: unknown): InsecureCatalogue {
  const { services, quiet } = record(data)
  const verdicts = new Map(
    rows(services).map(({ id, verdict }) => {
      const known = INSECURE.find((i) => i === id)
      if (!known || (verdict !== 'forbidden' && verdict !== 'noted')) throw new TypeError('insecure-services: service')
      return [known, verdict] as const
    }),
  )
  if (verdicts.size !== INSECURE.length) throw new TypeError('insecure-services: a service is missing')
  const ports = rows(quiet).map(({ port, known }): [number, string] => {
    if (typeof port !== 'number' || typeof known !== 'string') throw new TypeError('insecure-services: port')
    return [port, known]
  })
  return { verdicts, quiet: new Map(ports) }
}

/** Colours and cursor movements of terminals (ECMA-48 section 5.4). */
const ESCAPES = /\x1b\[[0-9;?]{0,16}[A-Za-z]/g
/** The daemons of rlogin, rsh and rexec say their names, or refuse after a byte of 1 (RFC 1282). */
const R_SERVICE =
  /^[\x00\x01]{0,2}(?:(?:rlogind|rshd?|remshd|rexecd)\b|[^\r\n]{0,16}\b(?:rlogind|rshd|remshd|rexecd):)|^\x01[^\r\n]{0,32}Permission denied/i
/** What shells say before their first prompt, which may come a moment later. */
const SHELL_SAYS = /can't access tty|job control turned off|built-in shell \((?:ash|hush|msh)\)/
/** What a shell ends its greeting with: `#` or `$` behind a short word or path, or alone. */
const SHELL = /^[^\s<>"'{}=]{0,64}(?: ?[~/][^\s<>"'{}=]{0,64})? ?[#$]$/
/** What a console ends with: one short word and `>`. */
const CONSOLE = /^(?:[A-Za-z][A-Za-z0-9_.@:()/~-]{0,40} ?(?:->|>)|->|=>)$/

/** What an open TCP port is on the list for, by what it said; null: for nothing. */
export function insecureService(row: ServiceSeen): Insecure | null {
  const protocol = serviceProtocol(row)
  // Within TLS neither is in clear; whether FTP demands the TLS that it offers is a question of the log-in.
  if (protocol === 'telnet' || protocol === 'ftp') return row.tls || startsTls(row) ? null : protocol
  const said = [row.greeting, row.tlsAnswer, row.httpAnswer, row.rtspAnswer, row.mqttAnswer].map((text) =>
    latin1(fromBase64(text).subarray(0, 512)),
  )
  if (!row.tls && said.some((text) => R_SERVICE.test(text))) return 'r-service'
  if (row.tls) return null
  const own = ownService(row)
  if (protocol !== 'unknown') return protocol === 'http' && own ? insecureOwn(own) : null
  if (didSum(row)) return 'shell'
  // Any text is a quote, a prompt too.
  if (own && own.service !== 'qotd') return insecureOwn(own)
  if (said.some((text) => SHELL_SAYS.test(text))) return 'shell'
  const prompts = said.map(
    (text) =>
      text
        .replace(ESCAPES, '')
        .split(/[\r\n\x00]/)
        .at(-1)
        ?.trim() ?? '',
  )
  if (prompts.some((prompt) => SHELL.test(prompt))) return 'shell'
  if (prompts.some((prompt) => CONSOLE.test(prompt))) return 'console'
  return own && insecureOwn(own)
}

/** What asks for a log-in, or was not seen to serve without one, is named but not on the list. */
function insecureOwn({ service, open }: OwnSeen): Insecure | null {
  if (service === 'vnc') return open === 'yes' ? 'vnc' : open === 'weak' ? 'vnc-weak' : null
  if (open !== 'yes') return null
  switch (service) {
    case 'echo':
    case 'daytime':
    case 'qotd':
    case 'chargen':
    case 'time':
      return 'small-service'
    case 'adb':
    case 'gdbserver':
    case 'jdwp':
    case 'inspector':
      return 'debugger'
    default:
      return service
  }
}

/** Whoever tells the product has carried out the command; it stood nowhere in the question. */
function didSum({ sum }: ServiceSeen): boolean {
  if (!sum) return false
  const [a, b] = sum.factors
  return latin1(fromBase64(sum.answer))
    .split(/[^0-9]+/)
    .includes(String(a * b))
}

const record = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('insecure-services: row')
  return value as Record<string, unknown>
}
const rows = (value: unknown): Record<string, unknown>[] => {
  if (!Array.isArray(value)) throw new TypeError('insecure-services: no rows')
  return value.map(record)
}
