import { isIP } from 'node:net'
import type { RunDirectory } from '../reports/run-directory.ts'
import { askTime, type ClockSample } from './instruments/ntp.ts'

const SAMPLES = 4
const NTP_PORT = 123

/** The server of a source such as `ntp://192.0.2.5` or `ntp://[2001:db8::5]:1123`; null for a source of another kind. */
export function timeServerOf(source: string | null): { address: string; port: number } | null {
  const found = /^ntp:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?\/?$/.exec(source ?? '')
  const address = found?.[1] ?? found?.[2] ?? ''
  const port = Number(found?.[3] ?? NTP_PORT)
  return isIP(address) !== 0 && port >= 1 && port <= 65_535 ? { address, port } : null
}

/**
 * Journals how far the lab's clock is off its named source, where that is a time server given by its address (ISO/IEC 17025
 * 7.5). Of a few exchanges the one with the least uncertainty counts; a source that does not answer is journalled as such.
 */
export async function noteClock(
  run: RunDirectory,
  source: string | null,
  moment: 'start' | 'end',
  now: () => number,
): Promise<void> {
  const server = timeServerOf(source)
  if (!server || source === null) return
  let best: ClockSample | null = null
  let why = ''
  for (let i = 0; i < SAMPLES && (i === 0 || best); i++) {
    const sample = await askTime(server, now)
    if ('why' in sample) why = sample.why
    else if (!best || sample.uncertainty < best.uncertainty) best = sample
  }
  const about = best
    ? { code: `run.clock-${moment}`, values: { source, ...best } }
    : { code: 'run.clock-silent', values: { source, why } }
  run.append({ type: 'note', about })
}
