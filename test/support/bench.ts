import { randomBytes } from 'node:crypto'
import type { Bench, Credential, Endpoint } from '../../lab/probe.ts'
import type { ObservationKind, State } from '../../suites/observation.ts'
import type { Family, Statement } from '../../suites/statement.ts'

export interface TestBench extends Bench {
  abort(): void
  /** Places of the connection budget in use now. */
  open(): number
}

/** A statement with nothing in it but one sample at 127.0.0.1. */
export const emptyStatement = (over: Partial<Statement> = {}): Statement => ({
  camseal: 'statement/1',
  dut: {
    maker: { name: 'Test' },
    model: 'T',
    hardware: '1',
    firmware: { version: '1.0', link: 'version-string-only' },
  },
  samples: [{ id: 'a', serial: 'S1', arrives: 'in-service', addresses: { ipv4: '127.0.0.1', ipv6: null }, macs: [] }],
  interfaces: [],
  services: [],
  accounts: [],
  logins: [],
  resources: [],
  bruteForce: [],
  logging: { channels: [] },
  updates: [],
  actions: {},
  permit: 'destructive',
  ...over,
})

/** A minimal bench for loopback: real connections, no journal. `over` replaces what a test needs otherwise. */
export function testBench(
  statement: Statement = emptyStatement(),
  over: Partial<Bench> & { state?: State; secrets?: Record<string, string> } = {},
): TestBench {
  const { secrets = {}, ...rest } = over
  const controller = new AbortController()
  const sample = statement.samples[0]
  if (!sample) throw new Error('no sample')
  const offset = Date.now() * 1000 - Math.round(performance.now() * 1000)
  let open = 0
  const none = () => Promise.reject(new Error('not on this bench'))
  return {
    statement,
    sample,
    state: 'in-service',
    signal: controller.signal,
    now: () => offset + Math.round(performance.now() * 1000),
    wait: (milliseconds) => new Promise((done) => setTimeout(() => done(!controller.signal.aborted), milliseconds)),
    progress: () => undefined,
    endpoint: (family, port, tls): Endpoint | null => {
      const address = sample.addresses[family]
      return address === null ? null : { family, address, port, tls }
    },
    sources: (family: Family) => [family === 'ipv4' ? '127.0.0.1' : '::1'],
    connection: () => {
      open++
      return Promise.resolve(() => void open--)
    },
    attempt: () => Promise.resolve(),
    budgets: { connections: 4, attemptsPerSecond: 500 },
    ports: null,
    credential: (account): Credential => {
      const found = statement.accounts.find((a) => a.id === account)
      if (!found) throw new Error(`no account ${account}`)
      const { published } = found.password
      return {
        user: found.user,
        password: published ?? secrets[account] ?? '',
        secret: published ?? account,
        published: published !== undefined,
      }
    },
    freshSecret: (name) =>
      Promise.resolve({ user: '', password: randomBytes(18).toString('base64url'), secret: name, published: false }),
    redact: (bytes) => new Uint8Array(bytes),
    catalogue: (name) => {
      throw new Error(`no catalogue ${name}`)
    },
    capture: null,
    outside: null,
    baseline: () => null,
    store: none,
    wantsPicture: () => false,
    attach: () => undefined,
    lack: () => undefined,
    perform: none,
    change: none,
    undo: none,
    ntp: none,
    syslog: none,
    power: null,
    cyclePower: () => Promise.resolve(null),
    look: () =>
      Promise.resolve({ at: 0, doors: [], port: null, neighbour: { state: 'unknown', mac: null }, twins: [] }),
    signVariant: () => Promise.resolve(null),
    resolve: (path) => path,
    seen: <T>(_kind: ObservationKind<T>) => [],
    ...rest,
    abort: () => controller.abort(),
    open: () => open,
  }
}
