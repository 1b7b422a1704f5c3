/**
 * The compact binary form in which tasks travel to slots and outcomes back: many small records a frame, without an
 * object per record. Numbers are little-endian; a wire value is one tag byte and its content.
 */
import type { Input, ValueRef } from '../backend.ts'

/** Text that is longer stays with the node that made it, like any encoded value. Bytes. */
export const INLINE_LIMIT = 16 * 1024

const tags = { null: 0, undefined: 1, false: 2, true: 3, int: 4, double: 5, utf8: 6, utf16: 7, bytes: 8, ref: 9 } as const

/** Writes records one after another into a buffer that grows as needed. */
export class Packer {
  #buffer: Buffer
  #at = 0

  constructor(capacity = 4096) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#at
  }

  /** What was written; valid until the next write. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** A copy of what was written; starts over. */
  take(): Buffer {
    const copy = Buffer.from(this.bytes)
    this.clear()
    return copy
  }

  clear(): void {
    this.#at = 0
    if (this.#buffer.length > 1 << 20) this.#buffer = Buffer.allocUnsafeSlow(4096)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = value
  }

  /** Non-negative, below 2^32. */
  uint(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleLE(value, this.#at)
  }

  text(value: string): void {
    // UTF-8 cannot hold the lone surrogates that a JavaScript string may have.
    const utf8 = isWellFormed(value)
    const size = utf8 ? Buffer.byteLength(value) : value.length * 2
    this.#reserve(5 + size)
    this.#buffer[this.#at++] = utf8 ? tags.utf8 : tags.utf16
    this.#at = this.#buffer.writeUInt32LE(size, this.#at)
    this.#at += this.#buffer.write(value, this.#at, utf8 ? 'utf8' : 'utf16le')
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** `nodeNumber` gives the number by which both sides know a node. */
  input(value: Input, nodeNumber: (name: string) => number | undefined = () => undefined): void {
    switch (typeof value) {
      case 'undefined':
        return this.byte(tags.undefined)
      case 'boolean':
        return this.byte(value ? tags.true : tags.false)
      case 'number':
        return this.#number(value)
      case 'string':
        return this.text(value)
      default:
        return this.#object(value, nodeNumber)
    }
  }

  #object(value: Uint8Array | ValueRef | null, nodeNumber: (name: string) => number | undefined): void {
    if (value === null) return this.byte(tags.null)
    if (value instanceof Uint8Array) {
      this.byte(tags.bytes)
      this.uint(value.length)
      return this.raw(value)
    }
    this.byte(tags.ref)
    this.uint(value.task)
    const holders = value.nodes.map(nodeNumber).filter((number) => number !== undefined)
    this.byte(Math.min(holders.length, 255))
    for (const holder of holders.slice(0, 255)) this.uint(holder)
  }

  #number(value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) {
      this.byte(tags.double)
      return this.double(value)
    }
    this.#reserve(5)
    this.#buffer[this.#at++] = tags.int
    this.#at = this.#buffer.writeInt32LE(value, this.#at)
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + size))
    larger.set(this.bytes)
    this.#buffer = larger
  }
}

/** An input that has to be got from a node: known to its slot by task, and by the numbers of the nodes that hold it. */
export class RemoteInput {
  readonly task: number
  readonly holders: readonly number[]

  constructor(task: number, holders: readonly number[]) {
    this.task = task
    this.holders = holders
  }
}

/** Reads what Packer wrote. Throws a RangeError when the bytes end too early. */
export class Unpacker {
  #buffer: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length
  }

  byte(): number {
    const value = this.#buffer.readUInt8(this.#at)
    this.#at += 1
    return value
  }

  uint(): number {
    const value = this.#buffer.readUInt32LE(this.#at)
    this.#at += 4
    return value
  }

  double(): number {
    const value = this.#buffer.readDoubleLE(this.#at)
    this.#at += 8
    return value
  }

  text(): string {
    const value = this.input()
    if (typeof value !== 'string') throw new RangeError('text was expected')
    return value
  }

  input(): null | undefined | boolean | number | string | Uint8Array | RemoteInput {
    const tag = this.byte()
    switch (tag) {
      case tags.null:
        return null
      case tags.undefined:
        return undefined
      case tags.false:
        return false
      case tags.true:
        return true
      case tags.int:
        this.#at += 4
        return this.#buffer.readInt32LE(this.#at - 4)
      case tags.double:
        return this.double()
      case tags.utf8:
        return this.#slice().toString('utf8')
      case tags.utf16:
        return this.#slice().toString('utf16le')
      case tags.bytes:
        return new Uint8Array(this.#slice())
      case tags.ref: {
        const task = this.uint()
        return new RemoteInput(task, Array.from({ length: this.byte() }, () => this.uint()))
      }
      default:
        throw new RangeError(`no value begins with ${tag}`)
    }
  }

  #slice(): Buffer {
    const size = this.uint()
    if (this.#at + size > this.#buffer.length) throw new RangeError('the bytes end within a value')
    this.#at += size
    return this.#buffer.subarray(this.#at - size, this.#at)
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u
function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}
