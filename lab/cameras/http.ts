import type { IncomingMessage, ServerResponse } from 'node:http'
import { ROUTES, refusal, seeOther, type Answer, type Route } from './api.ts'
import type { Visitor } from './auth.ts'
import type { Device } from './device.ts'
import { isStale } from './digest.ts'
import { FORM_ROUTES } from './form-routes.ts'
import { STAGED_ROUTES } from './staged-update.ts'
import { MODEL } from './firmware.ts'
import { answerOnvif, isOnvifTarget } from './onvif/service.ts'
import type { User } from './users.ts'
import { bodyOf, type Handler } from './web.ts'

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'self'",
  // Without any referrer a browser would name no origin with the forms of the camera itself.
  'Referrer-Policy': 'same-origin',
}

const MOST_BYTES = 16_384

/** The web interface: finds the route, asks for the log-in, reads the body, runs it. */
export function makeApi(device: Device, login: 'https' | 'http'): Handler {
  return async (request, response) => {
    try {
      await device.front.answering(request.socket.remoteAddress ?? '')
      const isOnvif = (login === 'https' || device.behaviour.clearOnvif) && isOnvifTarget(request.url)
      const honest = isForeign(request)
        ? refusal(403, 'request from another site')
        : await (isOnvif ? answerOnvif(device, request, response) : answerTo(device, login, request, response))
      const answer = device.behaviour.refusesWith200 ? lieOf(honest, request, response) : honest
      // What was taken is done also where the client has gone meanwhile.
      const afterwards = () => answer.afterwards?.()
      if (response.destroyed) afterwards()
      else response.once('close', afterwards)
      response.writeHead(answer.status, {
        ...HEADERS,
        ...bannerOf(device),
        ...answer.headers,
        'Content-Type': answer.type,
        'Content-Length': Buffer.byteLength(answer.body),
      })
      response.end(answer.body)
    } catch {
      // The client went away in the middle of its body.
      response.destroy()
    }
  }
}

/** A conforming camera does not say what it is before it knows who asks. */
const bannerOf = ({ behaviour, store, options }: Device): Record<string, string> =>
  behaviour.bannerNamesUnit ? { Server: `${MODEL}/${store.state.firmware.version} (${options.serial})` } : {}

/**
 * A refusal as a page with status 200. Only the API asks honestly for a log-in, else nobody could log in: who presents
 * nothing there, or what is merely out of date, gets the challenge.
 */
function lieOf(answer: Answer, request: IncomingMessage, response: ServerResponse): Answer {
  if (answer.status < 400) return answer
  const isApi = /^\/(api|onvif)\//.test(request.url ?? '')
  const challenges = [response.getHeader('WWW-Authenticate') ?? []].flat().map(String)
  const presented = request.headers.authorization !== undefined
  if (answer.status === 401 && isApi && (!presented || isStale(challenges))) return answer
  response.removeHeader('WWW-Authenticate')
  if (isOnvifTarget(request.url)) return { ...answer, status: 200 }
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: '<html><body><h1>Error</h1>Access denied</body></html>',
  }
}

async function answerTo(
  device: Device,
  login: 'https' | 'http',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer> {
  const named = /^\/[^?#]*/.exec(request.url ?? '')?.[0]
  if (named === undefined) return refusal(400, 'malformed target')
  const path = device.behaviour.skipsLogInForStyles ? named.replace(/(.)\/[^/]*\.css$/, '$1') : named
  const { formLogin, stagedUpdates } = device.options
  const routes = [
    ...ROUTES,
    ...(formLogin === true ? FORM_ROUTES : []),
    ...(stagedUpdates === true ? STAGED_ROUTES : []),
  ]
  const candidates = routes.filter((route) => route.path.test(path))
  if (candidates.length === 0) return refusal(404, 'not found')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = candidates.find((one) => one.method === method)
  const source = request.socket.remoteAddress ?? ''
  const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join()
  const visitor: Visitor = { interface: login, source, forwarded }
  const { cookie: cookies, authorization } = request.headers
  const isOpen =
    (route ?? candidates[0]!).access === 'public' ||
    path !== named ||
    (device.behaviour.anonymousSnapshot && path === '/snapshot.jpg') ||
    (!device.behaviour.updateNeedsLogin && /^\/api\/update(\/staged|\/install)?$/.test(path))

  let user = isOpen || authorization !== undefined ? null : userOfSession(device, cookies)
  if (!isOpen && user === null) {
    if (device.store.state.factoryFresh && device.behaviour.setUpFirst) return refusal(403, 'set-up required')
    if (route?.loginAt !== undefined && authorization === undefined) return seeOther(route.loginAt)
    const access = device.gate.logIn({
      ...visitor,
      connection: '',
      authorization,
      method: request.method ?? '',
      isTarget: (uri) => uri === request.url,
    })
    if (!access.granted && access.because === 'malformed') return refusal(400, 'malformed credentials')
    if (!access.granted) {
      response.setHeader('WWW-Authenticate', access.challenges)
      return refusal(401, access.isUnknown ? 'there is no such user' : 'log-in required')
    }
    user = access.user
  }
  if (route === undefined) {
    response.setHeader('Allow', candidates.map((one) => one.method).join(', '))
    return refusal(405, 'method not allowed')
  }
  if (route.access === 'admin' && !isOpen && user?.role !== 'admin' && !device.behaviour.viewersMayAll)
    return refusal(403, 'administrators only')

  const name = nameOf(route, path)
  if (name === null) return refusal(400, 'malformed target')
  const body = await bodyOf(request, route.mostBytes ?? MOST_BYTES, device.behaviour.updateWritesUnfinished)
  if (body === null) return refusal(413, 'too long')
  const actor = { user: user?.name ?? '', source, interface: login }
  return route.run({ device, user, visitor, cookies, actor, name, body, isWhole: request.complete })
}

/** Whose session it is; nobody's once the account is gone. */
function userOfSession({ options, sessions, store }: Device, cookies: string | undefined): User | null {
  const name = options.formLogin === true ? sessions.userOf(cookies) : null
  return store.state.users.find((u) => u.name === name) ?? null
}

/** A browser was sent here by a page of somebody else (Fetch Metadata; Origin, RFC 6454). */
const isForeign = ({ method, headers }: IncomingMessage): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  (headers['sec-fetch-site'] === 'cross-site' ||
    (headers.origin !== undefined && !headers.origin.endsWith(`//${headers.host ?? ''}`)))

/** The variable part of the path, decoded; null where it cannot be. */
function nameOf(route: Route, path: string): string | null {
  try {
    return decodeURIComponent(route.path.exec(path)?.[1] ?? '')
  } catch {
    return null
  }
}
