/** What a body threw, in the form in which it travels. */
import { inspect, types } from 'node:util'
import { isInternalFrame } from '../entry.ts'
import type { TaskError, Wire } from '../travel/declaration.ts'

/** Bytes of text kept of a message and of a stack. */
const TEXT_LIMIT = 16 * 1024
/** An encoded thrown value that is larger stays behind; its name, message and stack do not. Bytes. */
const VALUE_LIMIT = 256 * 1024
/** Causes shown behind an error's own stack. */
const CAUSES = 5

/** `encode` is tried on the thrown value; whatever it refuses stays behind. */
export function taskError(thrown: unknown, encode?: (value: unknown) => Wire): TaskError {
  const described = isError(thrown) ? fromError(thrown) : fromOther(thrown)
  if (encode === undefined) return described
  try {
    const value = encode(thrown)
    const size = typeof value === 'string' || value instanceof Uint8Array ? value.length : 0
    return size <= VALUE_LIMIT ? { ...described, value } : described
  } catch {
    return described
  }
}

function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown)
}

function fromError(error: Error): TaskError {
  return {
    name: bounded(read(() => String(error.name)) || 'Error'),
    message: bounded(read(() => String(error.message))),
    stack: bounded(read(() => stackWithCauses(error))),
  }
}

function fromOther(thrown: unknown): TaskError {
  const message = typeof thrown === 'string' ? thrown : read(() => inspect(thrown, { depth: 2 }))
  return { name: 'Error', message: bounded(message), stack: '' }
}

function stackWithCauses(error: Error): string {
  let text = String(error.stack ?? '')
  let cause = error.cause
  for (let depth = 0; cause !== undefined && depth < CAUSES; depth++) {
    text += `\n[cause]: ${isError(cause) ? String(cause.stack ?? cause.message) : inspect(cause, { depth: 2 })}`
    cause = isError(cause) ? cause.cause : undefined
  }
  return text.split('\n').filter((line) => !isInternalFrame(line)).join('\n')
}

/** An error's properties may be getters of the user's, which may throw. */
function read(get: () => string): string {
  try {
    return get()
  } catch {
    return ''
  }
}

function bounded(text: string): string {
  return text.length <= TEXT_LIMIT ? text : `${text.slice(0, TEXT_LIMIT)} … (${text.length - TEXT_LIMIT} more characters)`
}
