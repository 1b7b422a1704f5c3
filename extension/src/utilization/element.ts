export function element(className: string, tag = 'div'): HTMLElement {
  const node = document.createElement(tag)
  node.className = className
  return node
}
