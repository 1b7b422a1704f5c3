/** Values on their way: what each is afterwards is exactly what it was, or it does not leave. */
import { createHash } from 'node:crypto'
import { Deserializer, Serializer, deserialize, serialize } from 'node:v8'
import { cannotTravel, garbledValue } from '../errors.ts'
import type { DecodeContext, EncodeContext } from './context.ts'
import type { Wire } from './declaration.ts'
import { Decoder } from './decode.ts'
import { Encoder } from './encode.ts'
import type { ModuleExport } from './module-export.ts'
import { isPlain } from './plain.ts'
import type { DefinitionSpecial, Encoding, Footer, Packed } from './special.ts'

export type { DecodeContext, EncodeContext } from './context.ts'
export { Batch } from './context.ts'
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
  if (isPlain(value, known)) {
    const plain = encodePlain(value, path)
    if (plain) return plain
  }
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

/** What an encoding holds, before anything of it comes to be. */
export function look(bytes: Uint8Array): { readonly plain: unknown } | { readonly packed: Packed } {
  if (bytes[0] === plainForm) return { plain: readable(() => deserializerOf(bytes).readValue() as unknown) }
  return { packed: readable(() => openPacked(bytes).deserializer.readValue() as Packed) }
}

class NotCloned extends Error {}

class ValueSerializer extends Serializer {
  /** Makes what V8 throws for values that it refuses; called without `new`. */
  _getDataCloneError(message: string): Error {
    return new NotCloned(message)
  }
}

export function encode(value: unknown, context: EncodeContext, path: string, body = false): Encoding {
  const encoder = new Encoder(context)
  const packed = guarded(path, () => encoder.pack(value, path))
  const serializer = new ValueSerializer()
  guarded(path, () => {
    serializer.writeUint32(packedForm)
    serializer.writeHeader()
    serializer.writeValue(encoder.imports)
    serializer.writeValue(packed)
  })
  const footer = serialize(footerFor(encoder, body))
  serializer.writeRawBytes(footer)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  serializer.writeRawBytes(length)
  const bytes = serializer.releaseBuffer()
  const { imports, handles } = encoder
  if (!body) return { bytes, imports, handles }
  const content = createHash('sha256').update(bytes.subarray(0, bytes.length - footer.length - 4))
  return { bytes, imports, handles, digest: content.copy().digest('hex'), hash: content.update(footer).update(length).digest('hex') }
}

function decode(bytes: Uint8Array, context: DecodeContext): unknown {
  if (bytes[0] === plainForm) return readable(() => deserializerOf(bytes).readValue())
  const { packed, footer } = readable(() => ({ packed: openPacked(bytes).deserializer.readValue() as Packed, footer: footerOf(bytes) }))
  return new Decoder(context, packed, footer).unpack()
}

/** Undefined when V8 refuses it after all (a detached buffer): the long way round finds where that is. */
function encodePlain(value: unknown, path: string): Uint8Array | undefined {
  const serializer = new ValueSerializer()
  try {
    serializer.writeUint32(plainForm)
    serializer.writeHeader()
    serializer.writeValue(value)
    return serializer.releaseBuffer()
  } catch (error) {
    if (error instanceof NotCloned) return undefined
    throw refusalOf(error, path)
  }
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

/** Names the definitions, so that each is found again in a process that has it. */
function footerFor(encoder: Encoder, body: boolean): Footer {
  const { handles } = encoder
  const alike = new Map<string, number>()
  const known = handles.length === 0 ? encoder.context.batch?.hashes : undefined
  const hash = ({ value, special }: { value: object; special: DefinitionSpecial }) => {
    const found = known?.get(value) ?? hashOf(handles.length === 0 ? special : [special, handles])
    known?.set(value, found)
    return found
  }
  const definitions = encoder.definitions.map((one, i) => {
    const id = one.id ?? numbered(body && i === 0 ? hashOf(one.special.source) : hash(one), alike)
    if (one.id === undefined) encoder.context.definitions.remember(id, one.value)
    return { ...one.place, id }
  })
  return { definitions, handles, body }
}

/** What code does, wherever it stands: hash of its source and of all it captured. */
function hashOf(content: unknown): string {
  return createHash('sha256').update(serialize(content)).digest('hex').slice(0, 32)
}

/** Functions alike in code and captured values (closures made in a loop) stay as many as they are. */
function numbered(hash: string, alike: Map<string, number>): string {
  const earlier = alike.get(hash) ?? 0
  alike.set(hash, earlier + 1)
  return earlier === 0 ? hash : `${hash}.${earlier}`
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw refusalOf(error, path)
  }
}

/** What V8 itself refuses (nesting deeper than its stack) becomes an error that says so. */
function refusalOf(error: unknown, path: string): unknown {
  if (error instanceof RangeError) return cannotTravel(path, 'nested too deeply, or too large', `${error.message}. Send it in parts, or flatten it`)
  return error instanceof NotCloned ? cannotTravel(path, 'not a value that can be copied', error.message) : error
}

function readable<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw garbledValue(error instanceof Error ? error.message : String(error))
  }
}
