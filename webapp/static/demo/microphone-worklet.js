// Runs where sound is made: the microphone's samples as 16 bit at 8 kHz, in pieces of 100 ms.
// Each of our samples is the mean of those it stands for, which is filter enough for a telephone.

const RATE_HZ = 8000;
const PIECE = 800;

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE_HZ; // `sampleRate` is the context's
    this.sum = 0;
    this.count = 0;
    this.due = this.step;
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
  }

  process(inputs) {
    for (const sample of inputs[0][0] ?? []) {
      this.sum += sample;
      this.count += 1;
      if (this.count < this.due) continue;
      const mean = Math.max(-1, Math.min(1, this.sum / this.count));
      this.due += this.step - this.count; // the fraction is carried on
      this.sum = 0;
      this.count = 0;
      this.piece[this.filled] = Math.round(mean * 32767);
      this.filled += 1;
      if (this.filled === PIECE) {
        this.port.postMessage(this.piece.slice().buffer);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
