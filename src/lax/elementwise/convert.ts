import { checkArray, dataOf, share, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { checkDType, isFloat, isInteger, maxValue, minValue, type DType } from '../../core/dtype.js'
import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { convertElements } from './elements.js'

export interface ConvertParams {
  readonly newDtype: DType
  readonly weakType: boolean
}

/** The elements in another dtype. Between floats it is linear; integers and booleans have no derivative. */
export const convertElementTypeP: Primitive<'convert_element_type', ConvertParams> = {
  name: 'convert_element_type',
  abstract([x], { newDtype, weakType }) {
    return [{ shape: x.shape, dtype: checkDType('convertElementType', newDtype), weak: weakType }]
  },
  impl([x], { newDtype }, [out]) {
    const data = dataOf(x)
    if (newDtype === x.dtype) return [share(out, x)]
    const saturates = isInteger(newDtype) && isFloat(x.dtype)
    return [wrap(out, convertElements(data, newDtype, saturates ? [minValue(newDtype), maxValue(newDtype)] : undefined))]
  },
  linearize([x], params) {
    const linear = isFloat(x.dtype) && isFloat(params.newDtype)
    return [[bind1(convertElementTypeP, [x], params)], ([d]) => [linear && d !== null ? bind1(convertElementTypeP, [d], params) : null]]
  },
  transpose: ([ct], [x]) => [ct === null ? null : convertElementType(ct, x.aval.dtype, x.aval.weak)],
  batch: (_, [x], __, params) => [[bind1(convertElementTypeP, [x], params)], [true]]
}

/**
 * The elements in another dtype: floats are truncated towards zero and saturate where integers are wanted (NaN gives 0),
 * integers wrap, and everything but 0 is true. JAX's `lax.convert_element_type`. Throws DTypeError for unknown dtypes.
 *
 * @example
 * lax.convertElementType(np.array([1.5, -1.5]), 'int32') // [1, -1]
 * lax.convertElementType(np.array([300, NaN]), 'int8') // [127, 0]
 */
export const convertElementType = (x: NdArray, dtype: DType, weak = false): NdArray =>
  checkArray('convertElementType', x).dtype === dtype && x.weak === weak
    ? x
    : bind1(convertElementTypeP, [x], { newDtype: dtype, weakType: weak })
