/** The menu of what can be done with a run: a button, and a list that arrow keys move through. */
import * as React from 'react'
import { MoreIcon } from './header-icons.tsx'

export interface MenuItem {
  readonly label: string
  /** A line stands above it. */
  readonly begins?: boolean
  readonly run: () => void
}

interface Props {
  readonly label: string
  readonly items: readonly MenuItem[]
}

export function Menu({ label, items }: Props): React.ReactElement {
  const [open, setOpen] = React.useState(false)
  const button = React.useRef<HTMLButtonElement>(null)
  const close = (refocus: boolean): void => {
    setOpen(false)
    if (refocus) button.current?.focus()
  }
  return (
    <div className="sl-MenuPlace">
      <button
        ref={button} type="button" className="sl-IconButton" aria-haspopup="menu" aria-expanded={open} aria-label={label} title={label}
        // Focus stays in the open list until the click closes it.
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => (open ? close(true) : setOpen(true))}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          event.preventDefault()
          setOpen(true)
        }}
      >
        <MoreIcon />
      </button>
      {open && <MenuList label={label} items={items} button={button} close={close} />}
    </div>
  )
}

interface ListProps extends Props {
  readonly button: React.RefObject<HTMLButtonElement>
  readonly close: (refocus: boolean) => void
}

function MenuList({ label, items, button, close }: ListProps): React.ReactElement {
  const list = React.useRef<HTMLDivElement>(null)
  React.useLayoutEffect(() => {
    place(list.current!, button.current!)
    choices(list.current!)[0]?.focus()
    const left = (event: Event): void => {
      if (event.target instanceof Node && event.target.contains(list.current)) close(false)
    }
    // Where it stands is right only until something scrolls.
    document.addEventListener('scroll', left, { capture: true, passive: true })
    return () => document.removeEventListener('scroll', left, { capture: true })
  }, [])
  const keyDown = (event: React.KeyboardEvent): void => {
    const all = choices(list.current!)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ?? named(all, at, event)
    if (event.key === 'Escape') close(true)
    else if (event.key === 'Tab') close(true)
    else if (to !== undefined) all.at(to % all.length)?.focus()
    else return
    event.stopPropagation()
    if (event.key !== 'Tab') event.preventDefault()
  }
  const blur = (event: React.FocusEvent): void => {
    if (!event.currentTarget.contains(event.relatedTarget)) close(false)
  }
  return (
    <div ref={list} className="sl-Menu" role="menu" aria-label={label} onKeyDown={keyDown} onBlur={blur} {...{ popover: 'manual' }}>
      {items.map(({ label, begins, run }) => (
        <React.Fragment key={label}>
          {begins && <div role="separator" className="sl-MenuLine" />}
          <button type="button" role="menuitem" tabIndex={-1} className="sl-MenuItem" onClick={() => {
            close(true)
            run()
          }}>
            {label}
          </button>
        </React.Fragment>
      ))}
    </div>
  )
}

/** Above everything, under the button's right end, within the window. */
function place(list: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect()
  if (!('showPopover' in list)) return
  list.showPopover()
  const { width, height } = list.getBoundingClientRect()
  const below = at.bottom + 4
  list.style.left = `${Math.max(4, Math.min(at.right - width, innerWidth - width - 4))}px`
  list.style.top = `${below + height > innerHeight && at.top > height ? at.top - 4 - height : below}px`
}

const choices = (list: HTMLElement): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[role=menuitem]')]

/** The next choice that begins with the letter typed. */
function named(all: readonly HTMLElement[], at: number, event: React.KeyboardEvent): number | undefined {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === ' ') return undefined
  const letter = event.key.toLowerCase()
  for (let step = 1; step <= all.length; step++) if (all[(at + step) % all.length]!.textContent!.toLowerCase().startsWith(letter)) return (at + step) % all.length
  return undefined
}
