/** What Shift-Tab shows: the type, the documentation, and with more detail the source of what stands at a position. */
import type typescript from 'typescript'
import type { TypeInspection } from './messages.ts'
import { withoutPaths, type CellFile } from './program.ts'
import { ts } from './typescript.ts'

/** Longest source that is shown, lines. */
const LONGEST_SOURCE = 80

interface Description {
  readonly signature: string
  readonly documentation: string
  readonly tags: readonly typescript.JSDocTagInfo[]
  readonly source?: string
}

export function inspectionAt(service: typescript.LanguageService, file: CellFile, offset: number, detail: 0 | 1): TypeInspection | undefined {
  const position = file.head.length + offset
  const found = nameAt(service, file, position, detail) ?? callAround(service, file, position)
  return found && { markdown: asMarkdown(found), text: asText(found) }
}

/** The name that the cursor touches. */
function nameAt(service: typescript.LanguageService, file: CellFile, position: number, detail: 0 | 1): Description | undefined {
  const info = service.getQuickInfoAtPosition(file.path, position)
  if (!info?.displayParts || info.textSpan.start < file.head.length) return undefined
  const source = detail === 1 ? sourceOf(service, file, position) : undefined
  return {
    signature: clean(text(info.displayParts)),
    documentation: text(info.documentation),
    tags: info.tags ?? [],
    ...(source !== undefined && { source }),
  }
}

/** The function within whose parentheses the cursor is. */
function callAround(service: typescript.LanguageService, file: CellFile, position: number): Description | undefined {
  const help = service.getSignatureHelpItems(file.path, position, undefined)
  const item = help?.items[help.selectedItemIndex]
  if (!help || !item) return undefined
  const [before, after, between] = [item.prefixDisplayParts, item.suffixDisplayParts, item.separatorDisplayParts].map(text)
  const overloads = help.items.length > 1 ? `\n// overload ${help.selectedItemIndex + 1} of ${help.items.length}` : ''
  const argument = item.parameters[help.argumentIndex]
  const about = argument && text(argument.documentation) !== '' ? `\n\n${argument.name}: ${text(argument.documentation)}` : ''
  return {
    signature: clean(before + item.parameters.map(({ displayParts }) => text(displayParts)).join(between) + after) + overloads,
    documentation: text(item.documentation) + about,
    tags: item.tags.filter(({ name }) => name !== 'param' || about === ''),
  }
}

/** The declaration of the name at `position`, as it is written. */
function sourceOf(service: typescript.LanguageService, file: CellFile, position: number): string | undefined {
  const definition = service.getDefinitionAtPosition(file.path, position)?.find(({ contextSpan, fileName }) => contextSpan && !fileName.endsWith('.d.ts'))
  const text = definition && service.getProgram()?.getSourceFile(definition.fileName)?.text
  if (!definition?.contextSpan || text === undefined) return undefined
  const { start, length } = definition.contextSpan
  if (definition.fileName === file.path && start < file.head.length) return undefined
  const lines = text.slice(start, start + length).split('\n')
  return lines.length > LONGEST_SOURCE ? [...lines.slice(0, LONGEST_SOURCE), '// …'].join('\n') : lines.join('\n')
}

/** Without what tells only how the program is put together. */
function clean(signature: string): string {
  return withoutPaths(signature.replace(/^\(alias\) /, '').replace(/\nimport [^\n]*$/, ''))
}

function asMarkdown({ signature, documentation, tags, source }: Description): string {
  const about = tags.map((tag) => {
    const { name, rest } = tagText(tag)
    if (tag.name === 'example') return `*@example*\n${rest.includes('```') ? rest : fence(rest)}`
    return `*@${tag.name}*${name === '' ? '' : ` \`${name}\``}${rest === '' ? '' : ` — ${rest}`}`
  })
  return [fence(signature), documentation, ...about, source === undefined ? '' : fence(source)].filter((part) => part !== '').join('\n\n')
}

function asText({ signature, documentation, tags, source }: Description): string {
  const about = tags.map((tag) => {
    const { name, rest } = tagText(tag)
    return [`@${tag.name}`, name, rest].filter((part) => part !== '').join(' ')
  })
  return [signature, documentation, about.join('\n'), source ?? ''].filter((part) => part !== '').join('\n\n')
}

function tagText(tag: typescript.JSDocTagInfo): { name: string; rest: string } {
  const name = tag.text?.find(({ kind }) => kind === 'parameterName' || kind === 'typeParameterName')?.text ?? ''
  const whole = text(tag.text)
  return { name, rest: name === '' ? whole : whole.slice(whole.indexOf(name) + name.length).replace(/^[\s–—-]+/, '') }
}

function text(parts: readonly typescript.SymbolDisplayPart[] | undefined): string {
  return ts.displayPartsToString(parts as typescript.SymbolDisplayPart[])
}

function fence(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``
}
