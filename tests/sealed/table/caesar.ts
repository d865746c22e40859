// A shift of the letters by a key, by code; what is no letter stays, and the opposite shift gives the text back.
const shifted = (code: number, first: number, key: number) => first + Int.mod(code - first + key, 26);

const shift = (key: number) => (char: string) => {
  const code = char.charCodeAt(0);
  if (code >= 97 && code <= 122) return Text.fromCode(shifted(code, 97, key));
  return code >= 65 && code <= 90 ? Text.fromCode(shifted(code, 65, key)) : char;
};

const crypt = (text: string, key: number) => text.split("").map(shift(key)).join("");

const secret = crypt(input.text, input.key);
return { secret, plain: crypt(secret, -input.key) };
