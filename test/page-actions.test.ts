import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { perform, read } from '../lab/actions.ts'
import { tookEffect } from '../lab/effect.ts'
import { chromiumPath } from '../lab/instruments/chromium.ts'
import { isThat } from '../lab/instruments/page-request.ts'
import type { Bench } from '../lab/probe.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import { bodyText } from '../suites/facts/http-text.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Action, BrowserStep, Session, Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { DJANGO_SESSION, djangoAdmin } from './support/django-admin.ts'
import { liveBench } from './support/live-bench.ts'
import { has } from './support/software.ts'

/** What may be said of something that was done at a page, and what may not. */
const skip = chromiumPath() === null ? 'needs chromium' : false
const LIMIT = { skip, timeout: 60_000 }
const SECRETS = { owner: 'right-9f3a7c-1' }

const statementAt = (port: number, session?: Session): Statement =>
  emptyStatement({
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port,
        protocol: 'http',
        families: ['ipv4'],
        purpose: 'web',
        ...(session ? { session } : {}),
      },
    ],
    accounts: [{ id: 'owner', user: 'owner', password: { env: 'X' }, role: 'administrator' }],
  })

const benchAt = (port: number, session?: Session): Bench =>
  liveBench(statementAt(port, session), SECRETS, {
    endpoint: (family, at, tls) => ({ family, address: '127.0.0.1', port: at, tls, ...(session ? { session } : {}) }),
  })

interface Got {
  line: string
  body: string
  cookie: string
  authorization: string
}

async function device(
  t: TestContext,
  answer: (got: Got, response: ServerResponse) => unknown,
): Promise<{ port: number; got: Got[] }> {
  const got: Got[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('latin1')))
    request.on('end', () => {
      const { cookie = '', authorization = '' } = request.headers
      const one = { line: `${request.method} ${request.url}`, body, cookie, authorization }
      got.push(one)
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      answer(one, response)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, got }
}

const save = (browser: BrowserStep[], more: Partial<Action> = {}): Action => ({
  service: 'web',
  method: 'POST',
  target: '/save',
  done: 'is now',
  browser,
  ...more,
})
const OPEN: BrowserStep = { goto: '/' }
const FILL: BrowserStep = { fill: { label: 'Name', value: '{{value}}' } }
const PRESS: BrowserStep = { click: { role: 'button', name: 'Save' } }
const statuses = (e: Exchange): string[] => e.rounds.map((r) => latin1(fromBase64(r.answer.raw)).split(' ', 2)[1] ?? '')
const FORM = '<form method=post action=/save><label>Name <input name=name></label><button>Save</button></form>'

test('the request of a page: method, path however encoded, the named part of its query, the text in its body', () => {
  const named = { method: 'POST', target: '/api/a%20b?cmd=set' }
  const body = Buffer.from('{"method":"user.set"}')
  assert.ok(isThat(named, 'POST', '/api/a b?x=1&cmd=set&y=2', body))
  for (const [method, target] of [
    ['GET', '/api/a b?cmd=set'],
    ['POST', '/api/a b?cmd=get'],
    ['POST', '/api/a%20b'],
    ['POST', '/api/a%20bc?cmd=set'],
  ] as const)
    assert.ok(!isThat(named, method, target, body))
  assert.ok(isThat({ ...named, sends: 'user.set' }, 'POST', '/api/a%20b?cmd=set', body))
  assert.ok(!isThat({ ...named, sends: 'user.get' }, 'POST', '/api/a%20b?cmd=set', body))
  assert.ok(!isThat({ ...named, sends: 'user.get' }, 'POST', '/api/a%20b?cmd=set', new Uint8Array()))
  assert.ok(isThat({ method: 'GET', target: '/%zz' }, 'GET', '/%zz', new Uint8Array()))
})

test('a form that leads on to a page: what that page says is the answer', LIMIT, async (t) => {
  const { port, got } = await device(t, ({ line, body }, response) =>
    line === 'POST /save'
      ? response.writeHead(302, { Location: `/?${body}` }).end()
      : response.end(line.includes('?') ? `<p>The name is now set.</p>${FORM}` : FORM),
  )
  const exchange = await perform(benchAt(port), save([OPEN, FILL, PRESS]), { value: 'Cổng "1" & <2>' })
  assert.deepEqual([exchange.failure, statuses(exchange), exchange.browser?.sent], [null, ['302', '200'], 1])
  assert.ok(tookEffect(save([]), exchange))
  assert.equal(decodeURIComponent(got.find((g) => g.body)?.body.replaceAll('+', ' ') ?? ''), 'name=Cổng "1" & <2>')
})

test('nothing was done where the page sent nothing, or not after it was given something', LIMIT, async (t) => {
  const noise = `<script>fetch('/save', { method: 'POST', body: 'noise' })</script>`
  const { port, got } = await device(t, ({ line, body }, response) =>
    line.startsWith('POST')
      ? response.end(`name is now ${body}`)
      : response.end(line === 'GET /' ? FORM : FORM + noise),
  )
  const bench = benchAt(port)
  const at = async (...steps: BrowserStep[]) => {
    const exchange = await perform(bench, save(steps), { value: 'x' })
    assert.equal(tookEffect(save(steps), exchange), false)
    assert.equal(exchange.failure?.code, 'lab')
    return exchange.failure.detail
  }
  const missing: BrowserStep = { click: { text: 'Apply' } }
  assert.match(await at(OPEN, FILL, missing), /step 3, Apply: not-there/)
  assert.match(await at({ goto: '/noisy' }, FILL, missing), /step 3, Apply: not-there/)
  assert.match(await at({ goto: '/noisy' }, FILL), /step 2: the page did not send POST \/save/)
  assert.match(await at(OPEN, FILL, PRESS, missing), /step 4, Apply: not-there/, 'sent, and yet not all was done')
  assert.equal(got.filter((g) => g.body === 'name=x').length, 1)
  const shown = await perform(bench, save([OPEN, FILL, PRESS, { expect: { text: 'Refused' } }]), { value: 'y' })
  assert.deepEqual(
    [shown.failure, bodyText(shown)],
    [null, 'name is now name=y'],
    'what a page shows then is its affair',
  )
  const unknown = await perform(bench, save([OPEN, { fill: { label: 'Name', value: '{{nope}}' } }]), {})
  assert.deepEqual(unknown.failure, { code: 'lab', detail: 'no value for nope' })
})

test('a device that does not answer has not refused what no page could send', LIMIT, async () => {
  const closed = createTcpServer()
  await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done))
  const { port } = closed.address() as AddressInfo
  await new Promise((done) => closed.close(done))
  const bench = benchAt(port)
  const { failure } = await perform(bench, save([OPEN, FILL, PRESS]), { value: 'x' })
  assert.equal(failure?.code, 'lab')
  assert.match(failure.detail, /step 1, \/: no-page \(refused\)/)
  const looked = await read(bench, { service: 'web', target: '/', pattern: '(.+)', browser: [OPEN] })
  assert.deepEqual(
    [looked.text, looked.exchange.failure?.code],
    [null, 'refused'],
    'who only looks sees a silent device',
  )
})

test('questions of a page are answered with yes only where the click says so', LIMIT, async (t) => {
  const asking = `${FORM}<script>document.forms[0].onsubmit = () => confirm('Sure?') && prompt('Name?') === null</script>`
  const { port, got } = await device(t, ({ line, body }, response) =>
    response.end(line.startsWith('POST') ? `name is now ${body}` : asking),
  )
  const bench = benchAt(port)
  const no = await perform(bench, save([OPEN, FILL, PRESS]), { value: 'x' })
  assert.deepEqual([no.failure?.code, no.browser?.dialogs, no.browser?.accepted], ['lab', 1, 0])
  const yes = await perform(bench, save([OPEN, FILL, { click: { role: 'button', name: 'Save', accept: true } }]), {
    value: 'x',
  })
  assert.deepEqual([yes.failure, yes.browser?.dialogs, yes.browser?.accepted], [null, 2, 1])
  assert.equal(got.filter((g) => g.line === 'POST /save').length, 1)
})

test('a fact is read off all frames and fields; what opens the door stays out of evidence', LIMIT, async (t) => {
  const { port, got } = await device(t, ({ line, cookie }, response) => {
    if (line === 'POST /in')
      return response.writeHead(302, { Location: '/', 'Set-Cookie': 'sid=0123456789abcdef' }).end()
    if (cookie !== 'sid=0123456789abcdef') return response.writeHead(403).end('who?')
    if (line === 'GET /inner')
      return response.end('<label>Zone <select><option>UTC<option selected>Hà Nội</select></label>')
    if (line === 'GET /page.js')
      return response.setHeader('Content-Type', 'text/javascript')
        .end(`document.querySelector('[type=password]').value = 'typed'; document.querySelector('[type=hidden]').value = 'gone'
document.forms[0].onsubmit = (e) => { e.preventDefault()
fetch('/save?key=made-up-token', { method: 'POST', headers: { 'X-Key': 'made-up-token' }, body: '{"a":"set"}' }) }`)
    if (line.startsWith('POST /save')) return response.end('name is now X, session 0123456789abcdef')
    return response.end(
      `<p>Secret ${SECRETS.owner}, session 0123456789abcdef</p>${FORM}<input type=password><input type=hidden>
<iframe src=/inner></iframe><script src=/page.js></script>`,
    )
  })
  const session: Session = { logIn: { method: 'POST', target: '/in', body: 'u={{user}}&p={{password}}' } }
  const bench = benchAt(port, session)
  const reading = { service: 'web', account: 'owner', target: '/', pattern: 'Zone: (.+)', browser: [OPEN] }
  const { exchange, text } = await read(bench, reading)
  assert.deepEqual([exchange.failure, text, exchange.request.scheme], [null, 'Hà Nội', 'form'])
  const done = await perform(bench, save([OPEN, FILL, PRESS], { account: 'owner', sends: '"set"' }), { value: 'x' })
  assert.deepEqual([done.failure, done.request.target], [null, '/save?key=*************'])
  assert.ok(tookEffect(save([]), done))
  for (const one of [exchange, done]) {
    const raws = [...one.rounds.map((r) => r.answer), ...(one.browser?.shown ? [one.browser.shown] : [])]
    const all = JSON.stringify(one) + raws.map((r) => latin1(fromBase64(r.raw))).join('\n')
    for (const secret of [SECRETS.owner, '0123456789abcdef', 'made-up-token', 'typed', 'gone'])
      assert.ok(!all.includes(secret), secret)
  }
  assert.ok(got.every((g) => g.line === 'POST /in' || g.cookie !== ''))
})

test('Django, a page nobody here wrote: the password of somebody else, changed and refused', LIMIT, async (t) => {
  if (!has('django-admin')) return t.skip('needs python3-django')
  const probe = createTcpServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  const django = await djangoAdmin(port, { owner: SECRETS.owner, spare: 'first-Pass-11' })
  t.after(() => django.stop())
  const bench = benchAt(port, DJANGO_SESSION)
  const change: Action = {
    service: 'web',
    account: 'owner',
    method: 'POST',
    target: '/admin/auth/user/2/password/',
    done: 'Password changed successfully',
    browser: [
      { goto: '/admin/auth/user/' },
      { click: { role: 'link', name: '{{user}}' } },
      { click: { css: 'a[href$="/password/"]' } },
      { fill: { css: '#id_password1', value: '{{new-password}}' } },
      { fill: { css: '#id_password2', value: '{{new-password}}' } },
      { click: { css: 'input[type=submit]' } },
    ],
  }
  const set = async (password: string) => {
    const exchange = await perform(bench, change, { user: 'spare', 'new-password': password })
    assert.equal(exchange.failure, null)
    assert.ok(!JSON.stringify(exchange).includes(password) && exchange.browser?.logIns === 1)
    return [tookEffect(change, exchange), statuses(exchange)]
  }
  assert.deepEqual(await set('Second-Pass-22'), [true, ['302', '302', '200']])
  const entered = async (password: string) => {
    const as = { user: 'spare', password, secret: 'spare', published: false }
    const own: Action = { ...change, browser: [{ goto: '/admin/' }], method: 'GET', target: '/admin/', done: 'Welcome' }
    return (await perform(bench, own, {}, undefined, as)).failure === null
  }
  assert.deepEqual([await entered('Second-Pass-22')], [true])
})
