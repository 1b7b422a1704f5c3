import type { Node } from './rewrite.ts'

/** Names that the statements use as values. Names of properties and labels are none; imports declare, and do not use. */
export function valueNames(body: readonly Node[]): Set<string> {
  const names = new Set<string>()
  for (const statement of body) if (statement.type !== 'ImportDeclaration') visit(statement, names)
  return names
}

function visit(node: Node, names: Set<string>): void {
  if (node.type === 'Identifier') names.add(node['name'] as string)
  for (const [field, child] of Object.entries(node)) {
    if (typeof child !== 'object' || child === null || isOnlyName(node, field)) continue
    for (const one of Array.isArray(child) ? (child as (Node | null)[]) : [child as Node]) if (typeof one?.type === 'string') visit(one, names)
  }
}

function isOnlyName(node: Node, field: string): boolean {
  if (field === 'property') return node['computed'] !== true && node.type === 'MemberExpression'
  if (field === 'key') return node['computed'] !== true
  return field === 'label' || field === 'exported'
}
