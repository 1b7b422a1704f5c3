/** What TypeScript finds wrong with a cell that ran, less what makes no sense in a notebook. */
import type typescript from 'typescript'
import type { TypeDiagnostic } from './messages.ts'
import { withoutPaths, type CellFile } from './program.ts'
import { ts } from './typescript.ts'

/** Implicit `any`s: noise, unless the project's own options ask for them. */
const implicitAny = new Set([
  7005, 7006, 7008, 7009, 7010, 7011, 7012, 7013, 7014, 7015, 7017, 7018, 7019, 7020, 7022, 7023, 7024, 7025, 7026, 7031, 7032, 7033, 7034, 7036, 7041,
  7051, 7052, 7053, 7054, 7055, 7056, 7057,
])

/** Never told: a matter of how the program is put together, not of the user's code. */
const pointless = new Set([
  2440, // import conflicts with local declaration: a cell may declare anew what an earlier one did
  2632, // cannot assign to an import: functions and classes of earlier cells come as imports
  2669, 2670, // augmentations of the global scope need a module
  7016, // a JavaScript package without types
  7005, 7034, // a variable without a type, whose values later cells give it
])

/** A package or file was not found, or has no types: running the cell again may find it. */
const missing = new Set([2307, 2732, 2792, 2882, 7016])

export interface Diagnosis {
  readonly diagnostics: TypeDiagnostic[]
  /** Not every module the cell imports was found. */
  readonly incomplete: boolean
}

/**
 * @param strict whether implicit `any`s are told
 * @throws ts.OperationCanceledException when the host's token says so
 */
export function diagnose(service: typescript.LanguageService, file: CellFile, strict: boolean): Diagnosis {
  if (/^\s*\/\/\s*@ts-nocheck\b/.test(file.code)) return { diagnostics: [], incomplete: false }
  const syntactic = service.getSyntacticDiagnostics(file.path)
  // What does not parse has no types to speak of.
  const all = syntactic.length > 0 ? syntactic : service.getSemanticDiagnostics(file.path)
  const told = all.filter((one) => isInCell(one, file) && !pointless.has(one.code) && (strict || !implicitAny.has(one.code)))
  return { diagnostics: told.map((one) => shown(one, file)), incomplete: all.some(({ code }) => missing.has(code)) }
}

function isInCell({ start }: typescript.Diagnostic, { head, code }: CellFile): boolean {
  return start !== undefined && start >= head.length && start <= head.length + code.length
}

function shown(one: typescript.Diagnostic, { head, code }: CellFile): TypeDiagnostic {
  const from = one.start! - head.length
  const start = place(code, from)
  const end = place(code, Math.min(code.length, from + (one.length ?? 0)))
  return {
    ...start,
    endLine: end.line,
    endColumn: end.column,
    message: withoutPaths(ts.flattenDiagnosticMessageText(one.messageText, '\n')),
    code: one.code,
    category: one.category === ts.DiagnosticCategory.Error ? 'error' : one.category === ts.DiagnosticCategory.Warning ? 'warning' : 'suggestion',
  }
}

function place(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}
