import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { stringify } from 'yaml'
import type { Report } from '../reports/report.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { camseal } from './support/camseal.ts'
import { AS_ROOT, inPrivateNetwork } from './support/private-network.ts'
import { certificates } from './support/programs.ts'
import { writeRegulation } from './support/regulation.ts'
import * as servers from './support/remote-software.ts'

/** The main job at a device whose only service is vsftpd: TLS within it is found, asked and judged from end to end. */
const work = mkdtempSync(join(tmpdir(), 'camseal-ftp-'))
const certs = certificates()
after(() => {
  rmSync(work, { recursive: true, force: true })
  certs.remove()
})

const TLS = [
  ...['ssl_enable=YES', `rsa_cert_file=${certs.rsa.cert}`, `rsa_private_key_file=${certs.rsa.key}`],
  ...['local_enable=YES', 'anonymous_enable=NO'],
]
const CONFIGURATIONS: Record<string, string[]> = {
  good: [...TLS, 'force_local_logins_ssl=YES', 'ssl_ciphers=ECDHE+AESGCM'],
  bad: [...TLS, 'force_local_logins_ssl=NO', 'ssl_ciphers=AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0'],
}

const statement = (port: number): Statement =>
  emptyStatement({
    interfaces: [{ id: 'lan', type: 'ethernet' }],
    services: [{ id: 'files', transport: 'tcp', port, protocol: 'ftp', families: ['ipv4'], purpose: 'recordings' }],
    permit: 'ordinary',
  })

const CRITERIA = ['encryption/tls-certificate-strength', 'encryption/tls-cipher-suites', 'encryption/tls-versions']

const EXPECTED: Record<string, string[]> = {
  good: [
    'encryption/tls-certificate-strength pass',
    'encryption/tls-cipher-suites pass',
    'encryption/tls-versions pass',
  ],
  bad: [
    'encryption/tls-certificate-strength pass',
    'encryption/tls-cipher-suites fail offers-static-exchange',
    'encryption/tls-versions fail old-version-accepted',
  ],
}

inPrivateNetwork(
  import.meta.url,
  2,
  150,
  () => {
    for (const [name, lines] of Object.entries(CONFIGURATIONS))
      test(name, { timeout: 100_000, skip: servers.withoutUsers() ?? false }, async () => {
        const directory = join(work, name)
        mkdirSync(directory)
        const server = await servers.vsftpd([{ user: 'operator', password: 'Long-7731-kestrel' }], lines)
        try {
          const file = join(directory, 'statement.yaml')
          writeFileSync(file, stringify(statement(server.port)))
          const out = join(directory, 'out')
          const regulation = writeRegulation(join(directory, 'few.yaml'), CRITERIA)
          const args = ['run', '--statement', file, '--regulation', regulation, '--out', out]
          const env = { CAMSEAL_STATE: join(directory, 'bench') }
          const ran = await camseal([...args, '--rehearsal', '--ports', 'declared', '--json', '--pace', 'fast'], {
            env,
            seconds: 90,
          })
          const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
          const found = report.verdicts.judgements.map(({ criterion, verdict, findings }) => {
            const violations = findings.filter((f) => f.is === 'violation').map((f) => f.message.code)
            return [criterion, verdict, ...new Set(violations)].join(' ')
          })
          assert.deepEqual(found.sort(), EXPECTED[name], ran.stderr.slice(-2000))
        } finally {
          await server.stop()
        }
      })
  },
  servers.withoutUsers() === null ? AS_ROOT : null,
)
