import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '../../suites/canonical.ts'
import type { Regulation } from '../../suites/regulation.ts'
import type { Statement } from '../../suites/statement.ts'
import { certificatesIn } from '../../reports/certificates.ts'
import { loadSigner, signerOf, type Signer } from '../../reports/keys.ts'
import type { Report } from '../../reports/report.ts'
import { admit, type Admission, type Writing } from '../../reports/catalog/actions.ts'
import { DEMO_KEY, initStore } from '../../reports/catalog/init.ts'
import { registrarOf } from '../../reports/catalog/store.ts'
import type { Registrar } from '../../reports/catalog/events.ts'
import type { Verification } from '../../reports/catalog/verification.ts'

export const DAY = 86_400_000_000
/** 21 November 2026, 10:00 in Viet Nam. */
export const NOW = Date.UTC(2026, 10, 21, 3) * 1000

export const REGULATION: Regulation = {
  camseal: 'regulation/1',
  id: 'camseal-core',
  edition: '2026-11',
  title: {
    en: 'Camseal core checks (not a legal regulation)',
    vi: 'Bộ kiểm tra cốt lõi của Camseal (không phải quy chuẩn pháp lý)',
  },
  text: 'own',
  validFrom: '2026-11-01',
  validUntil: null,
  note: { en: 'Our own list.', vi: 'Danh mục của dự án.' },
  catalogues: {},
  clauses: (
    [
      ['CORE-1', 'required', 'No undeclared TCP service', 'Không có dịch vụ TCP chưa khai báo'],
      ['CORE-2', 'required', 'No cleartext log-in', 'Không đăng nhập qua kênh không mã hóa'],
      ['CORE-3', 'required', 'Guessing passwords is limited', 'Giới hạn số lần thử mật khẩu'],
      ['CORE-4', 'required', 'Only signed updates are installed', 'Chỉ cài đặt bản cập nhật có chữ ký hợp lệ'],
      ['CORE-5', 'recommended', 'Log-ins are recorded by syslog', 'Ghi nhật ký đăng nhập qua syslog'],
    ] as const
  ).map(([id, level, en, vi]) => ({
    id,
    level,
    title: { en, vi },
    asks: { en, vi },
    criteria: [{ criterion: 'exposed-ports/undeclared-tcp-ports' }],
    provenance: { confidence: 'own' as const, sources: [] },
  })),
}

export const STATEMENT: Statement = {
  camseal: 'statement/1',
  dut: {
    maker: { name: 'Công ty Cổ phần Thiết bị An ninh Hồng Hà', address: '12 Lý Thường Kiệt, Hà Nội', country: 'VN' },
    brand: 'HongHa',
    model: 'HH-C210',
    hardware: 'Rev. B',
    firmware: { version: '2.4.1', sha256: 'c1'.repeat(32), link: 'flashed-by-lab' },
  },
  samples: [
    {
      id: 'a',
      serial: 'HH210-000117',
      arrives: 'factory-fresh',
      addresses: { ipv4: '192.0.2.10', ipv6: null },
      macs: ['02:00:00:00:00:01'],
    },
  ],
  interfaces: [{ id: 'lan', type: 'ethernet' }],
  services: [],
  accounts: [],
  logins: [],
  resources: [],
  bruteForce: [],
  logging: { channels: [] },
  updates: [],
  actions: {},
  permit: 'ordinary',
}

export function reportOf(statement: Statement, regulation: Regulation): Report {
  return {
    camseal: 'report/1',
    run: {
      id: '5f'.repeat(16),
      mode: 'official',
      demo: false,
      selection: { only: [], skip: [], areas: [], tiers: [], deselected: [] },
      sequence: { number: 7, signature: null, earlier: [] },
      retestOf: null,
      startedAt: NOW - 2 * DAY,
      endedAt: NOW - 2 * DAY + 3_600_000_000,
      resumed: 0,
    },
    tool: {
      name: 'camseal',
      version: '0.1.0',
      suiteDigest: 'ab'.repeat(32),
      suite: 'released',
      node: '20.20.2',
      platform: 'linux',
    },
    qualification: { digest: 'cd'.repeat(32), date: '2026-11-01' },
    bench: {
      camseal: 'bench/1',
      laboratory: {
        name: 'Phòng thử nghiệm An toàn thiết bị Sao Khuê',
        address: '1 Đại Cồ Việt, Hà Nội',
        place: null,
        accreditation: { body: 'BoA', number: 'VILAS 0000', scope: 'camera', designation: null },
      },
      people: [],
      equipment: [],
      clockSource: null,
      addresses: { ipv4: [], ipv6: [] },
      deviations: [],
      decisionRule: null,
      subcontracted: [],
    },
    clockOffset: null,
    statement: { digest: digestOf(statement), original: null },
    dut: structuredClone(statement.dut),
    samples: structuredClone(statement.samples),
    client: null,
    regulations: [
      { id: regulation.id, edition: regulation.edition, digest: digestOf(regulation), text: regulation.text },
    ],
    catalogues: [],
    journal: { lines: 10, head: 'ef'.repeat(32) },
    verdicts: {
      demand: [
        {
          criterion: 'exposed-ports/undeclared-tcp-ports',
          parameters: {},
          parametersDigest: digestOf({}),
          askedBy: regulation.clauses.map((c) => ({ regulation: regulation.id, clause: c.id })),
          selected: true,
        },
      ],
      judgements: [],
      regulations: [
        {
          regulation: regulation.id,
          edition: regulation.edition,
          digest: digestOf(regulation),
          overall: 'conforms',
          indicative: false,
          clauses: regulation.clauses.map((c) => ({
            clause: c.id,
            level: c.level,
            outcome: c.level === 'required' ? ('pass' as const) : ('fail' as const),
            judgements: [],
            why: null,
          })),
        },
      ],
    },
    timeline: [],
    changes: [],
    notes: [],
    disclosure: {},
  }
}

/** What `changed` does to a sound official report, before its statement digest is taken. */
export interface Changes {
  statement?: (s: Statement) => void
  regulation?: (r: Regulation) => void
  report?: (r: Report) => void
  verification?: (v: Verification) => void
}

export function soundVerification({
  statement: s,
  regulation: r,
  report,
  verification: v,
}: Changes = {}): Verification {
  const statement = structuredClone(STATEMENT)
  const regulation = structuredClone(REGULATION)
  s?.(statement)
  r?.(regulation)
  const made: Verification = {
    seal: { ok: true, faults: [] },
    signer: { ok: true, name: 'Sao Khuê, bench 2', why: null },
    verdicts: { state: 'equal', why: null },
    report: reportOf(statement, regulation),
    regulations: [regulation],
    statement,
    manifest: '9a'.repeat(32),
    withheld: [],
  }
  if (made.report) report?.(made.report)
  v?.(made)
  return made
}

/** A demo store's report: the same run, on a bench that is no laboratory. */
export const asDemo = (changes: Changes = {}): Changes => ({
  ...changes,
  report: (r) => {
    r.run.demo = true
    r.bench.demo = true
    changes.report?.(r)
  },
})

export interface TestStore {
  directory: string
  path: string
  registrar: Registrar
  signer: Signer
  writing(now?: number): Writing
  /** Admits a file with the given content, verified as `changes` says. */
  admit(changes?: Changes, now?: number, content?: string): Promise<Admission>
  remove(): void
}

let files = 0

/** A signer whose certificate does not say DEMO, made as the demo key is. */
export async function plainSigner(): Promise<{ signer: Signer; key: string; certificate: string }> {
  await import('reflect-metadata')
  const { X509CertificateGenerator, cryptoProvider } = await import('@peculiar/x509')
  const { webcrypto } = await import('node:crypto')
  cryptoProvider.set(webcrypto as never)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '4711',
    name: 'CN=Catalog registrar, O=Example authority, C=VN',
    notBefore: new Date(Date.UTC(2026, 0, 1)),
    notAfter: new Date(Date.UTC(2036, 0, 1)),
    signingAlgorithm: algorithm,
    keys: keys as never,
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`
  const certificate = `${made.toString('pem')}\n`
  const result = signerOf(createPrivateKey(key), certificatesIn(Buffer.from(certificate)))
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return { signer: result.signer, key, certificate }
}

/** A store in a temporary directory, opened a week before NOW. */
export async function testStore({ demo = false }: { demo?: boolean } = {}): Promise<TestStore> {
  const directory = mkdtempSync(join(tmpdir(), 'camseal-catalog-'))
  const path = join(directory, 'store')
  const own = demo ? undefined : (await plainSigner()).signer
  const store = await initStore({
    path,
    demo,
    name: { en: 'Register of tested cameras', vi: 'Danh mục camera đã thử nghiệm' },
    regulations: [REGULATION],
    now: NOW - 7 * DAY,
    ...(own ? { signer: own } : {}),
  })
  if (!store.ok) throw new Error(JSON.stringify(store.faults))
  const signer = own ?? (await demoSigner(path))
  const registrar = registrarOf(signer)
  if (!registrar.ok) throw new Error('registrar')
  const writing = (now = NOW): Writing => ({ store: path, registrar: registrar.value, now: () => now })
  return {
    directory,
    path,
    registrar: registrar.value,
    signer,
    writing,
    async admit(changes = {}, now = NOW, content) {
      const file = join(directory, `report-${++files}.asice`)
      writeFileSync(file, content ?? `report ${files}`)
      const result = await admit(writing(now), file, () =>
        Promise.resolve(soundVerification(demo ? asDemo(changes) : changes)),
      )
      if (!result.ok) throw new Error(JSON.stringify(result.faults))
      return result.value
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

async function demoSigner(path: string): Promise<Signer> {
  const loaded = await loadSigner({ key: join(path, DEMO_KEY) })
  if ('faults' in loaded) throw new Error(JSON.stringify(loaded.faults))
  return loaded.signer
}
