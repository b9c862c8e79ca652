/** Text that is HTML already. */
export interface Html {
  readonly _tag: 'Html'
  readonly text: string
}

/** What a template may hold: HTML stands as it is, anything else is escaped. */
export type Content = Html | string | number | readonly Content[]

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** The text with the characters that HTML gives a meaning written as entities. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character])

/** Declares a text to be HTML: for markup that another library made. */
export const raw = (text: string): Html => ({ _tag: 'Html', text })

const isList = (content: Content): content is readonly Content[] => Array.isArray(content)

const render = (content: Content): string => {
  if (isList(content)) return content.map(render).join('')
  return typeof content === 'object' ? content.text : escape(String(content))
}

/** A template of HTML; what is put into it is escaped unless it is HTML. */
export const html = (strings: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  raw(strings.reduce((text, string, i) => text + render(contents[i - 1]) + string))
