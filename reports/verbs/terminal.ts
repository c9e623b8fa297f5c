import { bilingual, fill, t, type Language } from '../locales/index.ts'
import type { Fault } from '../../suites/fault.ts'

/** Exit codes of every verb. */
export const EXIT = {
  conforms: 0,
  doesNotConform: 1,
  undetermined: 2,
  badInput: 3,
  labFault: 4,
  sealBroken: 5,
  notTrusted: 6,
  verdictsDiffer: 7,
  suiteMissing: 8,
} as const

/** Language of the terminal: `--lang`, CAMSEAL_LANG, then the system's. */
export function languageOf(given: string | undefined): Language {
  const wanted =
    given ?? process.env.CAMSEAL_LANG ?? process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG ?? ''
  return wanted.toLowerCase().startsWith('vi') ? 'vi' : 'en'
}

const FAULT_FILES = ['faults', 'faults-seal', 'catalog']

/** One fault as a line: where, what, and how to mend it. */
export function faultText(language: Language, fault: Fault): string {
  const text = FAULT_FILES.map((f) => bilingual(f, fault.code) ?? bilingual(f, `faults.${fault.code}`)).find(
    (x) => x !== null,
  )
  const message = fill(text?.[language] ?? `${fault.code} ${JSON.stringify(fault.values)}`, fault.values)
  // A text that begins with the path needs it no second time.
  const file = fault.file !== undefined && message.startsWith(`${fault.file} `) ? undefined : fault.file
  const where = [[file, fault.line].filter((x) => x !== undefined).join(':'), fault.field].filter(Boolean).join(' ')
  return where ? `${where}: ${message}` : message
}

/** Prints every fault, for people on standard error or as JSON on standard output. */
export function printFaults(language: Language, faults: readonly Fault[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ faults: faults.map((f) => ({ ...f, text: faultText(language, f) })) }))
    return
  }
  for (const fault of faults) console.error(faultText(language, fault))
  console.error(t(language, 'cli', 'faults', { count: faults.length }))
}

/** A file that could not even be read says nothing about its seal. */
export const isUnread = (faults: readonly { code: string }[]): boolean =>
  faults.length > 0 && faults.every((f) => f.code === 'file-unreadable')

/** Device text on a terminal: control characters, also bidirectional ones, are shown and never obeyed. */
export const plain = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
