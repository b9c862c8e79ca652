import { crc32, deflateSync } from 'node:zlib'

/** The colours of a pixel: grey, grey and opacity, or red, green, blue and opacity, a byte each. */
export type Channels = 1 | 2 | 4

const COLOUR_TYPE: Readonly<Record<Channels, number>> = { 1: 0, 2: 4, 4: 6 }

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

/** A PNG image (ISO/IEC 15948) of 8-bit pixels in row-major order. */
export const png = (pixels: Uint8Array, width: number, height: number, channels: Channels): Uint8Array => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, COLOUR_TYPE[channels], 0, 0, 0], 8)
  const stride = width * channels
  // every row begins with the number of its filter; 0 leaves the bytes as they are
  const rows = new Uint8Array(height * (stride + 1))
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0))
  ])
}

/** The image as a URI that carries its own bytes. */
export const dataUri = (image: Uint8Array): string => `data:image/png;base64,${Buffer.from(image).toString('base64')}`
