import { MANIFEST, MIMETYPE, SIGNATURE, manifestXml } from './asic-manifest.ts'
import { signCades } from './cades.ts'
import type { Signer } from './keys.ts'
import { collisionFaults, nameFaults } from './member-names.ts'
import type { SealFault } from './seal-fault.ts'
import { guarded, type Finished, type Prove, type Source, type Written, type ZipWriter } from './zip-writer.ts'

export interface MemberSource {
  name: string
  mediaType: string
  source: Source
}

export interface WriteOptions {
  /** Microseconds since the epoch, claimed in the signature; now unless given. */
  at?: number
  /** Looks at what went into the container before it is signed; a fault stops the sealing. */
  check?: (name: string, written: Written) => SealFault | undefined
  prove?: Prove
}

/**
 * Writes and signs an ASiC-E container with CAdES (ETSI EN 319 162-1 clauses 4.4 and A.4): `mimetype` first and stored,
 * each member read once, hashed and packed in the same pass, then the manifest of their digests and the signature over
 * it. `digest` is the SHA-256 of the finished file. Nothing stays behind at `out` when something fails.
 */
export function writeBundle(
  out: string,
  members: readonly MemberSource[],
  signer: Signer,
  options: WriteOptions = {},
): Promise<Finished> {
  return guarded(out, async (zip) => {
    const names = members.map(({ name }) => name)
    const wrong = [...names.flatMap(nameFaults), ...collisionFaults(names)]
    if (wrong.length > 0) return { faults: wrong }
    const faults: SealFault[] = []
    const listed: { name: string; mediaType: string; sha256: string }[] = []
    await addMimetype(zip)
    for (const { name, mediaType, source } of members) {
      const written = await zip.add(name, source)
      if ('code' in written) return { faults: [...faults, written] }
      const refused = options.check?.(name, written)
      if (refused) faults.push(refused)
      listed.push({ name, mediaType, sha256: written.sha256 })
    }
    if (faults.length > 0) return { faults }
    const manifest = Buffer.from(manifestXml(listed))
    const signature = await signCades(manifest, signer, options.at === undefined ? {} : { at: options.at })
    return finishWith(zip, manifest, signature, options.prove)
  })
}

/** The first entry, by which file types are recognised (EN 319 162-1 clause A.1). */
export const addMimetype = (zip: ZipWriter) => zip.add('mimetype', { bytes: Buffer.from(MIMETYPE, 'latin1') }, 'stored')

/** Adds manifest and signature as they are and completes the file. */
export async function finishWith(
  zip: ZipWriter,
  manifest: Uint8Array,
  signature: Uint8Array,
  prove?: Prove,
): Promise<Finished> {
  for (const [name, bytes] of [
    [MANIFEST, manifest],
    [SIGNATURE, signature],
  ] as const) {
    const written = await zip.add(name, { bytes })
    if ('code' in written) return { faults: [written] }
  }
  return zip.finish(prove)
}
