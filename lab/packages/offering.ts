import type { UpdateAttempt } from '../../suites/observations/update-refusal.ts'
import { isSilent, saysAway } from '../../suites/facts/answer.ts'
import { reachOf } from '../../suites/facts/update-reach.ts'
import { requestsOf } from '../../suites/facts/update-steps.ts'
import type { Update, UpdatePackage } from '../../suites/statement.ts'
import { read } from '../actions.ts'
import type { Bench, Credential } from '../probe.ts'
import { secondLook } from './silence.ts'
import { ropeLength, sha256Of, type Rope } from './rope.ts'

export type Offered = Omit<UpdateAttempt, 'id'>
type Told = UpdateAttempt['versionAfter']

/** A package as it is offered. */
export interface Given {
  rope: Rope
  /** The package of the statement that it is, or was made of. */
  of: UpdatePackage
  /** What the lab says of its version, where that is not the one of the statement. */
  version?: string
  /** Uploaded up to this byte, then the lab cuts the connection. */
  cutAt?: number
  /** The signature that stands beside it on the update server is not there, or empty. */
  signature?: 'missing' | 'empty'
}

/** How somebody else than the declared account uploads. */
export type Uploader = 'nobody' | Credential
export type Offer = (given: Given, as?: Uploader) => Promise<Offered>

/** One package on its way to the device. */
export interface Delivery {
  /** When the device was last seen to take something of it; 0 where it takes nothing by itself. */
  takenAt(): number
  told(): Pick<UpdateAttempt, 'upload' | 'steps' | 'fetch'>
}
/** How packages reach the device; kept until the device has taken the package, or had its time to do so. */
export type Way = (given: Given & { sha256: string }, as?: Uploader) => Promise<Delivery>

const SHORTEST_POLL = 250
const SHORTEST_PAUSE = 50
const LONGEST_POLL = 2_000
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `update-refusal.${key}`, values })

/** A download may go on for long; the device is not watched for more than this. */
const LONGEST_DOWNLOAD = 900_000_000

/**
 * Offers a package by the declared path and waits until what became of it can be seen. An answer that says "refused"
 * is not believed: the device is watched for the whole declared time, for it may tell the new version and restart only
 * then. A version counts once it is told twice. An upload that ends without an answer is made once more: the device may
 * have been about to restart, or it may hang up on what it refuses. So is what the device did not fetch, or broke off.
 */
export function makeOffering(bench: Bench, update: Update, way: Way): Offer {
  const poll = Math.min(LONGEST_POLL, Math.max(SHORTEST_POLL, update.bootSeconds * 50))
  const declared = update.bootSeconds * 1_000_000
  const told = async (reading: Update['version']): Promise<Told> => {
    const { exchange, text } = await read(bench, reading)
    // The page of a proxy has numbers of its own.
    return { exchange, text: saysAway(exchange) ? null : text }
  }
  const ask = () => told(update.version)
  const content = async (): Promise<Told | null> => (update.content ? await told(update.content) : null)
  const pause = (most = poll) =>
    bench.wait(Math.max(SHORTEST_PAUSE, Math.min(poll, most)), about('settling', { seconds: update.bootSeconds }))

  /** The device may still be busy with what came before. */
  async function ready(): Promise<Told> {
    const end = bench.now() + declared
    let version = await ask()
    while (version.text === null && bench.now() < end && (await pause())) version = await ask()
    return version
  }

  async function settle({ takenAt }: Delivery): Promise<{ versionAfter: Told; cameBack: boolean; downtime: number }> {
    const begun = bench.now()
    let lost: number | null = null
    let downtime = 0
    let seen: string | null = null
    for (;;) {
      const asked = bench.now()
      const from = Math.min(Math.max(begun, takenAt()), begun + LONGEST_DOWNLOAD)
      const version = await ask()
      const there = version.exchange.failure === null && !saysAway(version.exchange)
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
      const left = (from + declared - bench.now()) / 1000
      await pause(left > 0 ? left : poll)
    }
  }

  async function once(given: Dated, as: Uploader | undefined): Promise<Omit<Offered, 'sha256' | 'bytes' | 'tries'>> {
    const versionBefore = await ready()
    const contentBefore = await content()
    const delivery = await way(given, as)
    const settled = await settle(delivery)
    return { ...delivery.told(), versionBefore, contentBefore, contentAfter: await content(), ...settled }
  }

  /** Nobody answers any more: a cable and a dead device look alike until they are looked at in another way. */
  async function watched(given: Dated, as: Uploader | undefined): ReturnType<typeof once> {
    const offered = await once(given, as)
    return offered.cameBack || !isSilent(offered.versionAfter.exchange) || bench.signal.aborted
      ? offered
      : { ...offered, silence: await secondLook(bench, ready) }
  }

  return async (given, as) => {
    const about = { sha256: await sha256Of(given.rope), bytes: ropeLength(given.rope) }
    const dated = { ...given, sha256: about.sha256 }
    const first = await watched(dated, as)
    const last = requestsOf(first).at(-1)
    const isUnanswered = last
      ? ['reset', 'closed', 'refused', 'unreachable'].includes(last.failure?.code ?? '')
      : reachOf({ id: given.of === update.packages.older ? 'older' : '', tries: 1, ...about, ...first }) === 'not'
    if (!isUnanswered || !first.cameBack || changed(first)) return { ...about, tries: 1, ...first }
    return { ...about, tries: 2, ...(await watched(dated, as)) }
  }
}

type Dated = Parameters<Way>[0]

const changed = ({
  versionBefore,
  versionAfter,
  contentBefore,
  contentAfter,
}: Omit<Offered, 'sha256' | 'bytes' | 'tries'>) =>
  versionBefore.text !== versionAfter.text || contentBefore?.text !== contentAfter?.text
