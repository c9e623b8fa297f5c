/** Cuts a byte stream into syslog records. */
export interface Frames {
  /** The records that these bytes complete. */
  push(bytes: Uint8Array): Uint8Array[]
  /** What came without an end, as a record; nothing is held afterwards. */
  rest(): Uint8Array[]
}

export const MOST_RECORD_BYTES = 65_536
const LF = 0x0a
const NUL = 0x00
const CR = 0x0d
/** A length of at most ten digits, a space, and the `<` that every record begins with. */
const COUNT_ROOM = 12

/**
 * RFC 6587 section 3.4: octet counting where a record begins with a number and the `<` of a priority, else a trailer,
 * LF or NUL, with a CR before it taken away. A record beyond the bound keeps its beginning.
 */
export function makeFrames(): Frames {
  let held = Buffer.alloc(0)
  /** Bytes of a too long counted record that are still to come. */
  let skip = 0
  /** A too long record is being passed over up to its trailer. */
  let cut = false

  function next(): Uint8Array | null {
    if (skip > 0) {
      const passed = Math.min(skip, held.length)
      held = held.subarray(passed)
      skip -= passed
      if (skip > 0) return null
    }
    if (cut) {
      const end = trailerIn(held)
      held = end < 0 ? Buffer.alloc(0) : held.subarray(end + 1)
      cut = end < 0
      if (cut) return null
    }
    while (held.length > 0 && isTrailer(held[0])) held = held.subarray(1)
    const counted = countAt(held)
    if (counted === 'unknown') return null
    if (counted !== null) {
      const length = Math.min(counted.length, MOST_RECORD_BYTES)
      if (held.length < counted.start + length) return null
      const record = held.subarray(counted.start, counted.start + length)
      held = held.subarray(counted.start + length)
      skip = counted.length - length
      return new Uint8Array(record)
    }
    const end = trailerIn(held)
    if (end < 0 && held.length <= MOST_RECORD_BYTES) return null
    const length = end < 0 ? MOST_RECORD_BYTES : end
    cut = end < 0
    const record = held.subarray(
      0,
      Math.min(held[length - 1] === CR && end >= 0 ? length - 1 : length, MOST_RECORD_BYTES),
    )
    held = held.subarray(cut ? length : length + 1)
    return new Uint8Array(record)
  }

  return {
    push(bytes) {
      held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes])
      const records: Uint8Array[] = []
      for (let record = next(); record !== null; record = next()) if (record.length > 0) records.push(record)
      return records
    },
    rest() {
      const record = cut || skip > 0 ? Buffer.alloc(0) : held
      held = Buffer.alloc(0)
      return record.length > 0 ? [new Uint8Array(record)] : []
    },
  }
}

const isTrailer = (byte: number | undefined): boolean => byte === LF || byte === NUL

function trailerIn(bytes: Buffer): number {
  const [lf, nul] = [bytes.indexOf(LF), bytes.indexOf(NUL)]
  return lf < 0 ? nul : nul < 0 ? lf : Math.min(lf, nul)
}

/** Whether a counted record begins here; unknown while too little has come. */
function countAt(bytes: Buffer): { start: number; length: number } | 'unknown' | null {
  const head = bytes.toString('latin1', 0, COUNT_ROOM)
  const count = /^([1-9]\d{0,9}) </.exec(head)
  if (count) return { start: (count[1]?.length ?? 0) + 1, length: Number(count[1]) }
  return bytes.length === 0 ||
    (bytes.length < COUNT_ROOM && /^(?:[1-9]\d{0,9}(?: |$))/.test(head) && /^\d+ ?$/.test(head))
    ? 'unknown'
    : null
}
