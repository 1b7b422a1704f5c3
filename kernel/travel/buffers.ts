import { types } from 'node:util'
import type { ObjectSpecial } from './special.ts'

interface Part {
  from: number
  to: number
  /** The buffer itself, or a view of all of it, is part of the value. */
  whole: boolean
  readonly views: ObjectSpecial[]
}

/** The buffers behind a value's views: of each only the part that they show travels, unless the buffer itself does. */
export class Buffers {
  readonly #parts = new Map<ArrayBuffer, Part>()
  readonly #refuse: (what: string, instead: string) => never

  constructor(refuse: (what: string, instead: string) => never) {
    this.#refuse = refuse
  }

  /** Notes a view that is not simply one of a whole buffer. `type`: its constructor's name, or Buffer. */
  view(value: ArrayBufferView, special: ObjectSpecial, type: string): void {
    const { buffer, byteOffset: offset, byteLength } = value
    if (!types.isArrayBuffer(buffer)) this.#refuse('a view of a SharedArrayBuffer', 'memory cannot be shared between processes. Copy it: new Uint8Array(it)')
    const owned = buffer as ArrayBuffer
    const length = type === 'DataView' || type === 'Buffer' ? byteLength : (value as unknown as { length: number }).length
    special.view = { type, buffer: owned, offset, length }
    const part = this.#parts.get(owned) ?? { from: offset, to: offset + byteLength, whole: false, views: [] }
    part.from = Math.min(part.from, offset)
    part.to = Math.max(part.to, offset + byteLength)
    part.views.push(special)
    this.#parts.set(owned, part)
  }

  /** Notes what travels as it is; of interest here when it is a buffer, or a view of all of one. */
  whole(value: object): void {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value
    if (!types.isArrayBuffer(buffer)) return
    if (isDetached(buffer)) this.#refuse('a detached ArrayBuffer', 'its content was transferred elsewhere. Copy it before you transfer it')
    const part = this.#parts.get(buffer)
    if (part) part.whole = true
    else this.#parts.set(buffer, { from: 0, to: 0, whole: true, views: [] })
  }

  /** Gives the views only the part of their buffer that they show; views that overlap go on sharing it. */
  trim(): void {
    for (const [buffer, { from, to, whole, views }] of this.#parts) {
      if (whole || views.length === 0) continue
      // Typed arrays must start at multiples of their elements' size.
      const start = from - (from % 8)
      const part = start === 0 && to === buffer.byteLength ? buffer : buffer.slice(start, to)
      for (const special of views) special.view = { ...special.view!, buffer: part, offset: special.view!.offset - start }
    }
  }
}

function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}
