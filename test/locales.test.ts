import { test } from 'node:test'
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const locales = join(root, 'reports', 'locales')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Paths below a folder of the project that end so. */
const filesOf = (folder: string, ending: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((f) => f.isFile() && f.name.endsWith(ending) && !f.name.includes('.generated.'))
        .map((f) => relative(root, join(f.parentPath, f.name)))
        .sort()
    : []

interface Leaf {
  file: string
  key: string
  en: unknown
  vi: unknown
  extra: string[]
}

const faults: string[] = []
const leaves: Leaf[] = []
for (const path of filesOf('reports/locales', '.yaml')) {
  const document = parseDocument(read(path))
  for (const e of [...document.errors, ...document.warnings]) faults.push(`${path}: ${e.message}`)
  const file = relative(locales, join(root, path)).replace(/\.yaml$/, '')
  const walk = (value: unknown, key: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      faults.push(`${path}: ${key || '/'} is neither a group nor a pair of languages`)
    else if ('en' in value || 'vi' in value) {
      const { en, vi, ...extra } = value as { en?: unknown; vi?: unknown }
      leaves.push({ file, key, en, vi, extra: Object.keys(extra) })
    } else for (const [name, child] of Object.entries(value)) walk(child, key === '' ? name : `${key}.${name}`)
  }
  if (document.errors.length === 0) walk(document.toJS(), '')
}
const texts = new Map<string, Set<string>>()
for (const { file, key } of leaves) texts.set(file, (texts.get(file) ?? new Set()).add(key))
const has = (file: string, key: string): boolean => texts.get(file)?.has(key) === true

const report = (found: readonly string[]): void =>
  assert.equal(found.length, 0, `${found.length} fault(s):\n${[...new Set(found)].sort().join('\n')}`)

/** Letters that Vietnamese has and English has not. */
const DIACRITICS = /[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]/i
/** UTF-8 read as Latin-1 or Windows-1252, and what is left where a character was lost. */
const MOJIBAKE = /Ã[\u0080-\u00bf]|Ä[\u0080-\u00bf]|áº|á»|Æ°|â€|Ä‘|\ufffd|\?\?\?/
const HIDDEN = /[\0-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/

test('locale files parse and hold pairs of languages only', () => report(faults))

test('every text is there in both languages, alike in placeholders, clean in characters', () => {
  const found: string[] = []
  for (const { file, key, en, vi, extra } of leaves) {
    const at = `${file}.yaml ${key}`
    if (extra.length > 0) found.push(`${at}: unknown language ${extra.join(', ')}`)
    if (typeof en !== 'string' || typeof vi !== 'string') {
      found.push(`${at}: ${typeof en !== 'string' ? 'en' : 'vi'} is no text`)
      continue
    }
    const placeholders = (text: string) =>
      [...new Set([...text.matchAll(/\{([^{}]*)\}/g)].map((m) => m[1]))].sort().join(', ')
    if (placeholders(en) !== placeholders(vi))
      found.push(`${at}: placeholders {${placeholders(en)}} in English, {${placeholders(vi)}} in Vietnamese`)
    for (const [language, text] of [
      ['en', en],
      ['vi', vi],
    ] as const) {
      if (text.trim() === '') found.push(`${at}: ${language} is empty`)
      if (text !== text.trim()) found.push(`${at}: ${language} begins or ends with a blank`)
      if (text !== text.normalize('NFC')) found.push(`${at}: ${language} is not in NFC`)
      if (MOJIBAKE.test(text)) found.push(`${at}: ${language} looks wrongly decoded`)
      if (HIDDEN.test(text)) found.push(`${at}: ${language} holds a hidden character`)
      for (const [, name = ''] of text.matchAll(/\{([^{}]*)\}/g))
        if (!/^[\w-]+$/.test(name)) found.push(`${at}: ${language} has the placeholder {${name}}`)
    }
    const words = vi.replace(/\{[^}]*\}|`[^`]*`/g, '')
    if (words.length > 20 && !DIACRITICS.test(words)) found.push(`${at}: Vietnamese without diacritics: ${vi}`)
    if (words.length > 30 && en === vi) found.push(`${at}: both languages are the same`)
    if (/[ăơưđ]/i.test(en)) found.push(`${at}: English holds Vietnamese letters`)
  }
  report(found)
})

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|\s)\/\/[^\n]*/g, '$1')

/** The arguments of a call, from behind its opening bracket; commas inside brackets and texts do not part them. */
function argumentsFrom(source: string, start: number): string[] {
  const found = ['']
  let depth = 0
  for (let i = start; i < source.length && depth >= 0; i++) {
    const c = source[i] ?? ''
    if (c === "'" || c === '`') {
      const end = source.indexOf(c, i + 1)
      found[found.length - 1] += source.slice(i, end + 1)
      i = end < 0 ? source.length : end
      continue
    }
    if ('([{'.includes(c)) depth++
    if (')]}'.includes(c)) depth--
    if (c === ',' && depth === 0) found.push('')
    else if (depth >= 0) found[found.length - 1] += c
  }
  return found
}

/** Texts an expression can yield: literals that are not compared with anything; templates as `prefix*`. */
const literalsIn = (expression: string): string[] => {
  const yielded = expression.replace(/(?:[=!]==\s*'[^']*'|'[^']*'\s*[=!]==|\.\w+\('[^']*'\)|\['[^']*'\])/g, '')
  return [
    ...[...yielded.matchAll(/'([^']*)'/g)].map((m) => m[1] ?? ''),
    ...[...yielded.matchAll(/`([^`$]*)\$\{[^`]*`/g)].map((m) => `${m[1]}*`),
  ]
}

/** Codes that a file puts into findings and messages by name. */
function codesIn(source: string): string[] {
  const calls = [...source.matchAll(/\b(?:evidence|violation|suspicion|gap)\s*\)?\s*\(/g)]
  const findings = calls.flatMap((m) => literalsIn(argumentsFrom(source, m.index + m[0].length)[0] ?? ''))
  const messages = [...source.matchAll(/\bcode:\s*([^,{}]+?),\s*values\b/g)].flatMap((m) => literalsIn(m[1] ?? ''))
  return [...findings, ...messages, ...viaHelpers(source)].filter((c) => /^[a-z0-9][a-z0-9.-]*\*?$/.test(c))
}

/** Codes that go through a function of the file: ``const about = (key) => ({ code: `${ID}.${key}` })`` and `about('x')`. */
function viaHelpers(source: string): string[] {
  return [...source.matchAll(/code: `([^`]*)\$\{(\w+)\}`/g)].flatMap(([, prefix = '', name = ''], k) => {
    const at = [...source.matchAll(/code: `([^`]*)\$\{(\w+)\}`/g)][k]?.index ?? 0
    const head = [...source.slice(0, at).matchAll(/(?:const|function)\s+(\w+)\s*(?:=\s*(?:async\s*)?)?\(/g)].at(-1)
    if (!head) return []
    const position = argumentsFrom(source, head.index + head[0].length).findIndex((p) =>
      new RegExp(`^\\s*${name}\\b`).test(p),
    )
    if (position < 0) return []
    const full = prefix.replace(
      /\$\{(\w+)\}/g,
      (_, constant: string) => new RegExp(`const ${constant} = '([^']*)'`).exec(source)?.[1] ?? '?',
    )
    const uses = [...source.matchAll(new RegExp(`\\b${head[1]}\\(`, 'g'))].filter(
      (m) => m.index > (head.index ?? 0) + head[0].length || m.index < head.index,
    )
    return uses.flatMap((m) =>
      literalsIn(argumentsFrom(source, m.index + m[0].length)[position] ?? '').map((l) => `${full}${l}`),
    )
  })
}

const suiteFiles = filesOf('suites', '.ts').filter((p) => !/^suites\/(observations|facts)\//.test(p))
const sources = new Map([...suiteFiles, ...filesOf('lab', '.ts')].map((p) => [p, withoutComments(read(p))]))

/** The files that a criterion is made of: itself and what it imports from its area or another one. */
function filesBehind(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const [, to = ''] of (sources.get(path) ?? '').matchAll(/from '((?:\.\/|\.\.\/[\w-]+\/)[^']+)'/g)) {
    const next = normalize(join(dirname(path), to))
    if (sources.has(next)) filesBehind(next, seen)
  }
  return seen
}

const criteria = suiteFiles
  .filter((p) => /^suites\/[\w-]+\/[\w-]+\.ts$/.test(p) && /^export const criterion\b/m.test(read(p)))
  .map((path) => ({ path, id: path.slice('suites/'.length, -'.ts'.length) }))
const probes = filesOf('lab/probes', '.ts')
  .filter((p) => /^export const probe\b/m.test(read(p)))
  .map((path) => ({ path, kind: path.slice('lab/probes/'.length, -'.ts'.length) }))

/** Whether a code is a text of a file; `prefix*` where at least one begins so. */
const known = (file: string, group: string, code: string): boolean =>
  code.endsWith('*')
    ? [...(texts.get(file) ?? [])].some((k) => k.startsWith(group + code.slice(0, -1)))
    : has(file, group + code)

test('every code of a criterion, a probe or the framework has its text', () => {
  const found: string[] = []
  const recognised = new Set([...sources.values()].flatMap(codesIn))
  assert.ok(recognised.size > 80, `only ${recognised.size} codes were recognised`)
  const shared = (code: string): boolean => {
    const [head = '', ...rest] = code.split('.')
    return rest.length > 0 && (known(`probes/${head}`, 'messages.', rest.join('.')) || known(head, '', rest.join('.')))
  }
  for (const { id, path } of criteria)
    for (const file of filesBehind(path))
      for (const code of codesIn(sources.get(file) ?? ''))
        if (!known(`criteria/${id}`, 'messages.', code) && !shared(code))
          found.push(`criteria/${id}.yaml lacks messages.${code} (used in ${file})`)
  for (const [path, source] of sources) {
    if (/^suites\/[\w-]+\//.test(path)) continue
    for (const code of codesIn(source).filter((c) => c.includes('.')))
      if (!shared(code)) found.push(`${path}: no text for ${code}`)
  }
  report(found)
})

/** Names of the members of an object literal; null where the expression is none or takes in others. */
function membersOf(expression: string): string[] | null {
  const text = expression.trim()
  if (!text.startsWith('{') || !text.endsWith('}') || text.includes('...')) return null
  return argumentsFrom(text, 1)
    .map((m) => /^\s*'?([\w-]+)'?/.exec(m)?.[1] ?? '')
    .filter((m) => m !== '')
}

test('every placeholder of a finding is given a value', () => {
  const found: string[] = []
  let compared = 0
  for (const { id, path } of criteria)
    for (const file of filesBehind(path)) {
      const source = sources.get(file) ?? ''
      for (const m of source.matchAll(/\b(?:evidence|violation|suspicion|gap)\s*\)?\s*\(/g)) {
        const [first = '', second = ''] = argumentsFrom(source, m.index + m[0].length)
        const members = membersOf(second)
        if (members === null) continue
        for (const code of literalsIn(first)) {
          const leaf = leaves.find((l) => l.file === `criteria/${id}` && l.key === `messages.${code}`)
          if (!leaf) continue
          compared++
          const missing = [...String(leaf.en).matchAll(/\{([\w-]+)\}/g)]
            .map((p) => p[1] ?? '')
            .filter((p) => !members.includes(p))
          if (missing.length > 0)
            found.push(`criteria/${id}.yaml messages.${code}: {${missing.join('}, {')}} gets no value in ${file}`)
        }
      }
    }
  assert.ok(compared > 40, `only ${compared} findings were recognised`)
  report(found)
})

test('every criterion and every probe is described', () => {
  const found: string[] = []
  for (const { id } of criteria)
    for (const key of ['title', 'asks', 'looks', 'mends'])
      if (!has(`criteria/${id}`, key)) found.push(`criteria/${id}.yaml lacks ${key}`)
  for (const { kind } of probes)
    for (const key of ['title', 'does']) if (!has(`probes/${kind}`, key)) found.push(`probes/${kind}.yaml lacks ${key}`)
  for (const file of texts.keys()) {
    const [, id] = /^criteria\/(.*)$/.exec(file) ?? []
    if (id !== undefined && !criteria.some((c) => c.id === id)) found.push(`${file}.yaml belongs to no criterion`)
    const [, kind] = /^probes\/(.*)$/.exec(file) ?? []
    if (kind !== undefined && !probes.some((p) => p.kind === kind)) found.push(`${file}.yaml belongs to no probe`)
  }
  report(found)
})

test('no text is unused', () => {
  const everything = [
    ...['suites', 'profiles', 'reports', 'lab', 'console'].flatMap((f) => filesOf(f, '.ts')),
    'cli.ts',
  ]
    .filter((p) => existsSync(join(root, p)))
    .map((p) => withoutComments(read(p)))
    .join('\n')
  const literals = new Set([...everything.matchAll(/'([^'\n]*)'/g)].map((m) => m[1] ?? ''))
  const prefixes = [...new Set([...everything.matchAll(/`([\w.-]+[.-])\$\{/g)].map((m) => m[1] ?? ''))].filter(
    (p) => p.length > 1,
  )
  const suffixed = [...everything.matchAll(/`([\w.-]*)\$\{[^`{}]*\}([\w.-]+)`/g)].map(
    (m) => [m[1] ?? '', m[2] ?? ''] as const,
  )
  const data = filesOf('profiles/catalogues', '.yaml').map(read).join('\n')
  const inData = (name: string) => new RegExp(`(^|[^\\w-])${name.replace(/[.]/g, '\\.')}($|[^\\w-])`).test(data)
  const found: string[] = []
  for (const { file, key } of leaves) {
    const [, criterion] = /^criteria\/(.*)$/.exec(file) ?? []
    const message = key.startsWith('messages.') ? key.slice('messages.'.length) : null
    if (criterion !== undefined || file.startsWith('probes/')) {
      if (message === null) {
        if (!['title', 'asks', 'looks', 'mends', 'does'].includes(key))
          found.push(`${file}.yaml ${key}: nothing shows this`)
        continue
      }
      const own =
        criterion === undefined
          ? everything
          : [...filesBehind(`suites/${criterion}.ts`)].map((p) => sources.get(p)).join('\n')
      const begins = [...own.matchAll(/`([\w.-]+)\$\{/g)].map((m) => m[1] ?? '').some((p) => message.startsWith(p))
      const kind = file.slice(file.indexOf('/') + 1)
      if (
        !own.includes(`'${message}'`) &&
        !own.includes(`'${kind}.${message}'`) &&
        !own.includes(`}.${message}\``) &&
        !begins &&
        !inData(message)
      )
        found.push(`${file}.yaml ${key}: no code uses it`)
      continue
    }
    const names = [key, `${file}.${key}`]
    const last = key.slice(key.lastIndexOf('.') + 1)
    const used =
      literals.has(last) ||
      names.some((n) => literals.has(n) || prefixes.some((p) => n.startsWith(p))) ||
      names.some((n) => suffixed.some(([p, s]) => n.startsWith(p) && n.endsWith(s)))
    if (!used) found.push(`${file}.yaml ${key}: no code uses it`)
  }
  report(found)
})

test('what the report formats ask for is in report.yaml', () => {
  const groups = new Set([...(texts.get('report') ?? [])].map((k) => k.split('.')[0]))
  const found: string[] = []
  for (const path of filesOf('reports/formats', '.ts')) {
    const source = withoutComments(read(path))
    for (const [, key = ''] of source.matchAll(/'([a-z][a-z-]*(?:\.[a-z0-9-]+)+)'/g))
      if (groups.has(key.split('.')[0]) && !has('report', key)) found.push(`${path}: ${key}`)
    for (const m of source.matchAll(/\b(say|word)\(/g)) {
      const args = argumentsFrom(source, m.index + m[0].length)
      const keys = (args[m[1] === 'say' ? 0 : 1] ?? '').replace(/`([^`$]*)\$\{[^`]*`/g, '`$1${}`')
      for (const key of literalsIn(keys)) if (!known('report', '', key)) found.push(`${path}: ${key}`)
    }
  }
  for (const path of [...['profiles', 'reports', 'lab', 'console'].flatMap((f) => filesOf(f, '.ts')), 'cli.ts'].filter(
    (p) => existsSync(join(root, p)),
  ))
    for (const [, file = '', key = ''] of withoutComments(read(path)).matchAll(
      /\bt\(\s*[\w.]+,\s*'([\w-]+)',\s*'([\w.-]+)'/g,
    ))
      if (!has(file, key)) found.push(`${path}: ${file}.yaml lacks ${key}`)
  report(found)
})

test('a fault has one text: no code stands in two files', () => {
  const codes = ['faults', 'faults-seal', 'catalog'].flatMap((file) =>
    [...(texts.get(file) ?? [])].flatMap((key) =>
      file !== 'catalog' ? [key] : key.startsWith('faults.') ? [key.slice('faults.'.length)] : [],
    ),
  )
  assert.ok(codes.length > 150, String(codes.length))
  report(codes.filter((code, i) => codes.indexOf(code) !== i))
})
