// Requests that are repeated after a lost connection, and refusals in the server's words.

const WAITS = [1, 2, 4, 8, 15, 30];
export const WORTH_ANOTHER_TRY = new Set([0, 408, 409, 425, 429, 500, 502, 503, 504]);

// What another try cannot mend, in the server's words.
export class Refused extends Error {
  constructor(answer) {
    const isOurs = answer.getResponseHeader("Content-Type") === "application/problem+json";
    const unknown = `The server answered ${answer.status}; try again in a moment.`;
    super(isOurs ? JSON.parse(answer.responseText).detail : unknown);
    this.status = answer.status;
  }
}

// The request once it has ended; its status is 0 if there was no connection.
export function ask(told, method, address, { headers = {}, body = null, sent = () => {} } = {}) {
  told.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => sent(event.loaded));
    for (const kind of ["load", "error"]) request.addEventListener(kind, () => resolve(request));
    request.addEventListener("abort", () => reject(told.signal.reason));
    told.signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

export async function pause(told, failures) {
  for (let left = WAITS[Math.min(failures, WAITS.length - 1)]; left > 0; left -= 1) {
    told.waiting(left);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    told.signal.throwIfAborted();
  }
}

// The answer of 2xx, however often it takes; what another try cannot mend is refused.
export async function patiently(told, method, address, options) {
  for (let failures = 0; ; failures += 1) {
    const answer = await ask(told, method, address, options);
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (!WORTH_ANOTHER_TRY.has(answer.status)) throw new Refused(answer);
    await pause(told, failures);
  }
}
