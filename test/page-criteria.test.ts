import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { perform, read } from '../lab/actions.ts'
import type { CameraOptions } from '../lab/cameras/options.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { chromiumPath } from '../lab/instruments/chromium.ts'
import { tookEffect } from '../lab/effect.ts'
import { makeOffering } from '../lab/packages/offering.ts'
import { uploadWay } from '../lab/packages/upload-way.ts'
import { bodyOf, flipped, ropeOf } from '../lab/packages/rope.ts'
import type { Bench } from '../lab/probe.ts'
import { probe as eventLog } from '../lab/probes/event-log.ts'
import { probe as firstUse } from '../lab/probes/first-use.ts'
import { probe as passwordRules } from '../lab/probes/password-rules.ts'
import { criterion as firstUsePasswordChange } from '../suites/authentication/first-use-password-change.ts'
import { criterion as rules } from '../suites/authentication/password-rules.ts'
import { criterion as accountChangeRecorded } from '../suites/logging/account-change-recorded.ts'
import { criterion as injectionSafe } from '../suites/logging/injection-safe.ts'
import { criterion as settingsChangeRecorded } from '../suites/logging/settings-change-recorded.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { changed, wasRefused, wasSent } from '../suites/update-integrity/attempts.ts'
import type { Statement } from '../suites/statement.ts'
import { liveBench } from './support/live-bench.ts'
import { judged } from './support/authentication.ts'
import { doorOf, PASSWORDS, type Door } from './support/door.ts'
import { byPage, PAGE_SESSION } from './support/page-statement.ts'

/** A camera whose owner has its page only is judged as one whose requests are declared. */
const skip = chromiumPath() === null ? 'needs chromium' : false
const LIMIT = { skip, timeout: 120_000 }
const work = mkdtempSync(join(tmpdir(), 'camseal-page-'))
after(() => rmSync(work, { recursive: true, force: true }))

const CORE = { minimumLength: 8, classes: 4, notUserName: true, notCommon: true }
const WEAK = ['any-password', 'settings-unlogged', 'update-altered-accepted']
const QUICK = { failures: 5, windowSeconds: 1, lockSeconds: 1 }

/** The log is the page's, not a server's. */
const atPage = (session: typeof PAGE_SESSION | null) => (statement: Statement) => {
  const adapted = byPage(statement, session)
  adapted.logging.channels = []
  return adapted
}
/** Nothing of what the lab made up as a password stands in evidence, encoded or not, although nobody redacts it here. */
function withoutSecrets(door: Door): (seen: unknown) => void {
  const made: string[] = []
  const { freshSecret } = door.bench
  door.bench.freshSecret = async (name) => {
    const secret = await freshSecret(name)
    made.push(secret.password)
    return secret
  }
  return (seen) => {
    const text = JSON.stringify(seen)
    const shown = [...text.matchAll(/"raw":"([^"]*)"/g)].map(([, raw = '']) => Buffer.from(raw, 'base64').toString())
    assert.ok(made.length > 0)
    for (const secret of made) for (const one of [text, ...shown]) assert.ok(!one.includes(secret))
  }
}

const CASES = [
  { name: 'sound', n: 0, weaknesses: [], verdict: 'pass' },
  { name: WEAK.join(), n: 1, weaknesses: WEAK, verdict: 'fail' },
] as const
/** The camera in this process, with its packages. */
async function unit(t: TestContext, n: number, options: Partial<CameraOptions>, session: typeof PAGE_SESSION | null) {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.11.${n}`, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses: [],
    serial: `P${n}`,
    syslog: null,
    lock: QUICK,
    bootSeconds: 0.2,
    factoryFresh: false,
    adminPassword: PASSWORDS.owner,
    formLogin: true,
    ...options,
  })
  t.after(() => camera.stop())
  await camera.writePackages(mkdtempSync(join(work, 'packages-')))
  const statement = atPage(session)(camera.statement())
  const endpoint: Bench['endpoint'] = (family, port, tls) => ({
    family,
    address: `127.77.11.${n}`,
    port,
    tls,
    ...(session ? { session } : {}),
  })
  return { camera, statement, bench: liveBench(statement, PASSWORDS, { endpoint }) }
}

describe('a camera that has its page only', { concurrency: 2 }, () => {
  for (const { name, n, weaknesses, verdict } of CASES) {
    test(`settings and accounts changed at the page, and its log read there: ${name}`, LIMIT, async (t) => {
      const door = await doorOf(t, 50 + n, { formLogin: true, weaknesses: [...weaknesses], lock: QUICK }, atPage(null))
      const check = withoutSecrets(door)
      const seen = await door.seen(eventLog)
      check(seen)
      assert.equal(seen.value.api?.after.browser?.shown?.end, 'complete')
      const about = { statement: door.statement, subject: 'a', parameters: { required: true } }
      const found = [settingsChangeRecorded, accountChangeRecorded].map((c) => judged(c, seen, about))
      const told = JSON.stringify(found.map((j) => j.codes))
      assert.deepEqual([found[0]?.verdict, found[1]?.verdict], [verdict, 'pass'], told)
      const injection = judged(injectionSafe, seen, { ...about, parameters: {} })
      assert.deepEqual([injection.verdict, injection.codes], ['inconclusive', ['only-on-page']])
      if (n === 0) return
      for (const missing of [/^.*\tstarted\t.*$/gm, /^.*cs\d{12}.*$/gm]) {
        const part = structuredClone(seen)
        const after = part.value.api?.after.browser?.shown ?? assert.fail()
        const text = Buffer.from(after.raw, 'base64').toString()
        assert.match(text, missing)
        after.raw = Buffer.from(text.replace(missing, '')).toString('base64')
        const { verdict: now, codes } = judged(settingsChangeRecorded, part, about)
        assert.deepEqual([now, codes[0]], ['inconclusive', 'event-log.page-shows-part'], missing.source)
      }
    })

    test(`passwords changed at the page: ${name}`, LIMIT, async (t) => {
      const door = await doorOf(t, 60 + n, { formLogin: true, weaknesses: [...weaknesses], lock: QUICK }, atPage(null))
      const check = withoutSecrets(door)
      const seen = await door.seen(passwordRules)
      check(seen)
      const found = door.judged(rules, seen, { parameters: CORE })
      assert.equal(found.verdict, verdict, found.codes.join())
      if (n === 1) return
      const unsent = door.judged(rules, seen, {
        parameters: CORE,
        change(value) {
          for (const one of value.tries) one.change.failure = { code: 'lab', detail: 'step 5' }
        },
      })
      assert.deepEqual(
        [unsent.verdict, [...new Set(unsent.codes)]],
        ['inconclusive', ['try-not-sent', 'rule-not-tried']],
      )
    })
  }

  for (const { name, n, weaknesses } of CASES)
    test(`an update through the page only: ${name}`, LIMIT, async (t) => {
      const { camera, statement, bench } = await unit(t, 64 + n, { weaknesses: [...weaknesses] }, null)
      const [{ content: _, ...update } = assert.fail()] = statement.updates
      const payload = update.layout?.find((l) => l.part === 'payload')
      const genuine = ropeOf(update.packages.genuine.file)
      const declared = update.upload
      assert.ok(genuine && payload && declared)
      const of = update.packages.genuine
      const offer = makeOffering(bench, update, uploadWay(bench, declared))
      const bad = await offer({ rope: flipped(genuine, payload.offset + (payload.bytes >> 1)), of })
      assert.equal(bad.upload?.failure, null)
      assert.deepEqual(
        [wasRefused({ id: 'payload-bit', ...bad }), changed(bad)],
        n === 0 ? [true, false] : [false, true],
      )
      if (n === 1) return
      const { account: __, ...anonymous } = declared
      const upload = await perform(bench, anonymous, {}, bodyOf(genuine))
      assert.match(upload.failure?.detail ?? '', /step 3, .*: not-there$/, 'nobody gets as far as the file field')
      assert.equal(wasSent({ id: 'no-login', ...bad, upload }), false)
      const good = await offer({ rope: genuine, of })
      assert.deepEqual([good.versionBefore.text, good.versionAfter.text, good.tries], ['1.4.0', '1.5.0', 1])
      assert.ok(good.upload && tookEffect(declared, good.upload))
      assert.equal(camera.firmwareVersion, '1.5.0')
    })

  test('the first password is set at the page, and then the page lets in', LIMIT, async (t) => {
    const { camera, statement, bench } = await unit(t, 67, { factoryFresh: true, weaknesses: [] }, PAGE_SESSION)
    const { initialise, setting } = statement.actions
    assert.ok(initialise && setting)
    const closed = await read(bench, setting.current)
    assert.deepEqual([closed.text, closed.exchange.failure?.code], [null, 'lab'])
    const weak = await perform(bench, initialise, { 'new-password': 'short' })
    assert.deepEqual([tookEffect(initialise, weak), weak.failure, answerOf(weak)?.status], [false, null, 400])
    const done = await perform(bench, initialise, { 'new-password': PASSWORDS.owner })
    assert.ok(tookEffect(initialise, done), JSON.stringify(done.failure))
    assert.ok(!JSON.stringify(done).includes(PASSWORDS.owner))
    assert.equal(camera.events.filter((e) => e.event === 'set-up-completed').length, 1)
    assert.ok(tookEffect(setting.change, await perform(bench, setting.change, { value: 'cam-9' })))
    assert.equal((await read(bench, setting.current)).text, 'cam-9')
  })

  test(
    'what gives nothing out of its box is judged as before where the set-up is done at the page',
    LIMIT,
    async (t) => {
      const fresh = { factoryFresh: true, formLogin: true, lock: QUICK }
      const door = await doorOf(t, 68, fresh, atPage(null))
      assert.equal(door.judged(firstUsePasswordChange, await door.seen(firstUse)).verdict, 'pass')
    },
  )
})
