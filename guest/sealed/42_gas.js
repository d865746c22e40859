// Gas: a counter that only grows, and the limit that it never passes. Units come from GAS and nowhere else.

const meter = { used: 0, limit: 0 };

// Before a segment or a built-in does its work. A charge that does not fit is not made.
function charge(units) {
    if (meter.used + units > meter.limit) {
        die('GasExhausted', 'the gas limit was reached', 0, { gasLimit: meter.limit, gasUsed: meter.used });
    }
    meter.used += units;
}

// The units of a row, at load: a row that the table has not is a fault of the build.
function units(id) {
    const found = GAS[id];
    if (!isSafeInteger(found)) throw new Error(`gas.json has no row ${id}`);
    return found;
}

