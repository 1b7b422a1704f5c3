/** Errors as they are shown: stacks in the user's own lines, without the frames below the cell. */
import { inspect, types } from 'node:util'
import { isInternalFrame } from '../entry.ts'
import { UserError } from '../errors.ts'
import type { Sources } from '../travel/sources.ts'
import type { ShownError } from './messages.ts'

const longestLine = 2000
const mostLines = 300
const shape = { depth: 4, maxArrayLength: 50, maxStringLength: 10_000 }

/** From now on every stack is in the user's lines, also where a cell prints it itself. */
export function mapStacks(sources: Sources): void {
  Error.prepareStackTrace = (error, frames) => cleanStack([header(error), ...frames.map((frame) => `    at ${frame.toString()}`)].join('\n'), sources)
}

/** As V8 begins a stack. A hostile `toString` must not make the error unshowable. */
function header(error: Error): string {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return '[object]'
  }
}

/** Positions mapped; Sluice's own frames, and Node's that led to the cell, left out. */
export function cleanStack(stack: string, sources: Sources): string {
  return sources
    .map(stack)
    .split('\n')
    .filter((line) => !isInternalFrame(line))
    .join('\n')
}

/** Any thrown value, as Jupyter shows it. `name` and `message` are plain; colours are in the traceback only. */
export function showError(error: unknown, sources: Sources): ShownError {
  try {
    return types.isNativeError(error) ? shown(error, sources) : thrown(error)
  } catch (reason) {
    // Its own inspection threw.
    return { name: 'Error', message: 'An error that cannot be shown', traceback: [`An error was thrown that cannot be shown: ${String(reason)}`] }
  }
}

function shown(error: Error, sources: Sources): ShownError {
  const name = typeof error.name === 'string' && error.name !== '' ? error.name : 'Error'
  const message = String(error.message)
  // What users can mend is told in words; the fields of such an error are for programs.
  const text = error instanceof UserError ? String(error.stack) : inspect(error, { ...shape, colors: true })
  return { name, message, traceback: lines(coloured(cleanStack(text, sources), name)) }
}

/** The name in red, wherever the first line has it. */
function coloured(text: string, name: string): string {
  return text.startsWith(name) ? `\x1b[31m${name}\x1b[39m${text.slice(name.length)}` : text
}

function thrown(value: unknown): ShownError {
  return { name: 'Uncaught', message: inspect(value, shape), traceback: lines(`\x1b[31mUncaught\x1b[39m ${inspect(value, { ...shape, colors: true })}`) }
}

function lines(text: string): string[] {
  const all = text.split('\n').map((line) => (line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`))
  return all.length <= mostLines ? all : [...all.slice(0, mostLines), `… ${all.length - mostLines} more lines`]
}
