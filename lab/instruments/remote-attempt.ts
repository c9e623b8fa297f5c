import type { Failure } from '../../suites/observations/exchange.ts'
import type { RemoteAttempt, RemoteStep } from '../../suites/observations/remote-credentials.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { openLine, type Chunk, type Line } from './line.ts'

/** Most bytes kept of one answer. */
const MOST_KEPT = 8192

/** Tries one credential, or none, on a connection of its own; never throws for what the device does. */
export type TryRemote = (bench: Bench, to: Endpoint, credential: Credential | null) => Promise<RemoteAttempt>

/** The record of one attempt while it is being made. */
export interface Recording {
  step(sent: RemoteStep['sent'], chunk: Chunk): void
  summed(sum: number): void
  failed(failure: Failure): void
  end(source: string, failure: Failure | null): RemoteAttempt
}

export function record(bench: Bench, to: Endpoint, credential: Credential | null): Recording {
  const at = bench.now()
  const steps: RemoteStep[] = []
  let sum: number | null = null
  let broken: Failure | null = null
  return {
    step(sent, { bytes, end }) {
      const answer = Buffer.from(bench.redact(bytes).subarray(0, MOST_KEPT)).toString('base64')
      steps.push({ sent, answer, end })
    },
    summed(value) {
      sum = value
    },
    failed(failure) {
      broken = failure
    },
    end: (source, failure) => ({
      at,
      elapsed: bench.now() - at,
      sourceAddress: source || (bench.sources(to.family)[0] ?? 'unknown'),
      credential: credential && {
        user: credential.user,
        secret: credential.secret,
        published: credential.published,
      },
      steps,
      sum,
      failure: failure ?? broken,
    }),
  }
}

/** Opens a line, holds the conversation, closes it. */
export async function attempt(
  bench: Bench,
  to: Endpoint,
  credential: Credential | null,
  converse: (line: Line, recording: Recording) => Promise<void>,
): Promise<RemoteAttempt> {
  const recording = record(bench, to, credential)
  const opened = await openLine(bench, to, { milliseconds: 10_000 })
  if ('failure' in opened) return recording.end('', opened.failure)
  const { line } = opened
  await converse(line, recording)
  line.close()
  return recording.end(line.sourceAddress, null)
}
