import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { canonical, digestOf, digestOfBytes } from '../suites/canonical.ts'
import { faulty, ok, type Result } from '../suites/fault.ts'
import type { Statement } from '../suites/statement.ts'
import type { Report } from '../reports/report.ts'
import { releaseLock, takeLock } from '../reports/run-lock.ts'

/**
 * The ledger of official runs of a bench: every one takes its number at plan time, so that a run that went badly
 * cannot be forgotten (rule 9). Lines are hash-chained; reports list the earlier runs of the same sample and firmware.
 */
interface Opened {
  type: 'opened'
  number: number
  run: string
  unit: string
  statement: string
  at: number
  prev: string | null
  signature: string | null
}
interface Closed {
  type: 'closed'
  number: number
  how: 'complete' | 'aborted'
  overall: string | null
  at: number
  prev: string | null
}
type Entry = Opened | Closed
type NewEntry = Omit<Opened, 'prev'> | Omit<Closed, 'prev'>

/** Serial numbers and firmware: what counts as the same thing tested again. */
export const unitOf = (s: Statement): string =>
  digestOf({ model: s.dut.model, firmware: s.dut.firmware.version, serials: s.samples.map((x) => x.serial).sort() })

type Sign = ((bytes: Uint8Array) => Promise<string>) | null

export interface Ledger {
  take(
    run: string,
    statement: Statement,
    statementDigest: string,
    at: number,
    sign: Sign,
  ): Promise<Result<NonNullable<Report['run']['sequence']>>>
  close(number: number, how: 'complete' | 'aborted', overall: string | null, at: number): Promise<Result<void>>
}

/** The ledger at a path. Every operation reads it anew under a lock: several runs may go on at one bench. */
export function ledgerAt(path: string): Ledger {
  const locked = async <T>(work: (entries: Entry[]) => Promise<T>): Promise<Result<T>> => {
    mkdirSync(dirname(path), { recursive: true })
    let taken = takeLock(dirname(path))
    for (let i = 0; i < 100 && !taken.ok; i++) {
      await new Promise((r) => setTimeout(r, 50))
      taken = takeLock(dirname(path))
    }
    if (!taken.ok) return taken
    try {
      const read = readLedger(path)
      return read.ok ? ok(await work(read.value)) : read
    } finally {
      releaseLock(dirname(path))
    }
  }
  const append = (entries: Entry[], entry: NewEntry) => {
    const last = entries.at(-1)
    const prev = last ? digestOfBytes(new TextEncoder().encode(canonical(last))) : null
    appendFileSync(path, `${canonical({ ...entry, prev })}\n`, { flush: true })
  }
  return {
    take: (run, statement, statementDigest, at, sign) =>
      locked(async (entries) => {
        const unit = unitOf(statement)
        const number = 1 + entries.reduce((max, e) => Math.max(max, e.number), 0)
        const signature = sign
          ? await sign(new TextEncoder().encode(canonical({ at, number, run, statement: statementDigest })))
          : null
        append(entries, { type: 'opened', number, run, unit, statement: statementDigest, at, signature })
        return { number, signature, earlier: earlierOf(entries, unit) }
      }),
    close: (number, how, overall, at) =>
      locked((entries) => Promise.resolve(append(entries, { type: 'closed', number, how, overall, at }))),
  }
}

function earlierOf(entries: readonly Entry[], unit: string): NonNullable<Report['run']['sequence']>['earlier'] {
  return entries.flatMap((e) => {
    if (e.type !== 'opened' || e.unit !== unit) return []
    const closed = entries.find((c): c is Closed => c.type === 'closed' && c.number === e.number)
    return [
      {
        number: e.number,
        run: e.run,
        startedAt: e.at,
        ended: closed?.how ?? ('open' as const),
        overall: closed?.overall ?? null,
      },
    ]
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
