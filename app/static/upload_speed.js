// Words for how much of an upload has arrived, and how fast.

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

// The speed of the last seconds, since the whole time would hold a wait for the connection.
export function speedometer() {
  let marks = [];
  return (bytes) => {
    const now = performance.now();
    marks = [...marks.filter((mark) => now - mark.at < 5000 && mark.bytes <= bytes), { at: now, bytes }];
    const seconds = (now - marks[0].at) / 1000;
    return seconds > 0.5 ? `, ${megabytes((bytes - marks[0].bytes) / seconds)}/s` : "";
  };
}
