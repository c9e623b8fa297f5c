import type { Exchange } from '../observations/exchange.ts'
import type { UpdateAttempt } from '../observations/update-refusal.ts'
import type { Upload, UploadStep } from '../statement.ts'

/** All steps of an upload as declared, the one with the package among them. */
export const stepsOf = (upload: Upload): UploadStep[] => [...(upload.before ?? []), upload, ...(upload.after ?? [])]

/** Who must be logged in for an upload: the account of its first step that has one. */
export const accountOf = (upload: Upload): string | undefined =>
  stepsOf(upload).find((s) => s.account !== undefined)?.account

/** All requests by which the lab brought a package to the device, in their order; none where the device fetches it. */
export const requestsOf = ({ upload, steps }: Pick<UpdateAttempt, 'upload' | 'steps'>): Exchange[] => [
  ...(steps?.before ?? []),
  ...(upload ? [upload] : []),
  ...(steps?.after ?? []),
]
