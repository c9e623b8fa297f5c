import type { IncomingMessage, ServerResponse } from 'node:http'
import { ONVIF_NAMESPACES, type OnvifService } from '../../../suites/facts/onvif.ts'
import type { Answer } from '../api.ts'
import type { Device } from '../device.ts'
import type { User } from '../users.ts'
import { bodyOf } from '../web.ts'
import { DEVICE_OPERATIONS } from './device-service.ts'
import { MEDIA_OPERATIONS } from './media-service.ts'
import { DEVICE_PATH, MEDIA_PATH, type Operation, type Operations } from './operation.ts'
import { readSoap, sender, type SoapRequest } from './soap.ts'
import { tokenIn } from './token.ts'

const SERVICES: Readonly<Record<string, { service: OnvifService; operations: Operations }>> = {
  [DEVICE_PATH]: { service: 'device', operations: DEVICE_OPERATIONS },
  [MEDIA_PATH]: { service: 'media', operations: MEDIA_OPERATIONS },
}
const MOST_BYTES = 65_536

/** Whether a request target is answered by ONVIF. */
export const isOnvifTarget = (target: string | undefined): boolean =>
  target !== undefined && Object.hasOwn(SERVICES, target)

const REFUSAL = 'log-in required'

/** One ONVIF call: reads the message, finds the operation, asks for the log-in of its access class, runs it. */
export async function answerOnvif(device: Device, request: IncomingMessage, response: ServerResponse): Promise<Answer> {
  const { service, operations } = SERVICES[request.url ?? '']!
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST')
    return { ...sender(['UnknownAction'], 'POST only'), status: 405 }
  }
  const body = await bodyOf(request, MOST_BYTES)
  // Some clients send the message only after they were asked for the log-in (RFC 7616 section 3.7 leaves it to them).
  if (body?.length === 0) return refuse(response, device.gate.challenges())
  const message = body && readSoap(body)
  if (message === null) return sender(['WellFormed'], 'not a SOAP 1.2 message', body === null ? 413 : 400)
  const { operation: element } = message
  const isKnown = element.namespace === ONVIF_NAMESPACES[service] && Object.hasOwn(operations, element.name)
  const operation = isKnown ? operations[element.name] : undefined
  if (operation === undefined) return sender(['ActionNotSupported'], `${element.name} is not supported`)

  const user = userOf(device, operation, request, response, message)
  if (user !== null && 'status' in user) return user
  const address = request.socket.localAddress ?? ''
  return operation.run({
    device,
    actor: { user: user?.name ?? '', source: request.socket.remoteAddress ?? '', interface: 'onvif' },
    element,
    host: address.includes(':') ? `[${address}]` : address,
    ports: device.ports(),
  })
}

/**
 * Who asks: null where the operation asks for nobody, else a user with the rights for it, or the answer that refuses.
 * A username token is judged where there is one; everybody else is asked for Digest (ONVIF Core, authentication).
 */
function userOf(
  device: Device,
  operation: Operation,
  request: IncomingMessage,
  response: ServerResponse,
  { header, operation: element }: SoapRequest,
): User | null | Answer {
  const { gate, store, behaviour } = device
  if (operation.access === 'public' || behaviour.openOperations.includes(element.name)) return null
  if (store.state.factoryFresh) return sender(['NotAuthorized'], 'set-up required', 403)
  const visitor = { interface: 'onvif' as const, source: request.socket.remoteAddress ?? '' }
  const token = behaviour.takesTokens ? tokenIn(header, behaviour.clearOnvif) : null
  if (token === 'malformed') return sender(['NotAuthorized'], 'a password digest with nonce and date')
  if (token !== null) {
    const user = gate.logInByToken(visitor, token)
    return user === null ? sender(['NotAuthorized'], REFUSAL) : withRights(user, operation)
  }
  const access = gate.logIn({
    ...visitor,
    connection: '',
    authorization: request.headers.authorization,
    method: 'POST',
    isTarget: (uri) => uri === request.url,
  })
  if (access.granted) return withRights(access.user, operation)
  if (access.because === 'malformed') return sender(['NotAuthorized'], 'malformed credentials')
  return refuse(response, access.challenges)
}

function refuse(response: ServerResponse, challenges: string[]): Answer {
  response.setHeader('WWW-Authenticate', challenges)
  return sender(['NotAuthorized'], REFUSAL, 401)
}

const withRights = (user: User, { access }: Operation): User | Answer =>
  access === 'admin' && user.role !== 'admin' ? sender(['NotAuthorized'], 'administrators only') : user
