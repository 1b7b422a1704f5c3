/** Completions at a position of a cell, ordered and described for Jupyter. */
import type typescript from 'typescript'
import { expressionBefore, expressionRange, type Expression } from './expression.ts'
import type { TypeCompletions, TypeMatch } from './messages.ts'
import { withoutPaths, type CellFile } from './program.ts'
import { ts } from './typescript.ts'

/** Longest list that is sent. */
const MOST = 300
/** Types are printed for this many matches, or for this many ms. */
const DESCRIBED = 80
const DESCRIBING = 6
const LONGEST_SIGNATURE = 160

const kinds: Partial<Record<string, string>> = {
  [ts.ScriptElementKind.functionElement]: 'function',
  [ts.ScriptElementKind.localFunctionElement]: 'function',
  [ts.ScriptElementKind.memberFunctionElement]: 'function',
  [ts.ScriptElementKind.classElement]: 'class',
  [ts.ScriptElementKind.localClassElement]: 'class',
  [ts.ScriptElementKind.interfaceElement]: 'interface',
  [ts.ScriptElementKind.typeElement]: 'type',
  [ts.ScriptElementKind.primitiveType]: 'type',
  [ts.ScriptElementKind.typeParameterElement]: 'type',
  [ts.ScriptElementKind.enumElement]: 'enum',
  [ts.ScriptElementKind.enumMemberElement]: 'property',
  [ts.ScriptElementKind.memberVariableElement]: 'property',
  [ts.ScriptElementKind.memberGetAccessorElement]: 'property',
  [ts.ScriptElementKind.memberSetAccessorElement]: 'property',
  [ts.ScriptElementKind.moduleElement]: 'module',
  [ts.ScriptElementKind.externalModuleName]: 'module',
  [ts.ScriptElementKind.keyword]: 'keyword',
  [ts.ScriptElementKind.string]: 'value',
  [ts.ScriptElementKind.scriptElement]: 'path',
  [ts.ScriptElementKind.directory]: 'path',
}

const meanings: readonly [number, string][] = [
  [ts.SymbolFlags.Function, 'function'],
  [ts.SymbolFlags.Class, 'class'],
  [ts.SymbolFlags.Enum, 'enum'],
  [ts.SymbolFlags.Variable, 'variable'],
  [ts.SymbolFlags.Module, 'module'],
  [ts.SymbolFlags.Interface, 'interface'],
  [ts.SymbolFlags.TypeAlias, 'type'],
]

/** The notebook's own names, and what is known of them already. */
export interface OwnNames {
  /** Which run a name comes from; undefined when no cell declared it. */
  origin(name: string): string | undefined
  /** Types as printed, by run and name: a run never changes, and inferring its types anew is most of the work. */
  readonly signatures: Map<string, string | undefined>
}

/** @param patience ms that describing the matches may take */
export function completionsAt(service: typescript.LanguageService, file: CellFile, offset: number, own: OwnNames, patience = DESCRIBING): TypeCompletions {
  const { code, head } = file
  const info = service.getCompletionsAtPosition(file.path, head.length + offset, {
    includeSymbol: true,
    // Only so that members of values that may be undefined are found.
    includeCompletionsWithInsertText: true,
    includeCompletionsForModuleExports: false,
  })
  const program = service.getProgram()!
  const untyped = untypedReceiver(program, file, offset)
  const entries = info ? usable(info, own) : []
  const start = startOf(info, entries, code, head.length, offset)
  const typed = code.slice(start, offset)
  const matching = entries
    .filter((entry) => beginsWith(entry.name, typed))
    .map((entry) => ({ entry, rank: `${entry.name.startsWith(typed) ? 0 : 1}${sortText(program, entry)} ${entry.name}` }))
    .sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .slice(0, MOST)
    .map(({ entry }) => entry)
  const types = describe(program, file, matching, own, patience).map((match) => ({ ...match, start, end: offset }))
  return { matches: matching.map(({ name }) => name), start, end: offset, types, ...(untyped !== undefined && { untyped }) }
}

function usable(info: typescript.CompletionInfo, own: OwnNames): typescript.CompletionEntry[] {
  const names = new Set<string>()
  return info.entries.filter(({ name, insertText, source, kind }) => {
    if (name === '__sluice' && own.origin(name) === undefined) return false
    if (kind === ts.ScriptElementKind.warning || source !== undefined || names.has(name)) return false
    // `?.name` for a value that may be undefined is offered as a name; `["a b"]` would have to replace the dot.
    if (insertText !== undefined && insertText !== name && !insertText.startsWith('?.')) return false
    names.add(name)
    return true
  })
}

/** Strings and paths say what they replace; names replace the word before the cursor. */
function startOf(info: typescript.CompletionInfo | undefined, entries: typescript.CompletionEntry[], code: string, head: number, offset: number): number {
  const literal = entries.find(({ replacementSpan, insertText }) => replacementSpan && insertText === undefined)?.replacementSpan
  const span = literal ?? info?.optionalReplacementSpan
  if (span && span.start >= head && span.start <= head + offset) return span.start - head
  return offset - /[\p{ID_Continue}$\u200c\u200d]*$/u.exec(code.slice(0, offset))![0].length
}

function beginsWith(name: string, typed: string): boolean {
  return name.slice(0, typed.length).toLowerCase() === typed.toLowerCase()
}

/** TypeScript's own order, but what Sluice brings stands before the other globals. */
function sortText(program: typescript.Program, { sortText: text, symbol }: typescript.CompletionEntry): string {
  if (text !== '15' || !symbol) return text
  const file = symbol.declarations?.[0]?.getSourceFile().fileName
  return file !== undefined && program.getRootFileNames()[0] === file ? '14' : text
}

function describe(program: typescript.Program, file: CellFile, entries: typescript.CompletionEntry[], own: OwnNames, patience: number): Omit<TypeMatch, 'start' | 'end'>[] {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file.path)!
  const until = performance.now() + patience
  return entries.map(({ name, kind, symbol }, i) => {
    const type = kinds[kind] ?? kindOf(checker, symbol)
    if (!symbol || i >= DESCRIBED) return { text: name, type }
    const declared = symbol.declarations?.[0]
    const origin = declared && declared.getSourceFile() === source && declared.end <= file.head.length ? own.origin(name) : undefined
    const key = origin && `${origin} ${name}`
    let signature = key && own.signatures.get(key)
    if (!(key && own.signatures.has(key)) && performance.now() < until) {
      signature = signatureOf(checker, symbol, source)
      if (key) own.signatures.set(key, signature)
    }
    return { text: name, type, ...(signature && { signature }) }
  })
}

/** Of an imported name, what it stands for. */
function kindOf(checker: typescript.TypeChecker, alias: typescript.Symbol | undefined): string {
  if (!alias || !(alias.flags & ts.SymbolFlags.Alias)) return 'variable'
  const { flags } = checker.getAliasedSymbol(alias)
  return meanings.find(([mask]) => flags & mask)?.[1] ?? 'variable'
}

function signatureOf(checker: typescript.TypeChecker, alias: typescript.Symbol, source: typescript.SourceFile): string | undefined {
  const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
  if (!(symbol.flags & ts.SymbolFlags.Value)) {
    const type = symbol.flags & ts.SymbolFlags.TypeAlias ? checker.getDeclaredTypeOfSymbol(symbol) : undefined
    return type && shorten(checker.typeToString(type, source, ts.TypeFormatFlags.InTypeAlias))
  }
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Enum | ts.SymbolFlags.Module)) return undefined
  const type = checker.getTypeOfSymbolAtLocation(symbol, source)
  const [first, ...more] = type.getCallSignatures()
  if (!first) return shorten(checker.typeToString(type, source))
  const overloads = more.length > 0 ? ` (+${more.length} overload${more.length > 1 ? 's' : ''})` : ''
  return shorten(checker.signatureToString(first, source)) + overloads
}

function shorten(text: string): string {
  const clean = withoutPaths(text)
  return clean.length > LONGEST_SIGNATURE ? `${clean.slice(0, LONGEST_SIGNATURE - 1)}…` : clean
}

/** The expression whose members are asked for, when it is an `any` that a live value stands behind. */
function untypedReceiver(program: typescript.Program, { path, head, code }: CellFile, offset: number): string | undefined {
  const range = expressionRange(code, offset)
  if (!range) return undefined
  const node = nodeAt(program.getSourceFile(path)!, { start: range.start + head.length, end: range.end + head.length })
  const checker = program.getTypeChecker()
  if (!node || !(checker.getTypeAtLocation(node).flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown))) return undefined
  return isLocal(checker, node) ? undefined : expressionBefore(code, offset)?.expression
}

/** The outermost expression that ends where the range ends and does not begin before it. */
function nodeAt(source: typescript.SourceFile, { start, end }: Expression): typescript.Expression | undefined {
  const visit = (node: typescript.Node): typescript.Expression | undefined => {
    if (node.pos > start || node.end < end) return undefined
    if (node.end === end && node.getStart(source) === start && ts.isExpression(node)) return node
    return ts.forEachChild(node, visit)
  }
  return visit(source)
}

/** Whether the expression begins with a name that exists only while a function runs, so that the session has no value of it. */
function isLocal(checker: typescript.TypeChecker, node: typescript.Expression): boolean {
  let root = node
  while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root) || ts.isNonNullExpression(root)) root = root.expression
  let scope: typescript.Node | undefined = checker.getSymbolAtLocation(root)?.declarations?.[0]
  while (scope && !ts.isFunctionLike(scope)) scope = scope.parent
  return scope !== undefined
}
