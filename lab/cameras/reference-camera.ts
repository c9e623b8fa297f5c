import { createServer, type Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Statement } from '../../suites/statement.ts'
import { makeGate } from './auth.ts'
import { makeDebugServer, makeTelnetServer } from './backdoors.ts'
import { CONFORMING, type Behaviour } from './behaviour.ts'
import { makeIdentity } from './certificate.ts'
import { declare } from './declaration.ts'
import type { Device } from './device.ts'
import { FACTORY_VERSION, MODEL } from './firmware.ts'
import { makeApi } from './http.ts'
import { makeListener, type Listener } from './listener.ts'
import { frontOf, mannersOf } from './manner.ts'
import { openLog, type LogRecord } from './log.ts'
import { makeTimeClient } from './ntp-client.ts'
import type { CameraOptions } from './options.ts'
import { makeAnonymousMqtt } from './mqtt-door.ts'
import { makeDiscovery } from './onvif/discovery.ts'
import { makeOpenScreen } from './open-screen.ts'
import { makeAnonymousFtp, makeFactoryTelnet } from './remote-doors.ts'
import { makePortMapper } from './port-mapper.ts'
import { makeRelayCaller } from './relay-caller.ts'
import { makeRtsp } from './rtsp.ts'
import { makeDeclaredSsh, makeOldSsh } from './ssh-door.ts'
import { makeSessions } from './sessions.ts'
import { factorySettings, openState, type State } from './state.ts'
import { answerSnmp, answerSsdp, SNMP_PORT, SSDP_PORT } from './udp-backdoors.ts'
import { makeUdpListener } from './udp-listener.ts'
import { writePackages, type PackageFiles } from './update.ts'
import { makeServicePage } from './service-page.ts'
import { isOnvifTarget } from './onvif/service.ts'
import { makeHttpServer, makeHttpsServer, makeTlsServer, redirectTo } from './web.ts'
import { behaviourWith } from './weakness.ts'
import { weaknessesOf } from './weaknesses.ts'

export interface ReferenceCamera {
  readonly ports: { https: number; rtsp: number; http: number | null }
  /** What has been logged, newest last. */
  readonly events: readonly LogRecord[]
  readonly firmwareVersion: string
  /** Most TCP connections that were open at once, where a manner counts them; else 0. */
  readonly mostConnections: number
  /** The maker's statement: passwords by environment variable (`passwordVariable`), packages where last written. */
  statement(): Statement
  /** Writes update packages of every kind the maker can supply, signed with this camera's vendor key. */
  writePackages(directory: string): Promise<PackageFiles>
  stop(): Promise<void>
}

/** Time for the answer that announces a reboot to leave. */
const FAREWELL_MILLISECONDS = 150

/**
 * A conforming camera, or one with the given weaknesses, listening when the promise is kept.
 * @throws TypeError for a weakness that is unknown or lacks its port or address
 * @throws the error of `listen` for an address or port that cannot be had
 */
export async function startReferenceCamera(options: CameraOptions): Promise<ReferenceCamera> {
  const manners = mannersOf(options.manners ?? [])
  const behaviour = behaviourWith([...manners, ...weaknessesOf(options.weaknesses)])
  refuseUnmet(options, behaviour)
  const store = await openState(options, behaviour)
  const log = openLog({
    addresses: options.addresses,
    store,
    directory: options.stateDirectory,
    behaviour,
  })
  const stopping = new AbortController()
  let rebooting: Promise<void> | null = null

  const front = frontOf(manners, { breakDown: (reason) => device.reboot(reason, {}) })
  const sessions = makeSessions(behaviour, () => performance.now(), options.idleSeconds)
  const device: Device = {
    options,
    behaviour,
    store,
    log,
    gate: makeGate(options, behaviour, store, log, front),
    time: makeTimeClient({ addresses: options.addresses, store, behaviour }),
    sessions,
    front,
    ports: () => ({ https: https.port, rtsp: stream.port, http: http?.port ?? null }),
    endSessionsOf(user) {
      rtsp.endSessionsOf(user)
      sessions.endAllOf(user)
    },
    wasUsed: () => void lateDoor?.open().catch(() => undefined),
    factorySettings: () => factorySettings(options, store.state.passwordKey),
    reboot(reason, change) {
      rebooting ??= reboot(reason, change).finally(() => {
        rebooting = null
      })
    },
    die() {
      rebooting ??= wait(FAREWELL_MILLISECONDS).then(close)
    },
  }
  const rtsp = makeRtsp(device)

  const listenerAt = (addresses: readonly string[], port: number, makeServer: () => Server) =>
    makeListener(addresses, port, makeServer, front.connected)

  const { ipv4, ipv6 } = options.addresses
  const everywhere = ipv6 === null ? [ipv4] : [ipv4, ipv6]
  const { identity, rsaIdentity } = store.state
  const both = rsaIdentity !== null && behaviour.rsaCertificate ? [identity, rsaIdentity] : [identity]
  const identities = behaviour.shortKey ? [await makeIdentity('RSA-1024', everywhere)] : both
  const https = listenerAt(everywhere, options.ports.https, () =>
    makeHttpsServer(identities, behaviour, makeApi(device, 'https'), front.opened),
  )
  const stream = listenerAt(everywhere, options.ports.rtsp, () =>
    behaviour.rtspOverTls ? makeTlsServer(identities, behaviour, rtsp.serve) : createServer(rtsp.serve),
  )
  const redirect = redirectTo(() => https.port, front.answering)
  const api = makeApi(device, 'http')
  const plain: typeof api = (request, response) => {
    if (behaviour.apiOverHttp || (behaviour.clearOnvif && isOnvifTarget(request.url))) return api(request, response)
    return behaviour.servicePage ? servicePage(request, response) : redirect(request, response)
  }
  const servicePage = makeServicePage(device)
  const http =
    options.ports.http === undefined || !behaviour.plainHttp
      ? null
      : listenerAt(everywhere, options.ports.http, () => makeHttpServer(plain, front.opened))
  const doors = (
    [
      [behaviour.telnetPort, makeTelnetServer],
      [behaviour.factoryTelnetPort, makeFactoryTelnet],
      [behaviour.anonymousFtpPort, makeAnonymousFtp],
      [behaviour.anonymousMqttPort, makeAnonymousMqtt],
      [behaviour.openScreenPort, makeOpenScreen],
      [behaviour.oldSshPort, makeOldSsh(store)],
      [options.ports.ssh ?? null, makeDeclaredSsh(store, device.gate)],
    ] as const
  ).flatMap(([port, makeServer]) => (port === null ? [] : [listenerAt([ipv4], port, makeServer)]))
  const lateDoor =
    behaviour.lateTelnetPort === null ? null : openOnce(listenerAt([ipv4], behaviour.lateTelnetPort, makeTelnetServer))
  const debug =
    behaviour.ipv6DebugPort === null || ipv6 === null
      ? null
      : listenerAt([ipv6], behaviour.ipv6DebugPort, makeDebugServer)
  const snmp = behaviour.snmpAgent ? makeUdpListener(ipv4, SNMP_PORT, answerSnmp(`Linux camera ${MODEL}`)) : null
  const ssdp = behaviour.ssdpResponder ? makeUdpListener(ipv4, SSDP_PORT, answerSsdp(ipv4)) : null
  const relay = behaviour.callsRelay ? makeRelayCaller(ipv4) : null
  const mapper = behaviour.mapsWebPort ? makePortMapper(ipv4, () => https.port) : null
  const listeners = [https, stream, http, debug, snmp, ssdp, relay, mapper, ...doors].filter((one) => one !== null)
  const discoveryPort = options.ports.discovery
  const discovery = discoveryPort === undefined ? null : makeDiscovery(options, discoveryPort, () => https.port)

  const open = async (): Promise<void> => {
    try {
      for (const listener of listeners) await listener.open()
      // It had to be open for its port to be known.
      if (!behaviour.redirectListens) await http?.close()
      await discovery?.open()
    } catch (error) {
      await close()
      throw error
    }
    device.time.start()
    log.write('started', { version: store.state.firmware.version })
  }
  const close = async (): Promise<void> => {
    device.time.stop()
    sessions.clear()
    await Promise.all([...listeners.map((listener) => listener.close()), discovery?.close(), lateDoor?.close()])
    await log.pause()
  }

  const reboot = async (reason: string, change: Partial<State>): Promise<void> => {
    log.write('reboot', { reason })
    store.change(change)
    try {
      await wait(FAREWELL_MILLISECONDS, undefined, { signal: stopping.signal })
      await close()
      await wait(options.bootSeconds * 1000, undefined, { signal: stopping.signal })
      log.restart()
    } catch {
      return
    }
    while (!(await isOpenAgain())) await wait(1000)
    if (change.firmware) device.wasUsed()
  }
  /** A port may have been taken by somebody else meanwhile. */
  const isOpenAgain = (): Promise<boolean> =>
    open().then(
      () => true,
      () => stopping.signal.aborted,
    )

  await open()
  let packages = ''
  const ports = () => ({ https: https.port, rtsp: stream.port, http: http?.port ?? null })
  return {
    get ports() {
      return ports()
    },
    events: log.records,
    get mostConnections() {
      return front.mostConnections()
    },
    get firmwareVersion() {
      return store.state.firmware.version
    },
    statement: () => {
      const isDeclared = behaviour.factoryVersion === FACTORY_VERSION
      const firmware = isDeclared ? store.state.firmware.version : FACTORY_VERSION
      const declared = declare({ options, ports: ports(), firmware, vendorKey: store.state.vendorKey, packages })
      return manners.reduce((statement, manner) => manner.declare?.(statement) ?? statement, declared)
    },
    async writePackages(directory) {
      packages = directory
      return await writePackages(directory, store.state.vendorKey)
    },
    async stop() {
      stopping.abort()
      await rebooting
      await close()
    },
  }
}

/** A listener that more than one thing may want to be open. */
function openOnce(listener: Listener): Pick<Listener, 'open' | 'close'> {
  let opening: Promise<void> | null = null
  return {
    open: () => (opening ??= listener.open()),
    async close() {
      await opening?.catch(() => undefined)
      opening = null
      await listener.close()
    },
  }
}

const SESSION_SWITCHES = [
  'sessionCookieAttributes',
  'sessionIdentifiers',
  'logOutEndsSession',
  'adoptsIdentifiers',
  'idleEndsSession',
  'newPasswordEndsSessions',
] as const

/** A weakness that cannot show is a false witness: it must be an error, not a sound camera. */
function refuseUnmet({ addresses, ports, formLogin }: CameraOptions, behaviour: Behaviour): void {
  const { apiOverHttp, clearOnvif, servicePage, plainSnapshotAddress, redirectListens } = behaviour
  const needsHttp = apiOverHttp || clearOnvif || servicePage || plainSnapshotAddress || !redirectListens
  if (needsHttp && (ports.http === undefined || !behaviour.plainHttp))
    throw new TypeError('this weakness needs ports.http')
  if (formLogin !== true && SESSION_SWITCHES.some((one) => behaviour[one] !== CONFORMING[one]))
    throw new TypeError('this weakness needs formLogin')
  if (!behaviour.locksOver.includes('ssh') && behaviour.locksOver.length > 0 && ports.ssh === undefined)
    throw new TypeError('this weakness needs ports.ssh')
  const needsIpv6 = behaviour.ipv6DebugPort !== null || behaviour.factoryPasswordFrom === 'ipv6'
  if (needsIpv6 && addresses.ipv6 === null) {
    throw new TypeError('this weakness needs addresses.ipv6')
  }
}
