import type { Manner } from '../manner.ts'

/** HTTPS, RTSPS and Digest with SHA-256: no plain protocol, no MD5, no username token. */
export const manner: Manner = {
  id: 'modern-only',
  title: {
    en: 'speaks only HTTPS, RTSPS and Digest with SHA-256',
    vi: 'chỉ dùng HTTPS, RTSPS và Digest với SHA-256',
  },
  apply: { plainHttp: false, rtspOverTls: true, takesMd5: false, takesTokens: false },
  declare: (statement) => ({
    ...statement,
    services: statement.services.map((service) => ({
      ...service,
      protocol: service.protocol === 'rtsp' ? ('rtsps' as const) : service.protocol,
      ...(service.onvif ? { onvif: { ...service.onvif, authentication: ['digest' as const] } } : {}),
    })),
  }),
}
