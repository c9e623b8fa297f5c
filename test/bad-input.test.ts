import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadInputs } from '../lab/inputs.ts'
import { makeDemoKey } from '../reports/demo-key.ts'
import { camseal } from './support/camseal.ts'

/** Whatever is given to a verb: an exit code that is none of a verdict's, one sentence in the language asked for, no stack trace. */
const work = mkdtempSync(join(tmpdir(), 'camseal-bad-input-'))
after(() => rmSync(work, { recursive: true, force: true }))

const at = (name: string, content?: string): string => {
  const path = join(work, name)
  if (content !== undefined) writeFileSync(path, content)
  return path
}
const absent = at('absent')
const folder = at('folder')
mkdirSync(folder)
const broken = at('broken-run')
mkdirSync(broken)
at('broken-run/run.json', '{')
const demo = await makeDemoKey()
const key = at('lab.key', demo.key)
const certificate = at('lab.crt', demo.certificate)
const junk = at('junk.json', 'no JSON')
const sealed = fileURLToPath(new URL('golden/sound.asice', import.meta.url))
const example = fileURLToPath(new URL('../docs/examples/camera.yaml', import.meta.url))
const testing = ['--statement', example, '--regulation', 'camseal-core']
const ran = [...testing, '--out', at('out'), '--rehearsal']

const CASES: [args: string[], said: RegExp][] = [
  [['verify', absent], /^\S+absent cannot be read \(ENOENT\)/],
  [['rejudge', absent], /^\S+absent cannot be read \(ENOENT\)/],
  [['verify', sealed, '--lang', 'fr'], /--lang: expected one of: en, vi\./],
  [['diff', absent, sealed], /^\S+absent is no report\./],
  [['export', sealed, '--format', 'summary', '--out', folder], /^\S+folder cannot be read or written \(EISDIR\)/],
  [
    ['export', sealed, '--format', 'summary', '--out', '/proc/none/x'],
    /^\/proc\/none cannot be read or written \(ENOENT\)/,
  ],
  [['seal', broken, '--key', absent], /^The key file \S+absent cannot be read/],
  [['seal', broken, '--key', key, '--certificate', certificate], /^\S+run\.json: is not valid JSON\./],
  [['seal', broken], /^--key: name the key to seal with\./],
  [['resume', broken, '--pace', 'quick'], /^--pace: expected one of: gentle, fast\./],
  [['replay', 'tls-versions', '--report', sealed, '--pace', 'quick'], /^--pace: expected one of: gentle, fast\./],
  [['run', ...ran, '--ports', '0-9,443'], /^--ports: expected the form 1-1024, 8443 or declared\./m],
  [['replay', 'tls-versions', '--statement', example, '--ports', '80-79'], /^--ports: expected the form/m],
  [['run', ...ran, '--port-baseline', junk], /^\S+junk\.json: is not valid JSON\./m],
  [['run', ...ran, '--port-baseline', absent], /^\S+absent: cannot be read \(ENOENT\)/m],
  [['run', ...ran.map((a) => (a === 'camseal-core' ? ',' : a))], /^--regulation: must not be empty\./m],
  [['plan', ...testing.map((a) => (a === 'camseal-core' ? '' : a))], /^--regulation: must not be empty\./m],
]

for (const [args, said] of CASES)
  test(`camseal ${args.map((a) => a.replace(/^.*\//, '')).join(' ')}`, { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await camseal(args)
    assert.equal(code, 3, stdout + stderr)
    assert.match(stderr, said)
    assert.equal(stdout, '')
    assert.doesNotMatch(stderr, /^ +at /m)
  })

test('a broken seal is told apart from bad input', { timeout: 60_000 }, async () => {
  const cut = at('cut.asice')
  writeFileSync(cut, readFileSync(sealed).subarray(0, 5000))
  for (const args of [
    ['verify'],
    ['rejudge'],
    ['export', '--format', 'junit'],
    ['disclose', '--to', 'public', '--out', absent],
  ]) {
    const { code, stdout, stderr } = await camseal([...args, cut])
    assert.equal(code, 5, `${args[0]}: ${stdout} ${stderr}`)
    assert.match(stdout + stderr, /The file ends too early\./)
  }
})

test('a factory password in place of the one that the lab sets at first use is named', async () => {
  for (const name of ['firmware-1.5.0.bin', 'firmware-1.3.0.bin']) at(name, 'package')
  at('spare', 'Spare-83-unlisted')
  at('known', 'admin')
  const faultsOf = async (password: string, arrives = 'factory-fresh') => {
    const text = readFileSync(example, 'utf8')
      .replace('{env: EX_ADMIN_PASSWORD}', password)
      .replace('{env: EX_SPARE_PASSWORD}', '{file: spare}')
      .replace('arrives: factory-fresh', `arrives: ${arrives}`)
    const statement = at('fresh.yaml', text)
    const read = await loadInputs({ statement, regulations: ['camseal-core'], bench: null, demo: false, ask: null })
    // The files that the example names are not all there.
    const faults = read.ok ? [] : read.faults.filter((f) => !f.code.endsWith('-missing'))
    return faults.map((f) => [f.code, f.field])
  }
  const fault = [['first-password-listed', '/accounts/0/password']]
  assert.deepEqual(await faultsOf('{file: known}'), fault)
  assert.deepEqual(await faultsOf('{published: Printed-on-page-3}'), fault)
  assert.deepEqual(await faultsOf('{file: spare}'), [])
  assert.deepEqual(await faultsOf('{file: known}', 'in-service'), [])
})

test('the trust store of the examples', { timeout: 60_000 }, async () => {
  const trust = at('labs')
  mkdirSync(trust)
  const without = await camseal(['verify', sealed, '--trust', trust])
  assert.equal(without.code, 3)
  assert.match(without.stderr, /^\S+labs is no trust store\. .*docs\/examples\/trust\.yaml/)
  copyFileSync(fileURLToPath(new URL('../docs/examples/trust.yaml', import.meta.url)), join(trust, 'trust.yaml'))
  writeFileSync(join(trust, 'lab.crt'), demo.certificate)
  const { code, stdout, stderr } = await camseal(['verify', sealed, '--trust', trust])
  assert.equal(stderr, '')
  assert.match(stdout, /^Signer: .*, NOT trusted/m)
  assert.equal(code, 6)
})

test('the language asked for, also where no verb foresaw the fault', { timeout: 60_000 }, async () => {
  const { code, stderr } = await camseal(['export', sealed, '--format', 'summary', '--out', folder, '--lang', 'vi'])
  assert.equal(code, 3, stderr)
  assert.match(stderr, /^không đọc hoặc ghi được \S+folder \(EISDIR\)/)
})
