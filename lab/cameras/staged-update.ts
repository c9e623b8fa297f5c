import { randomBytes } from 'node:crypto'
import { json, refusal, update, type Answer, type ApiRequest, type Route } from './api.ts'
import type { Device } from './device.ts'
import { membersOf } from './members.ts'
import { MOST_PACKAGE } from './update.ts'

interface Staged {
  file: string
  body: Buffer
  isWhole: boolean
}

/** The one package that waits to be installed; a newer one takes its place. */
const waiting = new WeakMap<Device, Staged>()

/** Takes any package, unread, and names it. */
function stage({ device, body, isWhole }: ApiRequest): Answer {
  const file = randomBytes(8).toString('hex')
  waiting.set(device, { file, body, isWhole })
  return json(200, { result: 'staged', file })
}

/** Installs what waits under that name after the same checks as an upload in one request. */
function installStaged(request: ApiRequest): Answer {
  const staged = waiting.get(request.device)
  if (!staged || staged.file !== membersOf(request.body).file) return refusal(404, 'no such package')
  waiting.delete(request.device)
  return update({ ...request, body: staged.body, isWhole: staged.isWhole })
}

/** An update in two requests: one brings the package, another one installs it. */
export const STAGED_ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/api\/update\/staged$/, access: 'admin', mostBytes: MOST_PACKAGE, run: stage },
  { method: 'POST', path: /^\/api\/update\/install$/, access: 'admin', run: installStaged },
]
