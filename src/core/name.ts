/** The function, which from now on goes by this name: in stack traces, in jaxprs and when printed. */
export const withName = <F extends (...args: never[]) => unknown>(name: string, f: F): F =>
  Object.defineProperty(f, 'name', { value: name })
