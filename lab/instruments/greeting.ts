import type { Bench, Endpoint } from '../probe.ts'
import { openLine } from './line.ts'

const MOST_BYTES = 256

/** What a service sends unasked after the connection, at most 256 bytes; empty where nothing came in time. */
export async function hearGreeting(bench: Bench, to: Endpoint, milliseconds: number): Promise<Uint8Array> {
  const opened = await openLine(bench, to, { milliseconds: 3000 })
  if ('failure' in opened) return new Uint8Array()
  const something = (received: Uint8Array) => (received.length > 0 ? Math.min(received.length, MOST_BYTES) : null)
  const { bytes } = await opened.line.read(something, { milliseconds, maxBytes: MOST_BYTES })
  opened.line.close()
  return bench.redact(bytes)
}

/** Runs `work` over all items, at most `places` at once, in order of start. */
export async function forEachOf<T>(
  items: readonly T[],
  places: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(places, items.length)) }, worker))
}
