import { readFileSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../../suites/fault.ts'
import { errorCode } from '../seal-fault.ts'
import { refuse } from './fault.ts'

/**
 * One writer at a time. A claim is a file whose *name* says who claims: process, its start (so that a reused process
 * number is not mistaken for its predecessor), host. Whoever sees another live claim after making his own takes his back:
 * two can both give way, never both win. Claims of processes that have ended are removed; names never recur, so removing
 * a dead one cannot remove a live one.
 */
interface Claim {
  file: string
  pid: number
  start: string
  host: string
}

const CLAIM = /^lock\.([0-9]+)\.([0-9]+)\.([0-9a-f]{8})\.([A-Za-z0-9-]+)$/
const host = hostname().replace(/[^A-Za-z0-9-]/g, '-') || 'host'

/** Start of a process in clock ticks since boot (proc(5), field 22); 0 where the system does not say; null when it has ended. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? '0')
  } catch {
    return process.platform === 'linux' || !signalled(pid) ? null : '0'
  }
}

function signalled(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const claimsIn = async (store: string): Promise<Claim[]> =>
  (await readdir(store)).flatMap((file) => {
    const [, pid = '', start = '', , name = ''] = CLAIM.exec(file) ?? []
    return pid ? [{ file, pid: Number(pid), start, host: name }] : []
  })

/** A claim of another machine cannot be examined and counts as live. */
const live = (claim: Claim): boolean => claim.host !== host || startOf(claim.pid) === claim.start

/** Runs `work` as the only writer of a store; gives up after `waitMs`, naming who holds it. */
export async function withLock<T>(store: string, work: () => Promise<Result<T>>, waitMs = 20_000): Promise<Result<T>> {
  const mine = `lock.${process.pid}.${startOf(process.pid) ?? '0'}.${randomBytes(4).toString('hex')}.${host}`
  const until = Date.now() + waitMs
  for (;;) {
    try {
      await writeFile(join(store, mine), '', { flag: 'wx' })
    } catch (e) {
      return refuse('catalog-unwritten', { file: mine, error: errorCode(e) })
    }
    const others = (await claimsIn(store)).filter((c) => c.file !== mine)
    const dead = others.filter((c) => !live(c))
    await Promise.all(dead.map((c) => rm(join(store, c.file), { force: true })))
    const holder = others.find((c) => !dead.includes(c))
    if (!holder) break
    await rm(join(store, mine), { force: true })
    if (Date.now() > until) return refuse('lock-held', { pid: holder.pid, host: holder.host, file: holder.file })
    await sleep(20 + Math.random() * 120)
  }
  try {
    return await work()
  } finally {
    await rm(join(store, mine), { force: true })
  }
}
