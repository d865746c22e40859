// What Json.parse does not take: each text is an err, and the program goes on.
type Counts = { read: number; refused: number };

const readable = (text: string) =>
  match(Json.parse(text), { ok: (value) => Json.stringify(value), err: (_) => "refused" });

const count = ({ read, refused }: Counts, text: string): Counts =>
  text === "refused" ? { read, refused: refused + 1 } : { read: read + 1, refused };

const texts = input.map(readable);
return { texts, ...texts.reduce(count, { read: 0, refused: 0 }) };
