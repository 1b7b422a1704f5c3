/** Parts that details are made of: sections, lists of facts, long texts, stacks, logs. Text only, whatever it holds. */
import * as React from 'react'
import type { TranslationBundle } from '@jupyterlab/translation'
import type { CellLine } from '../view/surroundings.ts'
import { ansiPieces } from './ansi.ts'
import type { Fact } from './facts.ts'
import { stackLines } from './stack.ts'

export function Section({ title, aside, children }: { readonly title: string; readonly aside?: React.ReactNode; readonly children: React.ReactNode }): React.ReactElement {
  const id = React.useId()
  return (
    <div className="sl-Section" role="group" aria-labelledby={id}>
      <div className="sl-SectionHead"><h4 id={id}>{title}</h4>{aside}</div>
      {children}
    </div>
  )
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }): React.ReactElement {
  return (
    <dl className="sl-Facts">
      {facts.map(([name, value], i) => <React.Fragment key={i}><dt>{name}</dt><dd>{value}</dd></React.Fragment>)}
    </dl>
  )
}

interface LongProps {
  readonly trans: TranslationBundle
  readonly text: string
  readonly label: string
  /** Lines that are shown before one asks for more. */
  readonly lines?: number
}

const MOST_TEXT = 100_000

/** Text of many lines, of which the first are shown. */
export function LongText({ trans, text, label, lines = 8 }: LongProps): React.ReactElement {
  const [open, setOpen] = React.useState(false)
  const whole = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text
  const first = shortened(whole, lines)
  return (
    <div className="sl-Long">
      <pre className="sl-Mono" tabIndex={open ? 0 : undefined} {...(open && { role: 'group', 'aria-label': label })}>{open ? whole : first}</pre>
      {first !== whole && <More trans={trans} open={open} label={label} toggle={() => setOpen(!open)} />}
    </div>
  )
}

function shortened(text: string, lines: number): string {
  const first = text.split('\n', lines + 1)
  const cut = first.length > lines ? first.slice(0, lines).join('\n') : text
  return cut.length > lines * 120 ? `${cut.slice(0, lines * 120)}…` : cut
}

interface MoreProps {
  readonly trans: TranslationBundle
  readonly open: boolean
  readonly label: string
  readonly toggle: () => void
}

function More({ trans, open, label, toggle }: MoreProps): React.ReactElement {
  const words = open ? trans.__('Show less') : trans.__('Show all')
  return <button type="button" className="sl-Link" aria-expanded={open} aria-label={`${words}: ${label}`} onClick={toggle}>{words}</button>
}

interface StackProps {
  readonly trans: TranslationBundle
  readonly stack: string
  /** Absent: there is no notebook to show. */
  readonly reveal: ((line: CellLine) => void) | undefined
}

const FIRST_FRAMES = 10

export function Stack({ trans, stack, reveal }: StackProps): React.ReactElement {
  const [open, setOpen] = React.useState(false)
  const lines = React.useMemo(() => stackLines(stack), [stack])
  const label = trans.__('Stack')
  return (
    <div className="sl-Long">
      <ol className="sl-Stack sl-Mono" aria-label={label}>
        {(open ? lines : lines.slice(0, FIRST_FRAMES)).map((line, i) => (
          <li key={i}>
            {line.map(({ text, cell }, j) => (cell && reveal
              ? <button key={j} type="button" className="sl-Link" title={trans.__('Show this line')} onClick={() => reveal(cell)}>{text}</button>
              : <span key={j} className={cell && 'sl-Place'}>{text}</span>))}
          </li>
        ))}
      </ol>
      {lines.length > FIRST_FRAMES && <More trans={trans} open={open} label={label} toggle={() => setOpen(!open)} />}
    </div>
  )
}

/** The end of a log, which it follows unless one has scrolled up. */
export function Log({ text, label }: { readonly text: string; readonly label: string }): React.ReactElement {
  const place = React.useRef<HTMLPreElement>(null)
  const following = React.useRef(true)
  const pieces = React.useMemo(() => ansiPieces(text), [text])
  React.useEffect(() => {
    const log = place.current!
    if (following.current) log.scrollTop = log.scrollHeight
  }, [pieces])
  const scroll = (event: React.UIEvent<HTMLElement>): void => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget
    following.current = scrollTop + clientHeight >= scrollHeight - 8
  }
  return (
    <pre ref={place} className="sl-Log sl-Mono" tabIndex={0} role="group" aria-label={label} onScroll={scroll}>
      {pieces.map(({ text, colour, bold }, i) => <span key={i} className={[colour && `sl-Ansi-${colour}`, bold && 'sl-Ansi-bold'].filter(Boolean).join(' ') || undefined}>{text}</span>)}
    </pre>
  )
}
