import * as E from 'fp-ts/lib/Either.js'
import { parseFor, type Options, type Program } from './args.js'

/** The options of an example's command line. Asked for help, or where something is wrong, it says so and ends the program. */
export const command = (program: Program): Options => {
  const options = parseFor(program)(process.argv.slice(2))
  if (E.isRight(options)) return options.right
  const { code, text } = options.left
  ;(code === 0 ? process.stdout : process.stderr).write(text)
  process.exit(code)
}
