import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { places } from '../lab/budget.ts'
import { chromiumPath } from '../lab/instruments/chromium.ts'
import { httpClient } from '../lab/instruments/http.ts'
import type { Bench, Credential } from '../lab/probe.ts'
import type { Message, ObjectRef } from '../suites/observation.ts'
import { answerOf, passwordAnswer } from '../suites/facts/answer.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Session } from '../suites/statement.ts'
import { apacheForm, APACHE_SESSION } from './support/apache-form.ts'
import { testBench } from './support/bench.ts'
import { djangoAdmin, DJANGO_SESSION } from './support/django-admin.ts'
import { SCRIPT_SESSION, scriptCamera } from './support/script-camera.ts'
import { has } from './support/software.ts'

/** Log-ins at pages that work only in a browser, at the instrument. */
const skip = chromiumPath() === null ? 'needs chromium' : false
const RIGHT: Credential = { user: 'owner', password: 'p=ä s"5-long', secret: 'owner', published: false }
const WRONG: Credential = { ...RIGHT, password: 'Wrong-1111', secret: 'random wrong password' }
const DEFAULT: Credential = { user: 'admin', password: '12345', secret: '12345', published: true }
const BLANK: Credential = { user: 'admin', password: '', secret: '', published: true }

/** A bench of one connection, with what was attached, lacked and how many connections were open at once. */
function oneConnection(redact?: Bench['redact']) {
  const place = places(1)
  const kept: { ref: ObjectRef; bytes: Uint8Array }[] = []
  const lacked: Message[] = []
  const bench = testBench(undefined, {
    connection: place,
    budgets: { connections: 1, attemptsPerSecond: 100 },
    wantsPicture: (name) => !kept.some(({ ref }) => ref.name.startsWith(name)),
    store(bytes, about) {
      const ref = { digest: String(kept.length), bytes: bytes.length, ...about }
      kept.push({ ref, bytes })
      return Promise.resolve(ref)
    },
    lack: (what) => void lacked.push(what),
    ...(redact ? { redact } : {}),
  })
  return { bench, kept, lacked }
}

async function ask(
  port: number,
  session: Session,
  credential: Credential,
  bench: Bench,
  { tls = false, target = '/settings', address = '127.0.0.1' } = {},
): Promise<Exchange> {
  const client = httpClient(bench, { family: 'ipv4', address, port, tls, session }, { milliseconds: 5000 })
  const exchange = await client.send({ method: 'GET', target, credential })
  client.close()
  return exchange
}

const textOf = (exchange: Exchange): string =>
  exchange.rounds.map((r) => latin1(fromBase64(r.answer.raw))).join('\n') + JSON.stringify(exchange)
const saidOf = (exchange: Exchange): string => latin1(passwordAnswer(exchange)?.body ?? new Uint8Array())

test(
  'a page that hashes with a token: the right password is let in over one connection, others are not',
  { skip },
  async (t) => {
    const camera = await scriptCamera('127.0.0.1', 0, { owner: RIGHT.password })
    t.after(() => camera.stop())
    const { bench, kept, lacked } = oneConnection()
    const right = await ask(camera.port, SCRIPT_SESSION, RIGHT, bench)
    assert.equal(right.failure, null)
    assert.deepEqual([answerOf(right)?.status, saidOf(right)], [200, '{"ok":true,"message":"Welcome owner"}'])
    assert.deepEqual(
      [right.request.scheme, right.request.method, right.request.target],
      ['browser', 'GET', '/settings'],
    )
    assert.deepEqual([right.browser?.logIns, right.browser?.refused, right.browser?.dialogs], [1, [], 0])
    assert.equal(right.browser?.sandbox, process.getuid?.() !== 0)
    assert.match(textOf(right), /Set-Cookie: sid=\*{24}; HttpOnly; SameSite=Strict/)
    assert.doesNotMatch(textOf(right), /sid=[0-9a-f]|p=ä|5-long/)
    const asked = camera.seen.map((s) => `${s.method} ${s.target}`)
    assert.deepEqual(asked.slice(-2), ['GET /settings', 'POST /api/logout'])
    for (const credential of [WRONG, DEFAULT, BLANK]) {
      const refused = await ask(camera.port, SCRIPT_SESSION, credential, bench)
      assert.equal(refused.failure, null)
      assert.deepEqual([answerOf(refused)?.status, refused.browser?.logIns], [302, 1])
      assert.match(saidOf(refused), /is wrong/)
    }
    assert.deepEqual(lacked, [])
    assert.deepEqual(
      kept.map(({ ref, bytes }) => [ref.name, ref.mediaType, ref.disclosure, latin1(bytes.subarray(1, 4))]),
      ['owner', 'random wrong password', 'a published password'].map((of) => [
        `page after the log-in with ${of}.png`,
        'image/png',
        'lab',
        'PNG',
      ]),
    )
  },
)

const FORM: Session = {
  logIn: { method: 'POST', target: '/log-in' },
  browser: {
    logIn: [
      { goto: '/' },
      { fill: { css: 'input[name=httpd_username]', value: '{{user}}' } },
      { fill: { css: 'input[name=httpd_password]', value: '{{password}}' } },
      { click: { role: 'button', name: 'Log in' } },
    ],
  },
  ...(APACHE_SESSION.logOut ? { logOut: APACHE_SESSION.logOut } : {}),
}

test('Apache with a log-in by form, over TLS with a certificate of its own', { skip }, async (t) => {
  if (!has('apache2', 'openssl')) return t.skip('needs apache2')
  const users = { owner: 'right-9f3a7c-1', admin: DEFAULT.password }
  const port = await freePort()
  const apache = await apacheForm('127.0.0.1', port, users)
  t.after(() => apache.stop())
  const { bench } = oneConnection()
  const at = { tls: true, target: '/private/' }
  const right = await ask(port, FORM, { ...RIGHT, password: users.owner }, bench, at)
  assert.equal(right.failure, null)
  assert.equal(answerOf(right)?.status, 200)
  const published = await ask(port, FORM, DEFAULT, bench, at)
  assert.equal(latin1(answerOf(published)?.body ?? new Uint8Array()), latin1(answerOf(right)?.body ?? new Uint8Array()))
  const wrong = await ask(port, FORM, WRONG, bench, at)
  assert.notEqual(latin1(answerOf(wrong)?.body ?? new Uint8Array()), latin1(answerOf(right)?.body ?? new Uint8Array()))
  assert.doesNotMatch(textOf(right), /session=(?!\*)[A-Za-z0-9+/%]{8}|right-9f3a7c/)
})

test('the administration of Django, a page nobody here wrote: right, wrong and published', { skip }, async (t) => {
  if (!has('django-admin')) return t.skip('needs python3-django')
  const port = await freePort()
  const django = await djangoAdmin(port, { owner: 'right-9f3a7c-1', admin: DEFAULT.password })
  t.after(() => django.stop())
  const { bench } = oneConnection()
  const as = async (credential: Credential) => {
    const exchange = await ask(port, DJANGO_SESSION, credential, bench, { target: '/admin/auth/user/' })
    assert.equal(exchange.failure, null)
    assert.equal(exchange.browser?.logIns, 1)
    return [answerOf(exchange)?.status, passwordAnswer(exchange)?.status, /correct username/.test(saidOf(exchange))]
  }
  assert.deepEqual(await as({ ...RIGHT, password: 'right-9f3a7c-1' }), [200, 302, false])
  assert.deepEqual(await as(WRONG), [302, 200, true])
  assert.deepEqual(await as(DEFAULT), [200, 302, false])
  assert.deepEqual(await as({ ...DEFAULT, password: '1234' }), [302, 200, true])
})

test('no picture is kept of a page that shows a secret of the lab', { skip }, async (t) => {
  const { port } = await server(t, (request, response) =>
    response
      .setHeader('Content-Type', 'text/html')
      .end(`${PLAIN_FORM}<p>${request.url === '/in' ? RIGHT.password : ''}`),
  )
  const { bench, kept } = oneConnection(
    (bytes) =>
      new Uint8Array(
        Buffer.from(
          Buffer.from(bytes).toString('latin1').split(Buffer.from(RIGHT.password).toString('latin1')).join('*'),
          'latin1',
        ),
      ),
  )
  const exchange = await ask(port, PLAIN, RIGHT, bench)
  assert.equal(exchange.failure, null)
  assert.deepEqual(kept, [])
})

const PLAIN_FORM =
  '<!doctype html><meta charset=utf-8><form method=post action=/in><input name=u><input name=p type=password><button>In</button></form>'
const PLAIN: Session = {
  logIn: { method: 'POST', target: '/in' },
  browser: {
    logIn: [
      { goto: '/' },
      { fill: { css: 'input[name=u]', value: '{{user}}' } },
      { fill: { css: 'input[name=p]', value: '{{password}}' } },
      { click: { role: 'button', name: 'In' } },
    ],
  },
}

async function freePort(): Promise<number> {
  const probe = createTcpServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  return port
}

async function server(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  let asked = 0
  const http = createServer((request, response) => {
    asked++
    request.resume()
    request.on('end', () => answer(request, response))
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  return { port: (http.address() as AddressInfo).port, asked: () => asked }
}

/** Everything at the lab that a page could reach; nothing ever shall. */
async function bystander(t: TestContext) {
  const heard: string[] = []
  const tcp = createTcpServer((socket) => {
    heard.push('tcp')
    socket.destroy()
  })
  await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done))
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', () => heard.push('udp'))
  await new Promise<void>((done) => udp.bind(port, '127.0.0.1', done))
  t.after(() => {
    tcp.close()
    udp.close()
  })
  return { heard, port }
}

/** As Cockpit does: its page asks the path of the log-in first whether somebody is logged in already. */
test('what a page asks of the log-in before it has the password is no log-in', { skip }, async (t) => {
  const { port } = await server(t, (request, response) => {
    const isRight = request.headers.authorization === `Basic ${Buffer.from('owner:r').toString('base64')}`
    if (request.url === '/log-in')
      return response.writeHead(isRight ? 200 : 401, isRight ? { 'Set-Cookie': 's=1' } : {}).end(isRight ? '{}' : 'no')
    if (request.url === '/settings') return response.end(request.headers.cookie === 's=1' ? 'all settings' : 'log in')
    return response.setHeader('Content-Type', 'text/html').end(`${PLAIN_FORM}<script>
const ask = (log) => fetch('/log-in', { headers: log ? { Authorization: 'Basic ' + btoa(log) } : {} })
ask('')
document.forms[0].onsubmit = (e) => {
  e.preventDefault()
  setTimeout(() => ask(document.forms[0].u.value + ':' + document.forms[0].p.value), 700)
}
</script>`)
  })
  const { bench } = oneConnection()
  const session: Session = { ...PLAIN, logIn: { method: 'GET', target: '/log-in' } }
  const right = await ask(port, session, { ...RIGHT, password: 'r' }, bench)
  assert.equal(right.failure, null)
  assert.deepEqual([passwordAnswer(right)?.status, latin1(answerOf(right)!.body)], [200, 'all settings'])
  assert.equal(right.browser?.logIns, 1)
  const wrong = await ask(port, session, WRONG, bench)
  assert.deepEqual([passwordAnswer(wrong)?.status, latin1(answerOf(wrong)!.body)], [401, 'log in'])
})

test('a page that reaches out everywhere reaches nobody, and what it wanted is named', { skip }, async (t) => {
  const { heard, port: other } = await bystander(t)
  const there = `127.0.0.1:${other}`
  const { port } = await server(t, (request, response) => {
    response.setHeader('Content-Type', request.url?.endsWith('.js') ? 'text/javascript' : 'text/html')
    if (request.url === '/worker.js') return response.end(`fetch('http://${there}/from-worker').catch(() => 0)`)
    if (request.url === '/file') return response.setHeader('Content-Disposition', 'attachment').end('bytes')
    if (request.url === '/away')
      return response.writeHead(302, { Location: `http://${there}/redirected?secret=1` }).end()
    if (request.url === '/stream')
      return response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=b' }).write('--b\r\n')
    return response.end(`${PLAIN_FORM}<link rel=preconnect href=http://${there}><link rel=dns-prefetch href=//outside.example>
<img src=http://${there}/picture><img src=/stream><iframe src=http://${there}/frame></iframe><script>
const tried = [
  () => new WebSocket('ws://${there}/socket'), () => new EventSource('http://${there}/events'), () => new Worker('/worker.js'),
  () => navigator.serviceWorker.register('/worker.js'), () => navigator.sendBeacon('http://${there}/beacon', 'x'),
  () => fetch('/away'), () => open('http://${there}/window'), () => (location.href = '/file'),
  () => { const c = new RTCPeerConnection({ iceServers: [{ urls: 'stun:${there}' }, { urls: 'turn:${there}?transport=tcp', username: 'x', credential: 'x' }] })
    c.createDataChannel('x'); c.createOffer().then((o) => c.setLocalDescription(o)) },
  () => new WebTransport('https://${there}/transport'),
]
for (const one of tried) try { Promise.resolve(one()).catch(() => 0) } catch {}
</script>`)
  })
  const { bench } = oneConnection()
  const exchange = await ask(port, PLAIN, RIGHT, bench)
  assert.equal(exchange.failure, null)
  assert.equal(exchange.browser?.logIns, 1)
  const refused = exchange.browser.refused.map((r) => `${r.why} ${r.what}`)
  for (const path of ['picture', 'frame', 'redirected'])
    assert.ok(refused.includes(`elsewhere http://${there}/${path}`), refused.join('\n'))
  assert.ok(
    refused.some((r) => /^stream .*\/stream$/.test(r)) && refused.some((r) => r.startsWith('download ')),
    refused.join('\n'),
  )
  assert.doesNotMatch(refused.join(), /secret/)
  await new Promise((done) => setTimeout(done, 500))
  assert.deepEqual(heard, [])
})

test('pages that never come to an end are left, and the next one is as if they had not been', { skip }, async (t) => {
  const page = (script: string) => `${PLAIN_FORM}<script>${script}</script>`
  const hostile: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
    dialogs: (_, response) =>
      response.end(page('onbeforeunload = () => "stay"; setInterval(() => alert("x".repeat(1e5)), 1)')),
    redirects: (request, response) =>
      request.url === '/settings'
        ? response.end('no')
        : response.writeHead(302, { Location: `/${Math.random()}` }).end(),
    huge: (request, response) => {
      if (request.url === '/settings') return response.end('no')
      const more = (): void => void response.write(Buffer.alloc(65_536, 'x'), () => !response.destroyed && more())
      return more()
    },
    reloads: (_, response) => response.end(page('location.href = "/" + Math.random()')),
    packed: (_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('not gzip at all'),
  }
  const { bench } = oneConnection()
  for (const [name, answer] of Object.entries(hostile)) {
    const { port, asked } = await server(t, (request, response) => {
      response.setHeader('Content-Type', 'text/html')
      return answer(request, response)
    })
    const began = performance.now()
    const exchange = await ask(port, PLAIN, RIGHT, bench)
    const seconds = (performance.now() - began) / 1000
    assert.ok(seconds < 20, `${name}: ${seconds} s`)
    assert.ok(asked() <= 320, `${name}: ${asked()}`)
    if (name !== 'dialogs') assert.equal(exchange.failure?.code, 'lab', name)
    else assert.ok((exchange.browser?.dialogs ?? 0) > 0)
  }
  const camera = await scriptCamera('127.0.0.1', 0, { owner: RIGHT.password })
  t.after(() => camera.stop())
  assert.equal(answerOf(await ask(camera.port, SCRIPT_SESSION, RIGHT, bench))?.status, 200)
})

test(
  'a page that is not as declared, one that sends nothing, and no browser at all: a fault of the lab, with its cause',
  { skip },
  async (t) => {
    const { port } = await server(t, (request, response) =>
      response
        .setHeader('Content-Type', 'text/html')
        .end(request.url === '/dead' ? PLAIN_FORM.replace('<form', '<form onsubmit="return false"') : PLAIN_FORM),
    )
    const { bench, lacked } = oneConnection()
    const steps = PLAIN.browser?.logIn ?? []
    const other = await ask(
      port,
      { ...PLAIN, browser: { logIn: [...steps.slice(0, 3), { expect: { css: 'form', gone: true } }] } },
      RIGHT,
      bench,
    )
    assert.deepEqual([other.failure?.code, answerOf(other)], ['lab', null])
    assert.match(other.failure?.detail ?? '', /step 4, form: still-there/)
    const dead = await ask(port, { ...PLAIN, browser: { logIn: [{ goto: '/dead' }, ...steps.slice(1)] } }, RIGHT, bench)
    assert.match(dead.failure?.detail ?? '', /did not send the log-in/)
    assert.deepEqual(lacked, [])
    const before = process.env['CAMSEAL_CHROMIUM']
    process.env['CAMSEAL_CHROMIUM'] = '/nowhere/chromium'
    t.after(() =>
      before === undefined ? delete process.env['CAMSEAL_CHROMIUM'] : (process.env['CAMSEAL_CHROMIUM'] = before),
    )
    const none = await ask(port, PLAIN, RIGHT, bench)
    assert.deepEqual([none.failure, none.browser], [{ code: 'lab', detail: 'no browser' }, undefined])
    assert.deepEqual(lacked, [{ code: 'framework.no-browser', values: { tried: '/nowhere/chromium' } }])
  },
)
