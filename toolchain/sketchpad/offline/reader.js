// A worker that reads strokes with the page's model; the pen, in the page itself, never waits.

import { drawInk } from "./ink.js";
import * as ort from "./ort.js";
import { fitInk, HEIGHT, WIDTH } from "./strip.js";

const CLASSES = 11;
ort.env.wasm.numThreads = 1; // more need headers that plain web hosts do not send
let session = load();
session.catch(() => {}); // told to whoever asks

self.onmessage = async ({ data, ports }) => {
  try {
    ports[0].postMessage({ answer: await read(data) });
  } catch (error) {
    ports[0].postMessage({ error: error.message });
  }
};

// Strokes, lists of [x, y, ...], to what the page shows of a reading.
async function read(strokes) {
  const strip = fitInk(drawInk(strokes));
  session = session.catch(load); // what failed without a network may do with one
  const image = imageOf(strip);
  const { digits, confidence, log_probs: scores } = await (await session).run({ image });
  const columns = Array.from({ length: scores.dims[1] }, (_, place) =>
    [...scores.data.subarray(place * CLASSES, (place + 1) * CLASSES)].map(Math.exp));
  return {
    number: [...digits.data].filter((digit) => digit >= 0).join(""),
    confidence: confidence.data[0],
    columns,
    strip: btoa(String.fromCharCode(...strip)),
  };
}

async function load() {
  const [runtime, model] = await Promise.all([bytes("./ort.wasm.gz"), bytes("../model.onnx")]);
  ort.env.wasm.wasmBinary = runtime;
  // Fusing all that can be fused takes longer than it saves before the first reading.
  const options = { graphOptimizationLevel: "basic" };
  const made = await ort.InferenceSession.create(new Uint8Array(model), options);
  // The first run compiles much of the runtime: better now than while somebody waits.
  await made.run({ image: imageOf(new Uint8Array(HEIGHT * WIDTH)) });
  return made;
}

function imageOf(strip) {
  return new ort.Tensor("uint8", strip, [1, 1, HEIGHT, WIDTH]);
}

async function bytes(name) {
  const answer = await fetch(new URL(name, import.meta.url)).catch(() => null);
  if (!answer?.ok) throw new Error("The page is not there whole. Is there a network?");
  const content = await answer.blob();
  const [first, second] = new Uint8Array(await content.slice(0, 2).arrayBuffer());
  // Some web hosts have unpacked what ends in .gz already.
  if (first !== 0x1f || second !== 0x8b) return content.arrayBuffer();
  return new Response(content.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
