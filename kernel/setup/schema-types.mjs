// Generates the TypeScript types of what schema/ describes. `node kernel/setup/schema-types.mjs` writes them.
import { compile } from 'json-schema-to-typescript'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = new URL('../..', import.meta.url)

/** Schema to generated file, both from the project's root. */
export const generated = { 'schema/run.v1.schema.json': 'kernel/cluster/record/types.ts' }

/** The TypeScript that a schema file describes. */
export async function typesOf(schemaFile) {
  const schema = JSON.parse(await readFile(new URL(schemaFile, root), 'utf8'))
  const plain = inlined(schema, schema.$defs)
  for (const [name, definition] of Object.entries(schema.$defs)) if (isPrimitive(definition)) delete plain.$defs[name]
  return compile(plain, schema.title, {
    additionalProperties: false,
    bannerComment: `/** Generated from ${schemaFile} by kernel/setup/schema-types.mjs; edit the schema instead. */`,
    maxItems: -1,
    ignoreMinAndMaxItems: true,
    style: { semi: false, singleQuote: true, printWidth: 140, tabWidth: 2 },
    unreachableDefinitions: false,
  })
}

const isPrimitive = (definition) => ['string', 'number', 'integer'].includes(definition.type)

/** A copy in which references to numbers and strings are `number` and `string`: else each would get a type name of its own. */
function inlined(schema, definitions) {
  if (Array.isArray(schema)) return schema.map((part) => inlined(part, definitions))
  if (typeof schema !== 'object' || schema === null) return schema
  const target = typeof schema.$ref === 'string' ? definitions[schema.$ref.replace('#/$defs/', '')] : undefined
  if (target && isPrimitive(target)) {
    return { type: target.type, ...(schema.description && { description: schema.description }) }
  }
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, inlined(part, definitions)]))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [schemaFile, file] of Object.entries(generated)) await writeFile(new URL(file, root), await typesOf(schemaFile))
}
