import type { Fault } from '../suites/fault.ts'
import type { OnlineUpdate, Update, UpdateFile, Upload, UploadStep } from '../suites/statement.ts'
import { IN_UPDATE_FILES } from '../suites/statement-updates.ts'

const HOLDS = ['body', 'beside', 'package'] as const

/** What is wrong with the way packages take: none or two of them, a server that cannot be played as declared, files that hold nothing or two things. */
export function lintUpdatePath({ upload, online }: Update, at: string): Fault[] {
  if (!online) return upload ? lintFirst(upload, `${at}/upload`) : [{ code: 'no-update-path', values: {}, field: at }]
  const field = `${at}/online`
  const faults: Fault[] = upload ? [{ code: 'two-update-paths', values: {}, field: `${at}/upload` }] : []
  faults.push(...lintServer(online, field))
  const packages = online.files.filter((f) => f.package === true).length
  if (packages !== 1) faults.push({ code: 'one-package-file', values: { given: packages }, field: `${field}/files` })
  online.files.forEach((file, i) => {
    if (online.files.findIndex((f) => f.target === file.target) !== i)
      faults.push({ code: 'doubled', values: { name: file.target }, field: `${field}/files/${i}/target` })
    faults.push(...lintFile(file, `${field}/files/${i}`))
  })
  return faults
}

interface PlacedStep {
  step: UploadStep
  field: string
  isUpload: boolean
  /** This step, or one before it, takes something from an answer. */
  hasValue: boolean
}

/** The steps of an upload in their order, each with its place in the statement. */
export function uploadSteps(upload: Upload | undefined, at: string): PlacedStep[] {
  if (!upload) return []
  const listed = (name: 'before' | 'after') =>
    (upload[name] ?? []).map((step, i) => ({ step, field: `${at}/${name}/${i}`, isUpload: false }))
  let hasValue = false
  return [...listed('before'), { step: upload, field: at, isUpload: true }, ...listed('after')].map((placed) => {
    hasValue ||= placed.step.takes !== undefined
    return { ...placed, hasValue }
  })
}

/** Before the first step there is no answer to take anything from. */
function lintFirst(upload: Upload, at: string): Fault[] {
  const [first] = uploadSteps(upload, at)
  return first?.hasValue ? [{ code: 'takes-from-nothing', values: {}, field: `${first.field}/takes` }] : []
}

function lintServer(online: OnlineUpdate, field: string): Fault[] {
  const faults: Fault[] = []
  const { protocol, trust, authority, trigger, checkSeconds } = online
  if (trust && authority) faults.push({ code: 'two-authorities', values: {}, field: `${field}/authority` })
  if (protocol === 'http')
    for (const name of ['trust', 'authority'] as const)
      if (online[name]) faults.push({ code: 'authority-without-tls', values: { name }, field: `${field}/${name}` })
  if (!trigger && checkSeconds === undefined) faults.push({ code: 'never-looks', values: {}, field })
  return faults
}

function lintFile(file: UpdateFile, field: string): Fault[] {
  const given = HOLDS.filter((name) => file[name] !== undefined && file[name] !== false)
  const faults: Fault[] =
    given.length === 1 ? [] : [{ code: 'update-file', values: { given: given.join(', ') || '-' }, field }]
  if (file.signature === true && file.beside === undefined)
    faults.push({ code: 'signature-not-beside', values: {}, field: `${field}/signature` })
  if (!file.target.startsWith('/'))
    faults.push({ code: 'update-target', values: { target: file.target }, field: `${field}/target` })
  const known = { target: ['package-version'], body: [...IN_UPDATE_FILES] }
  for (const name of ['target', 'body'] as const)
    for (const [, placeholder = ''] of (file[name] ?? '').matchAll(/\{\{([^}]*)\}\}/g))
      if (!(known[name] as string[]).includes(placeholder))
        faults.push({
          code: 'unknown-placeholder',
          values: { name: placeholder, known: known[name].join(', ') },
          field: `${field}/${name}`,
        })
  return faults
}
