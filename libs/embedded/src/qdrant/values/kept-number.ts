/** The greatest power of ten of a double, and so the greatest step of serde_json. */
const POWER_MAX = 308;

/**
 * The double that a real Qdrant keeps of a number in a payload or a filter. It reads the digits as an integer of 64 bits, makes a
 * double of that, and multiplies or divides it by a power of ten, in steps of at most 10^308 (`f64_from_parts` of serde_json without its
 * feature `float_roundtrip`): one double in ten becomes its neighbour. -0 becomes 0. Measured on Qdrant 1.18.3, 2026-11.
 *
 * The digits are those that `JSON.stringify` writes, at most 17, whatever the client sent for this double.
 */
export function keptNumber(value: number): number {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const [mantissa = '', power = '0'] = String(Math.abs(value)).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  let kept = Number(whole + fraction);
  let exponent = Number(power) - fraction.length;
  if (exponent < -POWER_MAX) {
    kept /= 1e308;
    exponent += POWER_MAX;
  }
  // A literal, since `10 ** n` is not exact in every engine.
  const step = Number(`1e${Math.abs(exponent)}`);
  kept = exponent < 0 ? kept / step : kept * step;
  return value < 0 ? -kept : kept;
}
