import { isIP } from 'node:net'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Sample, SecretRef } from '../suites/statement.ts'
import type { PoeEntry, PowerTable } from '../reports/report.ts'
import type { SnmpAgent } from './instruments/snmp.ts'
import { describe, resolveRef } from './secrets.ts'

/** How the power of a sample is switched, with every secret found. */
export type PowerSource =
  { by: 'poe'; agent: SnmpAgent; group: number; interface: number; ifIndex: number } | { by: 'operator' }
export type PowerSources = ReadonlyMap<string, PowerSource>

type Ask = (prompt: string) => Promise<string | null>

const SNMP_PORT = 161
/** RFC 3414 section 11.2. */
const SHORTEST_PASSWORD = 8

/** Checks the table `power` of a bench file against the samples, where the statement can be read, and finds its secrets; every fault at once. */
export async function powerSources(
  table: PowerTable,
  samples: readonly Sample[] | null,
  directory: string,
  ask: Ask | null,
): Promise<Result<PowerSources>> {
  const faults: Fault[] = []
  const sources = new Map<string, PowerSource>()
  const taken = new Map<string, string>()
  const addresses = (samples ?? []).flatMap((s) => [s.addresses.ipv4, s.addresses.ipv6])
  for (const [sample, { poe, operator }] of Object.entries(table)) {
    const field = `/power/${sample}`
    const fault = (code: string, values: Fault['values'] = {}, at = '') =>
      faults.push({ code, values, field: `${field}${at}` })
    if (samples && !samples.some((s) => s.id === sample))
      fault('power-sample', { sample, known: samples.map((s) => s.id).join(', ') })
    if ((poe === undefined) === (operator !== true)) {
      fault('power-either')
      continue
    }
    if (!poe) {
      sources.set(sample, { by: 'operator' })
      continue
    }
    if (isIP(poe.address) === 0) fault('power-address', { address: poe.address }, '/poe/address')
    if (addresses.includes(poe.address)) fault('power-address-dut', { address: poe.address }, '/poe/address')
    const place = `${poe.address}/${poe.port ?? SNMP_PORT}/${poe.group}/${poe.interface}`
    const other = taken.get(place)
    if (other !== undefined) fault('power-shared', { sample, other }, '/poe/interface')
    taken.set(place, sample)
    const as = await loginOf(poe, sample, directory, ask)
    if (!as.ok) faults.push(...as.faults.map((f) => ({ ...f, field: `${field}/poe${f.field ?? ''}` })))
    else
      sources.set(sample, {
        by: 'poe',
        agent: { address: poe.address, port: poe.port ?? SNMP_PORT, as: as.value },
        group: poe.group,
        interface: poe.interface,
        ifIndex: poe.ifIndex ?? poe.interface,
      })
  }
  return faults.length > 0 ? faulty(...faults) : ok(sources)
}

/** A community, or a user with passwords. */
async function loginOf(
  { community, user, address }: PoeEntry,
  sample: string,
  directory: string,
  ask: Ask | null,
): Promise<Result<SnmpAgent['as']>> {
  const faults: Fault[] = []
  const find = async (ref: SecretRef, field: string, least: number): Promise<string> => {
    const value = await resolveRef(ref, directory, ask, `SNMP ${address} (${sample}${field})`)
    // Where nothing is asked because the run will not begin, an empty answer stands for one.
    if (value === null || (value === '' && !ref.prompt))
      faults.push({ code: 'power-secret-missing', values: { sample, reference: describe(ref) }, field })
    else if (value !== '' && value.length < least)
      faults.push({ code: 'power-password-short', values: { least }, field })
    return value ?? ''
  }
  if ((community === undefined) === (user === undefined)) return faulty({ code: 'power-login', values: {} })
  if (community) {
    const value = await find(community, '/community', 1)
    return faults.length > 0 ? faulty(...faults) : ok({ community: value })
  }
  const { name = '', auth, privacy } = user ?? {}
  if (privacy && !auth) faults.push({ code: 'power-privacy', values: {}, field: '/user/privacy' })
  const password = (ref: SecretRef, of: 'auth' | 'privacy') => find(ref, `/user/${of}/password`, SHORTEST_PASSWORD)
  const as = {
    user: name,
    auth: auth && { protocol: auth.protocol, password: await password(auth.password, 'auth') },
    privacy: privacy && { protocol: privacy.protocol, password: await password(privacy.password, 'privacy') },
  }
  return faults.length > 0 ? faulty(...faults) : ok(as)
}

/** Environment variables that hold secrets of the switches: no command of the bench needs them. */
export const variablesOf = (table: PowerTable): string[] =>
  Object.values(table).flatMap(({ poe }) =>
    [poe?.community, poe?.user?.auth?.password, poe?.user?.privacy?.password].flatMap((r) =>
      r?.env === undefined ? [] : [r.env],
    ),
  )
