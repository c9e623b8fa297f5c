import type { Body } from './probe.ts'

export const chunksOf = (body: Body): AsyncIterable<Uint8Array> =>
  body instanceof Uint8Array ? one(body) : body.chunks()

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  yield bytes
}

const isCut = (body: Body): boolean => !(body instanceof Uint8Array) && body.isCut === true

/** Bodies one behind the other, as a stream; nothing comes behind one that is cut. */
export const joined = (parts: readonly Body[]): Body => ({
  length: parts.reduce((sum, part) => sum + part.length, 0),
  async *chunks() {
    for (const part of parts) {
      yield* chunksOf(part)
      if (isCut(part)) return
    }
  },
  ...(parts.some(isCut) ? { isCut: true } : {}),
})
