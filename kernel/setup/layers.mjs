// The architecture as a lint rule: which folder of kernel/ may import which, resolved as files rather than as text.
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const kernel = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Layer → what it may import besides itself: layers, or single files (without `.ts`). Packages are free unless said below. */
const layers = {
  protocol: ['errors'],
  magics: ['errors', 'travel/options'],
  scheduler: [],
  travel: ['errors'],
  language: ['errors', 'channel', 'platform', 'entry', 'travel'],
  cluster: ['errors', 'channel', 'platform', 'entry', 'scheduler', 'travel'],
  'command-line': ['errors', 'platform', 'entry', 'protocol/interpreter'],
}
/** The files of a layer that, like those at the top, join parts. */
const joining = [join('command-line', 'run.ts')]
/** Layers that import no package and none of Node's modules. */
const closed = new Set(['scheduler'])
/** Packages that only one file may import. */
const owners = { zeromq: join('protocol', 'sockets.ts') }
const vagueNames = new Set(['utils', 'util', 'common', 'helpers', 'helper', 'manager', 'core', 'misc', 'shared'])

export const imports = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      layer: '{{from}}/ may not import {{to}}: it may import {{allowed}}. Join parts in a file at the top of kernel/.',
      outside: '{{from}}/ imports nothing outside itself: not {{to}}.',
      owner: 'Only kernel/{{owner}} imports {{to}}.',
      extension: 'kernel/ may not import {{to}}, which is outside it.',
    },
  },
  create(context) {
    const file = relative(kernel, context.filename)
    if (file.startsWith('..')) return {}
    const check = (node) => {
      if (node?.type !== 'Literal' || typeof node.value !== 'string') return
      const problem = judge(file, node.value)
      if (problem !== undefined) context.report({ node, ...problem })
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument),
    }
  },
}

/** `file` is relative to kernel/. */
function judge(file, specifier) {
  const layer = layerOf(file)
  if (!specifier.startsWith('.')) return judgePackage(file, layer, specifier)
  const target = relative(kernel, resolve(kernel, dirname(file), specifier))
  // The schemas are what messages and records are checked against, wherever that happens.
  if (target.startsWith(join('..', 'schema'))) return undefined
  if (target.startsWith('..')) return layer === '' ? undefined : { messageId: 'extension', data: { to: specifier } }
  if (layer === '' || layer === 'setup' || joining.includes(file)) return undefined
  const name = target.replaceAll(sep, '/').replace(/\.ts$/, '')
  const to = layerOf(target) || name
  const allowed = layers[layer] ?? []
  if (to === layer || allowed.includes(to) || allowed.includes(name)) return undefined
  return { messageId: 'layer', data: { from: layer, to, allowed: [...allowed, 'itself'].join(', ') } }
}

function judgePackage(file, layer, specifier) {
  if (closed.has(layer)) return { messageId: 'outside', data: { from: layer, to: specifier } }
  const owner = owners[specifier.split('/')[0]]
  if (owner !== undefined && owner !== file) return { messageId: 'owner', data: { owner, to: specifier } }
  return undefined
}

/** The folder of kernel/ that a file is in; empty for those at the top. */
function layerOf(file) {
  return file.includes(sep) ? file.split(sep)[0] : ''
}

/** Folders and files are called by what is in them. */
export const names = {
  meta: { type: 'problem', schema: [], messages: { vague: '"{{name}}" says nothing of what is in it: name it by its noun.' } },
  create(context) {
    const parts = relative(join(kernel, '..'), context.filename).split(sep)
    const name = parts.map((part) => part.split('.')[0]).find((part) => vagueNames.has(part))
    return name === undefined ? {} : { Program: (node) => context.report({ node, messageId: 'vague', data: { name } }) }
  },
}
