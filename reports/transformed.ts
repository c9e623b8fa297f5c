import { Readable, type Transform } from 'node:stream'

/** Chunks through a transform; both ends are released when the reader stops early or either side fails. */
export async function* transformed(
  chunks: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false })
  source.on('error', (error) => transform.destroy(error))
  source.pipe(transform)
  try {
    yield* transform as AsyncIterable<Uint8Array>
  } finally {
    source.destroy()
    transform.destroy()
  }
}
