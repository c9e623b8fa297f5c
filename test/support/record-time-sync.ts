import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { chronyd, deviceAround, ntpdig, observe } from './time-device.ts'

/** Records test/fixtures/time-sync/: `unshare -rn sh -c 'ip link set lo up; npx tsx --test test/support/record-time-sync.ts'`. */
const directory = new URL('../fixtures/time-sync/', import.meta.url)
mkdirSync(directory, { recursive: true })

for (const [name, program] of Object.entries({ chronyd, ntpdig }))
  test(name, async (t) => {
    const { value } = await observe(await deviceAround(t, program))
    writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify(value, null, 1)}\n`)
  })
