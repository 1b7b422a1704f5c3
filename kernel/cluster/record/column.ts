/** Packs a column of a run record; `decodeColumn` in read.ts is its inverse, the schema describes the format. */

let scratch = new Uint8Array(1 << 16)

/** @param values whole numbers from 0 to 2^53 - 1 */
export function encodeColumn(values: ArrayLike<number>, length = values.length): string {
  const runs = encodeRuns(values, length)
  const differences = encodeDifferences(values, length, runs?.length ?? Infinity)
  return differences ? `d:${base64(differences)}` : `r:${base64(runs!)}`
}

/** Nothing when there are so many runs that differences are sure to be shorter. */
function encodeRuns(values: ArrayLike<number>, length: number): Uint8Array | undefined {
  let count = 0
  for (let i = 0; i < length; i++) if (i === 0 || values[i] !== values[i - 1]) count++
  if (count > length / 2 && length > 4) return undefined
  reserve(count * 16)
  let at = 0
  for (let start = 0; start < length; ) {
    let end = start + 1
    while (end < length && values[end] === values[start]) end++
    at = varint(at, values[start]!)
    at = varint(at, end - start)
    start = end
  }
  return scratch.slice(0, at)
}

/** Nothing when it would take at least `limit` bytes. */
function encodeDifferences(values: ArrayLike<number>, length: number, limit: number): Uint8Array | undefined {
  if (length >= limit) return undefined
  reserve(length * 8)
  let at = 0
  let previous = 0
  for (let i = 0; i < length; i++) {
    const difference = values[i]! - previous
    previous = values[i]!
    at = varint(at, difference >= 0 ? difference * 2 : -difference * 2 - 1)
  }
  return at < limit ? scratch.subarray(0, at) : undefined
}

/** LEB128 of `value` at `at`; returns where the next goes. */
function varint(at: number, value: number): number {
  // Bit operations hold only 31 bits; times of long runs and byte counts go beyond.
  while (value > 0x7fff_ffff) {
    scratch[at++] = (value % 128) | 128
    value = Math.floor(value / 128)
  }
  while (value > 127) {
    scratch[at++] = (value & 127) | 128
    value >>>= 7
  }
  scratch[at++] = value
  return at
}

function reserve(bytes: number): void {
  if (scratch.length < bytes + 16) scratch = new Uint8Array(bytes * 2 + 16)
}

/** Node's own is much the fastest; browsers have `btoa`, which takes text. */
const node = (globalThis as { Buffer?: { from(buffer: ArrayBufferLike, offset: number, length: number): { toString(encoding: string): string } } }).Buffer

function base64(bytes: Uint8Array): string {
  if (node) return node.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return browserBase64(bytes)
}

export function browserBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}
