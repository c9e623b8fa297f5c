import type { Statement } from '../suites/statement.ts'

type Fields = Record<string, unknown>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const textOf = (value: unknown, other: string): string => (typeof value === 'string' && value !== '' ? value : other)
const maybeText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const LISTS = ['samples', 'services', 'accounts', 'logins', 'resources', 'bruteForce', 'updates'] as const

/**
 * A statement of the right shape out of anything, so that what can be said of it is said beside the faults of its shape.
 * Whatever is missing or wrong is filled so that no second fault comes of it; `absent` names the lists that are not there.
 */
export function forgiving(value: unknown): { statement: Statement; absent: string[] } {
  const given = fieldsOf(value)
  const list = (name: string, from: Fields = given): Fields[] => {
    const found = from[name]
    return Array.isArray(found) ? found.map(fieldsOf) : []
  }
  const named = (name: string, from?: Fields): (Fields & { id: string })[] =>
    list(name, from).map((x, i) => ({ ...x, id: textOf(x.id, `unnamed-${i}`) }))
  const action = (from: unknown) =>
    from === undefined
      ? undefined
      : {
          ...referring(fieldsOf(from)),
          target: textOf(fieldsOf(from).target, '/'),
          body: maybeText(fieldsOf(from).body),
          ...atPage(fieldsOf(from)),
        }
  const step = (from: unknown) => ({ ...action(from ?? {}), takes: maybeText(fieldsOf(from).takes) })
  const uploadOf = (from: unknown) => {
    if (from === undefined) return undefined
    const steps = (name: string) => {
      const given = fieldsOf(from)[name]
      return Array.isArray(given) ? given.map(step) : undefined
    }
    return { ...step(from), before: steps('before'), after: steps('after') }
  }
  const reading = (from: unknown) =>
    from === undefined
      ? undefined
      : {
          ...referring(fieldsOf(from)),
          pattern: textOf(fieldsOf(from).pattern, '()'),
          browser: atPage(fieldsOf(from)).browser,
        }
  /** What is said of an update server; of a file that is no file, nothing more is said. */
  function onlineOf(from: unknown) {
    if (from === undefined) return undefined
    const x = fieldsOf(from)
    const trust = fieldsOf(x.trust)
    const files = Array.isArray(x.files) ? list('files', x) : [{ target: '/', package: true }]
    return {
      ...x,
      enable: action(x.enable),
      restore: action(x.restore),
      trigger: action(x.trigger),
      current: reading(x.current),
      trust: x.trust === undefined ? undefined : { install: action(trust.install), remove: action(trust.remove) },
      files: files.map((f) => ({ ...f, target: textOf(f.target, '/'), body: maybeText(f.body) })),
    }
  }
  const logging = fieldsOf(given.logging)
  const statement = {
    samples: named('samples').map((x) => ({ ...x, addresses: addressesOf(x.addresses) })),
    services: named('services').map((x) => ({ ...x, session: sessionOf(x.session) })),
    accounts: named('accounts').map((x) => ({ ...x, password: secretOf(x.password) })),
    logins: named('logins').map((x) => ({ ...x, ...referring(x) })),
    resources: list('resources').map(referring),
    bruteForce: list('bruteForce').map((x) => ({ ...x, login: maybeText(x.login), spare: maybeText(x.spare) })),
    logging: {
      channels: named('channels', logging).map((x) => ({
        ...x,
        enable: action(x.enable),
        restore: action(x.restore),
        disable: action(x.disable),
        current: reading(x.current),
      })),
    },
    tlsClients: named('tlsClients').map((x) => {
      const [trust, authority] = [fieldsOf(x.trust), fieldsOf(x.authority)]
      return {
        ...x,
        enable: action(x.enable),
        restore: action(x.restore),
        trigger: action(x.trigger),
        current: reading(x.current),
        authority:
          x.authority === undefined
            ? undefined
            : { certificate: maybeText(authority.certificate), key: maybeText(authority.key) },
        trust: x.trust === undefined ? undefined : { install: action(trust.install), remove: action(trust.remove) },
      }
    }),
    time: named('time').map((x) => ({
      ...x,
      enable: action(x.enable),
      restore: action(x.restore),
      trigger: action(x.trigger),
      current: reading(x.current),
      clock: reading(x.clock ?? {}),
    })),
    contacts: named('contacts'),
    portMappings: named('portMappings'),
    updates: named('updates').map((x) => ({
      ...x,
      upload: uploadOf(x.upload ?? (x.online === undefined ? {} : undefined)),
      online: onlineOf(x.online),
      version: reading(x.version ?? {}),
      packages: packagesOf(x.packages),
    })),
    accountList: reading(given.accountList),
    identity: list('identity').map(reading),
    actions: Object.fromEntries(Object.entries(fieldsOf(given.actions)).map(([name, a]) => [name, action(a)])),
  }
  return { statement: statement as unknown as Statement, absent: LISTS.filter((name) => !Array.isArray(given[name])) }
}

const referring = (from: Fields) => ({ service: maybeText(from.service), account: maybeText(from.account) })

const atPage = ({ browser, contentType, done, sends }: Fields) => ({
  browser: Array.isArray(browser) ? stepsOf(browser) : undefined,
  contentType: maybeText(contentType),
  done: maybeText(done),
  sends: maybeText(sends),
})

const bodyOf = (from: unknown) => ({ body: maybeText(fieldsOf(from).body) })

function sessionOf(from: unknown) {
  if (from === undefined) return undefined
  const { page, logIn, token, refresh, logOut, browser } = fieldsOf(from)
  const found = (one: unknown) => {
    if (one === undefined) return undefined
    const { pattern, header, query } = fieldsOf(one)
    return {
      pattern: textOf(pattern, '()'),
      header: header ?? (query === undefined && pattern === undefined ? '-' : undefined),
      query,
    }
  }
  return {
    page: found(page),
    logIn: { target: textOf(fieldsOf(logIn).target, '/'), body: maybeText(fieldsOf(logIn).body) },
    token: found(token),
    refresh: refresh === undefined ? undefined : { pattern: maybeText(fieldsOf(refresh).pattern), ...bodyOf(refresh) },
    logOut: logOut === undefined ? undefined : bodyOf(logOut),
    browser: browser === undefined ? undefined : { logIn: stepsOf(fieldsOf(browser).logIn) },
  }
}

/** Steps as far as they have their shape; of a list that is none, or of a step that is none, nothing more is said. */
function stepsOf(from: unknown): Fields[] {
  const sound = [{ goto: '/' }, { fill: { css: '-', value: '{{password}}' } }]
  if (!Array.isArray(from)) return sound
  return from.map((one) => {
    const step = fieldsOf(one)
    const element = (x: unknown) => {
      if (x === undefined) return undefined
      return Object.fromEntries(Object.entries(fieldsOf(x)).filter(([, v]) => typeof v === 'string'))
    }
    const given = (x: unknown) => {
      const filled = element(x)
      return filled && { ...filled, value: textOf(filled.value, '{{password}}') }
    }
    return {
      goto: step.goto === undefined ? undefined : textOf(step.goto, '/'),
      fill: given(step.fill),
      select: given(step.select),
      click: element(step.click),
      upload: element(step.upload),
      expect: element(step.expect),
    }
  })
}

/** Where an address has a wrong shape, that is said already. */
function addressesOf(from: unknown) {
  const { ipv4, ipv6 } = fieldsOf(from)
  return { ipv4: ipv4 === null ? null : textOf(ipv4, '-'), ipv6: ipv6 === null ? null : textOf(ipv6, '-') }
}

/** A reference with one member of the right kind, or as many as were given. */
function secretOf(from: unknown): Fields {
  const known = Object.entries(fieldsOf(from)).filter(([name, v]) => name === 'prompt' || typeof v === 'string')
  return known.length > 0 ? Object.fromEntries(known) : { published: '-' }
}

const packagesOf = (from: unknown): Fields =>
  Object.fromEntries(Object.entries(fieldsOf(from)).filter(([, p]) => typeof fieldsOf(p).file === 'string'))
