// Generates the TypeScript types of what schema/ describes. `node kernel/setup/schema-types.mjs` writes them.
import { compile } from 'json-schema-to-typescript'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../..', import.meta.url)

/** Schema to generated file, both from the project's root. A schema may refer to those before it. */
export const generated = {
  'schema/run.v1.schema.json': 'kernel/cluster/record/types.ts',
  'schema/live.v1.schema.json': 'kernel/cluster/live/types.ts',
}

/** The TypeScript that a schema file describes. What it takes from another schema is imported from that one's types. */
export async function typesOf(schemaFile) {
  const schema = await read(schemaFile)
  const others = []
  for (const other of Object.keys(generated).slice(0, Object.keys(generated).indexOf(schemaFile))) others.push({ schema: await read(other), file: generated[other] })
  const definitions = Object.assign({}, ...others.map((other) => ({ ...other.schema.$defs, [other.schema.title]: rootOf(other.schema) })), schema.$defs)
  const plain = inlined({ ...schema, $defs: definitions }, definitions, others)
  for (const [name, definition] of Object.entries(definitions)) if (isPrimitive(definition)) delete plain.$defs[name]
  const text = await compile(plain, schema.title, {
    additionalProperties: false,
    bannerComment: `/** Generated from ${schemaFile} by kernel/setup/schema-types.mjs; edit the schema instead. */`,
    maxItems: -1,
    ignoreMinAndMaxItems: true,
    style: { semi: false, singleQuote: true, printWidth: 140, tabWidth: 2 },
    unreachableDefinitions: false,
  })
  return imported(text, others, dirname(generated[schemaFile]))
}

async function read(schemaFile) {
  return JSON.parse(await readFile(new URL(schemaFile, root), 'utf8'))
}

const rootOf = ({ $schema, $id, $defs, ...rest }) => rest
const isPrimitive = (definition) => ['string', 'number', 'integer'].includes(definition.type)

/** A copy in which references to numbers and strings are `number` and `string`: else each would get a type name of its own. */
function inlined(schema, definitions, others) {
  if (Array.isArray(schema)) return schema.map((part) => inlined(part, definitions, others))
  if (typeof schema !== 'object' || schema === null) return schema
  if (typeof schema.$ref === 'string') {
    const other = others.find((one) => schema.$ref.startsWith(one.schema.$id))
    const name = schema.$ref.replace(/^.*#\/\$defs\//, '')
    const found = other && schema.$ref === other.schema.$id ? other.schema.title : name
    const target = definitions[found]
    // A described reference to an object would become a type of its own, too.
    if (!isPrimitive(target)) return { $ref: `#/$defs/${found}` }
    return { type: target.type, ...(schema.description && { description: schema.description }) }
  }
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, inlined(part, definitions, others)]))
}

/** Declarations that stand in another schema's file already are imported from there. */
async function imported(text, others, folder) {
  const declaration = /(?:^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export (?:interface|type) (\w+)\b(?:(?!^export |^\/\*\*)[\s\S])*/gm
  const imports = []
  for (const { file } of others) {
    const there = new Set([...(await readFile(new URL(file, root), 'utf8')).matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name))
    const used = new Set()
    text = text.replace(declaration, (whole, name) => (there.has(name) ? (used.add(name), '') : whole))
    const needed = [...used].filter((name) => new RegExp(`\\b${name}\\b`).test(text)).sort()
    if (needed.length > 0) imports.push(`import type { ${needed.join(', ')} } from '${relative(folder, file)}'\n`)
  }
  return imports.length === 0 ? text : text.replace('*/\n', `*/\n${imports.join('')}\n`)
}

function relative(folder, file) {
  const path = posix.relative(folder, file)
  return path.startsWith('.') ? path : `./${path}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [schemaFile, file] of Object.entries(generated)) await writeFile(new URL(file, root), await typesOf(schemaFile))
}
