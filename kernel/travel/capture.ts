/** The body of a run: a function with everything it captured. */
import { cannotTravel } from '../errors.ts'
import type { DecodeContext, EncodeContext } from './context.ts'
import type { CodeId, HandleRef } from './declaration.ts'
import type { ModuleExport } from './module-export.ts'
import { encode, fromWire, importsOf } from './value.ts'

export interface Body {
  readonly code: CodeId
  readonly bundle: Uint8Array
  /** Handles it captured, whose values every task needs. */
  readonly handles: readonly HandleRef[]
  /** SHA-256 (hex) of code and captured values without positions and run numbers: for cache keys. */
  readonly digest: string
}

export interface BodyContext extends Omit<DecodeContext, 'namespace'> {
  /** Imports the module that an export belongs to. */
  load(ref: ModuleExport): Promise<object>
}

/**
 * Encodes a function with what it captured, by value, as it is now.
 * @param what it is called in errors
 * @throws UserError when something cannot travel, or the function assigns a captured variable
 */
export function encodeBody(body: unknown, context: EncodeContext, what = 'the body'): Body {
  if (typeof body !== 'function') throw cannotTravel(what, 'not a function', 'give the function that each task calls')
  const { bytes, handles, digest, hash } = encode(body, context, what, true)
  return { code: hash!, bundle: bytes, handles, digest: digest! }
}

/** @throws UserError; or the error of a module that cannot be imported */
export async function decodeBody(bundle: Uint8Array, context: BodyContext): Promise<(...inputs: unknown[]) => unknown> {
  const namespaces = await loadImports(bundle, (ref) => context.load(ref))
  return fromWire(bundle, { ...context, namespace: (ref) => namespaces.get(ref.url) }) as (...inputs: unknown[]) => unknown
}

/** Imports what an encoding needs; namespaces by URL. */
export async function loadImports(bytes: Uint8Array, load: (ref: ModuleExport) => Promise<object>): Promise<Map<string, object>> {
  const refs = importsOf(bytes)
  const namespaces = await Promise.all(refs.map((ref) => load(ref)))
  return new Map(refs.map((ref, i) => [ref.url, namespaces[i]!]))
}
