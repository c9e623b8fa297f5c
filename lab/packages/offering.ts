import type { UpdateAttempt } from '../../suites/observations/update-refusal.ts'
import type { Update } from '../../suites/statement.ts'
import { read } from '../actions.ts'
import type { Bench, Credential } from '../probe.ts'
import { secondLook } from './silence.ts'
import { bodyOf, ropeLength, sha256Of, type Rope } from './rope.ts'

export type Offered = Omit<UpdateAttempt, 'id'>
type Told = UpdateAttempt['versionAfter']

/** How somebody else than the declared account uploads. */
export type Uploader = 'nobody' | Credential
export type Offer = (rope: Rope, as?: Uploader) => Promise<Offered>

const SHORTEST_POLL = 250
const LONGEST_POLL = 2_000
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `update-refusal.${key}`, values })

/**
 * Uploads a package by the declared path and waits until what became of it can be seen. An answer that says "refused"
 * is not believed: the device is watched for the whole declared time, for it may tell the new version and restart only
 * then. A version counts once it is told twice. An upload that ends without an answer is made once more: the device may
 * have been about to restart, or it may hang up on what it refuses.
 */
export function makeOffering(bench: Bench, update: Update): Offer {
  const poll = Math.min(LONGEST_POLL, Math.max(SHORTEST_POLL, update.bootSeconds * 50))
  const declared = update.bootSeconds * 1_000_000
  const ask = () => read(bench, update.version)
  const content = async (): Promise<Told | null> => (update.content ? await read(bench, update.content) : null)
  const pause = () => bench.wait(poll, about('settling', { seconds: update.bootSeconds }))

  /** The device may still be busy with what came before. */
  async function ready(): Promise<Told> {
    const end = bench.now() + declared
    let version = await ask()
    while (version.text === null && bench.now() < end && (await pause())) version = await ask()
    return version
  }

  async function settle(): Promise<{ versionAfter: Told; cameBack: boolean; downtime: number }> {
    const from = bench.now()
    let lost: number | null = null
    let downtime = 0
    let seen: string | null = null
    for (;;) {
      const asked = bench.now()
      const version = await ask()
      const there = version.exchange.failure === null
      if (!there) lost ??= asked
      else if (lost !== null) {
        downtime += asked - lost
        lost = null
      }
      const steady = version.text !== null && version.text === seen
      if (steady && bench.now() - from >= declared) return { versionAfter: version, cameBack: true, downtime }
      if (bench.now() - from >= 2 * declared || bench.signal.aborted)
        return {
          versionAfter: version,
          cameBack: there,
          downtime: lost === null ? downtime : downtime + bench.now() - lost,
        }
      seen = version.text
      await pause()
    }
  }

  async function once(rope: Rope, as: Uploader | undefined): Promise<Omit<Offered, 'sha256' | 'bytes' | 'tries'>> {
    const versionBefore = await ready()
    const contentBefore = await content()
    const { account: _, ...anonymous } = update.upload
    const upload =
      as === undefined
        ? await bench.perform(update.upload, {}, bodyOf(rope))
        : as === 'nobody'
          ? await bench.perform(anonymous, {}, bodyOf(rope))
          : await bench.perform(update.upload, {}, bodyOf(rope), as)
    const settled = await settle()
    return { upload, versionBefore, contentBefore, contentAfter: await content(), ...settled }
  }

  /** Nobody answers any more: a cable and a dead device look alike until they are looked at in another way. */
  async function watched(rope: Rope, as: Uploader | undefined): ReturnType<typeof once> {
    const offered = await once(rope, as)
    const isSilent = ['timeout', 'unreachable'].includes(offered.versionAfter.exchange.failure?.code ?? '')
    return offered.cameBack || !isSilent || bench.signal.aborted
      ? offered
      : { ...offered, silence: await secondLook(bench, ready) }
  }

  return async (rope, as) => {
    const about = { sha256: await sha256Of(rope), bytes: ropeLength(rope) }
    const first = await watched(rope, as)
    const isUnanswered = ['reset', 'closed', 'refused', 'unreachable'].includes(first.upload.failure?.code ?? '')
    if (!isUnanswered || !first.cameBack || changed(first)) return { ...about, tries: 1, ...first }
    return { ...about, tries: 2, ...(await watched(rope, as)) }
  }
}

const changed = ({
  versionBefore,
  versionAfter,
  contentBefore,
  contentAfter,
}: Omit<Offered, 'sha256' | 'bytes' | 'tries'>) =>
  versionBefore.text !== versionAfter.text || contentBefore?.text !== contentAfter?.text
