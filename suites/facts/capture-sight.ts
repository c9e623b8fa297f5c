import { gap, type Finding, type JudgeContext } from '../criterion.ts'
import type { Traffic } from '../observations/traffic.ts'
import { FAMILIES } from '../statement.ts'

/**
 * What a capture lacks for its silence to count (rule 1): datagrams of the lab's own at both ends of its time, no lost
 * packet, the sight of all that the device sends, and time.
 */
export function lacksOf(
  value: Traffic,
  { statement, subject, cite }: Pick<JudgeContext<unknown>, 'statement' | 'subject' | 'cite'>,
  leastSeconds: number,
): Finding[] {
  const gaps: Finding[] = []
  const lack = (code: string, values: Record<string, string | number>, ...at: string[]) =>
    gaps.push(gap(code, values, at.map(cite)))
  const addresses = statement.samples.find((s) => s.id === subject)?.addresses
  for (const family of FAMILIES.filter((f) => addresses && addresses[f] !== null))
    for (const when of ['before', 'after'] as const) {
      const shown = value.canaries.find((c) => c.family === family && c.when === when)
      if (!shown || shown.sent === 0 || shown.seen < shown.sent) lack(MISSED[when], { family }, '/canaries')
    }
  const { counters } = value
  const lost = counters && counters.dropped + counters.droppedByInterface
  if (lost === null) lack('traffic.loss-unknown', {}, '/counters')
  else if (lost > 0) lack('traffic.packets-lost', { lost }, '/counters')
  if (value.sees === 'lab') lack('traffic.sees-lab-only', { interface: value.interface }, '/sees')
  if (value.packets.device === 0) lack('traffic.device-unheard', {}, '/packets')
  const seconds = secondsOf(value)
  if (seconds < leastSeconds) lack('traffic.too-short', { seconds, least: leastSeconds }, '/from', '/until')
  return gaps
}

const MISSED = { before: 'traffic.canary-missed-before', after: 'traffic.canary-missed-after' } as const

export const secondsOf = ({ from, until }: Traffic): number => Math.floor((until - from) / 1_000_000)
