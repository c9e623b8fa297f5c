import { kind, type UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import { declaredOf } from '../../suites/subject.ts'
import { read } from '../actions.ts'
import { offerAtDoors } from '../packages/doors.ts'
import { snapshot } from '../packages/keeping.ts'
import { makeOffering, type Offer, type Way } from '../packages/offering.ts'
import { openOnline } from '../packages/online.ts'
import { beforePackages } from '../packages/silence.ts'
import { ropeOf, type Rope } from '../packages/rope.ts'
import { isGone, makerVariants, offerOlder, offerVariants } from '../packages/row.ts'
import { interruptedUpload, labVariants } from '../packages/variants.ts'
import { uploadWay } from '../packages/upload-way.ts'
import { watchLog, type Watch } from '../packages/watching.ts'
import { defineProbe, type Bench } from '../probe.ts'
import type { Update } from '../../suites/statement.ts'

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })
/** Variants, doors, genuine and older. */
const MOST_OFFERS = 17
const AROUND_SECONDS = 8

/** One offer; where the device looks by itself, half its time on the average. */
const secondsOf = ({ bootSeconds, online }: Update): number =>
  bootSeconds + (online && !online.trigger ? (online.checkSeconds ?? 30) / 2 : 0)

/** Offers altered and interrupted packages on version N-1, then the genuine N, then an older one, each by the declared path: uploaded, or fetched from the lab. */
export const probe = defineProbe<UpdateRefusal>({
  id: ID,
  version: '2.4.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 50,
  states: ['in-service'],
  failsLogins: true,
  leaves: about('leaves'),
  seconds: (statement) =>
    statement.updates.reduce((sum, u) => sum + secondsOf(u) * (MOST_OFFERS - (u.layout ? 0 : 2)) + AROUND_SECONDS, 0),
  async run(bench, subject) {
    const update = bench.statement.updates.find((u) => u.id === declaredOf(subject).id)
    const unanswered = (
      cause: 'lab' | 'device' | 'operator',
      key: string,
      values: Record<string, string | number> = {},
      partial?: unknown,
    ) => ({
      answered: false as const,
      cause,
      why: about(key, values),
      artifacts: [],
      ...(partial === undefined ? {} : { partial }),
    })
    if (!update) return unanswered('lab', 'not-declared', { update: declaredOf(subject).id })
    const genuine = ropeOf(bench.resolve(update.packages.genuine.file))
    if (!genuine) return unanswered('operator', 'no-package', { file: update.packages.genuine.file })

    const start = await read(bench, update.version)
    if (start.text === null) return unanswered('device', 'no-version', {}, { start })
    if (start.text === update.packages.genuine.version)
      return unanswered('operator', 'already-installed', { version: start.text }, { start })

    const power = await beforePackages(bench)
    if (power?.control?.cameBack === false) return unanswered('lab', 'not-back', {}, { start, power })
    const value: UpdateRefusal = {
      start,
      ...(power ? { power } : {}),
      variants: [],
      returns: [],
      doors: [],
      genuine: null,
      older: null,
      kept: null,
      log: null,
      missing: [],
    }
    const { upload, online } = update
    const opened = online ? await openOnline(bench, update, online, subject) : null
    if (opened && 'fault' in opened) return unanswered(opened.fault.cause, opened.fault.key, opened.fault.values)
    const way = opened ? opened.path.way : upload && uploadWay(bench, upload)
    if (!way) return unanswered('operator', 'not-declared', { update: update.id })
    let watch: Watch | null = null
    try {
      watch = await watchLog(bench, update, subject)
      await offerAll(bench, update, subject, genuine, value, way, watch)
      value.log = watch && (await watch.result())
      if (opened) value.online = opened.path.seen()
    } finally {
      await watch?.close()
      await opened?.path.close()
    }
    if (bench.signal.aborted) return unanswered('lab', 'cancelled', {}, value)
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

/** Bad packages, bad log-ins, the genuine one with what it must leave alone, the older one: what installs comes last. */
async function offerAll(
  bench: Bench,
  update: Update,
  subject: string,
  genuine: Rope,
  value: UpdateRefusal,
  way: Way,
  watch: Watch | null,
): Promise<void> {
  const offer: Offer = makeOffering(bench, update, way)
  const { variants, missing } = labVariants(genuine, update)
  value.missing.push(...missing)
  const all = [
    ...variants,
    ...(await makerVariants(bench, update, value.start.text ?? '', value.missing)),
    ...interruptedUpload(genuine, update),
  ]
  // A short log does not reach back over the whole row: it is read as soon as a package changed nothing.
  let isRead = false
  const offerWatched: Offer = async (given, as) => {
    const offered = await offer(given, as)
    if (!isRead && offered.cameBack && offered.versionBefore.text === offered.versionAfter.text) {
      isRead = true
      await watch?.read('refused')
    }
    return offered
  }
  await offerVariants(bench, update, all, value, offerWatched)
  if (bench.signal.aborted) return
  await offerAtDoors(bench, update, subject, genuine, value, offer)
  if (bench.signal.aborted) return
  if (isGone(value)) value.missing.push({ id: 'genuine', why: 'device-gone' })
  else {
    await watch?.read('before')
    const before = await snapshot(bench, update)
    bench.progress(about('offering', { package: 'genuine' }))
    value.genuine = { id: 'genuine', ...(await offer({ rope: genuine, of: update.packages.genuine })) }
    await watch?.read('installed')
    value.kept = value.genuine.cameBack ? { before, after: await snapshot(bench, update) } : null
  }
  value.older = await offerOlder(bench, update, value, offer)
}
