import { ArgumentError } from '../core/errors.js'

/**
 * Whose formulas and constants an optimizer has: those of the course (Goodfellow, Bengio & Courville, "Deep Learning", 2016, and
 * the decks after it), or those that are usual today (Optax, PyTorch). Every constant can be given by itself too.
 */
export type Form = 'course' | 'usual'

/** Whether the form is the course's. Throws ArgumentError for what is no form. */
export const isCourse = (who: string, form: Form): boolean => {
  if (form !== 'course' && form !== 'usual') throw new ArgumentError(who, 'a form, course or usual', form)
  return form === 'course'
}
