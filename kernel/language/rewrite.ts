/** A cell as V8's REPL mode can evaluate it: no import or export, and the last expression given to `__sluice.result`. Pure. */
import type { StaticImport } from 'oxc-parser'
import { parseSync } from '../travel/oxc.ts'
import { placed, positionAt } from '../travel/source-error.ts'
import { following, type Position } from '../travel/sources.ts'
import { transpile, type Transpiled } from '../travel/transpile.ts'
import { Edits } from './edits.ts'
import { valueNames } from './value-names.ts'

export interface Rewritten {
  readonly code: string
  /** Where a position of `code` stands in the cell. */
  original(position: Position): Position
}

/** A statement or expression of the parsed cell; offsets are UTF-16. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/**
 * @param shown how errors call the cell: `Cell [3]`
 * @throws SyntaxError when the cell is not TypeScript
 */
export function rewrite(source: string, shown: string): Rewritten {
  const { transpiled, shift } = transpileCell(source, shown)
  const js = transpiled.code
  const { program, module, errors } = parseSync('cell.js', js, { sourceType: 'module', lang: 'js', preserveParens: false })
  const follow = following(transpiled.map)
  const inCell = (position: Position): Position => {
    const { line, column } = follow(position)
    return line === 1 ? { line, column: Math.max(1, column - shift) } : { line, column }
  }
  if (errors[0]) throw placed(new SyntaxError(errors[0].message), shown, source, inCell(positionAt(js, errors[0].labels[0]?.start ?? 0)))

  const edits = new Edits(js)
  const body = program.body as unknown as Node[]
  const used = module.staticImports.some((one) => one.entries.length > 0) ? valueNames(body) : new Set<string>()
  for (const one of module.staticImports) replaceImport(edits, one, body, used)
  for (const one of module.dynamicImports) edits.replace(one.start, one.start + 'import'.length, '__sluice.import')
  for (const one of module.importMetas) edits.replace(one.start, one.end, '__sluice.meta')
  for (const statement of body) replaceExport(edits, statement)
  giveResult(edits, body.at(-1))
  return { code: edits.toString(), original: (position) => inCell(positionAt(js, edits.original(position))) }
}

/** `{ a: 1 }` alone is an object, as in Node's own REPL, unless it only makes sense as a block. */
function transpileCell(source: string, shown: string): { transpiled: Transpiled; shift: number } {
  const text = source.trim()
  if (text.startsWith('{') && text.endsWith('}')) {
    try {
      return { transpiled: transpile(shown, `(${source}\n)`, 'kept'), shift: 1 }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  return { transpiled: transpile(shown, source, 'kept'), shift: 0 }
}

/**
 * `import a, { b as c } from 'x'` becomes `const { default: a, b: c } = await __sluice.import('x', …)`, where it
 * stands: a magic above it may install the package. What is used as a value must be exported; the rest may be types.
 */
function replaceImport(edits: Edits, one: StaticImport, body: readonly Node[], used: ReadonlySet<string>): void {
  const statement = body.find((node) => node.start === one.start)!
  const names = one.entries.filter((entry) => entry.importName.kind !== 'NamespaceObject')
  const space = one.entries.find((entry) => entry.importName.kind === 'NamespaceObject')
  const exported = (entry: (typeof names)[number]) => (entry.importName.kind === 'Default' ? 'default' : entry.importName.name!)
  const required = names.filter((entry) => used.has(entry.localName.value)).map(exported)
  const attributes = attributesOf(statement)
  const options = [...(attributes ? [`with: ${attributes}`] : []), ...(required.length > 0 ? [`names: ${JSON.stringify(required)}`] : [])]
  const call = `await __sluice.import(${JSON.stringify(one.moduleRequest.value)}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`
  const pattern = `{ ${names.map((entry) => `${JSON.stringify(exported(entry))}: ${entry.localName.value}`).join(', ')} }`
  if (space && names.length > 0) edits.replace(statement.start, statement.end, `const ${space.localName.value} = ${call}, ${pattern} = ${space.localName.value};`)
  else if (space) edits.replace(statement.start, statement.end, `const ${space.localName.value} = ${call};`)
  else if (names.length > 0) edits.replace(statement.start, statement.end, `const ${pattern} = ${call};`)
  else edits.replace(statement.start, statement.end, `${call};`)
}

function attributesOf(statement: Node): string | undefined {
  const attributes = (statement['attributes'] ?? []) as { key: { name?: string; value?: string }; value: { value: string } }[]
  if (attributes.length === 0) return undefined
  return JSON.stringify(Object.fromEntries(attributes.map(({ key, value }) => [key.name ?? key.value!, value.value])))
}

/** What a cell exports is simply declared; what it exports of another module is imported for its effects. */
function replaceExport(edits: Edits, statement: Node): void {
  const declaration = statement['declaration'] as Node | null | undefined
  const from = statement['source'] as { value: string } | null | undefined
  if (statement.type === 'ExportAllDeclaration' || (statement.type === 'ExportNamedDeclaration' && from)) {
    edits.replace(statement.start, statement.end, `await __sluice.import(${JSON.stringify(from!.value)});`)
  } else if (statement.type === 'ExportNamedDeclaration' && declaration) {
    edits.replace(statement.start, declaration.start, '')
  } else if (statement.type === 'ExportNamedDeclaration') {
    edits.replace(statement.start, statement.end, '')
  } else if (statement.type === 'ExportDefaultDeclaration' && isNamed(declaration!)) {
    edits.replace(statement.start, declaration!.start, '')
  } else if (statement.type === 'ExportDefaultDeclaration') {
    edits.replace(statement.start, declaration!.start, '(')
    edits.insert(declaration!.end, ')')
  }
}

function isNamed(declaration: Node): boolean {
  return /^(?:Function|Class)Declaration$/.test(declaration.type) && declaration['id'] !== null
}

function giveResult(edits: Edits, last: Node | undefined): void {
  if (!last) return
  if (last.type === 'ExpressionStatement' && !isDecorating(last['expression'] as Node)) wrap(edits, last['expression'] as Node, last)
  // `using` puts the rest of the cell into a block of its own.
  if (last.type === 'TryStatement' && isUsing(last)) giveResult(edits, ((last['block'] as Node)['body'] as Node[]).at(-1))
}

function wrap(edits: Edits, expression: Node, statement: Node): void {
  edits.insert(statement.start, '__sluice.result((')
  // Parentheses around the expression belong to the statement only, so the result ends where the statement does.
  const semicolon = edits.source[statement.end - 1] === ';' ? statement.end - 1 : statement.end
  edits.insert(Math.max(semicolon, expression.end), '))')
}

/** What a decorated class is turned into is no expression of the user's. */
function isDecorating(expression: Node): boolean {
  const call = (expression.type === 'AssignmentExpression' ? expression['right'] : expression) as Node
  const callee = (call.type === 'CallExpression' ? call['callee'] : undefined) as { object?: { name?: string } } | undefined
  return callee?.object?.name === 'babelHelpers'
}

function isUsing(statement: Node): boolean {
  const first = ((statement['block'] as Node)['body'] as Node[])[0]
  const declared = (first?.['declarations'] as Node[] | undefined)?.[0]
  return ((declared?.['id'] as Node | undefined)?.['name'] as string | undefined)?.startsWith('_usingCtx') === true
}
