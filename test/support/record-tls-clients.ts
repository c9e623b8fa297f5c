import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { curl, curlMail, deviceAround, msmtp, observe, rsyslog } from './tls-client-device.ts'

/** Records what clients of others do, for the fixtures: node --import tsx --test test/support/record-tls-clients.ts */
const folder = fileURLToPath(new URL('../fixtures/tls-clients/', import.meta.url))
mkdirSync(folder, { recursive: true })

test('curl', async (t) => save('curl', (await deviceAround(t, curl(t))).statement))
test('curl without the authority', async (t) => {
  const { statement } = await deviceAround(t, curl(t, '--cacert', '/etc/ssl/certs/ca-certificates.crt'), {
    isTold: false,
  })
  await save('curl-without-authority', statement)
})
test('rsyslog', async (t) =>
  save('rsyslog-chain-only', (await deviceAround(t, rsyslog(t, 'x509/certvalid'))).statement))
test('msmtp', async (t) => save('msmtp', (await deviceAround(t, msmtp(t, 'smtp-starttls'))).statement))
test('curl sending mail, with TLS where it is offered', async (t) =>
  save('curl-mail-opportunistic', (await deviceAround(t, curlMail(t, 'smtp-starttls', '--ssl'))).statement))

async function save(name: string, statement: Parameters<typeof observe>[0]): Promise<void> {
  const { value } = await observe(statement)
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(value, null, 2)}\n`)
}
