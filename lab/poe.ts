import type { PortState } from '../suites/observations/power.ts'
import { getIntegers, setInteger, type SnmpFailure } from './instruments/snmp.ts'
import type { PowerSource } from './power-table.ts'

export type PoePort = Extract<PowerSource, { by: 'poe' }>

/** Columns of pethPsePortTable (RFC 3621) and of ifTable (RFC 2863). */
const ADMIN_ENABLE = '1.3.6.1.2.1.105.1.1.1.3'
const DETECTION_STATUS = '1.3.6.1.2.1.105.1.1.1.6'
const OPER_STATUS = '1.3.6.1.2.1.2.2.1.8'

const DETECTION = ['disabled', 'searching', 'deliveringPower', 'fault', 'test', 'otherFault'] as const

const rowOf = (port: PoePort): string => `${port.group}.${port.interface}`

/** The port as the switch tells. */
export async function portState(port: PoePort): Promise<{ state: PortState } | { failure: SnmpFailure }> {
  const oids = [
    `${ADMIN_ENABLE}.${rowOf(port)}`,
    `${DETECTION_STATUS}.${rowOf(port)}`,
    `${OPER_STATUS}.${port.ifIndex}`,
  ]
  const answer = await getIntegers(port.agent, oids)
  if ('failure' in answer) return answer
  const [enabled = null, detection = null, link = null] = answer.values
  return {
    state: {
      enabled: enabled === 1 ? true : enabled === 2 ? false : null,
      detection: detection === null ? null : (DETECTION[detection - 1] ?? null),
      link: link === null ? null : link === 1 ? 'up' : link === 2 || link === 6 || link === 7 ? 'down' : 'other',
    },
  }
}

/** TruthValue true(1), false(2) (RFC 2579); null where the switch took it. */
export async function setPower(port: PoePort, on: boolean): Promise<SnmpFailure | null> {
  const answer = await setInteger(port.agent, `${ADMIN_ENABLE}.${rowOf(port)}`, on ? 1 : 2)
  return 'failure' in answer ? answer.failure : null
}
