import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera, type ReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { CameraOptions } from '../lab/cameras/options.ts'
import { answerDiscovery, endpointReference } from '../lab/cameras/onvif/discovery.ts'
import { httpClient } from '../lab/instruments/http.ts'
import { usernameToken } from '../lab/instruments/username-token.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { latin1 } from '../suites/facts/bytes.ts'
import { soapOf } from '../suites/facts/soap.ts'
import { testBench, type TestBench } from './support/bench.ts'

const LIMIT = { timeout: 60_000 }
const OWNER = { user: 'admin', password: 'Abc-123-xyz', secret: 'owner', published: false }
const VIEWER = { user: 'lab-spare', password: 'Spa-123-pqr', secret: 'spare', published: false }
const DEVICE = '/onvif/device_service'
const MEDIA = '/onvif/media_service'
const TDS = 'http://www.onvif.org/ver10/device/wsdl'
const TRT = 'http://www.onvif.org/ver10/media/wsdl'

let next = 60

interface Unit {
  camera: ReferenceCamera
  bench: TestBench
  /** Status and body of an answer to these bytes. */
  post(
    body: string,
    target?: string,
    login?: typeof OWNER,
    method?: string,
  ): Promise<{ status: number; body: string; is: string }>
  /** An operation, logged in by token. */
  call(operation: string, inner?: string, login?: typeof OWNER, target?: string): Promise<string>
}

async function unit(t: TestContext, over: Partial<CameraOptions> = {}): Promise<Unit> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.12.${next++}`, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses: [],
    serial: 'O1',
    syslog: null,
    lock: { failures: 4, windowSeconds: 30, lockSeconds: 1 },
    bootSeconds: 0.2,
    factoryFresh: false,
    adminPassword: OWNER.password,
    users: [{ name: VIEWER.user, password: VIEWER.password, role: 'viewer', spare: true }],
    ...over,
  })
  t.after(() => camera.stop())
  const bench = testBench(camera.statement(), { sources: () => ['127.77.12.1'] })
  const post: Unit['post'] = async (body, target = DEVICE, login, method = 'POST') => {
    const client = httpClient(bench, bench.endpoint('ipv4', camera.ports.https, true)!)
    const answer = answerOf(
      await client.send({ method, target, body: Buffer.from(body, 'utf8'), ...(login ? { credential: login } : {}) }),
    )
    client.close()
    const said = soapOf(answer)
    const is =
      said.is === 'content' ? said.element.name : said.is === 'fault' ? said.codes.map((c) => c.name).join('/') : ''
    return { status: answer?.status ?? 0, body: answer ? latin1(answer.body) : '', is }
  }
  return {
    camera,
    bench,
    post,
    async call(operation, inner = '', login = OWNER, target = DEVICE) {
      const message = soap(
        operation,
        inner,
        usernameToken(login, new Date().toISOString()),
        target === MEDIA ? TRT : TDS,
      )
      return (await post(message, target)).is
    },
  }
}

const soap = (operation: string, inner = '', header = '', namespace = TDS): string =>
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${header}</s:Header>` +
  `<s:Body><${operation} xmlns="${namespace}">${inner}</${operation}></s:Body></s:Envelope>`
const seconds = (n: number): string => new Date(Date.now() + n * 1000).toISOString()

test('access classes hold for nobody, a viewer and an administrator', LIMIT, async (t) => {
  const { call, post } = await unit(t)
  for (const operation of [
    'GetSystemDateAndTime',
    'GetServices',
    'GetServiceCapabilities',
    'GetCapabilities',
    'GetHostname',
    'GetWsdlUrl',
  ])
    assert.equal((await post(soap(operation))).is, `${operation}Response`)
  for (const operation of [
    'GetDeviceInformation',
    'GetNetworkInterfaces',
    'GetScopes',
    'GetUsers',
    'GetSystemLog',
    'SystemReboot',
    'CreateUsers',
    'SetUser',
    'DeleteUsers',
    'SetSystemDateAndTime',
  ]) {
    const { status, is } = await post(soap(operation))
    assert.equal(`${status} ${is}`, '401 Sender/NotAuthorized', operation)
    if (/^(Get|System)/.test(operation)) continue
    assert.equal(await call(operation, '', VIEWER), 'Sender/NotAuthorized', operation)
  }
  for (const operation of ['GetDeviceInformation', 'GetNetworkInterfaces', 'GetScopes'])
    assert.equal(await call(operation, '', VIEWER), `${operation}Response`)
  for (const operation of ['GetUsers', 'GetSystemLog', 'SystemReboot'])
    assert.equal(await call(operation, '', VIEWER), 'Sender/NotAuthorized')
  for (const operation of ['GetProfiles', 'GetVideoSources', 'GetStreamUri', 'GetSnapshotUri']) {
    const profile = '<ProfileToken>main</ProfileToken>'
    assert.equal((await post(soap(operation, profile, '', TRT), MEDIA)).is, 'Sender/NotAuthorized')
    assert.equal(await call(operation, profile, VIEWER, MEDIA), `${operation}Response`)
  }
  assert.equal(
    await call('GetStreamUri', '<ProfileToken>none</ProfileToken>', OWNER, MEDIA),
    'Sender/InvalidArgVal/NoProfile',
  )
  assert.equal((await post(soap('GetUsers'), DEVICE, OWNER)).is, 'GetUsersResponse', 'by Digest')
  assert.equal((await post(soap('GetUsers'), DEVICE, VIEWER)).is, 'Sender/NotAuthorized')
})

test('a token is good once, while it is young, whole, and of the right password', LIMIT, async (t) => {
  const { post, call, camera } = await unit(t)
  const is = async (header: string) => (await post(soap('GetDeviceInformation', '', header))).is
  const [GOOD, NO] = ['GetDeviceInformationResponse', 'Sender/NotAuthorized']
  const token = usernameToken(OWNER, seconds(0))
  assert.equal(await is(token), GOOD)
  assert.equal(await is(token), NO, 'once more')
  assert.equal(await is(usernameToken(OWNER, seconds(-200))), GOOD)
  assert.equal(await is(usernameToken(OWNER, seconds(200))), GOOD)
  assert.equal(await is(usernameToken(OWNER, seconds(-400))), NO)
  assert.equal(await is(usernameToken(OWNER, seconds(400))), NO)
  assert.equal(await is(usernameToken(OWNER, new Date().toISOString().slice(0, -1))), NO, 'no time zone')
  assert.equal(await is(usernameToken(OWNER, 'yesterday')), NO)
  const fresh = () => usernameToken(OWNER, seconds(0))
  assert.equal(await is(fresh().replace(/<w:Nonce.*<\/w:Nonce>/, '')), NO)
  assert.equal(await is(fresh().replace(/<u:Created.*<\/u:Created>/, '')), NO)
  assert.equal(await is(fresh().replace(/#PasswordDigest/, '#PasswordText')), NO)
  assert.equal(await is(`${token.slice(0, 5)}x`), 'Sender/WellFormed')
  const created = seconds(0)
  const text = `<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><w:UsernameToken><w:Username>admin</w:Username><w:Password>Abc-123-xyz</w:Password></w:UsernameToken></w:Security>`
  assert.equal(await is(text), NO, 'the password in clear')
  const nonce = randomBytes(16)
  assert.equal(await is(usernameToken(OWNER, created, nonce)), GOOD)
  assert.equal(await is(usernameToken(VIEWER, created, nonce)), GOOD, 'the nonce of somebody else')
  assert.equal(await is(usernameToken({ ...OWNER, password: 'Abc-123-xyZ' }, seconds(0))), NO)
  const nobody = createHash('sha1').update('').digest('base64')
  assert.equal(await is(fresh().replace(/(PasswordDigest">)[^<]*/, `$1${nobody}`)), NO)
  assert.match(JSON.stringify(camera.events), /"interface":"onvif","reason":"token used before, or not of now"/)
  for (let i = 0; i < 4; i++) await is(usernameToken({ ...VIEWER, password: 'wrong' }, seconds(0)))
  assert.equal(await call('GetScopes', '', VIEWER), NO, 'locked over ONVIF')
  assert.equal((await post('', '/api/device', VIEWER, 'GET')).status, 401, 'and over the web')
  assert.equal(await call('GetScopes'), 'GetScopesResponse', 'nobody else is')
})

test('accounts are the same over ONVIF and over the web', LIMIT, async (t) => {
  const { post, call } = await unit(t)
  const user = (name: string, password: string, level = 'User') =>
    `<User><Username xmlns="http://www.onvif.org/ver10/schema">${name}</Username><Password xmlns="http://www.onvif.org/ver10/schema">${password}</Password><UserLevel xmlns="http://www.onvif.org/ver10/schema">${level}</UserLevel></User>`
  const web = async (login: typeof OWNER) => (await post('', '/api/device', login, 'GET')).status
  const guest = (password: string) => ({ ...OWNER, user: 'guest', password })
  assert.equal(await call('CreateUsers', user('guest', 'weak')), 'Sender/OperationProhibited/Password')
  assert.equal(
    await call('CreateUsers', user('guest', 'Gue-456-xyz', 'Anonymous')),
    'Sender/OperationProhibited/InvalidUserLevel',
  )
  assert.equal(await call('CreateUsers', user('guest', 'Gue-456-xyz')), 'CreateUsersResponse')
  assert.equal(await call('CreateUsers', user('guest', 'Gue-456-xyz')), 'Sender/OperationProhibited/UsernameClash')
  assert.equal(await web(guest('Gue-456-xyz')), 200)
  const changed = await post('{"password":"Gue-789-xyz"}', '/api/users/guest/password', OWNER, 'PUT')
  assert.equal(changed.status, 200)
  assert.equal(await call('GetScopes', '', guest('Gue-456-xyz')), 'Sender/NotAuthorized', 'the old password')
  assert.equal(await call('GetScopes', '', guest('Gue-789-xyz')), 'GetScopesResponse', 'the one set over the web')
  assert.equal(
    (await post(soap('GetScopes'), DEVICE, guest('Gue-456-xyz'))).is,
    'Sender/NotAuthorized',
    'nor by Digest',
  )
  assert.equal(await call('SetUser', user('guest', 'Gue-abc-9xyz')), 'SetUserResponse')
  assert.equal(await web(guest('Gue-789-xyz')), 401)
  assert.equal(await web(guest('Gue-abc-9xyz')), 200)
  assert.equal(await call('SetUser', user('admin', 'Abc-123-xyq')), 'Sender/InvalidArgVal/FixedUser', 'the own level')
  assert.equal(await call('DeleteUsers', '<Username>admin</Username>'), 'Sender/InvalidArgVal/FixedUser')
  assert.equal(await call('DeleteUsers', '<Username>guest</Username>'), 'DeleteUsersResponse')
  assert.equal(await call('DeleteUsers', '<Username>guest</Username>'), 'Sender/InvalidArgVal/UsernameMissing')
  assert.equal(await web(guest('Gue-abc-9xyz')), 401)
})

test('before the first set-up nothing is given, and a reboot comes back', LIMIT, async (t) => {
  const fresh = await unit(t, { factoryFresh: true })
  assert.equal((await fresh.post(soap('GetSystemDateAndTime'))).is, 'GetSystemDateAndTimeResponse')
  assert.equal(await fresh.call('GetScopes', '', VIEWER), 'Sender/NotAuthorized', 'accounts sleep')
  assert.equal(await fresh.call('CreateUsers', '', { ...OWNER, password: 'admin' }), 'Sender/NotAuthorized')
  const { call, post } = await unit(t)
  assert.equal(await call('SystemReboot'), 'SystemRebootResponse')
  await new Promise((done) => setTimeout(done, 1500))
  assert.equal((await post(soap('GetSystemDateAndTime'))).is, 'GetSystemDateAndTimeResponse')
})

test('what is no call of ONVIF is refused, and nothing breaks the camera', LIMIT, async (t) => {
  const { post } = await unit(t)
  const status = async (body: string, target = DEVICE, method = 'POST') =>
    (await post(body, target, undefined, method)).status
  assert.equal(await status('', DEVICE, 'GET'), 405)
  assert.equal(await status(''), 401, 'the message comes after the challenge')
  assert.equal(await status('{}'), 400)
  assert.equal(await status(`<!DOCTYPE a [<!ENTITY b "c">]>${soap('GetHostname')}`), 400)
  assert.equal(await status(soap('GetHostname', '<a>'.repeat(70) + '</a>'.repeat(70))), 400)
  assert.equal(await status(soap('GetHostname', 'x'.repeat(70_000))), 413)
  assert.equal((await post(soap('GetBackup'))).is, 'Sender/ActionNotSupported')
  assert.equal((await post(soap('constructor'))).is, 'Sender/ActionNotSupported')
  assert.equal((await post(soap('GetUsers', '', '', TRT))).is, 'Sender/ActionNotSupported', 'of another service')
  assert.equal((await post(soap('GetUsers').replace('2003/05', '2003/06'))).is, 'Sender/WellFormed')
  const valid = soap('GetUsers', '<a>1</a>', usernameToken({ ...OWNER, user: 'nobody' }, seconds(0)))
  let seed = 99
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
  for (let i = 0; i < 150; i++) {
    const text = [...valid]
    for (let k = 0; k <= random(4); k++)
      text[random(text.length)] = ['<', '>', '&', '"', ':', '\0', 'é', '&#0;', '/'][random(9)]!
    const { status: said, is } = await post(text.join('').slice(0, 20 + random(valid.length)))
    assert.ok([400, 401].includes(said) && is.startsWith('Sender/'), `${said} ${is}`)
  }
  assert.equal((await post(soap('GetSystemDateAndTime'))).is, 'GetSystemDateAndTimeResponse')
})

const discover = (body: string, id = 'urn:uuid:1'): Buffer =>
  Buffer.from(
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
      'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:n="http://www.onvif.org/ver10/network/wsdl">' +
      `<e:Header><w:MessageID>${id}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To></e:Header><e:Body>${body}</e:Body></e:Envelope>`,
  )

test('WS-Discovery answers who asks for a camera, and nobody else', LIMIT, async () => {
  const answers = (body: string, id?: string) => answerDiscovery(discover(body, id), 'O1', 'https://h/x') !== null
  assert.ok(answers('<d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe>'))
  assert.ok(answers('<d:Probe/>'), 'without types')
  assert.ok(answers('<d:Probe><d:Scopes>onvif://www.onvif.org/Profile</d:Scopes></d:Probe>'))
  assert.ok(!answers('<d:Probe><d:Scopes>onvif://www.onvif.org/Prof</d:Scopes></d:Probe>'))
  assert.ok(!answers('<d:Probe><d:Types>n:Printer</d:Types></d:Probe>'))
  assert.ok(!answers('<d:Probe><d:Types>d:NetworkVideoTransmitter</d:Types></d:Probe>'), 'of another namespace')
  assert.ok(!answers('<d:Probe/>', ''), 'nothing to relate to')
  assert.ok(!answers('<d:Hello/>'))
  const resolve = (reference: string) =>
    `<d:Resolve><w:EndpointReference><w:Address>${reference}</w:Address></w:EndpointReference></d:Resolve>`
  assert.ok(answers(resolve(endpointReference('O1'))))
  assert.ok(!answers(resolve(endpointReference('O2'))))
  assert.equal(answerDiscovery(Buffer.from('<!DOCTYPE x>'), 'O1', ''), null)
  assert.equal(answerDiscovery(Buffer.concat([discover('<d:Probe/>'), Buffer.alloc(5000, 32)]), 'O1', ''), null)
})

test('WS-Discovery is there by unicast, declared, and gone where it is not wanted', LIMIT, async (t) => {
  const { camera, bench } = await unit(t, { ports: { https: 0, rtsp: 0, discovery: 13702 } })
  assert.ok(camera.statement().services.some((s) => s.protocol === 'ws-discovery' && s.port === 13702))
  const address = bench.sample.addresses.ipv4 ?? ''
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.bind(0, '127.77.12.1')
  await once(socket, 'listening')
  socket.send('<nothing', 13702, address)
  socket.send(discover('<d:Probe/>', 'urn:uuid:42'), 13702, address)
  const [datagram, from] = (await once(socket, 'message')) as [Buffer, { address: string; port: number }]
  assert.match(datagram.toString(), /RelatesTo>urn:uuid:42</)
  assert.match(datagram.toString(), new RegExp(`XAddrs>https://${address}:${camera.ports.https}/onvif/device_service<`))
  assert.deepEqual([from.address, from.port], [address, 13702])
  await camera.stop()
})
