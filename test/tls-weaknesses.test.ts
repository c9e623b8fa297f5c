import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startReferenceCamera, type ReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { has, said } from './support/programs.ts'
import { codes } from './support/judging.ts'
import { judgeTls, observeTls, TLS_CRITERIA, verdictsOf } from './support/tls.ts'

/** The reference camera sound and with each weakness of TLS, judged by all criteria of TLS and seen by other tools. */
const HOST = '127.0.0.1'
const cameras: ReferenceCamera[] = []
after(() => Promise.all(cameras.map((c) => c.stop())))

async function cameraWith(...planted: string[]): Promise<number> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: HOST, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses: planted,
    serial: 'T-1',
    syslog: null,
    lock: { failures: 5, windowSeconds: 5, lockSeconds: 5 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: 'Owner-7421-kxq',
  })
  cameras.push(camera)
  return camera.ports.https
}

test('the sound camera passes every criterion, with few connections', { timeout: 60_000 }, async () => {
  const seen = await observeTls(await cameraWith())
  for (const name of Object.keys(TLS_CRITERIA) as (keyof typeof TLS_CRITERIA)[]) {
    const judgement = judgeTls(name, seen)
    assert.equal(judgement.verdict, 'pass', `${name}: ${codes(judgement).join()}`)
  }
  assert.ok(seen.connections <= 30, `${seen.connections} connections`)
})

/** What an independent client says where the weakness is. */
const SEEN_BY: Record<string, { program: string; args: (port: number) => string[]; says: RegExp }> = {
  'rsa-1024-certificate': sslscan(/RSA Key Strength:\s+1024/),
  'weak-curve': sslscan(/TLSv1\.2\s+96 bits\s+secp192r1/),
  'downgrade-unmarked': sslscan(/Server does not support TLS Fallback SCSV/),
  'sslv3-offered': sslscan(/SSLv3\s+enabled/),
  'rc4-suite': sslscan(/Accepted\s+TLSv1\.2\s+128 bits\s+TLS_RSA_WITH_RC4_128_SHA/),
  'tls-compression': nmap(/compressors:[\s|]+DEFLATE/),
  'renegotiation-unsignalled': {
    program: 'openssl',
    args: (port) => ['s_client', '-tls1_2', '-connect', `${HOST}:${port}`],
    says: /unsafe legacy renegotiation disabled/,
  },
}
const BY_NMAP: Record<string, RegExp> = {
  'sslv3-offered': /SSLv3:[\s|]+ciphers:[\s|]+TLS_RSA_WITH_AES_128_CBC_SHA/,
  'rc4-suite': /TLS_RSA_WITH_RC4_128_SHA \(rsa 2048\)/,
}

function sslscan(says: RegExp) {
  return { program: 'sslscan', args: (port: number) => ['--no-colour', '--no-heartbleed', `${HOST}:${port}`], says }
}
function nmap(says: RegExp) {
  const args = (port: number) => ['-Pn', '-n', '--script', 'ssl-enum-ciphers', '-p', String(port), HOST]
  return { program: 'nmap', args, says }
}

const SHORT = (id: string): string | undefined =>
  (Object.entries(TLS_CRITERIA) as [string, { id: string }][]).find(([, c]) => c.id === id)?.[0]

for (const [id, seenBy] of Object.entries(SEEN_BY))
  test(`${id}: exactly what it lists fails, and others see it`, { timeout: 60_000 }, async (t) => {
    const weakness = weaknesses.find((w) => w.id === id)
    assert.ok(weakness)
    const port = await cameraWith(id)
    const verdicts = verdictsOf(await observeTls(port))
    const failed = Object.keys(verdicts).filter((name) => verdicts[name] === 'fail')
    assert.deepEqual(failed.sort(), weakness.criteria.map(SHORT).sort(), JSON.stringify(verdicts))
    assert.deepEqual(
      Object.keys(verdicts).filter((name) => verdicts[name] === 'inconclusive'),
      [],
    )
    const others = [seenBy, ...(BY_NMAP[id] ? [nmap(BY_NMAP[id])] : [])]
    for (const { program, args, says } of others) {
      if (!has(program)) return t.skip(`needs ${program}`)
      assert.match(await said(program, args(port)), says)
    }
  })
