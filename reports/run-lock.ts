import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { faulty, ok, type Result } from '../suites/fault.ts'

const MOST_TRIES = 5

/**
 * One process at a time works in a run directory: `lock` holds the owner's number and start time and appears with its
 * content at once. The lock of a process that is gone is taken over. Throws what the system says where nothing can be written.
 */
export function takeLock(directory: string): Result<null> {
  const path = join(directory, 'lock')
  const mine = join(directory, `lock.${process.pid}.part`)
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}`)
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (placed(mine, path)) return ok(null)
      const held = contentOf(path)
      if (held === null) continue
      const [pid = '', start = ''] = held.split(' ')
      if (isRunning(pid, start)) return faulty({ code: 'run-locked', values: { path, pid } })
      removeStale(path, held)
    }
    return faulty({ code: 'run-locked', values: { path, pid: contentOf(path)?.split(' ')[0] ?? '' } })
  } finally {
    rmSync(mine, { force: true })
  }
}

export const releaseLock = (directory: string): void => rmSync(join(directory, 'lock'), { force: true })

/** A hard link either appears whole or fails; where the file system has none, an exclusive file does. */
function placed(mine: string, path: string): boolean {
  try {
    linkSync(mine, path)
    return true
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw e
  }
  try {
    writeFileSync(path, readFileSync(mine), { flag: 'wx' })
    return true
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw e
  }
}

/** Moves the stale lock away; one that somebody else put there meanwhile goes back. */
function removeStale(path: string, held: string): void {
  const aside = `${path}.${process.pid}.part.stale`
  try {
    renameSync(path, aside)
    if (contentOf(aside) !== held) linkSync(aside, path)
  } catch {
    // Somebody else was quicker: the next try meets his lock.
  }
  rmSync(aside, { force: true })
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** The same process as the one that wrote the lock, not only the same number; a killed one that nobody has reaped is gone. */
function isRunning(pid: string, start: string): boolean {
  if (!/^\d+$/.test(pid)) return false
  if (process.platform === 'linux') return start !== '' && startOf(Number(pid)) === start
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Start time of a process (field 22 of /proc/PID/stat); empty where there is none, or only its remains. */
function startOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '')
  } catch {
    return ''
  }
}
