/** The part of net-snmp that the lab uses; the package brings no types. */
declare module 'net-snmp' {
  import type { Socket } from 'node:dgram'

  interface Varbind {
    oid: string
    type: number
    value?: unknown
  }
  export interface Session {
    readonly dgram: Socket
    get(oids: string[], done: (fault: Error | null, varbinds?: Varbind[]) => void): void
    set(varbinds: Varbind[], done: (fault: Error | null, varbinds?: Varbind[]) => void): void
    onMsg(bytes: Buffer): void
    on(event: 'error', listener: (fault: Error) => void): void
    close(): void
  }
  interface RequestTimedOutError extends Error {
    readonly name: 'RequestTimedOutError'
  }
  interface RequestFailedError extends Error {
    status: number
  }
  interface Options {
    port: number
    version: number
    transport: 'udp4' | 'udp6'
    timeout: number
    retries: number
    sourceAddress?: string
  }
  interface User {
    name: string
    level: number
    authProtocol?: string
    authKey?: string
    privProtocol?: string
    privKey?: string
  }
  const snmp: {
    createSession(target: string, community: string, options: Options): Session
    createV3Session(target: string, user: User, options: Options): Session
    Version2c: number
    Version3: number
    SecurityLevel: { noAuthNoPriv: number; authNoPriv: number; authPriv: number }
    AuthProtocols: Record<'md5' | 'sha' | 'sha256' | 'sha512', string>
    PrivProtocols: Record<'des' | 'aes', string>
    ObjectType: { Integer: number }
    RequestTimedOutError: new () => RequestTimedOutError
    RequestFailedError: new () => RequestFailedError
  }
  export default snmp
}
