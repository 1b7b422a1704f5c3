/** What a cell declares and what it mentions, by its syntax alone. Pure. */
import type typescript from 'typescript'
import { ts } from './typescript.ts'

/** How a later cell can bring a name in: `assignable` for let and var, `fixed` for every other value, `none` for a type. */
export type ValueMeaning = 'assignable' | 'fixed' | 'none'

export interface DeclaredName {
  readonly name: string
  readonly value: ValueMeaning
  /** Declares a type (a class or an enum does both). */
  readonly type: boolean
  /** The doc comment above it, as it stands. */
  readonly docs?: string
  /** The cell itself exports it. */
  readonly exported: boolean
}

export interface Names {
  readonly declared: ReadonlyMap<string, DeclaredName>
  /** Every identifier of the cell but those after a dot: more than it refers to, never less. */
  readonly mentioned: ReadonlySet<string>
  /** Holds a `declare global` or `declare module '…'`, which hold for all later cells. */
  readonly augments: boolean
}

export function namesOf(code: string): Names {
  const source = ts.createSourceFile('cell.ts', code, { languageVersion: ts.ScriptTarget.ESNext, jsDocParsingMode: ts.JSDocParsingMode.ParseNone })
  const declared = new Map<string, DeclaredName>()
  const add = (name: typescript.BindingName | undefined, statement: typescript.Statement, value: ValueMeaning, type: boolean) => {
    for (const id of namesIn(name)) {
      const before = declared.get(id)
      const docs = docsOf(source, statement) ?? before?.docs
      declared.set(id, {
        name: id,
        value: value === 'none' && before ? before.value : value,
        type: type || before?.type === true,
        exported: isExported(statement) || before?.exported === true,
        ...(docs !== undefined && { docs }),
      })
    }
  }
  let augments = false
  for (const statement of source.statements) {
    if (ts.isModuleDeclaration(statement) && !ts.isIdentifier(statement.name)) augments = true
    else if (ts.isModuleDeclaration(statement) && statement.name.text === 'global') augments = true
    else declare(statement, add)
  }
  return { declared, mentioned: mentionedIn(source), augments }
}

type Add = (name: typescript.BindingName | undefined, statement: typescript.Statement, value: ValueMeaning, type: boolean) => void

function declare(statement: typescript.Statement, add: Add): void {
  if (ts.isVariableStatement(statement)) {
    const value = statement.declarationList.flags & ts.NodeFlags.Const ? 'fixed' : 'assignable'
    for (const { name } of statement.declarationList.declarations) add(name, statement, value, false)
  } else if (ts.isFunctionDeclaration(statement)) add(statement.name, statement, 'fixed', false)
  else if (ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) add(statement.name, statement, 'fixed', true)
  else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) add(statement.name, statement, 'none', true)
  else if (ts.isModuleDeclaration(statement)) add(statement.name as typescript.Identifier, statement, 'fixed', true)
  else if (ts.isImportEqualsDeclaration(statement)) add(statement.name, statement, 'fixed', true)
  else if (ts.isImportDeclaration(statement)) declareImports(statement, add)
  else declareHoisted(statement, statement, add)
}

function declareImports(statement: typescript.ImportDeclaration, add: Add): void {
  const clause = statement.importClause
  add(clause?.name, statement, 'fixed', true)
  const bindings = clause?.namedBindings
  if (bindings && ts.isNamespaceImport(bindings)) add(bindings.name, statement, 'fixed', true)
  else for (const { name } of bindings?.elements ?? []) add(name, statement, 'fixed', true)
}

/** `var` within blocks, loops and branches belongs to the cell. */
function declareHoisted(node: typescript.Node, statement: typescript.Statement, add: Add): void {
  if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return
  if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)) {
    for (const { name } of node.declarations) add(name, statement, 'assignable', false)
  }
  ts.forEachChild(node, (child) => declareHoisted(child, statement, add))
}

function namesIn(name: typescript.BindingName | undefined): string[] {
  if (!name) return []
  if (ts.isIdentifier(name)) return name.text === '' ? [] : [name.text]
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : namesIn(element.name)))
}

function docsOf(source: typescript.SourceFile, statement: typescript.Statement): string | undefined {
  const comments = ts.getLeadingCommentRanges(source.text, statement.pos) ?? []
  const texts = comments.map(({ pos, end }) => source.text.slice(pos, end))
  return texts.findLast((text) => text.startsWith('/**'))
}

function isExported(statement: typescript.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function mentionedIn(source: typescript.SourceFile): Set<string> {
  const mentioned = new Set<string>()
  const visit = (node: typescript.Node) => {
    if (ts.isIdentifier(node)) mentioned.add(node.text)
    if (ts.isPropertyAccessExpression(node)) visit(node.expression)
    else ts.forEachChild(node, visit)
  }
  visit(source)
  return mentioned
}
