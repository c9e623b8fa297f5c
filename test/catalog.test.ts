import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { canonical, digestOf, digestOfBytes } from '../suites/canonical.ts'
import { admit, turn } from '../reports/catalog/actions.ts'
import { NOTES, REASONS, type Reason } from '../reports/catalog/reasons.ts'
import { ANSWERS, answer } from '../reports/catalog/answer.ts'
import { registerCatalog } from '../reports/catalog/cli.ts'
import { cell } from '../reports/catalog/csv.ts'
import { clockOf, dateOf, isDate, lastDayOf } from '../reports/catalog/dates.ts'
import { termOf } from '../reports/catalog/entry.ts'
import type { CatalogEvent } from '../reports/catalog/events.ts'
import { CATALOG_FAULTS } from '../reports/catalog/fault.ts'
import { initStore } from '../reports/catalog/init.ts'
import { withLock } from '../reports/catalog/lock.ts'
import { folded, readable, searchable } from '../reports/catalog/names.ts'
import { readSettings } from '../reports/catalog/settings.ts'
import { signatureCommand } from '../reports/catalog/site/about-page.ts'
import { STATUSES, statusOn, type Standing } from '../reports/catalog/state.ts'
import { openStore, registrarOf } from '../reports/catalog/store.ts'
import { pemOf } from '../reports/catalog/settings.ts'
import { bilingual, localeFile } from '../reports/locales/index.ts'
import {
  DAY,
  NOW,
  REGULATION,
  asDemo,
  plainSigner,
  soundVerification,
  testStore,
  type Changes,
  type TestStore,
} from './support/catalog.ts'

const limit = { timeout: 60_000 }
const message = { code: 'x', values: {} }

async function withStore<T>(options: { demo?: boolean }, use: (s: TestStore) => Promise<T>): Promise<T> {
  const store = await testStore(options)
  try {
    return await use(store)
  } finally {
    store.remove()
  }
}

async function opened(path: string) {
  const store = await openStore(path)
  assert.ok(store.ok, JSON.stringify(store))
  return store.value
}

async function faultCodes(path: string): Promise<string[]> {
  const store = await openStore(path)
  assert.ok(!store.ok)
  return store.faults.map((f) => f.code)
}

const codes = (messages: readonly { code: string }[]): string[] => messages.map((m) => m.code)

test('a sound official report is admitted, and the entry says what was tested', limit, () =>
  withStore({}, async (s) => {
    const admission = await s.admit({}, NOW, 'the sealed bytes')
    assert.ok(admission.admitted)
    const { entry } = admission
    assert.equal(entry.id, '2026-0001')
    assert.equal(entry.report.digest, digestOfBytes(Buffer.from('the sealed bytes')))
    assert.equal(readFileSync(join(s.path, 'reports', `${entry.report.digest}.asice`), 'utf8'), 'the sealed bytes')
    assert.deepEqual([entry.validFrom, entry.validUntil, entry.endsWith], ['2026-11-21', '2029-11-20', 'term'])
    assert.equal(entry.firmware.version, '2.4.1')
    assert.deepEqual(
      entry.clauses.map((c) => c.outcome),
      ['pass', 'pass', 'pass', 'pass', 'fail'],
    )
    assert.deepEqual(admission.notes, [])
    const store = await opened(s.path)
    assert.deepEqual(
      store.state.standings.map((x) => x.entry),
      [entry],
    )
    assert.equal(store.state.head.number, 2)
    assert.deepEqual(
      readdirSync(s.path).filter((f) => f.startsWith('lock')),
      [],
    )
    assert.deepEqual(
      readdirSync(join(s.path, 'reports')).filter((f) => f.startsWith('.')),
      [],
    )
  }),
)

/** For each reason the smallest change to a sound report that must be refused for exactly this. */
const SINGLE: { reason: Reason; demo?: boolean; changes: Changes; settings?: string; also?: Reason[] }[] = [
  {
    reason: 'seal-broken',
    changes: {
      verification: (v) => {
        v.seal = { ok: false, faults: [message] }
      },
    },
  },
  {
    reason: 'report-missing',
    changes: {
      verification: (v) => {
        v.report = null
      },
    },
  },
  {
    reason: 'signer-not-trusted',
    changes: {
      verification: (v) => {
        v.signer = { ok: false, name: 'Nobody', why: message }
      },
    },
  },
  {
    reason: 'verdicts-differ',
    changes: {
      verification: (v) => {
        v.verdicts = { state: 'different', why: null }
      },
    },
  },
  {
    reason: 'verdicts-not-attempted',
    changes: {
      verification: (v) => {
        v.verdicts = { state: 'not-attempted', why: message }
      },
    },
  },
  {
    reason: 'overall',
    changes: {
      report: (r) => {
        r.verdicts.regulations[0]!.overall = 'undetermined'
      },
    },
  },
  {
    reason: 'overall',
    changes: {
      report: (r) => {
        r.verdicts.regulations[0]!.overall = 'does-not-conform'
      },
    },
  },
  {
    reason: 'overall',
    changes: {
      report: (r) => {
        r.verdicts.regulations[0]!.overall = 'no-failure-in-selection'
      },
    },
  },
  {
    reason: 'regulation-not-accepted',
    changes: {
      regulation: (r) => {
        r.id = 'other'
      },
    },
  },
  {
    reason: 'regulation-edition',
    changes: {
      regulation: (r) => {
        r.edition = '2027-01'
      },
    },
  },
  {
    reason: 'regulation-digest',
    changes: {
      regulation: (r) => {
        r.clauses.pop()
      },
    },
  },
  {
    reason: 'regulation-file',
    changes: {
      verification: (v) => {
        v.regulations = []
      },
    },
  },
  {
    reason: 'indicative',
    changes: {
      report: (r) => {
        r.verdicts.regulations[0]!.indicative = true
      },
    },
  },
  {
    reason: 'indicative',
    changes: {
      report: (r) => {
        r.regulations[0]!.text = 'reconstructed'
      },
    },
  },
  {
    reason: 'rehearsal',
    changes: {
      report: (r) => {
        r.run.mode = 'rehearsal'
      },
    },
  },
  {
    reason: 'selection',
    changes: {
      report: (r) => {
        r.verdicts.demand[0]!.selected = false
      },
    },
  },
  {
    reason: 'selection',
    changes: {
      report: (r) => {
        r.run.selection.skip = ['exposed-ports/undeclared-tcp-ports']
      },
    },
  },
  {
    reason: 'suite-unreleased',
    changes: {
      report: (r) => {
        r.tool.suite = 'unreleased'
      },
    },
  },
  { reason: 'suite-not-accepted', changes: {}, settings: `suites: ["${'00'.repeat(32)}"]\n` },
  {
    reason: 'demo-report',
    changes: {
      report: (r) => {
        r.run.demo = true
      },
    },
  },
  {
    reason: 'demo-report',
    changes: {
      report: (r) => {
        r.bench.demo = true
      },
    },
  },
  {
    reason: 'not-demo-report',
    demo: true,
    changes: {
      report: (r) => {
        r.run.demo = false
        r.bench.demo = false
      },
    },
  },
  {
    reason: 'from-the-future',
    changes: {
      report: (r) => {
        r.run.endedAt = NOW + DAY
      },
    },
  },
  { reason: 'too-old', changes: {}, settings: 'reportMaxAgeDays: 1\n' },
  {
    reason: 'statement-missing',
    changes: {
      verification: (v) => {
        v.statement = null
      },
    },
  },
  {
    reason: 'statement-digest',
    changes: {
      report: (r) => {
        r.statement.digest = '00'.repeat(32)
      },
    },
  },
  {
    reason: 'identity-differs',
    changes: {
      report: (r) => {
        ;(r.dut as { model: string }).model = 'HH-C211'
      },
    },
  },
  {
    reason: 'identity-differs',
    changes: {
      report: (r) => {
        ;(r.dut as { model: unknown }).model = 1.5
      },
    },
  },
  {
    reason: 'name-unreadable',
    changes: {
      statement: (x) => {
        x.dut.model = 'HH\u202eC210'
      },
    },
  },
  {
    reason: 'name-unreadable',
    changes: {
      statement: (x) => {
        x.dut.firmware.version = ' '
      },
    },
  },
  {
    reason: 'name-unreadable',
    changes: {
      statement: (x) => {
        x.dut.maker.name = 'x'.repeat(201)
      },
    },
  },
  {
    reason: 'samples-missing',
    changes: {
      statement: (x) => {
        x.samples = []
      },
    },
  },
  {
    reason: 'sample-unnamed',
    changes: {
      statement: (x) => {
        x.samples[0]!.serial = '\u200b'
      },
    },
  },
  {
    reason: 'changes-open',
    changes: {
      report: (r) => {
        r.changes = [{ id: 'c1', about: message, outcome: 'open' }]
      },
    },
  },
  {
    reason: 'withheld',
    changes: {
      verification: (v) => {
        v.withheld = ['objects/sha256/00']
      },
    },
  },
]

for (const demo of [false, true])
  test(`every reason alone refuses, and only it (${demo ? 'DEMO' : 'plain'} store)`, limit, () =>
    withStore({ demo }, async (s) => {
      const settings = readFileSync(join(s.path, 'catalog.yaml'), 'utf8')
      for (const c of SINGLE.filter((x) => (x.demo ?? false) === demo)) {
        writeFileSync(join(s.path, 'catalog.yaml'), settings + (c.settings ?? ''))
        const admission = await s.admit(c.changes)
        assert.ok(!admission.admitted, c.reason)
        assert.deepEqual(codes(admission.reasons), [c.reason])
      }
      const store = await opened(s.path)
      assert.deepEqual(
        [store.state.standings.length, store.state.refused],
        [0, SINGLE.filter((x) => (x.demo ?? false) === demo).length],
      )
      assert.deepEqual(readdirSync(join(s.path, 'reports')), [], 'no copy of what was refused')
    }),
  )

test('a regulation binds by its dates, on the day of the run and on the day of admission', limit, () =>
  withStore({}, async (s) => {
    const settings = readFileSync(join(s.path, 'catalog.yaml'), 'utf8').replace(/ {4}digest: .*\n/, '')
    writeFileSync(join(s.path, 'catalog.yaml'), settings)
    const reasons = async (from: string, until: string | null) => {
      const admission = await s.admit({
        regulation: (r) => {
          r.validFrom = from
          r.validUntil = until
        },
      })
      return admission.admitted ? [admission.entry.validUntil, admission.entry.endsWith] : codes(admission.reasons)
    }
    assert.deepEqual(await reasons('2026-11-20', null), ['run-before-regulation'], 'the run was on the 19th')
    assert.deepEqual(await reasons('2026-11-25', null), ['regulation-not-yet', 'run-before-regulation'])
    assert.deepEqual(
      await reasons('2026-01-01', '2026-11-18'),
      ['run-after-regulation'],
      'within the 42 days of grace, but run too late',
    )
    assert.deepEqual(await reasons('2026-01-01', '2026-09-30'), ['run-after-regulation', 'regulation-ended'])
    assert.deepEqual(
      await reasons('2026-01-01', '2026-11-19'),
      ['2026-12-31', 'regulation'],
      'the entry ends with the grace of its regulation',
    )
  }),
)

test('what is listed, suspended or withdrawn is not admitted again; another firmware or hardware is', limit, () =>
  withStore({}, async (s) => {
    const refusal = async (changes: Changes, at: number, content?: string) => {
      const admission = await s.admit(changes, at, content)
      return admission.admitted ? admission.entry.id : codes(admission.reasons)
    }
    assert.equal(await refusal({}, NOW, 'first'), '2026-0001')
    assert.deepEqual(await refusal({}, NOW), ['already-admitted'])
    assert.deepEqual(
      await refusal(
        {
          statement: (x) => {
            x.dut.model = 'ｈｈ-c210'
          },
        },
        NOW,
      ),
      ['already-admitted'],
      'the same name in other letters',
    )
    assert.equal(
      await refusal(
        {
          statement: (x) => {
            x.dut.firmware = { version: '2.4.10', link: 'dumped' }
          },
        },
        NOW,
      ),
      '2026-0002',
    )
    assert.equal(
      await refusal(
        {
          statement: (x) => {
            x.dut.hardware = 'Rev. C'
          },
        },
        NOW,
      ),
      '2026-0003',
    )
    assert.ok((await turn(s.writing(), '2026-0001', 'suspended', 'A finding is examined.')).ok)
    assert.deepEqual(await refusal({}, NOW), ['entry-suspended'])
    assert.ok((await turn(s.writing(), '2026-0001', 'withdrawn', 'Confirmed.')).ok)
    assert.deepEqual(await refusal({}, NOW), ['withdrawn-before'])
    assert.deepEqual(
      await refusal(
        {
          statement: (x) => {
            x.dut.maker.name = 'Rebrand'
            x.dut.model = 'R1'
          },
        },
        NOW,
      ),
      ['image-withdrawn'],
    )
    const later = NOW + 1100 * DAY
    assert.deepEqual(
      await refusal(
        {
          statement: (x) => {
            x.dut.hardware = 'Rev. D'
            x.dut.firmware = { version: '9', link: 'dumped' }
          },
        },
        NOW,
        'fourth',
      ),
      '2026-0004',
    )
    assert.deepEqual(
      await refusal(
        {
          statement: (x) => {
            x.dut.hardware = 'Rev. D'
            x.dut.firmware = { version: '9', link: 'dumped' }
          },
        },
        later,
        'fourth',
      ),
      ['same-report'],
      'an expired entry is not renewed by its old report',
    )
    assert.equal(
      await refusal(
        {
          statement: (x) => {
            x.dut.hardware = 'Rev. D'
            x.dut.firmware = { version: '9', link: 'dumped' }
          },
        },
        later,
        'new',
      ),
      '2029-0001',
    )
  }),
)

test('all reasons are named at once, logged without naming the product', limit, () =>
  withStore({}, async (s) => {
    const admission = await s.admit(
      {
        statement: (x) => {
          x.samples = []
        },
        report: (r) => {
          r.run.mode = 'rehearsal'
          r.tool.suite = 'unreleased'
          r.verdicts.regulations[0]!.overall = 'failure-in-selection'
          r.verdicts.regulations[0]!.indicative = true
          r.changes = [{ id: 'c', about: message, outcome: 'open' }]
        },
        verification: (v) => {
          v.signer = { ok: false, name: 'Nobody', why: { code: 'signer-unknown', values: { name: 'Nobody' } } }
          v.verdicts = { state: 'different', why: null }
          v.withheld = ['a', 'b']
        },
      },
      NOW,
      'bad report',
    )
    assert.ok(!admission.admitted)
    assert.deepEqual(codes(admission.reasons), [
      'signer-not-trusted',
      'verdicts-differ',
      'withheld',
      'overall',
      'indicative',
      'rehearsal',
      'suite-unreleased',
      'changes-open',
      'samples-missing',
    ])
    const log = readFileSync(join(s.path, 'events.jsonl'), 'utf8')
    const { deed } = JSON.parse(log.trim().split('\n')[1] ?? '') as CatalogEvent
    assert.deepEqual(deed, {
      is: 'refused',
      report: digestOfBytes(Buffer.from('bad report')),
      reasons: admission.reasons,
    })
    assert.doesNotMatch(log, /HH-C210|HongHa|Hồng Hà|Nobody/)
  }),
)

test('notes go with an admission and do not keep a report out', limit, () =>
  withStore({}, async (s) => {
    const admission = await s.admit({
      statement: (x) => {
        x.dut.firmware = { version: '1.10', link: 'version-string-only' }
      },
      report: (r) => {
        r.run.sequence!.earlier = [
          { number: 3, run: 'x', startedAt: 1, ended: 'aborted', overall: null },
          { number: 4, run: 'y', startedAt: 2, ended: 'complete', overall: '' },
        ]
        r.qualification = null
        r.bench.laboratory.accreditation = null
        r.verdicts.regulations.push({
          ...r.verdicts.regulations[0]!,
          regulation: 'qcvn-11-2026',
          overall: 'undetermined',
          indicative: true,
        })
      },
    })
    assert.ok(admission.admitted)
    assert.deepEqual(codes(admission.notes), [
      'firmware-without-digest',
      'firmware-by-version-only',
      'earlier-runs',
      'not-qualified',
      'not-accredited',
      'other-regulation-fails',
    ])
    assert.deepEqual(admission.entry.others, [
      { id: 'qcvn-11-2026', edition: '2026-11', overall: 'undetermined', indicative: true },
    ])
    const none = await s.admit({
      statement: (x) => {
        x.dut.firmware.version = '3'
      },
      report: (r) => {
        r.run.sequence = null
      },
    })
    assert.deepEqual([none.admitted, codes(none.notes)], [true, ['no-sequence']])
  }),
)

test('the regulation asked for is the one decided on', limit, () =>
  withStore({}, async (s) => {
    const file = join(s.directory, 'two.asice')
    writeFileSync(file, 'two regulations')
    const two = () =>
      Promise.resolve(
        soundVerification({
          report: (r) => {
            r.verdicts.regulations.unshift({
              ...r.verdicts.regulations[0]!,
              regulation: 'other',
              overall: 'does-not-conform',
            })
          },
        }),
      )
    const other = await admit(s.writing(), file, two, 'other')
    assert.ok(other.ok && !other.value.admitted)
    assert.deepEqual(codes(other.value.reasons), ['overall', 'regulation-not-accepted', 'regulation-file'])
    const chosen = await admit(s.writing(), file, two)
    assert.ok(chosen.ok && chosen.value.admitted)
    assert.equal(chosen.value.entry.regulation.id, 'camseal-core')
  }),
)

test('turns: suspend, reinstate, withdraw; withdrawn is final; a reason must be readable', limit, () =>
  withStore({}, async (s) => {
    await s.admit()
    const go = async (is: 'suspended' | 'withdrawn' | 'reinstated', why = 'A reason.', id = '2026-0001') => {
      const result = await turn(s.writing(), id, is, why)
      return result.ok ? result.value.event.number : result.faults[0]?.code
    }
    assert.equal(await go('reinstated'), 'entry-not-suspended')
    assert.equal(await go('suspended', ''), 'reason-unreadable')
    assert.equal(await go('suspended', 'a\u0007b'), 'reason-unreadable')
    assert.equal(await go('suspended', 'x', '2026-0009'), 'entry-unknown')
    assert.equal(await go('suspended'), 3)
    assert.equal(await go('suspended'), 'entry-not-approved')
    assert.equal(await go('reinstated'), 4)
    assert.equal(await go('withdrawn', 'Lý do bằng tiếng Việt.'), 5)
    assert.equal(await go('reinstated'), 'entry-withdrawn')
    assert.equal(await go('withdrawn'), 'entry-withdrawn')
    const { state } = await opened(s.path)
    assert.deepEqual(
      state.standings[0]?.history.map((h) => [h.is, h.why]),
      [
        ['admitted', null],
        ['suspended', 'A reason.'],
        ['reinstated', 'A reason.'],
        ['withdrawn', 'Lý do bằng tiếng Việt.'],
      ],
    )
    const early = await turn(s.writing(NOW - 30 * DAY), '2026-0001', 'withdrawn', 'x')
    assert.ok(!early.ok)
  }),
)

test('a changed, dropped, moved, copied or re-signed event is noticed', limit, () =>
  withStore({}, async (s) => {
    await s.admit()
    await turn(s.writing(), '2026-0001', 'suspended', 'One.')
    await turn(s.writing(), '2026-0001', 'reinstated', 'Two.')
    const file = join(s.path, 'events.jsonl')
    const good = readFileSync(file, 'utf8')
    const lines = good.trimEnd().split('\n')
    const write = (changed: string[]) => writeFileSync(file, changed.map((l) => `${l}\n`).join(''))
    const tamper = async (changed: string[], ...expected: string[]) => {
      write(changed)
      const found = await faultCodes(s.path)
      for (const code of expected) assert.ok(found.includes(code), `${code} in ${found.join()}`)
    }
    const at = (i: number, change: (l: string) => string) => lines.map((l, k) => (k === i ? change(l) : l))
    await tamper(
      at(1, (l) => l.replace('"version":"2.4.1"', '"version":"2.4.2"')),
      'event-signature',
      'event-previous',
    )
    await tamper(
      at(3, (l) => l.replace('Two.', 'Too.')),
      'event-signature',
    )
    await tamper(
      lines.filter((_, i) => i !== 2),
      'event-previous',
      'event-number',
    )
    await tamper([lines[0]!, lines[1]!, lines[3]!, lines[2]!], 'event-previous', 'event-number')
    await tamper([...lines, lines[3]!], 'event-number')
    await tamper(lines.slice(1), 'event-number', 'event-previous')
    await tamper(
      at(2, (l) => l.replace('{', '{ ')),
      'event-not-canonical',
      'event-previous',
    )
    await tamper(
      at(2, (l) => `${l.slice(0, -1)},"more":1}`),
      'event-field',
    )
    await tamper(
      at(2, (l) => l.slice(0, 100)),
      'event-not-json',
    )
    await tamper(
      at(2, () => ''),
      'event-not-json',
    )
    await tamper([], 'log-empty')
    const stranger = registrarOf((await plainSigner()).signer)
    assert.ok(stranger.ok)
    const { signature: _, ...event } = JSON.parse(lines[3]!) as CatalogEvent
    const forged = { ...event, by: { subject: stranger.value.subject, certificate: stranger.value.certificate } }
    const signature = await stranger.value.sign(Buffer.from(canonical(forged)), forged.at)
    await tamper(
      at(3, () => canonical({ ...forged, signature: Buffer.from(signature).toString('base64') })),
      'event-signer',
    )
    const outside = await turn({ ...s.writing(), registrar: stranger.value }, '2026-0001', 'withdrawn', 'x')
    assert.ok(!outside.ok)
    writeFileSync(file, good)
    const refused = await turn({ ...s.writing(), registrar: stranger.value }, '2026-0001', 'withdrawn', 'x')
    assert.deepEqual(refused.ok ? [] : codes(refused.faults), ['registrar-not-pinned'])
    rmSync(file)
    assert.deepEqual(await faultCodes(s.path), ['log-empty'])
  }),
)

test('a half-written last line is reported, ignored, and cut off by the next event, which says so', limit, () =>
  withStore({}, async (s) => {
    await s.admit()
    const file = join(s.path, 'events.jsonl')
    const whole = readFileSync(file)
    const next = '{"at":1795230000000000,"by":{"cert'
    appendFileSync(file, next)
    const store = await opened(s.path)
    assert.deepEqual(store.log.torn, { bytes: next.length, sha256: digestOfBytes(Buffer.from(next)) })
    assert.equal(store.state.head.number, 2)
    const result = await turn(s.writing(), '2026-0001', 'suspended', 'After the crash.')
    assert.ok(result.ok)
    assert.deepEqual(result.value.repaired, store.log.torn)
    const after = await opened(s.path)
    assert.equal(after.log.torn, null)
    assert.deepEqual(after.log.events[2]?.event.repaired, store.log.torn)
    assert.equal(Buffer.compare(after.log.bytes.subarray(0, whole.length), whole), 0)
    writeFileSync(file, readFileSync(file).subarray(0, -1))
    assert.equal((await opened(s.path)).state.head.number, 2, 'a line without its end never took effect')
  }),
)

test('eight admissions of one product at once: one is admitted, every attempt is logged', limit, () =>
  withStore({}, async (s) => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => s.admit({}, NOW, `copy ${i}`)))
    assert.equal(all.filter((a) => a.admitted).length, 1)
    for (const a of all) if (!a.admitted) assert.deepEqual(codes(a.reasons), ['already-admitted'])
    const { state } = await opened(s.path)
    assert.deepEqual([state.head.number, state.refused], [9, 7])
  }),
)

const child = (script: string): string[] => ['--import', 'tsx', '--input-type=module', '-e', script]
const root = fileURLToPath(new URL('..', import.meta.url))

/** A process that admits reports of its own products one after another. */
const admitting = (s: TestStore, prefix: string, count: number): string[] =>
  child(`
  import { writeFileSync } from 'node:fs'
  import { admit } from './reports/catalog/actions.ts'
  import { registrarOf } from './reports/catalog/store.ts'
  import { loadSigner } from './reports/keys.ts'
  import { asDemo, soundVerification, NOW } from './test/support/catalog.ts'
  const loaded = await loadSigner({ key: ${JSON.stringify(join(s.path, 'keys/registrar.key.pem'))} })
  const registrar = registrarOf(loaded.signer).value
  for (let i = 0; i < ${count}; i++) {
    const file = ${JSON.stringify(s.directory)} + '/${prefix}-' + i
    writeFileSync(file, file)
    const changes = asDemo({ statement: (x) => { x.dut.model = '${prefix}-' + i; delete x.dut.firmware.sha256 } })
    const result = await admit({ store: ${JSON.stringify(s.path)}, registrar, now: () => NOW }, file, async () => soundVerification(changes))
    if (!result.ok || !result.value.admitted) { console.log(JSON.stringify(result)); process.exit(1) }
    console.log('admitted')
  }`)

const ended = (process: ReturnType<typeof spawn>): Promise<number | null> =>
  new Promise((resolve) => process.once('exit', (code) => resolve(code)))

test('three processes admit at once: no event is lost, no number given twice', limit, () =>
  withStore({ demo: true }, async (s) => {
    const running = ['a', 'b', 'c'].map((p) =>
      spawn(process.execPath, admitting(s, p, 4), { cwd: root, stdio: 'inherit', timeout: 50_000 }),
    )
    assert.deepEqual(await Promise.all(running.map(ended)), [0, 0, 0])
    const { state } = await opened(s.path)
    assert.equal(state.head.number, 13)
    assert.equal(new Set(state.standings.map((x) => x.entry.id)).size, 12)
  }),
)

test('a writer that is killed leaves a store that opens and takes the next event', limit, () =>
  withStore({ demo: true }, async (s) => {
    let before = 1
    for (const [round, delay] of [3, 17, 41].entries()) {
      const victim = spawn(process.execPath, admitting(s, `kill${round}`, 500), {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 50_000,
      })
      const gone = ended(victim)
      await new Promise((resolve) => victim.stdout!.once('data', resolve))
      await new Promise((resolve) => setTimeout(resolve, delay))
      victim.kill('SIGKILL')
      await gone
      const { state } = await opened(s.path)
      assert.ok(state.head.number > before)
      const result = await turn(s.writing(), state.standings.at(-1)!.entry.id, 'suspended', 'After the kill.')
      assert.ok(result.ok, JSON.stringify(result))
      before = result.value.event.number
    }
    assert.deepEqual(
      readdirSync(s.path).filter((f) => f.startsWith('lock')),
      [],
    )
  }),
)

test('a lock is kept from others while its process lives, and only then', limit, () =>
  withStore({}, async (s) => {
    const host = hostname().replace(/[^A-Za-z0-9-]/g, '-')
    const dead = spawn(process.execPath, ['-e', ''])
    const pid = dead.pid!
    await ended(dead)
    writeFileSync(join(s.path, `lock.${pid}.12345.00000000.${host}`), '')
    writeFileSync(join(s.path, `lock.${process.pid}.1.00000001.${host}`), '')
    assert.ok((await s.admit()).admitted, 'one has ended, the other had the number of this process before')
    assert.deepEqual(
      readdirSync(s.path).filter((f) => f.startsWith('lock')),
      [],
    )
    let second: unknown
    const first = await withLock(s.path, async () => {
      second = await withLock(s.path, () => Promise.resolve({ ok: true as const, value: 1 }), 100)
      return { ok: true as const, value: 2 }
    })
    assert.deepEqual(first, { ok: true, value: 2 })
    assert.deepEqual(
      (second as { faults: { code: string }[] }).faults.map((f) => f.code),
      ['lock-held'],
    )
    writeFileSync(join(s.path, 'lock.1.1.00000002.another-host'), '')
    const foreign = await turn({ ...s.writing(), waitMs: 50 }, '2026-0001', 'suspended', 'x')
    assert.deepEqual(foreign.ok ? [] : foreign.faults.map((f) => [f.code, f.values.host]), [
      ['lock-held', 'another-host'],
    ])
  }),
)

test('check: what the catalog says of one camera', limit, () =>
  withStore({}, async (s) => {
    const product = (version: string, hardware = 'Rev. B'): Changes => ({
      statement: (x) => {
        x.dut.hardware = hardware
        x.dut.firmware = { version, link: 'dumped' }
      },
    })
    await s.admit(product('2.4.1'))
    await s.admit(product('2.4.2'))
    await s.admit(product('3.0', 'Rev. A'))
    await s.admit(product('3.0', 'Rev. B'))
    await turn(s.writing(NOW + 1), '2026-0002', 'suspended', 'x')
    await turn(s.writing(NOW + 1), '2026-0003', 'withdrawn', 'x')
    const { state } = await opened(s.path)
    const ask = (vendor: string, model: string, firmware: string, asOf = '2026-11-22', hardware?: string) => {
      const given = answer(state, { vendor, model, firmware, ...(hardware ? { hardware } : {}) }, asOf)
      return [given.answer, ...given.entries.map((e) => e.standing.entry.id)]
    }
    assert.deepEqual(ask('HongHa', 'HH-C210', '2.4.1'), ['approved', '2026-0001'])
    assert.deepEqual(
      ask('  honghA', 'ＨＨ－ｃ２１０', '2.4.1'),
      ['approved', '2026-0001'],
      'brand; case, width, blanks',
    )
    assert.deepEqual(ask('công ty cổ phần thiết bị an ninh hồng hà'.normalize('NFD'), 'hh-c210', '2.4.1'), [
      'approved',
      '2026-0001',
    ])
    assert.deepEqual(ask('HongHa', 'HHC210', '2.4.1'), ['not-listed'], 'punctuation counts')
    assert.deepEqual(
      ask('HongHa', 'HH-C210', '2.4.1 '),
      ['other-firmware', '2026-0001', '2026-0004'],
      'firmware is exact',
    )
    assert.deepEqual(ask('HongHa', 'HH-C210', '2.4.2'), ['suspended', '2026-0002'])
    assert.deepEqual(ask('HongHa', 'HH-C210', '2.4.3'), ['other-firmware', '2026-0001', '2026-0004'])
    assert.deepEqual(ask('HongHa', 'HH-C210', '3.0'), ['hardware-differs', '2026-0003', '2026-0004'])
    assert.deepEqual(ask('HongHa', 'HH-C210', '3.0', '2026-11-22', 'rev. a'), ['withdrawn', '2026-0003'])
    assert.deepEqual(ask('HongHa', 'HH-C210', '3.0', '2026-11-22', 'rev. b'), ['approved', '2026-0004'])
    assert.deepEqual(ask('HongHa', 'HH-C210', '2.4.1', '2029-11-20'), ['approved', '2026-0001'], 'its last day')
    assert.deepEqual(ask('HongHa', 'HH-C210', '2.4.1', '2029-11-21'), ['expired', '2026-0001'])
    assert.deepEqual(
      ask('HongHa', 'HH-C210', '9', '2029-11-21'),
      ['not-listed'],
      'no other firmware is approved either',
    )
    assert.deepEqual(ask('Nobody', 'HH-C210', '2.4.1'), ['not-listed'])
  }),
)

test('dates: terms, last days, days in Viet Nam', () => {
  assert.equal(lastDayOf('2026-11-21', 36), '2029-11-20')
  assert.equal(lastDayOf('2026-01-31', 1), '2026-02-28')
  assert.equal(lastDayOf('2024-01-31', 1), '2024-02-29')
  assert.equal(lastDayOf('2026-12-01', 1), '2026-12-31')
  assert.equal(lastDayOf('2024-02-29', 12), '2025-02-28')
  assert.equal(dateOf(Date.UTC(2026, 10, 20, 16, 59, 59) * 1000), '2026-11-20')
  assert.equal(dateOf(Date.UTC(2026, 10, 20, 17) * 1000), '2026-11-21')
  assert.equal(clockOf(Date.UTC(2026, 10, 20, 17, 1, 2) * 1000), '00:01:02')
  assert.deepEqual(['2026-02-29', '2026-2-1', 'x', '2026-13-01', '2028-02-29'].map(isDate), [
    false,
    false,
    false,
    false,
    true,
  ])
  assert.deepEqual(termOf('2026-11-21', 36, null, 0), { validUntil: '2029-11-20', endsWith: 'term' })
  assert.deepEqual(termOf('2026-11-21', 36, '2027-06-30', 42), { validUntil: '2027-08-11', endsWith: 'regulation' })
  const standing = (decided: Standing['decided']) =>
    ({ decided, entry: { validUntil: '2027-01-31' }, history: [] }) as unknown as Standing
  assert.deepEqual(
    ['approved', 'suspended', 'withdrawn'].map((d) => statusOn(standing(d as 'approved'), '2027-02-01')),
    ['expired', 'expired', 'withdrawn'],
  )
})

test('names: folding for identity, more of it for searching, and what can be read', () => {
  assert.equal(folded(' Ｃａｍｅｒａ\u3000 đại  việt '), 'CAMERA ĐẠI VIỆT')
  assert.equal(folded('straße'), folded('STRASSE'))
  assert.notEqual(folded('DS-2CD'), folded('DS2CD'))
  assert.notEqual(folded('Hồng Hà'), folded('Hong Ha'))
  assert.equal(searchable('Đại Việt'), 'DAI VIET')
  assert.deepEqual(
    ['a', '', ' a', 'a\nb', '\u202e', 'a\u200bb', '\ud800', 'Đại Việt 4MP'].map((n) => readable(n)),
    [true, false, false, false, false, false, false, true],
  )
})

test('a cell of the table cannot become a formula', () => {
  for (const value of [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    '\n=cmd|x',
    '\u00a0=1',
    '|x',
    '%x',
  ])
    assert.ok(cell(value).startsWith(`"'`), JSON.stringify(value))
  assert.equal(cell('say "hi", now'), '"say ""hi"", now"')
  assert.equal(cell('2.4.1'), '"2.4.1"')
})

test('openssl and jq alone check an event, as the page tells', limit, (t) =>
  withStore({}, async (s) => {
    for (const tool of ['jq', 'openssl']) if (!toolExists(tool)) return t.skip(`needs ${tool}`)
    await s.admit()
    await turn(s.writing(), '2026-0001', 'suspended', 'Lý do có dấu: “ngoặc kép”, \\ và /.')
    const store = await opened(s.path)
    writeFileSync(join(s.path, 'registrars.pem'), store.registrars.map((r) => pemOf(r.der)).join(''))
    for (const line of [1, 2, 3])
      execFileSync('sh', ['-ec', signatureCommand(line)], { cwd: s.path, stdio: 'pipe', timeout: 20_000 })
    writeFileSync(
      join(s.path, 'events.jsonl'),
      readFileSync(join(s.path, 'events.jsonl'), 'utf8').replace('Lý do', 'Lí do'),
    )
    assert.throws(() =>
      execFileSync('sh', ['-ec', signatureCommand(3)], { cwd: s.path, stdio: 'pipe', timeout: 20_000 }),
    )
  }),
)

const toolExists = (name: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('opening a store: who may write, where, and nothing half made', limit, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'camseal-catalog-init-'))
  try {
    const name = { en: 'A', vi: 'B' }
    const base = { name, regulations: [REGULATION], now: NOW }
    const plain = await plainSigner()
    const outcome = async (options: Parameters<typeof initStore>[0]) => {
      const made = await initStore(options)
      return made.ok ? 'made' : codes(made.faults)
    }
    assert.deepEqual(await outcome({ ...base, path: join(directory, 'a'), demo: false }), ['registrar-key'])
    assert.deepEqual(await outcome({ ...base, path: join(directory, 'a'), demo: true, signer: plain.signer }), [
      'registrar-not-demo',
    ])
    assert.deepEqual(
      await outcome({ ...base, path: join(directory, 'a'), demo: false, signer: { ...plain.signer, demo: true } }),
      ['registrar-demo'],
    )
    assert.deepEqual(readdirSync(directory), [], 'nothing is left of a failure')
    assert.equal(await outcome({ ...base, path: join(directory, 'a'), demo: false, signer: plain.signer }), 'made')
    assert.deepEqual(await outcome({ ...base, path: join(directory, 'a'), demo: true }), ['store-exists'])
    assert.equal(await outcome({ ...base, path: join(directory, 'deep/b'), demo: true }), 'made')
    const settings = readFileSync(join(directory, 'deep/b/catalog.yaml'), 'utf8')
    writeFileSync(join(directory, 'deep/b/catalog.yaml'), settings.replace('demo: true', 'demo: false'))
    assert.deepEqual(await faultCodes(join(directory, 'deep/b')), ['event-demo'], 'a demonstration stays one')
    writeFileSync(join(directory, 'deep/b/catalog.yaml'), `${settings}wrong: 1\nvalidityMonths: 12\n`)
    const broken = readSettings(join(directory, 'deep/b'))
    assert.ok(!broken.ok && broken.faults.every((f) => f.line !== undefined))
    assert.deepEqual(await faultCodes(join(directory, 'none')), ['store-missing'])
    const doubled = `${settings}  - {id: "camseal-core", edition: "2026-11"}\n`.replace(/validityMonths: 36\n/, '')
    writeFileSync(
      join(directory, 'deep/b/catalog.yaml'),
      doubled.replace(/^demo: true$/m, 'demo: true\nvalidityMonths: 36'),
    )
    assert.deepEqual(await faultCodes(join(directory, 'deep/b')), ['regulation-doubled'])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('a certificate that is no longer valid signs nothing, and the log stays as it was', limit, () =>
  withStore({}, async (s) => {
    await s.admit()
    const before = readFileSync(join(s.path, 'events.jsonl'), 'utf8')
    const late = await turn(s.writing(Date.UTC(2037, 0, 1) * 1000), '2026-0001', 'suspended', 'x')
    assert.deepEqual(late.ok ? [] : late.faults.map((f) => [f.code, f.values.why]), [
      ['event-signature', 'certificate-not-now'],
    ])
    assert.equal(readFileSync(join(s.path, 'events.jsonl'), 'utf8'), before)
  }),
)

test('every code has its text in both languages, with the same placeholders', () => {
  const keys = [
    ...REASONS.flatMap((r) => [`reasons.${r}`, `checks.${r}`]),
    ...NOTES.map((n) => `notes.${n}`),
    ...ANSWERS.map((a) => `answer.${a}`),
    ...CATALOG_FAULTS.map((f) => `faults.${f}`),
    ...STATUSES.map((x) => `status.${x}`),
    ...['admitted', 'suspended', 'withdrawn', 'reinstated'].map((x) => `turn.${x}`),
  ]
  const placeholders = (text: string) => [...text.matchAll(/\{([\w-]+)\}/g)].map((m) => m[1]).sort()
  for (const key of keys) {
    const both = bilingual('catalog', key)
    assert.ok(both, key)
    assert.deepEqual(placeholders(both.en), placeholders(both.vi), key)
  }
  const used = new Set(keys)
  const file = localeFile('catalog') as Record<string, Record<string, unknown>>
  for (const group of ['reasons', 'checks', 'notes', 'answer', 'faults'])
    for (const key of Object.keys(file[group] ?? {}))
      assert.ok(used.has(`${group}.${key}`), `${group}.${key} is no code`)
})

/** Runs the verbs in this process; what they print and the code they end with. */
async function run(args: string[], verification = soundVerification(asDemo())): Promise<{ code: number; out: string }> {
  const lines: string[] = []
  const { log, error } = console
  console.log = (line: string) => void lines.push(line)
  console.error = (line: string) => void lines.push(line)
  let code = -1
  try {
    const program = new Command('camseal').exitOverride()
    registerCatalog(
      program,
      (c) => {
        code = c
      },
      () => Promise.resolve(verification),
    )
    await program.parseAsync(['node', 'camseal', 'catalog', ...args])
  } finally {
    console.log = log
    console.error = error
  }
  return { code, out: lines.join('\n') }
}

test('the verbs: exit codes, both languages, JSON', limit, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'camseal-catalog-cli-'))
  try {
    const store = join(directory, 'store')
    const report = join(directory, 'report.asice')
    writeFileSync(report, 'bytes')
    assert.equal((await run(['list', '--store', store])).code, 3)
    const refusedInit = await run(['init', '--store', store, '--months', '0', '--regulation', 'none'])
    assert.equal(refusedInit.code, 3)
    assert.equal(refusedInit.out.split('\n').length, 3, 'months, regulation and key at once')
    assert.equal((await run(['init', '--store', store, '--demo', '--name', 'Demo', '--name-vi', 'Trình diễn'])).code, 0)
    const core = JSON.parse((await run(['list', '--store', store, '--json'])).out) as {
      log: { events: number }
      demo: boolean
    }
    assert.deepEqual([core.log.events, core.demo], [1, true])
    writeFileSync(
      join(store, 'catalog.yaml'),
      readFileSync(join(store, 'catalog.yaml'), 'utf8').replace(/ {4}digest: .*\n/, ''),
    )
    assert.equal((await run(['admit', join(directory, 'none'), '--store', store])).code, 3)
    for (const [code, change] of [
      [5, { seal: { ok: false, faults: [{ code: 'not-a-zip', values: {} }] } }],
      [6, { signer: { ok: false, name: 'X', why: { code: 'signer-unknown', values: {} } } }],
      [7, { verdicts: { state: 'different' as const, why: null } }],
      [8, { verdicts: { state: 'not-attempted' as const, why: { code: 'needs-suite', values: {} } } }],
      [1, { withheld: ['x'] }],
    ] as const) {
      const refused = await run(['admit', report, '--store', store, '--lang', 'vi'], {
        ...soundVerification(asDemo()),
        ...change,
      } as never)
      assert.equal(refused.code, code)
      assert.match(refused.out, /Không đưa vào danh mục/)
    }
    const regulation = (v = soundVerification(asDemo())) => {
      v.report!.run.endedAt = v.report!.run.startedAt = Date.UTC(2026, 10, 20) * 1000
      return v
    }
    const admitted = await run(['admit', report, '--store', store, '--json'], regulation())
    assert.equal(admitted.code, 0, admitted.out)
    const { entry } = JSON.parse(admitted.out) as { entry: { id: string } }
    assert.match(entry.id, /^DEMO-\d{4}-0001$/)
    const asked = (firmware: string, ...more: string[]) =>
      run([
        'check',
        '--store',
        store,
        '--vendor',
        'ＨＯＮＧＨＡ',
        '--model',
        'hh-c210',
        '--firmware',
        firmware,
        ...more,
      ])
    assert.deepEqual([(await asked('2.4.1')).code, (await asked('2.4.2')).code], [0, 1])
    assert.match((await asked('2.4.2', '--lang', 'vi')).out, /firmware khác: 2\.4\.1/)
    assert.match((await asked('2.4.1', '--lang', 'en')).out, /DEMO: nothing here was tested/)
    assert.equal((await asked('2.4.1', '--as-of', '2026-02-30')).code, 3)
    assert.equal((await run(['suspend', entry.id, '--store', store, '--reason', 'x'])).code, 0)
    assert.equal((await asked('2.4.1')).code, 1)
    assert.equal((await run(['reinstate', entry.id, '--store', store, '--reason', 'x', '--lang', 'vi'])).code, 0)
    assert.equal((await run(['withdraw', 'DEMO-2026-0099', '--store', store, '--reason', 'x'])).code, 3)
    assert.equal((await run(['publish', join(directory, 'site'), '--store', store])).code, 0)
    assert.ok(existsSync(join(directory, 'site/en/index.html')))
    writeFileSync(join(store, 'trust/trust.yaml'), 'demo: 1\n')
    assert.equal(
      (await run(['admit', report, '--store', store])).code,
      3,
      'a broken trust store is not an untrusted signer',
    )
    const log = join(store, 'events.jsonl')
    writeFileSync(log, readFileSync(log, 'utf8').replace('HH-C210', 'HH-C211'))
    for (const args of [
      ['list'],
      ['check', '--vendor', 'a', '--model', 'b', '--firmware', 'c'],
      ['publish', join(directory, 'site')],
    ])
      assert.equal((await run([...args, '--store', store])).code, 5, args[0])
    const help = new Command('camseal').exitOverride().configureOutput({ writeOut: () => undefined })
    registerCatalog(
      help,
      () => undefined,
      () => Promise.reject(new Error('not asked')),
    )
    for (const sub of help.commands[0]!.commands) {
      let shown = ''
      sub.configureOutput({
        writeOut: (text) => {
          shown += text
        },
      })
      sub.outputHelp()
      assert.match(shown, /Examples:[\s\S]*Exit codes:/, sub.name())
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('a store that is gone or cannot be written refuses and says so', limit, async () => {
  const gone = await withLock(join(tmpdir(), 'camseal-no-such-store'), () =>
    Promise.resolve({ ok: true as const, value: 1 }),
  )
  assert.deepEqual(gone.ok ? [] : gone.faults.map((f) => [f.code, f.values.error]), [['catalog-unwritten', 'ENOENT']])
})

test('a DEMO store takes an unreleased suite, says DEMO in every event and entry number', limit, () =>
  withStore({ demo: true }, async (s) => {
    const admission = await s.admit({
      report: (r) => {
        r.tool.suite = 'unreleased'
      },
    })
    assert.ok(admission.admitted)
    assert.equal(admission.entry.id, 'DEMO-2026-0001')
    const { log } = await opened(s.path)
    assert.ok(log.events.every((e) => e.event.demo && /DEMO/.test(e.event.by.subject)))
    const plain = registrarOf((await plainSigner()).signer)
    assert.ok(plain.ok)
    const other = await turn({ ...s.writing(), registrar: plain.value }, admission.entry.id, 'withdrawn', 'x')
    assert.deepEqual(other.ok ? [] : codes(other.faults), ['registrar-not-demo'])
  }),
)

test('the state depends on the events alone', limit, () =>
  withStore({}, async (s) => {
    await s.admit()
    const before = await opened(s.path)
    writeFileSync(
      join(s.path, 'catalog.yaml'),
      readFileSync(join(s.path, 'catalog.yaml'), 'utf8').replace('validityMonths: 36', 'validityMonths: 1'),
    )
    rmSync(join(s.path, 'reports'), { recursive: true })
    const after = await opened(s.path)
    assert.equal(digestOf(after.state.standings), digestOf(before.state.standings))
  }),
)
