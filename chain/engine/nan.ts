/**
 * NaN has many bit patterns, and which one an operation gives differs from CPU to CPU (facts: arm64 against x86-64).
 * Every NaN that enters or leaves the engine is the one quiet NaN of its type, positive, without payload. -0 stays.
 */
import type { DType } from "./dtype.ts";

const QUIET_16 = 0x7e00;
const QUIET_32 = 0x7fc0_0000;
/** The upper word of float64's quiet NaN; the lower is 0. */
const QUIET_64_HIGH = 0x7ff8_0000;

function isNaN16(bits: number): boolean {
  return (bits & 0x7c00) === 0x7c00 && (bits & 0x03ff) !== 0;
}

function isNaN32(bits: number): boolean {
  return (bits & 0x7f80_0000) === 0x7f80_0000 && (bits & 0x007f_ffff) !== 0;
}

function isNaN64(high: number, low: number): boolean {
  return (high & 0x7ff0_0000) === 0x7ff0_0000 && ((high & 0x000f_ffff) !== 0 || low !== 0);
}

/** Calls `found` with the offset of each NaN that is not the quiet one. */
function eachForeignNaN(dtype: DType, view: DataView, found: (offset: number) => void): void {
  if (dtype === "float32") {
    for (let i = 0; i < view.byteLength; i += 4) {
      const bits = view.getUint32(i, true);
      if (isNaN32(bits) && bits !== QUIET_32) found(i);
    }
  } else if (dtype === "float64") {
    for (let i = 0; i < view.byteLength; i += 8) {
      const [low, high] = [view.getUint32(i, true), view.getUint32(i + 4, true)];
      if (isNaN64(high, low) && !(high === QUIET_64_HIGH && low === 0)) found(i);
    }
  } else if (dtype === "float16") {
    for (let i = 0; i < view.byteLength; i += 2) {
      const bits = view.getUint16(i, true);
      if (isNaN16(bits) && bits !== QUIET_16) found(i);
    }
  }
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** Whether a NaN other than the quiet one is among the elements. */
export function hasForeignNaN(dtype: DType, data: Uint8Array): boolean {
  let foreign = false;
  eachForeignNaN(dtype, viewOf(data), () => {
    foreign = true;
  });
  return foreign;
}

/** The same elements with every NaN made the quiet one; `data` itself if there is nothing to change. */
export function canonicalizeNaN(dtype: DType, data: Uint8Array): Uint8Array {
  if (!hasForeignNaN(dtype, data)) return data;
  const canonical = data.slice();
  const view = viewOf(canonical);
  eachForeignNaN(dtype, view, (offset) => {
    if (dtype === "float32") view.setUint32(offset, QUIET_32, true);
    else if (dtype === "float16") view.setUint16(offset, QUIET_16, true);
    else {
      view.setUint32(offset, 0, true);
      view.setUint32(offset + 4, QUIET_64_HIGH, true);
    }
  });
  return canonical;
}

/**
 * Whether a NaN other than the quiet one, of either sign, is among the elements: a payload. Operations hand payloads on,
 * which of two is CPU's choice, and some kernels (QLinearConv, QLinearMatMul) compute integers from them. So no model may
 * bring one, inputs have none, and none arises. Work grows with `data`. ADR-0028.
 */
export function hasNaNPayload(dtype: DType, data: Uint8Array): boolean {
  const view = viewOf(data);
  let found = false;
  eachForeignNaN(dtype, view, (offset) => {
    if (dtype === "float32") found ||= (view.getUint32(offset, true) & 0x7fff_ffff) !== QUIET_32;
    else if (dtype === "float16") found ||= (view.getUint16(offset, true) & 0x7fff) !== QUIET_16;
    else {
      const isQuiet =
        view.getUint32(offset, true) === 0 &&
        (view.getUint32(offset + 4, true) & 0x7fff_ffff) === QUIET_64_HIGH;
      found ||= !isQuiet;
    }
  });
  return found;
}
