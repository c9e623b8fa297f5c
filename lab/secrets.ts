import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { SecretRef, Statement } from '../suites/statement.ts'
import { writeWhole } from '../reports/run-directory.ts'
import type { Credential } from './probe.ts'

/** The secrets of a run: those the statement names, and those the lab made. Values never reach the journal (rule 12). */
export interface Secrets {
  /** What an account of a sample logs in with now. */
  credential(account: string, sample: string): Credential
  /** A secret by its name in evidence, for undo steps. */
  value(name: string): string | null
  /** Makes a random secret under a name of its own and keeps it sealed before anybody uses it. */
  fresh(name: string, user: string): Credential
  /** From now on this account of this sample logs in with that secret. */
  use(account: string, sample: string, secret: string): void
  /** Every secret with its name, for redaction. */
  all(): { name: string; value: string }[]
  /** Forgets the sealed store at the end of a run that took everything back. */
  forget(): void
}

type Ask = (prompt: string) => Promise<string | null>

/** Finds every secret the statement refers to. All missing ones are named at once. */
export async function findSecrets(
  statement: Statement,
  directory: string,
  ask: Ask | null,
): Promise<Result<Map<string, string>>> {
  const found = new Map<string, string>()
  const faults: Fault[] = []
  for (const [i, account] of statement.accounts.entries()) {
    const value = await resolveRef(account.password, directory, ask, account.user)
    if (value === null)
      faults.push({
        code: 'secret-missing',
        values: { account: account.id, reference: describe(account.password) },
        field: `/accounts/${i}/password`,
      })
    else found.set(account.id, value)
  }
  return faults.length > 0 ? faulty(...faults) : ok(found)
}

/** The value that a reference stands for; null where it is not there. */
export async function resolveRef(
  ref: SecretRef,
  directory: string,
  ask: Ask | null,
  user: string,
): Promise<string | null> {
  if (ref.published !== undefined) return ref.published
  if (ref.env !== undefined) return process.env[ref.env] ?? null
  if (ref.file !== undefined) {
    const path = resolve(directory, ref.file)
    return existsSync(path) ? (readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? null) : null
  }
  return ref.prompt && ask ? ask(user) : null
}

/** A reference in words, without its value. */
export const describe = (ref: SecretRef): string =>
  ref.env !== undefined ? `env ${ref.env}` : ref.file !== undefined ? `file ${ref.file}` : 'prompt'

/**
 * The store of secrets the lab made, sealed with AES-256-GCM under a key that lies outside the run directory (mode
 * 0600), so that a copied directory gives nothing away and a crashed run can still be taken back. A store that cannot be
 * opened is a fault: without it the device could not be given back its password.
 */
export function openSecrets(
  statement: Statement,
  declared: ReadonlyMap<string, string>,
  runDirectory: string,
  runId: string,
): Result<Secrets> {
  const sealed = join(runDirectory, 'secrets.sealed')
  const keyFile = join(stateDirectory(), 'keys', runId)
  const read = readSealed(sealed, keyFile)
  if (read === null) return faulty({ code: 'secrets-sealed', values: { path: sealed, key: keyFile } })
  const made = new Map<string, { user: string; value: string }>(read)
  const current = new Map<string, string>()
  const accountOf = (id: string) => statement.accounts.find((a) => a.id === id)
  const value = (name: string): string | null => made.get(name)?.value ?? declared.get(name) ?? null
  return ok({
    credential(id, sample) {
      const account = accountOf(id)
      const secret = current.get(`${sample}/${id}`) ?? id
      return {
        user: account?.user ?? id,
        password: value(secret) ?? '',
        secret,
        published: secret === id && account?.password.published !== undefined,
      }
    },
    value,
    fresh(name, user) {
      let unique = name
      for (let n = 2; made.has(unique); n++) unique = `${name}-${n}`
      const password = randomPassword()
      made.set(unique, { user, value: password })
      writeSealed(sealed, keyFile, [...made])
      return { user, password, secret: unique, published: false }
    },
    use: (account, sample, secret) => void current.set(`${sample}/${account}`, secret),
    all: () => [
      ...statement.accounts
        .filter((a) => a.password.published === undefined)
        .map((a) => ({ name: a.id, value: declared.get(a.id) ?? '' })),
      ...[...made].map(([name, s]) => ({ name, value: s.value })),
    ],
    forget() {
      rmSync(sealed, { force: true })
      const keys = dirname(keyFile)
      for (const name of existsSync(keys) ? readdirSync(keys) : [])
        if (name.startsWith(runId)) rmSync(join(keys, name), { force: true })
    },
  })
}

/** Where this user's Camseal keeps what belongs to no run: sealing keys, the ledger of official runs. */
export const stateDirectory = (): string =>
  join(process.env.CAMSEAL_STATE ?? join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'camseal'))

/** Null where there is a store and no key opens it. */
function readSealed(sealed: string, keyFile: string): [string, { user: string; value: string }][] | null {
  if (!existsSync(sealed)) return []
  try {
    const bytes = readFileSync(sealed)
    const decipher = createDecipheriv('aes-256-gcm', readFileSync(keyFile), bytes.subarray(0, 12), {
      authTagLength: 16,
    })
    decipher.setAuthTag(bytes.subarray(12, 28))
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
    return JSON.parse(text) as [string, { user: string; value: string }][]
  } catch {
    return null
  }
}

/** Both files are replaced as a whole: a crash leaves the store that was, or the new one. */
function writeSealed(sealed: string, keyFile: string, entries: unknown): void {
  if (!existsSync(keyFile)) {
    mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 })
    writeWhole(keyFile, randomBytes(32), 0o600)
  }
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', readFileSync(keyFile), iv)
  const body = Buffer.concat([cipher.update(JSON.stringify(entries), 'utf8'), cipher.final()])
  writeWhole(sealed, Buffer.concat([iv, cipher.getAuthTag(), body]), 0o600)
}

const CLASSES = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '-_.!']

/** 16 characters from four classes: on no list, and good under every password rule of the regulations. */
export function randomPassword(): string {
  const all = CLASSES.join('')
  const characters = CLASSES.map((c) => c[randomInt(c.length)] ?? '')
  while (characters.length < 16) characters.push(all[randomInt(all.length)] ?? '')
  for (let i = characters.length - 1; i > 0; i--) {
    const k = randomInt(i + 1)
    const [a = '', b = ''] = [characters[i], characters[k]]
    characters[i] = b
    characters[k] = a
  }
  return characters.join('')
}
