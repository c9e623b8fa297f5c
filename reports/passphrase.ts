import { readFile } from 'node:fs/promises'
import { errorCode, fault, type SealFault } from './seal-fault.ts'

export interface PassphraseSource {
  /** Name of an environment variable. */
  env?: string
  /** A file; its first line is the passphrase. */
  file?: string
  /** Ask on the terminal, without echo. */
  prompt?: boolean
}

/** The passphrase from the first source given; null when none is given. Never asks where nobody can answer. */
export async function passphraseFrom(
  source: PassphraseSource,
): Promise<{ passphrase: string | null } | { faults: SealFault[] }> {
  if (source.env !== undefined) {
    const passphrase = process.env[source.env]
    return passphrase === undefined
      ? { faults: [fault('passphrase-env-unset', { variable: source.env })] }
      : { passphrase }
  }
  if (source.file !== undefined) {
    try {
      return { passphrase: (await readFile(source.file, 'utf8')).split(/\r?\n/, 1)[0] ?? '' }
    } catch (error) {
      return { faults: [fault('passphrase-file-unreadable', { path: source.file, error: errorCode(error) })] }
    }
  }
  if (!source.prompt) return { passphrase: null }
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env['CI'])
    return { faults: [fault('passphrase-no-terminal')] }
  const { password, isCancel } = await import('@clack/prompts')
  const { bilingual } = await import('./locales/index.ts')
  const question = bilingual('seal', 'passphrase-prompt')
  const answer = await password({ message: [question?.vi, question?.en].filter(Boolean).join(' / '), mask: '' })
  return isCancel(answer) ? { faults: [fault('passphrase-needed')] } : { passphrase: answer }
}
