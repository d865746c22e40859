// What a lock file pins: package-lock.json of npm (versions 1 to 3), requirements*.txt of pip.
//
// A file is read in pieces of whole lines, and looked at line by line, so that neither its size nor its text decides
// how much memory that takes. One run gives a part: where there is more, `next` is the line to go on from and `state`
// what must be known there. What cannot be read is told, with its line, and never left out in silence: `problems` are
// about one package, `unread` is why the rest of the file, or all of it, was not looked at. `included` are further files.

type Kind = "npm" | "pip";
type Pinned = [name: string, version: string, line: number];
type Problem = [line: number, message: string];
type Input = { path: string; kind: Kind; start: number; state: any };
type Reader = { read(text: string, line: number): void; end(line: number): void; state(): any };
type Notes = { pinned: Pinned[]; problems: Problem[]; unread: Problem[]; included: [line: number, path: string][] };

const PIECES = 2; // of 256 kB; a run that has read them goes on in another one
const MOST = 1_000; // packages, and problems, in one answer
const LONGEST = 300; // characters of a name or a version; longer ones are none

export async function inventory(api: any, input: Input) {
  const notes: Notes = { pinned: [], problems: [], unread: [], included: [] };
  const reader = READERS[input.kind](notes, JSON.parse(JSON.stringify(input.state))); // what is given is frozen
  let start = input.start;
  for (let pieces = 0; pieces < PIECES; pieces++) {
    const piece = await tools.readFile({ path: input.path, start });
    const isLast = piece.next === null;
    if (!isLast && piece.next <= start + (piece.text.endsWith("\n") ? 0 : 1)) {
      notes.unread.push([start, "a line is too long to be read"]);
      return { ...notes, next: null, state: null };
    }
    const lines = piece.text.split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    for (const text of lines) {
      reader.read(text.endsWith("\r") ? text.slice(0, -1) : text, start);
      start += 1;
      if (isFull(notes)) return { ...notes, next: start, state: reader.state() };
    }
    if (isLast) {
      reader.end(Math.max(1, start - 1));
      return { ...notes, next: null, state: null };
    }
  }
  return { ...notes, next: start, state: reader.state() };
}

function isFull(notes: Notes) {
  return notes.pinned.length >= MOST || notes.problems.length >= MOST || notes.included.length >= MOST;
}

function pin(notes: Notes, name: string, version: string, line: number) {
  if (name.length > LONGEST || version.length > LONGEST) notes.problems.push([line, "a name or a version is too long"]);
  else notes.pinned.push([name, version, line]);
}

// -- npm: JSON, token by token ----------------------------------------------------------------------------------------

type Entry = {
  section: "packages" | "dependencies";
  label: string; // a path below node_modules, or a name
  name: string; // where it is another than the label's
  version: string;
  line: number;
  isLink: boolean;
};
// No field is called `key`: what stands under that name is taken for a secret, and state goes out and in again.
type Frame = { label: string; isArray: boolean; entry: Entry | null };

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+|"/g;
const DEEPEST = 200;
const KNOWN = ["1", "2", "3"];
const FOLDER = "node_modules/";

function npm(notes: Notes, state: any): Reader {
  const now = state ?? { frames: [], label: "", isValue: false, version: "", isOver: false, isBroken: false };
  const frames: Frame[] = now.frames;

  function broken(line: number, what: string) {
    now.isBroken = true;
    notes.unread.push([line, what]);
  }

  function entryOf(label: string): Entry | null {
    const parent = frames[frames.length - 1];
    const above = frames[frames.length - 2];
    if (parent === undefined || above === undefined || parent.isArray) return null;
    const fresh = { label, name: "", version: "", line: 0, isLink: false };
    if (frames.length === 2 && parent.label === "packages") return { section: "packages", ...fresh };
    const isListed = frames.length === 2 || above.entry?.section === "dependencies";
    return isListed && parent.label === "dependencies" ? { section: "dependencies", ...fresh } : null;
  }

  function open(isArray: boolean, line: number) {
    if (frames.length >= DEEPEST) return broken(line, "is nested too deep");
    const entry = isArray ? null : entryOf(now.label);
    if (entry !== null) entry.line = line;
    frames.push({ label: now.label, isArray, entry });
    now.label = "";
    now.isValue = isArray;
  }

  function close(isArray: boolean, line: number) {
    const frame = frames.pop();
    if (frame === undefined || frame.isArray !== isArray) return broken(line, "is no JSON: a bracket does not fit");
    if (frame.entry !== null) emit(frame.entry);
    now.isOver = frames.length === 0;
    now.isValue = false;
  }

  function emit(entry: Entry) {
    const at = entry.label.lastIndexOf(FOLDER);
    if (entry.isLink || (entry.section === "packages" && at < 0)) return; // the repository's own
    const alias = /^npm:(.+)@([^@]+)$/.exec(entry.version);
    if (entry.version === "") notes.problems.push([entry.line, "a package has no version"]);
    else if (alias !== null) pin(notes, alias[1], alias[2], entry.line);
    else pin(notes, entry.name || entry.label.slice(at < 0 ? 0 : at + FOLDER.length), entry.version, entry.line);
  }

  function scalar(token: string, line: number) {
    const inside = frames[frames.length - 1];
    if (now.label === "lockfileVersion" && frames.length === 1) {
      now.version = token;
      if (!KNOWN.includes(token)) notes.unread.push([line, "has a version of lock files that is not known"]);
    }
    if (inside.entry !== null) fact(inside.entry, token, line);
    now.isValue = inside.isArray;
  }

  function fact(entry: Entry, token: string, line: number) {
    if (now.label === "link") entry.isLink = token === "true";
    if (!token.startsWith('"')) return;
    if (now.label === "version") [entry.version, entry.line] = [unquoted(token), line];
    if (now.label === "name" && entry.section === "packages") entry.name = unquoted(token);
  }

  function take(token: string, line: number) {
    if (token === '"') return broken(line, "is no JSON: a string does not end");
    if (now.isOver) return broken(line, "is no JSON: there is something behind its end");
    if (token === "{" || token === "[") return open(token === "[", line);
    if (token === "}" || token === "]") return close(token === "]", line);
    if (frames.length === 0) return broken(line, "is no JSON object");
    const isArray = frames[frames.length - 1].isArray;
    if (token === ",") now.isValue = isArray;
    else if (token === ":") now.isValue = true;
    else if (now.isValue || isArray) scalar(token, line);
    else now.label = unquoted(token);
  }

  return {
    read(text, line) {
      for (const token of text.match(TOKEN) ?? []) {
        if (now.isBroken) return;
        take(token, line);
      }
    },
    end(line) {
      if (now.isBroken) return;
      if (!now.isOver) notes.unread.push([line, "is no whole JSON: it ends too soon"]);
      else if (now.version === "") notes.unread.push([line, "has no lockfileVersion: it may be no lock file of npm"]);
    },
    state: () => now,
  };
}

function unquoted(token: string): string {
  if (!token.includes("\\")) return token.startsWith('"') ? token.slice(1, -1) : token;
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}

// -- pip: requirements, some over several lines -----------------------------------------------------------------------

const PINNED = /^([A-Za-z0-9][\w.-]*) ?(?:\[[^\]]*\] ?)?\(? ?={2,3} ?([^ ;,*=()][^ ;,*()]*) ?\)? ?(?:;.*|--.*)?$/;
const ENDS = /[\v\f\r\x1c-\x1e\x85\u2028\u2029]/; // of lines, to pip, whose lines are Python's
const INCLUDED = /^(?:-r|--requirement|-c|--constraint)[ =]?([^ =].*)$/;
const ADDRESS = /^(?:-e\b|--editable\b)|^[A-Za-z][\w+.-]*:\/\/|^\.{0,2}\/|^[\w.-]+ ?(?:\[[^\]]*\] ?)?@/;
const NO_RELEASE = "a requirement is an address or a folder, and no release that advisories are about";

function pip(notes: Notes, state: any): Reader {
  const now = state ?? { text: "", line: 0, loose: 0, looseLine: 0 };

  function requirement(text: string, line: number) {
    const found = PINNED.exec(text);
    const included = INCLUDED.exec(text);
    if (found !== null) pin(notes, found[1], found[2], line);
    else if (included !== null) notes.included.push([line, included[1]]);
    else if (ADDRESS.test(text)) notes.problems.push([line, NO_RELEASE]);
    else if (!text.startsWith("-")) loose(line);
  }

  function loose(line: number) {
    now.looseLine = now.looseLine || line;
    now.loose += 1;
  }

  function flush() {
    const text = now.text.trim().replace(/\s+/g, " ");
    if (text !== "") requirement(text, now.line);
    now.text = "";
  }

  function part(text: string, line: number) {
    const plain = text.replace(/(?:^|\s)#.*$/, "");
    if (now.text === "") now.line = line;
    if (now.text.length > 100_000) {
      notes.unread.push([line, "a requirement is too long to be read"]);
      now.text = "";
    }
    now.text += plain.endsWith("\\") ? plain.slice(0, -1) + " " : plain;
    if (!plain.endsWith("\\")) flush();
  }

  return {
    read(text, line) {
      for (const each of text.split(ENDS)) part(each, line);
    },
    end() {
      flush();
      if (now.loose > 0) {
        const what = now.loose === 1 ? "1 requirement is" : `${now.loose} requirements are`;
        notes.problems.push([now.looseLine, `${what} not pinned with ==, so no advisory was compared`]);
      }
    },
    state: () => now,
  };
}

const READERS: Record<Kind, (notes: Notes, state: any) => Reader> = { npm, pip };
