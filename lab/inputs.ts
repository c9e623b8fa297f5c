import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isListed } from '../suites/facts/catalogue.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Catalogue, Regulation } from '../suites/regulation.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Family, Statement } from '../suites/statement.ts'
import { loadCatalogues, loadRegulation } from '../profiles/regulation-file.ts'
import { loadStatement, sketchStatement } from '../profiles/statement-file.ts'
import { placed, readYaml } from '../profiles/yaml-file.ts'
import {
  benchFileSchema,
  type BenchNetwork,
  type BenchRecord,
  type HookTable,
  type PowerTable,
} from '../reports/report.ts'
import { sourcesFor } from './addresses.ts'
import { hooksFrom } from './hooks.ts'
import { powerSources, type PowerSources } from './power-table.ts'
import { findSecrets } from './secrets.ts'

export interface InputRequest {
  /** Path of the statement. */
  statement: string
  /** Regulation ids or files. */
  regulations: string[]
  /** Path of the bench record; null where nobody describes the bench. */
  bench: string | null
  demo: boolean
  /** Hooks of the command line. */
  hooks?: { hook?: string[]; hookShell?: string[]; hookSeconds?: string }
  /** Asks for a secret on a terminal; null where nobody can answer. */
  ask: ((prompt: string) => Promise<string | null>) | null
}

/** Everything a run needs besides the device. */
export interface Inputs {
  statement: Statement
  statementBytes: Uint8Array
  original: string
  regulations: Regulation[]
  catalogues: Catalogue[]
  bench: BenchRecord
  hooks: HookTable
  /** As the bench file has it, and with every secret found. */
  power: { table: PowerTable; directory: string; sources: PowerSources }
  secrets: Map<string, string>
}

/** Loads and checks everything a run needs, before anything is sent; every fault at once. */
export async function loadInputs(request: InputRequest): Promise<Result<Inputs>> {
  const faults: Fault[] = []
  if (request.regulations.length === 0) faults.push({ code: 'empty', values: {}, field: '--regulation' })
  const statement = loadStatement(request.statement)
  if (!statement.ok) faults.push(...statement.faults)
  const regulations = request.regulations.flatMap((id) => {
    const loaded = loadRegulation(id, registry)
    if (!loaded.ok) faults.push(...loaded.faults)
    return loaded.ok ? [loaded.value] : []
  })
  const catalogues = loadCatalogues(regulations)
  if (!catalogues.ok) faults.push(...catalogues.faults)
  const bench =
    request.bench === null
      ? ok({ value: unstatedBench(request.demo), lineOf: nowhere })
      : readYaml(request.bench, benchFileSchema)
  if (!bench.ok) faults.push(...bench.faults)
  const described: BenchFile = bench.ok ? bench.value.value : unstatedBench(request.demo)
  const { hooks: benchHooks = {}, power: table = {}, network: _, ...record } = described
  faults.push(...benchHookFaults(benchHooks, request.bench))
  const hooks = hooksFrom(request.hooks ?? {}, benchHooks)
  if (!hooks.ok) faults.push(...hooks.faults)
  let secrets = new Map<string, string>()
  const declared = statement.ok
    ? { statement: statement.value.statement, lineOf: statement.value.file.lineOf }
    : sketchStatement(request.statement)
  if (declared) {
    const directory = dirname(resolve(request.statement))
    const found = await findSecrets(
      declared.statement,
      directory,
      statement.ok ? request.ask : () => Promise.resolve(''),
    )
    if (found.ok) secrets = found.value
    const missing = [
      ...(found.ok ? [] : found.faults),
      ...missingFiles(declared.statement, directory),
      ...(statement.ok && catalogues.ok ? listedAtFirstUse(declared.statement, secrets, catalogues.value) : []),
    ]
    faults.push(...placed(missing, request.statement, declared.lineOf))
  }
  const benchDirectory = dirname(resolve(request.bench ?? request.statement))
  const samples = statement.ok ? statement.value.statement.samples : null
  const ask = faults.length === 0 ? request.ask : () => Promise.resolve('')
  const power = await powerSources(table, samples, benchDirectory, ask)
  if (!power.ok) faults.push(...placed(power.faults, request.bench ?? '', bench.ok ? bench.value.lineOf : nowhere))
  if (faults.length > 0 || !statement.ok || !catalogues.ok || !bench.ok || !hooks.ok || !power.ok)
    return faulty(...faults)
  return ok({
    statement: statement.value.statement,
    statementBytes: statement.value.file.bytes,
    original: statement.value.file.sha256,
    regulations,
    catalogues: catalogues.value,
    bench: await withAddresses(record, statement.value.statement),
    hooks: hooks.value,
    power: { table, directory: benchDirectory, sources: power.value },
    secrets,
  })
}

/** Where the bench record names no lab addresses, those that this machine takes towards the samples. */
async function withAddresses(bench: BenchRecord, { samples }: Statement): Promise<BenchRecord> {
  const towards = async (family: Family): Promise<string[]> => {
    const all = await Promise.all(samples.map((s) => sourcesFor(family, bench.addresses[family], s.addresses[family])))
    return [...new Set([...bench.addresses[family], ...all.flat()])]
  }
  return { ...bench, addresses: { ipv4: await towards('ipv4'), ipv6: await towards('ipv6') } }
}

type BenchFile = BenchRecord & { hooks?: HookTable; power?: PowerTable; network?: BenchNetwork }

const nowhere = (): undefined => undefined

/** A hook of the bench file is either a program with arguments or a line for a shell. */
function benchHookFaults(hooks: HookTable, file: string | null): Fault[] {
  return Object.entries(hooks)
    .filter(([, h]) => (h.command === undefined) === (h.shell === undefined) || h.command?.length === 0)
    .map(([name]) => ({ code: 'hook-either', values: {}, field: `/hooks/${name}`, ...(file ? { file } : {}) }))
}

/** Update packages and authorities that the statement names and that are not there. */
function missingFiles({ updates, tlsClients = [] }: Statement, directory: string): Fault[] {
  const missing = (code: string, path: string | undefined, field: string): Fault[] =>
    path === undefined || existsSync(resolve(directory, path)) ? [] : [{ code, values: { path }, field }]
  return [
    ...updates.flatMap((u, i) =>
      Object.entries(u.packages).flatMap(([name, p]) =>
        missing('package-missing', p?.file, `/updates/${i}/packages/${name}`),
      ),
    ),
    // What is beside the genuine package stands in for what another one lacks.
    ...updates.flatMap((u, i) =>
      (u.online?.files ?? []).flatMap((f, k) =>
        missing(
          'beside-missing',
          f.beside === undefined ? undefined : u.packages.genuine.file + f.beside,
          `/updates/${i}/online/files/${k}/beside`,
        ),
      ),
    ),
    ...updates.flatMap(({ online }, i) =>
      (['certificate', 'key'] as const).flatMap((name) =>
        missing('authority-missing', online?.authority?.[name], `/updates/${i}/online/authority/${name}`),
      ),
    ),
    ...tlsClients.flatMap(({ authority }, i) =>
      (['certificate', 'key'] as const).flatMap((name) =>
        missing('authority-missing', authority?.[name], `/tlsClients/${i}/authority/${name}`),
      ),
    ),
  ]
}

/**
 * The declared password of the account that the first set-up makes is what the lab sets there. Were it a default one, the
 * lab itself would make what is then found.
 */
function listedAtFirstUse(
  { accounts, actions, samples }: Pick<Statement, 'accounts' | 'actions' | 'samples'>,
  secrets: ReadonlyMap<string, string>,
  catalogues: readonly Catalogue[],
): Fault[] {
  if (!actions.initialise || samples.every((s) => s.arrives !== 'factory-fresh')) return []
  const id = actions.initialise.account ?? accounts.find((a) => a.role === 'administrator')?.id
  const i = accounts.findIndex((a) => a.id === id)
  const [account, password] = [accounts[i], secrets.get(id ?? '')]
  const list = catalogues.find((c) => c.id === 'default-passwords')
  if (!account || password === undefined || !list) return []
  const isKnown = account.password.published !== undefined || isListed({ user: account.user, password }, list.data)
  return isKnown
    ? [{ code: 'first-password-listed', values: { account: account.id }, field: `/accounts/${i}/password` }]
    : []
}

/** A bench nobody described: the report says so, and no catalog takes it for a laboratory. */
const benchNamed = (name: string, more: Partial<BenchRecord> = {}): BenchRecord => ({
  camseal: 'bench/1',
  laboratory: { name, address: null, place: null, accreditation: null },
  people: [],
  equipment: [],
  clockSource: null,
  addresses: { ipv4: [], ipv6: [] },
  deviations: [],
  decisionRule: null,
  subcontracted: [],
  ...more,
})
const unstatedBench = (demo: boolean): BenchRecord =>
  demo ? benchNamed('DEMO', { demo: true }) : benchNamed('not stated')

/** A bench of this machine alone, at these addresses. */
export const benchHere = (
  name: string,
  { ipv4, ipv6 }: { ipv4: string; ipv6: string },
  more: Partial<BenchRecord> = {},
): BenchRecord =>
  benchNamed(name, {
    equipment: [{ name: `Node ${process.version}`, version: process.version }],
    addresses: { ipv4: [ipv4], ipv6: [ipv6] },
    ...more,
  })
