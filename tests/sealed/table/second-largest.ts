// The second best of some offers; an index that is not in the list ends the program where it is read.
type Offer = { by: string; cents: number };

const cheapestFirst = (a: Offer, b: Offer) => a.cents - b.cents;

const offers: Offer[] = input.toSorted(cheapestFirst);
const best = offers[0];
const second = offers[1];

return { winner: best.by, pays: second.cents };
