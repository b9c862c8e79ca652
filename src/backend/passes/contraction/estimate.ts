import { byteSize } from '../../../core/dtype.js'
import type { AnyPrimitive, Eqn, Jaxpr } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import type { ScanParams } from '../../../control/loop.js'
import { broadcastInDimP } from '../../../lax/broadcast.js'
import { dotGeneralP, type DotParams } from '../../../lax/dot.js'
import { reshapeP, squeezeP } from '../../../lax/movement/reshape.js'
import type { Model } from './model.js'

/** A reader finds the elements of these where they are. */
const views: ReadonlySet<AnyPrimitive> = new Set<AnyPrimitive>([broadcastInDimP, reshapeP, squeezeP])

const timeOf = ({ primitive, inputs, outputs, params }: Eqn, model: Model): number => {
  if (views.has(primitive)) return 0
  if (primitive.name === 'scan') return (params as ScanParams).length * estimate((params as ScanParams).jaxpr, model)
  let bytes = 0
  for (const { aval } of inputs) bytes += sizeOf(aval.shape) * byteSize(aval.dtype)
  for (const { aval } of outputs) bytes += sizeOf(aval.shape) * byteSize(aval.dtype)
  if (primitive !== dotGeneralP) return bytes / model.bandwidth
  const { contracting } = (params as DotParams).dimensionNumbers
  const depth = contracting[0].reduce((n, axis) => n * inputs[0].aval.shape[axis], 1)
  const { shape, dtype } = outputs[0].aval
  const rate = model.products / (byteSize(dtype) / 4)
  return Math.max(bytes / model.bandwidth, (2 * depth * sizeOf(shape)) / rate)
}

/** A rough time of a program, to compare it with another that computes the same. */
export const estimate = ({ eqns }: Jaxpr, model: Model): number => eqns.reduce((sum, eqn) => sum + timeOf(eqn, model), 0)
