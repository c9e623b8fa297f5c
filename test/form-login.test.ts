import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { CONFORMING } from '../lab/cameras/behaviour.ts'
import { startReferenceCamera, type ReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { makeSessions } from '../lab/cameras/sessions.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { lintStatement } from '../profiles/statement-file.ts'
import { has } from './support/software.ts'

/** The log-in by form of the reference camera, as curl and a browser see it, and the sessions behind it. */
const LIMIT = { timeout: 60_000 }
const CAMERA = '127.77.14.10'
const [ADMIN, SPARE] = ['Abc-123-xyz', 'Spa-123-pqr']
const COOKIE = 'camera-session'
const work = mkdtempSync(join(tmpdir(), 'form-login-'))
after(() => rmSync(work, { recursive: true, force: true }))

async function start(
  t: TestContext,
  more: { weaknesses?: string[]; formLogin?: boolean; factoryFresh?: boolean; idleSeconds?: number } = {},
) {
  const camera = await startReferenceCamera({
    addresses: { ipv4: CAMERA, ipv6: null },
    ports: { https: 0, rtsp: 0, http: 0 },
    weaknesses: [],
    serial: 'FORM-1',
    syslog: null,
    lock: { failures: 4, windowSeconds: 30, lockSeconds: 30 },
    bootSeconds: 0.1,
    factoryFresh: false,
    adminPassword: ADMIN,
    users: [{ name: 'spare', password: SPARE, role: 'viewer', spare: true }],
    formLogin: true,
    ...more,
  })
  t.after(() => camera.stop())
  return camera
}

/** Status, then headers and body as text. */
const curl = (camera: ReferenceCamera, target: string, ...args: string[]): Promise<[status: number, text: string]> =>
  new Promise((resolve, reject) => {
    const url = `https://${CAMERA}:${camera.ports.https}${target}`
    execFile('curl', ['-gski', '-m', '20', ...args, url], { encoding: 'utf8' }, (error, out) => {
      if (error !== null) reject(error)
      else resolve([Number(/^HTTP\/1\.1 (\d+)/.exec(out)?.[1]), out])
    })
  })
const logIn = (camera: ReferenceCamera, user: string, password: string, ...more: string[]) =>
  curl(camera, '/api/session', '-d', JSON.stringify({ user, password }), ...more)
const setBy = (text: string): string => new RegExp(`^set-cookie: (${COOKIE}=[^;\r]*)`, 'im').exec(text)?.[1] ?? ''

test('a call gives a session that opens what Digest opens, until the log-out', LIMIT, async (t) => {
  const camera = await start(t)
  assert.deepEqual(lintStatement(camera.statement()), [])
  const [entered, text] = await logIn(camera, 'admin', ADMIN)
  assert.equal(entered, 200)
  assert.match(text, new RegExp(`^Set-Cookie: ${COOKIE}=[\\w-]{32}; Path=/; Secure; HttpOnly; SameSite=Strict\r$`, 'm'))
  const cookie = setBy(text)
  const [away, redirected] = await curl(camera, '/account')
  assert.deepEqual([away, /^Location: \/login\r$/m.test(redirected)], [303, true])
  assert.match((await curl(camera, '/account', '-b', cookie))[1], /Logged in as <strong>admin/)
  assert.match((await curl(camera, '/api/device', '-b', cookie))[1], /FORM-1/)
  assert.equal((await curl(camera, '/api/users', '-b', cookie))[0], 200)
  assert.equal((await curl(camera, '/api/device', '-b', `${COOKIE}=`))[0], 401)
  const viewer = setBy((await logIn(camera, 'spare', SPARE))[1])
  assert.equal((await curl(camera, '/api/users', '-b', viewer))[0], 403)
  assert.equal((await curl(camera, '/api/session', '-b', cookie, '-X', 'DELETE'))[0], 200)
  assert.equal((await curl(camera, '/api/device', '-b', cookie))[0], 401)
  assert.equal((await curl(camera, '/account', '-b', viewer))[0], 200, 'the session of somebody else goes on')
  const changed = await curl(
    camera,
    '/api/users/spare/password',
    '--digest',
    '-u',
    `admin:${ADMIN}`,
    '-X',
    'PUT',
    '-d',
    '{"password":"New-123-pqr"}',
  )
  assert.match(changed[1], /password changed/)
  assert.equal((await curl(camera, '/account', '-b', viewer))[0], 303, 'a new password ends sessions')
  assert.equal((await logIn(camera, 'spare', 'New-123-pqr', '-H', 'Origin: https://elsewhere.example'))[0], 403)
})

test('failed tries count with those of Digest, are logged, and tell nobody who exists', LIMIT, async (t) => {
  const camera = await start(t)
  const [known, unknown] = [await logIn(camera, 'spare', 'wrong'), await logIn(camera, 'nobody', 'wrong')]
  const bodyOf = (text: string): string => text.split('\r\n\r\n')[1] ?? ''
  assert.deepEqual([known[0], bodyOf(known[1])], [unknown[0], bodyOf(unknown[1])])
  assert.equal((await curl(camera, '/api/device', '--digest', '-u', 'spare:wrong'))[0], 401)
  for (let i = 0; i < 2; i++) assert.equal((await curl(camera, '/login', '-d', 'user=spare&password=x'))[0], 403)
  assert.equal((await logIn(camera, 'spare', SPARE))[0], 401, 'locked')
  const [, page] = await curl(camera, '/login', '-d', `user=spare&password=${SPARE}`)
  assert.deepEqual([/Wrong user or password/.test(page), setBy(page)], [true, ''])
  assert.equal((await logIn(camera, 'admin', ADMIN))[0], 200)
  const told = camera.events.filter((e) => ['login-failed', 'account-locked', 'login-succeeded'].includes(e.event))
  const { user, source } = told[0]?.values ?? {}
  assert.deepEqual([told.filter((e) => e.event === 'login-failed').length, user, source], [7, 'spare', '127.0.0.1'])
  assert.deepEqual([told.at(-1)?.event, told.some((e) => e.event === 'account-locked')], ['login-succeeded', true])
  for (const body of ['[', '{}', '{"user":["admin"],"password":{}}', '"'])
    assert.equal((await curl(camera, '/api/session', '-d', body))[0], 401, body)
})

test('before the set-up, and where it is not asked for, there is no such log-in', LIMIT, async (t) => {
  const fresh = await start(t, { factoryFresh: true })
  assert.equal((await logIn(fresh, 'admin', 'admin'))[0], 403)
  assert.equal((await curl(fresh, '/login', '-d', 'user=admin&password=admin'))[0], 303)
  const without = await start(t, { formLogin: false })
  for (const target of ['/login', '/account', '/api/session']) assert.equal((await curl(without, target))[0], 404)
  assert.equal(without.statement().services[0]?.session, undefined)
  await assert.rejects(start(t, { formLogin: false, weaknesses: ['session-counted'] }), /needs formLogin/)
})

/** How curl sees each weakness; the conforming camera must answer no to all. */
const SEEN: Record<string, (camera: ReferenceCamera) => Promise<boolean>> = {
  'session-cookie-open': async (camera) => {
    const [, text] = await curl(camera, '/login', '-d', `user=admin&password=${ADMIN}`)
    return setBy(text) !== '' && !/secure|httponly/i.test(/^set-cookie:.*$/im.exec(text)?.[0] ?? '')
  },
  'session-adopted': async (camera) =>
    setBy((await curl(camera, '/login', '-b', `${COOKIE}=brought-along`, '-d', `user=admin&password=${ADMIN}`))[1]) ===
    `${COOKIE}=brought-along`,
  'session-counted': async (camera) => {
    const numbers = [await logIn(camera, 'admin', ADMIN), await logIn(camera, 'admin', ADMIN)].map(([, text]) =>
      Number(setBy(text).split('=')[1]),
    )
    return (numbers[1] ?? 0) - (numbers[0] ?? 0) === 1
  },
  'session-survives-log-out': async (camera) => {
    const jar = join(work, 'jar')
    await curl(camera, '/login', '-c', jar, '-d', `user=admin&password=${ADMIN}`)
    assert.match(readFileSync(jar, 'utf8'), new RegExp(COOKIE))
    assert.equal((await curl(camera, '/account', '-b', jar))[0], 200)
    assert.match((await curl(camera, '/logout', '-b', jar, '-X', 'POST'))[1], /Max-Age=0/)
    return (await curl(camera, '/account', '-b', jar))[0] === 200
  },
  'session-outlives-password': async (camera) => {
    const cookie = setBy((await logIn(camera, 'spare', SPARE))[1])
    assert.equal((await curl(camera, '/account', '-b', cookie))[0], 200)
    const as = ['--digest', '-u', `admin:${ADMIN}`, '-X', 'PUT', '-d', '{"password":"New-123-pqr"}']
    assert.match((await curl(camera, '/api/users/spare/password', ...as))[1], /password changed/)
    return (await curl(camera, '/account', '-b', cookie))[0] === 200
  },
  'session-never-idle': async (camera) => {
    const cookie = setBy((await logIn(camera, 'spare', SPARE))[1])
    assert.equal((await curl(camera, '/account', '-b', cookie))[0], 200)
    await wait(1200)
    return (await curl(camera, '/account', '-b', cookie))[0] === 200
  },
}

for (const [id, isSeen] of Object.entries(SEEN))
  test(`weakness ${id} is seen by curl, and only there`, LIMIT, async (t) => {
    assert.ok(weaknesses.some((w) => w.id === id))
    assert.equal(await isSeen(await start(t, { weaknesses: [id], idleSeconds: 1 })), true)
    assert.equal(await isSeen(await start(t, { idleSeconds: 1 })), false)
  })

test('sessions end by rest and by age, and are few', () => {
  let now = 0
  const sessions = makeSessions(CONFORMING, () => now)
  const cookieOf = (line: string): string => line.split(';')[0] ?? ''
  const first = cookieOf(sessions.begin('a', undefined))
  const minutes = (n: number): void => void (now += n * 60_000)
  minutes(10)
  assert.equal(sessions.userOf(`x=1; ${first}; y=2`), 'a')
  minutes(10.1)
  assert.equal(sessions.userOf(first), null, 'ten minutes of rest')
  const second = cookieOf(sessions.begin('a', first))
  assert.notEqual(second, first)
  for (let i = 0; i < 59; i++) {
    minutes(8)
    assert.equal(sessions.userOf(second), 'a')
  }
  minutes(8.1)
  assert.equal(sessions.userOf(second), null, 'eight hours in all')
  const many = Array.from({ length: 70 }, () => cookieOf(sessions.begin('b', undefined)))
  assert.deepEqual([sessions.userOf(many[0]), sessions.userOf(many[69])], [null, 'b'])
  sessions.endAllOf('b')
  assert.equal(sessions.userOf(many[69]), null)
  for (const hostile of [undefined, '', ';;;', COOKIE, `${COOKIE}=`, '='.repeat(9999), `${COOKIE}=\0`])
    assert.equal(sessions.userOf(hostile), null)
})

test('a browser without script logs in by the page, sees who it is, and logs out', LIMIT, async (t) => {
  if (!has('chromium')) return t.skip('needs chromium')
  const camera = await start(t)
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false })
  const page = await context.newPage()
  const base = `https://${CAMERA}:${camera.ports.https}`
  await page.goto(`${base}/account`)
  assert.equal(page.url(), `${base}/login`)
  const enter = async (password: string): Promise<void> => {
    await page.getByLabel('User').fill('spare')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
  }
  await enter('wrong')
  assert.match((await page.getByRole('alert').textContent()) ?? '', /Wrong user or password/)
  await enter(SPARE)
  await page.waitForURL(`${base}/account`, { timeout: 10_000 })
  assert.match((await page.getByRole('main').textContent()) ?? '', /Logged in as spare/)
  const [cookie] = await context.cookies()
  assert.deepEqual(
    [cookie?.name, cookie?.secure, cookie?.httpOnly, cookie?.sameSite, cookie?.expires],
    [COOKIE, true, true, 'Strict', -1],
  )
  await page.getByRole('link', { name: 'Live picture' }).click()
  assert.equal(await page.getByRole('img').count(), 1)
  await page.goto(`${base}/account`)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.waitForURL(`${base}/login`, { timeout: 10_000 })
  assert.deepEqual(await context.cookies(), [])
})
