import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from './device.ts'
import { leftOver } from './lab.ts'
import { measure, truthOf } from './truth.ts'

/** Whether a running device is what its truth file says. */

export const MEASURE_SECONDS = 400

/** Processes whose command line names a folder: those of a device that was not stopped. */
const processesNaming = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const line = readFileSync(join('/proc', pid, 'cmdline'), 'latin1').replaceAll('\0', ' ')
        return line.includes(folder) ? [line] : []
      } catch {
        return []
      }
    })

/** Network namespaces that any process of this machine is in. */
const networkNamespaces = (): Set<string> =>
  new Set(
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap((pid) => {
        try {
          return [readlinkSync(join('/proc', pid, 'ns/net'))]
        } catch {
          return []
        }
      }),
  )

/**
 * The tools of others that measure the truth have time-outs of their own, and bans come when they come: on a machine that
 * is busy with other tests a measurement may differ by accident. It is then made once more, on a device as new.
 */
export async function measureTwice(start: () => Promise<Device>): Promise<void> {
  try {
    await measureOnce(start)
  } catch {
    await measureOnce(start)
  }
}

/** Starts a device, measures it, compares with its truth file, stops it, and looks for what is left. */
async function measureOnce(start: () => Promise<Device>): Promise<void> {
  const device = await start()
  const [command = '', ...args] = device.lab(['readlink', '/proc/self/ns/net'])
  const namespace = execFileSync(command, args, { encoding: 'utf8' }).trim()
  try {
    const { checks } = truthOf(device)
    const { values, said } = await measure(device, MEASURE_SECONDS)
    assert.deepEqual(Object.fromEntries([...values].sort()), Object.fromEntries(Object.entries(checks).sort()), said)
  } finally {
    await device.stop()
  }
  assert.deepEqual(processesNaming(device.directory.replace(/\/directory$/, '')), [])
  assert.ok(!networkNamespaces().has(namespace), 'the network namespace of the lab is gone')
  assert.ok(!leftOver().some((name) => device.directory.includes(`/${name}/`)), 'its folder is gone')
}
