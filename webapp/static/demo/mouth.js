// The browser's microphone as the mouth of one phone: pieces of 100 ms, each a POST of its own.

import { act } from "./wire.js";

const UNDERWAY = 3; // pieces on their way at most; more would be late, so they are dropped

let present = null;

/** Whose mouth it is, or null. */
export function speaker() {
  return present?.phone ?? null;
}

/**
 * Speak through this phone from now on; false where there is no microphone to be had.
 * @param {string} phone
 */
export async function speakThrough(phone) {
  silence();
  if (!navigator.mediaDevices?.getUserMedia) return false;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    const audio = new AudioContext();
    await audio.audioWorklet.addModule(document.getElementById("demo").dataset.worklet);
    const worklet = new AudioWorkletNode(audio, "microphone", { numberOfOutputs: 0 });
    let underway = 0;
    worklet.port.onmessage = async ({ data }) => {
      if (underway >= UNDERWAY) return;
      underway += 1;
      await act(`phones/${phone}/voice`, data);
      underway -= 1;
    };
    new MediaStreamAudioSourceNode(audio, { mediaStream: stream }).connect(worklet);
    present = { phone, stream, audio };
    return true;
  } catch {
    return false;
  }
}

/** Let the microphone go. */
export function silence() {
  if (!present) return;
  for (const track of present.stream.getTracks()) track.stop();
  present.audio.close();
  present = null;
}
