import { jvpIsTheSlope, secondDerivatives, tangentMapIsLinear, transposeIsAdjoint, vmapCommutes } from './derivatives.js'
import { hold } from './law.js'

for (const law of [jvpIsTheSlope, transposeIsAdjoint, tangentMapIsLinear, vmapCommutes, secondDerivatives]) hold(law)
