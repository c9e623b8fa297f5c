import type { Fault } from '../../suites/fault.ts'
import type { Language } from '../locales/index.ts'
import { EXIT } from '../verbs/terminal.ts'
import { printFaults } from './terminal.ts'

export interface Common {
  store: string
  json?: boolean
  lang?: string
}
export interface KeyOptions {
  key?: string
  certificate?: string
  passphraseEnv?: string
  passphraseFile?: string
}

export const passphraseOf = (o: KeyOptions): { env?: string; file?: string } => ({
  ...(o.passphraseEnv === undefined ? {} : { env: o.passphraseEnv }),
  ...(o.passphraseFile === undefined ? {} : { file: o.passphraseFile }),
})

/** A damaged log or copy is a broken seal; everything else that stops a verb is bad input. */
export function endWith(faults: readonly Fault[], language: Language, json: boolean): number {
  printFaults(faults, language, json)
  const damaged = /^(event-|log-empty|copy-|history-differs)/
  return faults.some((f) => damaged.test(f.code)) ? EXIT.sealBroken : EXIT.badInput
}
