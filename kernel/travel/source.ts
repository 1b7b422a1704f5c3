/** A function's own source text, parsed: what it needs from outside, and whether it can be evaluated elsewhere. */
import type * as ScopeAnalysis from 'eslint-scope'
import { createRequire } from 'node:module'
import { parseSync } from './oxc.ts'
import type { Form } from './special.ts'

type Scope = ScopeAnalysis.Scope

interface Node {
  readonly type: string
  readonly range: [number, number]
  readonly [field: string]: unknown
}

export interface Source {
  readonly form: Form
  /** As it is evaluated elsewhere: the source itself, but a computed method name is blanked out. */
  readonly text: string
  /** Names that it uses and does not declare. */
  readonly free: readonly string[]
  /** Outer variables that it assigns; `offset` into the text. */
  readonly writes: readonly { readonly name: string; readonly offset: number }[]
  /** Offset of the place that V8 calls the function's location: its parameter list's, or its start. */
  readonly anchor: number
  /** What stands after `extends`. */
  readonly heritage?: { readonly start: number; readonly end: number; readonly name?: string }
  /** Private instance members of a class: its instances cannot be rebuilt without its constructor. */
  readonly privates: readonly string[]
  /** Why it cannot be evaluated elsewhere. */
  readonly refused?: string
}

const load = createRequire(import.meta.url)
let analysis: typeof ScopeAnalysis | undefined

const parsed = new Map<string, Source>()
const mostParsed = 2000

/** Source texts are parsed once: the same cell is run, and the same helper captured, many times. */
export function readSource(text: string): Source {
  let source = parsed.get(text)
  if (source) return source
  source = analyse(text)
  if (parsed.size >= mostParsed) parsed.clear()
  parsed.set(text, source)
  return source
}

function analyse(original: string): Source {
  // As an expression; a method only parses inside an object literal.
  const wrappings = [
    { form: undefined, before: '(', text: original },
    { form: 'method', before: '({', text: blankComputedName(original) },
  ] as const
  let complaint: string | undefined
  for (const { form, before, text } of wrappings) {
    const result = parseSync('function.js', `${before}${text}\n${form ? '}' : ''})`, { sourceType: 'script', lang: 'js', range: true, preserveParens: false })
    if (result.errors.length > 0) {
      complaint ??= result.errors[0]!.message
      continue
    }
    const program = result.program as unknown as Node
    const outer = ((program['body'] as Node[])[0]!['expression'] as Node)
    const node = form ? (outer['properties'] as Node[])[0] : outer
    if (node && (form || /Function|Class/.test(node.type))) return examine(program, node, text, before.length)
  }
  return { form: 'function', text: original, free: [], writes: [], anchor: 0, privates: [], refused: `its source cannot be read as a function by itself${complaint === undefined ? '' : ` (${complaint})`}` }
}

/** `[expression](…) {}`: the name was computed when the object was made, and is set by other means. */
function blankComputedName(text: string): string {
  const start = /^(?:async\b|get\b|set\b|\*|\s)*\[/.exec(text)?.[0].length
  if (start === undefined) return text
  let depth = 1
  let end = start
  for (; end < text.length && depth > 0; end++) depth += text[end] === '[' ? 1 : text[end] === ']' ? -1 : 0
  const inner = text.slice(start, end - 1)
  return `${text.slice(0, start)}1${inner.slice(1).replace(/[^\r\n]/g, ' ')}${text.slice(end - 1)}`
}

function examine(program: Node, node: Node, text: string, before: number): Source {
  // Loaded at first use: workers seldom need it.
  analysis ??= load('eslint-scope') as typeof ScopeAnalysis
  const scopes = analysis.analyze(program as never, { ecmaVersion: 2022, sourceType: 'script' })
  const { through } = scopes.globalScope as Scope
  const heritage = node.type === 'ClassExpression' ? (node['superClass'] as Node | null) : null
  const outside = (offset: number) => !heritage || offset < heritage.range[0] || offset >= heritage.range[1]
  const form = formOf(node)
  const refused = refusal(node, form)
  const body = node.type === 'Property' ? (node['value'] as Node) : node
  const writes = through.filter((reference) => reference.isWrite()).map((reference) => ({ name: reference.identifier.name, offset: (reference.identifier as unknown as Node).range[0] - before }))
  return {
    form,
    text,
    free: [...new Set(through.filter((reference) => outside((reference.identifier as unknown as Node).range[0])).map((reference) => reference.identifier.name))],
    writes: [...writes, ...writesOfOwnName(body, scopes.scopes, before)],
    anchor: anchorOf(node, text, before),
    privates: node.type === 'ClassExpression' ? privateMembers(node) : [],
    ...(heritage && { heritage: { start: heritage.range[0] - before, end: heritage.range[1] - before, ...(heritage.type === 'Identifier' && { name: heritage['name'] as string }) } }),
    ...(refused !== undefined && { refused }),
  }
}

function formOf(node: Node): Form {
  if (node.type === 'ClassExpression') return 'class'
  if (node.type !== 'Property') return 'function'
  return node['kind'] === 'get' ? 'getter' : node['kind'] === 'set' ? 'setter' : 'method'
}

/** A declared function that assigns its own name assigns a variable of the notebook. */
function writesOfOwnName(node: Node, scopes: readonly Scope[], before: number): { name: string; offset: number }[] {
  if (node.type !== 'FunctionExpression' || !node['id']) return []
  const scope = scopes.find((one) => one.type === 'function-expression-name')
  const references = scope?.variables[0]?.references ?? []
  return references.filter((one) => one.isWrite()).map((one) => ({ name: one.identifier.name, offset: (one.identifier as unknown as Node).range[0] - before }))
}

/** V8 places a function at its parameter list, an arrow function at its start, a class at its constructor's parameter list or its start. */
function anchorOf(node: Node, text: string, before: number): number {
  if (node.type === 'Property') return (node['value'] as Node).range[0] - before
  if (node.type === 'ClassExpression') {
    const constructor = ((node['body'] as Node)['body'] as Node[]).find((member) => member.type === 'MethodDefinition' && member['kind'] === 'constructor')
    return constructor ? (constructor['value'] as Node).range[0] - before : 0
  }
  if (node.type === 'ArrowFunctionExpression') return 0
  const id = node['id'] as Node | null
  const from = id ? id.range[1] - before : /^(?:async\b)?\s*function/.exec(text)?.[0].length ?? 0
  const gap = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n|\*)*/.exec(text.slice(from))![0].length
  return from + gap
}

function privateMembers(node: Node): string[] {
  const members = (node['body'] as Node)['body'] as Node[]
  return members
    .filter((member) => member['static'] !== true && (member['key'] as Node | undefined)?.type === 'PrivateIdentifier')
    .map((member) => `#${(member['key'] as Node)['name'] as string}`)
}

/** Whose `this` (with `arguments` and new.target), `super` and private names a piece of code is within. */
interface Within {
  readonly own: boolean
  readonly home: boolean
  readonly classBody: boolean
}

/** Why code that stood where it did means something else, or nothing, when it stands alone. */
function refusal(node: Node, form: Form): string | undefined {
  const visit = (at: Node, within: Within): string | undefined => {
    const found = refusalOf(at, within)
    if (found !== undefined) return found
    for (const [field, child] of Object.entries(at)) {
      if (typeof child !== 'object' || child === null || field === 'range') continue
      const inner = enter(at, field, within, at === node)
      for (const one of Array.isArray(child) ? (child as (Node | null)[]) : [child as Node]) {
        if (!one || typeof one.type !== 'string') continue
        const reason = visit(one, inner)
        if (reason !== undefined) return reason
      }
    }
    return undefined
  }
  return visit(node, { own: node.type !== 'ArrowFunctionExpression', home: form === 'class', classBody: false })
}

function enter(at: Node, field: string, within: Within, outermost: boolean): Within {
  if (at.type === 'ClassExpression' || at.type === 'ClassDeclaration') return field === 'body' ? { ...within, classBody: true } : within
  if (at.type === 'FunctionExpression' || at.type === 'FunctionDeclaration') return { ...within, own: true }
  // Computed names are evaluated outside of the class.
  const member = at.type === 'MethodDefinition' || at.type === 'PropertyDefinition' || at.type === 'AccessorProperty' || at.type === 'StaticBlock'
  if (member && field !== 'key') return { ...within, own: true, home: true }
  if (at.type === 'Property' && field === 'value' && !outermost && (at['method'] === true || at['kind'] !== 'init')) return { ...within, home: true }
  return within
}

function refusalOf(at: Node, { own, home, classBody }: Within): string | undefined {
  if (at.type === 'WithStatement') return 'it uses `with`, so what its names mean is only known while it runs'
  if (at.type === 'CallExpression' && (at['callee'] as Node).type === 'Identifier' && (at['callee'] as Node)['name'] === 'eval') return 'it uses eval(), so what it needs is only known while it runs'
  if (!own && at.type === 'ThisExpression') return 'it is an arrow function that uses `this` of the place where it was made. Pass that object as an argument'
  if (!own && at.type === 'MetaProperty') return 'it is an arrow function that uses new.target of the function around it'
  if (!own && at.type === 'Identifier' && at['name'] === 'arguments') return 'it is an arrow function that uses `arguments` of the function around it. Copy them to a variable first'
  if (!home && at.type === 'Super') return 'it uses `super` of the object or class that it belongs to. Capture that class instead'
  if (!classBody && at.type === 'PrivateIdentifier') return `it uses #${at['name'] as string} of the class that it belongs to. Capture that class instead`
  return undefined
}
