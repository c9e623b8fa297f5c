import type { Update, Upload } from '../../suites/statement.ts'
import { layoutOf, MODEL } from './firmware.ts'
import { genuinePackage, NEXT_VERSION, packageFiles } from './update.ts'

interface DeclaredUpdates {
  vendorKey: string
  packages: string
  bootSeconds: number
  /** Of the lab's update server; undefined where the statement says nothing of one. */
  updatePort: number | undefined
  /** Uploads take two requests. */
  isStaged: boolean
}

const web = { service: 'web', account: 'owner' }

/** What both ways of updating have in common. */
const COMMON = {
  version: { ...web, target: '/api/firmware', pattern: '"version":"([^"]+)"' },
  content: { ...web, target: '/api/firmware', pattern: '"sha256":"([^"]+)"' },
  settings: [
    { ...web, target: '/api/settings/syslog', pattern: '(\\{.*\\})' },
    { ...web, target: '/api/users', pattern: '"users":(\\[.*\\])' },
  ],
  format: 'opaque',
  signed: true,
} as const

const brought = { ...web, method: 'POST', contentType: 'application/octet-stream', body: '{{package}}' } as const

const staged: Upload = {
  ...brought,
  target: '/api/update/staged',
  done: '"result":"staged"',
  after: [
    {
      ...web,
      method: 'POST',
      target: '/api/update/install',
      contentType: 'application/json',
      takes: '"file":"([^"]+)"',
      body: '{"file":"{{step}}"}',
      done: '"result":"accepted"',
    },
  ],
}

/** Uploads first, then the update server with a version above that: observed in the order of their names. */
export function declaredUpdates({ vendorKey, packages, bootSeconds, updatePort, isStaged }: DeclaredUpdates): Update[] {
  const common = { ...COMMON, settings: [...COMMON.settings], bootSeconds }
  const uploaded: Update = {
    id: 'web-update',
    upload: isStaged ? staged : { ...brought, target: '/api/update', done: '"result":"accepted"' },
    ...common,
    layout: layoutOf(genuinePackage(vendorKey)),
    packages: packageFiles(packages),
  }
  if (updatePort === undefined) return [uploaded]
  const serverSetTo = (body: string) => ({
    ...web,
    contentType: 'application/json',
    method: 'PUT' as const,
    target: '/api/settings/updates',
    body,
    done: '"result":"setting changed"',
  })
  const { unsigned: _, ...supplied } = packageFiles(packages, NEXT_VERSION)
  const fetched: Update = {
    id: 'web-update-server',
    online: {
      protocol: 'http',
      port: updatePort,
      enable: serverSetTo('{"address":"{{lab-address}}","port":{{lab-port}}}'),
      restore: serverSetTo('{"address":null,"port":null}'),
      current: { ...web, target: '/api/settings/updates', pattern: '(\\{.*\\})' },
      trigger: { ...web, method: 'POST', target: '/api/update/look', done: '"result":"looking"' },
      checkSeconds: 10,
      files: [
        {
          target: `/${MODEL}.json`,
          contentType: 'application/json',
          body: `{"version":"{{package-version}}","path":"/${MODEL}-{{package-version}}.csfw","sha256":"{{package-sha256}}"}`,
        },
        { target: `/${MODEL}-{{package-version}}.csfw`, package: true },
      ],
    },
    ...common,
    layout: layoutOf(genuinePackage(vendorKey, NEXT_VERSION)),
    packages: supplied,
  }
  return [uploaded, fetched]
}
