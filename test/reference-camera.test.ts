import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import { setTimeout as wait } from 'node:timers/promises'
import { after, test, type TestContext } from 'node:test'
import { startReferenceCamera, type ReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { faultsOf, type CameraOptions } from '../lab/cameras/options.ts'
import { buildPackage, compareVersions, makeVendorKey, MODEL, readPackage } from '../lab/cameras/firmware.ts'
import { payloadsOf } from '../lab/cameras/rtp.ts'
import { syslogMessage } from '../lab/cameras/syslog.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { textToken, usernameToken } from '../lab/instruments/username-token.ts'
import { validatorOf } from '../profiles/validator.ts'
import { statementSchema } from '../suites/statement.ts'

const LIMIT = { timeout: 60_000 }
const CAMERA = '127.77.10.10'
const ADMIN = 'admin:Abc-123-xyz'
const SPARE = 'lab-spare:Spa-123-pqr'

const folder = await mkdtemp(join(tmpdir(), 'reference-camera-'))
after(() => rm(folder, { recursive: true, force: true }))

const options = (changes: Partial<CameraOptions> = {}): CameraOptions => ({
  addresses: { ipv4: CAMERA, ipv6: '::1' },
  ports: { https: 0, rtsp: 0, http: 0 },
  weaknesses: [],
  serial: 'RC1-000001',
  syslog: null,
  lock: { failures: 4, windowSeconds: 30, lockSeconds: 2 },
  bootSeconds: 0.5,
  factoryFresh: false,
  adminPassword: 'Abc-123-xyz',
  users: [{ name: 'lab-spare', password: 'Spa-123-pqr', role: 'viewer', spare: true }],
  ...changes,
})

const start = async (t: TestContext, changes: Partial<CameraOptions> = {}): Promise<ReferenceCamera> => {
  const camera = await startReferenceCamera(options(changes))
  t.after(() => camera.stop())
  return camera
}

interface Ran {
  code: number
  out: string
  all: string
}

/** Runs an independent client. Its exit code is part of the answer. */
const run = (file: string, args: readonly string[]): Promise<Ran> =>
  new Promise((resolve, reject) => {
    execFile(file, args, { timeout: 30_000, encoding: 'latin1', maxBuffer: 4_000_000 }, (error, out, err) => {
      if (error !== null && typeof error.code === 'string') reject(error)
      else resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, all: out + err })
    }).stdin?.end()
  })

/** curl: the status and the body of the last answer. */
const curl = async (url: string, ...args: string[]): Promise<{ status: number; body: string }> => {
  const { out } = await run('curl', ['-gsk', '-m', '20', '-w', '\n%{http_code}', ...args, url])
  const cut = out.lastIndexOf('\n')
  return { status: Number(out.slice(cut + 1)), body: out.slice(0, cut) }
}
const as = (credentials: string): string[] => ['--digest', '-u', credentials]
const json = (method: string, value: unknown): string[] => [
  '-X',
  method,
  '-H',
  'Content-Type: application/json',
  '-d',
  JSON.stringify(value),
]
const upload = (file: string): string[] => ['--data-binary', `@${file}`, '-H', 'Content-Type: application/octet-stream']
const web = (camera: ReferenceCamera, path: string, host = CAMERA): string =>
  `https://${host}:${camera.ports.https}${path}`

const ffprobe = (camera: ReferenceCamera, path: string, login = '', transport = 'tcp', host = CAMERA): Promise<Ran> =>
  run('ffprobe', [
    '-v',
    'error',
    '-rtsp_transport',
    transport,
    '-analyzeduration',
    '1000000',
    '-show_entries',
    'stream=codec_name,width,height',
    '-of',
    'csv=p=0',
    `rtsp://${login === '' ? '' : `${login}@`}${host}:${camera.ports.rtsp}${path}`,
  ])

/** What comes back over TCP for these bytes, until the other side is silent for a while. */
const exchange = async (host: string, port: number, bytes: string | Buffer): Promise<string> => {
  const socket = connect(port, host)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await Promise.race([once(socket, 'close').catch(() => undefined), wait(700)])
  socket.destroy()
  return text
}

const versionOf = async (camera: ReferenceCamera): Promise<string> =>
  (JSON.parse((await curl(web(camera, '/api/firmware'), ...as(ADMIN))).body) as { version: string }).version

/** Waits until the web interface answers again. */
const untilBack = async (camera: ReferenceCamera): Promise<void> => {
  for (let i = 0; i < 50; i += 1) {
    if ((await curl(web(camera, '/'))).status === 200) return
    await wait(100)
  }
  assert.fail('the camera did not come back')
}

const receiver = async (t: TestContext): Promise<{ port: number; messages: string[] }> => {
  const socket = createSocket('udp4')
  const messages: string[] = []
  socket.on('message', (message) => messages.push(message.toString('latin1')))
  socket.bind(0, '127.77.10.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { port: socket.address().port, messages }
}

/** Waits for a message, two seconds at most. */
const until = async (messages: string[], pattern: RegExp): Promise<string> => {
  for (let i = 0; i < 40; i += 1) {
    const found = messages.find((one) => pattern.test(one))
    if (found !== undefined) return found
    await wait(50)
  }
  return assert.fail(`no message like ${pattern} among ${JSON.stringify(messages)}`)
}

test('the statement is valid, with every port declared', LIMIT, async (t) => {
  const camera = await start(t)
  const files = await camera.writePackages(join(folder, 'statement'))
  const validate = validatorOf(statementSchema)
  const statement = camera.statement()
  assert.ok(validate(statement), JSON.stringify(validate.errors))
  assert.equal(statement.updates[0]?.packages.genuine.file, files.genuine.file)
  assert.deepEqual(
    statement.services.map((one) => one.port),
    [camera.ports.https, camera.ports.rtsp, camera.ports.http],
  )
  const scan = await run('nmap', ['-Pn', '-n', '-p-', '--min-rate', '5000', '-oG', '-', '127.77.10.10', '-e', 'lo'])
  for (const { port } of statement.services) assert.match(scan.out, new RegExp(`[ ,]${port}/open`))
  assert.doesNotMatch(scan.out, /[ ,]2323\/open/)
  assert.ok(!JSON.stringify(statement).includes('Abc-123'))
})

test('TLS 1.2 and 1.3 only, with forward secrecy and AEAD, and a key of its own', LIMIT, async (t) => {
  const camera = await start(t)
  const { out } = await run('sslscan', ['--no-colour', `${CAMERA}:${camera.ports.https}`])
  for (const version of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) assert.match(out, new RegExp(`${version} +disabled`))
  for (const version of ['TLSv1.2', 'TLSv1.3']) assert.match(out, new RegExp(`${version} +enabled`))
  const suites = [...out.matchAll(/^(?:Preferred|Accepted) +(TLSv1\.\d) +\d+ bits +(\S+)/gm)].map((one) => one[2]!)
  assert.equal(suites.length, 6)
  for (const suite of suites) assert.match(suite, /^(TLS_|ECDHE-ECDSA-).*(GCM|CHACHA20)/)

  const refused = await run('openssl', [
    's_client',
    '-connect',
    `${CAMERA}:${camera.ports.https}`,
    '-tls1_1',
    '-cipher',
    'ALL:@SECLEVEL=0',
  ])
  assert.match(refused.all, /alert protocol version/)
  const key = async (port: number): Promise<string> => {
    const { out: text } = await run('bash', [
      '-c',
      `openssl s_client -connect ${CAMERA}:${port} </dev/null 2>/dev/null` +
        ' | openssl x509 -noout -text -ext subjectAltName,extendedKeyUsage -pubkey',
    ])
    assert.match(text, /IP Address:127\.77\.10\.10, IP Address:0:0:0:0:0:0:0:1/)
    assert.match(text, /TLS Web Server Authentication/)
    assert.doesNotMatch(text, /RC1-000001/)
    return /-----BEGIN PUBLIC KEY-----[^-]+/.exec(text)?.[0] ?? assert.fail('no public key')
  }
  const other = await start(t)
  assert.notEqual(await key(camera.ports.https), await key(other.ports.https))
})

test('Digest log-in, roles, redirect', LIMIT, async (t) => {
  const camera = await start(t)
  const refused = await run('curl', ['-gski', web(camera, '/api/device')])
  assert.match(refused.out, /^HTTP\/1.1 401/)
  const offers = [...refused.out.matchAll(/^WWW-Authenticate: Digest .*algorithm=([^,]+), nonce="([^"]+)"/gm)]
  assert.deepEqual(
    offers.map((one) => one[1]),
    ['SHA-256', 'MD5'],
  )
  assert.doesNotMatch(refused.out, /RC1|1\.4\.0/)

  for (const host of [CAMERA, '[::1]']) {
    const answer = await curl(web(camera, '/api/device', host), ...as(ADMIN))
    assert.deepEqual(
      [answer.status, JSON.parse(answer.body)],
      [200, { model: 'RC-1', serial: 'RC1-000001', firmware: '1.4.0' }],
    )
  }
  assert.equal((await curl(web(camera, '/api/device'), ...as('admin:wrong'))).status, 401)
  assert.equal((await curl(web(camera, '/api/device'), '--basic', '-u', ADMIN)).status, 401)
  assert.equal((await curl(web(camera, '/api/users'), ...as(SPARE))).status, 403)
  assert.equal((await curl(web(camera, '/api/device'), ...as(SPARE))).status, 200)
  assert.equal((await curl(web(camera, '/nothing'))).status, 404)
  assert.equal((await curl(web(camera, '/api/update'), ...as(ADMIN))).status, 405)
  assert.doesNotMatch((await curl(web(camera, '/'))).body, /RC-1|1\.4\.0/)

  const twice = await run('curl', [
    '-gsk',
    ...as(ADMIN),
    '-o',
    '/dev/null',
    '-w',
    '%{http_code} %{num_connects}\n',
    web(camera, '/live'),
    '-o',
    '/dev/null',
    web(camera, '/api/firmware'),
  ])
  assert.equal(twice.out, '200 1\n200 0\n', 'one connection serves several requests')

  const redirect = await run('curl', ['-si', ...as(ADMIN), `http://${CAMERA}:${camera.ports.http}/api/device`])
  assert.match(
    redirect.out,
    new RegExp(`^HTTP/1.1 308 [^]*Location: https://${CAMERA}:${camera.ports.https}/api/device\r\n`),
  )
  assert.doesNotMatch(redirect.out, /WWW-Authenticate|RC-1/)

  const pictures = [1, 2].map((n) => join(folder, `snapshot-${n}.jpg`))
  for (const file of pictures) await curl(web(camera, '/snapshot.jpg'), ...as(SPARE), '-o', file)
  assert.match(
    (await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width', '-of', 'csv=p=0', pictures[0]!]))
      .out,
    /^mjpeg,160/,
  )
  assert.notDeepEqual(await readFile(pictures[0]!), await readFile(pictures[1]!))
})

test('a nonce count is taken once, a forged nonce never', LIMIT, async (t) => {
  const camera = await start(t)
  const url = web(camera, '/api/device')
  const sent = (await run('curl', ['-gskv', ...as(ADMIN), url])).all
  const header = /^> (Authorization: Digest .*nc=00000001.*?)\r?$/m.exec(sent)?.[1] ?? assert.fail('no digest sent')
  const replayed = await run('curl', ['-gski', '-H', header, url])
  assert.match(replayed.out, /^HTTP\/1.1 401 [^]*stale=true/)
  const forged = header.replace(/nonce="..../, 'nonce="AAAA')
  const answer = await run('curl', ['-gski', '-H', forged, url])
  assert.match(answer.out, /^HTTP\/1.1 401 /)
  assert.doesNotMatch(answer.out, /stale/, 'a wrong response is not called stale')
  const elsewhere = await run('curl', ['-gski', '-H', header, web(camera, '/api/users')])
  assert.match(elsewhere.out, /^HTTP\/1.1 400 /, 'the signed address is another one')
  assert.match(
    (await run('curl', ['-gski', '-H', 'Authorization: Digest username="admin', url])).out,
    /^HTTP\/1.1 400 /,
  )
  assert.equal((await curl(url, ...as(ADMIN))).status, 200)
})

test('wrong passwords lock the account on every interface, and only that account, for a while', LIMIT, async (t) => {
  const camera = await start(t)
  const url = web(camera, '/api/device')
  for (let i = 0; i < 2; i += 1) assert.equal((await curl(url, ...as('lab-spare:wrong'))).status, 401)
  for (let i = 0; i < 2; i += 1) assert.match((await ffprobe(camera, '/live/main', 'lab-spare:wrong')).all, /401/)
  const lockedAt = Date.now()
  assert.equal((await curl(url, ...as(SPARE))).status, 401, 'the right password, during the lock')
  assert.equal((await curl(url, ...as(SPARE), '--interface', '127.77.10.3')).status, 401, 'from another address')
  assert.match((await ffprobe(camera, '/live/main', SPARE)).all, /401/)
  assert.equal((await curl(url, ...as(ADMIN))).status, 200, 'another account')
  assert.ok(camera.events.some(({ event, values }) => event === 'account-locked' && values.user === 'lab-spare'))
  await wait(Math.max(0, lockedAt + 2100 - Date.now()))
  assert.equal((await curl(url, ...as(SPARE))).status, 200, 'the lock ends by itself')
})

test('RTSP streams H.264 over TCP and UDP, after a log-in', LIMIT, async (t) => {
  const camera = await start(t)
  for (const [path, transport, host] of [
    ['/live/main', 'tcp', CAMERA],
    ['/live/main', 'udp', CAMERA],
    ['/live/sub', 'udp', '[::1]'],
  ] as const) {
    const seen = await ffprobe(camera, path, SPARE, transport, host)
    assert.match(seen.out, /^h264,160,120/, `${path} ${transport} ${host}: ${seen.all}`)
  }
  assert.match((await ffprobe(camera, '/live/main')).all, /401/)
  assert.match((await ffprobe(camera, '/live/main', 'admin:wrong')).all, /401/)
  assert.match((await ffprobe(camera, '/live/none', ADMIN)).all, /404/)
  assert.match((await ffprobe(camera, '/live/none')).all, /401/)
  const ask = (text: string): Promise<string> => exchange(CAMERA, camera.ports.rtsp, text)
  assert.match(
    await ask('OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n'),
    /^RTSP\/1\.0 200 OK\r\nCSeq: 7\r\n[^]*Public: .*DESCRIBE/,
  )
  assert.match(await ask('DESCRIBE rtsp://x/live/main RTSP/1.0\r\nCSeq: 1\r\n\r\n'), /401[^]*SHA-256[^]*MD5/)
  assert.match(
    await ask('SETUP rtsp://x/live/main/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP\r\n\r\n'),
    / 401 /,
  )
  assert.match(await ask('PLAY rtsp://x/live/main RTSP/1.0\r\nCSeq: 1\r\nSession: 1\r\n\r\n'), / 401 /)

  const film = join(folder, 'film.h264')
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-rtsp_transport',
    'tcp',
    '-i',
    `rtsp://${SPARE}@${CAMERA}:${camera.ports.rtsp}/live/main`,
    '-t',
    '3',
    '-c',
    'copy',
    film,
  ])
  assert.equal(
    (await run('ffmpeg', ['-v', 'error', '-xerror', '-i', film, '-f', 'null', '-'])).all,
    '',
    'decodes without a fault',
  )
})

test('a large unit is fragmented as RFC 6184 says', () => {
  const unit = Buffer.from([0x65, ...Array.from({ length: 25 }, (_, i) => i)])
  const parts = payloadsOf(unit, 12)
  assert.deepEqual(
    parts.map((part) => part.length),
    [12, 12, 7],
  )
  assert.deepEqual(
    parts.map((part) => [part[0], part[1]]),
    [
      [0x7c, 0x85],
      [0x7c, 0x05],
      [0x7c, 0x45],
    ],
  )
  assert.deepEqual(Buffer.concat([unit.subarray(0, 1), ...parts.map((part) => part.subarray(2))]), unit)
})

test('first use: only the set-up works, until a good password is set; a reset brings it back', LIMIT, async (t) => {
  const camera = await start(t, { factoryFresh: true })
  for (const path of ['/api/device', '/snapshot.jpg', '/live', '/api/users', '/api/log']) {
    assert.equal((await curl(web(camera, path), ...as(SPARE))).status, 403, path)
  }
  assert.match((await ffprobe(camera, '/live/main', SPARE)).all, /403/)
  for (const password of ['short1A', 'alllowercase', 'NoDigits-here', 'admin-123-XYZ', 'Abc123xyz']) {
    assert.equal((await curl(web(camera, '/api/setup'), ...json('POST', { password }))).status, 400, password)
  }
  assert.equal((await curl(web(camera, '/api/device'), ...as('admin:admin'))).status, 403)
  const done = await curl(web(camera, '/api/setup'), ...json('POST', { password: 'Abc-123-xyz' }))
  assert.match(done.body, /"result":"set-up complete"/)
  assert.equal((await curl(web(camera, '/api/setup'), ...json('POST', { password: 'Another-1x' }))).status, 403)
  assert.equal((await curl(web(camera, '/api/device'), ...as(ADMIN))).status, 200)
  assert.equal((await curl(web(camera, '/api/device'), ...as(SPARE))).status, 200)
  assert.equal((await curl(web(camera, '/api/device'), ...as('admin:admin'))).status, 401)

  const body = json('PUT', { password: 'New-456-xyz' })
  assert.equal((await curl(web(camera, '/api/users/admin/password'), ...as(SPARE), ...body)).status, 403)
  assert.match((await curl(web(camera, '/api/users/admin/password'), ...as(ADMIN), ...body)).body, /password changed/)
  assert.equal((await curl(web(camera, '/api/device'), ...as(ADMIN))).status, 401)
  const owner = as('admin:New-456-xyz')
  const added = json('POST', { name: 'guest', password: 'Gue-456-xyz', role: 'viewer' })
  assert.equal((await curl(web(camera, '/api/users'), ...owner, ...added)).status, 201)
  const named = json('POST', { name: 'guest2', password: 'Guest2-456-x', role: 'viewer' })
  assert.equal((await curl(web(camera, '/api/users'), ...owner, ...named)).status, 400, 'the password holds the name')
  assert.equal((await curl(web(camera, '/api/device'), ...as('guest:Gue-456-xyz'))).status, 200)
  assert.match((await curl(web(camera, '/api/users'), ...owner)).body, /"guest"/)
  assert.match((await curl(web(camera, '/api/users/guest'), ...owner, '-X', 'DELETE')).body, /user removed/)
  assert.equal((await curl(web(camera, '/api/device'), ...as('guest:Gue-456-xyz'))).status, 401)

  assert.match((await curl(web(camera, '/api/reset'), ...owner, '-X', 'POST')).body, /resetting/)
  await wait(300)
  await untilBack(camera)
  assert.equal((await curl(web(camera, '/api/device'), ...owner)).status, 403)
})

test('syslog: who, from where, by what; one line; no secrets', LIMIT, async (t) => {
  const { port, messages } = await receiver(t)
  const camera = await start(t, { syslog: { address: '127.77.10.1', port } })
  const url = web(camera, '/api/device')
  await curl(url, ...as('lab-spare:Guess-1-xyz'), '--interface', '127.77.10.3')
  const failed = await until(messages, /Failed login/)
  assert.match(
    failed,
    /^<84>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.77\.10\.10 camera - LOGIN-FAILED \[event@32473 /,
  )
  assert.match(failed, /user="lab-spare" source="127\.77\.10\.3" interface="https"/)
  await ffprobe(camera, '/live/main', 'lab-spare:Guess-1-xyz')
  await until(messages, /LOGIN-FAILED.*interface="rtsp"/)
  await curl(url, ...as(ADMIN))
  await until(messages, /LOGIN-SUCCEEDED.*user="admin"/)
  await exchange(
    CAMERA,
    camera.ports.rtsp,
    'DESCRIBE rtsp://x/live/main RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Digest ' +
      'username="a\\"]\x01", realm="x", nonce="x", uri="rtsp://x/live/main", response="x"\r\n\r\n',
  )
  await until(messages, /user="a\\"\\\]\\\\x01"/)

  const second = await receiver(t)
  const setting = web(camera, '/api/settings/syslog')
  assert.equal((await curl(setting, ...as(ADMIN), ...json('PUT', { address: 'name', port: 1 }))).status, 400)
  await curl(setting, ...as(ADMIN), ...json('PUT', { address: '127.77.10.1', port: second.port }))
  await until(messages, /LOG-SETTINGS-CHANGED.*setting="syslog"/)
  await until(second.messages, /LOG-SETTINGS-CHANGED/)
  assert.match((await curl(setting, ...as(ADMIN))).body, new RegExp(`"port":${second.port}`))
  await curl(web(camera, '/api/reboot'), ...as(ADMIN), '-X', 'POST')
  await until(second.messages, / REBOOT /)
  await untilBack(camera)
  await until(second.messages, / STARTED /)

  const all = [...messages, ...second.messages]
  assert.ok(all.every((message) => /^[\x20-\x7e]+$/.test(message)))
  assert.ok(!all.join().includes('Guess-1') && !all.join().includes('Abc-123'))
  const log = await curl(web(camera, '/api/log'), ...as(ADMIN))
  assert.match(log.body, /"event":"login-failed"/)
  assert.ok(!log.body.includes('Guess-1'))
  assert.equal((await curl(web(camera, '/api/log'), ...as(SPARE))).status, 403)
})

test('a syslog value cannot forge a second field or line', () => {
  const message = syslogMessage(
    { time: '2026-01-01T00:00:00.000Z', event: 'login-failed', values: { user: 'x" source="1\n<13>1' } },
    '192.0.2.1',
  )
  assert.equal(
    message,
    '<84>1 2026-01-01T00:00:00.000Z 192.0.2.1 camera - LOGIN-FAILED ' +
      '[event@32473 user="x\\" source=\\"1\\\\x0a<13>1"] Failed login user="x\\" source=\\"1\\\\x0a<13>1"',
  )
})

test('updates: only the genuine, intact, newer package for this model is installed', LIMIT, async (t) => {
  const { port, messages } = await receiver(t)
  const camera = await start(t, { syslog: { address: '127.77.10.1', port } })
  const files = await camera.writePackages(join(folder, 'update'))
  const send = (file: string): ReturnType<typeof curl> =>
    curl(web(camera, '/api/update'), ...as(ADMIN), ...upload(file))
  const genuine = await readFile(files.genuine.file)
  const layout = camera.statement().updates[0]?.layout ?? assert.fail('no layout')
  const changed = async (name: string, bytes: Buffer): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, bytes)
    return file
  }
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(genuine)
    bytes[at] = bytes[at]! ^ 1
    return bytes
  }
  assert.equal((await curl(web(camera, '/api/update'), ...upload(files.genuine.file))).status, 401)
  assert.equal((await curl(web(camera, '/api/update'), ...as(SPARE), ...upload(files.genuine.file))).status, 403)
  const bad = [
    files.older.file,
    files.unsigned.file,
    files.foreignKey.file,
    files.otherModel.file,
    ...(await Promise.all(
      layout.map(({ part, offset, bytes }) =>
        changed(`flip-${part}`, flipped((offset < 0 ? genuine.length + offset : offset) + bytes - 1)),
      ),
    )),
    await changed('short', genuine.subarray(0, -64)),
    await changed('shorter', genuine.subarray(0, 2000)),
    await changed('longer', Buffer.concat([genuine, Buffer.alloc(8)])),
    await changed('noise', Buffer.from('noise')),
    await changed('header-length', Buffer.concat([genuine.subarray(0, 5), Buffer.alloc(4, 0xff), genuine.subarray(9)])),
  ]
  for (const file of bad) {
    const answer = await send(file)
    assert.ok([400, 415].includes(answer.status), `${file}: ${answer.status}`)
    assert.match(answer.body, /"result":"refused"/)
  }
  assert.equal((await curl(web(camera, '/api/update'), ...as(ADMIN), ...upload('/dev/null'))).status, 415)
  assert.equal(await versionOf(camera), '1.4.0')
  await until(messages, /UPDATE-REFUSED.*reason="signature not valid"/)

  assert.match((await send(files.genuine.file)).body, /"result":"accepted"/)
  await wait(300)
  assert.equal((await curl(web(camera, '/'))).status, 0, 'closed while it starts')
  await untilBack(camera)
  assert.equal(await versionOf(camera), files.genuine.version)
  assert.equal((await curl(web(camera, '/api/device'), ...as(SPARE))).status, 200, 'accounts survive')
  await until(messages, /UPDATE-ACCEPTED.*version="1\.5\.0"/)
  for (const file of [files.genuine.file, files.older.file]) assert.equal((await send(file)).status, 400)
})

test('packages and versions', () => {
  assert.deepEqual(['1.10.0', '1.9.0', '1.9.1'].sort(compareVersions), ['1.9.0', '1.9.1', '1.10.0'])
  const key = makeVendorKey()
  const bytes = buildPackage({ model: MODEL, version: '2.0.0', key })
  const reading = readPackage(bytes, key)
  assert.ok(reading.readable && reading.package.signature === 'valid' && reading.package.isPayloadIntact)
  for (let length = 0; length < bytes.length; length += 97) {
    const cut = readPackage(bytes.subarray(0, length), key)
    assert.ok(!cut.readable || cut.package.signature !== 'valid')
  }
})

test('malformed input is refused and survived', LIMIT, async (t) => {
  const camera = await start(t)
  const { https, rtsp, http } = camera.ports
  const noise = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 167 + 13) & 0xff))
  assert.match(await exchange(CAMERA, http!, 'GET\r\n\r\n'), /^HTTP\/1.1 400/)
  assert.match(await exchange(CAMERA, rtsp, 'GET / HTTP/1.1\r\n\r\n'), /^RTSP\/1.0 400/)
  assert.match(await exchange(CAMERA, rtsp, 'DESCRIBE rtsp://x/live/main RTSP/1.0\r\n\r\n'), /^RTSP\/1.0 400/)
  assert.match(
    await exchange(CAMERA, rtsp, 'DESCRIBE rtsp://x/live/main RTSP/2.0\r\nCSeq: 1\r\n\r\n'),
    /^RTSP\/1.0 505/,
  )
  assert.match(await exchange(CAMERA, rtsp, `DESCRIBE / RTSP/1.0\r\nX: ${'y'.repeat(9000)}`), /^RTSP\/1.0 400/)
  assert.match(await exchange(CAMERA, rtsp, noise), /^(RTSP\/1.0 400|$)/)
  for (const port of [https, rtsp, http!]) {
    await exchange(CAMERA, port, noise)
    await exchange('::1', port, Buffer.alloc(200_000, 0x41))
  }
  const inside = async (text: string): Promise<string> => {
    const socket = connectTls({ host: CAMERA, port: https, rejectUnauthorized: false })
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    socket.write(text)
    await Promise.race([once(socket, 'close').catch(() => undefined), wait(500)])
    socket.destroy()
    return answer
  }
  assert.match(await inside('\0\0\r\n\r\n'), /^HTTP\/1.1 400/)
  assert.match(await inside('GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1.1 400/)
  assert.match(await inside(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1.1 400/)
  assert.equal((await curl(web(camera, '/api/setup'), ...json('POST', 'x'.repeat(20_000)))).status, 413)
  assert.equal((await curl(web(camera, '/api/users'), ...as(ADMIN), '-X', 'POST', '-d', '{"name":')).status, 400)
  assert.equal((await curl(web(camera, '/api/users/%E0%A4%A/password'), ...as(ADMIN), '-X', 'PUT')).status, 400)
  assert.equal(
    (await curl(web(camera, '/api/reboot'), ...as(ADMIN), '-X', 'POST', '-H', 'Origin: https://elsewhere.test')).status,
    403,
  )
  assert.equal((await curl(web(camera, '/api/device'), ...as(ADMIN))).status, 200)
  assert.match((await ffprobe(camera, '/live/main', ADMIN)).out, /^h264/)
})

interface Ready {
  pid: number
  ports: { https: number; rtsp: number; http: number | null }
  packages: unknown
}

const startProcess = async (t: TestContext, file: string): Promise<{ child: ChildProcess; ready: Ready }> => {
  const args = ['--import', 'tsx', new URL('../lab/cameras/main.ts', import.meta.url).pathname, '--options-file', file]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { child, ready: JSON.parse(line) as Ready }
}

test('as a process: kept over a kill, stopped by a signal', LIMIT, async (t) => {
  const file = join(folder, 'options.json')
  const kept = { ...options(), stateDirectory: join(folder, 'state'), packagesDirectory: join(folder, 'packages') }
  await writeFile(file, JSON.stringify(kept))
  const first = await startProcess(t, file)
  const url = (ready: Ready, path: string): string => `https://${CAMERA}:${ready.ports.https}${path}`
  const pin = join(folder, 'pin.pem')
  await run('bash', [
    '-c',
    `openssl s_client -connect ${CAMERA}:${first.ready.ports.https} </dev/null 2>/dev/null | openssl x509 > ${pin}`,
  ])
  await curl(url(first.ready, '/api/users/admin/password'), ...as(ADMIN), ...json('PUT', { password: 'New-456-xyz' }))
  await curl(
    url(first.ready, '/api/settings/syslog'),
    ...as('admin:New-456-xyz'),
    ...json('PUT', { address: '127.77.10.1', port: 5999 }),
  )
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')

  const { child, ready } = await startProcess(t, file)
  const owner = as('admin:New-456-xyz')
  const pinned = await run('curl', ['-gs', '--cacert', pin, ...owner, url(ready, '/api/settings/syslog')])
  assert.deepEqual(JSON.parse(pinned.out), { address: '127.77.10.1', port: 5999 }, 'the same certificate, without -k')
  assert.equal((await curl(url(ready, '/api/device'), ...as(ADMIN))).status, 401)
  assert.match((await curl(url(ready, '/api/log'), ...owner)).body, /"event":"password-changed"/)
  const state = await readFile(join(folder, 'state', 'state.json'), 'latin1')
  assert.ok(!state.includes('New-456') && !state.includes('Spa-123'), 'passwords are not kept')
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
})

test('every fault of the options is named at once', LIMIT, async () => {
  const faults = faultsOf({
    ...options(),
    serial: '',
    bootSeconds: -1,
    weaknesses: 'none',
    lock: {},
    adminPassword: undefined,
  })
  assert.deepEqual(
    faults.map(({ field }) => field),
    ['weaknesses', 'serial', 'lock.failures', 'lock.windowSeconds', 'lock.lockSeconds', 'bootSeconds', 'adminPassword'],
  )
  assert.deepEqual(faultsOf(options()), [])
  await assert.rejects(
    startReferenceCamera(options({ weaknesses: ['no-such', 'old-tls'] })),
    /no such weakness: no-such$/,
  )
  const ipv4Only = { ipv4: CAMERA, ipv6: null }
  await assert.rejects(
    startReferenceCamera(options({ weaknesses: ['debug-port-ipv6'], addresses: ipv4Only })),
    /needs addresses.ipv6/,
  )
  const noHttp = { https: 0, rtsp: 0 }
  await assert.rejects(startReferenceCamera(options({ weaknesses: ['http-login'], ports: noHttp })), /needs ports.http/)
  const main = new URL('../lab/cameras/main.ts', import.meta.url).pathname
  const ran = await run(process.execPath, ['--import', 'tsx', main, '--options-file', join(folder, 'absent.json')])
  assert.equal(ran.code, 3)
})

// ------------------------------------------------------------------------------------------------ weaknesses

const sslscan = async (camera: ReferenceCamera): Promise<string> =>
  (await run('sslscan', ['--no-colour', `${CAMERA}:${camera.ports.https}`])).out

const altered = async (camera: ReferenceCamera): Promise<string> => {
  const { genuine } = await camera.writePackages(join(folder, 'altered'))
  const bytes = await readFile(genuine.file)
  bytes[5000] = bytes[5000]! ^ 0x40
  await writeFile(join(folder, 'altered.csfw'), bytes)
  return join(folder, 'altered.csfw')
}

const isInstalled = async (camera: ReferenceCamera, file: string, version: string): Promise<boolean> => {
  await curl(web(camera, '/api/update'), ...as(ADMIN), ...upload(file))
  await wait(300)
  await untilBack(camera)
  return (await versionOf(camera)) === version
}

/** The right password after many wrong ones. */
const afterGuessing = async (camera: ReferenceCamera): Promise<number> => {
  for (let i = 0; i < 6; i += 1) await curl(web(camera, '/api/device'), ...as('lab-spare:wrong'))
  return (await curl(web(camera, '/api/device'), ...as(SPARE))).status
}

const DEVICE = '/api/device'
const WRONG = as('lab-spare:wrong')

const statusOf = async (camera: ReferenceCamera, path: string, ...args: string[]): Promise<number> =>
  (await curl(web(camera, path), ...args)).status

const soapMessage = (operation: string, header = ''): string =>
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">' +
  `<s:Header>${header}</s:Header><s:Body><${operation} xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>`
const post = (camera: ReferenceCamera, message: string, ...args: string[]): Promise<{ status: number; body: string }> =>
  curl(web(camera, '/onvif/device_service'), ...args, '-H', 'Content-Type: application/soap+xml', '-d', message)
const soap = (camera: ReferenceCamera, operation: string, ...args: string[]) =>
  post(camera, soapMessage(operation), ...args)

const nmap = async (address: string, port: number): Promise<string> =>
  (await run('nmap', ['-Pn', '-n', '-p', String(port), ...(address.includes(':') ? ['-6'] : []), address])).out

const ownLog = async (camera: ReferenceCamera): Promise<string> =>
  (await curl(web(camera, '/api/log/newest'), ...as(ADMIN))).body

const GUEST_PASSWORD = 'Abc-5512-wvb'
/** An account that comes, gets another password and goes. */
const withGuest = async (camera: ReferenceCamera): Promise<void> => {
  const [all, one] = [web(camera, '/api/users'), web(camera, '/api/users/guest')]
  const password = { password: GUEST_PASSWORD }
  const added = await curl(all, ...as(ADMIN), ...json('POST', { name: 'guest', role: 'viewer', ...password }))
  assert.equal(added.status, 201)
  assert.equal((await curl(`${one}/password`, ...as(ADMIN), ...json('PUT', password))).status, 200)
  assert.equal((await curl(one, ...as(ADMIN), '-X', 'DELETE')).status, 200)
}

const rebooted = async (camera: ReferenceCamera): Promise<void> => {
  await curl(web(camera, '/api/reboot'), ...as(ADMIN), '-X', 'POST')
  await wait(300)
  await untilBack(camera)
}

const SSH_PORT = 2223
/** What `id` says to whoever logs in with OpenSSH. */
const ssh = async (user: string, password: string): Promise<string> => {
  const anyHost = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
  const once = ['-o', 'PreferredAuthentications=password', '-o', 'NumberOfPasswordPrompts=1']
  const to = ['-p', String(SSH_PORT), `${user}@${CAMERA}`, 'id']
  return (await run('sshpass', ['-p', password, 'ssh', '-F', 'none', ...anyHost, ...once, ...to])).all
}

/** What the telnet client of GNU inetutils shows while somebody types these lines. */
const telnet = async (port: number, ...lines: string[]): Promise<string> => {
  const typed = lines.map((line) => `sleep 0.3; echo ${line}`).join('; ')
  return (await run('sh', ['-c', `(${typed}; sleep 0.3) | telnet ${CAMERA} ${port}`])).all
}

const nmapUdp = async (port: number, script: string): Promise<string> =>
  (await run('nmap', ['-sU', '-Pn', '-n', '-p', String(port), '--script', script, CAMERA])).out

/** Datagrams of nmap, and the port of SNMP, need privileges. */
const PRIVILEGED = new Set(['snmp-public', 'ssdp-undeclared', 'calls-relay', 'web-port-mapped'])

/** What the stream says to somebody without a log-in. */
const streamSays = async (camera: ReferenceCamera, request: string, more = ''): Promise<string> => {
  const ask = `exec 3<> /dev/tcp/${CAMERA}/${camera.ports.rtsp}
    printf '${request} RTSP/1.0\\r\\nCSeq: 1\\r\\n${more}\\r\\n' >&3; timeout 1 cat <&3`
  return (await run('bash', ['-c', ask])).out
}
const streamChallenges = (camera: ReferenceCamera): Promise<string> =>
  streamSays(camera, `DESCRIBE rtsp://${CAMERA}/live/main`)

const headersOf = async (camera: ReferenceCamera, ...args: string[]): Promise<string> =>
  (await curl(web(camera, '/api/device'), '-i', ...args)).body

/** How an independent client sees each weakness; the conforming camera must answer no to all. */
const SEEN: Record<string, (camera: ReferenceCamera) => Promise<boolean>> = {
  'any-password': async (camera) =>
    (await statusOf(camera, '/api/users/lab-spare/password', ...as(ADMIN), ...json('PUT', { password: 'a' }))) === 200,
  'basic-over-rtsp': async (camera) => /WWW-Authenticate: Basic/.test(await streamChallenges(camera)),
  'old-digest': async (camera) => {
    const challenges = await streamChallenges(camera)
    return /WWW-Authenticate: Digest/.test(challenges) && !challenges.includes('qop=')
  },
  'same-nonce': async (camera) => {
    const [first, second] = [await headersOf(camera), await headersOf(camera)].map(
      (h) => /nonce="([^"]+)"/.exec(h)?.[1],
    )
    return first !== undefined && first === second
  },
  'tells-users': async (camera) => {
    const [known, unknown] = [await headersOf(camera, ...as('lab-spare:x')), await headersOf(camera, ...as('nobody:x'))]
    const told = (text: string) => text.split('\r\n\r\n').at(-1)
    return told(known) !== told(unknown)
  },
  'viewer-may-all': async (camera) => (await statusOf(camera, '/api/users', ...as(SPARE))) === 200,
  'lock-by-forged-address': async (camera) => {
    const forged = (n: number) => ['-H', `X-Forwarded-For: 192.0.2.${n}`]
    for (let i = 1; i <= 6; i += 1) await headersOf(camera, ...as('lab-spare:wrong'), ...forged(i))
    return (await statusOf(camera, '/api/device', ...as(SPARE), ...forged(9))) === 200
  },
  'no-rtsp-lockout': async (camera) => {
    for (let i = 0; i < 6; i += 1) await ffprobe(camera, '/live/main', 'lab-spare:wrong')
    return /h264/.test((await ffprobe(camera, '/live/main', SPARE)).all)
  },
  'no-onvif-lockout': async (camera) => {
    for (let i = 0; i < 6; i += 1) await soap(camera, 'GetDeviceInformation', ...as('lab-spare:wrong'))
    const isOpen = /RC1-000001/.test((await soap(camera, 'GetDeviceInformation', ...as(SPARE))).body)
    return isOpen && (await afterGuessing(camera)) === 401
  },
  'no-remote-lockout': async (camera) => {
    for (let i = 0; i < 6; i += 1) await ssh('lab-spare', 'wrong')
    return /uid=0/.test(await ssh('lab-spare', 'Spa-123-pqr')) && (await afterGuessing(camera)) === 401
  },
  'lock-by-address': async (camera) => {
    const isLocked = (await afterGuessing(camera)) === 401
    const elsewhere = `https://[::1]:${camera.ports.https}/api/device`
    return isLocked && (await curl(elsewhere, ...as(SPARE))).status === 200
  },
  'telnet-open': async () => / open /.test(await nmap(CAMERA, 2323)) && / closed /.test(await nmap('::1', 2323)),
  'telnet-factory-password': async () => /uid=0\(root\)/.test(await telnet(2324, 'admin', 'admin', 'id')),
  'ftp-anonymous': async () => /< 230 /.test((await run('curl', ['-sv', '-m', '5', `ftp://${CAMERA}:2121/`])).all),
  'mqtt-anonymous': async () =>
    /recording/.test((await run('mosquitto_sub', ['-h', CAMERA, '-p', '1883', '-t', '#', '-C', '1', '-W', '5'])).out),
  'vnc-open': async () =>
    /None \(1\)/.test((await run('nmap', ['-Pn', '-n', '--script', 'vnc-info', '-p', '5900', CAMERA])).out),
  'ssh-old-algorithms': async () =>
    /diffie-hellman-group1-sha1[^]*ssh-rsa[^]*3des-cbc[^]*hmac-md5/.test(
      (await run('nmap', ['-Pn', '-n', '--script', 'ssh2-enum-algos', '-p', '2222', CAMERA])).out,
    ),
  'debug-port-ipv6': async () => / open /.test(await nmap('::1', 9527)) && / closed /.test(await nmap(CAMERA, 9527)),
  'snmp-public': async () => /161\/udp open[^]*snmp-sysdescr: Linux camera/.test(await nmapUdp(161, 'snmp-sysdescr')),
  'ssdp-undeclared': async () => /1900\/udp open[^]*Linux UPnP\/1\.1 camera/.test(await nmapUdp(1900, 'upnp-info')),
  'calls-relay': async () =>
    /UDP, length 11/.test(
      (await run('timeout', ['6', 'tcpdump', '-i', 'lo', '-n', '-c', '1', `src host ${CAMERA} and dst port 32100`]))
        .out,
    ),
  'web-port-mapped': async () =>
    /WANIPConnection:1/.test(
      (
        await run('timeout', [
          '4',
          'tcpdump',
          '-i',
          'lo',
          '-n',
          '-A',
          '-c',
          '1',
          `src host ${CAMERA} and udp dst port 1900`,
        ])
      ).out,
    ),
  'redirect-missing': async ({ ports }) => / closed /.test(await nmap(CAMERA, ports.http ?? 0)),
  'another-version': async (camera) => (await versionOf(camera)) !== '1.4.0',
  'another-unit': async (camera) =>
    !(await curl(web(camera, '/api/device'), ...as(ADMIN))).body.includes('"serial":"RC1-000001"'),
  'hidden-account': async (camera) =>
    (await curl(web(camera, '/api/users'), ...as(ADMIN))).body.includes('"name":"maintenance"'),
  'plain-snapshot-address': async (camera) => {
    const body = '<ProfileToken>main</ProfileToken>'
    const ask = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetSnapshotUri xmlns="http://www.onvif.org/ver10/media/wsdl">${body}</GetSnapshotUri></s:Body></s:Envelope>`
    const type = ['-H', 'Content-Type: application/soap+xml', '-d', ask]
    const told = await curl(web(camera, '/onvif/media_service'), ...as(ADMIN), ...type)
    assert.match(told.body, /<tt:Uri>https?:/)
    return told.body.includes(`<tt:Uri>http://${CAMERA}:${camera.ports.http}/snapshot.jpg<`)
  },
  'wireless-undeclared': async (camera) =>
    /<tt:InterfaceType>71</.test((await soap(camera, 'GetNetworkInterfaces', ...as(ADMIN))).body),
  'serial-in-certificate': async (camera) => {
    const ask = `openssl s_client -connect ${CAMERA}:${camera.ports.https} </dev/null 2>/dev/null | openssl x509 -noout -subject`
    const { out } = await run('sh', ['-c', ask])
    assert.match(out, /CN ?=/)
    return out.includes('RC1-000001')
  },
  'serial-as-hostname': async (camera) => /<tt:Name>RC1-000001</.test((await soap(camera, 'GetHostname')).body),
  'serial-in-banner': async (camera) =>
    /^Server: RC-1\/1\.4\.0 \(RC1-000001\)/m.test((await curl(web(camera, '/'), '-i')).body),
  'default-password-http': async (camera) =>
    (await statusOf(camera, '/api/device', ...as('admin:admin'))) === 200 &&
    /401/.test((await ffprobe(camera, '/live/main', 'admin:admin')).all),
  'default-password-rtsp': async (camera) =>
    /^h264/.test((await ffprobe(camera, '/live/main', 'admin:admin')).out) &&
    (await statusOf(camera, '/api/device', ...as('admin:admin'))) === 401,
  'anonymous-snapshot': async (camera) => (await statusOf(camera, '/snapshot.jpg')) === 200,
  'anonymous-stream': async (camera) => /^h264/.test((await ffprobe(camera, '/live/main')).out),
  'stream-by-set-up': async (camera) => {
    const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\\r\\n'
    const setUp = await streamSays(camera, `SETUP rtsp://${CAMERA}/live/main/trackID=0`, transport)
    return /^RTSP\/1.0 200/.test(setUp) && /401/.test(await streamChallenges(camera))
  },
  'log-in-skipped-for-suffix': async (camera) =>
    (await statusOf(camera, '/api/users/x.css')) === 200 && (await statusOf(camera, '/api/users')) === 401,
  'hidden-open-stream': async (camera) =>
    /^h264/.test((await ffprobe(camera, '/live/debug')).out) && /401/.test((await ffprobe(camera, '/live/main')).all),
  'no-lockout': async (camera) => (await afterGuessing(camera)) === 200,
  'lock-admits-right-password': async (camera) =>
    (await afterGuessing(camera)) === 200 && (await statusOf(camera, '/api/device', ...as('lab-spare:wrong'))) === 401,
  'lock-later-than-declared': async (camera) => {
    const guess = (n: number) => Promise.all(Array.from({ length: n }, () => statusOf(camera, DEVICE, ...WRONG)))
    await guess(4)
    if ((await statusOf(camera, DEVICE, ...as(SPARE))) !== 200) return false
    await guess(8)
    return (await statusOf(camera, DEVICE, ...as(SPARE))) === 401
  },
  'lock-too-brief': async (camera) => {
    await Promise.all(Array.from({ length: 4 }, () => statusOf(camera, DEVICE, ...WRONG)))
    await wait(700)
    return (await statusOf(camera, DEVICE, ...as(SPARE))) === 200
  },
  'default-password-ipv6': async (camera) =>
    (await curl(web(camera, DEVICE, '[::1]'), ...as('admin:admin'))).status === 200 &&
    (await statusOf(camera, DEVICE, ...as('admin:admin'))) === 401,
  'service-page-default-password': async (camera) =>
    (await curl(`http://${CAMERA}:${camera.ports.http}/`, ...as('admin:admin'))).status === 200 &&
    (await curl(`http://${CAMERA}:${camera.ports.http}/`)).status === 401,
  'onvif-text-password': async (camera) => {
    const header = textToken({ user: 'admin', password: 'Abc-123-xyz' }, new Date().toISOString())
    const message = ['-H', 'Content-Type: application/soap+xml', '-d', soapMessage('GetDeviceInformation', header)]
    const { body } = await curl(`http://${CAMERA}:${camera.ports.http}/onvif/device_service`, ...message)
    return body.includes('RC1-000001')
  },
  'old-tls': async (camera) => /TLSv1\.0 +enabled[^]*TLSv1\.1 +enabled/.test(await sslscan(camera)),
  'weak-suite': async (camera) => /TLSv1\.2 +128 bits +AES128-SHA\s/.test(await sslscan(camera)),
  'http-login': async (camera) =>
    /RC1-000001/.test((await curl(`http://${CAMERA}:${camera.ports.http}/api/device`, ...as(ADMIN))).body),
  'onvif-open-operations': async (camera) => {
    const { body } = await soap(camera, 'GetUsers')
    return /Username>lab-spare</.test(body) && /NotAuthorized/.test((await soap(camera, 'GetDeviceInformation')).body)
  },
  'onvif-set-open': async (camera) => {
    const { body } = await post(
      camera,
      soapMessage('SetHostname').replace('"/>', '"><Name>camera</Name></SetHostname>'),
    )
    return /SetHostnameResponse/.test(body) && /NotAuthorized/.test((await soap(camera, 'GetUsers')).body)
  },
  'onvif-default-password': async (camera) =>
    /RC1-000001/.test((await soap(camera, 'GetDeviceInformation', ...as('admin:admin'))).body) &&
    (await statusOf(camera, '/api/device', ...as('admin:admin'))) === 401,
  'onvif-replay-accepted': async (camera) => {
    const header = usernameToken({ user: 'admin', password: 'Abc-123-xyz' }, new Date().toISOString())
    const message = soapMessage('GetDeviceInformation', header)
    const [first, again] = [await post(camera, message), await post(camera, message)]
    return /RC1-000001/.test(first.body) && /RC1-000001/.test(again.body)
  },
  'login-unlogged': async (camera) => !(await ownLog(camera)).includes('"login-succeeded"'),
  'settings-unlogged': async (camera) => {
    const url = web(camera, '/api/settings/name')
    assert.equal((await curl(url, ...as(ADMIN), ...json('PUT', { value: 'yard' }))).status, 200)
    return !(await ownLog(camera)).includes('"setting-changed"')
  },
  'log-settings-unlogged': async (camera) => {
    const off = json('PUT', { address: null, port: null })
    assert.equal((await curl(web(camera, '/api/settings/syslog'), ...as(ADMIN), ...off)).status, 200)
    return !(await ownLog(camera)).includes('"log-settings-changed"')
  },
  'log-export-unlogged': async (camera) => {
    const log = await curl(web(camera, '/api/log/export'), ...as(ADMIN))
    assert.ok(log.status === 200 && log.body.includes('"login-succeeded"'))
    return !(await ownLog(camera)).includes('"log-exported"')
  },
  'time-change-unlogged': async (camera) => {
    const clock = web(camera, '/api/time')
    assert.equal((await curl(clock, ...as(ADMIN), ...json('PUT', { time: '2031-02-03T04:05:06Z' }))).status, 200)
    assert.match((await curl(clock, ...as(ADMIN))).body, /2031-02-03T04:05:/)
    assert.equal((await curl(clock, ...as(ADMIN), ...json('PUT', { time: 'soon' }))).status, 400)
    return !(await ownLog(camera)).includes('"time-changed"')
  },
  'accounts-unlogged': async (camera) => {
    await withGuest(camera)
    return !/"user-added"|"user-removed"|"password-changed"/.test(await ownLog(camera))
  },
  'reboot-unlogged': async (camera) => {
    await rebooted(camera)
    return !/"reboot"|"started"/.test(await ownLog(camera))
  },
  'log-without-source': async (camera) => {
    await statusOf(camera, '/api/device', ...as('lab-spare:wrong'))
    return !(await ownLog(camera)).includes('"source"')
  },
  'log-keeps-passwords': async (camera) => {
    await withGuest(camera)
    return (await ownLog(camera)).includes(Buffer.from(GUEST_PASSWORD).toString('base64'))
  },
  'log-clearing-unlogged': async (camera) => {
    const cleared = await statusOf(camera, '/api/log', '-X', 'DELETE', ...as(ADMIN))
    return cleared === 200 && !(await ownLog(camera)).includes('"log-cleared"')
  },
  'log-cleared-by-viewer': async (camera) =>
    (await statusOf(camera, '/api/log', ...as(SPARE), '-X', 'DELETE')) === 200 &&
    (await ownLog(camera)).includes('"log-cleared"'),
  'log-lost-at-reboot': async (camera) => {
    await statusOf(camera, '/api/device', ...as('lab-spare:wrong'))
    assert.ok((await ownLog(camera)).includes('"login-failed"'))
    await rebooted(camera)
    return !(await ownLog(camera)).includes('"login-failed"')
  },
  'update-altered-accepted': async (camera) => isInstalled(camera, await altered(camera), '1.5.0'),
  'update-unsigned-accepted': async (camera) =>
    isInstalled(camera, (await camera.writePackages(join(folder, 'unsigned'))).unsigned.file, '1.5.0'),
  'update-rollback-accepted': async (camera) =>
    isInstalled(camera, (await camera.writePackages(join(folder, 'older'))).older.file, '1.3.0'),
  'update-foreign-key-accepted': async (camera) =>
    isInstalled(camera, (await camera.writePackages(join(folder, 'foreign'))).foreignKey.file, '1.5.0'),
  'update-other-model-accepted': async (camera) =>
    isInstalled(camera, (await camera.writePackages(join(folder, 'model'))).otherModel.file, '1.5.0'),
  'update-truncated-accepted': async (camera) => {
    const { genuine } = await camera.writePackages(join(folder, 'whole'))
    const half = join(folder, 'half.csfw')
    const bytes = await readFile(genuine.file)
    await writeFile(half, bytes.subarray(0, bytes.length >> 1))
    return isInstalled(camera, half, '1.5.0')
  },
  'update-anonymous-upload': async (camera) => {
    const { genuine } = await camera.writePackages(join(folder, 'anonymous'))
    await curl(web(camera, '/api/update'), ...upload(genuine.file))
    await wait(300)
    await untilBack(camera)
    return (await versionOf(camera)) === '1.5.0'
  },
  'update-resets-settings': async (camera) => {
    const before = await statusOf(camera, '/api/device', ...as(SPARE))
    await isInstalled(camera, (await camera.writePackages(join(folder, 'kept'))).genuine.file, '1.5.0')
    return before === 200 && (await statusOf(camera, '/api/device', ...as(SPARE))) === 401
  },
  'update-refusal-unlogged': async (camera) => {
    await isInstalled(camera, await altered(camera), '1.5.0')
    const { body } = await curl(web(camera, '/api/log'), ...as(ADMIN))
    return /login-succeeded/.test(body) && !/update-refused/.test(body)
  },
  'update-altered-kills': async (camera) => {
    const { status } = await curl(web(camera, '/api/update'), ...as(ADMIN), ...upload(await altered(camera)))
    await wait(1500)
    return status === 400 && (await curl(web(camera, '/'))).status !== 200
  },
  'update-unlogged': async (camera) => {
    const { genuine } = await camera.writePackages(join(folder, 'unlogged'))
    const installed = await isInstalled(camera, genuine.file, '1.5.0')
    const { body } = await curl(web(camera, '/api/log'), ...as(ADMIN))
    return installed && /login-succeeded/.test(body) && !/update/.test(body.replaceAll(/api.update/g, ''))
  },
}
/** These are absences: seen beside the records that do arrive. */
const SILENT = ['failed-login-unlogged', 'syslog-silent']
/** Seen in what arrives at a syslog server only. */
const SENT = ['log-injection']
/** Seen by others in tls-weaknesses.test.ts. */
const OF_TLS = [
  'downgrade-unmarked',
  'rc4-suite',
  'renegotiation-unsignalled',
  'rsa-1024-certificate',
  'sslv3-offered',
  'tls-compression',
  'weak-curve',
]
/** Seen by curl in form-login.test.ts. */
const OF_SESSIONS = [
  'session-adopted',
  'session-cookie-open',
  'session-counted',
  'session-never-idle',
  'session-outlives-password',
  'session-survives-log-out',
]
/** Seen by a server of others in criteria-tls-client.test.ts. */
const AS_CLIENT = ['mail-without-tls', 'server-dates-unchecked', 'server-name-unchecked', 'trusts-any-certificate']
/** Out of its box only. */
const FRESH = ['works-before-set-up']
/** No client of others repeats a log-in word for word, breaks an upload off, or is a server of updates. */
const SELF_PROVED = [
  'digest-replay',
  'media-beside-tls',
  'ntp-origin-unchecked',
  'telnet-opens-later',
  'update-interrupted-accepted',
  'update-online-unchecked',
]

test('every weakness is well described', LIMIT, async () => {
  const folderOfWeaknesses = new URL('../lab/cameras/weaknesses/', import.meta.url)
  const files = (await readdir(folderOfWeaknesses)).map((name) => name.replace(/\.ts$/, '')).sort()
  assert.deepEqual(
    weaknesses.map(({ id }) => id),
    files,
    'one file each, named by its id',
  )
  assert.deepEqual(
    files,
    [
      ...Object.keys(SEEN),
      ...SILENT,
      ...SENT,
      ...OF_TLS,
      ...OF_SESSIONS,
      ...AS_CLIENT,
      ...FRESH,
      ...SELF_PROVED,
    ].sort(),
  )
  const core = await readFile(new URL('../profiles/regulations/camseal-core.yaml', import.meta.url), 'utf8')
  for (const { criteria, undecided = [], title, apply, visibleTo } of weaknesses) {
    for (const criterion of [...criteria, ...undecided]) assert.match(core, new RegExp(`criterion: ${criterion}\\b`))
    assert.ok(criteria.length + undecided.length > 0 && title.en !== '' && title.vi !== '' && visibleTo !== '')
    assert.ok(Object.keys(apply).length > 0)
  }
})

for (const [id, isSeen] of Object.entries(SEEN)) {
  test(`weakness ${id} is seen by another client, and only there`, LIMIT, async (t) => {
    if (PRIVILEGED.has(id) && process.getuid?.() !== 0) return t.skip('needs root')
    const isBeside = weaknesses.some((w) => w.id === id && w.beside === 'ssh')
    const ports = { https: 0, rtsp: 0, http: 0, ...(isBeside ? { ssh: SSH_PORT } : {}) }
    const weak = await startReferenceCamera(options({ weaknesses: [id], ports }))
    try {
      assert.equal(await isSeen(weak), true)
    } finally {
      await weak.stop()
    }
    assert.equal(await isSeen(await start(t, { ports })), false)
  })
}

for (const id of FRESH)
  test(`weakness ${id} is seen by another client in a camera out of its box, and only there`, LIMIT, async (t) => {
    const status = async (weaknesses: string[]): Promise<number> =>
      statusOf(await start(t, { factoryFresh: true, weaknesses }), '/api/device', ...as('admin:admin'))
    assert.equal(await status([id]), 200)
    assert.equal(await status([]), 403)
  })

for (const id of SELF_PROVED)
  test(`weakness ${id} says that no client of others shows it`, () =>
    assert.equal(weaknesses.find((w) => w.id === id)?.visibleTo, 'self-proved'))

for (const id of SILENT) {
  test(`weakness ${id}: the failed log-in does not arrive`, LIMIT, async (t) => {
    const { port, messages } = await receiver(t)
    const camera = await start(t, { weaknesses: [id], syslog: { address: '127.77.10.1', port } })
    await curl(web(camera, '/api/device'), ...as('lab-spare:wrong'))
    assert.equal(await statusOf(camera, '/api/device', ...as(ADMIN)), 200)
    if (id === 'failed-login-unlogged') await until(messages, /LOGIN-SUCCEEDED/)
    else await wait(500)
    assert.equal(
      messages.some((message) => message.includes('lab-spare')),
      false,
    )
    assert.equal(messages.length === 0, id === 'syslog-silent')
  })
}

for (const weaknesses of [['log-injection'], []]) {
  test(`a name with a line break and a head of a record, ${weaknesses.join() || 'no weakness'}`, LIMIT, async (t) => {
    const { port, messages } = await receiver(t)
    const camera = await start(t, { weaknesses, syslog: { address: '127.77.10.1', port } })
    await exchange(
      CAMERA,
      camera.ports.rtsp,
      'DESCRIBE rtsp://x/live/main RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Digest ' +
        `username*=UTF-8''lab%0d%0a%3c11%3e1%20-%20forged, realm="x", nonce="x", uri="rtsp://x/live/main", response="x"\r\n\r\n`,
    )
    const message = await until(messages, /LOGIN-FAILED.*lab/)
    assert.equal(message.includes('\n<11>1 - forged'), weaknesses.length > 0)
    assert.equal(message.includes('\\x0d\\\\x0a<11>1 - forged'), weaknesses.length === 0)
  })
}

test('weakness old-tls completes a TLS 1.0 handshake', LIMIT, async (t) => {
  const camera = await start(t, { weaknesses: ['old-tls'] })
  const { all } = await run('openssl', [
    's_client',
    '-connect',
    `${CAMERA}:${camera.ports.https}`,
    '-tls1',
    '-cipher',
    'ALL:@SECLEVEL=0',
  ])
  assert.match(all, /Protocol *: TLSv1\s/)
})
