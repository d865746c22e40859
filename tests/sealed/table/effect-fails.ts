// What was done before an effect fails is not undone, and nothing in the program catches the failure.
const total = input.reduce((sum: number, n: number) => sum + n, 0);

const id = await effects.reserve({ cents: total });
log("reserved", id);

await effects.charge({ id, cents: total });
await effects.confirm({ id });

return { id, total };
