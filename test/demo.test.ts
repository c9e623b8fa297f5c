import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Report } from '../reports/report.ts'

/** `npm run demo`, as a stranger runs it: the sound camera conforms and is admitted, the weak one is refused with reasons. */
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'camseal-demo-test-'))
after(() => rmSync(work, { recursive: true, force: true }))

interface Ran {
  code: number
  out: string
}
const camseal = (...args: string[]): Promise<Ran> =>
  new Promise((done) =>
    execFile(
      process.execPath,
      [cli, ...args],
      { encoding: 'utf8', timeout: 600_000, maxBuffer: 2 ** 26 },
      (e, stdout, stderr) => done({ code: e ? Number(e.code ?? -1) : 0, out: stdout + stderr }),
    ),
  )
const reportOf = (name: string): Report =>
  JSON.parse(readFileSync(join(work, 'demo', name, 'report', 'report.json'), 'utf8')) as Report

test('the demonstration does what it says', { timeout: 660_000 }, async (t) => {
  const demo = await camseal('demo', '--out', join(work, 'demo'), '--lang', 'en')
  assert.equal(demo.code, 0, demo.out.slice(-6000))
  const bundle = (name: string) => join(work, 'demo', name, 'report', 'report.asice')
  const trust = join(work, 'demo', 'catalog', 'trust')

  await t.test('the sound camera is accused of nothing', () => {
    const { verdicts, changes, run } = reportOf('sound')
    assert.equal(run.mode, 'official')
    assert.ok(run.demo)
    assert.deepEqual(
      verdicts.judgements.filter((j) => j.verdict !== 'pass').map((j) => `${j.criterion} ${j.subject} ${j.verdict}`),
      // It has no log-in but by web and RTSP.
      [
        'authentication/idle-session-ends  not-applicable',
        'authentication/no-anonymous-remote-access  not-applicable',
        'authentication/no-default-remote-credentials  not-applicable',
        'authentication/remote-login-lockout  not-applicable',
        'authentication/session-cookie-attributes  not-applicable',
        'authentication/session-ends-at-log-out  not-applicable',
        'authentication/session-ends-at-password-change  not-applicable',
        'authentication/session-identifiers  not-applicable',
        'authentication/session-renewed-at-log-in  not-applicable',
        'encryption/no-plain-remote-login  not-applicable',
        'encryption/ssh-algorithms  not-applicable',
      ],
    )
    assert.equal(verdicts.regulations[0]?.overall, 'conforms')
    assert.deepEqual(
      changes.filter((c) => c.outcome === 'open'),
      [],
    )
  })

  await t.test('the weak camera fails where it is weak, and nowhere else', () => {
    const { verdicts } = reportOf('weak')
    const failed = new Set(verdicts.judgements.filter((j) => j.verdict === 'fail').map((j) => j.criterion))
    assert.deepEqual([...failed].sort(), [
      'authentication/login-lockout',
      'authentication/no-anonymous-access',
      'authentication/no-anonymous-remote-access',
      'authentication/no-default-credentials',
      'authentication/no-default-remote-credentials',
      'authentication/onvif-login-lockout',
      'authentication/remote-login-lockout',
      'authentication/rtsp-login-lockout',
      'encryption/no-plain-remote-login',
      'encryption/tls-versions',
      'exposed-ports/no-insecure-services',
      'exposed-ports/undeclared-tcp-ports',
      'logging/record-fields',
      'update-integrity/altered-update-refused',
    ])
    assert.equal(verdicts.regulations[0]?.overall, 'does-not-conform')
  })

  await t.test('no secret is in any evidence', () => {
    const statement = readFileSync(join(work, 'demo', 'sound', 'camera', 'camera.json'), 'utf8')
    const { users } = JSON.parse(statement) as { users: { password: string }[] }
    const secret = users[0]?.password ?? ''
    assert.equal(secret.length, 16)
    const journal = readFileSync(join(work, 'demo', 'sound', 'report', 'journal.jsonl'), 'latin1')
    const page = readFileSync(join(work, 'demo', 'sound', 'report', 'report.html'), 'latin1')
    for (const form of [secret, Buffer.from(`spare:${secret}`).toString('base64')]) {
      assert.ok(!journal.includes(form))
      assert.ok(!page.includes(form))
    }
    assert.ok(!existsSync(join(work, 'demo', 'sound', 'report', 'secrets.sealed')))
  })

  await t.test('verify: equal and trusted by the demonstration store, by no other', async () => {
    assert.equal((await camseal('verify', bundle('sound'), '--trust', trust)).code, 0)
    const unasked = await camseal('verify', bundle('sound'), '--json')
    const answer = JSON.parse(unasked.out.trim().split('\n')[0] ?? '{}') as {
      seal: { ok: boolean }
      verdicts: { state: string }
      signer: { ok: boolean }
    }
    assert.deepEqual([answer.seal.ok, answer.verdicts.state, answer.signer.ok], [true, 'equal', false])
  })

  await t.test('a disclosed copy keeps the seal and says which verdicts it cannot judge', async () => {
    const copy = join(work, 'public.asice')
    assert.equal((await camseal('disclose', bundle('sound'), '--to', 'public', '--out', copy)).code, 0)
    const verified = await camseal('verify', copy, '--trust', trust, '--lang', 'en')
    assert.equal(verified.code, 2, verified.out)
    assert.match(verified.out, /Seal: intact[\s\S]*withheld/)
  })

  await t.test('the catalog holds the sound camera only', async () => {
    const store = join(work, 'demo', 'catalog')
    const listed = JSON.parse((await camseal('catalog', 'list', '--store', store, '--json')).out) as unknown
    assert.match(JSON.stringify(listed), /DEMO-\d{4}-0001/)
    assert.doesNotMatch(JSON.stringify(listed), /-0002/)
    assert.ok(existsSync(join(work, 'demo', 'site', 'index.html')))
  })

  await t.test('every view can be written again', async () => {
    const summary = await camseal('export', bundle('weak'), '--format', 'summary', '--lang', 'vi')
    assert.equal(summary.code, 0)
    assert.match(summary.out, /không phù hợp/i)
    assert.match(
      (await camseal('export', join(work, 'demo', 'weak', 'report'), '--format', 'junit')).out,
      /<testsuites/,
    )
  })
})
