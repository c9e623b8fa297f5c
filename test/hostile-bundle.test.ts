import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { openBundle } from '../reports/bundle.ts'
import { makeDemoKey } from '../reports/demo-key.ts'
import { loadSigner, type Signer } from '../reports/keys.ts'
import { sealRun } from '../reports/seal.ts'
import type { SealFaultCode } from '../reports/seal-fault.ts'
import { verifySeal } from '../reports/verify-seal.ts'
import type { Limits } from '../reports/zip-directory.ts'
import { makeRun, manifest, objectOf, run, scratch, snapshot, zip, type Piece, type ZipOptions } from './seal-kit.ts'

const root = scratch()
const file = join(root, 'jail', 'case.asice')
let signer: Signer

before(async () => {
  mkdirSync(join(root, 'jail'))
  const demo = await makeDemoKey()
  writeFileSync(join(root, 'key.pem'), demo.key)
  writeFileSync(join(root, 'certificate.pem'), demo.certificate)
  const loaded = await loadSigner({ key: join(root, 'key.pem'), certificate: join(root, 'certificate.pem') })
  assert.ok('signer' in loaded)
  signer = loaded.signer
})
after(() => rmSync(root, { recursive: true, force: true }))

const MIME = 'application/vnd.etsi.asic-e+zip'
const first: Piece = { name: 'mimetype', data: MIME }
const MANIFEST = 'META-INF/ASiCManifest001.xml'
const signature: Piece = { name: 'META-INF/signature001.p7s', data: 'not looked at by the container reader' }
const SAMPLE: Record<string, string> = { 'report.json': '{}', 'journal.jsonl': 'x'.repeat(500) }

interface Case {
  code: SealFaultCode
  why: string
  bytes: () => Buffer
  limits?: Partial<Limits>
  /** Values the fault must carry. */
  values?: Record<string, string | number>
}

/** A well-made bundle around some pieces; `listed` is what its manifest says. */
function bundle(
  pieces: Piece[],
  options: ZipOptions & { listed?: Record<string, string | Buffer>; xml?: string } = {},
): Buffer {
  const listed = options.listed ?? Object.fromEntries(pieces.map(({ name, data }) => [String(name), data]))
  return zip(
    [first, ...pieces, { name: MANIFEST, data: options.xml ?? manifest(listed), deflate: true }, signature],
    options,
  )
}
const sample = (): Piece[] => Object.entries(SAMPLE).map(([name, data]) => ({ name, data, deflate: true }))
const named =
  (name: string | Buffer): (() => Buffer) =>
  () =>
    bundle([...sample(), { name, data: 'x' }])
const withSample =
  (change: Partial<Piece>): (() => Buffer) =>
  () =>
    bundle(
      sample().map((piece) => (piece.name === 'journal.jsonl' ? { ...piece, ...change } : piece)),
      { listed: SAMPLE },
    )
const xml =
  (text: string): (() => Buffer) =>
  () =>
    bundle(sample(), { xml: text })
const megabytes = (n: number): Buffer => Buffer.alloc(n << 20)
const salted = objectOf('content')

const CASES: Case[] = [
  { code: 'not-a-zip', why: 'text', bytes: () => Buffer.from('hello '.repeat(100)) },
  { code: 'not-a-zip', why: 'empty file', bytes: () => Buffer.alloc(0) },
  { code: 'truncated', why: 'the second half is missing', bytes: () => bundle(sample()).subarray(0, 700) },
  { code: 'truncated', why: 'the last byte is missing', bytes: () => bundle(sample()).subarray(0, -1) },
  {
    code: 'prepended-bytes',
    why: 'an executable stub in front',
    bytes: () => bundle(sample(), { prepend: Buffer.from('MZ stub'), fixOffsets: true }),
    values: { bytes: 7 },
  },
  {
    code: 'prepended-bytes',
    why: 'a stub in front, offsets adjusted',
    bytes: () => zip([{ ...first, gap: Buffer.from('MZ') }, ...sample()]),
  },
  {
    code: 'trailing-bytes',
    why: 'bytes after the end record',
    bytes: () => bundle(sample(), { append: Buffer.from('tail') }),
    values: { bytes: 4 },
  },
  { code: 'trailing-bytes', why: 'a zip comment', bytes: () => bundle(sample(), { comment: 'hidden' }) },
  {
    code: 'trailing-bytes',
    why: 'a second zip behind the first, cut short',
    bytes: () => Buffer.concat([bundle(sample()), Buffer.from('PK\x03\x04')]),
  },
  { code: 'directory-broken', why: 'count too high', bytes: () => bundle(sample(), { count: 9 }) },
  {
    code: 'directory-broken',
    why: 'directory behind the end of the file',
    bytes: () => bundle(sample(), { directoryShift: 5000 }),
  },
  {
    code: 'unaccounted-bytes',
    why: 'bytes between two members',
    bytes: () => bundle([{ ...sample()[0]!, gap: Buffer.from('smuggled') }, sample()[1]!]),
    values: { bytes: 8 },
  },
  {
    code: 'unaccounted-bytes',
    why: 'bytes behind the data of a member',
    bytes: withSample({ afterData: Buffer.from('PK\x07\x08............') }),
  },
  {
    code: 'overlap',
    why: 'two directory entries for one local header',
    bytes: () => bundle([...sample(), { name: 'copy.json', data: '{}', offset: 61, ghost: true }]),
  },
  {
    code: 'overlap',
    why: 'a member reaching into the directory',
    bytes: () => zip([first, { name: 'a', data: 'x', bytes: 900, packedBytes: 900 }]),
  },
  {
    code: 'header-mismatch',
    why: 'another name in the local header',
    bytes: withSample({ localName: 'journal.jsonx' }),
    values: { field: 'name' },
  },
  {
    code: 'header-mismatch',
    why: 'a longer name in the local header',
    bytes: withSample({ localName: 'journal.jsonl.exe' }),
  },
  {
    code: 'header-mismatch',
    why: 'another size in the local header',
    bytes: withSample({ localBytes: 501 }),
    values: { field: 'size' },
  },
  {
    code: 'zip-dialect',
    why: 'an extra field',
    bytes: withSample({ extra: Buffer.from([0x55, 0x54, 1, 0, 0]) }),
    values: { field: 'extra field' },
  },
  { code: 'zip-dialect', why: 'a date', bytes: withSample({ date: 0x5b21 }), values: { field: 'date' } },
  { code: 'zip-dialect', why: 'a data descriptor flag', bytes: withSample({ flags: 8 }), values: { field: 'flags' } },
  {
    code: 'zip-dialect',
    why: 'an executable bit',
    bytes: withSample({ attributes: 0o100755 * 0x10000 }),
    values: { field: 'external attributes' },
  },
  {
    code: 'zip-dialect',
    why: 'made on another system',
    bytes: withSample({ madeBy: 0x0014 }),
    values: { field: 'version made by' },
  },
  { code: 'encrypted', why: 'traditional encryption', bytes: withSample({ flags: 1 }) },
  { code: 'encrypted', why: 'strong encryption', bytes: withSample({ flags: 0x41 }) },
  { code: 'method-unsupported', why: 'method 99', bytes: withSample({ method: 99 }), values: { method: 99 } },
  { code: 'method-unsupported', why: 'bzip2', bytes: withSample({ method: 12 }) },
  {
    code: 'directory-entry',
    why: 'a folder',
    bytes: () => bundle([...sample(), { name: 'objects/', data: '', attributes: 0o040755 * 0x10000 }]),
  },
  { code: 'directory-entry', why: 'a folder by the DOS attribute', bytes: withSample({ attributes: 0x10 }) },
  {
    code: 'special-file',
    why: 'a symbolic link',
    bytes: () => bundle([...sample(), { name: 'link', data: '/etc/passwd', attributes: 0o120777 * 0x10000 }]),
  },
  { code: 'special-file', why: 'a device', bytes: withSample({ attributes: 0o020600 * 0x10000 }) },
  { code: 'name-parent', why: '..', bytes: named('../../tmp/evil') },
  { code: 'name-parent', why: '.. in the middle', bytes: named('objects/../../evil') },
  { code: 'name-absolute', why: 'absolute', bytes: named('/etc/cron.d/evil') },
  { code: 'name-backslash', why: 'backslashes', bytes: named('..\\..\\evil.exe') },
  { code: 'name-drive', why: 'a drive letter', bytes: named('C:evil.exe') },
  { code: 'name-control', why: 'NUL', bytes: named('report.json\0.exe') },
  { code: 'name-control', why: 'an escape sequence', bytes: named('\x1b[2Jreport') },
  { code: 'name-not-ascii', why: 'UTF-8', bytes: named('báo-cáo.json') },
  { code: 'name-not-ascii', why: 'right-to-left override', bytes: named('re\u202enosj.port') },
  { code: 'name-not-ascii', why: 'bytes that are no UTF-8', bytes: named(Buffer.from([0x61, 0xff, 0xfe])) },
  { code: 'name-character', why: 'a dot segment', bytes: named('./report.json') },
  { code: 'name-character', why: 'an empty segment', bytes: named('objects//x') },
  { code: 'name-character', why: 'an empty name', bytes: named('') },
  { code: 'name-character', why: 'markup', bytes: named('<img src=x>') },
  { code: 'name-too-long', why: '300 characters', bytes: named('n'.repeat(300)) },
  {
    code: 'duplicate-name',
    why: 'one name twice',
    bytes: () => bundle([...sample(), { name: 'report.json', data: '{"verdict":"pass"}' }], { listed: SAMPLE }),
  },
  { code: 'case-collision', why: 'the same but for case', bytes: named('Report.JSON') },
  { code: 'name-under-file', why: 'a file that is also a folder', bytes: named('report.json/evil') },
  { code: 'member-count', why: 'more members than allowed', bytes: () => bundle(sample()), limits: { members: 4 } },
  {
    code: 'member-too-big',
    why: 'one member over its limit',
    bytes: () => bundle(sample()),
    limits: { memberBytes: 499 },
  },
  {
    code: 'total-too-big',
    why: 'all members over their limit',
    bytes: () => bundle(sample()),
    limits: { totalBytes: 600 },
  },
  {
    code: 'ratio',
    why: '20 MiB of zeros',
    bytes: () => bundle([...sample(), { name: 'bomb', data: megabytes(20), deflate: true }]),
  },
  { code: 'member-too-big', why: 'declares 3 GiB', bytes: withSample({ bytes: 3 * 2 ** 30 }) },
  {
    code: 'total-too-big',
    why: 'declares 1.5 GiB thrice',
    bytes: () => bundle([1, 2, 3].map((i) => ({ name: `m${i}`, data: 'x', deflate: true, bytes: 1.5 * 2 ** 30 }))),
  },
  {
    code: 'inflate-size',
    why: 'inflates to more than declared',
    bytes: withSample({ bytes: 499 }),
    values: { declared: 499 },
  },
  {
    code: 'inflate-size',
    why: 'inflates to less than declared',
    bytes: withSample({ bytes: 501 }),
    values: { found: 500 },
  },
  {
    code: 'inflate-size',
    why: '20 MiB inflating from a member that declares 1 MiB',
    bytes: () => bundle([...sample(), { name: 'bomb', data: megabytes(20), deflate: true, bytes: 1 << 20 }]),
  },
  {
    code: 'inflate-size',
    why: 'stored with two sizes',
    bytes: () => bundle([...sample(), { name: 'a', data: 'xxxx', bytes: 3 }]),
  },
  {
    code: 'inflate-failed',
    why: 'not deflate',
    bytes: withSample({ packed: Buffer.from('this is no deflate stream') }),
  },
  {
    code: 'inflate-failed',
    why: 'deflate stream cut short',
    bytes: withSample({ packed: deflateRawSync(SAMPLE['journal.jsonl']!).subarray(0, -2) }),
  },
  {
    code: 'inflate-failed',
    why: 'bytes behind the deflate stream',
    bytes: withSample({ packed: Buffer.concat([deflateRawSync(SAMPLE['journal.jsonl']!), Buffer.from('hidden')]) }),
  },
  {
    code: 'inflate-failed',
    why: 'bytes behind a long deflate stream',
    bytes: () =>
      bundle([
        ...sample(),
        {
          name: 'a',
          data: Buffer.alloc(600_000, 'long '),
          packed: Buffer.concat([deflateRawSync(Buffer.alloc(600_000, 'long ')), Buffer.from('hidden')]),
        },
      ]),
  },
  { code: 'crc-mismatch', why: 'another CRC-32', bytes: withSample({ crc: 1 }) },
  {
    code: 'mimetype-not-first',
    why: 'second',
    bytes: () => zip([sample()[0]!, first, sample()[1]!, { name: MANIFEST, data: manifest(SAMPLE) }, signature]),
  },
  {
    code: 'mimetype-not-first',
    why: 'absent',
    bytes: () => zip([...sample(), { name: MANIFEST, data: manifest(SAMPLE) }, signature]),
  },
  {
    code: 'mimetype-compressed',
    why: 'deflated',
    bytes: () => zip([{ ...first, deflate: true }, ...sample(), { name: MANIFEST, data: manifest(SAMPLE) }, signature]),
  },
  {
    code: 'mimetype-wrong',
    why: 'another type',
    bytes: () =>
      zip([{ ...first, data: 'application/zip' }, ...sample(), { name: MANIFEST, data: manifest(SAMPLE) }, signature]),
  },
  {
    code: 'mimetype-wrong',
    why: 'a line feed',
    bytes: () =>
      zip([{ ...first, data: `${MIME}\n` }, ...sample(), { name: MANIFEST, data: manifest(SAMPLE) }, signature]),
  },
  { code: 'manifest-missing', why: 'none', bytes: () => zip([first, ...sample(), signature]) },
  {
    code: 'signature-missing',
    why: 'none',
    bytes: () => zip([first, ...sample(), { name: MANIFEST, data: manifest(SAMPLE) }]),
  },
  {
    code: 'manifest-several',
    why: 'two',
    bytes: () =>
      bundle([...sample(), { name: 'META-INF/ASiCManifest002.xml', data: manifest({}) }], { listed: SAMPLE }),
  },
  {
    code: 'signature-several',
    why: 'two',
    bytes: () => bundle([...sample(), { name: 'META-INF/signature002.p7s', data: 'x' }], { listed: SAMPLE }),
  },
  {
    code: 'unlisted-member',
    why: 'not in the manifest',
    bytes: () => bundle([...sample(), { name: 'extra.json', data: '{}' }], { listed: SAMPLE }),
    values: { name: 'extra.json' },
  },
  {
    code: 'missing-member',
    why: 'in the manifest only',
    bytes: () => bundle(sample(), { listed: { ...SAMPLE, 'statement.json': '{}' } }),
    values: { name: 'statement.json' },
  },
  {
    code: 'digest-mismatch',
    why: 'other contents',
    bytes: () => bundle([{ name: 'report.json', data: '{"x":1}' }, sample()[1]!], { listed: SAMPLE }),
    values: { name: 'report.json' },
  },
  { code: 'digest-algorithm', why: 'SHA-1', bytes: xml(manifest(SAMPLE, 'sha1')) },
  { code: 'digest-algorithm', why: 'MD5', bytes: xml(manifest(SAMPLE, 'md5')) },
  { code: 'manifest-doctype', why: 'DOCTYPE', bytes: xml(`<!DOCTYPE a [<!ENTITY x "y">]>${manifest(SAMPLE)}`) },
  {
    code: 'manifest-doctype',
    why: 'an external DTD',
    bytes: xml(`<!DOCTYPE a SYSTEM "file:///etc/passwd">${manifest(SAMPLE)}`),
  },
  { code: 'manifest-entity', why: 'an entity', bytes: xml(manifest(SAMPLE).replace('report.json', '&r;')) },
  {
    code: 'manifest-entity',
    why: 'a character reference',
    bytes: xml(manifest(SAMPLE).replace('report.json', 'repor&#116;.json')),
  },
  { code: 'manifest-depth', why: '100 levels', bytes: xml('<a>'.repeat(100) + '</a>'.repeat(100)) },
  { code: 'manifest-depth', why: '100,000 levels', bytes: xml('<a>'.repeat(100_000)) },
  { code: 'manifest-invalid', why: 'not XML', bytes: xml('manifest') },
  {
    code: 'manifest-invalid',
    why: 'not UTF-8',
    bytes: () => zip([first, ...sample(), { name: MANIFEST, data: Buffer.from([0xff, 0xfe, 0x3c]) }, signature]),
  },
  { code: 'manifest-invalid', why: 'cut short', bytes: xml(manifest(SAMPLE).slice(0, -20)) },
  { code: 'manifest-invalid', why: 'another namespace', bytes: xml(manifest(SAMPLE).replace('02918', '02919')) },
  {
    code: 'manifest-invalid',
    why: 'an unknown element',
    bytes: xml(manifest(SAMPLE).replace('</a:ASiCManifest>', '<a:Extension/></a:ASiCManifest>')),
  },
  {
    code: 'manifest-invalid',
    why: 'a digest too short',
    bytes: xml(manifest(SAMPLE).replace(/DigestValue>..../, 'DigestValue>')),
  },
  {
    code: 'manifest-invalid',
    why: 'another signature file',
    bytes: xml(manifest(SAMPLE).replace('signature001', 'signature007')),
  },
  {
    code: 'signature-several',
    why: 'no signature named',
    bytes: xml(manifest(SAMPLE).replace(/<a:SigReference[^>]*>/, '')),
  },
  {
    code: 'manifest-duplicate',
    why: 'one member listed twice',
    bytes: xml(
      manifest(SAMPLE).replace(
        '<a:DataObjectReference',
        '<a:DataObjectReference URI="report.json"><d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><d:DigestValue>RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=</d:DigestValue></a:DataObjectReference><a:DataObjectReference',
      ),
    ),
  },
  {
    code: 'object-name',
    why: 'not its own digest',
    bytes: () => bundle([...sample(), { name: salted.name, data: objectOf('other').bytes }]),
  },
  {
    code: 'object-name',
    why: 'no digest at all',
    bytes: () => bundle([...sample(), { name: 'objects/readme', data: 'x' }]),
  },
  {
    code: 'object-name',
    why: 'withheld, listed with a digest that is not its name',
    bytes: () => bundle(sample(), { listed: { ...SAMPLE, [salted.name]: 'other' } }),
  },
  {
    code: 'object-salt',
    why: 'no salt line',
    bytes: () => {
      const bare = Buffer.from('guessable')
      return bundle([
        ...sample(),
        { name: `objects/sha256/${createHash('sha256').update(bare).digest('hex')}`, data: bare },
      ])
    },
  },
]

test('a hand-built bundle in the dialect is accepted, with SHA-256, SHA-384 and SHA-512', async () => {
  for (const algorithm of ['sha256', 'sha384', 'sha512'] as const) {
    const pieces = [...sample(), { name: salted.name, data: salted.bytes }]
    const listed = { ...SAMPLE, [salted.name]: salted.bytes }
    writeFileSync(file, bundle(pieces, { xml: manifest(listed, algorithm) }))
    const opened = await openBundle(file)
    assert.ok('bundle' in opened, JSON.stringify(opened))
    const { bundle: found } = opened
    assert.deepEqual([...found.members.keys()], Object.keys(listed))
    assert.equal(String(await found.members.get('journal.jsonl')!.read()), SAMPLE['journal.jsonl'])
    assert.equal(found.members.get('report.json')!.sha256, createHash('sha256').update('{}').digest('hex'))
    await assert.rejects(found.members.get('journal.jsonl')!.read(499), RangeError)
    await found.close()
  }
})

test('every hostile container is refused with its code, and nothing is written', async (t) => {
  for (const { code, why, bytes, limits, values } of CASES) {
    await t.test(`${code}: ${why}`, async () => {
      writeFileSync(file, bytes())
      const before = [snapshot(root), readFileSync(file)]
      const opened = await openBundle(file, limits)
      if ('bundle' in opened) await opened.bundle.close()
      assert.ok('faults' in opened, 'accepted')
      const fault = opened.faults.find((one) => one.code === code)
      assert.ok(fault, `got ${JSON.stringify(opened.faults)}`)
      for (const [key, value] of Object.entries(values ?? {})) assert.equal(fault.values[key], value)
      for (const { values: shown } of opened.faults) {
        for (const value of Object.values(shown))
          assert.match(String(value), /^[\x20-\x7e…]*$/, 'a fault repeats raw bytes')
      }
      const verified = await verifySeal(file, limits)
      assert.equal(verified.seal, 'broken')
      assert.deepEqual([snapshot(root), readFileSync(file)], before)
    })
  }
})

test('all faults of a bundle are told at once', async () => {
  writeFileSync(
    file,
    bundle(
      [
        { name: 'report.json', data: '{"x":1}' },
        { name: '../evil', data: 'x' },
        { name: 'locked', data: 'x', flags: 1 },
        { name: 'link', data: 'x', attributes: 0o120777 * 0x10000 },
        { name: 'broken', data: 'x', crc: 7 },
        { name: 'extra', data: 'x' },
      ],
      { listed: { 'report.json': '{}', 'statement.json': '{}', broken: 'x' }, append: Buffer.from('tail') },
    ),
  )
  const opened = await openBundle(file)
  assert.ok('faults' in opened)
  const codes = new Set(opened.faults.map(({ code }) => code))
  for (const code of [
    'digest-mismatch',
    'name-parent',
    'encrypted',
    'special-file',
    'crc-mismatch',
    'unlisted-member',
    'missing-member',
    'trailing-bytes',
  ] as const) {
    assert.ok(codes.has(code), `${code} is missing in ${[...codes].join(' ')}`)
  }
})

test('what is no regular file is refused without waiting for it', { timeout: 10_000 }, async () => {
  const pipe = join(root, 'pipe')
  assert.equal(run('mkfifo', [pipe]).status, 0)
  for (const path of [pipe, root, '/dev/zero', join(root, 'nowhere')]) {
    const opened = await openBundle(path)
    assert.ok('faults' in opened, path)
    assert.match(opened.faults[0]!.code, /^(not-a-zip|file-unreadable)$/)
  }
  rmSync(pipe)
})

test('thousands of faults stay a short list', { timeout: 60_000 }, async () => {
  const pieces = Array.from({ length: 3000 }, (_, i) => ({ name: `m${i}\\`, data: 'x' }))
  writeFileSync(file, bundle(pieces, { listed: {} }))
  const opened = await openBundle(file)
  assert.ok('faults' in opened)
  assert.equal(opened.faults.length, 501)
  assert.equal(opened.faults.at(-1)!.code, 'more-faults')
})

test('a member that changes after it was opened is not read as if it had not', async () => {
  const bytes = bundle([{ name: 'report.json', data: '{"verdict":"fail"}' }])
  writeFileSync(file, bytes)
  const opened = await openBundle(file)
  assert.ok('bundle' in opened)
  bytes.write('pass', bytes.indexOf('fail'))
  writeFileSync(file, bytes)
  await assert.rejects(opened.bundle.members.get('report.json')!.read(), /changed/)
  await opened.bundle.close()
})

/** A small generator with a fixed seed (xorshift32): the same 300 mutations on every machine. */
function* random(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    yield x >>> 0
  }
}

test('one changed byte anywhere is refused, or changes nothing that is read', { timeout: 120_000 }, async (t) => {
  const directory = join(root, 'run')
  makeRun(directory)
  const sealed = await sealRun(directory, signer)
  assert.ok('digest' in sealed, JSON.stringify(sealed))
  const original = readFileSync(sealed.path)
  const contents = async (path: string): Promise<string[] | null> => {
    const verified = await verifySeal(path)
    if (verified.seal === 'broken') return null
    const {
      bundle: { members, manifest: m, signature: s, close },
    } = verified
    const read = [...members].map(
      async ([name, member]) => `${name} ${Buffer.from(await member.read()).toString('base64')}`,
    )
    const all = [...(await Promise.all(read)), Buffer.from(m).toString('base64'), Buffer.from(s).toString('base64')]
    await close()
    return all
  }
  writeFileSync(file, original)
  const expected = await contents(file)
  assert.ok(expected)
  const numbers = random(0x5ea1ed)
  let harmless = 0
  for (let i = 0; i < 300; i++) {
    const at = numbers.next().value % original.length
    const mutated = Buffer.from(original)
    mutated[at]! ^= 1 + (numbers.next().value % 255)
    writeFileSync(file, mutated)
    const found = await contents(file)
    if (found === null) continue
    harmless++
    assert.deepEqual(found, expected, `byte ${at} of ${original.length}: ${original[at]} to ${mutated[at]}`)
  }
  t.diagnostic(`${300 - harmless} of 300 refused, ${harmless} changed nothing that is read`)
  assert.ok(harmless <= 3, 'only the unused bits at the end of a deflate stream may go unnoticed')
})
