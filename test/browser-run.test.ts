import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { stringify } from 'yaml'
import { chromiumPath } from '../lab/instruments/chromium.ts'
import { INSIDE } from '../lab/isolation.ts'
import { probe } from '../lab/probes/http-credentials.ts'
import type { Report } from '../reports/report.ts'
import { criterion } from '../suites/authentication/no-default-credentials.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import type { Seen } from '../suites/observation.ts'
import { kind } from '../suites/observations/http-credentials.ts'
import type { CredentialTries } from '../suites/observations/credential-tries.ts'
import type { Session, Statement } from '../suites/statement.ts'
import { testBench } from './support/bench.ts'
import { camseal } from './support/camseal.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { writeRegulation } from './support/regulation.ts'
import { SCRIPT_SESSION, scriptCamera } from './support/script-camera.ts'

/** Probes and the main job where one logs in at a page by its script only. */
const skip = chromiumPath() === null ? 'needs chromium' : false
const work = mkdtempSync(join(tmpdir(), 'camseal-browser-'))
after(() => rmSync(work, { recursive: true, force: true }))

const PASSWORD = 'right-9f3a7c'
const DEFAULTS = { pairs: [{ user: 'admin', password: '12345' }] }

const statement = (address: string, port: number, session: Session = SCRIPT_SESSION): Statement => ({
  camseal: 'statement/1',
  dut: {
    maker: { name: 'Test' },
    model: 'S-1',
    hardware: '1',
    firmware: { version: '1.0', link: 'version-string-only' },
  },
  samples: [{ id: 'a', serial: 'S1-0001', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
  interfaces: [{ id: 'lan', type: 'ethernet' }],
  services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web', session }],
  accounts: [{ id: 'owner', user: 'keeper', password: { env: 'BROWSER_OWNER' }, role: 'administrator' }],
  logins: [{ id: 'web', service: 'web', account: 'owner', target: '/settings' }],
  resources: [],
  bruteForce: [{ login: 'web', protection: 'none' }],
  logging: { channels: [] },
  updates: [],
  actions: {},
  permit: 'ordinary',
})

/** What the probe sees at a camera with these users, of a short list of published passwords. */
async function tried(
  users: Record<string, string>,
  session?: Session,
): Promise<{ seen: Seen<CredentialTries>; s: Statement }> {
  const camera = await scriptCamera('127.0.0.1', 0, users)
  const s = statement('127.0.0.1', camera.port, session)
  const bench = testBench(s, {
    secrets: { owner: PASSWORD },
    catalogue: () => DEFAULTS,
    wait: () => Promise.resolve(true),
    endpoint: (family, port, tls) => ({
      family,
      address: '127.0.0.1',
      port,
      tls,
      ...(s.services[0]?.session ? { session: s.services[0].session } : {}),
    }),
  })
  const seen = await probe.run(bench, 'a/login/web')
  await camera.stop()
  return { seen, s }
}

const verdict = ({ seen, s }: Awaited<ReturnType<typeof tried>>) => {
  assert.ok(seen.answered, JSON.stringify(seen))
  const [judgement] = judgeBy(criterion, {
    statement: s,
    observations: [answered(kind, 'a/login/web', seen.value)],
    kinds: [kind],
  })
  return [judgement?.verdict, ...codes(judgement)]
}

if (process.env[INSIDE] === undefined) {
  test(
    'default passwords at a page: refused, accepted, and a page that is not as the statement says',
    { skip },
    async () => {
      const good = await tried({ keeper: PASSWORD })
      assert.deepEqual(verdict(good), ['pass', 'defaults-refused'])
      const open = await tried({ keeper: PASSWORD, admin: '12345' })
      assert.equal(verdict(open)[0], 'fail')
      assert.ok(verdict(open).includes('default-accepted'))
      const steps = SCRIPT_SESSION.browser?.logIn ?? []
      const moved = await tried(
        { keeper: PASSWORD },
        { ...SCRIPT_SESSION, browser: { logIn: [...steps.slice(0, -1), { click: { text: 'Sign in' } }] } },
      )
      assert.ok(!moved.seen.answered && moved.seen.cause === 'lab')
      assert.equal(moved.seen.why.code, 'framework.no-log-in')
      assert.match(String(moved.seen.why.values['detail']), /step 5, Sign in: not-there/)
    },
  )
}

const CRITERIA = ['authentication/no-user-enumeration', 'authentication/digest-strength', 'authentication/nonce-unique']

inPrivateNetwork(import.meta.url, 2, 200, () => {
  const run = async (name: string, criteria: string[], env: Record<string, string>) => {
    const directory = join(work, name)
    mkdirSync(directory)
    const [address, port] = ['127.81.0.1', 8080]
    const camera = await scriptCamera(address, port, { keeper: PASSWORD })
    writeFileSync(join(directory, 'statement.yaml'), stringify(statement(address, port)))
    const out = join(directory, 'out')
    const ran = await camseal(
      [
        ...[
          'run',
          '--statement',
          join(directory, 'statement.yaml'),
          '--out',
          out,
          '--rehearsal',
          '--ports',
          'declared',
          '--json',
          '--pace',
          'fast',
        ],
        ...['--regulation', writeRegulation(join(directory, 'few.yaml'), criteria)],
      ],
      { env: { BROWSER_OWNER: PASSWORD, CAMSEAL_STATE: join(directory, 'bench'), ...env }, seconds: 120 },
    )
    await camera.stop()
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
    return { ran, out, report, most: camera.most() }
  }

  test(
    'the main job: what is asked of the page is judged, with a picture in the report and nothing that opens the door',
    { skip, timeout: 120_000 },
    async () => {
      const { ran, out, report } = await run('chromium', CRITERIA, {})
      const found = report.verdicts.judgements.map((j) => `${j.criterion} ${j.verdict}`)
      assert.deepEqual(found.sort(), CRITERIA.map((c) => `${c} pass`).sort(), ran.stdout.slice(-2000) + ran.stderr)
      const html = readFileSync(join(out, 'report.html'), 'utf8')
      assert.match(
        html,
        /<img class="picture" src="data:image\/png;base64,iVBOR[A-Za-z0-9+/=]+" alt="page after the log-in with owner.png">/,
      )
      assert.match(html, /Chromium [0-9.]+/)
      let pictures = 0
      for (const entry of readdirSync(join(out, 'objects'), { recursive: true, withFileTypes: true }))
        if (entry.isFile()) {
          const text = readFileSync(join(entry.parentPath, entry.name), 'latin1')
          if (text.includes('\x89PNG')) pictures++
          const raws = [...text.matchAll(/"raw":"([^"]*)"/g)].map(([, raw = '']) => latin1(fromBase64(raw)))
          for (const one of [text, ...raws]) assert.doesNotMatch(one, /right-9f3a7c|sid=[0-9a-f]/)
        }
      assert.ok(pictures > 0)
    },
  )

  test(
    'the main job without a browser: nothing of it is judged, the lab is to blame, and is told how to mend it',
    { timeout: 60_000 },
    async () => {
      const criteria = [...CRITERIA, 'authentication/no-default-credentials']
      const { ran, report } = await run('none', criteria, { CAMSEAL_CHROMIUM: '/nowhere/chromium' })
      assert.equal(ran.code, 2, ran.stdout.slice(-2000) + ran.stderr)
      const found = report.verdicts.judgements.map((j) => `${j.criterion} ${j.verdict}`)
      assert.deepEqual(found.sort(), criteria.map((c) => `${c} inconclusive`).sort())
      assert.match(ran.stdout + readFileSync(join(work, 'none', 'out', 'report.html'), 'utf8'), /CAMSEAL_CHROMIUM/)
    },
  )
})
