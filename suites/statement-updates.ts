import { bool, int, list, obj, oneOf, opt, port, str, text, type Static } from './schema.ts'
import { action, id, reading } from './statement-parts.ts'

/** What {{name}} stands for in the targets and bodies of an update server's files. */
export const IN_UPDATE_FILES = [
  'package-version',
  'package-url',
  'package-sha256',
  'package-bytes',
  'lab-address',
  'lab-port',
] as const

/** One file of the update server. Exactly one of `body`, `beside` and `package` says what it holds. */
const updateFile = obj({
  target: text('as the device asks for it; without a query here, its query does not matter; {{package-version}}'),
  contentType: opt(text()),
  body: opt(
    str(
      'with {{package-version}}, {{package-url}}, {{package-sha256}}, {{package-bytes}}, {{lab-address}}, {{lab-port}} of the package that is offered',
    ),
  ),
  /** What the maker supplies with each package, such as a signed manifest: the package's file with this ending. */
  beside: opt(text('ending, such as .sig')),
  /** With `beside`: it is the signature of the package, without which the package must not be installed. */
  signature: opt(bool()),
  /** The package itself. */
  package: opt(bool()),
})

/**
 * The device fetches its packages from a server of the maker, whose place the lab takes. It signs with the declared
 * authority, else with one of its own, which `trust` gives the device.
 */
const online = obj({
  protocol: oneOf('http', 'https'),
  /** Port of the lab's server. */
  port: port(),
  /** Name by which the device reaches the server; the lab's address where nothing is said. */
  serverName: opt(text()),
  /** Gives the device the certificate of an authority, `{{ca-certificate}}` in PEM, and takes it away again. */
  trust: opt(obj({ install: action, remove: action })),
  /** An authority that the device trusts as it is: PEM files, relative to the statement. */
  authority: opt(obj({ certificate: text('file'), key: text('file') })),
  /** Points the device at the lab's server; absent where it already is. */
  enable: opt(action),
  /** Puts the setting back. */
  restore: opt(action),
  current: opt(reading),
  /** Makes the device look for an update now, and install it; absent where it does so by itself. */
  trigger: opt(action),
  /** Longest time until the device has looked; 30 where nothing is said. */
  checkSeconds: opt(int(1, 3600)),
  files: list(updateFile),
})

/** One request of an upload that takes several. */
const step = obj({
  ...action.properties,
  /** Found in the headers, names in lower case, or the body of the answer to the step before, as Latin-1: {{step}} from this step on. */
  takes: opt(text('regular expression with one group')),
})

/**
 * The request that carries the package. Where others come before it (preparing the device) or after it (checking, installing),
 * each is made once the one before was done: answered with no status of 400 or more, and with its `done` where it has one.
 */
const upload = obj({ ...step.properties, before: opt(list(step)), after: opt(list(step)) })

const updatePackage = obj({ file: text('relative to the statement'), version: text() })

/** One way by which packages reach the device: either they are uploaded, or it fetches them. */
export const update = obj({
  id: id(),
  upload: opt(upload),
  online: opt(online),
  version: reading,
  /** What tells the installed content apart (a digest, a build): a package may install without a new version. */
  content: opt(reading),
  /** What reads settings that an update leaves as they are. */
  settings: opt(list(reading)),
  /** What the lab knows of the format: it can then rebuild packages without a signature. */
  format: oneOf('opaque', 'gzip-tar'),
  /** Byte ranges of the genuine package; negative offsets count from its end. */
  layout: opt(
    list(obj({ part: oneOf('header', 'payload', 'signature'), offset: int(-Number.MAX_SAFE_INTEGER), bytes: int(1) })),
  ),
  signed: bool(),
  packages: obj({
    genuine: updatePackage,
    older: opt(updatePackage),
    unsigned: opt(updatePackage),
    foreignKey: opt(updatePackage),
    otherModel: opt(updatePackage),
  }),
  /** Longest time from upload, or from the end of the download, until the device answers again. */
  bootSeconds: int(1, 3600),
})

export type Update = Static<typeof update>
export type Upload = Static<typeof upload>
export type UploadStep = Static<typeof step>
export type OnlineUpdate = Static<typeof online>
export type UpdateFile = Static<typeof updateFile>
export type UpdatePackage = Static<typeof updatePackage>
