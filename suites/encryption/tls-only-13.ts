import { evidence, gap, type Finding } from '../criterion.ts'
import type { Offers } from './tls-endpoint.ts'

/** What only versions before TLS 1.3 have: it is absent where TLS 1.3 alone is accepted and the others are refused. */
export function absentIn13(code: string, port: number, { offers, olderUnknown, cite }: Offers): Finding {
  const hellos = (at: number[]) => at.map((i) => cite(`/hellos/${i}`))
  if (olderUnknown) return gap('older-undecided', { port }, [cite('/hellos')])
  const cites = offers.flatMap((o) => [...hellos(o.refused), ...hellos(o.accepted.slice(0, 1).map((a) => a.at))])
  return evidence(code, { port }, cites)
}
