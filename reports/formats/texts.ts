import type { Message } from '../../suites/observation.ts'
import { bilingual as lookUp, fill, messageText, t, type Bilingual, type Language } from '../locales/index.ts'
import { html, type Both, type Content, type Markup } from './markup.ts'
import { clipped, visible } from './visible.ts'

type Values = Record<string, Content>

/** A message as a report holds it: its values are only as good as its author. */
interface Said {
  code: string
  values: Record<string, unknown>
}

const LONGEST_VALUE = 300

/** Names out of a report become file names of locales: only such as this project gives may (rule 14). */
const isName = (name: string): boolean => /^[a-z0-9][a-z0-9./-]{0,120}$/.test(name) && !name.includes('..')

const bilingual = (file: string, key: string): Bilingual | null => (isName(file) ? lookUp(file, key) : null)

/** A string of report.yaml in both languages, its placeholders filled with content. */
export const say = (key: string, values: Values = {}): Both => ({
  en: filled(t('en', 'report', key), values, 'en'),
  vi: filled(t('vi', 'report', key), values, 'vi'),
})

/** A string of report.yaml in one language. */
export const word = (language: Language, key: string, values: Message['values'] = {}): string =>
  t(language, 'report', key, values)

/** What a criterion, a probe or the framework said, its values set apart from its words. */
export const told = (message: Said, criterion?: string): Both => ({
  en: toldIn('en', message, criterion),
  vi: toldIn('vi', message, criterion),
})

function toldIn(language: Language, message: Said, criterion?: string): Content {
  const values = Object.fromEntries(
    Object.entries(message.values).map(([name, value]) => {
      const text = readable(language, name, value)
      return [name, html`<bdi class="${text === String(value) ? 'v' : 'w'}">${text}</bdi>`]
    }),
  )
  return filled(templateOf(language, message, criterion), values, language)
}

/** The same as plain text. */
export function toldPlain(language: Language, message: Said, criterion?: string): string {
  const values = Object.fromEntries(
    Object.entries(message.values).map(([name, value]) => [name, visible(readable(language, name, value))]),
  )
  return fill(templateOf(language, message, criterion), values)
}

/** A code that this version has no text for is shown with its values: a report may be newer than its reader. */
function templateOf(language: Language, message: Said, criterion?: string): string {
  const known = isName(message.code) && isName(criterion ?? 'none')
  const template = known ? messageText(language, { code: message.code, values: {} }, criterion) : message.code
  if (template !== message.code) return template
  const names = Object.keys(message.values)
  return names.length === 0 ? message.code : `${message.code} (${names.map((name) => `${name}: {${name}}`).join(', ')})`
}

function filled(template: string, values: Values, language: Language): Content {
  return template.split(/(\{[\w-]+\})/).map((part) => {
    const name = /^\{([\w-]+)\}$/.exec(part)?.[1]
    if (name === undefined || !Object.hasOwn(values, name)) return part
    const value = values[name]
    return typeof value === 'object' && value !== null && 'en' in value ? value[language] : value
  })
}

/** Values that are names of the harness, in words; everything else as it came, shortened. */
function readable(language: Language, name: string, value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (name === 'kind') return titled(text, kindTitle(text)[language])
  if (name === 'criterion') return titled(text, criterionTitle(text)[language])
  if (name === 'subject') return subjectLabel(text)[language]
  if (name === 'cause' || name === 'state' || name === 'family')
    return bilingual('report', `${name}.${text}`)?.[language] ?? text
  const cut = clipped(text, LONGEST_VALUE)
  return cut.missing > 0 ? `${cut.text}… (+${cut.missing})` : text
}

/** A title within a sentence stands between quotation marks. */
const titled = (name: string, title: string): string => (title === name ? name : `“${title}”`)

const alike = (text: string): Bilingual => ({ en: text, vi: text })

export const criterionTitle = (id: string): Bilingual => bilingual(`criteria/${id}`, 'title') ?? alike(id)
/** How a maker mends it; null where the criterion does not say. */
export const mending = (id: string): Bilingual | null => bilingual(`criteria/${id}`, 'mends')
export const asking = (id: string): Bilingual | null => bilingual(`criteria/${id}`, 'asks')
export const looking = (id: string): Bilingual | null => bilingual(`criteria/${id}`, 'looks')
export const kindTitle = (kind: string): Bilingual => bilingual(`probes/${kind}`, 'title') ?? alike(kind)

const both = (make: (language: Language) => string): Bilingual => ({ en: make('en'), vi: make('vi') })

/** `a/ipv4/00443` in words. */
export function subjectLabel(subject: string): Bilingual {
  const [sample = '', second, third] = subject.split('/')
  if (subject === '') return both((l) => word(l, 'subject.all'))
  return both((l) => {
    const parts = [word(l, 'subject.sample', { id: sample })]
    if (second === 'ipv4' || second === 'ipv6') parts.push(word(l, `family.${second}`))
    else if (second === 'login' || second === 'update' || second === 'client')
      parts.push(word(l, `subject.${second}`, { id: third ?? '' }))
    else if (second !== undefined) parts.push(subject.slice(sample.length + 1))
    if ((second === 'ipv4' || second === 'ipv6') && third !== undefined)
      parts.push(/^\d+$/.test(third) ? word(l, 'subject.port', { port: Number(third) }) : third)
    return parts.join(' · ')
  })
}

/** `2026-11-02 08:31:12 UTC`, the same in every language and time zone. */
export const instantText = (micros: number): string =>
  `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19).replace('T', ' ')} UTC`

export const instant = (micros: number): Markup => html`<time>${instantText(micros)}</time>`

/** A duration in microseconds, two units at most. */
export const duration = (micros: number): Bilingual => both((l) => durationIn(l, micros))

export function durationIn(language: Language, micros: number): string {
  const unit = (name: string) => word(language, `unit.${name}`)
  if (micros < 1_000_000) return `${Math.round(micros / 1000)} ms`
  const seconds = Math.round(micros / 1_000_000)
  if (seconds < 60) return `${seconds} ${unit('second')}`
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return hours > 0
    ? `${hours} ${unit('hour')} ${minutes} ${unit('minute')}`
    : `${minutes} ${unit('minute')} ${seconds % 60} ${unit('second')}`
}

/** Bytes in the unit a reader would choose. */
export const size = (bytes: number): string =>
  bytes < 1024
    ? `${bytes} B`
    : bytes < 1_048_576
      ? `${(bytes / 1024).toFixed(1)} KiB`
      : `${(bytes / 1_048_576).toFixed(1)} MiB`
