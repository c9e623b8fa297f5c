import { latin1 } from '../../suites/facts/bytes.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { openLine } from './line.ts'

/** `away`: a proxy answers in the place of the device (RFC 9110 sections 15.6.3 to 15.6.5), or the device that it does not serve. */
export type DoorState = 'closed' | 'away' | 'open'

const OPEN_MILLISECONDS = 2_000
/** A proxy that speaks for an absent device does so at once. */
const ANSWER_MILLISECONDS = 1_500
const MOST_BYTES = 4_096

/** Whether a connection is accepted. */
export async function isOpen(bench: Bench, to: Endpoint): Promise<boolean> {
  const { session: _, startTls: __, ...plain } = to
  const opened = await openLine(bench, { ...plain, tls: false }, { milliseconds: OPEN_MILLISECONDS })
  if ('line' in opened) opened.line.close()
  return 'line' in opened
}

/** What is at a declared door now. Whoever accepts a connection is there unless HTTP says otherwise; silence is for the probe to tell. */
export async function doorState(bench: Bench, to: Endpoint): Promise<DoorState> {
  const service = bench.statement.services.find((s) => s.transport === 'tcp' && s.port === to.port)
  if (!(await isOpen(bench, to))) return 'closed'
  if (service?.protocol !== 'http' && service?.protocol !== 'https') return 'open'
  const { session: _, startTls: __, ...plain } = to
  const asked = await openLine(
    bench,
    { ...plain, tls: service.protocol === 'https' },
    { milliseconds: ANSWER_MILLISECONDS },
  )
  if (!('line' in asked)) return 'open'
  // What the proxy itself serves, as its first page, says nothing of the device.
  const login = bench.statement.logins.find((l) => l.service === service.id && (l.method ?? 'GET') === 'GET')
  const host = to.family === 'ipv6' ? `[${to.address.split('%')[0] ?? ''}]` : to.address
  const request = `GET ${login?.target ?? '/'} HTTP/1.1\r\nHost: ${host}:${to.port}\r\nUser-Agent: camseal\r\nConnection: close\r\n\r\n`
  asked.line.write(Buffer.from(request, 'latin1'))
  const { bytes } = await asked.line.read((received) => (received.includes(10) ? received.length : null), {
    milliseconds: ANSWER_MILLISECONDS,
    maxBytes: MOST_BYTES,
  })
  asked.line.close()
  return /^HTTP\/1\.[01] 50[234]\b/.test(latin1(bytes)) ? 'away' : 'open'
}
