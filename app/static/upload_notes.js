// Notes which uploads are under way, so that the same file goes on after the page was loaded again.

const KEY = "upload ";
const DAY = 24 * 3600 * 1000;

const keyOf = (file) => `${KEY}${file.size} ${file.lastModified} ${file.name}`;

// A browser may forbid it: an upload then survives a lost connection, but not a reload.
function safely(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}

function read(notes, key) {
  const found = JSON.parse(notes.getItem(key));
  return found && Date.now() - found.when < DAY ? found : null;
}

export function noted(file) {
  return safely((notes) => read(notes, keyOf(file)));
}

export function note(file, id, offset) {
  const found = { id, offset, when: Date.now(), name: file.name, size: file.size };
  safely((notes) => notes.setItem(keyOf(file), JSON.stringify(found)));
}

export function forget(file) {
  safely((notes) => notes.removeItem(keyOf(file)));
}

export function unfinished() {
  return safely((notes) => {
    const keys = Object.keys(notes).filter((key) => key.startsWith(KEY));
    return keys.map((key) => read(notes, key)).find((found) => found) ?? null;
  });
}
