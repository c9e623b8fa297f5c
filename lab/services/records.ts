import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchService } from '../../reports/report.ts'

/** One thing that a device asked of the bench. Microseconds since the epoch; the sender's address, or its MAC where it has none yet. */
export interface ServiceRecord {
  at: number
  service: BenchService
  source: string
  [more: string]: string | number | boolean | null | string[]
}

export interface Records {
  add(record: ServiceRecord): void
  /** How many were written, and how many came after the file was full. */
  count(): { written: number; left: number }
  close(): void
}

const MOST_BYTES = 256 * 1024 * 1024

/** One JSON object a line in `records.ndjson`, which is made now and never overwritten. What comes beyond a size is counted only. */
export function openRecords(directory: string, mostBytes = MOST_BYTES): Records {
  const file = openSync(join(directory, 'records.ndjson'), 'wx', 0o600)
  let [bytes, written, left] = [0, 0, 0]
  return {
    add(record) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`)
      if (bytes + line.length > mostBytes) {
        left++
        return
      }
      writeSync(file, line)
      bytes += line.length
      written++
    },
    count: () => ({ written, left }),
    close() {
      fsyncSync(file)
      closeSync(file)
    },
  }
}
