import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import onvif from 'onvif/promises/index.js'
import { topicMatches } from '../lab/cameras/mqtt-door.ts'
import type { CameraOptions } from '../lab/cameras/options.ts'
import { startReferenceCamera, type ReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { has, ran } from './support/programs.ts'

/** The reference camera is one that clients of others can use: what each of them gets, and what it does not get. */

const LIMIT = { timeout: 60_000 }
const HOST = '127.77.24.10'
const OWNER = ['admin', 'Abc-123-xyz'] as const
const VIEWER = ['lab-spare', 'Spa-123-pqr'] as const
const [MQTT_PORT, SSH_PORT] = ['1883', '2222']

const folder = mkdtempSync(join(tmpdir(), 'camseal-clients-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function camera(t: TestContext, over: Partial<CameraOptions> = {}): Promise<ReferenceCamera> {
  const started = await startReferenceCamera({
    addresses: { ipv4: HOST, ipv6: null },
    ports: { https: 0, rtsp: 0, http: 0 },
    weaknesses: [],
    serial: 'CL-1',
    syslog: null,
    lock: { failures: 4, windowSeconds: 30, lockSeconds: 1 },
    bootSeconds: 0.2,
    factoryFresh: false,
    adminPassword: OWNER[1],
    users: [{ name: VIEWER[0], password: VIEWER[1], role: 'viewer', spare: true }],
    ...over,
  })
  t.after(() => started.stop())
  return started
}

/** Whether the test was left out because a program is not there. */
function lacks(t: TestContext, ...programs: string[]): boolean {
  const missing = programs.filter((p) => !has(p))
  if (missing.length > 0) t.skip(`needs ${missing.join(', ')}`)
  return missing.length > 0
}

/** How long FFmpeg looks at a stream before it says what it is, in microseconds. */
const QUICK = ['-analyzeduration', '1000000']

const client = ({ ports }: ReferenceCamera, [username, password]: readonly [string, string], byToken = true) =>
  new onvif.Cam({
    hostname: HOST,
    port: ports.https,
    useSecure: true,
    secureOpts: { rejectUnauthorized: false },
    username,
    password,
    useWSSecurity: byToken,
    timeout: 10_000,
  })

for (const byToken of [true, false])
  test(`the onvif client, ${byToken ? 'by username token' : 'by Digest'}`, LIMIT, async (t) => {
    const unit = await camera(t)
    const owner = client(unit, OWNER, byToken)
    await owner.connect()
    assert.deepEqual(await owner.getDeviceInformation(), {
      manufacturer: 'Camseal',
      model: 'RC-1',
      firmwareVersion: '1.4.0',
      serialNumber: 'CL-1',
      hardwareId: 'software',
    })
    const base = `https://${HOST}:${unit.ports.https}/onvif`
    assert.deepEqual(
      ((await owner.getServices()) as { namespace: string; XAddr: string }[]).map((s) => [s.namespace, s.XAddr]),
      [
        ['http://www.onvif.org/ver10/device/wsdl', `${base}/device_service`],
        ['http://www.onvif.org/ver10/media/wsdl', `${base}/media_service`],
      ],
    )
    const { device, media } = (await owner.getCapabilities()) as Record<'device' | 'media', { XAddr: string }>
    assert.deepEqual([device.XAddr, media.XAddr], [`${base}/device_service`, `${base}/media_service`])
    const profiles = (await owner.getProfiles()) as { $: { token: string } }[]
    assert.deepEqual(
      profiles.map((p) => p.$.token),
      ['main', 'sub'],
    )

    const users = async () => ((await owner.getUsers()) as { username: string; userLevel: string }[]).map(Object.values)
    const before = [
      ['admin', 'Administrator'],
      ['lab-spare', 'User'],
    ]
    assert.deepEqual(await users(), before)
    await owner.createUsers([{ username: 'guest', password: 'Gue-456-xyz', userLevel: 'User' }])
    assert.deepEqual(await users(), [...before, ['guest', 'User']])
    const guest = client(unit, ['guest', 'Gue-456-xyz'], byToken)
    await guest.connect()
    assert.equal(((await guest.getScopes()) as unknown[]).length, 4)
    await assert.rejects(guest.getUsers(), /administrators only/)
    await owner.deleteUsers(['guest'])
    assert.deepEqual(await users(), before)
    await assert.rejects(guest.getScopes(), byToken ? /log-in required/ : /401/)
    await assert.rejects(owner.createUsers([{ username: 'guest', password: 'short', userLevel: 'User' }]), /weak/)
  })

test('the addresses that the onvif client gets are those of a stream and a picture', LIMIT, async (t) => {
  if (lacks(t, 'ffprobe', 'curl')) return
  const unit = await camera(t)
  const viewer = client(unit, VIEWER)
  await viewer.connect()
  type AddressOf = (of: { profileToken: string; protocol?: 'RTSP' }) => Promise<{ uri: string }>
  const streamOf: AddressOf = viewer.getStreamUri
  const pictureOf: AddressOf = viewer.getSnapshotUri
  for (const profileToken of ['main', 'sub']) {
    const { uri } = await streamOf({ protocol: 'RTSP', profileToken })
    const show = ['-v', 'error', ...QUICK, '-show_entries', 'stream=codec_name,width', '-of', 'csv=p=0']
    const seen = await ran('ffprobe', [...show, uri.replace('//', `//${VIEWER.join(':')}@`)])
    assert.match(seen.out, /^h264,160/, `${uri}: ${seen.all}`)
  }
  const { uri } = await pictureOf({ profileToken: 'main' })
  const picture = await ran('curl', ['-sk', '--digest', '-u', VIEWER.join(':'), uri])
  assert.equal(picture.out.slice(0, 3), '\xff\xd8\xff', picture.all.slice(0, 200))
})

test('the onvif client with a wrong password gets what is public, then a locked account', LIMIT, async (t) => {
  const unit = await camera(t)
  const [wrong, right] = [client(unit, [OWNER[0], 'wrong']), client(unit, OWNER)]
  assert.ok(Math.abs(Number(await wrong.getSystemDateAndTime()) - Date.now()) < 5000)
  for (let i = 0; i < 4; i += 1) await assert.rejects(wrong.getDeviceInformation(), /log-in required/)
  await right.getSystemDateAndTime()
  await assert.rejects(right.getDeviceInformation(), /log-in required/, 'the right password, during the lock')
  assert.ok(unit.events.some(({ event, values }) => event === 'account-locked' && values.interface === 'onvif'))
  await wait(1100)
  assert.equal(((await right.getDeviceInformation()) as { serialNumber: string }).serialNumber, 'CL-1')
})

test('Digest of both algorithms: curl takes SHA-256, wget MD5', LIMIT, async (t) => {
  if (lacks(t, 'curl', 'wget')) return
  const url = `https://${HOST}:${(await camera(t)).ports.https}/api/device`
  const curl = (login: string) => ran('curl', ['-skv', '--digest', '-u', login, '-w', '%{http_code}', url])
  const wget = (user: string, password: string) =>
    ran('wget', ['-d', '-t', '1', '--no-check-certificate', '--user', user, '--password', password, '-O', '-', url])
  const seen = { curl: await curl(OWNER.join(':')), wget: await wget(...OWNER) }
  assert.match(seen.curl.all, /^> Authorization: Digest .*algorithm=SHA-256/m)
  assert.match(seen.curl.out, /"CL-1".*\s200$/)
  assert.match(seen.wget.all, /^Authorization: Digest .*algorithm="?MD5/m)
  assert.match(seen.wget.out, /"CL-1"/)
  assert.match((await curl('admin:wrong')).out, /401$/)
  const refused = await wget('admin', 'wrong')
  assert.equal(refused.code, 6, 'what wget calls a failed log-in')
  assert.doesNotMatch(refused.out, /CL-1/)
})

test('openssl s_client trusts the certificate for the address and takes a session up again', LIMIT, async (t) => {
  if (lacks(t, 'openssl')) return
  const { ports } = await camera(t)
  const to = ['s_client', '-connect', `${HOST}:${ports.https}`]
  const shown = await ran('openssl', to)
  const pin = join(folder, 'camera.pem')
  assert.equal((await ran('openssl', ['x509', '-out', pin], { input: shown.out })).code, 0)
  const get = 'GET /api/device HTTP/1.1\r\nHost: camera\r\nConnection: close\r\n\r\n'
  for (const version of ['-tls1_2', '-tls1_3']) {
    const strict = [...to, version, '-CAfile', pin, '-verify_return_error', '-ign_eof']
    const answered = await ran('openssl', [...strict, '-verify_ip', HOST], { input: get })
    assert.match(answered.out, /Verify return code: 0 \(ok\)[^]*HTTP\/1\.1 401 /)
    const elsewhere = await ran('openssl', [...strict, '-verify_ip', '127.77.24.99'], { input: get })
    assert.match(elsewhere.all, /IP address mismatch/)
    assert.doesNotMatch(elsewhere.out, /HTTP\/1\.1/)
  }
  const again = await ran('openssl', [...to, '-tls1_2', '-reconnect'])
  assert.equal((again.out.match(/^Reused, TLSv1\.2/gm) ?? []).length, 5)
})

test('ffmpeg decodes both streams over TCP and UDP', LIMIT, async (t) => {
  if (lacks(t, 'ffmpeg')) return
  const { ports } = await camera(t)
  const plays = async (path: string, transport: string) => {
    const from = `rtsp://${VIEWER.join(':')}@${HOST}:${ports.rtsp}/live/${path}`
    const input = ['-v', 'info', '-nostdin', '-xerror', ...QUICK, '-rtsp_transport', transport, '-i', from]
    const { code, all } = await ran('ffmpeg', [...input, '-frames:v', '6', '-f', 'null', '-'])
    return `${code} ${/frame= *(\d+)/.exec(all.slice(all.lastIndexOf('frame=')))?.[1] ?? all.slice(-300)}`
  }
  const played = await Promise.all(
    ['main', 'sub'].flatMap((path) => ['tcp', 'udp'].map((transport) => plays(path, transport))),
  )
  assert.deepEqual(played, ['0 6', '0 6', '0 6', '0 6'])
})

test('nmap reads the methods of the stream and finds nothing weak', LIMIT, async (t) => {
  if (lacks(t, 'nmap')) return
  const { ports } = await camera(t)
  const scan = async (port: number, scripts: string) =>
    (await ran('nmap', ['-Pn', '-n', '-p', String(port), '--script', scripts, HOST])).out
  assert.match(await scan(ports.rtsp, '+rtsp-methods'), /rtsp-methods:[|_\s]+OPTIONS, DESCRIBE, SETUP, PLAY/)
  const web = await scan(ports.https, '+ssl-enum-ciphers')
  assert.match(web, /TLSv1\.2:[^]*TLSv1\.3:[^]*least strength: A/)
  assert.doesNotMatch(web, /TLSv1\.[01]|SSLv3|warnings/)
})

test('mosquitto publishes and subscribes', LIMIT, async (t) => {
  if (lacks(t, 'mosquitto_pub', 'mosquitto_sub')) return
  await camera(t, { weaknesses: ['mqtt-anonymous'] })
  const at = ['-h', HOST, '-p', MQTT_PORT]
  const subscribe = (...args: string[]) => ran('mosquitto_sub', [...at, '-v', '-W', '5', ...args])
  const publish = (...args: string[]) => ran('mosquitto_pub', [...at, ...args], { seconds: 10 })
  const status = 'camera/status {"model":"RC-1","state":"recording"}\n'
  for (const qos of ['0', '1', '2'])
    assert.equal((await subscribe('-t', 'other', '-t', 'camera/+', '-q', qos, '-C', '1')).out, status)
  assert.equal((await subscribe('-t', '#', '-u', 'anybody', '-P', 'anything', '-C', '1')).out, status)

  const listening = subscribe('-t', 'lab/+/x', '-C', '3')
  await wait(500)
  for (const qos of ['0', '1', '2']) assert.equal((await publish('-t', `lab/${qos}/x`, '-m', 'on', '-q', qos)).code, 0)
  assert.equal((await listening).out, 'lab/0/x on\nlab/1/x on\nlab/2/x on\n')

  await publish('-t', 'kept/a', '-m', 'x'.repeat(300), '-r')
  assert.equal((await subscribe('-t', 'kept/#', '-C', '1')).out, `kept/a ${'x'.repeat(300)}\n`)
  await publish('-t', 'kept/a', '-n', '-r')
  assert.equal((await subscribe('-t', 'kept/#', '-C', '1', '-W', '1')).out, '', 'retained no longer')
  assert.match((await publish('-V', 'mqttv31', '-t', 'a', '-m', 'b')).all, /unacceptable protocol version/)
  assert.notEqual((await publish('-V', 'mqttv5', '-t', 'a', '-m', 'b')).code, 0)
})

const ssh = (options: string[], password: string, command: string[], input = '') =>
  ran(
    'sshpass',
    [
      ...['-e', 'ssh', '-F', 'none', '-p', SSH_PORT, '-o', 'StrictHostKeyChecking=no'],
      ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'NumberOfPasswordPrompts=1'],
      ...options.flatMap((one) => ['-o', one]),
      `${OWNER[0]}@${HOST}`,
      ...command,
    ],
    { seconds: 15, input, env: { SSHPASS: password } },
  )
const OLD = [
  'KexAlgorithms=diffie-hellman-group14-sha1,diffie-hellman-group1-sha1',
  'HostKeyAlgorithms=ssh-rsa',
  'Ciphers=aes128-cbc,3des-cbc',
  'MACs=hmac-sha1,hmac-md5',
]
const OLDEST = [
  'KexAlgorithms=diffie-hellman-group1-sha1',
  'HostKeyAlgorithms=ssh-rsa',
  'Ciphers=3des-cbc',
  'MACs=hmac-md5',
]

test('OpenSSH gets in by old algorithms and the password only', LIMIT, async (t) => {
  if (lacks(t, 'ssh', 'sshpass', 'ssh-keygen')) return
  await camera(t, { weaknesses: ['ssh-old-algorithms'] })
  assert.match((await ssh([], OWNER[1], ['id'])).all, /no matching key exchange method found/)
  for (const options of [OLD, OLDEST]) {
    const { code, out } = await ssh(options, OWNER[1], ['id'])
    assert.equal(`${code} ${out}`, '0 uid=0(root) gid=0(root)\r\n')
  }
  const typed = await ssh([...OLD, 'RequestTTY=force'], OWNER[1], [], 'echo $((6*7))\nexit\n')
  assert.match(typed.out, /camera# 42\r\ncamera# $/)
  const refused = await ssh(OLD, 'wrong', ['id'])
  assert.equal(refused.out, '')
  assert.match(refused.all, /Permission denied/)
  const key = join(folder, 'key')
  assert.equal((await ran('ssh-keygen', ['-q', '-t', 'rsa', '-N', '', '-f', key])).code, 0)
  const byKey = await ssh([...OLD, 'PreferredAuthentications=publickey', `IdentityFile=${key}`], OWNER[1], ['id'])
  assert.match(byKey.all, /Permission denied \(password\)/)
})

test('a camera out of its box lets nobody in by SSH', LIMIT, async (t) => {
  if (lacks(t, 'ssh', 'sshpass')) return
  await camera(t, { weaknesses: ['ssh-old-algorithms'], factoryFresh: true })
  const asSpare = OLD.concat(`User=${VIEWER[0]}`)
  assert.match((await ssh(asSpare, VIEWER[1], ['id'])).all, /Permission denied/)
})

/** Deterministic bytes (a linear congruential generator). */
function noise(seed: number): (most: number) => number {
  let state = seed
  return (most) => (state = (state * 1103515245 + 12345) % 2147483648) % most
}

/** Sends bytes and lets the door close, or keep still for a while. */
async function thrown(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, HOST)
  socket.on('error', () => undefined).on('data', () => undefined)
  socket.end(bytes)
  await Promise.race([new Promise((done) => socket.once('close', done)), wait(300)])
  socket.destroy()
}

test('nothing that is thrown at the doors of MQTT and SSH breaks them', LIMIT, async (t) => {
  if (lacks(t, 'mosquitto_sub', 'ssh', 'sshpass')) return
  await camera(t, { weaknesses: ['mqtt-anonymous', 'ssh-old-algorithms'] })
  const random = noise(7)
  const hello = Buffer.from('100c00044d5154540402003c0000', 'hex')
  const asks = Buffer.from('820600010001230032080003000161006869', 'hex')
  const identification = Buffer.from('SSH-2.0-x\r\n')
  const throws: Promise<void>[] = []
  for (let i = 0; i < 150; i += 1) {
    const junk = Buffer.from(Array.from({ length: 1 + random(60) }, () => random(256)))
    const broken = Buffer.concat([hello, asks])
    for (let k = 0; k <= random(3); k += 1) broken[random(broken.length)] = random(256)
    const mqtt = [junk, Buffer.concat([hello, junk]), broken.subarray(0, 1 + random(broken.length))]
    throws.push(thrown(Number(MQTT_PORT), mqtt[i % 3] ?? junk))
    throws.push(thrown(Number(SSH_PORT), i % 2 === 0 ? junk : Buffer.concat([identification, junk])))
    if (i % 20 === 19) await Promise.all(throws.splice(0))
  }
  await Promise.all(throws)
  const told = await ran('mosquitto_sub', ['-h', HOST, '-p', MQTT_PORT, '-t', 'camera/#', '-C', '1', '-W', '5'])
  assert.match(told.out, /recording/)
  assert.equal((await ssh(OLD, OWNER[1], ['id'])).code, 0)
})

test('a filter of MQTT takes the topics of section 4.7', () => {
  const taken = (filter: string) => ['a', 'a/b', 'a/b/c', '/a', '$SYS/a'].filter((topic) => topicMatches(filter, topic))
  assert.deepEqual(taken('#'), ['a', 'a/b', 'a/b/c', '/a'])
  assert.deepEqual(taken('a/#'), ['a', 'a/b', 'a/b/c'])
  assert.deepEqual(taken('a/+'), ['a/b'])
  assert.deepEqual(taken('+/+'), ['a/b', '/a'])
  assert.deepEqual(taken('$SYS/#'), ['$SYS/a'])
  assert.deepEqual(taken('a'), ['a'])
})
