// The architecture as a lint rule: which folder of kernel/ may import which, and what the extension may take from it, resolved as
// files rather than as text.
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const kernel = join(dirname(fileURLToPath(import.meta.url)), '..')
const extension = join(kernel, '..', 'extension')

/** Layer → what it may import besides itself: layers, or single files (without `.ts`). Packages are free unless said below. */
const layers = {
  protocol: ['errors'],
  magics: ['errors', 'travel/options'],
  scheduler: [],
  planning: [],
  formats: ['errors', 'planning'],
  simulator: ['errors', 'scheduler', 'planning'],
  travel: ['errors'],
  language: ['errors', 'channel', 'platform', 'entry', 'travel', 'planning/problem'],
  cluster: ['errors', 'channel', 'platform', 'entry', 'scheduler', 'planning', 'simulator', 'travel'],
  'command-line': ['errors', 'platform', 'entry', 'protocol/interpreter'],
}
/** The files of a layer that, like those at the top, join parts. */
const joining = [join('command-line', 'run.ts'), join('command-line', 'simulate.ts')]
/** Layers that import no package and none of Node's modules. */
const closed = new Set(['scheduler'])
/** Packages that only one file may import. */
const owners = { zeromq: join('protocol', 'sockets.ts') }
/** Files of cluster/ that the extension may import, without `.ts`. They run in browsers, and so must all that they import. */
const shownByExtension = new Set(
  ['record/read', 'record/types', 'record/column', 'live/types', 'live/apply', 'live/window', 'view/amounts', 'view/picture-style', 'view/summary', 'reduction'].map((name) => `cluster/${name}`),
)
const browserSafe = new Set([...shownByExtension, 'cluster/record/write', 'cluster/view/picture-bars'])
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
      shown: 'Of what is outside it, the extension imports only {{allowed}} of kernel/: not {{to}}.',
      browser: 'This file runs in browsers, too: it may not import {{to}}. What it may is listed in kernel/setup/layers.mjs.',
    },
  },
  create(context) {
    const judges = [
      [kernel, judge],
      [extension, judgeExtension],
    ]
    const [base, judging] = judges.find(([folder]) => !relative(folder, context.filename).startsWith('..')) ?? []
    if (base === undefined) return {}
    const file = relative(base, context.filename)
    const check = (node, typeOnly) => {
      if (node?.type !== 'Literal' || typeof node.value !== 'string') return
      const problem = judging(file, node.value, typeOnly)
      if (problem !== undefined) context.report({ node, ...problem })
    }
    return {
      ImportDeclaration: (node) => check(node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node.source, false),
      TSImportType: (node) => check(node.source ?? node.argument, true),
    }
  },
}

/** `file` is relative to extension/. Only its build runs in Node. */
function judgeExtension(file, specifier) {
  if (!file.startsWith(`src${sep}`)) return undefined
  if (!specifier.startsWith('.')) return specifier.startsWith('node:') ? { messageId: 'browser', data: { to: specifier } } : undefined
  const target = resolve(extension, dirname(file), specifier)
  if (!relative(join(extension, 'src'), target).startsWith('..')) return undefined
  if (shownByExtension.has(nameOf(relative(kernel, target)))) return undefined
  return { messageId: 'shown', data: { to: specifier, allowed: [...shownByExtension].join(', ') } }
}

/** `file` is relative to kernel/. */
function judge(file, specifier, typeOnly) {
  return judgeBrowser(file, specifier, typeOnly) ?? judgeLayer(file, specifier)
}

/** Types alone are gone before anything runs; those of Node's modules are unknown where the extension is checked. */
function judgeBrowser(file, specifier, typeOnly) {
  if (!browserSafe.has(nameOf(file))) return undefined
  const fine = specifier.startsWith('.') ? typeOnly || browserSafe.has(nameOf(relative(kernel, resolve(kernel, dirname(file), specifier)))) : false
  return fine ? undefined : { messageId: 'browser', data: { to: specifier } }
}

/** By which the lists above call a file. */
function nameOf(path) {
  return path.replaceAll(sep, '/').replace(/\.ts$/, '')
}

function judgeLayer(file, specifier) {
  const layer = layerOf(file)
  if (!specifier.startsWith('.')) return judgePackage(file, layer, specifier)
  const target = relative(kernel, resolve(kernel, dirname(file), specifier))
  // The schemas are what messages and records are checked against, wherever that happens.
  if (target.startsWith(join('..', 'schema'))) return undefined
  if (target.startsWith('..')) return layer === '' && !target.startsWith(join('..', 'extension')) ? undefined : { messageId: 'extension', data: { to: specifier } }
  if (layer === '' || layer === 'setup' || joining.includes(file)) return undefined
  const name = nameOf(target)
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
