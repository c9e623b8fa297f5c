import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { canonical, digestOf, digestOfBytes } from '../suites/canonical.ts'
import { faulty, ok, type Result } from '../suites/fault.ts'
import type { Statement } from '../suites/statement.ts'
import type { Report } from '../reports/report.ts'

/**
 * The ledger of official runs of a bench: every one takes its number at plan time, so that a run that went badly
 * cannot be forgotten (rule 9). Lines are hash-chained; reports list the earlier runs of the same sample and firmware.
 */
interface Opened { type: 'opened'; number: number; run: string; unit: string; statement: string; at: number; prev: string | null; signature: string | null }
interface Closed { type: 'closed'; number: number; how: 'complete' | 'aborted'; overall: string | null; at: number; prev: string | null }
type Entry = Opened | Closed

/** Serial numbers and firmware: what counts as the same thing tested again. */
export const unitOf = (s: Statement): string =>
  digestOf({ model: s.dut.model, firmware: s.dut.firmware.version, serials: s.samples.map((x) => x.serial).sort() })

export interface Ledger {
  take(run: string, statement: Statement, statementDigest: string, at: number, sign: ((bytes: Uint8Array) => Promise<string>) | null): Promise<NonNullable<Report['run']['sequence']>>
  close(number: number, how: 'complete' | 'aborted', overall: string | null, at: number): void
}

export function openLedger(path: string): Result<Ledger> {
  const read = readLedger(path)
  if (!read.ok) return read
  const entries = read.value
  const append = (entry: Entry) => {
    mkdirSync(dirname(path), { recursive: true })
    appendFileSync(path, `${canonical(entry)}\n`, { flush: true })
    entries.push(entry)
  }
  const head = () => {
    const last = entries.at(-1)
    return last ? digestOfBytes(new TextEncoder().encode(canonical(last))) : null
  }
  return ok({
    async take(run, statement, statementDigest, at, sign) {
      const unit = unitOf(statement)
      const earlier = earlierOf(entries, unit)
      const number = 1 + entries.reduce((max, e) => Math.max(max, e.number), 0)
      const signature = sign ? await sign(new TextEncoder().encode(canonical({ at, number, run, statement: statementDigest }))) : null
      append({ type: 'opened', number, run, unit, statement: statementDigest, at, prev: head(), signature })
      return { number, signature, earlier }
    },
    close(number, how, overall, at) {
      append({ type: 'closed', number, how, overall, at, prev: head() })
    },
  })
}

function earlierOf(entries: readonly Entry[], unit: string): NonNullable<Report['run']['sequence']>['earlier'] {
  return entries.flatMap((e) => {
    if (e.type !== 'opened' || e.unit !== unit) return []
    const closed = entries.find((c): c is Closed => c.type === 'closed' && c.number === e.number)
    return [{ number: e.number, run: e.run, startedAt: e.at, ended: closed?.how ?? ('open' as const), overall: closed?.overall ?? null }]
  })
}

function readLedger(path: string): Result<Entry[]> {
  if (!existsSync(path)) return ok([])
  const entries: Entry[] = []
  let prev: string | null = null
  for (const [i, line] of readFileSync(path, 'utf8').split('\n').filter(Boolean).entries()) {
    try {
      const entry = JSON.parse(line) as Entry
      if (entry.prev !== prev) return faulty({ code: 'ledger-chain', values: {}, file: path, line: i + 1 })
      prev = digestOfBytes(new TextEncoder().encode(line))
      entries.push(entry)
    } catch {
      return faulty({ code: 'ledger-chain', values: {}, file: path, line: i + 1 })
    }
  }
  return ok(entries)
}
