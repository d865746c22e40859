// A signed message: the signature is checked, then the body is read, then the version decides what is taken of it.
const expected = (body: string) => `v1=${hmacSha256(input.key, body)}`;

const read = ({ body, signature }) => {
  if (signature !== expected(body)) return err("wrong signature");
  return Result.andThen(Json.parse(body), (message) =>
    message.version === 1 ? ok({ id: message.id, sha256: sha256(body).slice(0, 8) }) : err("unknown version"),
  );
};

return [...input.messages, { body: input.own, signature: expected(input.own) }].map(read);
