/** The browser's barcode detector, or the vendored one; its decoder is fetched from our own host, on first use only. */

const DECODER = new URL("../../vendor/zxing-wasm-3.1.3/zxing_reader.wasm", import.meta.url).href;
/** Tickets and badges are QR, vaccine packs GS1 DataMatrix, wristbands and ID documents linear codes. */
export const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "pdf417"];

/** Return a detector with `detect(source)`; the native one only when it reads every format that is asked for. */
export async function openDetector(formats = FORMATS) {
  if (await isNative(formats)) return new globalThis.BarcodeDetector({ formats });
  const { BarcodeDetector, prepareZXingModule } = await import("../../vendor/barcode-detector-3.2.2/ponyfill.js");
  await prepareZXingModule({ overrides: { locateFile: () => DECODER }, fireImmediately: true });
  return new BarcodeDetector({ formats });
}

async function isNative(formats) {
  if (!globalThis.BarcodeDetector) return false;
  const known = await globalThis.BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.every((format) => known.includes(format));
}
