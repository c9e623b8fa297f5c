import { createServer, type Server, type Socket } from 'node:net'

/** A screen of 16 by 9, in true colour of 32 bits (RFC 6143 sections 7.3.2 and 7.4), with its name. */
const SCREEN = Buffer.concat([
  Buffer.from('00100009' + '20180001' + '00ff00ff00ff' + '100800' + '000000', 'hex'),
  Buffer.from('00000006', 'hex'),
  Buffer.from('camera', 'latin1'),
])
const VERSION = 'RFB 003.008\n'

/** VNC that asks for no log-in: the one security type is None (RFC 6143 sections 7.1 and 7.2.1). It shows no picture. */
export const makeOpenScreen = (): Server =>
  createServer((socket: Socket) => {
    /** What the client says in turn, by its length, and the answer. */
    const steps: [length: number, answer: Buffer][] = [
      [VERSION.length, Buffer.from([1, 1])],
      [1, Buffer.alloc(4)],
      [1, SCREEN],
    ]
    let held = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      if (steps.length === 0) return
      held = Buffer.concat([held, bytes])
      for (let step = steps[0]; step !== undefined && held.length >= step[0]; step = steps[0]) {
        held = held.subarray(step[0])
        socket.write(step[1])
        steps.shift()
      }
    })
    socket.write(VERSION)
  })
