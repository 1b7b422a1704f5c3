import { crc32, deflateSync } from 'node:zlib'

/**
 * Encodes a drawing as a PNG with a palette (W3C PNG, third edition): a quarter of the bytes that full colour takes,
 * and much sooner. Shades that antialiasing made are merged when there are more than a palette holds.
 * @param pixels RGBA, four bytes a pixel, premultiplied by alpha
 * @param exact colours (`#rrggbb`) that are to be kept as they are
 */
export function encodePng(pixels: Uint8Array, width: number, height: number, exact: readonly string[]): Uint8Array {
  const palette = new Palette(exact)
  const rows = new Uint8Array(height * (width + 1))
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height)
  let last = 0
  let index = palette.indexOf(0)
  let at = 0
  for (let y = 0; y < height; y++) {
    // The row's filter: none, the usual one for palettes.
    rows[at++] = 0
    for (let x = y * width, end = x + width; x < end; x++) {
      const word = words[x]!
      if (word !== last) {
        last = word
        index = palette.indexOf(word)
      }
      rows[at++] = index
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // 8 bits an index, colour type 3: palette.
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette.colours()),
    chunk('tRNS', palette.alphas()),
    chunk('IDAT', deflateSync(rows, { level: 5, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  whole.set(body, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

const FULL = 256

/** Up to 256 colours. A colour is looked up by its upper bits; the first of those that share them stands for them all. */
class Palette {
  readonly #words: number[] = []
  /** Index + 1 by the upper 5 bits of red, green and blue and 2 of alpha. */
  readonly #byKey = new Uint16Array(1 << 17)

  constructor(exact: readonly string[]) {
    this.indexOf(0)
    for (const colour of exact) {
      const rgb = Number.parseInt(colour.slice(1), 16)
      this.indexOf((0xff000000 | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0)
    }
  }

  /** @param word a pixel as the machine (little-endian) reads its four bytes */
  indexOf(word: number): number {
    const key = ((word >>> 3) & 0x1f) | ((word >>> 6) & 0x3e0) | ((word >>> 9) & 0x7c00) | ((word >>> 15) & 0x18000)
    const known = this.#byKey[key]!
    if (known > 0) return known - 1
    const index = this.#words.length < FULL ? this.#words.push(word) - 1 : this.#nearest(word)
    this.#byKey[key] = index + 1
    return index
  }

  #nearest(word: number): number {
    let best = 0
    let least = Infinity
    this.#words.forEach((other, index) => {
      let distance = 0
      for (const shift of [0, 8, 16, 24]) distance += (((word >>> shift) & 255) - ((other >>> shift) & 255)) ** 2
      if (distance < least) [best, least] = [index, distance]
    })
    return best
  }

  colours(): Uint8Array {
    return Uint8Array.from(this.#words.flatMap((word) => {
      const alpha = word >>> 24
      // Out of premultiplication.
      return [0, 8, 16].map((shift) => (alpha === 0 ? 0 : Math.min(255, Math.round((((word >>> shift) & 255) * 255) / alpha))))
    }))
  }

  alphas(): Uint8Array {
    return Uint8Array.from(this.#words, (word) => word >>> 24)
  }
}
