import { FAMILIES, type Family } from '../statement.ts'

/** One question of the catalogue `udp-services`. */
export interface UdpRow {
  id: string
  port: number
  payload: string
  /** Rows that are asked together; the device is looked after between groups. */
  group: string
  families: Family[]
  /** Multicast groups by family; null: the device's own address. */
  to: Partial<Record<Family, string>> | null
}

/**
 * The rows of the catalogue `udp-services`.
 * @throws TypeError on a row it does not understand: a question passed over would be a false pass
 */
export function udpRows(data: unknown): UdpRow[] {
  const { rows } = record(data)
  if (!Array.isArray(rows) || rows.length === 0) throw new TypeError('udp-services: no rows')
  return rows.map((row) => {
    const { id, port, payload, group, families, to } = record(row)
    if (typeof id !== 'string' || typeof payload !== 'string' || typeof group !== 'string')
      throw new TypeError('udp-services: row')
    if (typeof port !== 'number' || port < 1 || port > 65535) throw new TypeError(`udp-services: port of ${id}`)
    const groups = to === undefined ? null : groupsOf(record(to))
    const named: readonly unknown[] = Array.isArray(families) ? families : FAMILIES
    return {
      id,
      port,
      payload,
      group,
      families: FAMILIES.filter((f) => named.includes(f) && (groups === null || f in groups)),
      to: groups,
    }
  })
}

/** The questions asked at an address of a family. */
export const udpRowsFor = (data: unknown, family: Family): UdpRow[] =>
  udpRows(data).filter((row) => row.families.includes(family))

function groupsOf(to: Record<string, unknown>): Partial<Record<Family, string>> {
  const groups: Partial<Record<Family, string>> = {}
  for (const family of FAMILIES) {
    const group = to[family]
    if (typeof group === 'string') groups[family] = group
  }
  return groups
}

const record = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('udp-services: row')
  return value as Record<string, unknown>
}
