/** The nonce of this answer's Content-Security-Policy; antd's style tags must carry it. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''

// antd passes the nonce on to its themes but not to the two style tags that its parts make by themselves (measuring
// scrollbars, locking the page under a dialog), so every style tag gets it at birth.
const create = document.createElement.bind(document)
document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = create(name, options)
  if (nonce && name === 'style') element.nonce = nonce
  return element
}) as typeof document.createElement
