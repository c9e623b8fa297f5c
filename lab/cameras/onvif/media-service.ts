import { childOf } from '../../../suites/facts/xml.ts'
import type { Answer } from '../api.ts'
import { schemeOf, STREAMS } from '../rtsp.ts'
import { addressOf } from './device-service.ts'
import type { OperationRequest, Operations } from './operation.ts'
import { content, escape, sender } from './soap.ts'

/** The media service (ONVIF Media, version 1): one fixed profile for each stream. */

const RESOLUTION = '<tt:Resolution><tt:Width>160</tt:Width><tt:Height>120</tt:Height></tt:Resolution>'
const TOKENS = STREAMS.map((path) => path.replace(/^.*\//, ''))

const profile = (token: string): string =>
  `<trt:Profiles token="${escape(token)}" fixed="true"><tt:Name>${escape(token)}</tt:Name>` +
  '<tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name><tt:UseCount>2</tt:UseCount>' +
  '<tt:SourceToken>sensor</tt:SourceToken><tt:Bounds x="0" y="0" width="160" height="120"/></tt:VideoSourceConfiguration>' +
  `<tt:VideoEncoderConfiguration token="${escape(token)}"><tt:Name>${escape(token)}</tt:Name><tt:UseCount>1</tt:UseCount>` +
  `<tt:Encoding>H264</tt:Encoding>${RESOLUTION}<tt:Quality>5</tt:Quality></tt:VideoEncoderConfiguration></trt:Profiles>`

function address(request: OperationRequest, uriOf: (stream: string) => string): Answer {
  const { element } = request
  const wanted = childOf(element, 'ProfileToken')?.text.trim() ?? ''
  const stream = STREAMS[TOKENS.indexOf(wanted)]
  if (stream === undefined) return sender(['InvalidArgVal', 'NoProfile'], 'no such profile')
  const uri =
    `<tt:Uri>${escape(uriOf(stream))}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>` +
    '<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>'
  return content(`<trt:${element.name}Response><trt:MediaUri>${uri}</trt:MediaUri></trt:${element.name}Response>`)
}

const snapshotAddress = (request: OperationRequest): string =>
  request.device.behaviour.plainSnapshotAddress
    ? `http://${request.host}:${request.ports.http}/snapshot.jpg`
    : addressOf(request, '/snapshot.jpg')

export const MEDIA_OPERATIONS: Operations = {
  GetServiceCapabilities: {
    access: 'public',
    run: () =>
      content(
        '<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri="true">' +
          '<trt:ProfileCapabilities MaximumNumberOfProfiles="2"/><trt:StreamingCapabilities RTP_RTSP_TCP="true"/>' +
          '</trt:Capabilities></trt:GetServiceCapabilitiesResponse>',
      ),
  },
  GetProfiles: {
    access: 'viewer',
    run: () => content(`<trt:GetProfilesResponse>${TOKENS.map(profile).join('')}</trt:GetProfilesResponse>`),
  },
  GetVideoSources: {
    access: 'viewer',
    run: () =>
      content(
        '<trt:GetVideoSourcesResponse><trt:VideoSources token="sensor"><tt:Framerate>5</tt:Framerate>' +
          `${RESOLUTION}</trt:VideoSources></trt:GetVideoSourcesResponse>`,
      ),
  },
  GetStreamUri: {
    access: 'viewer',
    run: (request) =>
      address(request, (stream) => `${schemeOf(request.device)}://${request.host}:${request.ports.rtsp}${stream}`),
  },
  GetSnapshotUri: {
    access: 'viewer',
    run: (request) => address(request, () => snapshotAddress(request)),
  },
}
