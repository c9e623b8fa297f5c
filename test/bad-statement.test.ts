import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Fault } from '../suites/fault.ts'
import { camseal, startCamseal, type Ran } from './support/camseal.ts'

/** A wrong or unreadable statement: every fault at once with file, line, field and what was expected; exit 3; nothing is sent. */
const work = mkdtempSync(join(tmpdir(), 'camseal-bad-'))
let connections = 0
const device = createServer((s) => {
  connections++
  s.destroy()
})
let port = 0
before(async () => {
  await new Promise<void>((listening) => device.listen(0, '127.80.0.10', listening))
  port = (device.address() as AddressInfo).port
})
after(() => {
  device.close()
  rmSync(work, { recursive: true, force: true })
})

type Told = Fault & { text: string }
const faultsOf = (ran: Ran): Told[] => (JSON.parse(ran.stdout) as { faults: Told[] }).faults
const run = (statement: string, ...more: string[]) =>
  camseal([
    'run',
    '--statement',
    statement,
    '--regulation',
    'camseal-core',
    '--out',
    join(work, 'out'),
    '--rehearsal',
    ...more,
  ])

/** A statement that is right; every test changes lines of it. */
const sound = (): string => `camseal: statement/1
dut:
  maker: {name: Test}
  model: T-1
  hardware: "1"
  firmware: {version: "1.0", link: version-string-only}
samples:
  - {id: a, serial: S-1, arrives: in-service, addresses: {ipv4: 127.80.0.10, ipv6: null}, macs: []}
interfaces: []
services:
  - {id: web, transport: tcp, port: ${port}, protocol: http, families: [ipv4], purpose: web}
accounts:
  - {id: owner, user: admin, password: {published: "x"}, role: administrator}
  - {id: spare, user: spare, password: {published: "y"}, role: viewer}
logins:
  - {id: web, service: web, account: owner, target: /}
resources: []
bruteForce:
  - {login: web, protection: none}
logging: {channels: []}
updates: []
actions:
  changePassword: {service: web, account: owner, method: PUT, target: /password, body: "{{new-password}}"}
permit: ordinary
`

/** Each line that is changed, and the fault that must come of it: code, field, and what the text must say was expected. */
const WRONG: [was: string, is: string, code: string, field: string, expected: RegExp][] = [
  ['hardware: "1"', 'hardware: 1.10', 'wrong-type', '/dut/hardware', /string/],
  [
    'link: version-string-only',
    'link: guessed',
    'not-one-of',
    '/dut/firmware/link',
    /flashed-by-lab, dumped, version-string-only/,
  ],
  ['  model: T-1\n', '', 'missing-field', '/dut/model', /model/],
  ['macs: []', 'macs: [], colour: red', 'unknown-field', '/samples/0/colour', /colour/],
  ['  - {id: web, transport: tcp', '  - {id: Web Interface, transport: tcp', 'bad-id', '/services/0/id', /lower-case/],
  ['protocol: http,', 'protocol: gopher,', 'not-one-of', '/services/0/protocol', /http, https, rtsp/],
  [
    'password: {published: "x"}',
    'password: {env: CAMSEAL_NOT_SET_1}',
    'secret-missing',
    '/accounts/0/password',
    /env CAMSEAL_NOT_SET_1/,
  ],
  [
    'password: {published: "y"}',
    'password: {env: A, file: b}',
    'secret-reference',
    '/accounts/1/password',
    /env, file, prompt, published/,
  ],
  [
    'service: web, account: owner, target: /}',
    'service: webb, account: owner, target: /}',
    'unresolved',
    '/logins/0/service',
    /webb/,
  ],
  ['protection: none', 'protection: lock, failures: 0', 'out-of-range', '/bruteForce/0/failures', />= 1/],
  ['protection: none', 'protection: lock, failures: 0', 'lock-without-numbers', '/bruteForce/0', /lockSeconds/],
  [
    'body: "{{new-password}}"',
    'body: "{{new-pasword}}"',
    'unknown-placeholder',
    '/actions/changePassword',
    /new-pasword.*new-password/,
  ],
  ['permit: ordinary', 'permit: all', 'not-one-of', '/permit', /ordinary, destructive/],
  [
    'updates: []',
    `updates:
  - {id: u, upload: {service: web, method: POST, target: /u, browser: [{goto: /}]}, version: {service: web, target: /v, pattern: "(a)(b)"}, format: opaque, signed: true, packages: {genuine: {file: nowhere.bin, version: "2"}}, bootSeconds: 5}`,
    'bad-pattern',
    '/updates/0/version/pattern',
    /\(a\)\(b\)/,
  ],
]
const SESSION =
  'purpose: web, session: {logIn: {method: POST, target: /in, body: "{{pasword}} {{page}}"}, token: {pattern: "x"}, refresh: {pattern: "y", method: POST, target: /r, body: "{{refesh}}"}, logOut: {method: POST, target: /o, body: "{{tokn}}"}}}'
WRONG.push(
  ['purpose: web}', SESSION, 'session-without-http', '/services/0/session', /HTTP/],
  ['purpose: web}', SESSION, 'unknown-placeholder', '/services/0/session/logIn', /pasword.*password-md5/],
  ['purpose: web}', SESSION, 'bad-pattern', '/services/0/session/token/pattern', /x/],
  ['purpose: web}', SESSION, 'bad-pattern', '/services/0/session/refresh/pattern', /y/],
  ['purpose: web}', SESSION, 'unknown-placeholder', '/services/0/session/refresh', /refesh.*refresh, token/],
  ['purpose: web}', SESSION, 'unknown-placeholder', '/services/0/session/logOut', /tokn.*refresh, token/],
  ['purpose: web}', SESSION, 'token-unsent', '/services/0/session/token', /header|tiêu đề/],
)
const AT_PAGE =
  '  - {id: page, transport: tcp, port: 8080, protocol: http, families: [ipv4], purpose: page, session: {logIn: {method: POST, target: /in, body: "x"}, browser: {logIn: [{fill: {label: U, css: "#u", value: "{{usr}}"}}, {goto: "//elsewhere", click: {name: In}}, {}]}}}\n  - {id: film, transport: tcp, port: 554, protocol: rtsp, families: [ipv4], purpose: film}\naccounts:\n'
WRONG.push(
  ['accounts:\n', AT_PAGE, 'browser-beside-form', '/services/1/session', /contentType/],
  ['accounts:\n', AT_PAGE, 'browser-start', '/services/1/session/browser/logIn', /goto/],
  ['accounts:\n', AT_PAGE, 'browser-without-password', '/services/1/session/browser/logIn', /password/],
  ['accounts:\n', AT_PAGE, 'browser-element', '/services/1/session/browser/logIn/0/fill', /label, css/],
  ['accounts:\n', AT_PAGE, 'unknown-placeholder', '/services/1/session/browser/logIn/0/fill', /usr.*user/],
  ['accounts:\n', AT_PAGE, 'browser-step', '/services/1/session/browser/logIn/1', /goto, click/],
  ['accounts:\n', AT_PAGE, 'browser-goto', '/services/1/session/browser/logIn/1', /elsewhere/],
  ['accounts:\n', AT_PAGE, 'browser-element', '/services/1/session/browser/logIn/1/goto', /role/],
  ['accounts:\n', AT_PAGE, 'browser-step', '/services/1/session/browser/logIn/2', /-/],
)
const ACTIONS = `actions:
  addAccount: {service: page, account: owner, method: POST, target: /add, body: x, browser: [{click: {text: Add}}, {upload: {css: "#f"}}, {fill: {label: N, value: "{{usr}} {{user}}"}}]}
  reboot: {service: page, method: POST, target: /r, sends: x}
  reset: {service: film, method: POST, target: /r, browser: [{click: {text: X}, select: {css: a, value: b}}]}
`
WRONG.push(
  ['actions:\n', ACTIONS, 'browser-beside-body', '/actions/addAccount', /body/],
  ['actions:\n', ACTIONS, 'browser-without-value', '/actions/addAccount/browser', /new-password/],
  ['actions:\n', ACTIONS, 'browser-without-done', '/actions/addAccount', /done/],
  ['actions:\n', ACTIONS, 'browser-upload', '/actions/addAccount/browser', /1/],
  ['actions:\n', ACTIONS, 'unknown-placeholder', '/actions/addAccount/browser/2/fill', /usr.*user/],
  ['actions:\n', ACTIONS, 'sends-without-browser', '/actions/reboot/sends', /browser/],
  ['actions:\n', ACTIONS, 'browser-without-http', '/actions/reset', /film/],
  ['actions:\n', ACTIONS, 'browser-start', '/actions/reset/browser', /goto/],
  ['actions:\n', ACTIONS, 'browser-step', '/actions/reset/browser/0', /select, click/],
)
const BOTH = `interfaces: []
tlsClients:
  - {id: out, protocol: https, port: 443, authority: {certificate: ca.pem, key: ca.key}, trust: {install: {service: web, method: PUT, target: /ca, body: "{{ca}}"}, remove: {service: web, method: DELETE, target: /ca}}}`
WRONG.push(['interfaces: []', BOTH, 'two-authorities', '/tlsClients/0/authority', /trust.*authority/])
WRONG.push(['interfaces: []', BOTH, 'authority-missing', '/tlsClients/0/authority/certificate', /ca\.pem/])
WRONG.push(['interfaces: []', BOTH, 'authority-missing', '/tlsClients/0/authority/key', /ca\.key/])
WRONG.push(['interfaces: []', BOTH, 'unknown-placeholder', '/tlsClients/0/trust/install', /ca-certificate/])
WRONG.push(['', '', 'browser-without-upload', '/updates/0/upload/browser', /upload/])
WRONG.push(['', '', 'package-missing', '/updates/0/packages/genuine', /nowhere\.bin/])

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length

for (const language of ['en', 'vi'] as const)
  test(`every fault at once (${language})`, { timeout: 60_000 }, async () => {
    const file = join(work, `wrong-${language}.yaml`)
    const text = [...new Set(WRONG.map(([was, is]) => `${was}\0${is}`))].reduce((t, change) => {
      const [was = '', is = ''] = change.split('\0')
      assert.ok(t.includes(was), was)
      return was === '' ? t : t.replace(was, is)
    }, sound())
    writeFileSync(file, text)
    const ran = await run(
      file,
      '--json',
      '--lang',
      language,
      '--bench',
      join(work, 'no-bench.yaml'),
      '--pace',
      'hasty',
      '--only',
      'authentication,nonsense',
    )
    assert.equal(ran.code, 3, ran.stderr)
    const faults = faultsOf(ran)
    for (const [, is, code, field, expected] of WRONG) {
      const fault = faults.find((f) => f.code === code && f.field === field && f.file === file)
      assert.ok(fault, `${code} at ${field} in ${JSON.stringify(faults, null, 1)}`)
      if (language === 'en' || code !== 'bad-id') assert.match(fault.text, expected)
      assert.ok(fault.text.startsWith(`${file}:${fault.line} ${field}: `), fault.text)
      if (is !== '' && !is.includes('\n')) assert.equal(fault.line, lineOf(text, is), `${code} at ${field}`)
    }
    const others = faults.filter((f) => f.file !== file).map((f) => [f.code, f.file ?? f.field])
    assert.deepEqual(others, [
      ['not-one-of', '--pace'],
      ['not-one-of', '--only'],
      ['unreadable', join(work, 'no-bench.yaml')],
    ])
    const known = WRONG.map(([, , code, field]) => `${code} ${field}`)
    const more = faults
      .filter((f) => f.file === file && !known.includes(`${f.code} ${f.field}`))
      .map((f) => `${f.code} ${f.field}`)
    // What refers to the service that lost its name, and to the accounts' second secret.
    assert.deepEqual(
      more.filter((m) => !m.startsWith('unresolved ')),
      ['secret-missing /accounts/1/password'],
    )
    assert.ok(!existsSync(join(work, 'out')), 'no run has begun')
    const said = await run(file, '--lang', language)
    assert.equal(said.code, 3)
    assert.equal(said.stderr.trim().split('\n').length, faults.length - others.length + 1, said.stderr)
    assert.match(said.stderr.trim().split('\n').at(-1) ?? '', language === 'en' ? /^\d+ fault/ : /^\d+ lỗi/)
    for (const f of faults.filter((x) => x.file === file)) assert.ok(said.stderr.includes(f.text), f.text)
  })

test('the two languages name the same faults in different words', { timeout: 60_000 }, async () => {
  const told = await Promise.all(
    ['en', 'vi'].map(async (l) => faultsOf(await run(join(work, `wrong-en.yaml`), '--json', '--lang', l))),
  )
  const [en = [], vi = []] = told
  assert.deepEqual(
    en.map((f) => [f.code, f.file, f.line, f.field]),
    vi.map((f) => [f.code, f.file, f.line, f.field]),
  )
  for (const [i, f] of en.entries()) assert.notEqual(f.text, vi[i]?.text, f.code)
})

test('what cannot be read', { timeout: 120_000 }, async () => {
  const at = (name: string, content?: string | Buffer): string => {
    const file = join(work, name)
    if (content !== undefined) writeFileSync(file, content)
    return file
  }
  mkdirSync(join(work, 'folder.yaml'))
  const cases: [file: string, codes: string[], line?: number][] = [
    [at('absent.yaml'), ['unreadable']],
    [at('folder.yaml'), ['unreadable']],
    [at('syntax.yaml', 'camseal: statement/1\ndut: {maker: [\nsamples: ]}\n'), ['yaml-syntax'], 3],
    [
      at('twice.yaml', sound().replace('permit: ordinary', 'permit: ordinary\npermit: destructive')),
      ['yaml-syntax'],
      25,
    ],
    [
      at(
        'bomb.yaml',
        `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f'].map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdef'[i]}`).join(', ')}]`).join('\n')}\n`,
      ),
      ['yaml-aliases'],
    ],
    [at('empty.yaml', ''), ['empty']],
    [at('comment.yaml', '# nothing yet\n'), ['empty']],
    [at('two.yaml', `${sound()}---\n${sound()}`), ['yaml-documents'], sound().split('\n').length],
    [at('large.yaml', sound() + '#'.repeat(2 ** 20)), ['too-large']],
    ['/dev/zero', ['too-large']],
    [at('deep.yaml', '['.repeat(100_000)), ['yaml-syntax']],
    [at('deep-list.yaml', '- '.repeat(100_000)), ['yaml-syntax']],
    [at('list.yaml', '- 1\n- 2\n'), ['wrong-type']],
    [at('binary.yaml', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256))), ['yaml-syntax']],
  ]
  for (const [file, codes, line] of cases) {
    const ran = await run(file, '--json')
    assert.equal(ran.code, 3, `${file}: ${ran.stdout} ${ran.stderr}`)
    const faults = faultsOf(ran)
    assert.ok(faults.length <= 20, `${file}: ${faults.length}`)
    for (const code of codes)
      assert.ok(
        faults.some((f) => f.code === code && f.file === file && (line === undefined || f.line === line)),
        `${file}: ${JSON.stringify(faults)}`,
      )
    assert.ok(
      faults.every((f) => f.text.startsWith(file) && f.text.length > file.length + 10),
      JSON.stringify(faults),
    )
  }
})

test('a right statement with secrets and packages that are not there', { timeout: 60_000 }, async () => {
  const update =
    WRONG.find(([was]) => was === 'updates: []')?.[1]
      .replace('(a)(b)', '(a)')
      .replace(', browser: [{goto: /}]', '') ?? ''
  const file = join(work, 'unready.yaml')
  writeFileSync(
    file,
    sound()
      .replace('{published: "x"}', '{file: nowhere.secret}')
      .replace('{published: "y"}', '{prompt: true}')
      .replace('updates: []', update),
  )
  const ran = await run(file, '--json')
  assert.equal(ran.code, 3)
  assert.deepEqual(
    faultsOf(ran).map((f) => [f.code, f.line, f.field]),
    [
      ['secret-missing', 13, '/accounts/0/password'],
      ['secret-missing', 14, '/accounts/1/password'],
      ['package-missing', 22, '/updates/0/packages/genuine'],
    ],
  )
})

test('a wrong regulation is told beside a wrong statement', { timeout: 60_000 }, async () => {
  const [statement, regulation] = [join(work, 'plain.yaml'), join(work, 'regulation.yaml')]
  writeFileSync(statement, sound().replace('permit: ordinary', 'permit: all'))
  writeFileSync(
    regulation,
    readFileSync(new URL('../profiles/regulations/camseal-core.yaml', import.meta.url), 'utf8').replace(
      'exposed-ports/undeclared-tcp-ports',
      'exposed-ports/nothing',
    ),
  )
  const ran = await camseal([
    'run',
    '--statement',
    statement,
    '--regulation',
    `${regulation},camseal-other`,
    '--out',
    join(work, 'out'),
    '--json',
  ])
  assert.equal(ran.code, 3)
  const faults = faultsOf(ran)
  assert.deepEqual(
    faults.map((f) => f.code),
    ['not-one-of', 'unresolved', 'no-such-regulation'],
  )
  assert.ok(faults[1]?.file === regulation && faults[1].line !== undefined)
})

test('nothing was ever sent, and a right statement is sent to', { timeout: 60_000 }, async () => {
  assert.equal(connections, 0)
  const file = join(work, 'sound.yaml')
  writeFileSync(file, sound())
  const args = ['run', '--statement', file, '--regulation', 'camseal-core', '--out', join(work, 'out'), '--rehearsal']
  const sent = startCamseal([...args, '--only', 'no-default-credentials'])
  for (let i = 0; i < 400 && connections === 0 && sent.child.exitCode === null; i++)
    await new Promise((wait) => setTimeout(wait, 50))
  sent.child.kill('SIGKILL')
  await sent.ended
  assert.ok(connections > 0, 'the listener would have seen it')
})
