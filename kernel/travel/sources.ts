/** Where generated code came from: positions in stacks are turned into the user's own lines when an error is shown. */
import type { SourceMap } from 'oxc-transform'
import { createRequire } from 'node:module'
import type * as TraceMapping from '@jridgewell/trace-mapping'

/** 1-based line and column. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Source {
  /** How the user knows it: `Cell [3]`, or a file's path. */
  readonly shown: string
  /** Where a position of the generated code stands in the user's; itself when nothing tells. */
  original(position: Position): Position
}

/** A generated script's name as it stands in stacks: a cell's, or a local module's URL with its version. */
const positions = /(cell-[\w.-]+\.js|file:\/\/[^\s()]+\?v=[0-9a-f]+):(\d+):(\d+)/g

export class Sources {
  readonly #sources = new Map<string, Source>()

  /** `name`: what the generated script is called in stacks. */
  add(name: string, source: Source): void {
    this.#sources.set(name, source)
  }

  get(name: string): Source | undefined {
    return this.#sources.get(name)
  }

  /** `Cell [3]:2:5` for a position of a generated script, unless it is unknown. */
  place(name: string, line: number, column: number): string | undefined {
    const source = this.#sources.get(name)
    if (!source) return undefined
    const original = source.original({ line, column })
    return `${source.shown}:${original.line}:${original.column}`
  }

  /** A stack (or any text) with every known position mapped. What is mapped already stays as it is. */
  map(stack: string): string {
    return stack.replace(positions, (text, name: string, line: string, column: string) => this.place(name, Number(line), Number(column)) ?? text)
  }
}

const load = createRequire(import.meta.url)
let tracing: typeof TraceMapping | undefined

/** Follows a source map, which is parsed at the first question. */
export function following(map: SourceMap): (position: Position) => Position {
  let trace: TraceMapping.TraceMap | undefined
  return ({ line, column }) => {
    tracing ??= load('@jridgewell/trace-mapping') as typeof TraceMapping
    trace ??= new tracing.TraceMap(map as never)
    const found = tracing.originalPositionFor(trace, { line, column: column - 1 })
    return found.line === null ? { line, column } : { line: found.line, column: found.column + 1 }
  }
}
