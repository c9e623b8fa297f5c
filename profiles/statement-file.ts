import { digestOf } from '../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import {
  statementSchema,
  type Action,
  type Reading,
  type SecretRef,
  type Session,
  type Statement,
} from '../suites/statement.ts'
import { forgiving } from './forgiving.ts'
import { lintAction, lintBrowser, lintReading, type Purpose } from './statement-browser.ts'
import { lintUpdatePath, uploadSteps } from './statement-updates.ts'
import { parseYaml, placed, readYaml, type ParsedYaml, type YamlFile } from './yaml-file.ts'

export interface StatementFile {
  statement: Statement
  /** SHA-256 of the canonical statement: frozen at plan time. */
  digest: string
  file: YamlFile<Statement>
  path: string
}

/** Reads a statement and checks that everything it refers to exists. Every fault at once, each with its line. */
export function loadStatement(path: string): Result<StatementFile> {
  const read = readYaml(path, statementSchema)
  if (!read.ok) {
    const sketch = sketchStatement(path)
    return sketch ? faulty(...read.faults, ...placed(sketch.faults, path, sketch.lineOf)) : read
  }
  const file = read.value
  const faults = placed(lintStatement(file.value), path, file.lineOf)
  if (faults.length > 0) return faulty(...faults)
  return ok({ statement: file.value, digest: digestOf(file.value), file, path })
}

/** What a statement with a wrong shape says as far as it says it, so that its other faults can be told too; null where it cannot be read. */
export function sketchStatement(
  path: string,
): { statement: Statement; faults: Fault[]; lineOf: ParsedYaml['lineOf'] } | null {
  const parsed = parseYaml(path)
  if (!parsed.ok) return null
  const { statement, absent } = forgiving(parsed.value.value)
  const faults = lintStatement(statement).filter(
    (f) => !(f.code === 'unresolved' && absent.includes(String(f.values.what))),
  )
  return {
    statement,
    faults: absent.includes('samples') ? faults.filter((f) => f.code !== 'no-sample') : faults,
    lineOf: parsed.value.lineOf,
  }
}

const PLACEHOLDERS = [
  'user',
  'password',
  'new-password',
  'lab-address',
  'lab-port',
  'ca-certificate',
  'serial',
  'value',
  'time',
  'time-seconds',
  'package',
]

/** What a log-in gave. */
const IN_SESSION = ['refresh', 'token']
const IN_LOG_IN = ['user', 'password', 'password-base64', 'password-md5', 'password-sha-256', 'page']

/** References that lead nowhere, doubled names, placeholders nobody fills, secrets given twice. */
export function lintStatement(s: Statement): Fault[] {
  const faults: Fault[] = []
  const services = new Set(s.services.map((x) => x.id))
  const accounts = new Set(s.accounts.map((x) => x.id))
  const logins = new Set(s.logins.map((x) => x.id))
  const refer = (known: Set<string>, name: string | undefined, field: string, what: string) => {
    if (name !== undefined && !known.has(name))
      faults.push({ code: 'unresolved', values: { name, what, known: [...known].join(', ') || '-' }, field })
  }
  const unique = (items: { id: string }[], field: string) =>
    items.forEach((item, i) => {
      if (items.findIndex((x) => x.id === item.id) !== i)
        faults.push({ code: 'doubled', values: { name: item.id }, field: `${field}/${i}/id` })
    })
  const action = (a: Action | undefined, field: string, purpose: Purpose = 'other', names = PLACEHOLDERS) => {
    if (!a) return
    refer(services, a.service, `${field}/service`, 'services')
    refer(accounts, a.account, `${field}/account`, 'accounts')
    for (const [, name = ''] of `${a.target} ${a.body ?? ''}`.matchAll(/\{\{([^}]*)\}\}/g))
      if (!names.includes(name))
        faults.push({ code: 'unknown-placeholder', values: { name, known: names.join(', ') }, field })
    faults.push(...lintAction(a, purpose, s.services, names, field))
  }
  const session = (given: Session, field: string) => {
    const { page, logIn, token, refresh, logOut } = given
    faults.push(...lintBrowser(given, field))
    for (const [, name = ''] of `${logIn.target} ${logIn.body ?? ''}`.matchAll(/\{\{([^}]*)\}\}/g))
      if (!IN_LOG_IN.includes(name) || (name === 'page' && !page))
        faults.push({
          code: 'unknown-placeholder',
          values: { name, known: IN_LOG_IN.filter((n) => n !== 'page' || page).join(', ') },
          field: `${field}/logIn`,
        })
    for (const [name, asked] of Object.entries({ refresh, logOut }))
      for (const [, placeholder = ''] of (asked?.body ?? '').matchAll(/\{\{([^}]*)\}\}/g)) {
        const known = IN_SESSION.filter((n) => (n === 'refresh' ? refresh?.pattern !== undefined : token))
        if (!known.includes(placeholder))
          faults.push({
            code: 'unknown-placeholder',
            values: { name: placeholder, known: known.join(', ') || '-' },
            field: `${field}/${name}`,
          })
      }
    for (const [name, found] of Object.entries({ page, token, refresh }))
      if (found?.pattern !== undefined && !patternHasGroup(found.pattern))
        faults.push({ code: 'bad-pattern', values: { pattern: found.pattern }, field: `${field}/${name}/pattern` })
    if (token && token.header === undefined && token.query === undefined)
      faults.push({ code: 'token-unsent', values: {}, field: `${field}/token` })
  }
  const reading = (r: Reading | undefined, field: string) => {
    if (!r) return
    refer(services, r.service, `${field}/service`, 'services')
    refer(accounts, r.account, `${field}/account`, 'accounts')
    if (!patternHasGroup(r.pattern))
      faults.push({ code: 'bad-pattern', values: { pattern: r.pattern }, field: `${field}/pattern` })
    faults.push(...lintReading(r, s.services, field))
  }
  const secret = (ref: SecretRef, field: string) => {
    const given = Object.keys(ref).length
    if (given !== 1) faults.push({ code: 'secret-reference', values: { given }, field })
  }
  unique(s.samples, '/samples')
  unique(s.services, '/services')
  unique(s.accounts, '/accounts')
  unique(s.logins, '/logins')
  unique(s.updates, '/updates')
  unique(s.logging.channels, '/logging/channels')
  unique(s.tlsClients ?? [], '/tlsClients')
  unique(s.time ?? [], '/time')
  unique(s.contacts ?? [], '/contacts')
  unique(s.portMappings ?? [], '/portMappings')
  if (s.samples.length === 0) faults.push({ code: 'no-sample', values: {}, field: '/samples' })
  s.samples.forEach((x, i) => {
    if (x.addresses.ipv4 === null && x.addresses.ipv6 === null)
      faults.push({ code: 'no-address', values: { sample: x.id }, field: `/samples/${i}/addresses` })
    if (!/^[a-z][a-z0-9-]*$/.test(x.id))
      faults.push({ code: 'bad-id', values: { name: x.id }, field: `/samples/${i}/id` })
  })
  for (const [what, items] of [
    ['accounts', s.accounts],
    ['logins', s.logins],
    ['services', s.services],
    ['updates', s.updates],
    ['tlsClients', s.tlsClients ?? []],
    ['time', s.time ?? []],
    ['contacts', s.contacts ?? []],
    ['portMappings', s.portMappings ?? []],
  ] as const)
    items.forEach((x, i) => {
      if (!/^[a-z0-9][a-z0-9-]*$/.test(x.id))
        faults.push({ code: 'bad-id', values: { name: x.id }, field: `/${what}/${i}/id` })
    })
  s.accounts.forEach((x, i) => secret(x.password, `/accounts/${i}/password`))
  s.logins.forEach((x, i) => {
    refer(services, x.service, `/logins/${i}/service`, 'services')
    refer(accounts, x.account, `/logins/${i}/account`, 'accounts')
  })
  s.services.forEach((x, i) => {
    refer(accounts, x.onvif?.account, `/services/${i}/onvif/account`, 'accounts')
    if (!x.session) return
    session(x.session, `/services/${i}/session`)
    if (!/^https?$/.test(x.protocol))
      faults.push({ code: 'session-without-http', values: { name: x.id }, field: `/services/${i}/session` })
  })
  s.resources.forEach((x, i) => refer(services, x.service, `/resources/${i}/service`, 'services'))
  s.bruteForce.forEach((x, i) => {
    refer(logins, x.login, `/bruteForce/${i}/login`, 'logins')
    refer(accounts, x.spare, `/bruteForce/${i}/spare`, 'accounts')
    if (x.protection === 'lock' && (x.failures === undefined || x.lockSeconds === undefined))
      faults.push({ code: 'lock-without-numbers', values: {}, field: `/bruteForce/${i}` })
    if (x.spare !== undefined && s.accounts.find((a) => a.id === x.spare)?.spare !== true)
      faults.push({ code: 'not-spare', values: { name: x.spare }, field: `/bruteForce/${i}/spare` })
  })
  s.logging.channels.forEach((x, i) => {
    action(x.enable, `/logging/channels/${i}/enable`)
    action(x.restore, `/logging/channels/${i}/restore`)
    action(x.disable, `/logging/channels/${i}/disable`)
    reading(x.current, `/logging/channels/${i}/current`)
  })
  s.tlsClients?.forEach((x, i) => {
    for (const name of ['enable', 'restore', 'trigger'] as const) action(x[name], `/tlsClients/${i}/${name}`)
    action(x.trust?.install, `/tlsClients/${i}/trust/install`)
    action(x.trust?.remove, `/tlsClients/${i}/trust/remove`)
    reading(x.current, `/tlsClients/${i}/current`)
    if (x.trust && x.authority)
      faults.push({ code: 'two-authorities', values: {}, field: `/tlsClients/${i}/authority` })
  })
  s.time?.forEach((x, i) => {
    for (const name of ['enable', 'restore', 'trigger'] as const) action(x[name], `/time/${i}/${name}`)
    for (const name of ['current', 'clock'] as const) reading(x[name], `/time/${i}/${name}`)
  })
  s.updates.forEach((x, i) => {
    for (const { step, field, isUpload, hasValue } of uploadSteps(x.upload, `/updates/${i}/upload`)) {
      const names = PLACEHOLDERS.filter((name) => isUpload || name !== 'package')
      action(step, field, isUpload ? 'update' : 'other', hasValue ? [...names, 'step'] : names)
      if (step.takes !== undefined && !patternHasGroup(step.takes))
        faults.push({ code: 'bad-pattern', values: { pattern: step.takes }, field: `${field}/takes` })
    }
    for (const name of ['enable', 'restore', 'trigger'] as const)
      action(x.online?.[name], `/updates/${i}/online/${name}`)
    for (const name of ['install', 'remove'] as const)
      action(x.online?.trust?.[name], `/updates/${i}/online/trust/${name}`)
    reading(x.online?.current, `/updates/${i}/online/current`)
    faults.push(...lintUpdatePath(x, `/updates/${i}`))
    reading(x.version, `/updates/${i}/version`)
    reading(x.content, `/updates/${i}/content`)
    x.settings?.forEach((r, k) => reading(r, `/updates/${i}/settings/${k}`))
  })
  reading(s.accountList, '/accountList')
  s.identity?.forEach((x, i) => reading(x, `/identity/${i}`))
  action(s.logging.api?.read, '/logging/api/read')
  action(s.logging.api?.clear, '/logging/api/clear')
  action(s.logging.api?.export, '/logging/api/export')
  const { setting, time, clock, ...actions } = s.actions
  for (const [name, a] of Object.entries(actions)) action(a, `/actions/${name}`, purposeOf(name))
  for (const [name, changed] of Object.entries({ setting, time })) {
    action(changed?.change, `/actions/${name}/change`, 'setting')
    reading(changed?.current, `/actions/${name}/current`)
  }
  action(clock?.set, '/actions/clock/set')
  action(clock?.restore, '/actions/clock/restore')
  reading(clock?.current, '/actions/clock/current')
  return faults
}

const PURPOSES: readonly Purpose[] = ['initialise', 'changePassword', 'addAccount', 'removeAccount']
const purposeOf = (name: string): Purpose => PURPOSES.find((p) => p === name) ?? 'other'

function patternHasGroup(pattern: string): boolean {
  try {
    return (new RegExp(`${pattern}|`).exec('')?.length ?? 0) === 2
  } catch {
    return false
  }
}
