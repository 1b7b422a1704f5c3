/** Values on their way: what each is afterwards is exactly what it was, or it does not leave. */
import { createHash } from 'node:crypto'
import { Deserializer, Serializer, deserialize, serialize } from 'node:v8'
import { UserError, cannotTravel, garbledValue } from '../errors.ts'
import type { DecodeContext, EncodeContext } from './context.ts'
import type { HandleRef, Wire } from './declaration.ts'
import { Decoder } from './decode.ts'
import { Encoder } from './encode.ts'
import type { ModuleExport } from './module-export.ts'
import { isPlain } from './plain.ts'
import type { Encoding, Footer, Packed, Special } from './special.ts'

export type { DecodeContext, EncodeContext } from './context.ts'
export { Definitions } from './definitions.ts'
export { FunctionReader } from './functions.ts'

/** First byte of an encoding: V8's serialization of the value itself, or of a `Packed` between its imports and a footer. */
const plainForm = 0
const packedForm = 1

/**
 * Encodes a value. Primitives but for bigint and symbol stay as they are.
 * @param path what the value is called in errors
 * @throws UserError `cannot-travel`, naming the path to the culprit
 */
export function toWire(value: unknown, context: EncodeContext, path = 'the value'): Wire {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return value
  const known = (object: object) => context.exportOf(object) !== undefined || context.handleOf?.(object) !== undefined
  if (isPlain(value, known)) return encodePlain(value, path)
  const { bytes, handles } = encode(value, context, path)
  for (const handle of handles) context.onHandle?.(handle)
  return bytes
}

/** @throws UserError when it names what is not there */
export function fromWire(wire: Wire, context: DecodeContext): unknown {
  return wire instanceof Uint8Array ? decode(wire, context) : wire
}

/** Modules that must have been imported before `fromWire` can decode this. */
export function importsOf(wire: Wire): readonly ModuleExport[] {
  if (!(wire instanceof Uint8Array) || wire[0] === plainForm) return []
  return readable(() => openPacked(wire).imports)
}

export function encode(value: unknown, context: EncodeContext, path: string, digest = false): Encoding {
  const encoder = new Encoder(context)
  const packed = guarded(path, () => encoder.pack(value, path))
  const serializer = new Serializer()
  guarded(path, () => {
    serializer.writeUint32(packedForm)
    serializer.writeHeader()
    serializer.writeValue(encoder.imports)
    serializer.writeValue(packed)
  })
  const footer = serialize({ definitions: encoder.definitions.map((one) => ({ ...one.place, id: one.id ?? context.definitions.nameOf(one.value, hashOf(one.special, encoder.handles)) })), handles: encoder.handles } satisfies Footer)
  serializer.writeRawBytes(footer)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  serializer.writeRawBytes(length)
  const bytes = serializer.releaseBuffer()
  const { imports, handles } = encoder
  if (!digest) return { bytes, imports, handles }
  const content = createHash('sha256').update(bytes.subarray(0, bytes.length - footer.length - 4))
  return { bytes, imports, handles, digest: content.copy().digest('hex'), hash: content.update(footer).update(length).digest('hex') }
}

function decode(bytes: Uint8Array, context: DecodeContext): unknown {
  if (bytes[0] === plainForm) return readable(() => deserializerOf(bytes).readValue())
  const { packed, footer } = readable(() => ({ packed: openPacked(bytes).deserializer.readValue() as Packed, footer: footerOf(bytes) }))
  return new Decoder(context, packed, footer).unpack()
}

function encodePlain(value: unknown, path: string): Uint8Array {
  const serializer = new Serializer()
  return guarded(path, () => {
    serializer.writeUint32(plainForm)
    serializer.writeHeader()
    serializer.writeValue(value)
    return serializer.releaseBuffer()
  })
}

function openPacked(bytes: Uint8Array): { deserializer: Deserializer; imports: readonly ModuleExport[] } {
  const deserializer = deserializerOf(bytes)
  return { deserializer, imports: deserializer.readValue() as ModuleExport[] }
}

function deserializerOf(bytes: Uint8Array): Deserializer {
  const deserializer = new Deserializer(bytes)
  deserializer.readUint32()
  deserializer.readHeader()
  return deserializer
}

function footerOf(bytes: Uint8Array): Footer {
  const end = bytes.length - 4
  const length = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true)
  return deserialize(bytes.subarray(end - length, end)) as Footer
}

/** What code does, whatever it is called and wherever it stands: hash of its source and of all it captured. */
function hashOf(special: Special, handles: readonly HandleRef[]): string {
  return createHash('sha256').update(serialize(handles.length === 0 ? special : [special, handles])).digest('hex').slice(0, 32)
}

/** What V8 itself refuses (a detached buffer, nesting deeper than its stack) becomes an error that says so. */
function guarded<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof UserError) throw error
    if (error instanceof RangeError) throw cannotTravel(path, 'nested too deeply, or too large', `${error.message}. Send it in parts, or flatten it`)
    if (error instanceof Error && error.name === 'DataCloneError') throw cannotTravel(path, 'not a value that can be copied', error.message)
    throw error
  }
}

function readable<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw garbledValue(error instanceof Error ? error.message : String(error))
  }
}
