import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bytesLines, exchangesIn, valueLines } from '../reports/formats/exchange-text.ts'
import { criterionNamed } from '../reports/replay.ts'
import { list, obj, base64, str } from '../suites/schema.ts'
import { cameraUnit } from './support/camera-unit.ts'
import { camseal } from './support/camseal.ts'

const work = mkdtempSync(join(tmpdir(), 'camseal-replay-'))
after(() => rmSync(work, { recursive: true, force: true }))
const WEAK = 'test/golden/weak.asice'

test('a criterion is found by its id or its last part', () => {
  const found = criterionNamed('tls-versions')
  assert.ok(found.ok)
  assert.equal(found.value, 'encryption/tls-versions')
  assert.ok(!criterionNamed('tls').ok && !criterionNamed('').ok)
})

test('bytes of a device are shown as text where they are text, else in hexadecimal, and never obeyed', () => {
  assert.deepEqual(bytesLines(Buffer.from('HTTP/1.1 200 OK\r\nA: b\r\n\r\n'), 'en').slice(0, 2), [
    'HTTP/1.1 200 OK',
    'A: b',
  ])
  assert.deepEqual(bytesLines(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x28]), 'en'), [
    `0000  ${'15 03 01 00 02 02 28'.padEnd(47)}  ......(`,
  ])
  const schema = obj({ raw: base64(), note: str(), more: list(base64()) })
  const lines = valueLines({ raw: 'AAEC', note: 'a\u001b[31m\u202e', more: ['AAAA'] }, schema, 'en').join('\n')
  assert.match(lines, /raw: 0000 {2}00 01 02/)
  assert.match(lines, /0000 {2}00 00 00/)
  assert.ok(!lines.includes('\u001b') && !lines.includes('\u202e'), lines)
  let seed = 20_261_122
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(
      Array.from({ length: i % 70 }, () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) >>> 24),
    )
    assert.ok(bytesLines(bytes, 'vi').length > 0)
    assert.deepEqual(exchangesIn({ request: bytes.toString('latin1'), rounds: [...bytes] }), [])
  }
})

test('offline: a failed criterion is judged again from the sealed evidence, with the bytes it cites', async () => {
  const [words, json, vi, asked] = await Promise.all([
    camseal(['replay', 'tls-versions', '--report', WEAK]),
    camseal(['replay', 'encryption/tls-versions', '--report', WEAK, '--json']),
    camseal(['replay', 'no-anonymous-access', '--report', WEAK, '--lang', 'vi']),
    camseal(['replay', 'tls-versions', '--report', WEAK, '--statement', 'x.yaml']),
  ])
  assert.equal(words.code, 1, words.stderr)
  assert.match(words.stdout, /FAIL: No outdated version of TLS/)
  assert.match(words.stdout, /Violation: Port \d+ accepts TLS 1\.0/)
  assert.match(words.stdout, /0000 {2}16 03 01 /, 'the ServerHello in TLS 1.0')
  const { judgements, exitCode } = JSON.parse(json.stdout) as { judgements: { verdict: string }[]; exitCode: number }
  assert.ok(judgements.some((j) => j.verdict === 'fail') && exitCode === 1)
  assert.equal(vi.code, 1, vi.stderr)
  assert.match(vi.stdout, /> GET \/snapshot\.jpg/)
  assert.match(vi.stdout, /< HTTP\/1\.1 200/)
  assert.equal(asked.code, 3)
  assert.match(asked.stderr, /either --statement .* or --report/)
})

test('offline: nothing of a bundle with a broken seal is judged', async () => {
  const bytes = readFileSync(WEAK)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  const path = join(work, 'broken.asice')
  writeFileSync(path, bytes)
  const broken = await camseal(['replay', 'tls-versions', '--report', path])
  assert.equal(broken.code, 5, broken.stdout)
  assert.equal(broken.stdout, '')
})

test(
  'on a unit: makes what the criterion needs, shows each exchange, and can be judged again',
  { timeout: 60_000 },
  async (t) => {
    const unit = await cameraUnit(t, { n: 62, work, criteria: [] })
    const statement = join(unit.directory, 'statement.yaml')
    const args = ['replay', 'no-default-credentials', '--statement', statement, '--pace', 'fast', '--out', unit.out]
    const ran = await camseal(args, { env: unit.environment })
    assert.equal(ran.code, 0, `${ran.stdout.slice(-1500)}\n${ran.stderr}`)
    assert.match(ran.stdout, /> GET \/api\/device {2}\(as admin, published password admin/)
    assert.match(ran.stdout, /< HTTP\/1\.1 401/)
    assert.match(ran.stdout, /PASS: .*\n {2}Evidence/)
    assert.ok(!ran.stdout.includes('Owner-7421'), 'secrets stay redacted')
    assert.doesNotMatch(ran.stdout, /tls-offers|update-refusal/)
    const offline = await camseal(['replay', 'no-default-credentials', '--report', unit.out])
    assert.equal(offline.code, 0, offline.stderr)
    assert.match(offline.stdout, /PASS: [^]*< HTTP\/1\.1 401/)
  },
)
