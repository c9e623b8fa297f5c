import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { perform, read } from '../lab/actions.ts'
import { fill } from '../lab/placeholders.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { raisedVersion, repackGzipTar, tarFiles } from '../lab/packages/gzip-tar.ts'
import { bodyOf, bytesOf, ropeOf } from '../lab/packages/rope.ts'
import { interruptedUpload, labVariants } from '../lab/packages/variants.ts'
import { probe } from '../lab/probes/update-refusal.ts'
import { validatorOf } from '../profiles/validator.ts'
import { messageText } from '../reports/locales/index.ts'
import { registry } from '../suites/registry.generated.ts'
import { canonical } from '../suites/canonical.ts'
import type { Cite, Criterion, JudgeContext } from '../suites/criterion.ts'
import { verdictOf } from '../suites/judge.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Look, PortState, PowerCycle } from '../suites/observations/power.ts'
import {
  kind,
  VARIANTS,
  type UpdateAttempt,
  type UpdateRefusal,
  type UpdateVariant,
  type VariantId,
} from '../suites/observations/update-refusal.ts'
import type { Statement, Update } from '../suites/statement.ts'
import { criterion as altered } from '../suites/update-integrity/altered-update-refused.ts'
import { criterion as older } from '../suites/update-integrity/older-update-refused.ts'
import { liveBench } from './support/live-bench.ts'
import { SIGNATURE_BYTES, signed, startUpdateDevice, updateStatement, type Manners } from './support/update-device.ts'

const AREA = [...registry.criteria.values()].filter(
  (c) => c.area === 'update-integrity' && c.over.id === kind.id,
) as Criterion<UpdateRefusal, unknown>[]
const SUBJECT = 'a/update/web-update'
const validate = validatorOf(kind.schema)
const directory = mkdtempSync(join(tmpdir(), 'camseal-update-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

function judge<P>(criterion: Criterion<UpdateRefusal, P>, value: UpdateRefusal, statement: Statement, parameters: P) {
  assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 3)))
  canonical(value)
  const cite = (at: string): Cite => ({ kind: kind.id, subject: SUBJECT, state: 'in-service', at })
  const context: JudgeContext<P> = {
    statement,
    parameters,
    subject: SUBJECT,
    state: 'in-service',
    cite,
    others: () => [],
    catalogue: () => null,
  }
  const findings = criterion.judge({ answered: true, value, controls: [], artifacts: [] }, context)
  for (const f of findings) {
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, f.message, criterion.id), /^[a-z-]+$|\{[a-z-]+\}/, f.message.code)
    for (const { at } of f.cites)
      assert.notEqual(
        at
          .split('/')
          .slice(1)
          .reduce<unknown>((v, n) => (v as Record<string, unknown> | undefined)?.[n], value),
        undefined,
        at,
      )
  }
  return [
    verdictOf(findings),
    findings
      .map((f) => f.message.code)
      .sort()
      .join(),
  ] as const
}

/** Archives made by tar itself: a list of digests, a version, and content. */
function archive(version: string, name = `fw-${version}.tgz`): string {
  const path = join(directory, name)
  if (existsSync(path)) return path
  const tree = mkdtempSync(join(directory, 'tree-'))
  writeFileSync(join(tree, 'version'), `${version}\n`)
  writeFileSync(join(tree, 'app.bin'), createHash('sha512').update(version).digest().toString('hex').repeat(200))
  for (const [sums, program] of [
    ['SHA256SUMS', 'sha256sum'],
    ['MD5SUMS', 'md5sum'],
  ] as const)
    writeFileSync(join(tree, sums), spawnSync(program, ['version', 'app.bin'], { cwd: tree }).stdout)
  assert.equal(spawnSync('tar', ['-C', tree, '-czf', path, 'version', 'app.bin', 'SHA256SUMS', 'MD5SUMS']).status, 0)
  return path
}

const signedFile = (version: string): string => {
  const path = join(directory, `signed-${version}.fw`)
  if (!existsSync(path)) writeFileSync(path, signed(readFileSync(archive(version))))
  return path
}
const layoutOf = (file: string) => {
  const bytes = readFileSync(file).length
  return [
    { part: 'payload' as const, offset: 0, bytes: bytes - SIGNATURE_BYTES },
    { part: 'signature' as const, offset: -SIGNATURE_BYTES, bytes: SIGNATURE_BYTES },
  ]
}

test('repacked archives are whole for tar, gzip and their own digest lists, with other content and a higher version', () => {
  for (const flags of [[], ['--format=pax'], ['--format=ustar'], ['--format=gnu']]) {
    const plain = archive('1.1.0')
    const tree = mkdtempSync(join(directory, 'again-'))
    assert.equal(spawnSync('tar', ['-C', tree, '-xzf', plain]).status, 0)
    const path = join(directory, 'again.tgz')
    assert.equal(spawnSync('tar', ['-C', tree, ...flags, '-czf', path, '.']).status, 0)
    const packed = repackGzipTar(readFileSync(path), '1.1.0')
    assert.ok(packed)
    writeFileSync(path, packed)
    const out = mkdtempSync(join(directory, 'out-'))
    assert.equal(spawnSync('gzip', ['-t', path]).status, 0)
    assert.equal(spawnSync('tar', ['-C', out, '-xzf', path]).status, 0)
    assert.equal(readFileSync(join(out, 'version'), 'utf8'), '1.1.1\n')
    assert.notDeepEqual(readFileSync(join(out, 'app.bin')), readFileSync(join(tree, 'app.bin')))
    for (const [program, sums] of [
      ['sha256sum', 'SHA256SUMS'],
      ['md5sum', 'MD5SUMS'],
    ] as const)
      assert.equal(spawnSync(program, ['-c', '--strict', sums], { cwd: out }).status, 0, `${program} ${flags.join()}`)
  }
  if (has('busybox')) {
    const out = mkdtempSync(join(directory, 'busybox-'))
    writeFileSync(join(out, 'x.tgz'), repackGzipTar(readFileSync(archive('1.1.0')), '1.1.0') ?? '')
    assert.equal(spawnSync('busybox', ['tar', '-C', out, '-xzf', join(out, 'x.tgz')]).status, 0)
  }
})

test('what is no archive is not repacked, whatever its bytes', () => {
  const good = readFileSync(archive('1.1.0'))
  assert.equal(repackGzipTar(new Uint8Array(), '1'), null)
  assert.equal(repackGzipTar(spawnSync('gzip', ['-c'], { input: 'no tar' }).stdout, '1'), null)
  for (let i = 0; i < 400; i++) {
    const bytes = new Uint8Array(good)
    bytes[(i * 7919) % bytes.length] = (bytes[(i * 7919) % bytes.length] ?? 0) ^ (1 << (i % 8))
    repackGzipTar(bytes, '1.1.0')
    tarFiles(bytes)
  }
  assert.deepEqual(['1.1.0', '1.1.9', '9.9.9', 'V4.02.R11', '1'].map(raisedVersion), [
    '1.1.1',
    '1.2.9',
    '9.9.8',
    'V4.02.R12',
    '2',
  ])
})

test('variants: what a layout allows, one bit or nothing else, and what is missing', async () => {
  const file = signedFile('1.1.0')
  const bytes = readFileSync(file)
  const rope = ropeOf(file) ?? assert.fail()
  const packages = { genuine: { file: '', version: '1.1.0' } }
  const differing = (a: Uint8Array, b: Uint8Array) => [...a.keys()].filter((i) => a[i] !== b[i])
  const makeAll = async ({ variants }: ReturnType<typeof labVariants>) =>
    new Map(
      await Promise.all(
        variants.map(async (v) => {
          const made = (await v.make()) ?? assert.fail(v.id)
          return [v.id, { bytes: bytesOf(made.rope), change: made.change }] as const
        }),
      ),
    )
  const withLayout = labVariants(rope, { format: 'gzip-tar', layout: layoutOf(file), packages })
  assert.deepEqual(
    withLayout.variants.map((v) => v.id),
    ['payload-bit', 'signature-bit', 'truncated', 'last-block-missing', 'unsigned', 'stripped', 'repacked'],
  )
  assert.deepEqual(withLayout.missing, [{ id: 'header-bit', why: 'no-layout' }])
  const made = await makeAll(withLayout)
  for (const id of ['payload-bit', 'signature-bit'] as const) {
    const [at, ...more] = differing(bytes, made.get(id)?.bytes ?? bytes)
    assert.ok(
      at !== undefined && more.length === 0 && (id === 'signature-bit') === at >= bytes.length - SIGNATURE_BYTES,
      id,
    )
    assert.deepEqual(made.get(id)?.change, { at, bytes: 1, part: id.replace('-bit', ''), uniform: false })
  }
  const unsigned = made.get('unsigned')?.bytes ?? assert.fail()
  assert.ok(unsigned.subarray(-SIGNATURE_BYTES).every((b) => b === 0) && unsigned.length === bytes.length)
  assert.deepEqual(made.get('stripped')?.bytes, bytes.subarray(0, -SIGNATURE_BYTES))
  assert.deepEqual(made.get('truncated')?.bytes, bytes.subarray(0, bytes.length >> 1))
  const shorter = made.get('last-block-missing')
  assert.ok(shorter && shorter.change?.part === 'several' && shorter.bytes.length > bytes.length >> 1)
  assert.deepEqual(shorter.bytes, bytes.subarray(0, shorter.bytes.length))
  assert.deepEqual(made.get('repacked')?.bytes.subarray(-SIGNATURE_BYTES), bytes.subarray(-SIGNATURE_BYTES))
  const opaque = labVariants(rope, { format: 'opaque', packages })
  assert.deepEqual(
    opaque.variants.map((v) => v.id),
    ['middle-bit', 'truncated', 'last-block-missing', 'first-bit', 'last-bit'],
  )
  assert.deepEqual(opaque.missing, [
    { id: 'unsigned', why: 'no-layout' },
    { id: 'repacked', why: 'not-this-format' },
  ])
  for (const [id, v] of [...made, ...(await makeAll(opaque))]) assert.notDeepEqual(v.bytes, bytes, id)
  const layout = [{ part: 'signature' as const, offset: bytes.length, bytes: 9 }]
  assert.deepEqual(interruptedUpload(rope, updateStatement(80, {}).updates[0] ?? assert.fail()).length, 1)
  const page = { ...updateStatement(80, {}).updates[0]?.upload, browser: [] } as unknown as Update['upload']
  for (const upload of [undefined, page])
    assert.deepEqual(interruptedUpload(rope, { ...updateStatement(80, {}).updates[0], upload } as Update), [])
  const outside = labVariants(rope, { format: 'opaque', packages, layout })
  assert.deepEqual(
    outside.missing.map((m) => m.id),
    ['payload-bit', 'signature-bit', 'header-bit', 'unsigned', 'repacked'],
  )
  assert.equal(ropeOf(join(directory, 'none')), null)
})

/** Answers as busybox 1.35 httpd gave them to the version CGI. */
const told = (text: string | null): UpdateAttempt['versionAfter'] => {
  const raw =
    text === null
      ? ''
      : `HTTP/1.1 200 OK\r\nConnection: close\r\nDate: Sat, 21 Nov 2026 21:40:00 GMT\r\nContent-Type: text/plain\r\n\r\n${text}\n`
  const exchange: Exchange = {
    at: 1,
    elapsed: 1,
    connection: 0,
    sourceAddress: '127.0.0.1',
    failure: text === null ? { code: 'refused', detail: 'ECONNREFUSED' } : null,
    request: { method: 'GET', target: '/version', headers: [], bodyBytes: 0, credential: null, scheme: 'none' },
    rounds: text === null ? [] : [{ elapsed: 1, answer: { raw: btoa(raw), length: raw.length, end: 'closed' } }],
  }
  return { exchange, text }
}
type Uploaded<T = UpdateAttempt> = T & { upload: Exchange }
const attempt = (before: string | null, afterwards: string | null, cameBack = true): Omit<Uploaded, 'id'> => ({
  sha256: '0'.repeat(64),
  bytes: 9,
  upload: told('Ok, rebooting').exchange,
  tries: 1,
  versionBefore: told(before),
  versionAfter: told(afterwards),
  contentBefore: null,
  contentAfter: null,
  cameBack,
  downtime: 0,
})
const variant = (id: VariantId, afterwards: string | null = '1.0.0', cameBack = true): Uploaded<UpdateVariant> => ({
  id,
  derivation: 'lab',
  change: null,
  ...attempt('1.0.0', afterwards, cameBack),
})
const observation = (over: Partial<UpdateRefusal> = {}): UpdateRefusal => ({
  start: told('1.0.0'),
  variants: [
    variant('payload-bit'),
    variant('signature-bit'),
    variant('header-bit'),
    variant('truncated'),
    variant('unsigned'),
  ],
  returns: [],
  doors: [],
  genuine: { id: 'genuine', ...attempt('1.0.0', '1.1.0') },
  older: { id: 'older', ...attempt('1.1.0', '1.1.0') },
  kept: null,
  log: null,
  missing: [],
  ...over,
})
const declared = updateStatement(80, {})

test('an upload that is cut: half of it goes out, then the connection ends; an early answer is heard', async () => {
  const seen: { bytes: number; answer: string }[] = []
  const server = createServer((socket) => {
    socket.unref()
    const one = { bytes: 0, answer: seen.length === 0 ? '' : 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' }
    seen.push(one)
    socket.on('error', () => undefined)
    socket.on('data', (d: Buffer) => {
      one.bytes += d.length - Math.max(0, d.indexOf('\r\n\r\n') + 4) * (one.bytes === 0 ? 1 : 0)
      if (one.answer !== '') socket.end(one.answer)
    })
  })
  server.unref()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const statement = updateStatement(port, {})
  const { upload } = statement.updates[0] ?? {}
  assert.ok(upload)
  const { account: _, ...bare } = upload
  const action = { ...bare, body: 'head{{package}}tail', contentType: 'text/plain' }
  const rope = [new Uint8Array(60_000)]
  const bench = liveBench(statement, { owner: 'x' })
  const cut = await perform(bench, action, {}, bodyOf(rope, 30_000))
  assert.deepEqual([cut.failure?.code, cut.rounds.length, cut.request.bodyBytes], ['lab', 0, 60_008])
  await sleep(100)
  assert.deepEqual([seen.length, seen[0]?.bytes], [1, 30_004])
  assert.equal((await perform(bench, action, {}, bodyOf(rope, 30_000))).failure, null)
  await sleep(100)
  assert.equal(bench.open(), 0)
})

test('an interrupted upload: the lab cut it, and version and content must be the same', () => {
  const truncated = criterionOf('truncated-update-refused')
  const cut = (over: Partial<Uploaded<UpdateVariant>> = {}, code: 'lab' | 'reset' = 'lab') => {
    const one = { ...variant('interrupted'), ...over }
    return { ...one, upload: { ...one.upload, failure: { code, detail: '' } } }
  }
  const of = (...variants: UpdateVariant[]) => judge(truncated, observation({ variants }), declared, {})
  const whole = variant('truncated')
  assert.deepEqual(of(whole, cut()), ['pass', 'refused'])
  assert.deepEqual(of(whole, cut({ versionAfter: told('1.1.0') })), ['fail', 'installed,refused'])
  const content = { contentBefore: told('aa'), contentAfter: told('bb') }
  assert.deepEqual(of(whole, cut(content)), ['fail', 'installed,refused'])
  // The end of the package may be padding, for all that is known.
  const padding = { at: 4, bytes: 4, part: 'unknown' as const, uniform: true }
  assert.equal(of(whole, cut({ ...content, change: padding }))[0], 'inconclusive')
  assert.match(of(whole, cut({ cameBack: false, versionAfter: told(null) })).join(' '), /^fail did-not-come-back/)
  // Hung up by the device before the lab did: once is nothing, twice is its way to refuse.
  assert.deepEqual(of(whole, cut({}, 'reset')), ['inconclusive', 'not-uploaded,refused'])
  assert.deepEqual(of(whole, cut({ tries: 2 }, 'reset')), ['pass', 'refused'])
  assert.deepEqual(
    of(cut()),
    ['inconclusive', 'missing,refused'],
    'a whole upload of half a package must be refused too',
  )
})

test('silence after a package is a dead device or a lost network: no verdict; a refused connection is a device that is there', () => {
  const silent = (code: 'timeout' | 'unreachable' | 'reset' | 'refused') => {
    const one = variant('payload-bit', null, false)
    one.versionAfter.exchange.failure = { code, detail: '' }
    return one
  }
  const proxied = () => {
    const one = variant('payload-bit', null, false)
    const raw = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'
    const answer = { raw: btoa(raw), length: raw.length, end: 'complete' as const }
    one.versionAfter.exchange = { ...one.versionAfter.exchange, failure: null, rounds: [{ elapsed: 1, answer }] }
    return one
  }
  for (const [code, expected] of [
    ['timeout', 'inconclusive went-silent'],
    ['unreachable', 'inconclusive went-silent'],
    ['reset', 'fail did-not-come-back'],
    ['refused', 'fail did-not-come-back'],
    ['proxy', 'inconclusive went-silent'],
  ] as const) {
    const gone = code === 'proxy' ? proxied() : silent(code)
    const variants = [...observation().variants.filter((v) => v.id !== 'payload-bit'), gone]
    assert.match(
      judge(altered, observation({ variants }), declared, {}).join(' '),
      new RegExp(expected.replace(' ', ' .*')),
    )
    assert.equal(
      judge(
        older,
        observation({ older: { id: 'older', ...attempt('1.1.0', null, false), versionAfter: gone.versionAfter } }),
        declared,
        {},
      ).join(' '),
      expected,
    )
  }
})

test('silence with the power cut: a fail where the port, its link and the ban are settled, else no verdict', () => {
  const port = (on: boolean, link: 'up' | 'down' = on ? 'up' : 'down'): PortState => ({
    enabled: on,
    detection: on ? 'deliveringPower' : 'disabled',
    link,
  })
  const look = (over: Partial<Look> = {}): Look => ({
    at: 1,
    doors: [{ source: '10.9.1.1', open: false }],
    port: port(true),
    neighbour: { state: 'silent', mac: null },
    twins: [],
    ...over,
  })
  const cycle = (over: Partial<PowerCycle> = {}): PowerCycle => ({
    by: 'poe',
    at: 1,
    off: { closed: true, port: port(false) },
    on: { switched: true, port: port(true) },
    cameBack: true,
    seconds: 3,
    ...over,
  })
  const alive = look({ doors: [{ source: '10.9.1.1', open: true }], neighbour: { state: 'answers', mac: 'a' } })
  const two = (open: boolean) => ['10.9.1.1', '10.9.1.2'].map((source) => ({ source, open }))
  type Silence = NonNullable<UpdateAttempt['silence']>
  const gone = cycle({ cameBack: false })
  const stays = (after: Look | null, over = gone): Partial<Silence> => ({ cycle: over, after, version: told(null) })
  const rows: [why: string, Partial<Silence>, Partial<NonNullable<UpdateRefusal['power']>>, string][] = [
    ['came back', {}, {}, 'fail hung'],
    ['never came back', stays(look()), {}, 'fail dead'],
    [
      'two lab addresses in the place of ARP',
      { look: look({ doors: two(false), neighbour: alive.neighbour }) },
      { look: { ...alive, doors: two(true) } },
      'fail hung',
    ],
    ['no power on this bench', { cycle: null, after: null, version: told(null) }, {}, 'inconclusive went-silent'],
    ['answered again by itself', { cycle: null, after: null }, {}, 'inconclusive silent-for-long'],
    [
      'a ban leaves ARP answering',
      { look: look({ neighbour: { state: 'answers', mac: 'a' } }) },
      {},
      'inconclusive back-after-power',
    ],
    [
      'ARP was never heard',
      {},
      { look: { ...alive, neighbour: { state: 'unknown', mac: null } } },
      'inconclusive back-after-power',
    ],
    [
      'the second address was never let in',
      { look: look({ doors: two(false), neighbour: { state: 'unknown', mac: null } }) },
      { look: alive },
      'inconclusive back-after-power',
    ],
    [
      'takes connections',
      { look: look({ doors: two(true) }) },
      { look: { ...alive, doors: two(true) } },
      'inconclusive back-after-power',
    ],
    ['no lab address', { look: look({ doors: [] }) }, {}, 'inconclusive back-after-power'],
    ['the link was down', { look: look({ port: port(true, 'down') }) }, {}, 'inconclusive back-after-power'],
    ['the switch did not answer', { look: look({ port: null }) }, {}, 'inconclusive back-after-power'],
    [
      'the port did not go off',
      { cycle: cycle({ off: { closed: true, port: port(true) } }) },
      {},
      'inconclusive back-after-power',
    ],
    [
      'another port: the control left the unit on',
      {},
      { control: cycle({ off: { closed: false, port: port(false) } }) },
      'inconclusive back-after-power',
    ],
    [
      'another row of the IF-MIB: the control left the link up',
      {},
      { control: cycle({ off: { closed: true, port: port(false, 'up') } }) },
      'inconclusive back-after-power',
    ],
    ['a command or a person', {}, { control: null }, 'inconclusive back-after-power'],
    [
      'a command, for ever',
      stays(look(), { ...gone, by: 'command' }),
      { control: null },
      'inconclusive silent-after-power',
    ],
    ['for ever without a link', stays(look({ port: port(true, 'down') })), {}, 'inconclusive silent-after-power'],
    [
      'for ever and not off in between',
      stays(look(), { ...gone, off: { closed: true, port: null } }),
      {},
      'inconclusive silent-after-power',
    ],
    [
      'for ever and not switched on',
      stays(look(), { ...gone, on: { switched: false, port: null } }),
      {},
      'inconclusive silent-after-power',
    ],
    [
      'for ever behind a ban',
      stays(look({ neighbour: { state: 'answers', mac: 'a' } })),
      {},
      'inconclusive silent-after-power',
    ],
    ['for ever and not looked at', stays(null), {}, 'inconclusive silent-after-power'],
    ['back with the new version', { version: told('1.1.0') }, {}, 'fail hung,installed'],
  ]
  const power = { look: alive, control: cycle() }
  for (const [why, seen, before, expected] of rows) {
    const silence: Silence = { waited: 0, look: look(), cycle: cycle(), after: look(), version: told('1.0.0'), ...seen }
    const one = { ...variant('payload-bit', null, false), silence }
    one.versionAfter.exchange.failure = { code: 'timeout', detail: '' }
    const value = observation({ power: { ...power, ...before }, variants: [one] })
    assert.ok(validate(value), JSON.stringify(validate.errors))
    assert.equal(judge(altered, value, declared, {}).join(' '), expected, why)
    const version = silence.version?.text ? told('1.1.0') : told(null)
    const kept = { ...silence, version }
    const last = { id: 'older', ...attempt('1.1.0', null, false), versionAfter: one.versionAfter, silence: kept }
    const verdict = judge(older, observation({ power: { ...power, ...before }, older: last }), declared, {})
    assert.equal(verdict.join(' '), expected.replace(',installed', ''), why)
    const bare = observation({ variants: [one] })
    assert.equal(judge(altered, bare, declared, {})[0], why.startsWith('back with') ? 'fail' : 'inconclusive', why)
  }
})

test('altered updates: pass with a package installed, fail by what is told afterwards, else inconclusive', () => {
  const replaced = (id: VariantId, v: UpdateVariant) =>
    observation({ variants: [...observation().variants.filter((o) => o.id !== id), v] })
  const turnedAway = variant('payload-bit')
  turnedAway.upload = told('x').exchange
  turnedAway.upload.rounds = [
    { elapsed: 1, answer: { raw: btoa('HTTP/1.1 401 No\r\n\r\n'), length: 19, end: 'closed' } },
  ]
  const genuine = { id: 'genuine', ...attempt('1.0.0', '1.1.0') }
  const otherContent = { ...variant('payload-bit'), contentBefore: told('a1'), contentAfter: told('b2') }
  const rows: [UpdateRefusal, string, string][] = [
    [observation(), 'pass', 'refused'],
    [observation({ variants: [variant('middle-bit'), variant('repacked')] }), 'pass', 'refused'],
    [replaced('payload-bit', variant('payload-bit', '1.1.0')), 'fail', 'installed,refused'],
    [replaced('payload-bit', otherContent), 'fail', 'installed,refused'],
    [
      observation({ variants: [variant('payload-bit'), variant('unsigned', '1.1.0')], genuine: null }),
      'pass',
      'refused',
    ],
    [
      observation({
        variants: [variant('repacked', '1.1.1')],
        genuine: null,
        missing: [{ id: 'genuine', why: 'device-gone' }],
      }),
      'fail',
      'installed',
    ],
    [replaced('payload-bit', variant('payload-bit', null, false)), 'fail', 'did-not-come-back,refused'],
    [replaced('header-bit', variant('header-bit', '1.1.0')), 'inconclusive', 'installed,refused'],
    [replaced('header-bit', variant('header-bit', null)), 'inconclusive', 'refused,version-not-read'],
    [observation({ variants: [turnedAway] }), 'inconclusive', 'not-uploaded'],
    ...(['1.0.0 1.0.0', '1.1.0 1.1.0', '1.0.0 1.2.0'] as const).map((pair): [UpdateRefusal, string, string] => [
      observation({ genuine: { ...genuine, ...attempt(pair.split(' ')[0] ?? '', pair.split(' ')[1] ?? '') } }),
      'inconclusive',
      'genuine-not-installed',
    ]),
    [
      observation({ variants: [], missing: [{ id: 'payload-bit', why: 'start-version-lost' }] }),
      'inconclusive',
      'row-ended',
    ],
    [observation({ variants: [] }), 'inconclusive', 'missing'],
  ]
  for (const [value, verdict, codes] of rows)
    assert.deepEqual(judge(altered, value, declared, {}), [verdict, codes], codes)
  assert.equal(altered.applies(declared).answer, 'yes')
  assert.equal(altered.applies({ ...declared, updates: [] }).answer, 'unknown')
})

test('older updates: pass, fail, inconclusive', () => {
  const lost = { id: 'older', ...attempt('1.1.0', null, false) }
  lost.versionAfter.exchange.failure = { code: 'lab', detail: 'EADDRNOTAVAIL' }
  const rows: [UpdateRefusal, string, string][] = [
    [observation(), 'pass', 'refused'],
    [observation({ older: { id: 'older', ...attempt('1.1.0', '0.9.0') } }), 'fail', 'older-installed'],
    [observation({ older: { id: 'older', ...attempt('1.1.0', null, false) } }), 'fail', 'did-not-come-back'],
    [observation({ older: lost }), 'inconclusive', 'version-not-read'],
    [
      observation({ older: null, missing: [{ id: 'older', why: 'not-supplied' }] }),
      'inconclusive',
      'older-not-supplied',
    ],
    [
      observation({
        older: null,
        missing: [
          { id: 'genuine', why: 'device-gone' },
          { id: 'older', why: 'device-gone' },
        ],
      }),
      'inconclusive',
      'older-not-offered',
    ],
    [
      observation({
        genuine: { id: 'genuine', ...attempt('1.0.0', '1.0.0') },
        older: { id: 'older', ...attempt('1.0.0', '1.0.0') },
      }),
      'inconclusive',
      'newer-not-installed',
    ],
    [
      observation({
        variants: [variant('unsigned', '1.1.0')],
        genuine: { id: 'genuine', ...attempt('1.1.0', '1.1.0') },
      }),
      'pass',
      'refused',
    ],
  ]
  for (const [value, verdict, codes] of rows)
    assert.deepEqual(judge(older, value, declared, {}), [verdict, codes], codes)
})

const criterionOf = (name: string) => AREA.find((c) => c.id === `update-integrity/${name}`) ?? assert.fail(name)
const genuineAttempt = { id: 'genuine', ...attempt('1.0.0', '1.1.0') }
const notInstalled = { id: 'genuine', ...attempt('1.0.0', '1.0.0') }

test('truncated, unsigned, foreign and other-model packages: each owned by one criterion', () => {
  const change = (part: 'payload' | 'signature' | 'unknown', uniform = false) => ({ at: 1, bytes: 9, part, uniform })
  const opaque = { ...declared, updates: declared.updates.map((u) => ({ ...u, format: 'opaque' as const })) }
  const unsigned = { ...declared, updates: declared.updates.map((u) => ({ ...u, signed: false })) }
  const only = (id: VariantId, to = '1.0.0', over: Partial<UpdateVariant> = {}) =>
    observation({ variants: [{ ...variant(id, to), ...over }] })
  /** What is declared as signature is a checksum, which the lab has made anew. */
  const checksum = (to: string) => only('repacked', to, { change: change('signature') })
  const rows: [string, UpdateRefusal, Statement, string, string][] = [
    ['truncated', only('truncated'), declared, 'pass', 'refused'],
    ['truncated', only('truncated', '1.1.0'), declared, 'fail', 'installed'],
    ['truncated', only('last-block-missing'), declared, 'inconclusive', 'missing,refused'],
    [
      'truncated',
      only('last-block-missing', '1.1.0', { change: change('unknown') }),
      opaque,
      'inconclusive',
      'installed,missing',
    ],
    [
      'truncated',
      only('last-block-missing', '1.1.0', { change: change('unknown') }),
      declared,
      'fail',
      'installed,missing',
    ],
    ['truncated', only('truncated', '1.1.0', { change: change('payload', true) }), opaque, 'inconclusive', 'installed'],
    ['truncated', only('truncated', '1.0.0', { cameBack: false }), declared, 'fail', 'did-not-come-back'],
    ['unsigned', only('stripped'), declared, 'pass', 'refused'],
    ['unsigned', only('maker-unsigned', '1.1.0'), declared, 'fail', 'installed'],
    ['unsigned', only('payload-bit'), declared, 'inconclusive', 'missing'],
    ['unsigned', checksum('1.1.0'), declared, 'fail', 'installed,missing'],
    ['unsigned', checksum('1.0.0'), declared, 'inconclusive', 'missing,refused'],
    ['unsigned', only('repacked', '1.1.0', { change: change('payload') }), declared, 'inconclusive', 'missing'],
    ['unsigned', only('payload-bit'), unsigned, 'fail', 'shipped-unsigned'],
    ['unsigned', { ...only('stripped'), genuine: notInstalled }, unsigned, 'inconclusive', 'genuine-not-installed'],
    ['foreign-key', only('maker-foreign-key'), declared, 'pass', 'refused'],
    ['foreign-key', only('maker-foreign-key', '1.1.0'), declared, 'fail', 'installed'],
    ['foreign-key', only('maker-foreign-key'), unsigned, 'inconclusive', 'no-signature-declared'],
    [
      'foreign-key',
      { ...only('maker-foreign-key'), genuine: notInstalled },
      declared,
      'inconclusive',
      'genuine-not-installed',
    ],
    ['other-model', only('maker-other-model'), declared, 'pass', 'refused'],
    ['other-model', only('maker-other-model', '1.1.0'), declared, 'fail', 'installed'],
    [
      'other-model',
      observation({ missing: [{ id: 'maker-other-model', why: 'not-supplied' }] }),
      declared,
      'inconclusive',
      'missing',
    ],
  ]
  for (const [name, value, statement, verdict, codes] of rows)
    assert.deepEqual(
      judge(criterionOf(`${name}-update-refused`), value, statement, {}),
      [verdict, codes],
      `${name} ${codes}`,
    )
  const lost = only('truncated')
  const [first] = lost.variants
  if (first?.upload) first.upload = { ...first.upload, failure: { code: 'reset', detail: '' }, rounds: [] }
  const truncated = criterionOf('truncated-update-refused')
  assert.deepEqual(judge(truncated, lost, declared, {}), ['inconclusive', 'not-uploaded'])
  if (first) first.tries = 2
  assert.deepEqual(judge(truncated, lost, declared, {}), ['pass', 'refused'])
})

test('uploads need a log-in: the same package without it, with a wrong one, and with the right one', () => {
  const door = (id: 'no-login' | 'wrong-login', to: string | null = '1.0.0') => ({ ...attempt('1.0.0', to), id })
  const both = [door('no-login'), door('wrong-login')]
  const open = {
    ...declared,
    updates: declared.updates.flatMap((u) => {
      const { account: _, ...upload } = u.upload ?? assert.fail()
      return { ...u, upload }
    }),
  }
  const rows: [UpdateRefusal, Statement, string, string][] = [
    [observation({ doors: both }), declared, 'pass', 'refused'],
    [
      observation({ doors: [door('no-login', '1.1.0')], genuine: null }),
      declared,
      'fail',
      'genuine-not-installed,installed,not-tried',
    ],
    [observation({ doors: [door('no-login')] }), declared, 'inconclusive', 'not-tried,refused'],
    [
      observation({ doors: [door('no-login'), door('wrong-login', null)] }),
      declared,
      'inconclusive',
      'refused,version-not-read',
    ],
    [observation({ doors: both, genuine: notInstalled }), declared, 'inconclusive', 'genuine-not-installed'],
    [observation(), open, 'fail', 'declared-open'],
    [observation({ genuine: null }), open, 'inconclusive', 'genuine-not-installed'],
  ]
  for (const [value, statement, verdict, codes] of rows)
    assert.deepEqual(judge(criterionOf('upload-needs-login'), value, statement, {}), [verdict, codes], codes)
})

test('accounts and settings are kept', () => {
  const login = (status = 200) => {
    const { exchange } = told('x')
    exchange.rounds = [{ elapsed: 1, answer: { raw: btoa(`HTTP/1.1 ${status} X\r\n\r\n`), length: 19, end: 'closed' } }]
    return { what: 'login' as const, name: 'web', exchange, text: null }
  }
  const fact = (what: 'setting' | 'identity', text: string | null) => ({ what, name: what, ...told(text) })
  const before = [login(), fact('setting', 'dhcp'), fact('identity', 'S1')]
  const rows: [UpdateRefusal['kept'], { settings?: boolean }, string, string][] = [
    [{ before, after: before }, {}, 'pass', 'kept,kept,login-kept'],
    [{ before, after: [login(401), ...before.slice(1)] }, {}, 'fail', 'kept,kept,login-lost'],
    [
      { before, after: [login(), fact('setting', 'static'), before[2] ?? login()] },
      {},
      'fail',
      'kept,login-kept,setting-changed',
    ],
    [
      { before, after: [login(), before[1] ?? login(), fact('identity', 'S2')] },
      {},
      'inconclusive',
      'identity-changed,kept,login-kept',
    ],
    [{ before, after: [login(503), ...before.slice(1)] }, {}, 'inconclusive', 'kept,kept,not-read'],
    [{ before: [login()], after: [login()] }, {}, 'inconclusive', 'login-kept,no-setting-declared'],
    [{ before: [login()], after: [login()] }, { settings: false }, 'pass', 'login-kept'],
    [{ before: [login(401)], after: [login()] }, { settings: false }, 'inconclusive', 'login-did-not-work'],
    [{ before: [], after: [] }, { settings: false }, 'inconclusive', 'no-login-declared'],
    [null, {}, 'inconclusive', 'genuine-not-installed'],
  ]
  for (const [kept, parameters, verdict, codes] of rows)
    assert.deepEqual(
      judge(criterionOf('settings-kept'), observation({ kept }), declared, parameters),
      [verdict, codes],
      codes,
    )
  const value = observation({ kept: { before, after: before }, genuine: notInstalled })
  assert.equal(judge(criterionOf('settings-kept'), value, declared, {})[0], 'inconclusive')
})

test('refused updates are recorded: records as SWUpdate 2022.12 and the reference camera sent them', () => {
  const REFUSED =
    '<27>Nov 22 01:05:21 camera-0031 swupdate: SWUPDATE failed [1] Image invalid or corrupted. Not installing ...'
  const NOISE = '<27>Nov 22 01:05:20 camera-0031 swupdate: SWUPDATE failed [0] ERROR : 0xe tls hs: rc -1, err 1'
  const OTHER = '<13>Nov 22 01:05:19 camera-0031 camera: picture is sharp'
  const CAMERA =
    '<132>1 2026-11-22T01:05:19.000Z S1 camera - UPDATE-REFUSED [event@32473 user="admin"] Firmware update refused user="admin" reason="signature not valid"'
  const HALF = '<29>Nov 22 01:05:19 camera-0031 swupdate: Software Update started !'
  const LOGIN = '<27>Nov 22 01:05:19 camera-0031 web: 401 Unauthorized for POST /update'
  const at = (value: Omit<Uploaded, 'id'>, time: number) => ({ ...value, upload: { ...value.upload, at: time } })
  const log = (records: [number, string][], over: Partial<NonNullable<UpdateRefusal['log']>> = {}): UpdateRefusal =>
    observation({
      variants: [{ ...variant('payload-bit'), ...at(attempt('1.0.0', '1.0.0'), 100) }],
      genuine: { ...genuineAttempt, ...at(attempt('1.0.0', '1.1.0'), 200) },
      log: {
        channels: [
          { id: 'udp', protocol: 'syslog-udp', port: 514, receiving: true, before: null, enable: null, after: null },
        ],
        faults: [],
        from: 10,
        until: 300,
        records: records.map(([time, raw]) => ({ at: time, from: '127.0.0.1', channel: 'udp', raw: btoa(raw) })),
        left: 0,
        ...over,
      },
    })
  const rows: [UpdateRefusal, boolean, string, string][] = [
    [log([[120, REFUSED]]), true, 'pass', 'recorded'],
    [log([[120, CAMERA]]), true, 'pass', 'recorded'],
    [
      log([
        [20, NOISE],
        [120, NOISE],
        [121, REFUSED],
      ]),
      true,
      'pass',
      'recorded',
    ],
    [
      log([
        [20, NOISE],
        [120, NOISE],
      ]),
      true,
      'inconclusive',
      'not-told-apart',
    ],
    [log([[120, OTHER]]), true, 'fail', 'not-recorded'],
    [log([[120, LOGIN]]), true, 'inconclusive', 'outcome-not-said'],
    [log([[120, HALF]]), true, 'inconclusive', 'outcome-not-said'],
    [log([[20, OTHER]]), true, 'inconclusive', 'channel-silent'],
    [
      log([
        [120, OTHER],
        [220, REFUSED],
      ]),
      true,
      'inconclusive',
      'not-told-apart',
    ],
    [log([[120, OTHER]], { left: 3 }), true, 'inconclusive', 'too-many-records'],
    [{ ...log([[120, OTHER]]), genuine: notInstalled }, true, 'inconclusive', 'genuine-not-installed'],
    [{ ...log([[120, OTHER]]), variants: [] }, true, 'inconclusive', 'nothing-refused'],
    [observation(), true, 'fail', 'no-channel-declared'],
    [observation(), false, 'inconclusive', 'no-channel-declared'],
  ]
  for (const [value, required, verdict, codes] of rows)
    assert.deepEqual(judge(criterionOf('refusal-logged'), value, declared, { required }), [verdict, codes], codes)
})

test('an installed update is recorded: records as SWUpdate 2022.12 and the reference camera sent them', () => {
  const INSTALLED = '<29>Nov 22 01:05:40 camera-0031 swupdate: SWUPDATE successful ! [INFO ] : Update was installed'
  const CAMERA =
    '<133>1 2026-11-22T01:05:40.000Z S1 camera - UPDATE-ACCEPTED [event@32473 user="admin" version="1.1.0"] Firmware update accepted user="admin" version="1.1.0"'
  const REFUSED = '<27>Nov 22 01:05:21 camera-0031 swupdate: SWUPDATE failed [1] Image invalid or corrupted.'
  const STARTED = '<29>Nov 22 01:05:19 camera-0031 swupdate: Software Update started !'
  const LOOKED = '<29>Nov 22 01:05:50 camera-0031 cloud: no update available'
  const BOOTED = '<13>Nov 22 01:05:52 camera-0031 camera: picture is sharp'
  const at = (value: Omit<Uploaded, 'id'>, time: number) => ({ ...value, upload: { ...value.upload, at: time } })
  const THREE = [100, 120, 140]
  const log = (
    records: [number, string][],
    { protocol = 'syslog-udp' as 'syslog-udp' | 'syslog-tcp', left = 0, over = {} as Partial<UpdateRefusal> } = {},
  ): UpdateRefusal => ({
    ...observation({
      variants: THREE.map((time) => ({ ...variant('payload-bit'), ...at(attempt('1.0.0', '1.0.0'), time) })),
      genuine: { ...genuineAttempt, ...at(attempt('1.0.0', '1.1.0'), 200) },
      older: { id: 'older', ...at(attempt('1.1.0', '1.1.0'), 260) },
      log: {
        channels: [{ id: 'c', protocol, port: 514, receiving: true, before: null, enable: null, after: null }],
        faults: [],
        from: 10,
        until: 300,
        records: records.map(([time, raw]) => ({ at: time, from: '127.0.0.1', channel: 'c', raw: btoa(raw) })),
        left,
      },
    }),
    ...over,
  })
  const tcp = { protocol: 'syslog-tcp' as const }
  const refusals = THREE.map((time): [number, string] => [time + 5, REFUSED])
  const rows: [UpdateRefusal, string, string][] = [
    [log([[205, INSTALLED]]), 'pass', 'recorded'],
    [log([[205, CAMERA]]), 'pass', 'recorded'],
    [log([...refusals, [205, STARTED], [230, INSTALLED]]), 'pass', 'recorded'],
    [log([...refusals, [230, BOOTED]]), 'fail', 'not-recorded'],
    [log([...refusals.slice(1), [230, BOOTED]]), 'inconclusive', 'may-be-lost'],
    [log([[230, BOOTED]]), 'inconclusive', 'may-be-lost'],
    [log([[230, BOOTED]], tcp), 'fail', 'not-recorded'],
    [log([[230, LOOKED]], tcp), 'inconclusive', 'outcome-not-said'],
    [log([[230, REFUSED]], tcp), 'inconclusive', 'outcome-not-said'],
    [log([[105, INSTALLED], [205, INSTALLED]], tcp), 'inconclusive', 'not-told-apart'], // prettier-ignore
    [log([[205, STARTED]], tcp), 'inconclusive', 'outcome-not-said'],
    [log([[205, '<37>Nov 22 10:47:01 camera jcweb[86]: upgrade started']], tcp), 'inconclusive', 'outcome-not-said'],
    [log([[105, BOOTED]], tcp), 'inconclusive', 'channel-silent'],
    [log([[105, BOOTED], [265, INSTALLED]], tcp), 'inconclusive', 'channel-silent'], // prettier-ignore
    [log([[230, BOOTED]], { ...tcp, left: 2 }), 'inconclusive', 'too-many-records'],
    [log([[205, INSTALLED]], { over: { genuine: notInstalled } }), 'inconclusive', 'genuine-not-installed'],
    [observation(), 'fail', 'no-channel-declared'],
  ]
  for (const [value, verdict, codes] of rows)
    assert.deepEqual(judge(criterionOf('installation-logged'), value, declared, { required: true }), [verdict, codes])
  assert.equal(
    judge(criterionOf('installation-logged'), observation(), declared, { required: false })[0],
    'inconclusive',
  )
})

test('what is declared not applicable is contradicted by a page that takes an update file', () => {
  const page = (body: string, source: 'declared' | 'decoy' = 'declared') => {
    const { exchange } = told('x')
    const raw = `HTTP/1.1 200 OK\r\n\r\n${body}`
    exchange.rounds = [{ elapsed: 1, answer: { raw: btoa(raw), length: raw.length, end: 'closed' } }]
    return { target: '/admin', source, access: null, holds: 'page', anonymous: exchange, genuine: null }
  }
  const against = (visit: ReturnType<typeof page>) =>
    AREA.flatMap((c) => {
      const cite = (at: string): Cite => ({ kind: 'http-anonymous', subject: 'a', state: 'in-service', at })
      const seen = { answered: true, value: { visits: [visit] }, controls: [], artifacts: [] }
      const context = { others: () => [{ subject: 'a', seen, cite }] } as unknown as JudgeContext<unknown>
      return c.contradicts?.(context) ?? []
    })
  const form = '<form action="/fw"><input name=f type="file"><input value="Upgrade firmware"></form>'
  assert.equal(against(page(form)).length, 8)
  for (const { message } of against(page(form)))
    assert.match(messageText('vi', message, 'update-integrity/settings-kept'), /\/admin/)
  assert.deepEqual(against(page(form, 'decoy')), [])
  assert.deepEqual(against(page('<form><input type=file> avatar</form>')), [])
  assert.deepEqual(against(page('<p>Firmware update</p>')), [])
})

test('placeholders are written as their place asks', () => {
  const values = { password: 'a"b\\c&d e/é<', user: 'x' }
  assert.deepEqual(fill('/u?p={{password}}', values, 'target'), { text: '/u?p=a%22b%5Cc%26d%20e%2F%C3%A9%3C' })
  assert.deepEqual(fill('{"p":"{{password}}"}', values, 'json'), { text: JSON.stringify({ p: values.password }) })
  assert.deepEqual(fill('<p>{{password}}</p>', values, 'xml'), { text: '<p>a&quot;b\\c&amp;d e/é&lt;</p>' })
  assert.deepEqual(fill('{{user}} {{nope}} {{__proto__}}', values, 'plain'), { unknown: ['nope', '__proto__'] })
})

/** Of every criterion of the area, those that do not pass. */
const verdictsOf = (value: UpdateRefusal, statement: Statement): Record<string, string> =>
  Object.fromEntries(
    AREA.flatMap((c) => {
      const [verdict] = judge(c, value, statement, c.id.endsWith('-logged') ? { required: true } : {})
      return verdict === 'pass' ? [] : [[c.id.replace('update-integrity/', ''), verdict]]
    }),
  )

async function observe(statement: Statement, secrets: Record<string, string>) {
  const bench = liveBench(statement, secrets)
  const seen = await probe.run(bench, SUBJECT)
  assert.ok(seen.answered, JSON.stringify(seen))
  await sleep(100)
  assert.equal(bench.open(), 0)
  const verdicts = verdictsOf(seen.value, statement)
  const update = statement.updates[0] ?? assert.fail()
  return {
    seen,
    update,
    verdicts,
    altered: judge(altered, seen.value, statement, {})[0],
    older: judge(older, seen.value, statement, {})[0],
    controls: seen.controls.map((c) => c.ok),
    changed: seen.value.variants
      .filter((v) => v.versionAfter.text !== null && v.versionBefore.text !== v.versionAfter.text)
      .map((v) => v.id),
    lost: seen.value.missing.filter((m) => m.why === 'start-version-lost').map((m) => m.id),
  }
}

describe('observed', { concurrency: true, timeout: 180_000 }, () => {
  const GOOD: Manners = { checksSignature: true, refusesOlder: true }
  const cases: [name: string, manners: Manners, altered: string, older: string, changed: string[]][] = [
    ['checks signature and version', GOOD, 'pass', 'pass', []],
    ['says Ok to everything and checks all the same', { ...GOOD, lies: true }, 'pass', 'pass', []],
    ['boots longer than usual', { ...GOOD, bootMilliseconds: 1500 }, 'pass', 'pass', []],
    ['checks nothing but the archive', { refusesOlder: true }, 'fail', 'pass', ['signature-bit']],
    [
      'takes a package without a signature',
      { ...GOOD, acceptsUnsigned: true, lies: true },
      'pass',
      'pass',
      ['unsigned'],
    ],
    ['takes older versions', { checksSignature: true }, 'pass', 'fail', []],
    ['refuses the genuine package too', { refusesAll: true, lies: true }, 'inconclusive', 'inconclusive', []],
    ['dies of a wrong signature', { ...GOOD, breaks: true }, 'fail', 'inconclusive', []],
  ]
  for (const [name, manners, a, o, changed] of cases)
    test(`a device that ${name}: ${a}, ${o}`, async () => {
      const device = await startUpdateDevice('1.0.0', manners)
      const genuine = signedFile('1.1.0')
      const statement = updateStatement(device.port, {
        layout: layoutOf(genuine),
        packages: {
          genuine: { file: genuine, version: '1.1.0' },
          older: { file: signedFile('0.9.0'), version: '0.9.0' },
        },
      })
      try {
        const got = await observe(statement, { owner: 'right-Pass-1' })
        assert.deepEqual([got.altered, got.older, got.changed], [a, o, changed])
        assert.equal(got.seen.value.start.text, '1.0.0')
        assert.deepEqual(
          got.seen.value.genuine?.sha256 ?? null,
          manners.breaks ? null : createHash('sha256').update(readFileSync(genuine)).digest('hex'),
        )
        if (a === 'pass' && changed.length === 0) {
          assert.deepEqual(
            got.seen.value.variants.map((v) => v.id),
            [
              'payload-bit',
              'signature-bit',
              'truncated',
              'last-block-missing',
              'unsigned',
              'stripped',
              'repacked',
              'interrupted',
            ],
          )
          assert.equal(got.seen.value.variants.at(-1)?.upload?.failure?.code, 'lab')
          assert.ok((got.seen.value.genuine?.downtime ?? 0) > 0)
          assert.deepEqual(
            got.seen.value.missing.map((m) => m.id),
            ['header-bit', 'maker-unsigned', 'maker-foreign-key', 'maker-other-model'],
          )
        }
        if (changed.length > 0) assert.ok(got.lost.length > 0 || changed[0] === 'repacked')
      } finally {
        await device.stop()
      }
    })

  test('a device that forgets its accounts: they are not kept', async () => {
    const device = await startUpdateDevice('1.0.0', { ...GOOD, forgets: true })
    const genuine = signedFile('1.1.0')
    const statement = updateStatement(device.port, {
      layout: layoutOf(genuine),
      packages: { genuine: { file: genuine, version: '1.1.0' } },
    })
    const got = await observe(statement, { owner: 'right-Pass-1' }).finally(() => device.stop())
    assert.equal(got.verdicts['settings-kept'], 'fail')
  })

  test('an opaque package without layout leaves the unsigned variant open', async () => {
    const device = await startUpdateDevice('1.0.0', GOOD)
    const statement = updateStatement(device.port, {
      format: 'opaque',
      packages: { genuine: { file: signedFile('1.1.0'), version: '1.1.0' } },
    })
    const got = await observe(statement, { owner: 'right-Pass-1' }).finally(() => device.stop())
    assert.deepEqual([got.altered, got.older], ['pass', 'inconclusive'])
    assert.deepEqual(
      got.seen.value.variants.map((v) => v.id),
      ['middle-bit', 'truncated', 'last-block-missing', 'first-bit', 'last-bit', 'interrupted'],
    )
    assert.equal(got.verdicts['unsigned-update-refused'], 'inconclusive')
  })

  test(
    'busybox httpd with an upload CGI that unpacks whatever comes: fail, fail',
    { skip: has('busybox') ? false : 'needs busybox' },
    async () => {
      const root = mkdtempSync(join(directory, 'www-'))
      mkdirSync(join(root, 'cgi-bin'))
      mkdirSync(join(root, 'fw'))
      writeFileSync(join(root, 'fw', 'version'), '1.0.0\n')
      const script = (name: string, body: string) => {
        writeFileSync(
          join(root, 'cgi-bin', name),
          `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n${body}\n`,
        )
        chmodSync(join(root, 'cgi-bin', name), 0o755)
      }
      script('version.cgi', `cat ${root}/fw/version`)
      script(
        'upgrade.cgi',
        `head -c "\${CONTENT_LENGTH:-0}" > ${root}/up\nbusybox tar -xzf ${root}/up -C ${root}/fw 2>/dev/null; echo "OK, rebooting"`,
      )
      writeFileSync(join(root, 'conf'), '/cgi-bin:admin:right-Pass-1\n')
      const server = createServer()
      await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
      const { port } = server.address() as AddressInfo
      await new Promise((closed) => server.close(closed))
      const child = spawn('busybox', ['httpd', '-f', '-p', `127.0.0.1:${port}`, '-h', root, '-c', join(root, 'conf')], {
        stdio: 'ignore',
      })
      await sleep(400)
      const upload = {
        service: 'web',
        method: 'POST' as const,
        target: '/cgi-bin/upgrade.cgi',
        account: 'owner',
        contentType: 'application/octet-stream',
        body: '{{package}}',
      }
      const statement = updateStatement(port, {
        upload,
        signed: false,
        version: { service: 'web', target: '/cgi-bin/version.cgi', account: 'owner', pattern: '^([0-9.]+)' },
        packages: {
          genuine: { file: archive('1.1.0'), version: '1.1.0' },
          older: { file: archive('0.9.0'), version: '0.9.0' },
        },
      })
      statement.logins = statement.logins.map((l) => ({ ...l, target: '/cgi-bin/version.cgi' }))
      try {
        const got = await observe(statement, { owner: 'right-Pass-1' })
        assert.deepEqual([got.altered, got.older], ['fail', 'fail'], JSON.stringify(got.changed))
        const bench = liveBench(statement, { owner: 'right-Pass-1' })
        assert.equal(
          (
            await read(bench, {
              service: 'web',
              target: '/cgi-bin/version.cgi',
              account: 'owner',
              pattern: '^([0-9.]+)',
            })
          ).text,
          '0.9.0',
        )
        assert.equal(
          (
            await read(bench, {
              service: 'web',
              target: '/cgi-bin/version.cgi',
              account: 'owner',
              pattern: '(nothing)',
            })
          ).text,
          null,
        )
        assert.equal((await perform(bench, { ...upload, target: '/{{nope}}' }, {})).failure?.code, 'lab')
        assert.equal((await perform(bench, upload, {})).failure?.detail, 'no package')
        assert.equal(
          (await perform(bench, { ...upload, service: 'other' }, {}, new Uint8Array(1))).failure?.code,
          'lab',
        )
      } finally {
        const ended = new Promise((exit) => child.once('exit', exit))
        child.kill()
        await ended
      }
    },
  )

  const uploaded = weaknesses.filter(({ id }) => id.startsWith('update-') && id !== 'update-online-unchecked')
  for (const w of [null, ...uploaded])
    test(`the reference camera ${w?.id ?? 'as it should be'}: exactly its criteria do not pass`, async () => {
      const camera = await startReferenceCamera({
        addresses: { ipv4: '127.77.4.9', ipv6: null },
        ports: { https: 0, rtsp: 0 },
        weaknesses: w ? [w.id] : [],
        serial: 'T-1',
        syslog: null,
        lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
        bootSeconds: 0.2,
        factoryFresh: false,
        adminPassword: 'Owner-Pass-1x',
        users: [{ name: 'spare', password: 'Spare-Pass-1x', role: 'viewer', spare: true }],
      })
      try {
        const folder = mkdtempSync(join(directory, 'packages-'))
        await camera.writePackages(folder)
        const statement = camera.statement()
        const [channel] = statement.logging.channels
        assert.ok(channel)
        channel.port = await freePort()
        statement.updates = statement.updates.map((u) => ({ ...u, bootSeconds: 1 }))
        const began = performance.now()
        const got = await observe(statement, { owner: 'Owner-Pass-1x', spare: 'Spare-Pass-1x' })
        const short = (id: string) => id.replace('update-integrity/', '')
        assert.deepEqual(
          got.verdicts,
          Object.fromEntries([
            ...(w?.criteria ?? []).map((c) => [short(c), 'fail']),
            ...(w?.undecided ?? []).map((c) => [short(c), 'inconclusive']),
          ]),
          JSON.stringify(got.seen.value.missing),
        )
        const others: Record<string, string> = { 'update-rollback-accepted': '1.3.0', 'update-altered-kills': '1.4.0' }
        assert.equal(camera.firmwareVersion, others[w?.id ?? ''] ?? '1.5.0')
        if (w !== null) return
        assert.ok(performance.now() - began < 60_000, `${Math.round(performance.now() - began)} ms`)
        assert.deepEqual(
          got.seen.value.variants.map((v) => v.id),
          VARIANTS.filter((id) => !/^(?:middle|first|last)-bit$|^signature-(?:missing|empty)$/.test(id)),
        )
        assert.deepEqual(statement.logging.channels[0]?.restore?.body, JSON.stringify({ address: null, port: null }))
      } finally {
        await camera.stop()
      }
    })

  test("the operator's faults are unanswered: no package, or the version to be installed already runs", async () => {
    const device = await startUpdateDevice('1.1.0', GOOD)
    const genuine = signedFile('1.1.0')
    try {
      for (const [file, key] of [
        [join(directory, 'none'), 'no-package'],
        [genuine, 'already-installed'],
      ] as const) {
        const seen = await probe.run(
          liveBench(updateStatement(device.port, { packages: { genuine: { file, version: '1.1.0' } } }), {
            owner: 'right-Pass-1',
          }),
          SUBJECT,
        )
        assert.ok(!seen.answered && seen.cause === 'operator' && seen.why.code === `update-refusal.${key}`)
        assert.doesNotMatch(messageText('vi', seen.why), /\{|^update-refusal/)
      }
    } finally {
      await device.stop()
    }
  })
})
