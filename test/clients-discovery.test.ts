import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import onvif from 'onvif/promises/index.js'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { inPrivateNetwork } from './support/private-network.ts'

inPrivateNetwork(import.meta.url, 1, 60, () => {
  test('the onvif client finds the camera by multicast', { timeout: 30_000 }, async (t) => {
    for (const args of ['link set lo multicast on', 'route add 224.0.0.0/4 dev lo'])
      assert.equal(spawnSync('ip', args.split(' ')).status, 0)
    const camera = await startReferenceCamera({
      addresses: { ipv4: '127.77.24.12', ipv6: null },
      ports: { https: 0, rtsp: 0, discovery: 3702 },
      weaknesses: [],
      serial: 'CL-2',
      syslog: null,
      lock: { failures: 4, windowSeconds: 30, lockSeconds: 1 },
      bootSeconds: 0.2,
      factoryFresh: false,
      adminPassword: 'Abc-123-xyz',
    })
    t.after(() => camera.stop())
    const found = (await onvif.Discovery.probe({ timeout: 1500, resolve: false })) as {
      probeMatches: { probeMatch: { XAddrs: string; types: string } }
    }[]
    assert.deepEqual(
      found.map((f) => f.probeMatches.probeMatch.XAddrs),
      [`https://127.77.24.12:${camera.ports.https}/onvif/device_service`],
    )
    assert.match(found[0]?.probeMatches.probeMatch.types ?? '', /NetworkVideoTransmitter/)
  })
})
