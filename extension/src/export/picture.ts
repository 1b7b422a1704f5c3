/** A run's header, graph, utilization and timeline in one SVG, as the view shows them. */
import { count, plain } from '../../../kernel/cluster/view/amounts.ts'
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import { graphSvg } from '../graph/svg.ts'
import { timelineSvg } from '../timeline/svg.ts'
import { advanceWords } from '../view/header-advance.ts'
import { stateWord } from '../run/state-word.ts'
import type { PaneContext } from '../view/pane.ts'

const SVG = 'http://www.w3.org/2000/svg'
const MARGIN = 20
const GAP = 16
const HEADER = 62
/** Wider or higher pictures are scaled down: canvases have limits. px */
const LARGEST = 8000

export interface Picture {
  readonly svg: string
  readonly width: number
  readonly height: number
}

/** A complete `<svg>`, in the colours of the theme, on its background. */
export async function pictureOf(context: PaneContext): Promise<Picture> {
  const parts = [graphSvg(context), await utilization(context), timelineSvg(context)].flatMap((text, i) => part(text, `p${i}-`))
  const width = Math.max(640, ...parts.map((one) => one.width)) + 2 * MARGIN
  const height = parts.reduce((sum, one) => sum + GAP + one.height, HEADER) + 2 * MARGIN
  const root = element('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': context.theme().font })
  root.append(element('rect', { width, height, fill: context.theme().background }), header(context, width))
  let y = MARGIN + HEADER + GAP
  for (const one of parts) {
    one.node.setAttribute('x', String((width - one.width) / 2))
    one.node.setAttribute('y', String(y))
    root.append(one.node)
    y += one.height + GAP
  }
  const scale = Math.min(1, LARGEST / Math.max(width, height))
  return { svg: new XMLSerializer().serializeToString(root), width: width * scale, height: height * scale }
}

/** Nothing where nodes reported nothing, or where plotly does not load: the rest is worth having without it. */
async function utilization(context: PaneContext): Promise<string> {
  try {
    const { utilizationSvg } = await import('../utilization/export.ts')
    return (await utilizationSvg(context)) ?? ''
  } catch {
    return ''
  }
}

/** Name, counts by state, how far it is. */
function header(context: PaneContext, width: number): SVGElement {
  const { store, trans } = context
  const theme = context.theme()
  const { run } = store.record
  const { counts } = context.moment()
  const group = element('g', { transform: `translate(${MARGIN} ${MARGIN})` })
  const present = shownStates.filter((state) => counts[state] > 0)
  const words = present.map((state) => `${count(counts[state])} ${stateWord(trans, state)}`)
  group.append(
    written(`${plain(run.name, 80)}${run.kind === 'single' ? '' : ` × ${count(run.count)}`}`, { y: 16, 'font-size': 16, 'font-weight': 600, fill: theme.text }),
    written([...words, ...advanceWords(context, false)].join(' · '), { y: 38, 'font-size': 12, fill: theme.quiet }),
  )
  const total = present.reduce((sum, state) => sum + counts[state], 0)
  let x = 0
  for (const state of present) {
    const part = (counts[state] / total) * (width - 2 * MARGIN)
    group.append(element('rect', { x, y: 50, width: Math.max(1, part - 1), height: 6, fill: theme.states[state] }))
    x += part
  }
  return group
}

function written(text: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const node = element('text', attributes)
  node.textContent = text
  return node
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const node = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value))
  return node
}

interface Part {
  readonly node: Element
  readonly width: number
  readonly height: number
}

/** One pane's picture, to stand in a larger one: its ids get a prefix, so that no two parts share one. */
function part(text: string, prefix: string): Part[] {
  if (text === '') return []
  const { documentElement } = new DOMParser().parseFromString(text, 'image/svg+xml')
  if (documentElement.namespaceURI !== SVG || documentElement.localName !== 'svg') return []
  const node = document.importNode(documentElement, true)
  const [, , boxWidth, boxHeight] = (node.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number)
  const length = (name: string, other: number | undefined): number => {
    const given = Number.parseFloat(node.getAttribute(name) ?? '')
    return given > 0 ? given : other !== undefined && other > 0 ? other : 0
  }
  const [width, height] = [length('width', boxWidth), length('height', boxHeight)]
  if (width === 0 || height === 0) return []
  for (const one of node.querySelectorAll('*')) prefixIds(one, prefix)
  return [{ node, width, height }]
}

function prefixIds(node: Element, prefix: string): void {
  for (const { name, value } of [...node.attributes]) {
    if (name === 'id') node.setAttribute(name, prefix + value)
    else if (name === 'href' && value.startsWith('#')) node.setAttribute(name, `#${prefix}${value.slice(1)}`)
    else if (value.includes('url(#')) node.setAttribute(name, value.replaceAll('url(#', `url(#${prefix}`))
  }
}
