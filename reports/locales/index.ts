import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join, relative } from 'node:path'
import { parse } from 'yaml'
import type { Message } from '../../suites/observation.ts'

export type Language = 'en' | 'vi'
export const LANGUAGES: readonly Language[] = ['en', 'vi']
export type Bilingual = Record<Language, string>

type Tree = { [key: string]: Tree | string }

const directory = fileURLToPath(new URL('.', import.meta.url))
const files = new Map<string, Tree>()
let names: Set<string> | null = null

/** A locale file by its path below reports/locales without `.yaml`; null where there is none. Names may come from a hostile bundle. */
export function localeFile(name: string): Tree | null {
  names ??= builtNames() ?? new Set(localeNames())
  if (!names.has(name)) return null
  const tree = files.get(name) ?? (parse(readFileSync(join(directory, `${name}.yaml`), 'utf8')) as Tree)
  files.set(name, tree)
  return tree
}

/** The build leaves all files in one: the program starts in half the time that YAML takes. Null in a tree of sources. */
function builtNames(): Set<string> | null {
  const all = join(directory, 'all.json')
  if (!existsSync(all)) return null
  for (const [name, tree] of Object.entries(JSON.parse(readFileSync(all, 'utf8')) as Tree))
    files.set(name, tree as Tree)
  return new Set(files.keys())
}

/** All locale files, by name. */
export const localeNames = (): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && f.name.endsWith('.yaml'))
    .map((f) => relative(directory, join(f.parentPath, f.name)).replace(/\.yaml$/, ''))
    .sort()

/** Both texts of a key such as `report` `clauses.heading`; null where the file has none. */
export function bilingual(file: string, key: string): Bilingual | null {
  let at: Tree | string | undefined = localeFile(file) ?? undefined
  if (typeof at === 'object' && at[key] !== undefined) at = at[key]
  else for (const part of key.split('.')) at = typeof at === 'object' ? at[part] : undefined
  return typeof at === 'object' && typeof at.en === 'string' && typeof at.vi === 'string'
    ? { en: at.en, vi: at.vi }
    : null
}

/** Fills `{name}` with values; an unknown name stays visible. */
export const fill = (template: string, values: Message['values'] = {}): string =>
  template.replace(/\{([\w-]+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))

/** A string of the interface. A missing one shows its key: tests refuse that. */
export const t = (language: Language, file: string, key: string, values: Message['values'] = {}): string =>
  fill(bilingual(file, key)?.[language] ?? `${file}:${key}`, values)

/**
 * The text of a message that a criterion, a probe or the framework produced. Criterion messages are looked up in the
 * criterion's own file; `<kind>.<key>` in the probe's file; `framework.<key>` in framework.yaml.
 */
export function messageText(language: Language, message: Message, criterion?: string): string {
  const own = criterion ? bilingual(`criteria/${criterion}`, `messages.${message.code}`) : null
  const [head = '', ...rest] = message.code.split('.')
  const found =
    own ?? bilingual(`probes/${head}`, `messages.${rest.join('.')}`) ?? bilingual(head, rest.join('.')) ?? null
  return fill(found?.[language] ?? message.code, message.values)
}
