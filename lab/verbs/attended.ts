import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { confirm as askWhether, password as askPassword, isCancel } from '@clack/prompts'
import { messageText, t, type Language } from '../../reports/locales/index.ts'
import { EXIT, faultText, plain } from '../../reports/verbs/terminal.ts'
import type { Confirm } from '../power.ts'
import type { RunRequest } from '../start.ts'
import { jsonProgress, liveProgress, plainProgress } from './show.ts'

/** A step does not wait longer for a hand. */
const LONGEST_ASKED = 600_000

/** Shows progress as the place allows, and turns Ctrl-C into an orderly end. */
export async function attended<T>(
  language: Language,
  json: boolean,
  work: (io: Pick<RunRequest, 'onProgress' | 'signal' | 'ask' | 'confirm'>) => Promise<T>,
): Promise<T> {
  const cancel = new AbortController()
  const live = !json && process.stderr.isTTY === true ? liveProgress(language, process.stderr) : null
  const onProgress = json
    ? jsonProgress((l) => console.log(l))
    : (live?.onProgress ?? plainProgress(language, (l) => console.error(l)))
  const stop = () => {
    if (cancel.signal.aborted) process.exit(130)
    console.error(`\n${t(language, 'cli', 'run.cancelling')}`)
    cancel.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const canAsk = process.stdin.isTTY === true && process.env.CI === undefined
  const ask = canAsk
    ? async (user: string) => {
        const answer = await askPassword({ message: user })
        return isCancel(answer) ? null : answer
      }
    : null
  const confirm: Confirm | null = canAsk
    ? async (about, signal) => {
        live?.hold(true)
        const ending = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_ASKED)])
        const message = plain(messageText(language, about))
        const words = { active: t(language, 'cli', 'run.hand-done'), inactive: t(language, 'cli', 'run.hand-not') }
        const answer = await askWhether({ message, ...words, signal: ending, output: process.stderr })
        live?.hold(false)
        // The prompt holds the keyboard, and Ctrl-C with it.
        if (isCancel(answer) && !ending.aborted) stop()
        return answer === true
      }
    : null
  try {
    return await work({ onProgress, signal: cancel.signal, ask, confirm })
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    live?.stop()
  }
}

/** A disk that is full or gone, or a fault of the harness, ends the run; what was observed is on the disk, and `resume` goes on. */
export function brokenRun(e: unknown, directory: string, language: Language): number {
  const why = (e as NodeJS.ErrnoException).code ?? (e instanceof Error ? `${e.name}: ${e.message}` : 'unknown')
  const isDisk = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(why)
  if (isDisk && !existsSync(join(directory, 'run.json')))
    console.error(faultText(language, { code: 'unwritable', values: { path: directory, why } }))
  else console.error(t(language, 'cli', isDisk ? 'run.disk-full' : 'run.broken', { why, directory }))
  if (!isDisk && e instanceof Error) console.error(plain(e.stack ?? ''))
  return EXIT.labFault
}
