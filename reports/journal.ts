import {
  any,
  bool,
  int,
  list,
  map,
  micros,
  obj,
  oneOf,
  opt,
  orNull,
  sha256Hex,
  str,
  text,
  type Static,
} from '../suites/schema.ts'
import { Type } from '@sinclair/typebox'
import { canonical, digestOfBytes } from '../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import { DISCLOSURES, STATES } from '../suites/observation.ts'
import { checkValue } from '../profiles/yaml-file.ts'

/** journal.jsonl: one canonical JSON object a line; each carries the SHA-256 of the line before (without its newline). */

const message = obj({ code: text(), values: map(any()) })
const state = oneOf(...STATES)
const step = { kind: text(), subject: str(), state }
export const objectRefSchema = obj({
  digest: sha256Hex(),
  bytes: int(),
  mediaType: text(),
  disclosure: oneOf(...DISCLOSURES),
  name: text(),
})

const entry = Type.Union([
  obj({
    type: oneOf('opened'),
    run: text(),
    mode: oneOf('official', 'rehearsal'),
    demo: bool(),
    statement: sha256Hex(),
    regulations: list(obj({ id: text(), digest: sha256Hex() })),
    suiteDigest: sha256Hex(),
    options: any(),
  }),
  obj({ type: oneOf('planned'), steps: list(obj({ ...step, probe: text(), tier: oneOf('P', 'R', 'W', 'D') })) }),
  obj({ type: oneOf('started'), ...step, probe: text() }),
  obj({
    type: oneOf('observed'),
    ...step,
    kindVersion: text(),
    probe: text(),
    startedAt: micros(),
    endedAt: micros(),
    waited: micros(),
    answered: bool(),
    object: objectRefSchema,
    artifacts: list(objectRefSchema),
  }),
  obj({ type: oneOf('intent'), id: text(), about: message, undo: orNull(any()) }),
  obj({ type: oneOf('settled'), id: text(), outcome: oneOf('undone', 'open', 'lasting') }),
  obj({ type: oneOf('state'), sample: text(), state, about: message }),
  obj({ type: oneOf('identity'), sample: text(), moment: text(), anchors: map(orNull(str())) }),
  obj({ type: oneOf('note'), about: message }),
  obj({ type: oneOf('resumed'), reason: text(), dropped: opt(int()) }),
  obj({ type: oneOf('ended'), how: oneOf('complete', 'aborted') }),
])
export type Entry = Static<typeof entry>

export const lineSchemas = new Map(
  entry.anyOf.map((s) => {
    const type = (s.properties.type as unknown as { enum: string[] }).enum[0] ?? ''
    return [type, obj({ ...s.properties, n: int(), prev: orNull(sha256Hex()), at: micros() })] as const
  }),
)
export type Line = Entry & { n: number; prev: string | null; at: number }

const utf8 = new TextEncoder()

/** The bytes of the next line (with its newline) and the digest the line after it must carry. */
export function lineOf(
  value: Entry,
  n: number,
  prev: string | null,
  at: number,
): { bytes: Uint8Array; digest: string } {
  const text = canonical({ ...value, n, prev, at })
  return { bytes: utf8.encode(`${text}\n`), digest: digestOfBytes(utf8.encode(text)) }
}

export interface Journal {
  lines: Line[]
  /** SHA-256 of the last line. */
  head: string | null
  /** Bytes of whole, valid lines; more in the file is a line cut short by a crash. */
  length: number
  cut: number
}

/** Reads a journal and checks its chain. A half-written last line (no newline) is not a fault: it is reported as `cut`. */
export function readJournal(bytes: Uint8Array, file = 'journal.jsonl'): Result<Journal> {
  const faults: Fault[] = []
  const lines: Line[] = []
  let prev: string | null = null
  let start = 0
  for (let n = 0; ; n++) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) break
    const raw = bytes.subarray(start, end)
    start = end + 1
    const parsed = parseLine(raw)
    const where = { file, line: n + 1 }
    if (parsed === null) {
      faults.push({ code: 'journal-line', values: { why: 'not JSON' }, ...where })
      break
    }
    const schema = lineSchemas.get(String((parsed as { type?: unknown }).type))
    const checked = schema
      ? checkValue(schema, parsed)
      : faulty({ code: 'not-one-of', values: { expected: [...lineSchemas.keys()].join(', ') }, field: '/type' })
    if (!checked.ok) faults.push(...checked.faults.map((f) => ({ ...f, ...where })))
    const line = parsed as Line
    if (line.n !== n || line.prev !== prev)
      faults.push({ code: 'journal-chain', values: { expected: prev ?? 'null' }, ...where })
    if (faults.length > 20) break
    prev = digestOfBytes(raw)
    lines.push(line)
  }
  if (faults.length > 0) return faulty(...faults)
  return ok({ lines, head: prev, length: start, cut: bytes.length - start })
}

function parseLine(raw: Uint8Array): object | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
