import { addAnyP, broadcastInDimP, reduceSumP } from './broadcast.js'
import { dotGeneralP } from './dot.js'
import { absP, addP, divP, maxP, minP, mulP, negP, remP, signP, squareP, subP } from './elementwise/arithmetic.js'
import { bitcastConvertTypeP } from './elementwise/bitcast.js'
import {
  andP, clzP, notP, orP, populationCountP, shiftLeftP, shiftRightArithmeticP, shiftRightLogicalP, xorP
} from './elementwise/bitwise.js'
import { clampP } from './elementwise/clamp.js'
import { eqP, geP, gtP, isFiniteP, leP, ltP, neP } from './elementwise/comparison.js'
import { convertElementTypeP } from './elementwise/convert.js'
import { exp2P, expP, expm1P, log1pP, logP, logisticP } from './elementwise/exponential.js'
import { erfInvGilesP } from './elementwise/giles.js'
import { acoshP, asinhP, atanhP, coshP, sinhP, tanhP } from './elementwise/hyperbolic.js'
import { cbrtP, integerPowP, powP, rsqrtP, sqrtP } from './elementwise/power.js'
import { ceilP, floorP, nextafterP, roundP } from './elementwise/rounding.js'
import { selectNP } from './elementwise/select.js'
import { digammaP, erfInvP, erfP, erfcP, lgammaP, polygammaP } from './elementwise/special.js'
import { acosP, asinP, atan2P, atanP, cosP, sinP, tanP } from './elementwise/trigonometric.js'
import { dynamicSliceP, dynamicUpdateSliceP } from './indexed/dynamic.js'
import { gatherP, scatterAddP } from './indexed/gather.js'
import { scatterMaxP, scatterMinP, scatterMulP, scatterP } from './indexed/scatter.js'
import { sortP } from './indexed/sort.js'
import { topKP } from './indexed/topk.js'
import { concatenateP } from './movement/concatenate.js'
import { iotaP } from './movement/iota.js'
import { reshapeP, squeezeP } from './movement/reshape.js'
import { revP } from './movement/reverse.js'
import { padP, sliceP } from './movement/slice.js'
import { splitP } from './movement/split.js'
import { transposeP } from './movement/transpose.js'
import { axisIndexP, pmaxP, pminP, psumP } from './parallel.js'
import { argmaxP, argminP } from './reduction/argreduce.js'
import { cumlogsumexpP, cummaxP, cumminP, cumprodP, cumsumP } from './reduction/cumulative.js'
import { reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP, reduceXorP } from './reduction/reduce.js'
import { stopGradientP } from './stop.js'
import { threefry2x32P } from './threefry.js'
import { convGeneralDilatedP } from './window/conv.js'
import { reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP } from './window/reducewindow.js'
import { selectAndGatherAddP, selectAndScatterAddP } from './window/windowselect.js'

/** Every primitive of this folder: the name union, the law table and the lowering table derive from this list. */
export const primitives = [
  // broadcast
  addAnyP, broadcastInDimP, reduceSumP,
  // arithmetic, power
  absP, addP, divP, maxP, minP, mulP, negP, remP, signP, squareP, subP, cbrtP, integerPowP, powP, rsqrtP, sqrtP,
  // exponential, trigonometric, hyperbolic, special
  exp2P, expP, expm1P, log1pP, logP, logisticP, acosP, asinP, atan2P, atanP, cosP, sinP, tanP,
  acoshP, asinhP, atanhP, coshP, sinhP, tanhP, digammaP, erfInvP, erfP, erfcP, lgammaP, polygammaP,
  // rounding, comparison, bitwise
  ceilP, floorP, nextafterP, roundP, eqP, geP, gtP, isFiniteP, leP, ltP, neP,
  andP, clzP, notP, orP, populationCountP, shiftLeftP, shiftRightArithmeticP, shiftRightLogicalP, xorP,
  // clamp, convert, iota, select, stop
  clampP, convertElementTypeP, iotaP, selectNP, stopGradientP,
  // reshape, transpose, reverse, slice, concatenate, split
  reshapeP, squeezeP, transposeP, revP, padP, sliceP, concatenateP, splitP,
  // gather, scatter, dynamic
  gatherP, scatterP, scatterAddP, scatterMulP, scatterMinP, scatterMaxP, dynamicSliceP, dynamicUpdateSliceP,
  // products
  convGeneralDilatedP, dotGeneralP,
  // reductions
  argmaxP, argminP, reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP, reduceXorP,
  cumlogsumexpP, cummaxP, cumminP, cumprodP, cumsumP,
  // windows
  reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP, selectAndGatherAddP, selectAndScatterAddP,
  // sorting
  sortP, topKP,
  // collectives
  axisIndexP, pmaxP, pminP, psumP,
  // random
  bitcastConvertTypeP, erfInvGilesP, threefry2x32P
] as const
