import { argmaxP, argminP } from './argreduce.js'
import { absP, addP, divP, maxP, minP, mulP, negP, remP, signP, squareP, subP } from './arithmetic.js'
import { bitcastConvertTypeP } from './bitcast.js'
import { andP, clzP, notP, orP, populationCountP, shiftLeftP, shiftRightArithmeticP, shiftRightLogicalP, xorP } from './bitwise.js'
import { addAnyP, broadcastInDimP, reduceSumP } from './broadcast.js'
import { clampP } from './clamp.js'
import { eqP, geP, gtP, isFiniteP, leP, ltP, neP } from './comparison.js'
import { concatenateP } from './concatenate.js'
import { convGeneralDilatedP } from './conv.js'
import { convertElementTypeP } from './convert.js'
import { cumlogsumexpP, cummaxP, cumminP, cumprodP, cumsumP } from './cumulative.js'
import { dotGeneralP } from './dot.js'
import { dynamicSliceP, dynamicUpdateSliceP } from './dynamic.js'
import { exp2P, expP, expm1P, log1pP, logP, logisticP } from './exponential.js'
import { gatherP, scatterAddP } from './gather.js'
import { erfInvGilesP } from './giles.js'
import { acoshP, asinhP, atanhP, coshP, sinhP, tanhP } from './hyperbolic.js'
import { iotaP } from './iota.js'
import { axisIndexP, pmaxP, pminP, psumP } from './parallel.js'
import { cbrtP, integerPowP, powP, rsqrtP, sqrtP } from './power.js'
import { reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP, reduceXorP } from './reduce.js'
import { reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP } from './reducewindow.js'
import { reshapeP, squeezeP } from './reshape.js'
import { revP } from './reverse.js'
import { ceilP, floorP, nextafterP, roundP } from './rounding.js'
import { scatterMaxP, scatterMinP, scatterMulP, scatterP } from './scatter.js'
import { selectNP } from './select.js'
import { padP, sliceP } from './slice.js'
import { sortP } from './sort.js'
import { digammaP, erfInvP, erfP, erfcP, lgammaP, polygammaP } from './special.js'
import { splitP } from './split.js'
import { stopGradientP } from './stop.js'
import { threefry2x32P } from './threefry.js'
import { topKP } from './topk.js'
import { transposeP } from './transpose.js'
import { acosP, asinP, atan2P, atanP, cosP, sinP, tanP } from './trigonometric.js'
import { selectAndGatherAddP, selectAndScatterAddP } from './windowselect.js'

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
