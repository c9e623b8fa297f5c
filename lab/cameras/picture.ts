import { PICTURES } from './pictures.ts'

const pictures = PICTURES.map((base64) => Buffer.from(base64, 'base64'))
const PICTURE_MILLISECONDS = 500

/** The picture of this moment, with its time in a comment segment (ITU-T T.81 section B.2.4.5): no two are equal. */
export function pictureAt(time: number): Buffer {
  const picture = pictures[Math.floor(time / PICTURE_MILLISECONDS) % pictures.length]!
  const text = Buffer.from(new Date(time).toISOString(), 'latin1')
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text])
  return Buffer.concat([picture.subarray(0, 2), comment, picture.subarray(2)])
}
