import { createHash } from 'node:crypto'
import { get } from 'node:http'
import { isIPv6 } from 'node:net'
import type { Device } from './device.ts'
import { compareVersions, MODEL } from './firmware.ts'
import { membersOf } from './members.ts'
import { install, MOST_PACKAGE } from './update.ts'

type Actor = Record<string, string>

const MOST_MANIFEST = 4_096
const PATIENCE_MILLISECONDS = 5_000

/**
 * Looks at the update server, fetches a newer package and installs it after the same checks as an uploaded one. The server
 * is not trusted for anything: what it says of a package only tells whether to fetch it, and whether all of it has come.
 */
export async function lookForUpdate(device: Device, actor: Actor): Promise<void> {
  const { firmware, updates } = device.store.state
  if (!updates) return
  const origin = `http://${isIPv6(updates.address) ? `[${updates.address}]` : updates.address}:${updates.port}`
  const manifest = await fetched(device, `${origin}/${MODEL}.json?version=${firmware.version}`, MOST_MANIFEST)
  const { version, path, sha256 } = membersOf(manifest ?? Buffer.alloc(0))
  if (typeof version !== 'string' || typeof path !== 'string' || !/^\d+\.\d+\.\d+$/.test(version)) return
  if (device.behaviour.updateRefusesOlder && compareVersions(version, firmware.version) <= 0) return
  const bytes = await fetched(device, `${origin}${path}`, MOST_PACKAGE)
  const digest = createHash('sha256')
    .update(bytes ?? '')
    .digest('hex')
  if (bytes === null || digest !== sha256) {
    if (device.behaviour.logsRefusedUpdates)
      device.log.write('update-refused', { ...actor, reason: 'download damaged' })
    return
  }
  if (device.behaviour.updateChecksDownloads) install(device, bytes, actor).afterwards?.()
  else device.reboot('update', { firmware: { version, sha256: digest } })
}

/** From the camera's own address; null for whatever goes wrong. */
function fetched({ options }: Device, url: string, most: number): Promise<Buffer | null> {
  const { ipv4, ipv6 } = options.addresses
  const localAddress = url.startsWith('http://[') ? ipv6 : ipv4
  if (localAddress === null) return Promise.resolve(null)
  return new Promise((resolve) => {
    const request = get(url, { localAddress, agent: false, timeout: PATIENCE_MILLISECONDS }, (response) => {
      const parts: Buffer[] = []
      let size = 0
      response.on('data', (part: Buffer) => {
        parts.push(part)
        size += part.length
        if (size > most) request.destroy()
      })
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(parts) : null))
      response.on('error', () => resolve(null))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
}
