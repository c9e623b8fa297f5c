import { existsSync, readFileSync } from 'node:fs'
import { kind, type UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import { wereAccepted } from '../../suites/facts/login-outcome.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { declaredOf } from '../../suites/subject.ts'
import { endpointOf, read } from '../actions.ts'
import { httpClient } from '../instruments/http.ts'
import { labVariants, type Missing, type Variant } from '../packages/variants.ts'
import { makeOffering, type Offered } from '../packages/offering.ts'
import { defineProbe, type Bench } from '../probe.ts'

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })
const MAKERS = [
  ['unsigned', 'maker-unsigned'],
  ['foreignKey', 'maker-foreign-key'],
  ['otherModel', 'maker-other-model'],
] as const
const MOST_VARIANTS = 12

/** Offers altered packages on version N-1, then the genuine N, then an older one, each by the declared path. */
export const probe = defineProbe<UpdateRefusal>({
  id: ID,
  version: '1.0.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 50,
  states: ['in-service'],
  leaves: about('leaves'),
  seconds: (statement) =>
    statement.updates.reduce((sum, u) => sum + u.bootSeconds * (MOST_VARIANTS - (u.layout ? 4 : 2)), 0),
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
    const genuine = packageAt(bench, update.packages.genuine.file)
    if (!genuine) return unanswered('operator', 'no-package', { file: update.packages.genuine.file })

    const start = await read(bench, update.version)
    if (start.text === null) return unanswered('device', 'no-version', {}, { start })
    if (start.text === update.packages.genuine.version)
      return unanswered('operator', 'already-installed', { version: start.text }, { start })

    const value: UpdateRefusal = { start, variants: [], genuine: null, older: null, login: null, missing: [] }
    const { variants, missing } = labVariants(genuine, update)
    const offering = makeOffering(bench, update)
    value.missing.push(...missing)
    await offerVariants(
      bench,
      [...variants, ...(await makerVariants(bench, update, start.text, genuine, value.missing))],
      value,
      offering,
    )

    const gone = value.variants.some((v) => !v.cameBack)
    const before = gone ? null : await logIn(bench)
    if (gone) value.missing.push({ id: 'genuine', why: 'device-gone' })
    else {
      bench.progress(about('offering', { package: 'genuine' }))
      value.genuine = { id: 'genuine', ...(await offering(genuine)) }
      if (before) value.login = { before, after: value.genuine.cameBack ? await logIn(bench) : null }
    }
    value.older = await offerOlder(bench, update, value, offering)
    if (bench.signal.aborted) return unanswered('lab', 'cancelled', {}, value)
    const { login } = value
    const controls = login
      ? [
          {
            id: 'log-in-survives',
            ok: login.after !== null && wereAccepted([login.before, login.after]),
            about: about('control-log-in'),
          },
        ]
      : []
    return { answered: true, value, controls, artifacts: [] }
  },
})

type Offer = (bytes: Uint8Array) => Promise<Offered>

/** Until one changes the version or the device stays away: what follows would no longer start from N-1. */
async function offerVariants(
  bench: Bench,
  variants: readonly Variant[],
  value: UpdateRefusal,
  offer: Offer,
): Promise<void> {
  let stopped: Missing['why'] | null = null
  for (const variant of variants) {
    if (bench.signal.aborted) return
    const bytes = stopped ? null : variant.make()
    if (stopped || !bytes) {
      value.missing.push({ id: variant.id, why: stopped ?? 'unreadable' })
      continue
    }
    bench.progress(about('offering', { package: variant.id }))
    const offered = await offer(bytes)
    value.variants.push({ id: variant.id, derivation: variant.derivation, ...offered })
    if (!offered.cameBack) stopped = 'device-gone'
    else if (offered.versionAfter.text !== value.start.text) stopped = 'start-version-lost'
  }
}

/** The maker's own bad packages; one of the version that already runs would show nothing. */
async function makerVariants(
  bench: Bench,
  { packages }: Bench['statement']['updates'][number],
  start: string,
  genuine: Uint8Array,
  missing: Missing[],
): Promise<Variant[]> {
  const variants: Variant[] = []
  for (const [name, id] of MAKERS) {
    const supplied = packages[name]
    // What the maker has not handed in, the maker's own tool may make of the genuine package.
    const bytes = supplied ? packageAt(bench, supplied.file) : await bench.signVariant(id, genuine)
    const version = supplied?.version ?? packages.genuine.version
    if (bytes && version !== start) variants.push({ id, derivation: 'maker', make: () => bytes })
    else missing.push({ id, why: bytes ? 'same-version' : supplied ? 'unreadable' : 'not-supplied' })
  }
  return variants
}

async function offerOlder(
  bench: Bench,
  { packages }: Bench['statement']['updates'][number],
  value: UpdateRefusal,
  offer: Offer,
): Promise<UpdateRefusal['older']> {
  const bytes = packages.older ? packageAt(bench, packages.older.file) : null
  const gone = [...value.variants, ...(value.genuine ? [value.genuine] : [])].some((a) => !a.cameBack)
  const why = !packages.older ? 'not-supplied' : !bytes ? 'unreadable' : gone ? 'device-gone' : null
  if (why !== null || !bytes) {
    value.missing.push({ id: 'older', why: why ?? 'unreadable' })
    return null
  }
  bench.progress(about('offering', { package: 'older' }))
  return { id: 'older', ...(await offer(bytes)) }
}

function packageAt(bench: Bench, file: string): Uint8Array | null {
  const path = bench.resolve(file)
  if (!existsSync(path)) return null
  try {
    const bytes = readFileSync(path)
    return bytes.length > 0 ? bytes : null
  } catch {
    return null
  }
}

/** The first declared log-in over HTTP: accounts survive an update. */
async function logIn(bench: Bench): Promise<Exchange | null> {
  const login = bench.statement.logins.find((l) => endpointOf(bench, l.service) !== null)
  const endpoint = login && endpointOf(bench, login.service)
  if (!login || !endpoint) return null
  const client = httpClient(bench, endpoint)
  try {
    return await client.send({
      method: login.method ?? 'GET',
      target: login.target,
      credential: bench.credential(login.account),
    })
  } finally {
    client.close()
  }
}
