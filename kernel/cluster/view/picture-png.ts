import { crc32, deflateSync } from 'node:zlib'

/**
 * Encodes a drawing as a PNG with a palette (W3C PNG, third edition): a quarter of the bytes that full colour takes,
 * and much sooner. Shades that antialiasing made are merged when there are more than a palette holds.
 * @param pixels RGBA, four bytes a pixel, premultiplied by alpha
 * @param exact colours (`#rrggbb`) that are to be kept as they are
 */
export function encodePng(pixels: Uint8Array, width: number, height: number, exact: readonly string[]): Uint8Array {
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height)
  const palette = new Palette(words, exact)
  const rows = new Uint8Array(height * (width + 1))
  let last = words[0]!
  let index = palette.indexOf(last)
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

/** What of a pixel tells colours apart: the upper 5 bits of red, green and blue, and whether it is clear, faint, translucent or opaque. */
function keyOf(word: number): number {
  const alpha = word >>> 24
  const veil = alpha === 255 ? 3 : alpha > 127 ? 2 : alpha > 0 ? 1 : 0
  return ((word >>> 3) & 0x1f) | ((word >>> 6) & 0x3e0) | ((word >>> 9) & 0x7c00) | (veil << 15)
}

/** Up to 256 colours: those to be kept exactly, and the most frequent of the others. Words are pixels as a little-endian machine reads them. */
class Palette {
  readonly #words: number[] = []
  /** Index + 1 by key. */
  readonly #byKey = new Uint16Array(1 << 17)

  constructor(pixels: Uint32Array, exact: readonly string[]) {
    this.#add(0)
    for (const colour of exact) {
      const rgb = Number.parseInt(colour.slice(1), 16)
      this.#add((0xff000000 | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0)
    }
    const frequent = frequentColours(pixels).filter((word) => this.#byKey[keyOf(word)] === 0)
    for (const word of frequent.slice(0, FULL - this.#words.length)) this.#add(word)
  }

  indexOf(word: number): number {
    const key = keyOf(word)
    if (this.#byKey[key] === 0) this.#byKey[key] = this.#nearest(word) + 1
    return this.#byKey[key]! - 1
  }

  #add(word: number): void {
    const key = keyOf(word)
    if (this.#byKey[key] === 0) this.#byKey[key] = this.#words.push(word)
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

/** One colour for each key that occurs: the few translucent ones (the card's corners), then the most frequent. Runs of the same pixel count once: what is flat is kept exactly anyway. */
function frequentColours(pixels: Uint32Array): number[] {
  const counts = new Uint32Array(1 << 17)
  const found = new Map<number, number>()
  let last = -1
  for (let i = 0; i < pixels.length; i++) {
    const word = pixels[i]!
    if (word === last) continue
    last = word
    const key = keyOf(word)
    if (counts[key]!++ === 0) found.set(key, word)
  }
  const opaque = (word: number) => (word >>> 24 === 255 ? 1 : 0)
  return [...found].sort(([a, one], [b, other]) => opaque(one) - opaque(other) || counts[b]! - counts[a]!).map(([, word]) => word)
}
