// Stands behind the runtime in tests, where the sealed prelude has its driver: runs one compiled program after another,
// and answers each effect with the next of the given answers.

let told;
host.stack(512 * 1024);

function start({ code, gas, answers, hash }) {
    const asked = [];
    if (hash !== undefined) {
        const { high, low } = fnv(fromHex(hash));    // of bytes, which no program has
        told = { json: quote(hex32(high) + hex32(low)), gas: 0, lines: [], asked };
        return;
    }
    try {
        const steps = execute(host.compile(code), JsonNull, gas);
        let step = steps.next();
        while (!step.done) {
            const { effect: name, args, position } = step.value;
            arrayPush(asked, [name, sealedJson(args), position]);
            step = steps.next(parseJson(0, answers[asked.length - 1]).value);
        }
        told = { json: sealedJson(step.value), cbor: toHex(encodeCbor(step.value, 0)) };
    } catch (error) {
        const { trace: _trace, ...known } = describe(error);    // where the engine was is nothing of the language's
        told = { error: known };
    }
    told = { ...told, gas: meter.used, lines, asked };
}

const report = () => quote(told);

return { start, resume: start, check: start, report };
