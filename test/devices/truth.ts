import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from './device.ts'

/** What is true of a device, measured by tools of others, and which verdicts follow from it. */

export type FactVerdict = 'violates' | 'meets' | 'not-applicable' | 'absent'
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'not-applicable'

export interface Fact {
  id: string
  verdict: FactVerdict
  why: string
  /** Port or address; tells facts with the same id apart. */
  where?: string
  /** Measurements it rests on. */
  checks?: string[]
}

export interface Truth {
  device: string
  summary: string
  address: { ipv4: string; ipv6: string }
  facts: Fact[]
  /** Measurement to the value that verify.sh must find. */
  checks: Record<string, string>
}

/**
 * One fact, and the criteria whose verdict it decides or the reason why there is none. `shows`: criteria that its
 * measurements show to be met, whatever its own verdict is about.
 */
export type Mapping = { fact: string; where?: string } & ({ criteria: string[]; shows?: string[] } | { reason: string })

export interface Expected {
  /** The verdict over all subjects of a criterion: fail if one fails, else inconclusive if one is. */
  verdicts: Record<string, Verdict>
  /** Where the subjects of one criterion differ: criterion to subject to verdict. */
  subjects: Record<string, Record<string, Verdict>>
  /** Why a criterion cannot be decided on this device, although the truth is known. */
  inconclusiveBecause: Record<string, string>
  /** Where *inconclusive* instead of the expected pass is no false verdict. */
  mayBeInconclusive: { criterion: string; reason: string }[]
  facts: Mapping[]
  /** Criteria that the truth file of somebody else says nothing of, and how their verdict is known. */
  beside?: { criterion: string; reason: string }[]
}

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

export const truthOf = (device: Pick<Device, 'truth'>): Truth => json(device.truth) as Truth
export const expectedOf = (device: Pick<Device, 'folder'>): Expected =>
  json(join(device.folder, 'expected.json')) as Expected

const keyOf = (fact: string, where: string | undefined): string => (where === undefined ? fact : `${fact} (${where})`)

/**
 * What is wrong with the mapping of a truth to criteria; empty when it is total both ways: every fact decides criteria or
 * says why none, every criterion is decided by a fact, every fail by a violation and nothing else by one.
 */
export function mappingFaults(truth: Truth, expected: Expected, criteria: readonly string[]): string[] {
  const faults: string[] = []
  // a fact may be mapped by its id alone where the id is unique
  const count = (id: string) => truth.facts.filter((f) => f.id === id).length
  const named = (f: { id: string; where?: string }) => keyOf(f.id, count(f.id) > 1 ? f.where : undefined)
  const mapped = new Map(
    expected.facts.map((m) => [named({ id: m.fact, ...(m.where === undefined ? {} : { where: m.where }) }), m]),
  )
  const facts = new Map(truth.facts.map((f) => [named(f), f]))
  if (mapped.size !== expected.facts.length) faults.push('a fact is mapped twice')
  for (const key of facts.keys()) if (!mapped.has(key)) faults.push(`fact ${key} is not mapped`)
  for (const key of mapped.keys()) if (!facts.has(key)) faults.push(`${key} is no fact`)

  const deciding = new Map<string, Fact[]>()
  for (const [key, m] of mapped) {
    const fact = facts.get(key)
    if (!fact || !('criteria' in m)) continue
    const meant = [
      ...m.criteria.map((c) => [c, fact] as const),
      ...(m.shows ?? []).map((c) => [c, { ...fact, verdict: 'meets' as const }] as const),
    ]
    for (const [c, decided] of meant) deciding.set(c, [...(deciding.get(c) ?? []), decided])
  }
  for (const c of criteria) if (!(c in expected.verdicts)) faults.push(`no verdict is expected of ${c}`)
  for (const c of new Set([...deciding.keys(), ...Object.keys(expected.verdicts), ...Object.keys(expected.subjects)]))
    if (!criteria.includes(c)) faults.push(`${c} is no criterion`)
  for (const [c, verdict] of Object.entries(expected.verdicts)) {
    const violated = deciding.get(c)?.some((f) => f.verdict === 'violates') ?? false
    const isBeside = expected.beside?.some((b) => b.criterion === c) ?? false
    if (!deciding.has(c) && !isBeside) faults.push(`no fact decides ${c}`)
    if (verdict === 'fail' && !violated) faults.push(`no violation explains why ${c} fails`)
    if ((verdict === 'pass' || verdict === 'not-applicable') && violated)
      faults.push(`${c} is violated and expected to be ${verdict}`)
    if (verdict === 'inconclusive' && expected.inconclusiveBecause[c] === undefined)
      faults.push(`${c}: why inconclusive?`)
    const subjects = Object.values(expected.subjects[c] ?? {})
    if (subjects.length > 0 && subjects.includes('fail') !== (verdict === 'fail'))
      faults.push(`${c}: subjects and verdict differ`)
  }
  const rested = new Set(truth.facts.flatMap((f) => f.checks ?? []))
  for (const check of rested) if (!(check in truth.checks)) faults.push(`${check} is not measured`)
  for (const check of Object.keys(truth.checks)) if (!rested.has(check)) faults.push(`no fact rests on ${check}`)
  return faults
}

/**
 * Measures a running device: measurement to value. Understands the lines of our scripts (id, tabulator, value) and those
 * of scripts that compare by themselves ("ok", id, value, or "DIFF", id, what they got).
 */
export async function measure(device: Device, seconds: number): Promise<{ values: Map<string, string>; said: string }> {
  const [command = '', ...args] = device.verify
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const clock = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), seconds * 1000)
  await new Promise<void>((done, fail) => child.once('close', () => done()).once('error', fail))
  clearTimeout(clock)
  const values = new Map<string, string>()
  for (const line of output.stdout.split('\n')) {
    const ours = /^([^\t]+)\t(.*)$/.exec(line)
    const theirs = /^(?:ok|DIFF) +(\S+) +(?:got: (.*?)   want: .*|(.*))$/.exec(line)
    if (ours) values.set(ours[1] ?? '', ours[2] ?? '')
    else if (theirs) values.set(theirs[1] ?? '', theirs[2] ?? theirs[3] ?? '')
  }
  return { values, said: output.stderr.slice(-2000) }
}
